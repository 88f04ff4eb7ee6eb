"""LLaVA-NeXT on Mistral-7B, the vision-language model of the paper.

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
    model: str = "llava-hf/llava-v1.6-mistral-7b-hf",
    prompt: Literal["brief", "scene", "codec"] = "scene",
    longest: Annotated[int, Field(ge=1, le=1024)] = 96,
) -> "LlavaNext":
    """Build the describer.

    Parameters
    ----------
    model : folder, or the name of a model in the hub's cache; it has its chat template
    prompt : name of a preset prompt
    longest : largest number of tokens of a description
    """
    return LlavaNext(model, PROMPTS[prompt], longest)


class LlavaNext:
    """Answers a preset prompt about images by greedy decoding."""

    def __init__(self, place: str, prompt: str, longest: int):
        load = partial(
            loaded, "describer llava_next", place, "15 GB, and torch to run it"
        )
        self._processor = load(lambda: _processor(place))
        self._prompt = load(lambda: chat(self._processor, prompt))
        self._model = load(lambda: _model(place))
        self._longest = longest
        self.version = f"llava_next {version_of(place)} {self._prompt!r} {longest}"

    def __call__(self, image: np.ndarray, annotations: Mapping[str, Any]) -> str:
        inputs = self._processor(images=image, text=self._prompt, return_tensors="pt")
        inputs = inputs.to(self._model.device)
        tokens = self._model.generate(
            **inputs, max_new_tokens=self._longest, do_sample=False
        )
        answer = tokens[0][inputs["input_ids"].shape[1] :]
        return self._processor.decode(answer, skip_special_tokens=True).strip()


def chat(processor: Any, prompt: str) -> str:
    """A prompt about an image, in the chat template of a processor.

    For Mistral this is ``[INST] <image>``, a new line, the prompt and ``[/INST]``.

    Raises
    ------
    ValueError
        The processor has no chat template.
    """
    content = [{"type": "image"}, {"type": "text", "text": prompt}]
    turns = [{"role": "user", "content": content}]
    return processor.apply_chat_template(turns, add_generation_prompt=True)


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
