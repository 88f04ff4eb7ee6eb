"""The text encoder of CLIP ViT-L/14, as in Stable Diffusion 1.5: 768 values.

References
----------
A. Radford et al., "Learning transferable visual models from natural language
supervision", ICML 2021.
"""

from collections.abc import Sequence
from functools import partial

from blocks.knowledge.perception import Encoded, joined, unit
from blocks.knowledge.pretrained import (
    loaded,
    settle_keras,
    tensorflow_model,
    version_of,
)

LONGEST = 77  # tokens
BATCH = 32  # texts at once


def build(model: str = "openai/clip-vit-large-patch14") -> "Clip":
    """Build the encoder.

    Parameters
    ----------
    model : folder, such as ``text_encoder`` of Stable Diffusion 1.5 with its tokenizer
        beside the weights, or the name of a model in the hub's cache
    """
    return Clip(model)


class Clip:
    """Embeds texts: last layer at the end-of-text token, scaled to unit length."""

    def __init__(self, place: str):
        settle_keras()
        from transformers import CLIPTokenizerFast, TFCLIPTextModel

        load = partial(loaded, "text encoder clip", place, "1.7 GB")
        self._model = load(lambda: tensorflow_model(TFCLIPTextModel, place))
        self._tokenizer = load(
            lambda: CLIPTokenizerFast.from_pretrained(place, local_files_only=True)
        )
        self.width = int(self._model.config.hidden_size)
        self.version = f"clip {version_of(place)}"

    def __call__(self, texts: Sequence[str]) -> Encoded:
        batches = [list(texts[i : i + BATCH]) for i in range(0, len(texts), BATCH)]
        return joined([self._encode(batch) for batch in batches])

    def _encode(self, texts: list[str]) -> Encoded:
        inputs = self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=min(LONGEST, self._model.config.max_position_embeddings),
            return_tensors="tf",
        )
        outputs = self._model(**inputs, training=False)
        mask = inputs["attention_mask"].numpy().astype(bool)
        tokens = outputs.last_hidden_state.numpy()
        return Encoded(unit(outputs.pooler_output.numpy()), tokens, mask)
