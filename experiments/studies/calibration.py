"""``semlink calibration``: a receiver's expected error against the true one, by region.

An inspector is of use as far as its order is right (rank correlation), its size is
right (reliability, expected calibration error), and what it accepts is good (risk and
coverage). What is fitted is fitted on one half of the pictures and applied to the
other.

References
----------
C. Guo et al., "On calibration of modern neural networks", ICML 2017 (expected
calibration error). Y. Geifman, R. El-Yaniv, "Selective classification for deep neural
networks", NIPS 2017 (risk and coverage).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

# before the networks: it looks for Keras, which Transformers replaces by Keras 2
import tensorflow_probability as tfp
from rich.progress import track
from scipy.stats import norm, spearmanr

from experiments.compose import catalogue
from experiments.figures.risk import Curve, draw
from semlink.config import validate
from semlink.errors import InputError
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

RISKS = (0.01, 0.02, 0.05, 0.1)
GRID = 16  # pixels along a side of a region
BINS = 10
LEAST = 1e-3  # squared levels
TWICE = 2  # the noise that is left after another transmission, as a divisor


class Seen(NamedTuple):
    """Regions of a picture.

    expected, true : [n], mean squared error in levels, as the receiver expects it and
        as it is
    again : [n], expected after another transmission of everything
    """

    expected: np.ndarray
    true: np.ndarray
    again: np.ndarray


def calibration(
    transmitter: str, source: str, channel: str, snr_db: float, cbr: float, images: int
) -> list[Seen]:
    """Deliver pictures, and compare doubts with errors.

    Parameters
    ----------
    transmitter, source, channel : as on the command line
    images : largest number of pictures

    Raises
    ------
    InputError
        The receiver has no inspector.
    """
    settings = {"transmitter": transmitter, "source": source, "channel": channel}
    settings |= {"snr_db": f"{snr_db:g}", "cbr": f"{cbr:g}", "task": "reconstruction"}
    trial = LinkTrial(validate(settings | {"stop": {"images": images}}), catalogue())
    (point,) = Sweep(trial).points
    found = []
    for index in track(range(trial.num_samples), "pictures", transient=True):
        delivery = trial.deliver(point, index, 0)
        if delivery.estimate.lost:
            continue
        if delivery.estimate.doubt is None:
            raise InputError(f"the receiver must have an inspector, got {transmitter}")
        receiver = trial.signal(point, index)[0].pair.receiver
        rx = delivery.received[0]
        better, _ = receiver(rx._replace(no=rx.no / TWICE))
        found.append(_seen(trial.source[index].data, delivery.estimate, better.doubt))
    return found


def report(found: Sequence[Seen], output: Path) -> str:
    """Draw the figure, and give the numbers as Markdown."""
    together = Seen(*(np.concatenate(part) for part in zip(*found, strict=True)))
    bad = float(np.median(together.true))
    halves = found[::2], found[1::2]
    probability, wrong, rows = [], [], []
    for fitted, judged in (halves, halves[::-1]):
        of = [
            Seen(*map(np.concatenate, zip(*half, strict=True)))
            for half in (fitted, judged)
        ]
        probability.append(exceeding(*of, bad))
        wrong.append(of[1].true > bad)
        rows.append([decided(*of, risk, bad) for risk in RISKS])
    order = np.argsort(together.expected)
    risk = np.cumsum(together.true[order] > bad) / np.arange(1, len(order) + 1)
    draw(
        Curve(together.expected, together.true),
        Curve(np.arange(1, len(order) + 1) / len(order), risk),
        RISKS,
        output,
    )
    error = expected_calibration_error(np.concatenate(probability), np.hstack(wrong))
    return "\n".join([*_ranks(found, together, bad, error), *_table(np.mean(rows, 0))])


def exceeding(fitted: Seen, judged: Seen, bad: float) -> np.ndarray:
    """Probability that the true error of each region is above ``bad`` : [n].

    Errors are lognormal around the expectation; bias and spread are those of the fitted
    pictures.
    """
    ratio = _log(fitted.true) - _log(fitted.expected)
    away = _log(judged.expected) + ratio.mean() - np.log(bad)
    return norm.cdf(away / max(ratio.std(), LEAST))


def expected_calibration_error(probability: np.ndarray, wrong: np.ndarray) -> float:
    """Mean distance of probability and frequency, over ten bins of confidence.

    Input
    -----
    probability : [n], of the event
    wrong : [n], bool, the event
    """
    inside = np.clip(probability, 1e-6, 1 - 1e-6)
    logits = np.log(np.stack([1 - inside, inside], axis=-1))
    return float(
        tfp.stats.expected_calibration_error(
            BINS, logits=np.float32(logits), labels_true=np.int32(wrong)
        )
    )


def decided(fitted: Seen, judged: Seen, risk: float, bad: float) -> tuple[float, ...]:
    """Decisions at a risk: shares accepted, asked for, rejected, and measured risk.

    A region is accepted up to the largest doubt at which the accepted regions of the
    fitted pictures have the risk. It is asked for again if another transmission would
    bring its doubt below that, else rejected.
    """
    order = np.argsort(fitted.expected)
    risks = np.cumsum(fitted.true[order] > bad) / np.arange(1, len(order) + 1)
    within = np.flatnonzero(risks <= risk)
    limit = fitted.expected[order[within[-1]]] if len(within) else -1.0
    accepted = judged.expected <= limit
    asked = ~accepted & (judged.again <= limit)
    shares = accepted.mean(), asked.mean(), np.mean(~accepted & ~asked)
    measured = np.mean(judged.true[accepted] > bad) if accepted.any() else 0.0
    return *map(float, shares), float(measured)


def _seen(data: np.ndarray, estimate, again: np.ndarray) -> Seen:
    """Whole regions of a picture."""
    rows, columns = (size // GRID for size in data.shape[:2])
    error = (data.astype(np.float64) - estimate.data) ** 2
    whole = error[: rows * GRID, : columns * GRID]
    true = whole.reshape(rows, GRID, columns, GRID, 3).mean(axis=(1, 3, 4))
    doubts = (of[:rows, :columns].ravel() for of in (estimate.doubt, again))
    expected, later = doubts
    return Seen(expected, true.ravel(), later)


def ranks(found: Sequence[Seen], together: Seen) -> tuple[float, float, float]:
    """Rank correlations: over all regions, over pictures, mean within pictures."""
    means = [(seen.expected.mean(), seen.true.mean()) for seen in found]
    within = [_rank(seen.expected, seen.true) for seen in found]
    over = _rank(*np.array(means).T) if len(found) > 1 else float("nan")
    return _rank(together.expected, together.true), over, float(np.mean(within))


def _ranks(found, together: Seen, bad: float, error: float) -> list[str]:
    over, pictures, within = ranks(found, together)
    ratio = together.expected.mean() / together.true.mean()
    return [
        f"{len(together.true)} regions of {GRID}x{GRID} pixels in {len(found)} "
        f"pictures; bad: squared error above {bad:.1f}, the median",
        "",
        "| rank correlation over regions | over pictures | within pictures | "
        "expected over true error | expected calibration error |",
        "|---" * 5 + "|",
        f"| {over:.3f} | {pictures:.3f} | {within:.3f} | {ratio:.2f} | {error:.3f} |",
        "",
    ]


def _table(rows: np.ndarray) -> list[str]:
    head = "| target risk | accepted | asked again | rejected | measured risk |"
    lines = [
        f"| {risk:.0%} | " + " | ".join(f"{value:.1%}" for value in row) + " |"
        for risk, row in zip(RISKS, rows, strict=True)
    ]
    return [head, "|---" * 5 + "|", *lines]


def _rank(one: np.ndarray, other: np.ndarray) -> float:
    return float(spearmanr(one, other).statistic)


def _log(error: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(error, LEAST))
