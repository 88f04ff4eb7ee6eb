"""Pretrained models of Hugging Face, from a local folder or the hub's cache."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from semlink.errors import InputError
from semlink.store.files import sha256

# the first of these files that exists identifies the weights
WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "tf_model.h5")


def settle_keras() -> None:
    """Import the TensorFlow part of Transformers, which leaves Keras as it was.

    Transformers imports ``tf_keras`` and has ``tensorflow.keras`` be Keras 2, in this
    process and, by the environment, in those that it starts; Keras-CV follows that.
    """
    import tensorflow as tf

    tf.keras.version()  # it is loaded at its first use
    with patch.dict(os.environ):  # restored after the import
        import transformers.modeling_tf_utils  # noqa: F401


def loaded(what: str, place: str, size: str, load: Callable[[], Any]) -> Any:
    """Load a part of a pretrained model.

    Parameters
    ----------
    what : component that needs the model, for the message
    place : folder, or name on the hub
    size : size of the download, for the message
    load : loads the part

    Raises
    ------
    InputError
        The model is missing or invalid. The message has the download command.
    """
    try:
        return load()
    except ImportError as error:
        raise InputError(f"{what} needs another package: {error}") from None
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:120]
        raise InputError(
            f"{what} needs {place!r} as a folder or in the hub's cache ({size}; "
            f"`hf download {place}`, or choose another with model=FOLDER), got: "
            f"{reason}"
        ) from None


def tensorflow_model(model_class: Any, place: str) -> Any:
    """A TensorFlow model, loaded from TensorFlow or PyTorch weights without PyTorch.

    Parameters
    ----------
    model_class : class of Transformers, with ``from_pretrained``
    place : folder, or name on the hub
    """
    file = _cached(place, WEIGHTS[0])
    if file is None or not _of_pytorch(file):
        return model_class.from_pretrained(place, local_files_only=True)
    from safetensors.numpy import load_file
    from transformers import AutoConfig
    from transformers.modeling_tf_pytorch_utils import (
        load_pytorch_state_dict_in_tf2_model as load_state,
    )

    # from_pretrained would iterate over an open file, which safetensors refuse
    config = AutoConfig.from_pretrained(place, local_files_only=True)
    model = model_class(_part_of(config, model_class))
    model.build_in_name_scope()
    weights = load_file(file)
    return load_state(model, weights, tf_inputs=False, skip_logger_warnings=True)


def version_of(place: str) -> str:
    """Version of a model: the hash of its weights."""
    files = (_cached(place, name) for name in WEIGHTS)
    file = next(filter(None, files), None)
    return sha256(Path(file))[:16] if file else "unknown"


def _cached(place: str, name: str) -> str | None:
    from transformers.utils import cached_file

    return cached_file(
        place,
        name,
        local_files_only=True,
        _raise_exceptions_for_missing_entries=False,
    )


def _of_pytorch(file: str) -> bool:
    from safetensors import safe_open

    with safe_open(file, framework="np") as opened:
        return (opened.metadata() or {}).get("format", "pt") == "pt"


def _part_of(config: Any, model_class: Any) -> Any:
    """The configuration of a part of the model, if the folder has that of the whole."""
    part = getattr(config, "text_config", None)
    wanted = getattr(model_class, "config_class", None)
    return part if wanted and isinstance(part, wanted) else config
