"""What can be sent: files, pictures, arrays and samples."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydantic import ValidationError

from blocks.sources.images import SMALLEST, image_suffixes, load_rgb, rgb_of
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.contracts.built import built
from semlink.contracts.fault import shown
from semlink.errors import InputError, refusal
from semlink.protocols import Source
from semlink.signals import IMAGE, Sample
from semlink.store.cache import data_hash

ALLOWED = "a path, a PIL image, an array uint8 [H, W, 3] or a Sample"


class Samples:
    """A source of samples that are given.

    Parameters
    ----------
    samples : at least one, all of one modality
    """

    def __init__(self, samples: Sequence[Sample]):
        kinds = list(dict.fromkeys(sample.modality for sample in samples))
        if len(kinds) != 1:
            must = "samples of a source must be one or more of one modality"
            raise InputError(f"{must}, got {' and '.join(kinds) or 'none'}")
        (self.modality,), self._samples = kinds, list(samples)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Sample:
        """Sample ``index``."""
        return self._samples[index]

    def fingerprint(self) -> str:
        """SHA-256 of all samples, in order."""
        trees = [
            [data_hash(s.data), s.values, s.index, s.query, dict(s.annotations)]
            for s in self._samples
        ]
        text = json.dumps(trees, sort_keys=True, default=_plain)
        return hashlib.sha256(text.encode()).hexdigest()


class Alone(Samples):
    """A source of one sample, which keeps its index in the source that it is from."""

    def __init__(self, sample: Sample):
        super().__init__([sample])

    def __getitem__(self, index: int) -> Sample:
        """The sample, by any index."""
        return self._samples[0]


def source_of(given: Any) -> Any:
    """A source: a word or a spec of one, or an object.

    Parameters
    ----------
    given : word, folder, source, one thing that can be sent, or a list of such

    Raises
    ------
    InputError
        Something of it cannot be sent.
    """
    if isinstance(given, os.PathLike):
        given = Path(given).expanduser()
        if given.is_dir():
            return ComponentSpec(name="folder", argument=str(given))
        given = str(given)
    if isinstance(given, str) and Path(given).suffix.lower() not in image_suffixes():
        return given
    if isinstance(given, ComponentSpec | dict) or _is_source(given):
        return given
    if not isinstance(given, list | tuple) or isinstance(given, Sample):
        given = [given]
    found = map(sample_of, given)
    return Samples([sample._replace(index=i) for i, sample in enumerate(found)])


def opened(given: Any) -> Source:
    """A source, built if it is a word."""
    source = source_of(given)
    if not isinstance(source, str | dict | ComponentSpec):
        return source
    try:
        spec = ComponentSpec.model_validate(source)
    except ValidationError as error:
        raise InputError(refusal(error.errors()[0], "source")) from None
    return built("source", spec.label, catalogue().build("source", spec))


def sample_of(given: Any) -> Sample:
    """One thing that can be sent as a sample.

    Parameters
    ----------
    given : path of an image file, PIL image, array uint8 [H, W, 3], or a sample

    Raises
    ------
    InputError
        It is something else, or cannot be read.
    """
    if isinstance(given, Sample):
        return _checked(given)
    if isinstance(given, str | os.PathLike):
        path = Path(given).expanduser()
        return _picture(load_rgb(path), path.name)
    if isinstance(given, Image.Image):
        return _picture(rgb_of(given), "image")
    if isinstance(given, np.ndarray) or hasattr(given, "__array__"):
        image = np.array(given)  # a copy, which the caller cannot change
        _check_image(image, "an array that is sent")
        return _picture(image, "image")
    raise InputError(f"what is sent must be {ALLOWED}, got {shown(given)}")


def _plain(value: Any) -> Any:
    """An array as JSON, and anything else by its text."""
    is_array = isinstance(value, np.ndarray | np.generic)
    return value.tolist() if is_array else repr(value)


def _is_source(given: Any) -> bool:
    return not isinstance(given, type) and isinstance(given, Source)


def _picture(image: np.ndarray, name: str) -> Sample:
    image.setflags(write=False)
    return Sample(image, IMAGE, image.size, 0, name)


def _check_image(image: Any, who: str) -> None:
    is_array = isinstance(image, np.ndarray) and image.dtype == np.uint8
    fits = is_array and image.ndim == 3 and image.shape[2] == 3
    if not fits or min(image.shape[:2]) < SMALLEST:
        must = f"uint8 [H, W, 3] of at least {SMALLEST}x{SMALLEST}"
        raise InputError(f"{who} must be {must}, got {shown(image)}")


def _checked(sample: Sample) -> Sample:
    """A sample of the caller's.

    Raises
    ------
    InputError
        It is an image of another type, or its numbers are not whole.
    """
    if sample.modality == IMAGE:
        _check_image(sample.data, "data of an image sample")
    for name, least in (("values", 1), ("index", 0)):
        number = getattr(sample, name)
        if not isinstance(number, int | np.integer) or number < least:
            must = f"{name} of a sample must be a whole number of at least {least}"
            raise InputError(f"{must}, got {shown(number)}")
    return sample._replace(values=int(sample.values), index=int(sample.index))
