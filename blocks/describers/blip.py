"""BLIP, an image captioner of 0.25 billion parameters.

References
----------
J. Li et al., "BLIP: Bootstrapping language-image pre-training", ICML 2022.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from blocks.knowledge.pretrained import (
    loaded,
    settle_keras,
    tensorflow_model,
    version_of,
)


def build(
    model: str = "Salesforce/blip-image-captioning-base",
    prompt: str = "a photo of",
    longest: Annotated[int, Field(ge=1, le=512)] = 40,
) -> "Blip":
    """Build the describer.

    Parameters
    ----------
    model : folder, or the name of a model in the hub's cache
    prompt : beginning of every description
    longest : largest number of tokens of a description
    """
    return Blip(model, prompt, longest)


class Blip:
    """Captions images by greedy decoding."""

    def __init__(self, place: str, prompt: str, longest: int):
        settle_keras()
        from transformers import BlipProcessor, TFBlipForConditionalGeneration

        load = partial(loaded, "describer blip", place, "1 GB")
        self._processor = load(
            lambda: BlipProcessor.from_pretrained(place, local_files_only=True)
        )
        self._model = load(
            lambda: tensorflow_model(TFBlipForConditionalGeneration, place)
        )
        self._prompt, self._longest = prompt, longest
        self.version = f"blip {version_of(place)} {prompt!r} {longest}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        inputs = self._processor(images=image, text=self._prompt, return_tensors="tf")
        tokens = self._model.generate(
            **inputs, max_length=self._longest, do_sample=False
        )
        return self._processor.decode(tokens[0], skip_special_tokens=True).strip()
