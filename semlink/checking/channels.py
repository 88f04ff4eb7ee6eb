"""The contract of a channel, measured.

A channel is called as it is, with tensors at random symbols of unit energy. Means are
over transmissions, whose courses are independent; symbols of one fade are not.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from semlink.checking.clock import until_the_next_second
from semlink.checking.places import KEPT, RANDOM
from semlink.checking.rules import Finding, Probe, Rule, Unchecked
from semlink.checking.statistics import half_width, mean_is, positive_mean_is
from semlink.compiled_channel import compiled_channel, frame_of
from semlink.contracts.built import built
from semlink.contracts.channels import received
from semlink.graph import tensors
from semlink.protocols import Channel
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear, linear_to_db

SNR_DB = 7.0  # of statistics: neither 0 nor 10 dB, which are 1 and 10 as power ratios
SNRS_DB = (-20.0, -3.0, 0.0, 7.0, 13.0, 20.0, 30.0, 40.0, 60.0, 90.0)
FEW_SNRS_DB = (0.0, 40.0)
SHAPES = ((1, 1), (1, 97), (3, 169), (2, 1024))
FEW_ROWS = 16
AGAIN = 3  # calls, as state may only alternate
GROSS = 0.25  # error of a mean that stops a sweep
LOST = 1e4  # noise factor above which a symbol counts as lost
MOST_LOSS_DB = 2.6  # of a receiver that estimates its channel
DIFFERENT = 1.2  # rms difference of noise of unit power; of independent noise, 1.41
DTYPES = {"x_hat": np.complex64, "no": np.float32, "h_hat": np.complex64}


def symbols(*shape: int, seed: int = 3) -> np.ndarray:
    """Random 16-QAM symbols of unit mean energy, complex64."""
    draw = np.random.default_rng(seed).integers(0, 4, (2, *shape)) * 2 - 3
    return ((draw[0] + 1j * draw[1]) / np.sqrt(10)).astype(np.complex64)


class ChannelProbe(Probe):
    """A channel under test.

    Parameters
    ----------
    build : builds the channel anew, sharing nothing with those built before
    label : its name in messages
    rows, length : transmissions and symbols of statistics
    thorough : whether everything is checked, or what a fraction of a second permits
    """

    def __init__(
        self,
        build: Callable[[], Channel],
        label: str,
        rows: int = 256,
        length: int = 504,
        thorough: bool = True,
    ):
        self._build, self.label = build, label
        self._shape, self.thorough = (rows, length), thorough
        self.snrs_db = SNRS_DB if thorough else FEW_SNRS_DB
        # a sweep stops for gross errors alone: impairments may cost some gain
        self.slack = 0.0 if thorough else GROSS
        self._made: dict[tuple, RxSignal] = {}

    def fresh(self) -> Channel:
        """The channel, built anew."""
        return built("channel", self.label, self._build())

    def owner(self, part: str) -> Any:
        return self.channel

    def outputs(self) -> list:
        """What is received of some symbols."""
        return [np.asarray(part) for part in self.at(SNR_DB, FEW_ROWS)[1]]

    @cached_property
    def channel(self) -> Channel:
        """The channel that most rules are measured on."""
        return self.fresh()

    @property
    def is_eager(self) -> bool:
        """Whether it cannot be compiled, and gets arrays."""
        return getattr(self.channel, "level", "graph") == "eager"

    def raw(self, x, snr_db: float, seed: int, channel: Channel | None = None):
        """What the channel returns, as it is."""
        given = np.asarray(x), np.asarray(snr_db, np.float32), np.int64(seed)
        if not self.is_eager:
            given = tensors(*given)
        x, snr_db, seed = given
        return (channel or self.channel)(x, snr_db, Course(seed))

    def over(self, x, snr_db: float, seed: int, channel=None) -> RxSignal:
        """The received signal [B, N], checked as in a link."""
        rx = self.raw(x, snr_db, seed, channel)
        return received(rx, x.shape, self.label)

    def at(self, snr_db: float, rows: int) -> tuple[np.ndarray, RxSignal]:
        """Some rows of the symbols of statistics, and what is received of them."""
        if (snr_db, rows) not in self._made:
            rx = self.over(self.sent[:rows], snr_db, 1)
            self._made[snr_db, rows] = rx
        return self.sent[:rows], self._made[snr_db, rows]

    @cached_property
    def sent(self) -> np.ndarray:
        """Symbols of statistics : [B, N], in whole frames."""
        rows, length = self._shape
        data = frame_of(self.channel).data
        return symbols(rows, max(length // data, 1) * data)

    @property
    def many(self) -> RxSignal:
        """What is received of them at :data:`SNR_DB`."""
        return self.at(SNR_DB, len(self.sent))[1]

    @cached_property
    def gain(self) -> complex:
        """Least-squares gain of the equalised symbols, one if it keeps its rule."""
        x, weight = self.sent, 1 / self.many.no.astype(np.float64)
        product = np.sum(np.conj(x) * self.many.x_hat * weight)
        return complex(product / np.sum(np.abs(x) ** 2 * weight))

    def noise(self, x: np.ndarray, rx: RxSignal) -> np.ndarray:
        """Noise over its declared deviation : [B, N]; NaN where erased."""
        with np.errstate(divide="ignore", invalid="ignore"):
            error = (rx.x_hat - self.gain * x) / np.sqrt(rx.no)
        return np.where(np.isinf(rx.no), np.nan, error)


def _form(probe: ChannelProbe) -> Finding:
    """Sweeps convert other precisions; only a thorough check refuses them."""
    wrong, _ = [], probe.many
    for shape in SHAPES if probe.thorough else ():
        rx = probe.raw(symbols(*shape), SNR_DB, 1)
        received(rx, shape, probe.label)
        for name, wanted in DTYPES.items():
            dtype = np.asarray(getattr(rx, name)).dtype
            if dtype != wanted:
                wrong.append(f"{name} {dtype}")
    kept = "complex64, float32, complex64"
    return Finding(not wrong, ", ".join(dict.fromkeys(wrong)) or kept, kept)


def _finite(probe: ChannelProbe) -> Finding:
    """What is sent may be zeros, which a course of noise arrives for."""
    signals = (symbols(1, 300), np.zeros((1, 300), np.complex64))
    for snr_db in SNRS_DB if probe.thorough else ():
        for x in signals:
            rx = RxSignal(*map(np.asarray, probe.raw(x, snr_db, 2)))
            erased = np.isinf(rx.no)  # may be anything
            for name, values in rx._asdict().items():
                bad = ~np.isfinite(values) & ~erased
                if bad.any():
                    got = f"{values[bad][0]:.3g} in {name} at {snr_db:g} dB"
                    return Finding(False, got, "finite values")
    for snr_db in probe.snrs_db:
        probe.at(snr_db, FEW_ROWS)
    span = f"finite from {probe.snrs_db[0]:g} to {probe.snrs_db[-1]:g} dB"
    return Finding(True, span, "finite values")


def _determinism(probe: ChannelProbe) -> Finding:
    before = np.random.get_state()[1].copy()
    x, one = probe.at(SNR_DB, FEW_ROWS)
    until_the_next_second(probe)
    other = probe.over(x, SNR_DB, 1, probe.fresh())
    if not np.array_equal(before, np.random.get_state()[1]):
        return Finding(False, "draws from NumPy's global generator", "the course alone")
    return _same(one, other, "two builds, one seed")


def _same(one: RxSignal, other: RxSignal, what: str) -> Finding:
    equal = all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    differ = float(np.max(np.abs(one.x_hat - other.x_hat)))
    measured = "equal" if equal else f"x_hat differs by up to {differ:.3g}"
    return Finding(equal, f"{what}: {measured}", "equal results")


def _seed(probe: ChannelProbe) -> Finding:
    x, one = probe.at(SNR_DB, FEW_ROWS)
    other = probe.over(x, SNR_DB, 6)
    same = one.x_hat == other.x_hat
    share = float(np.mean(same[~np.isinf(one.no)])) if np.isfinite(one.no).any() else 0
    measured = f"{share:.0%} of the symbols are equal for two seeds"
    if share > 0.01:
        return Finding(False, measured, "at most 1 %")
    fading = np.ptp(np.abs(one.h_hat)) > 1e-6
    if fading and np.array_equal(one.h_hat, other.h_hat):
        return Finding(False, "one h_hat for two seeds", "fading by the seed")
    return Finding(True, measured, "at most 1 %")


def _state(probe: ChannelProbe) -> Finding:
    channel, x = probe.fresh(), symbols(2, 333)
    first = probe.over(x, SNR_DB, 5, channel)
    probe.over(symbols(1, 700, seed=4), 20.0, 6, channel)
    probe.over(x, 0.0, 7, channel)
    for _ in range(AGAIN):
        again = probe.over(x, SNR_DB, 5, channel)
        found = _same(first, again, "again, after other calls")
        if not found.kept:
            break
    return found


def _gain(probe: ChannelProbe) -> Finding:
    """Over ``no``, by which a linear estimate of the channel keeps a gain of one."""
    x, rx = probe.sent, probe.many
    with np.errstate(invalid="ignore", divide="ignore"):
        error = (rx.x_hat - x) / rx.no * np.conj(x)
        error = np.where(np.isfinite(rx.no), error, 0)
    parts = error.real.mean(axis=1), error.imag.mean(axis=1)
    kept = all(abs(np.mean(part)) <= half_width(part) for part in parts)
    kept = kept or abs(probe.gain - 1) < probe.slack
    turn = f", phase {np.angle(probe.gain):.3f} rad" if not kept else ""
    measured = f"gain of x_hat = {abs(probe.gain):.4f}{turn}"
    return Finding(kept, measured, "1, phase 0")


def _power_gain(probe: ChannelProbe) -> Finding:
    expected = getattr(probe.channel, "power_gain", 1.0)
    rows = np.mean(np.abs(probe.many.h_hat.astype(np.complex128)) ** 2, axis=1)
    return positive_mean_is(rows, float(expected), "E|h_hat|^2", probe.slack)


def _noise(probe: ChannelProbe) -> Finding:
    noise = probe.noise(probe.sent, probe.many)
    parts = np.nanmean(noise.real**2, axis=1), np.nanmean(noise.imag**2, axis=1)
    parts = [part[~np.isnan(part)] for part in parts]
    if min(map(len, parts)) < 2:
        raise Unchecked("all symbols are erased")
    what, slack = "E|x_hat - x|^2 / no", probe.slack
    total = mean_is(parts[0] + parts[1], 1.0, what, slack)
    share = [mean_is(part, 0.5, "", slack / 2) for part in parts]
    halves = f"{np.mean(parts[0]):.3g} on I and {np.mean(parts[1]):.3g} on Q"
    width = share[0].allowed.partition("+- ")[2]
    return Finding(
        total.kept and all(found.kept for found in share),
        f"{total.measured}, {halves}",
        f"{total.allowed}, 0.5 +- {width} each",
    )


def _snr(probe: ChannelProbe) -> Finding:
    """Es/N0 of symbols that arrive, over the mean power gain that ``h_hat`` has."""
    snrs_db = (SNR_DB, 0.0, 20.0) if probe.thorough else (SNR_DB, 0.0)
    for snr_db in snrs_db:
        _, rx = probe.at(snr_db, FEW_ROWS)
        n0, gain = float(db_to_linear(-snr_db)), np.abs(rx.h_hat) ** 2
        ratio = n0 / rx.no.astype(np.float64)
        arrive = ratio > 1 / LOST
        if not arrive.any():
            got = f"no symbol within {linear_to_db(LOST):g} dB of {snr_db:g} dB"
            return Finding(False, got, f"Es/N0 of {snr_db:g} dB")
        loss_db = float(-linear_to_db(np.mean(ratio[arrive]) / np.mean(gain[arrive])))
        # a receiver's estimation costs the same at every SNR, distortion more at high
        least = -MOST_LOSS_DB if snr_db <= SNR_DB else -np.inf
        if np.std((ratio / gain)[arrive]) < 1e-3 * np.mean((ratio / gain)[arrive]):
            least = -0.01  # no = c / |h|^2: the receiver knows its channel
        measured = f"mean |h_hat|^2 / no = {snr_db - loss_db:.2f} dB"
        allowed = f"{snr_db:g} dB, {least:g} to +0.1 dB"
        if not least <= -loss_db <= 0.1:
            return Finding(False, f"{measured} at snr_db = {snr_db:g}", allowed)
    return Finding(True, measured, allowed)


def _course(probe: ChannelProbe) -> Finding:
    """Another SNR, another signal, a longer one: the same fading and noise."""
    x, short = symbols(1, 1500), 600
    noise = probe.noise(x, probe.over(x, SNR_DB, 8))
    others = {
        "20 dB": (x, 20.0),
        "another signal": (1j * x[:, ::-1], SNR_DB),
        "a shorter signal": (x[:, :short], SNR_DB),
    }
    worst, where = 0.0, ""
    for name, (other, snr_db) in others.items():
        n = other.shape[1]
        found = probe.noise(other, probe.over(other, snr_db, 8))
        rms = float(np.sqrt(np.nanmean(np.abs(found - noise[:, :n]) ** 2)))
        if rms >= worst:
            worst, where = rms, name
    measured = f"rms difference of unit-power noise {worst:.2g} for {where}"
    return Finding(worst <= DIFFERENT, measured, f"at most {DIFFERENT}")


def _independent(probe: ChannelProbe) -> Finding:
    noise = np.nan_to_num(probe.noise(probe.sent, probe.many))
    rows = np.mean(noise[:-1:2] * np.conj(noise[1::2]), axis=1)
    found = mean_is(rows.real, 0.0, "correlation of noise between transmissions")
    if not found.kept:
        return found
    lag = max(noise.shape[1] // 2, 1)
    later = np.mean(noise[:, lag:] * np.conj(noise[:, :-lag]), axis=1)
    return mean_is(later.real, 0.0, f"correlation of noise {lag} symbols apart")


def _graph(probe: ChannelProbe) -> Finding:
    if probe.is_eager:
        raise Unchecked('level = "eager"')
    x, stage = symbols(1, 600), compiled_channel(probe.fresh(), label=probe.label)
    worst = 0.0
    for seed in (5, 6):
        eager = probe.over(x, SNR_DB, seed)
        rx = stage(x, np.float32(SNR_DB), Course(seed))
        worst = max(worst, float(np.max(np.abs(rx.x_hat - eager.x_hat))))
    measured = f"x_hat differs by up to {worst:.2g} from that of an eager call"
    return Finding(worst <= 1e-2, measured, "at most 0.01")


RETURN = r"\bRxSignal\("
NOISE = (r"\bnoise\w* *[-+*/]?=", r"\b(complex_)?normal\(", RETURN)

RULES = (
    Rule("form", "an RxSignal of the documented shapes and types", _form,
         near=(r"complex128|float64|astype|cast", RETURN), cheap=True),
    Rule("finite", "every value is finite at every SNR", _finite,
         near=(r"(if|where).*snr_db", r"sqrt|log|/", RETURN), cheap=True),
    Rule("determinism", "all random numbers come from the course", _determinism,
         needs=("form",), near=RANDOM, cheap=True),
    Rule("seed", "another seed gives other fading and noise", _seed,
         needs=("form", "finite"),
         near=(r"default_rng|Course\(|seed", *NOISE), cheap=True),
    Rule("state", "a call leaves nothing behind", _state,
         needs=("form", "determinism"), near=KEPT),
    Rule("gain", "x_hat is x plus noise", _gain, needs=("form", "finite"),
         near=(r"[\w.]+ \* x\b|\bx \* ", RETURN), cheap=True),
    Rule("power gain", "E|h|^2 is one", _power_gain, needs=("form", "finite"),
         near=(r"\bh\w* *=", RETURN), cheap=True),
    Rule("noise", "no is the variance of x_hat - x, half of it in each dimension",
         _noise, needs=("form", "finite"), near=NOISE, cheap=True),
    Rule("snr", "snr_db is Es/N0 in decibels", _snr, needs=("form", "finite"),
         near=(r"snr_db", r"\bno\b *=", RETURN), cheap=True),
    Rule("course", "every SNR and signal meets one course", _course,
         needs=("form", "finite", "determinism", "state", "seed"), near=NOISE),
    Rule("independence", "noise of other transmissions and symbols is independent",
         _independent, needs=("form", "finite", "determinism", "seed"), near=NOISE),
    Rule("graph", "a graph computes what an eager call does", _graph,
         needs=("form", "finite", "determinism", "state"), near=RANDOM),
)  # fmt: skip
