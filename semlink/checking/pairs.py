"""A transmitter and its receiver under test, and what they exchange."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from semlink.chain import Link
from semlink.checking.rules import Finding, Probe, Unchecked
from semlink.contracts import pairs
from semlink.contracts.built import built
from semlink.errors import Infeasible, InputError
from semlink.loop import asking
from semlink.loop.exchange import Delivery, Encoded, Memory, Receiving
from semlink.protocols import Budget, StateMap, Transceiver
from semlink.rng import Course, Seeds
from semlink.signals import Estimate, RxSignal, Sample, TxSignal
from semlink.units import db_to_linear

CBRS = (0.02, 0.0586, 0.13, 0.51, 1.1, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
SNRS_DB = (10.0, -5.0, 0.0, 7.0, 20.0, 30.0, 40.0, 60.0)
GOOD_DB, POOR_DB = 20.0, 5.0


class White:
    """y = x + n, n ~ CN(0, N0), in NumPy: the channel that pairs are checked over."""

    level = "eager"

    def __call__(self, x, snr_db, course: Course, start: int = 0) -> RxSignal:
        n0 = np.float32(db_to_linear(-snr_db))
        y = x + np.sqrt(n0) * course.complex_normal("noise", x.shape, start)
        return RxSignal(y, np.full(x.shape, n0), np.ones_like(x))


class Sent(NamedTuple):
    """A signal, as the transmitter returns it.

    budget, plan, sample : what it was made for, and of
    tx : the signal
    """

    budget: Budget
    plan: Any
    sample: Sample
    tx: TxSignal

    @property
    def x(self) -> np.ndarray:
        """The symbols, as they are."""
        return np.asarray(self.tx.x)

    @property
    def where(self) -> str:
        """Sample and operating point, in words."""
        return f"{self.sample.name} at CBR {self.budget.cbr:g}"


class Heard(NamedTuple):
    """What came over the channel for one sample.

    query : that the receiver had from the start
    signals : all received signals
    reported : map of the channel's state that the receiver reported, if any
    """

    query: Any
    signals: tuple[RxSignal, ...]
    reported: StateMap | None = None


# estimates of receivers that were built where nothing was sent
Elsewhere = Callable[[Sequence[Heard]], Sequence[Estimate]]


class PairProbe(Probe):
    """A pair under test.

    Parameters
    ----------
    build : builds the pair anew, sharing nothing with those built before
    label : its name in messages
    samples : samples that it accepts, at least two
    elsewhere : decodes signals where nothing was sent, for pairs without memory each
        by a receiver of its own
    cbrs : budgets, in rising order; the first that is feasible is used
    snrs_db : operating points
    others : samples of other sizes, for budgets
    thorough : whether everything is checked, or what a fraction of a second permits
    """

    def __init__(
        self,
        build: Callable[[], Transceiver],
        label: str,
        samples: Sequence[Sample],
        elsewhere: Elsewhere,
        cbrs: Sequence[float] = CBRS,
        snrs_db: Sequence[float] = SNRS_DB,
        others: Sequence[Sample] = (),
        thorough: bool = True,
    ):
        self._build, self.label, self.samples = build, label, samples
        self.elsewhere, self.cbrs, self.snrs_db = elsewhere, cbrs, snrs_db
        self.others, self.thorough = [*samples, *others], thorough

    def fresh(self) -> Transceiver:
        """The pair, built anew."""
        return built("transmitter", self.label, self._build())._replace(
            label=self.label
        )

    def link_of(self, pair: Transceiver) -> Link:
        """A link of a pair, without tasks."""
        return Link(pair, White(), {})

    def owner(self, part: str) -> Any:
        return self.pair.receiver if part == "receiver" else self.pair.transmitter

    def outputs(self) -> list:
        """Signals of all samples, and estimates."""
        estimates = [tuple(estimate) for estimate in self.received]
        return [sent.x for sent in self.sent] + estimates

    @cached_property
    def pair(self) -> Transceiver:
        """The pair that most rules are measured on."""
        return self.fresh()

    @cached_property
    def link(self) -> Link:
        """Its link."""
        return self.link_of(self.pair)

    @cached_property
    def cbr(self) -> float:
        """The lowest of the budgets that is feasible."""
        for cbr in self.cbrs:
            try:
                self.plan(self.link, cbr, self.snrs_db[0])
            except Infeasible:
                continue
            return cbr
        most = f"up to CBR {self.cbrs[-1]:g}"
        raise InputError(
            f"{self.label} must have a plan for the samples, got none {most}"
        )

    def plan(self, link: Link, cbr: float, snr_db: float, mode: str = "average", of=()):
        """Plan for the samples, or for others."""
        given = [self.given(link, sample) for sample in of or self.samples]
        return link.plan(given, link.budget(cbr, mode, snr_db))

    def given(self, link: Link, sample: Sample) -> Sample:
        """The transmitter's view of a sample."""
        return link.given(sample, asking.heard(link.pair, sample.query))

    def signal(self, link: Link, sample: Sample, plan) -> TxSignal:
        """A signal as the transmitter returns it; in a sweep, as a link takes it."""
        result = link.transmitter(self.given(link, sample), plan, None)
        is_signal = type(result) is tuple and isinstance(result[0], TxSignal)
        if not (self.thorough and is_signal):
            return pairs.transmitted(result, link.pair)[0]
        return result[0]

    @cached_property
    def sent(self) -> list[Sent]:
        """Signals of all samples at all operating points."""
        made, seen = [], set()
        for snr_db in self.snrs_db:
            budget = self.link.budget(self.cbr, "average", snr_db)
            if budget in seen:
                continue
            seen.add(budget)
            try:
                plan = self.plan(self.link, self.cbr, snr_db)
            except Infeasible:
                continue
            for sample in self.samples:
                tx = self.signal(self.link, sample, plan)
                made.append(Sent(budget, plan, sample, tx))
        return made

    @cached_property
    def flat(self) -> list[Sent]:
        """Signals of samples without any variance, black or silent; none of texts."""
        sample, snr_db = self.samples[0], self.snrs_db[0]
        if not (self.thorough and isinstance(sample.data, np.ndarray)):
            return []
        name = f"{sample.name}, all zero"
        flat = sample._replace(data=np.zeros_like(sample.data), name=name)
        budget = self.link.budget(self.cbr, "average", snr_db)
        try:
            plan = self.plan(self.link, self.cbr, snr_db, of=[flat])
        except Infeasible:
            return []
        return [Sent(budget, plan, flat, self.signal(self.link, flat, plan))]

    def first(self, number: int = 0) -> tuple[Sent, TxSignal]:
        """The signal of a sample, and the same as a link takes it."""
        sent = self.sent[number]
        return sent, pairs.signal(sent.tx, self.pair)

    def rx(self, number: int, snr_db: float, seed: int = 1) -> RxSignal:
        """What is received of a sample's signal [N]."""
        return self.link.propagate(self.first(number)[1], snr_db, seed)

    def decoded(self, rx: RxSignal, number: int = 0, pair=None) -> Estimate:
        """The estimate of a received signal, checked."""
        pair, sample = pair or self.pair, self.samples[number]
        result = pair.receiver(rx, sample.query, None)
        estimate, _ = pairs.estimated(result, pair)
        return pairs.judged(estimate, sample, pair)

    def noisy(self) -> None:
        """Leave a rule that a bound cannot break: its signals meet no noise."""
        if self.pair.error_free or self.first()[1].clean is not None:
            raise Unchecked("a bound receives symbols without noise")

    @cached_property
    def received(self) -> list[Estimate]:
        """Estimates by one receiver: of all samples, and of the first signal again.

        Before it is received again, the same sample comes with other noise.
        """
        pair, numbers = self.fresh(), range(len(self.samples))
        signals = [(self.rx(n, POOR_DB), n) for n in numbers]
        signals += [(self.rx(0, POOR_DB, seed=2), 0), *[signals[0]] * 3]
        return [self.decoded(rx, n, pair) for rx, n in signals]

    def delivered(
        self, snrs_db: Sequence[float], samples: Sequence[Sample]
    ) -> tuple[list[Heard], list[Estimate]]:
        """Deliver samples at some SNRs; what was received, and the estimates.

        A pair without memory is built anew for each.
        """
        pair, memory, heard, estimates = self.fresh(), Memory(), [], []
        for number, (snr_db, sample) in enumerate(
            (snr_db, sample) for snr_db in snrs_db for sample in samples
        ):
            if not pair.remembers:
                pair, memory = self.fresh(), Memory()
            try:
                done = self._delivery(pair, sample, snr_db, number, memory)
            except Infeasible:
                continue
            memory = done.memory
            heard.append(Heard(sample.query, done.received, done.reported))
            estimates.append(done.estimate)
        return heard, estimates

    def _delivery(self, pair, sample, snr_db, number, before: Memory) -> Delivery:
        link = self.link_of(pair)

        def encode(state_db, query=None) -> Encoded:
            plan = self.plan(link, self.cbr, snr_db)
            tx, memory = link.transmit(sample, plan, before.transmitter, query)
            return Encoded(link.given(sample, query), plan, tx, memory)

        receiving = Receiving(sample.query, before)
        return link.deliver(encode, snr_db, Seeds(9, "", number), receiving)


