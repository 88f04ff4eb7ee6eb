"""BLIP for questions, on a tiny model of the real classes."""

import numpy as np
import pytest

from blocks.answering import answerer
from blocks.knowledge.pretrained import settle_keras
from semlink.errors import InputError
from semlink.signals import IMAGE

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "is", "there", "a", "dog", "yes"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Give a folder with a tiny random model for questions."""
    settle_keras()
    from transformers import (
        BertTokenizerFast,
        BlipConfig,
        BlipImageProcessor,
        BlipProcessor,
        TFBlipForQuestionAnswering,
    )

    folder = tmp_path_factory.mktemp("blip")
    (folder / "vocab.txt").write_text("\n".join(WORDS))
    tokenizer = BertTokenizerFast(str(folder / "vocab.txt"))
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
    model = TFBlipForQuestionAnswering(config)
    model.build_in_name_scope()
    model.save_pretrained(folder)
    return folder


@pytest.mark.slow
def test_it_answers_pictures(tiny):
    ask = answerer(f"blip[model={tiny},longest=6]")
    picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    answer = ask("Is there a dog? Choose: yes; no.", picture, IMAGE)
    assert set(answer.split()) <= {*WORDS, ""}
    assert answer == ask("Is there a dog? Choose: yes; no.", picture, IMAGE)
    assert ask.judges == (IMAGE,)
    assert "6" in ask.version


def test_without_weights_it_says_how_to_get_them():
    with pytest.raises(InputError, match="hf download Salesforce/blip-vqa-base") as one:
        answerer("blip")
    assert "\n" not in str(one.value)
