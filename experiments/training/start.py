"""The start of a run from weights of other networks: fewer blocks, fewer latents."""

from pathlib import Path

import numpy as np
from keras import ops

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.codec import OF_CONTEXT, Codec, log_gain
from blocks.nn.weights import assign, named_variables, stored_values

LEVEL_TABLES = ("token", "gain_in", "gain_out")  # one row for each rate level
KEPT = ("analysis/linear", "synthesis/linear")  # the KLT, which has all latents
UNSENT = 1e-3  # a deviation too small for a dimension, in any class


def read_start(path: Path, codec: Codec, images) -> None:
    """Start from weights of the same networks, or of smaller ones.

    They may lack the context, blocks, which start as the identity, or the last latents
    of each position, which start at the linear code.

    Parameters
    ----------
    images : [N, H, W, 3], float, 0 to 1, to which deviations of new latents are fitted

    Raises
    ------
    ValueError
        The file belongs to other networks.
    """
    variables = named_variables(codec)
    values = stored_values(path, variables)
    names = {id(variable): name for name, variable in variables.items()}
    blocks = {block: {names[id(v)] for v in block.weights} for block in codec.blocks}
    new = {block: own for block, own in blocks.items() if not own & values.keys()}
    may_lack = {name for name in variables if OF_CONTEXT & set(name.split("/"))}
    may_lack = may_lack.union(*new.values())
    unlike = variables.keys() ^ values.keys()
    if unlike - (may_lack - values.keys()):
        raise ValueError(
            "start must be weights of the same networks, of those without a context, "
            "or of a profile of fewer blocks or latents, got "
            f"{path}, which differs in {min(unlike)}"
        )
    narrow, wide = values["classes/log_deviation"].shape[1], codec.profile.channels
    if narrow < wide:
        values = {
            name: _padded(name, value, variables[name].shape, narrow)
            for name, value in values.items()
            if not name.startswith(KEPT)
        }
    assign(path, variables, values)
    if narrow < wide:
        _fit_deviations(codec, narrow, images)
    for block in new:
        block.start_at_identity()


def _padded(name: str, value: np.ndarray, shape, narrow: int) -> np.ndarray:
    """Add latents to each group of them along an axis, and levels to tables."""
    is_table = name.split("/")[-2] in LEVEL_TABLES
    for axis, (old, new) in enumerate(zip(value.shape, shape, strict=True)):
        if old == new:
            continue
        pad = [(0, 0)] * value.ndim
        if is_table and axis == 0:
            pad[0] = 0, new - old
            value = np.pad(value, pad, mode="edge")
            continue
        groups = old // narrow
        grouped = np.moveaxis(value, axis, 0).reshape(groups, narrow, -1)
        fill = 1.0 if name.endswith("gain_out/embeddings") else 0.0
        grouped = np.pad(
            grouped,
            ((0, 0), (0, new // groups - narrow), (0, 0)),
            constant_values=fill,
        )
        others = np.moveaxis(value, axis, 0).shape[1:]
        value = np.moveaxis(grouped.reshape(new, *others), 0, axis)
    return value


def _fit_deviations(codec: Codec, narrow: int, images) -> None:
    """Fit the deviations of new latents in each class, which is chosen without them."""
    classes = codec.classes
    log_deviation = ops.convert_to_numpy(classes.log_deviation).copy()
    log_deviation[:, narrow:] = np.log(UNSENT)
    classes.log_deviation.assign(log_deviation)
    y = codec.analysis.linear_only(images, base_picture(base_values(images)))
    gain = log_gain(np.full(len(images), 0.5, np.float32))
    index = ops.convert_to_numpy(classes.choose(y * ops.exp(gain), gain)).ravel()
    energy = ops.convert_to_numpy(y).reshape(len(index), -1)[:, narrow:] ** 2
    of_class = np.zeros((classes.count, energy.shape[1]))
    np.add.at(of_class, index, energy)
    members = np.bincount(index, minlength=classes.count)[:, None]
    # a class without members has the deviations of all positions
    variance = (of_class + energy.mean(axis=0)) / (members + 1)
    log_deviation[:, narrow:] = np.log(variance) / 2
    classes.log_deviation.assign(log_deviation)
