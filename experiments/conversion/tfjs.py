"""A graph model of TensorFlow.js: its nodes, its weights, and its outputs.

References
----------
https://github.com/tensorflow/tfjs/tree/master/tfjs-converter (format ``graph-model``).
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

TYPES = {"float32": "<f4", "int32": "<i4", "bool": "u1", "float16": "<f2"}


class Graph(NamedTuple):
    """A graph model.

    topology : GraphDef as JSON, without values of constants
    weights : values of its constants, by name; quantised ones in float16
    outputs : shapes of the outputs, by name
    """

    topology: Mapping[str, Any]
    weights: Mapping[str, np.ndarray]
    outputs: Mapping[str, list[int]]

    @property
    def nodes(self) -> list[Mapping[str, Any]]:
        """All nodes, each after its inputs."""
        return self.topology["node"]


def read_graph(path: Path) -> Graph:
    """Read a model from its JSON file and the shards of weights beside it."""
    tree = json.loads(path.read_text("utf-8"))
    weights: dict[str, np.ndarray] = {}
    for group in tree["weightsManifest"]:
        data = b"".join((path.parent / shard).read_bytes() for shard in group["paths"])
        weights |= _weights(data, group["weights"])
    signature = sorted(tree["signature"]["outputs"].items())
    outputs = {name.split(":")[0]: _shape(output) for name, output in signature}
    return Graph(tree["modelTopology"], weights, outputs)


def words(node: Mapping[str, Any], attribute: str) -> str:
    """An attribute that is a string, such as ``padding``."""
    return base64.b64decode(node["attr"][attribute]["s"]).decode()


def numbers(node: Mapping[str, Any], attribute: str) -> list[int]:
    """An attribute that is a list of whole numbers, such as ``strides``."""
    return list(map(int, node["attr"][attribute]["list"]["i"]))


def run_graph(graph: Graph, name: str, value: np.ndarray) -> list[np.ndarray]:
    """Outputs of the graph in TensorFlow, for the value of its only input."""
    import tensorflow as tf
    from google.protobuf import json_format

    definition = json_format.ParseDict(graph.topology, tf.compat.v1.GraphDef())
    for node in definition.node:
        if node.op == "Const":
            kind = tf.as_dtype(node.attr["dtype"].type)
            tensor = tf.make_tensor_proto(graph.weights[node.name], dtype=kind)
            node.attr["value"].tensor.CopyFrom(tensor)
    with tf.Graph().as_default() as inner:
        tf.import_graph_def(definition, name="")
        fetched = [f"{output}:0" for output in graph.outputs]
        with tf.compat.v1.Session(graph=inner) as session:
            return session.run(fetched, {f"{name}:0": value})


def _shape(output: Mapping[str, Any]) -> list[int]:
    return [int(axis["size"]) for axis in output["tensorShape"]["dim"]]


def _weights(data: bytes, entries: list[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Values in the shards of one group."""
    found, start = {}, 0
    for entry in entries:
        stored = entry.get("quantization", entry)["dtype"]
        count = int(np.prod(entry["shape"], dtype=int))
        values = np.frombuffer(data, TYPES[stored], count, start)
        found[entry["name"]] = values.reshape(entry["shape"])
        start += values.nbytes
    return found
