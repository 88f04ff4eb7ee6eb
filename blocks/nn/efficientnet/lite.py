"""EfficientNet-Lite0, trained on ImageNet, from Keras-CV: whole, or cut in two.

References
----------
M. Tan, Q. Le, "EfficientNet: Rethinking model scaling for convolutional neural
networks", ICML 2019. R. Liu, "Higher accuracy on vision models with EfficientNet-Lite",
TensorFlow blog, 2020.
"""

from functools import lru_cache
from pathlib import Path

import keras
import numpy as np

from blocks.nn.weights import assign, stored_values
from semlink.errors import InputError

FILE = Path(__file__).parents[1] / "efficientnet_lite0" / "model.weights.h5"
SIDE = 224  # pixels along a side of the input
CLASSES = 1000
MIDDLE, SCALE = 127.0, 128.0  # of pixels, as in training
STAGES = {
    "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "stackwise_num_repeats": [1, 2, 2, 3, 3, 4, 1],
    "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
    "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
    "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
    "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
}


def classifier() -> keras.Model:
    """The network with its top, [B, 224, 224, 3] to logits [B, 1000], untrained.

    The input has a fixed size: with any other padding, odd sizes are in error.

    Raises
    ------
    InputError
        The package ``keras_cv`` is missing.
    """
    try:
        from keras_cv.models import EfficientNetLiteBackbone
    except ImportError as error:
        raise InputError(
            "EfficientNet-Lite0 needs the package keras_cv (pip install "
            f"keras-cv==0.9.0), got {error}"
        ) from None
    body = EfficientNetLiteBackbone(
        include_rescaling=False,
        width_coefficient=1.0,
        depth_coefficient=1.0,
        input_shape=(SIDE, SIDE, 3),
        **STAGES,
    )
    pooled = keras.layers.GlobalAveragePooling2D(name="avg_pool")(body.output)
    logits = keras.layers.Dense(CLASSES, name="predictions")(pooled)
    return keras.Model(body.input, logits)


@lru_cache(maxsize=1)
def trained() -> keras.Model:
    """The classifier with the weights of ImageNet."""
    net = classifier()
    variables = variables_of(net)
    assign(FILE, variables, stored_values(FILE, variables))
    net.trainable = False
    return net


def cut(net: keras.Model, layer: str) -> tuple[keras.Model, keras.Model]:
    """The network up to the output of a layer, and from there to the logits.

    Raises
    ------
    InputError
        The network has no such layer.
    """
    if layer not in {found.name for found in net.layers}:
        raise InputError(f"cut must be the name of a layer, got {layer!r}")
    middle = net.get_layer(layer).output
    return keras.Model(net.input, middle), keras.Model(middle, net.output)


def variables_of(net: keras.Model) -> dict[str, keras.Variable]:
    """Variables by layer and name, such as ``stem_conv/kernel``."""
    return {
        f"{layer.name}/{variable.name}": variable
        for layer in net.layers
        for variable in layer.weights
    }


def standardised(image: np.ndarray) -> np.ndarray:
    """An image [H, W, 3], uint8, as the network's input [1, 224, 224, 3], float32.

    The whole picture is resized, whatever its aspect ratio.
    """
    import cv2

    smaller = min(image.shape[:2]) > SIDE
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    resized = cv2.resize(image, (SIDE, SIDE), interpolation=how)
    return (resized[None].astype(np.float32) - MIDDLE) / SCALE
