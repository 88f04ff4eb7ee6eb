"""Describers and text encoders on tiny models of the real classes, as real ones."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks.describers.llava_next import chat
from blocks.knowledge.perception import build_describer, text_encoder
from blocks.knowledge.pretrained import settle_keras
from semlink.errors import InputError

WORDS = ["a", "photo", "of", "red", "bus", "cat", "dog", "on", "the", "two", "and"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEXTS = ["a red bus", "a cat on the sofa and two dog"]


@pytest.fixture(scope="session")
def bert_words(tmp_path_factory):
    """Give a vocabulary file of BERT's kind."""
    file = tmp_path_factory.mktemp("bert") / "vocab.txt"
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    pieces = [*letters[1:], *(f"##{c}" for c in letters)]  # "a" is a word
    file.write_text("\n".join([*SPECIAL, *WORDS, *pieces]))
    return file


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """Give a folder with a tiny CLIP text encoder, as Stable Diffusion's looks."""
    settle_keras()
    from transformers import CLIPTextConfig, CLIPTokenizerFast, TFCLIPTextModel

    folder = tmp_path_factory.mktemp("clip")
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    symbols = [*letters, *(f"{c}</w>" for c in letters)]
    symbols += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(
        json.dumps({s: i for i, s in enumerate(symbols)})
    )
    (folder / "merges.txt").write_text("#version: 0.2\n")
    names = str(folder / "vocab.json"), str(folder / "merges.txt")
    CLIPTokenizerFast(*names).save_pretrained(folder)
    config = CLIPTextConfig(
        vocab_size=len(symbols),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        eos_token_id=len(symbols) - 1,
        bos_token_id=len(symbols) - 2,
    )
    model = TFCLIPTextModel(config)
    model.build_in_name_scope()
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def tiny_blip(tmp_path_factory, bert_words):
    """Give a folder with a tiny BLIP captioner."""
    settle_keras()
    from transformers import (
        BertTokenizerFast,
        BlipConfig,
        BlipImageProcessor,
        BlipProcessor,
        TFBlipForConditionalGeneration,
    )

    folder = tmp_path_factory.mktemp("blip")
    tokenizer = BertTokenizerFast(str(bert_words))
    image = BlipImageProcessor(size={"height": 32, "width": 32})
    BlipProcessor(image, tokenizer).save_pretrained(folder)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1}
    sizes |= {"num_attention_heads": 2, "projection_dim": 8}
    words = {
        "vocab_size": len(tokenizer),
        "encoder_hidden_size": 16,
        "bos_token_id": tokenizer.cls_token_id,
        "sep_token_id": tokenizer.sep_token_id,
        "eos_token_id": tokenizer.sep_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = BlipConfig(
        text_config=sizes | words,
        vision_config=sizes | {"image_size": 32, "patch_size": 8, "num_channels": 3},
        projection_dim=8,
    )
    model = TFBlipForConditionalGeneration(config)
    model.build_in_name_scope()
    model.save_pretrained(folder)
    return folder


MISTRAL = (  # a template of that form
    "{% for message in messages %}{{ '[INST] ' }}"
    "{% for part in message['content'] %}"
    "{{ '<image>\n' if part['type'] == 'image' else part['text'] }}"
    "{% endfor %}{{ ' [/INST]' }}{% endfor %}"
)


@pytest.fixture(scope="session")
def llava_processor(bert_words):
    """Give a small processor of LLaVA-NeXT, with the chat template of Mistral."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    settle_keras()
    from transformers import (
        LlavaNextImageProcessor,
        LlavaNextProcessor,
        PreTrainedTokenizerFast,
    )

    words = bert_words.read_text().split("\n") + ["<image>"]
    raw = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, "[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        unk_token="[UNK]",
        pad_token="[PAD]",
        eos_token="[SEP]",
        model_input_names=["input_ids", "attention_mask"],
    )
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    image = LlavaNextImageProcessor(
        size={"shortest_edge": 32},
        crop_size={"height": 32, "width": 32},
        image_grid_pinpoints=[[32, 64], [64, 32]],
    )
    return LlavaNextProcessor(
        image,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=MISTRAL,
        num_additional_image_tokens=1,
    )


@pytest.fixture(scope="session")
def tiny_llava(tmp_path_factory, llava_processor):
    """Give a folder with a tiny LLaVA-NeXT on Mistral."""
    pytest.importorskip("torch")
    settle_keras()
    from transformers import (
        CLIPVisionConfig,
        LlavaNextConfig,
        LlavaNextForConditionalGeneration,
        MistralConfig,
    )

    folder = tmp_path_factory.mktemp("llava")
    llava_processor.save_pretrained(folder)
    tokenizer = llava_processor.tokenizer
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 2}
    config = LlavaNextConfig(
        vision_config=CLIPVisionConfig(**sizes, image_size=32, patch_size=8),
        text_config=MistralConfig(
            **sizes, num_key_value_heads=1, vocab_size=len(tokenizer)
        ),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=[[32, 64], [64, 32]],
    )
    LlavaNextForConditionalGeneration(config).save_pretrained(folder)
    return folder


@pytest.fixture
def picture():
    """Give a picture : [48, 64, 3], uint8."""
    return np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)


def test_clip_embeds(tiny_clip):
    encoder = text_encoder(f"clip:{tiny_clip}")
    encoded = encoder([*TEXTS, TEXTS[0]])
    assert encoder.width == 16
    np.testing.assert_allclose(np.linalg.norm(encoded.pooled, axis=1), 1, rtol=1e-6)
    # as much as filled up tokens change the rounding
    np.testing.assert_allclose(encoded.pooled[0], encoded.pooled[2], atol=1e-5)
    assert np.abs(encoded.pooled[0] - encoded.pooled[1]).max() > 1e-2
    # letters, between a beginning and an end
    assert encoded.mask.sum(axis=1).tolist() == [9, 24, 9]
    assert encoded.tokens.shape == (3, 24, 16)


def test_clip_is_told_apart_by_its_weights(tiny_clip, tmp_path):
    settle_keras()
    from transformers import TFCLIPTextModel

    other = TFCLIPTextModel.from_pretrained(tiny_clip)
    other.set_weights([2 * w for w in other.get_weights()])
    for file in Path(tiny_clip).iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    other.save_pretrained(tmp_path)
    one, two = (
        text_encoder(f"clip:{place}").version for place in (tiny_clip, tmp_path)
    )
    assert one != two
    assert one.startswith("clip ")


def test_blip_describes(tiny_blip, picture):
    describe = build_describer(f"blip[model={tiny_blip},longest=12]")
    text = describe(picture, {})
    assert isinstance(text, str)
    assert text == describe(picture, {})
    assert text.startswith("a photo of")
    assert "12" in describe.version


def test_llava_next_is_asked_in_the_chat_template_of_its_processor(llava_processor):
    asked = chat(llava_processor, "Describe the image.")
    assert asked == "[INST] <image>\nDescribe the image. [/INST]"


def test_a_processor_without_a_chat_template_is_refused(llava_processor, monkeypatch):
    monkeypatch.setattr(llava_processor, "chat_template", None)
    with pytest.raises(ValueError, match="does not have a chat template"):
        chat(llava_processor, "Describe the image.")


def test_the_processor_makes_room_for_the_image(llava_processor, picture):
    asked = chat(llava_processor, "a photo of")
    inputs = llava_processor(images=picture, text=asked, return_tensors="np")
    assert np.sum(inputs["input_ids"] == llava_processor.image_token_id) > 16


def test_llava_next_describes(tiny_llava, picture):
    describe = build_describer(f"llava_next[model={tiny_llava},prompt=brief,longest=4]")
    text = describe(picture, {})
    assert isinstance(text, str)
    assert text == describe(picture, {})
    other = build_describer(f"llava_next[model={tiny_llava},prompt=scene,longest=4]")
    assert describe.version != other.version


def test_minilm_of_the_package_knows_what_is_alike():
    encoder = text_encoder("minilm")
    e = encoder(["a red bus", "a double-decker bus in red", "a cat on a sofa"]).pooled
    assert encoder.width == e.shape[1] == 384
    assert e[0] @ e[1] > 0.7
    assert abs(e[0] @ e[2]) < 0.2


def test_minilm_does_not_depend_on_what_is_beside():
    encoder = text_encoder("minilm")
    together = encoder(TEXTS)
    for i, text in enumerate(TEXTS):
        alone = encoder([text])
        np.testing.assert_allclose(alone.pooled[0], together.pooled[i], atol=1e-5)
        assert together.mask[i].sum() == alone.mask.sum()


@pytest.mark.parametrize(
    ("kind", "spec", "said"),
    [
        ("encoder", "clip:/nowhere", "1.7 GB"),
        ("encoder", "minilm:/nowhere", "90 MB"),
        ("encoder", "clip", "hf download openai/clip-vit-large-patch14"),
        ("describer", "blip:/nowhere", "1 GB"),
        ("describer", "blip", "hf download Salesforce/blip-image-captioning-base"),
        ("describer", "llava_next", "hf download llava-hf/llava-v1.6-mistral-7b-hf"),
    ],
)
def test_a_missing_model_says_what_to_download(kind, spec, said, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    build = {"encoder": text_encoder, "describer": build_describer}[kind]
    with pytest.raises(InputError) as caught:
        build(spec)
    message = str(caught.value)
    assert said in message
    assert "\n" not in message


def test_an_unknown_describer_is_answered_with_those_there_are():
    with pytest.raises(
        InputError, match=r"did you mean 'blip'\?.*coco_captions, detector"
    ):
        build_describer("blop")


@pytest.mark.slow
def test_transformers_leave_keras_to_the_processes_that_come_after():
    """Keras-CV follows the environment of a process, which workers inherit."""
    script = (
        "import os; from blocks.knowledge.pretrained import settle_keras as settle\n"
        "settle(); from transformers import TFBertModel\n"
        "import tensorflow as tf\n"
        "print(tf.keras.version()[0], os.environ.get('TF_USE_LEGACY_KERAS'))"
    )
    clean = {k: v for k, v in os.environ.items() if k != "TF_USE_LEGACY_KERAS"}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=clean, capture_output=True, text=True)
    assert done.stdout.split() == ["3", "None"], done.stderr
