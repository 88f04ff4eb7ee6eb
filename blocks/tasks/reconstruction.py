"""Reconstruction: distortion of the received picture."""

import hashlib
from collections import OrderedDict
from typing import Any

import numpy as np

from blocks.tasks.structural_similarity import structural_similarity
from semlink.metrics import Metric
from semlink.signals import IMAGE, Estimate, Sample
from semlink.units import linear_to_db, psnr_db

KEPT = 4096  # measurements
LEAST_MSE = 1e-3  # squared levels
WORST_DB, BEST_DB = 15.0, 40.0  # range of PSNR in which more is better [dB]


class Reconstruction:
    """PSNR, SSIM and MS-SSIM of 8-bit pictures, MSE of anything.

    Samples for which a metric is not defined (SSIM of a picture smaller than its
    window, PSNR of a source other than pictures) do not count. :func:`concealed`
    replaces estimates that were lost.
    """

    judges = (IMAGE, "signal")
    metrics = (
        Metric("psnr", "PSNR", "dB", digits=2),
        Metric("ssim", "SSIM", headline=False),
        Metric("ms_ssim", "MS-SSIM"),
        Metric("mse", "MSE", higher_is_better=False, digits=2, headline=False),
    )

    def __init__(self):
        self._values: OrderedDict[bytes, tuple[float, ...]] = OrderedDict()

    def observe(self, sample: Sample, estimate: Estimate) -> dict:
        """All metrics of one delivery : (value, 1), or (0, 0) where not defined."""
        values = self._measured(sample.data, concealed(sample, estimate))
        pairs = [(v, 1.0) if np.isfinite(v) else (0.0, 0.0) for v in values]
        return {m.name: pair for m, pair in zip(self.metrics, pairs, strict=True)}

    def score(self, observations) -> dict:
        """Nothing: the task has no metrics of a set."""
        return {}

    def confidence(self, estimate: Estimate, query: Any) -> float:
        """Expected PSNR between ``WORST_DB`` and ``BEST_DB``, from the doubt.

        Without a doubt, what arrived is taken for the original.
        """
        if estimate.doubt is None:
            return 1.0
        mse = max(float(np.mean(estimate.doubt)), LEAST_MSE)
        db = linear_to_db(255.0**2 / mse)
        return float(np.clip((db - WORST_DB) / (BEST_DB - WORST_DB), 0, 1))

    def _measured(self, *pair: np.ndarray) -> tuple[float, ...]:
        """Metrics of a pair, cached by hash: equal estimates are measured once."""
        key = b"".join(map(_digest, pair))
        if key not in self._values:
            self._values[key] = _values(*pair)
            if len(self._values) > KEPT:
                self._values.popitem(last=False)
        return self._values[key]


def build() -> Reconstruction:
    """Build the task; it has no parameters."""
    return Reconstruction()


def _digest(array: np.ndarray) -> bytes:
    """Hash of an array."""
    what = f"{array.dtype} {array.shape}".encode()
    return hashlib.blake2b(what + array.tobytes(), digest_size=16).digest()


def concealed(sample: Sample, estimate: Estimate) -> np.ndarray:
    """The estimate, or mid grey if it lacks the shape or type of the sample.

    A lost header leaves no data; a wrongly decoded one gives another size.
    """
    reference, data = sample.data, estimate.data
    if data is not None and (data.shape, data.dtype) == (
        reference.shape,
        reference.dtype,
    ):
        return data
    return np.full_like(reference, 128 if reference.dtype == np.uint8 else 0)


def _values(a: np.ndarray, b: np.ndarray) -> tuple[float, ...]:
    """PSNR, SSIM, MS-SSIM, MSE of one image; NaN where not defined."""
    mse = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    if a.dtype != np.uint8:
        return np.nan, np.nan, np.nan, mse
    return psnr_db(a, b), *structural_similarity(a, b), mse
