"""The contract of a source, measured."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from semlink.checking.calls import same
from semlink.checking.clock import until_the_next_second
from semlink.checking.places import KEPT, RANDOM
from semlink.checking.rules import Finding, Probe, Rule, Unchecked
from semlink.checking.statistics import half_width
from semlink.contracts.built import built
from semlink.protocols import Source
from semlink.signals import IMAGE, Sample

MOST = 16  # samples that are looked at
DTYPES = {IMAGE: np.uint8, "signal": np.float32}


class SourceProbe(Probe):
    """A source under test.

    Parameters
    ----------
    build : builds the source anew, with another seed if one is given
    label : its name in messages
    has_seed : whether its ``build`` takes a seed
    """

    def __init__(self, build: Callable[..., Source], label: str, has_seed: bool):
        self._build, self.label, self.has_seed = build, label, has_seed

    def fresh(self, **seed: int) -> Source:
        """The source, built anew."""
        return built("source", self.label, self._build(**seed))

    @cached_property
    def source(self) -> Source:
        """The source that rules are measured on."""
        return self.fresh()

    @cached_property
    def samples(self) -> list[Sample]:
        """Its first samples."""
        return [self.source[i] for i in range(self.count)]

    @property
    def count(self) -> int:
        """Number of samples that are looked at."""
        return min(len(self.source), MOST)

    def owner(self, part: str) -> Any:
        return self.source

    def outputs(self) -> list:
        """Its samples, and its fingerprint."""
        data = [(sample.name, sample.data) for sample in self.samples]
        return [*data, self.source.fingerprint()]


def _form(probe: SourceProbe) -> Finding:
    allowed = "a Sample of the source's modality, its index, values above 0"
    if not len(probe.source):
        return Finding(False, "no samples", "at least one")
    for index, sample in enumerate(probe.samples):
        if not isinstance(sample, Sample):
            return Finding(False, f"{type(sample).__name__} at {index}", allowed)
        kept = sample.modality == probe.source.modality and sample.index == index
        if not (kept and sample.values > 0 and isinstance(sample.annotations, Mapping)):
            got = f"{sample.modality} {sample.index} of {sample.values} values"
            return Finding(False, f"{got} at {index}", allowed)
    names = {sample.name for sample in probe.samples}
    if len(names) < probe.count:
        return Finding(False, f"{len(names)} names of {probe.count}", "one for each")
    return Finding(True, f"{len(probe.source)} samples", allowed)


def _dtype(probe: SourceProbe) -> Finding:
    wanted = DTYPES.get(probe.source.modality)
    for sample in probe.samples:
        if sample.modality == "text" and not isinstance(sample.data, str):
            return Finding(False, type(sample.data).__name__, "str")
        if wanted is None:
            continue
        data = np.asarray(sample.data)
        if data.dtype != wanted:
            return Finding(False, f"{data.dtype}", np.dtype(wanted).name)
        shape = data.ndim == 3 and data.shape[2] == 3
        if sample.modality == IMAGE and not (shape and sample.values == data.size):
            got = f"shape {data.shape}, {sample.values} values"
            return Finding(False, got, "[H, W, 3] and H W 3 values")
    return Finding(True, f"data of {probe.source.modality}", "")


def _unit(probe: SourceProbe) -> Finding:
    if probe.source.modality != "signal":
        raise Unchecked("no signal")
    for sample in probe.samples:
        if not np.isfinite(sample.data).all():
            return Finding(False, f"NaN or infinity in {sample.name}", "finite values")
    power = np.concatenate([np.ravel(s.data) ** 2 for s in probe.samples])
    mean, width = float(np.mean(power)), half_width(power) + 0.05
    allowed = f"1 +- {width:.2g}"
    return Finding(abs(mean - 1) <= width, f"mean square {mean:.4g}", allowed)


def _determinism(probe: SourceProbe) -> Finding:
    before = np.random.get_state()[1].copy()
    one = probe.fresh()
    first = [one[i] for i in range(probe.count)]
    until_the_next_second(probe)
    other = probe.fresh()
    equal = all(same(sample, other[i]) for i, sample in enumerate(first))
    if not np.array_equal(before, np.random.get_state()[1]):
        got = "draws from NumPy's global generator"
        return Finding(False, got, "generators with seeds of their own")
    prints = one.fingerprint(), other.fingerprint()
    got = "equal samples" if equal else "other samples"
    got += ", one fingerprint" if prints[0] == prints[1] else ", two fingerprints"
    return Finding(equal and prints[0] == prints[1], f"two builds: {got}", "equal")


def _state(probe: SourceProbe) -> Finding:
    other = probe.fresh()
    back = [other[i] for i in reversed(range(probe.count))][::-1]
    differ = sum(not same(a, b) for a, b in zip(probe.samples, back, strict=True))
    differ = differ or sum(not same(other[0], back[0]) for _ in range(3))
    got = f"{differ} of {probe.count} samples differ when they are read again"
    return Finding(not differ, got, "0")


def _seed(probe: SourceProbe) -> Finding:
    if not probe.has_seed:
        raise Unchecked("no parameter seed")
    one, other = probe.fresh(seed=11), probe.fresh(seed=12)
    equal = same(one[0].data, other[0].data)
    got = "equal samples" if equal else "other samples"
    if not equal and one.fingerprint() == other.fingerprint():
        return Finding(False, "other samples, one fingerprint", "two fingerprints")
    return Finding(not equal, f"two seeds: {got}", "other samples")


def _end(probe: SourceProbe) -> Finding:
    try:
        probe.source[len(probe.source)]
    except IndexError:
        return Finding(True, "IndexError after the last sample", "IndexError")
    return Finding(False, "a sample after the last", "IndexError")


def _safe(probe: SourceProbe) -> Finding:
    data = probe.fresh()
    sample = data[0]
    if not isinstance(sample.data, np.ndarray):
        raise Unchecked("no array")
    kept = sample.data.copy()
    try:
        sample.data[...] = 0
    except ValueError:
        return Finding(True, "data are read-only", "")
    equal = same(kept, data[0].data)
    got = "a changed sample stays changed" if not equal else "a copy each time"
    return Finding(equal, got, "read-only data, or a copy each time")


RULES = (
    Rule("form", "every index has a sample of the documented form", _form,
         near=(r"\bSample\(",)),
    Rule("dtype", "data are of the type of their modality", _dtype,
         near=(r"astype|float|\bSample\(",)),
    Rule("unit", "a signal is finite and has unit variance", _unit,
         near=(r"\bSample\(",)),
    Rule("determinism", "builds give equal samples and one fingerprint", _determinism,
         near=RANDOM),
    Rule("state", "a sample does not depend on those read before", _state,
         needs=("determinism",), near=KEPT),
    Rule("seed", "another seed gives other samples", _seed, needs=("determinism",),
         near=(r"default_rng|random", "seed")),
    Rule("end", "the source ends where it says", _end, near=("def __getitem__",)),
    Rule("read-only", "nobody changes a sample behind its back", _safe,
         near=(r"\bSample\(",)),
)  # fmt: skip
