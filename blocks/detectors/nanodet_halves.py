"""NanoDet-g cut in two, by default where its backbone enters the feature pyramid.

Three maps cross that cut, the outputs of the 1x1 convolutions at strides of 8, 16 and
32 pixels, with 128 channels each. Both halves run on the detector's own weights: OpenCV
gives the tensors inside a network, and the second half is the file without all that
comes before them.
"""

from collections.abc import Sequence
from threading import Lock
from typing import NamedTuple

import numpy as np

from blocks.detectors import nanodet, onnx_cut
from semlink.modalities.boxes import Boxes

CHANNELS = 128  # of a map
SIDES = tuple(nanodet.INPUT // stride for stride in nanodet.STRIDES)


class Cut(NamedTuple):
    """Where the network is cut.

    tensors : names of the maps that cross the cut
    sides : their sides S, of [1, 128, S, S]
    """

    tensors: tuple[str, ...]
    sides: tuple[int, ...] = SIDES


LATERAL = Cut(tuple(f"PartitionedCall/Add_{number}" for number in (25, 26, 27)))


class NanoDetHalves:
    """Both halves of the network.

    Networks of OpenCV keep their input, so they serve one thread alone.

    Parameters
    ----------
    cut : where it is cut
    """

    def __init__(self, cut: Cut = LATERAL):
        import cv2

        self._cut, self._one_at_a_time = cut, Lock()
        self._whole = cv2.dnn.readNetFromONNX(str(nanodet.WEIGHTS))
        sizes = zip(cut.tensors, cut.sides, strict=True)
        shapes = {name: (1, CHANNELS, side, side) for name, side in sizes}
        content = onnx_cut.behind(nanodet.WEIGHTS, shapes)
        self._rest = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))

    def first(self, image: np.ndarray) -> list[np.ndarray]:
        """Feature maps [S, S, 128], float32, of an image [H, W, 3], uint8."""
        names = [f"onnx_node!{name}" for name in self._cut.tensors]
        with self._one_at_a_time:
            self._whole.setInput(nanodet.network_input(image))
            maps = self._whole.forward(names)
        return [one[0].transpose(1, 2, 0) for one in maps]

    def second(self, maps: Sequence[np.ndarray], size: tuple[int, int]) -> Boxes:
        """Objects in a picture of a size (H, W), of feature maps [S, S, 128]."""
        with self._one_at_a_time:
            for name, one in zip(self._cut.tensors, maps, strict=True):
                channels_first = one.transpose(2, 0, 1)[None]
                self._rest.setInput(np.ascontiguousarray(channels_first), name)
            outputs = self._rest.forward(nanodet.OUTPUTS)
        return nanodet.objects(outputs, size)
