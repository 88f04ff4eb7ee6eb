"""The start of a run from weights of other networks: fewer blocks, fewer latents."""

from pathlib import Path

import numpy as np
from keras import ops

from blocks.nn.base_layer import base_picture, base_values
from blocks.nn.codec import OF_CONTEXT, Codec, log_gain
from blocks.nn.weights import assign, named_variables, stored_values

LEVEL_TABLES = ("token", "gain_in", "gain_out")  # one row for each rate level
KEPT = ("analysis/linear", "synthesis/linear")  # the KLT, which has all latents


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
    assign(path, variables, _widened(values, variables, codec, images))
    for block in new:
        block.start_at_identity()


def _widened(values: dict, variables: dict, codec: Codec, images) -> dict:
    """Values with as many latents in a position as the codec has."""
    narrow = values["classes/log_deviation"].shape[1]
    if narrow >= codec.profile.channels:
        return values
    wide = {
        name: _padded(name, value, variables[name].shape, narrow)
        for name, value in values.items()
        if not name.startswith(KEPT)
    }
    own = _deviations(values, wide, codec, images)[:, narrow:]
    wide["classes/log_deviation"][:, narrow:] = np.log(own)
    return wide


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


def _deviations(values: dict, wide: dict, codec: Codec, images) -> np.ndarray:
    """Deviation of each latent in the classes of the narrow codec : [S, M]."""
    never = np.full(wide["classes/log_deviation"].shape, np.log(1e-3), np.float32)
    narrow = values["classes/log_deviation"].shape[1]
    never[:, :narrow] = values["classes/log_deviation"]
    for name in ("log_share", "left", "above"):
        getattr(codec.classes, name if name == "log_share" else f"_{name}").assign(
            wide[f"classes/{name}"]
        )
    codec.classes.log_deviation.assign(never)
    y = codec.analysis.linear_only(images, base_picture(base_values(images)))
    gain = log_gain(np.full(len(images), 0.5, np.float32))
    index = ops.convert_to_numpy(codec.classes.choose(y[..., :] * ops.exp(gain), gain))
    y = ops.convert_to_numpy(y).reshape(-1, y.shape[-1])
    energy = np.zeros(never.shape)
    np.add.at(energy, index.ravel(), y**2)
    count = np.bincount(index.ravel(), minlength=len(never))[:, None]
    everywhere = (y**2).mean(axis=0)
    return np.sqrt((energy + everywhere) / (count + 1)).astype(np.float32)
