"""LLaVA-NeXT, the vision-language model of the paper: 7 billion parameters.

It runs in PyTorch, which this project does not install: ``pip install torch`` (CPU or
GPU), and 15 GB of weights.

References
----------
H. Liu et al., "LLaVA-NeXT: Improved reasoning, OCR, and world knowledge", 2024.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from blocks.knowledge.pretrained import loaded, version_of

PROMPTS = {
    "brief": "Describe the image in one sentence.",
    "scene": "Name the objects in the image, where they are, and what scene it is.",
    "codec": "Describe what matters for reconstructing this image: its objects and "
    "their places, its main colours, its light and its textures.",
}


def build(
    model: str = "llava-hf/llava-v1.6-vicuna-7b-hf",
    prompt: Literal["brief", "scene", "codec"] = "scene",
    template: str = "USER: <image>\n{prompt} ASSISTANT:",
    longest: Annotated[int, Field(ge=1, le=1024)] = 96,
) -> "LlavaNext":
    """Build the describer.

    Parameters
    ----------
    model : folder, or the name of a model in the hub's cache
    prompt : name of a preset prompt
    template : chat template of the model, with ``{prompt}`` for the prompt
    longest : largest number of tokens of a description
    """
    return LlavaNext(model, template.format(prompt=PROMPTS[prompt]), longest)


class LlavaNext:
    """Answers a preset prompt about images by greedy decoding."""

    def __init__(self, place: str, prompt: str, longest: int):
        load = partial(
            loaded, "describer llava_next", place, "15 GB, and torch to run it"
        )
        self._processor = load(lambda: _processor(place))
        self._model = load(lambda: _model(place))
        self._prompt, self._longest = prompt, longest
        self.version = f"llava_next {version_of(place)} {prompt!r} {longest}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        inputs = self._processor(images=image, text=self._prompt, return_tensors="pt")
        inputs = inputs.to(self._model.device)
        tokens = self._model.generate(
            **inputs, max_new_tokens=self._longest, do_sample=False
        )
        answer = tokens[0][inputs["input_ids"].shape[1] :]
        return self._processor.decode(answer, skip_special_tokens=True).strip()


def _processor(place: str) -> Any:
    from transformers import LlavaNextProcessor

    return LlavaNextProcessor.from_pretrained(place, local_files_only=True)


def _model(place: str) -> Any:
    import torch
    from transformers import LlavaNextForConditionalGeneration

    model = LlavaNextForConditionalGeneration.from_pretrained(
        place, local_files_only=True, dtype="auto"
    )
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