def received(pair: Transceiver, heard: Heard, memory) -> tuple[Estimate, Any]:
    """Estimate for one sample, and the new memory."""
    if pair.loop is None:
        (rx,) = heard.signals
        return pair.receiver(rx, heard.query, memory)
    process = pair.receiver.listen(heard.query, memory)
    if heard.reported is not None:
        process.reported(heard.reported)
    estimates = [process(rx) for rx in heard.signals]
    return estimates[-1], process.memory


def replayed(fresh: Callable[[], Transceiver], course: Sequence[Heard]):
    """Estimates for received signals, where nothing is sent.

    A pair with memory receives them in their order. Without memory each has a receiver
    of its own, in the opposite order: then it must not matter.
    """
    pair = fresh()
    if not pair.remembers:
        return [received(fresh(), heard, None)[0] for heard in reversed(course)][::-1]
    estimates, memory = [], None
    for heard in course:
        estimate, memory = received(pair, heard, memory)
        estimates.append(estimate)
    return estimates


def equal(one: Estimate, other: Estimate) -> bool:
    """Whether two estimates are the same, to the bit."""
    try:
        np.testing.assert_equal(tuple(one), tuple(other))
    except AssertionError:
        return False
    return True


@contextmanager
def invalid_values(files: set[str]) -> Iterator[list]:
    """Collect NumPy's warnings of invalid values in some files."""
    found: list = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield found
    found += [
        warning
        for warning in caught
        if "invalid value" in str(warning.message) and warning.filename in files
    ]


def same_signal(one: TxSignal, other: TxSignal, what: str) -> Finding:
    """Whether two signals are the same."""
    if np.shape(one.x) != np.shape(other.x):
        sizes = f"{len(one.x)} and {len(other.x)} symbols"
        return Finding(False, f"{what}: {sizes}", "equal signals")
    differ = np.asarray(one.x) != np.asarray(other.x)
    if differ.any() or one.ledger != other.ledger:
        share = f"{np.mean(differ):.0%} of the symbols differ"
        return Finding(False, f"{what}: {share}", "equal signals")
    return Finding(True, f"{what}: equal", "equal signals")
