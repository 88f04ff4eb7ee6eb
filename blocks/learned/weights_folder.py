"""Weights of learned transmitters: shipped ones by name, or those of a folder."""

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from blocks.learned.inference import Networks
from blocks.nn.codec import Codec
from blocks.nn.policy import Policy
from blocks.nn.profiles import MODELS, make_codec
from blocks.nn.weights import read_weights
from semlink.errors import InputError

WEIGHTS, CONFIG = "model.weights.h5", "config.json"


def folder_of(shipped: Path, model: str, weights: str, what: str = "weights") -> Path:
    """The folder of weights for a name or a path.

    Parameters
    ----------
    shipped : parent of the shipped folders ``MODEL_NAME``
    model : name of the model
    weights : name or path
    what : the parameter's name, for the error

    Raises
    ------
    InputError
        Neither exists.
    """
    for folder in (shipped / f"{model}_{weights}", Path(weights)):
        if (folder / WEIGHTS).is_file():
            return folder
    found = sorted(p.parent.name for p in shipped.glob(f"{model}_*/{WEIGHTS}"))
    known = ", ".join(name.removeprefix(f"{model}_") for name in found) or "none"
    raise InputError(f"{what} must be {known} or a folder of weights, got {weights!r}")


@lru_cache(maxsize=4)
def networks(folder: Path, extractor: str = "swin", restorer: str = "swin") -> Networks:
    """Networks of a folder of weights, loaded once.

    ``extractor`` and ``restorer`` are names of components.

    Raises
    ------
    InputError
        The files are damaged, or belong to another model.
    """
    return Networks(_read(read_codec, folder), extractor, restorer)


@lru_cache(maxsize=4)
def policy_of(folder: Path) -> Policy:
    """The policy of a folder of weights, loaded once; errors as for ``networks``."""
    return _read(read_policy, folder)


def _read(read: Callable, folder: Path):
    try:
        return read(folder)
    except (OSError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(
            f"weights must be what make promote wrote, got {reason}"
        ) from None


def read_codec(folder: Path) -> Codec:
    """The networks of a folder of weights."""
    told = json.loads((folder / CONFIG).read_text("utf-8"))
    codec = make_codec(told["profile"], MODELS[told["model"]])
    read_weights(folder / WEIGHTS, codec)
    return codec


def read_policy(folder: Path) -> Policy:
    """The policy of a folder of weights."""
    policy = Policy()
    policy.build()
    read_weights(folder / WEIGHTS, policy)
    return policy
