"""Files of weights, by the path of each variable, for any backend.

The name of a variable is its path through the attributes of its layer, such as
``analysis/linear/kernel``. It does not depend on the order in which layers are made, on
other layers of the process, or on the backend. Files of earlier versions number their
variables in the order of their creation.
"""

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import h5py
import keras
import numpy as np
from keras import ops

from semlink.store.files import write_whole

# Hashes, by :func:`_order`, of the orders of numbered files: of the codec without and
# with a context, and of the policy. Networks with another order refuse such a file,
# because two variables of one shape may have been swapped.
NUMBERED = {"d2592daa9f95802a", "b867f3229c5052ab", "2d81fb85a17b7e3f"}


def named_variables(layer: keras.layers.Layer) -> dict[str, keras.Variable]:
    """Weights of a layer by their path in it, in the order of ``layer.weights``.

    Raises
    ------
    ValueError
        A sublayer is held neither by an attribute nor by a list.
    """
    names = {id(variable): name for name, variable in _walk(layer)}
    if missing := [v.path for v in layer.weights if id(v) not in names]:
        raise ValueError(f"weights must be held by attributes or lists, got {missing}")
    return {names[id(variable)]: variable for variable in layer.weights}


def write_weights(
    path: Path, layer: keras.layers.Layer, dtype: str = "float16"
) -> None:
    """Write the weights of a layer to an HDF5 file, atomically.

    Raises
    ------
    ValueError
        A value does not fit the type, or is not a number.
    """
    write_variables(path, named_variables(layer), dtype)


def write_variables(
    path: Path, variables: Mapping[str, keras.Variable], dtype: str = "float16"
) -> None:
    """Write variables by name, as :func:`write_weights` does."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, variable in variables.items():
            narrow = ops.convert_to_numpy(variable).astype(dtype)
            if not np.all(np.isfinite(narrow)):
                raise ValueError(f"{name} does not fit {dtype}")
            packed = {"compression": "gzip"} if narrow.ndim else {}
            file.create_dataset(name, data=narrow, **packed)
    write_whole(path, buffer.getvalue())


def read_weights(path: Path, layer: keras.layers.Layer) -> None:
    """Set the weights of a layer to those of a file.

    Raises
    ------
    ValueError
        The file belongs to another model; the message names a variable that differs.
    """
    variables = named_variables(layer)
    values = stored_values(path, variables)
    if values.keys() != variables.keys():
        only = sorted(values.keys() ^ variables.keys())[0]
        where = "lacks" if only in variables else "also has"
        raise ValueError(
            f"{path} holds the weights of another model: it {where} {only}"
        )
    assign(path, variables, values)


def stored_values(
    path: Path, variables: Mapping[str, keras.Variable]
) -> dict[str, np.ndarray]:
    """Values of a file, by name; ``variables`` give the names for a numbered file.

    Raises
    ------
    ValueError
        The variables of a numbered file have another count or order.
    """
    with h5py.File(path) as file:
        found: dict[str, np.ndarray] = {}

        def keep(name, item):
            if isinstance(item, h5py.Dataset):
                found[name] = item[...]

        file.visititems(keep)
    if not all(name.isdecimal() for name in found):
        return found
    if len(found) != len(variables) or _order(variables) not in NUMBERED:
        raise ValueError(
            f"{path} holds the weights of another model: its {len(found)} variables "
            f"are numbered in the order of an earlier version"
        )
    return dict(zip(variables, (found[n] for n in sorted(found)), strict=True))


def assign(
    path: Path,
    variables: Mapping[str, keras.Variable],
    values: Mapping[str, np.ndarray],
) -> None:
    """Set variables to values of the same names, all or none.

    Raises
    ------
    ValueError
        A value has another shape than its variable.
    """
    for name, value in values.items():
        if value.shape != tuple(variables[name].shape):
            raise ValueError(
                f"{path} holds the weights of another model: {name} must have shape "
                f"{tuple(variables[name].shape)}, got {value.shape}"
            )
    for name, value in values.items():
        variables[name].assign(value.astype("float32"))


def _walk(layer, prefix: str = "") -> Iterator[tuple[str, keras.Variable]]:
    """Weights of a layer and of its sublayers, with their paths."""
    for variable in layer._trainable_variables + layer._non_trainable_variables:
        yield prefix + variable.name, variable
    for attribute, value in vars(layer).items():
        if attribute in _KERAS:
            continue
        for place, sublayer in _sublayers(attribute.lstrip("_"), value):
            yield from _walk(sublayer, f"{prefix}{place}/")


def _sublayers(name: str, value) -> Iterator[tuple[str, keras.layers.Layer]]:
    if isinstance(value, keras.layers.Layer):
        yield name, value
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _sublayers(f"{name}/{number}", item)


def _order(variables: Mapping[str, keras.Variable]) -> str:
    """Hash of an order of names, independent of the length of lists of layers."""
    names = dict.fromkeys(re.sub(r"/\d+/", "/#/", name) for name in variables)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


_KERAS = vars(keras.Model()).keys()  # attributes that every layer or model has
