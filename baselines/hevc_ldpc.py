"""HEVC intra with quantisers by importance, then LDPC and QAM.

The coder is x265 in the ffmpeg of imageio-ffmpeg. Its quantisers follow a map of
importance, which the stream itself carries to the decoder: a receiver needs no map.
"""

import numpy as np

from baselines.separated import ffmpeg
from baselines.separated.chroma_offsets import SHARES, parameters
from baselines.separated.link import separated
from blocks.importances import NONE, SIDE, WEIGHTS
from blocks.importances import importance as built

COARSEST, FINEST = 51, 4  # quantisation parameters
LEAST_OFFSET = 1  # of the quantisation parameters of chroma, downward
SHORTEST = 64  # side that x265 codes
RANGE = 63  # parameters that an offset of one stands for in ffmpeg, with 10 bits
PER_OCTAVE = 3  # parameters by which the squared error doubles, at high rates
OFFSETS = PER_OCTAVE * np.log2(WEIGHTS)  # by which a level is finer
EFFORT = "-preset medium -tune psnr"
# x265 takes regions only with adaptive quantisation or its lookahead, thus no keyint=1
FIXED = "aq-mode=1:aq-strength=0:qg-size=16:info=0:repeat-headers=1:log-level=none"


class Hevc:
    """x265's medium preset for one picture.

    Sides are padded to even ones; two bytes before the stream tell by how much.
    :mod:`baselines.separated.chroma_offsets` has the qualities between two parameters.

    Parameters
    ----------
    importance : component that gives the map, by name. The quantisation parameter of
        weight w is finer by ``3 log2(w)``: errors in inverse proportion to the weights

    Raises
    ------
    InputError
        The extra ``vvc`` is not installed.
    """

    quality_range = (0, SHARES * (COARSEST - FINEST + 1) - 1)
    quality_step = 1
    concurrent = True

    def __init__(self, importance: str = NONE):
        self._ffmpeg, self.importance = ffmpeg.executable(), built(importance)

    def encode(
        self, image: np.ndarray, quality: float, levels: np.ndarray | None = None
    ) -> bytes:
        """[H, W, 3] uint8 to a file, by the levels of importance [h, w] if given."""
        image, pad = ffmpeg.padded(image, SHORTEST)
        planes = ffmpeg.planes(image)
        height, width = planes[0].shape
        qp, cb, cr = parameters(int(quality), COARSEST, LEAST_OFFSET)
        options = (
            f"-f rawvideo -pix_fmt yuv420p10le -s {width}x{height} -i - {{}}"
            f"-c:v libx265 {EFFORT} -x265-params "
            f"crf={qp}:cbqpoffs=-{cb}:crqpoffs=-{cr}:{FIXED}:pools=none -f hevc"
        )
        is_even = levels is None or not levels.any()
        regions = [] if is_even else ["-vf", _filter(levels)]
        before, after = (part.split() for part in options.split("{}"))
        samples = b"".join(plane.tobytes() for plane in planes)
        stream = ffmpeg.run(self._ffmpeg, [*before, *regions, *after], samples)
        return bytes(pad) + stream

    def decode(self, data: bytes) -> np.ndarray:
        """A file to [H, W, 3] uint8.

        Raises
        ------
        InputError
            ffmpeg refuses the stream.
        """
        options = "-f hevc -i - -frames:v 1 -strict -1 -pix_fmt yuv420p10le"
        frame = ffmpeg.run(self._ffmpeg, f"{options} -f yuv4mpegpipe".split(), data[2:])
        image = ffmpeg.picture(frame)
        height, width, _ = image.shape
        return image[: height - data[0], : width - data[1]]


def rectangles(levels: np.ndarray) -> list[tuple[int, int, int, int, int]]:
    """Rectangles of one level that cover a map: x, y, width, height, level, in cells.

    Each cell above zero is in one of them.
    """
    left, found = levels.astype(int), []
    while left.any():
        y, x = np.argwhere(left)[0]
        level = left[y, x]
        width = _run(left[y, x:] == level)
        height = _run((left[y:, x : x + width] == level).all(axis=1))
        left[y : y + height, x : x + width] = 0
        found.append((int(x), int(y), width, height, int(level)))
    return found


def _run(equal: np.ndarray) -> int:
    """Length of the first run of true values : [n], bool."""
    return len(equal) if equal.all() else int(np.argmin(equal))


def _filter(levels: np.ndarray) -> str:
    """The filter of ffmpeg that marks the regions of a map."""
    return ",".join(
        f"addroi=x={SIDE * x}:y={SIDE * y}:w={SIDE * w}:h={SIDE * h}"
        f":qoffset={-OFFSETS[level] / RANGE:.4f}"
        for x, y, w, h, level in rectangles(levels)
    )


build = separated(Hevc)
