"""Writes ONNX files whose outputs are constants, without the package ``onnx``.

Each output is a convolution of the image's mean with a kernel of zeros; its bias is
the constant. Protocol buffers are numbered fields: a number, or bytes of a length.
"""

from collections.abc import Mapping

import numpy as np

FLOAT, INT64 = 1, 7  # types of a tensor


def constant_network(side: int, outputs: Mapping[str, np.ndarray]) -> bytes:
    """A network for images [1, 3, side, side] that always gives these outputs."""
    nodes = [_node("GlobalAveragePool", ["image"], "mean")]
    tensors, ends = [], []
    for name, value in outputs.items():
        bias = np.asarray(value, np.float32).ravel()
        kernel = np.zeros((bias.size, 3, 1, 1), np.float32)
        tensors += [_tensor(f"{name}_kernel", kernel), _tensor(f"{name}_bias", bias)]
        tensors.append(_tensor(f"{name}_shape", np.array(np.shape(value), np.int64)))
        inputs = ["mean", f"{name}_kernel", f"{name}_bias"]
        nodes.append(_node("Conv", inputs, f"{name}_flat"))
        nodes.append(_node("Reshape", [f"{name}_flat", f"{name}_shape"], name))
        ends.append(_value(name, np.shape(value)))
    graph = b"".join(
        [
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"constant"),
            *(_bytes(5, tensor) for tensor in tensors),
            _bytes(11, _value("image", (1, 3, side, side))),
            *(_bytes(12, end) for end in ends),
        ]
    )
    opset = _bytes(1, b"") + _number(2, 13)
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, opset)


def _node(op: str, inputs: list[str], output: str) -> bytes:
    entries = [_bytes(1, name.encode()) for name in inputs]
    entries += [_bytes(2, output.encode()), _bytes(3, output.encode())]
    return b"".join([*entries, _bytes(4, op.encode())])


def _tensor(name: str, value: np.ndarray) -> bytes:
    kind = INT64 if value.dtype == np.int64 else FLOAT
    dims = b"".join(_number(1, size) for size in value.shape)
    return (
        dims + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, value.tobytes())
    )


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    dims = b"".join(_bytes(1, _number(1, size)) for size in shape)
    kind = _number(1, FLOAT) + _bytes(2, dims)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, kind))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])
