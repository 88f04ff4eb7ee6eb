"""What the linear code keeps of a detector at several cuts.

    python -m experiments.features.cuts PHOTOS NUMBER JUDGED

For each cut, statistics are fitted to NUMBER photos, and the features of JUDGED other
ones cross AWGN at 10 dB. Their detections are compared with the uncut detector's.
"""

import sys
from collections.abc import Sequence

import numpy as np

from blocks.detectors.nanodet_halves import LATERAL, Cut, NanoDetHalves
from blocks.features.payload import Payload, Setting, num_symbols, snr_index
from blocks.features.pyramid import pyramid_of
from blocks.tasks.detection import Detection
from experiments.failing import failing_in_one_line
from experiments.features.detector_statistics import fit, shuffled
from semlink.modalities.boxes import BOXES, Boxes
from semlink.signals import NO_BLOCKS, Estimate, Sample
from semlink.units import db_to_linear

PREFIX = "PartitionedCall"
CUTS = {
    "stride 8": Cut((f"{PREFIX}/onnx_tf_prefix_Concat_27",), (52,)),
    "into the pyramid": LATERAL,
    "out of it": Cut(
        tuple(f"{PREFIX}/onnx_tf_prefix_Add_{n}" for n in (107, 128, 149))
    ),
    "head": Cut(tuple(f"{PREFIX}/Add_{n}" for n in (28, 32, 36))),
}
SNR_DB, SYMBOLS = 10.0, (96 * 6, 96 * 8, 96 * 10)  # 1,024, 4,096 and 16,384 symbols


def compared(
    fitted: Sequence[np.ndarray],
    judged: Sequence[np.ndarray],
    cut: Cut,
    *,
    weighted: bool,
) -> list[dict[str, float]]:
    """F1 and AP against the detections in the original, by number of symbols."""
    halves = NanoDetHalves(cut)
    code = pyramid_of(fit(fitted, cut, weighted=weighted))
    payload = Payload(code.sigma)
    results = []
    for symbols in SYMBOLS:
        setting, seen = Setting(symbols, snr_index(SNR_DB)), []
        for number, photo in enumerate(judged):
            size = photo.shape[:2]
            original = halves.first(photo)
            y = received(payload, code.analyse(original), setting, number)
            found = halves.second(code.synthesise(y), size)
            seen.append(_observed(photo, halves.second(original, size), found))
        results.append(_scores(seen))
    return results


def received(payload: Payload, y: np.ndarray, setting: Setting, seed: int):
    """Coefficients [n] after AWGN."""
    x, scale = payload.send(y, setting)
    no = db_to_linear(-SNR_DB)
    noise = np.random.default_rng(seed).normal(0, np.sqrt(no / 2), (2, len(x)))
    heard = (x + noise[0] + 1j * noise[1]).astype(np.complex64)
    return payload.receive(heard, np.full(len(x), no, np.float32), setting, scale).y


def _observed(photo: np.ndarray, original: Boxes, found: Boxes) -> dict:
    task = Detection(lambda image: original, 0.3, annotated=False)
    sample = Sample(photo, "image", photo.size, 0, "photo")
    return task.observe(sample, Estimate(found, BOXES, False, NO_BLOCKS))


def _scores(seen: Sequence[dict]) -> dict[str, float]:
    task = Detection(lambda image: None, 0.3, annotated=False)
    return {"f1": float(np.mean([one["f1"][0] for one in seen])), **task.score(seen)}


def main(folder: str, number: int, judged: int) -> None:
    """Print a row for each cut."""
    photos = shuffled(folder)
    fitted, others = photos[:number], photos[number : number + judged]
    kinds = [(name, True) for name in CUTS] + [("into the pyramid", False)]
    uses = ", ".join(f"{num_symbols(symbols)}" for symbols in SYMBOLS)
    print(f"F1 / AP by symbols {uses}")
    for name, weighted in kinds:
        results = compared(fitted, others, CUTS[name], weighted=weighted)
        shown = "  ".join(f"{one['f1']:.2f} / {one['ap']:.2f}" for one in results)
        kind = "" if weighted else ", plain KLT"
        print(f"{name + kind:28} {shown}", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(f"usage: {sys.argv[0]} PHOTOS NUMBER JUDGED, got {sys.argv[1:]}")
    with failing_in_one_line():
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
