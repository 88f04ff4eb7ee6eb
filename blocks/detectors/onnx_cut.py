"""The rest of a network in an ONNX file, behind tensors inside it.

An ONNX file is a protocol buffer. Only the fields that a cut needs are declared here;
protocol buffers keep all others as they are. So the package ``onnx``, whose
``extract_model`` does the same, is not needed.

References
----------
ONNX, "Open Neural Network Exchange intermediate representation", onnx.proto.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

FLOAT = 1  # type of a tensor
# fields of a message: number, type (a message has a capital), whether it is repeated
SCHEMA = {
    "Model": {"graph": (7, "Graph", False)},
    "Graph": {
        "node": (1, "Node", True),
        "initializer": (5, "Tensor", True),
        "input": (11, "Value", True),
        "output": (12, "Value", True),
    },
    "Node": {
        "input": (1, "string", True),
        "output": (2, "string", True),
        "op_type": (4, "string", False),
        "attribute": (5, "Attribute", True),
    },
    "Attribute": {
        "name": (1, "string", False),
        "f": (2, "float", False),
        "ints": (8, "int64", True),
    },
    "Tensor": {
        "dims": (1, "int64", True),
        "data_type": (2, "int32", False),
        "name": (8, "string", False),
        "raw_data": (9, "bytes", False),
    },
    "Value": {"name": (1, "string", False), "type": (2, "Type", False)},
    "Type": {"tensor_type": (1, "TensorType", False)},
    "TensorType": {"elem_type": (1, "int32", False), "shape": (2, "Shape", False)},
    "Shape": {"dim": (1, "Dim", True)},
    "Dim": {"dim_value": (1, "int64", False)},
}


def read(path: Path):
    """The model of a file, with the fields of :data:`SCHEMA`."""
    return _messages()["Model"].FromString(path.read_bytes())


def behind(path: Path, tensors: Mapping[str, tuple[int, ...]]) -> bytes:
    """A network from tensors of a network to its outputs, as the content of a file.

    Parameters
    ----------
    tensors : shapes of the tensors, which become inputs, by name

    Raises
    ------
    ValueError
        A tensor does not exist, or an output does not depend on them alone.
    """
    model = read(path)
    graph = model.graph
    wanted = _needed(graph, set(tensors))
    nodes = [node for node in graph.node if wanted & set(node.output)]
    constants = [tensor for tensor in graph.initializer if tensor.name in wanted]
    for field, kept in (("node", nodes), ("initializer", constants)):
        copies = [type(one).FromString(one.SerializeToString()) for one in kept]
        graph.ClearField(field)
        getattr(graph, field).extend(copies)
    graph.ClearField("input")
    for name, shape in tensors.items():
        made = graph.input.add(name=name)
        made.type.tensor_type.elem_type = FLOAT
        for size in shape:
            made.type.tensor_type.shape.dim.add(dim_value=size)
    return model.SerializeToString()


def _needed(graph, given: set[str]) -> set[str]:
    """Names of tensors that the outputs need, the given ones left out."""
    makers = {name: node for node in graph.node for name in node.output}
    constants = {tensor.name for tensor in graph.initializer}
    if missing := given - set(makers):
        raise ValueError(f"tensors must be in the network, got {sorted(missing)}")
    needed: set[str] = set()
    open_ = [value.name for value in graph.output]
    while open_:
        name = open_.pop()
        if name in needed or name in given or not name:
            continue
        needed.add(name)
        if name not in constants and name not in makers:
            raise ValueError(f"outputs must depend on {sorted(given)}, got {name}")
        open_ += makers[name].input if name in makers else []
    return needed


@lru_cache(maxsize=1)
def _messages() -> dict[str, type]:
    """Classes of the messages of :data:`SCHEMA`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="cut.proto", package="cut")
    for name, entries in SCHEMA.items():
        message = file.message_type.add(name=name)
        for entry, (number, kind, repeated) in entries.items():
            label = field.LABEL_REPEATED if repeated else field.LABEL_OPTIONAL
            made = message.field.add(name=entry, number=number, label=label)
            if kind in SCHEMA:
                made.type, made.type_name = field.TYPE_MESSAGE, f".cut.{kind}"
            else:
                made.type = getattr(field, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = (pool.FindMessageTypeByName(f"cut.{name}") for name in SCHEMA)
    classes = map(message_factory.GetMessageClass, found)
    return dict(zip(SCHEMA, classes, strict=True))
