"""A convolutional network in an ONNX file, as functions of TensorFlow.

OpenCV runs such a network; TensorFlow has its gradients. Feature maps have channels
last, [B, H, W, C].
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from blocks.detectors.onnx_cut import read

TYPES = {1: np.float32, 7: np.int64, 10: np.float16}  # of tensors


class OnnxGraph:
    """The nodes and the constants of a file.

    Parameters
    ----------
    path : the file
    """

    def __init__(self, path: Path):
        graph = read(path).graph
        self._nodes = [node for node in graph.node if node.op_type != "Cast"]
        self._constants = {t.name: _values(t) for t in graph.initializer}
        for node in graph.node:
            if node.op_type == "Cast":  # from half precision
                single = self._constants[node.input[0]].astype(np.float32)
                self._constants[node.output[0]] = single

    def __call__(self, given: Mapping, wanted: Sequence[str]) -> list:
        """Tensors of the network, from others that are given, both by name.

        Raises
        ------
        ValueError
            An operation is none of those of a convolutional network.
        """
        known = dict(given)
        makers = {node.output[0]: node for node in self._nodes}
        for name in wanted:
            self._make(name, known, makers)
        return [known[name] for name in wanted]

    def _make(self, name: str, known: dict, makers: Mapping) -> None:
        """Add a tensor and all that it depends on."""
        if name in known or name in self._constants or not name:
            return
        node = makers[name]
        for before in node.input:
            self._make(before, known, makers)
        values = [known.get(n, self._constants.get(n)) for n in node.input]
        known[name] = _run(node, values)


def _values(tensor) -> np.ndarray:
    flat = np.frombuffer(tensor.raw_data, TYPES[tensor.data_type])
    return flat.reshape(list(tensor.dims))


def _run(node, values: Sequence):
    """Output of a node."""
    import tensorflow as tf

    how = {one.name: one for one in node.attribute}
    x = values[0]
    if node.op_type == "Conv":
        kernel, strides = values[1].transpose(2, 3, 1, 0), list(how["strides"].ints)
        return tf.nn.conv2d(_padded(x, how, 0.0), kernel, strides, "VALID") + values[2]
    if node.op_type == "LeakyRelu":
        return tf.nn.leaky_relu(x, how["alpha"].f)
    if node.op_type == "MaxPool":
        sizes = (list(how[n].ints) for n in ("kernel_shape", "strides"))
        return tf.nn.max_pool2d(_padded(x, how, x.dtype.min), *sizes, "VALID")
    if node.op_type == "Concat":
        return tf.concat(values, -1)
    if node.op_type == "Add":
        return x + values[1]
    if node.op_type == "Resize":
        return tf.image.resize(x, values[3][2:])
    raise ValueError(f"operations must be those of a CNN, got {node.op_type}")


def _padded(x, how: Mapping, value: float):
    import tensorflow as tf

    top, left, bottom, right = how["pads"].ints
    edges = [[0, 0], [top, bottom], [left, right], [0, 0]]
    return tf.pad(x, edges, constant_values=value)
