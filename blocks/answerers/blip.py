"""BLIP for visual question answering, a network of 0.4 billion parameters.

References
----------
J. Li et al., "BLIP: Bootstrapping language-image pre-training", ICML 2022.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from blocks.knowledge.pretrained import (
    loaded,
    settle_keras,
    tensorflow_model,
    version_of,
)
from blocks.questions.choices import without_choices
from semlink.signals import IMAGE


class BlipAnswerer:
    """Answers questions on pictures by greedy decoding; it is not shown the choices."""

    judges = (IMAGE,)

    def __init__(self, place: str, longest: int):
        settle_keras()
        from transformers import BlipProcessor, TFBlipForQuestionAnswering

        load = partial(loaded, "answerer blip", place, "1.5 GB")
        self._processor = load(
            lambda: BlipProcessor.from_pretrained(place, local_files_only=True)
        )
        self._model = load(lambda: tensorflow_model(TFBlipForQuestionAnswering, place))
        self._longest = longest
        self.version = f"blip {version_of(place)} {longest}"

    def __call__(self, question: str, data: Any, modality: str) -> str:
        asked, _ = without_choices(question)
        inputs = self._processor(images=data, text=asked, return_tensors="tf")
        tokens = self._model.generate(
            **inputs, max_length=self._longest, do_sample=False
        )
        return self._processor.decode(tokens[0], skip_special_tokens=True).strip()


def build(
    model: str = "Salesforce/blip-vqa-base",
    longest: Annotated[int, Field(ge=2, le=64)] = 10,
) -> BlipAnswerer:
    """Build the answerer.

    Parameters
    ----------
    model : folder, or the name of a model in the hub's cache
    longest : largest number of tokens of an answer
    """
    return BlipAnswerer(model, longest)
