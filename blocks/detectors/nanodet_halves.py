"""NanoDet-g cut in two, where its backbone enters the feature pyramid.

Three maps cross the cut, the outputs of the 1x1 convolutions at strides of 8, 16 and 32
pixels, with 128 channels each. Both halves run on the detector's own weights: OpenCV
gives the tensors inside a network, and the second half is the file without all that
comes before them.
"""

from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import numpy as np

from blocks.detectors import nanodet, onnx_cut
from semlink.modalities.boxes import Boxes

CUT = tuple(f"PartitionedCall/Add_{number}" for number in (25, 26, 27))
CHANNELS = 128
SIDES = tuple(nanodet.INPUT // stride for stride in nanodet.STRIDES)
_one_at_a_time = Lock()  # networks of OpenCV keep their input


def first_half(image: np.ndarray) -> list[np.ndarray]:
    """Feature maps [S, S, 128], float32, of an image [H, W, 3], uint8."""
    names = [f"onnx_node!{name}" for name in CUT]
    with _one_at_a_time:
        _whole().setInput(nanodet.network_input(image))
        maps = _whole().forward(names)
    return [one[0].transpose(1, 2, 0) for one in maps]


def second_half(maps: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes:
    """Objects in a picture of a size (H, W), of feature maps [S, S, 128]."""
    with _one_at_a_time:
        for name, one in zip(CUT, maps, strict=True):
            channels_first = np.ascontiguousarray(one.transpose(2, 0, 1)[None])
            _second().setInput(channels_first, name)
        outputs = _second().forward(nanodet.OUTPUTS)
    return nanodet.objects(outputs, size)


@lru_cache(maxsize=1)
def _whole():
    import cv2

    return cv2.dnn.readNetFromONNX(str(nanodet.WEIGHTS))


@lru_cache(maxsize=1)
def _second():
    import cv2

    shapes = {n: (1, CHANNELS, s, s) for n, s in zip(CUT, SIDES, strict=True)}
    content = onnx_cut.behind(nanodet.WEIGHTS, shapes)
    return cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
