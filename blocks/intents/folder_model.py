"""A causal language model from a folder, in TensorFlow.

Transformers has no TensorFlow class for Llama; Mistral's without its sliding window is
the same network, with the same names of weights.
"""

from pathlib import Path
from typing import Any

from blocks.intents.gguf_model import KEYS
from blocks.knowledge.pretrained import tensorflow_model


def model_of_folder(folder: Path) -> tuple[Any, Any]:
    """Model and tokenizer of a folder.

    Raises
    ------
    OSError, ValueError, KeyError
        The folder lacks a file, or has an architecture without a TensorFlow class.
    """
    from transformers import AutoConfig, AutoTokenizer
    from transformers.models.auto.modeling_tf_auto import TF_MODEL_FOR_CAUSAL_LM_MAPPING

    place = str(folder)
    config = AutoConfig.from_pretrained(place, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(place, local_files_only=True)
    if config.model_type == "llama":
        return _llama(folder, config), tokenizer
    return tensorflow_model(
        TF_MODEL_FOR_CAUSAL_LM_MAPPING[type(config)], place
    ), tokenizer


def _llama(folder: Path, config: Any) -> Any:
    from safetensors.numpy import load_file
    from transformers import MistralConfig, TFMistralForCausalLM
    from transformers.modeling_tf_pytorch_utils import (
        load_pytorch_state_dict_in_tf2_model as load_state,
    )

    if config.rope_scaling or config.attention_bias:
        raise ValueError("scaled rotary embeddings and biases are not supported")
    sizes = {key: getattr(config, key) for key in KEYS}
    model = TFMistralForCausalLM(MistralConfig(**sizes, sliding_window=None))
    model.build_in_name_scope()
    weights = {}
    for file in sorted(folder.glob("*.safetensors")):
        weights |= load_file(file)
    weights.setdefault("lm_head.weight", weights["model.embed_tokens.weight"])
    return load_state(model, weights, tf_inputs=False, skip_logger_warnings=True)
