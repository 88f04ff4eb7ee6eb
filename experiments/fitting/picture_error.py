"""Fits the law by which a receiver judges a decoded picture.

    python -m experiments.fitting.picture_error FOLDER TRANSMITTER ...

FOLDER has photos; each TRANSMITTER is a separated one, such as ``jpeg2000_ldpc``. Every
second photo is held out, and the errors on those are printed beside the law.
"""

import sys
from collections.abc import Iterator, Sequence

import numpy as np

from baselines.separated.expected_error import ErrorLaw, terms
from baselines.separated.rate_search import Codec
from experiments.compose import catalogue
from experiments.failing import failing_in_one_line
from semlink.config import ComponentSpec
from semlink.units import psnr_db

PHOTOS, QUALITIES = 48, 24
RATES = 0.02, 2.0  # bits per pixel


def coded(codec: Codec, image: np.ndarray) -> Iterator[tuple[tuple[float, ...], float]]:
    """Terms of the law and PSNR, of one picture at every quality."""
    for quality in np.linspace(*codec.quality_range, QUALITIES):
        data = codec.encode(image, float(quality))
        rate = 8 * len(data) / image[..., 0].size
        if RATES[0] <= rate <= RATES[1]:
            picture = codec.decode(data)
            yield terms(picture, len(data)), psnr_db(image, picture)


def fitted(rows: Sequence[tuple[tuple[float, ...], float]]) -> ErrorLaw:
    """The law of least squares."""
    at, values = (np.array(part) for part in zip(*rows, strict=True))
    return ErrorLaw(*(float(w) for w in np.linalg.lstsq(at, values, rcond=None)[0]))


def errors(law: ErrorLaw, rows) -> tuple[float, float]:
    """Mean and root mean square of expected less true PSNR [dB]."""
    off = [float(np.dot(law, at)) - value for at, value in rows]
    return float(np.mean(off)), float(np.sqrt(np.mean(np.square(off))))


def main(words: Sequence[str]) -> None:
    """Fit each transmitter's codec, and print its law."""
    folder, *labels = words
    of = catalogue()
    source = of.build("source", ComponentSpec.model_validate(f"folder:{folder}"))
    places = np.linspace(0, len(source) - 1, PHOTOS).astype(int)
    for label in labels:
        spec = ComponentSpec.model_validate(label)
        codec = of.build("transmitter", spec).receiver.codec
        rows = [list(coded(codec, source[int(place)].data)) for place in places]
        law = fitted([row for photo in rows[::2] for row in photo])
        mean, rms = errors(law, [row for photo in rows[1::2] for row in photo])
        numbers = ", ".join(f"{value:.2f}" for value in law)
        print(f"{label}: ErrorLaw({numbers}), held out: {mean:+.2f} dB, rms {rms:.2f}")


if __name__ == "__main__":
    with failing_in_one_line():
        main(sys.argv[1:])
