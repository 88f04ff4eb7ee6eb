"""A language model of the Llama architecture from a GGUF file, in TensorFlow.

llama.cpp permutes the rows of queries and keys for its rotary embedding; here they are
put back, head by head. Without that, the model runs and is silently worse.

References
----------
The permutation: ``LlamaModel.permute`` in llama.cpp, ``convert_hf_to_gguf.py``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

# a weight of a layer of Transformers, and its tensor in the file
PARTS = {
    "self_attn/q_proj/kernel": "attn_q",
    "self_attn/k_proj/kernel": "attn_k",
    "self_attn/v_proj/kernel": "attn_v",
    "self_attn/o_proj/kernel": "attn_output",
    "mlp/gate_proj/kernel": "ffn_gate",
    "mlp/up_proj/kernel": "ffn_up",
    "mlp/down_proj/kernel": "ffn_down",
    "input_layernorm/weight": "attn_norm",
    "post_attention_layernorm/weight": "ffn_norm",
}
WHOLE = {
    "embed_tokens": "token_embd",
    "lm_head/kernel": "token_embd",  # tied
    "norm/weight": "output_norm",
}


def model_of_gguf(path: Path) -> tuple[Any, Any]:
    """Model and tokenizer of a GGUF file.

    Raises
    ------
    ImportError
        The package ``gguf`` is missing.
    KeyError, ValueError
        The file has another architecture.
    """
    from gguf import GGUFReader
    from transformers import MistralConfig, TFMistralForCausalLM

    file = GGUFReader(path)
    config = MistralConfig(**_sizes(file))
    model = TFMistralForCausalLM(config)
    model.build_in_name_scope()
    tensors = dict(_tensors(file, config))
    for variable in model.weights:
        variable.assign(tensors[_tensor_of(variable.name)].reshape(variable.shape))
    return model, _tokenizer(file)


def unpermuted(rows: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries or keys [heads D, in] in the order of Transformers."""
    split = rows.reshape(heads, rows.shape[0] // heads // 2, 2, rows.shape[1])
    return split.swapaxes(1, 2).reshape(rows.shape)


def _sizes(file: Any) -> dict[str, Any]:
    """Arguments of the configuration; attention looks back without a window."""
    of = {key: file.fields[f"llama.{name}"].contents() for key, name in KEYS.items()}
    return of | {"sliding_window": None, "tie_word_embeddings": False}


KEYS = {
    "vocab_size": "vocab_size",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "rope_theta": "rope.freq_base",
}


def _tensors(file: Any, config: Any) -> Iterator[tuple[str, np.ndarray]]:
    """Tensors by name, matrices as [in, out] but for the embedding."""
    from gguf.quants import dequantize

    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for tensor in file.tensors:
        name = tensor.name.removesuffix(".weight")
        values = dequantize(tensor.data, tensor.tensor_type)
        if (part := name.rpartition(".")[2]) in heads:
            values = unpermuted(values, heads[part])
        matrix = values.ndim == 2 and name != WHOLE["embed_tokens"]
        yield name, values.T if matrix else values
        if not matrix and values.ndim == 2:
            yield f"{name} transposed", values.T


def _tensor_of(variable: str) -> str:
    """The tensor of a variable, by its name in Transformers."""
    place = variable.partition(":")[0]
    if (layer := place.partition("layers.")[2]) or "layers_._" in place:
        layer = layer or place.partition("layers_._")[2]
        number, _, part = layer.partition("/")
        return f"blk.{number}.{PARTS[part]}"
    (name,) = (tensor for end, tensor in WHOLE.items() if f"/{end}" in place)
    return f"{name} transposed" if "lm_head" in place else name


def _tokenizer(file: Any) -> Any:
    """The byte-level BPE of the file; digits are tokens of their own."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = file.fields["tokenizer.ggml.tokens"].contents()
    merges = file.fields["tokenizer.ggml.merges"].contents()
    pairs = [tuple(merge.split(" ")) for merge in merges]
    bpe = models.BPE({word: i for i, word in enumerate(words)}, pairs)
    tokenizer = Tokenizer(bpe)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)
