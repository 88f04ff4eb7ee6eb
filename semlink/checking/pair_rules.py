"""The contract of a transmitter and its receiver, measured."""

from functools import partial
from typing import get_args

import numpy as np

from semlink.checking.channels import AGAIN, symbols
from semlink.checking.clock import until_the_next_second
from semlink.checking.pairs import (
    GOOD_DB,
    POOR_DB,
    PairProbe,
    equal,
    invalid_values,
    same_signal,
)
from semlink.checking.places import KEPT, RANDOM, files_of, shown
from semlink.checking.rules import Finding, Rule, Unchecked
from semlink.checking.statistics import half_width
from semlink.contracts import pairs
from semlink.errors import Infeasible
from semlink.protocols import CbrMode
from semlink.signals import IMAGE, RxSignal

HIGH_SNRS_DB = (-10.0, 0.0, 10.0, 20.0, 40.0, 60.0, 100.0)
NO_BUDGET = 1e-7  # CBR that holds nothing
MODES = get_args(CbrMode)
EACH: CbrMode = "per_image"
TRUTH = {"captions": ("a picture of something else",), "instances": (), "label": 3}


def _dtypes(probe: PairProbe) -> Finding:
    wrong = []
    for sent in probe.sent:
        for name, wanted in (("x", np.complex64), ("blocks", np.uint8)):
            dtype = np.asarray(getattr(sent.tx, name)).dtype
            wrong += [f"{name} {dtype}"] * (dtype != wanted)
    allowed = "x complex64, blocks uint8"
    return Finding(not wrong, ", ".join(dict.fromkeys(wrong)) or allowed, allowed)


def _finite(probe: PairProbe) -> Finding:
    signals = probe.sent + probe.flat
    for sent in signals:
        bad = ~np.isfinite(sent.x)
        if bad.any():
            at = f"symbol {int(np.argmax(bad))} of {sent.where}"
            point = sent.budget.operating_point
            got = f"{sent.x[bad][0]:.3g} in {at}, operating point {point}"
            return Finding(False, got, "finite symbols")
    return Finding(True, f"finite in {len(signals)} signals", "finite symbols")


def _ledger(probe: PairProbe) -> Finding:
    for sent in probe.sent:
        counted, length = sent.tx.ledger.total, len(sent.x)
        is_bound = probe.pair.error_free or sent.tx.clean is not None
        if counted != length and not is_bound:
            got = f"{counted} channel uses for {sent.where}"
            return Finding(False, got, f"the {length} symbols of x")
    return Finding(True, f"{counted} channel uses", f"the {length} symbols of x")


def _form(probe: PairProbe) -> Finding:
    for sent in probe.sent:
        pairs.signal(sent.tx, probe.pair)
    for number in range(len(probe.samples)):
        estimate = probe.decoded(probe.rx(number, GOOD_DB), number)
    lost = ", lost" if estimate.lost else ""
    return Finding(True, f"an estimate of {estimate.modality}{lost}", "")


def _energy(probe: PairProbe) -> Finding:
    worst = Finding(True, "", "")
    for sent in probe.sent:
        used = np.flatnonzero(sent.x)  # zeros at the end are another rule's
        if not used.size:
            return Finding(False, f"no signal for {sent.where}", "E|x|^2 = 1")
        energy = np.abs(sent.x[: used[-1] + 1].astype(np.complex128)) ** 2
        mean, width = float(np.mean(energy)), max(half_width(energy), 1e-3)
        kept = abs(mean - 1) <= width
        found = Finding(
            kept, f"E|x|^2 = {mean:.4f} of {sent.where}", f"1 +- {width:.2g}"
        )
        if not kept:
            return found
        worst = found
    return worst


def _budget(probe: PairProbe) -> Finding:
    worst, allowed = Finding(True, "", ""), "at most 100 %"
    first = probe.cbrs.index(probe.cbr)
    budgets = [(cbr, m) for m in MODES for cbr in probe.cbrs[first : first + 2]]
    if probe.thorough and first:
        budgets.append((_least(probe, *probe.cbrs[first - 1 : first + 1]), EACH))
    for cbr, mode in budgets:
        try:
            share = _share(probe, cbr, mode)
        except Infeasible:
            continue
        got = f"{share:.3%} of the budget at CBR {cbr:.4g}, cbr_mode={mode}"
        worst = Finding(share <= 1 + 1e-9, got, allowed)
        if not worst.kept:
            return worst
    if not probe.thorough:
        return worst
    try:
        share = _share(probe, NO_BUDGET, MODES[0])
    except Infeasible:
        return worst
    got = f"a plan for CBR {NO_BUDGET:g}, of {share:.3g} times the budget"
    return Finding(False, got, "Infeasible")


def _least(probe: PairProbe, low: float, high: float) -> float:
    """The lowest CBR that is feasible, where a forgotten symbol does not fit."""
    values = min(sample.values for sample in probe.others)
    while (high - low) * values > 1:
        middle = float(np.sqrt(low * high))
        try:
            probe.plan(probe.link, middle, probe.snrs_db[0], EACH, probe.others)
        except Infeasible:
            low = middle
        else:
            high = middle
    return high


def _share(probe: PairProbe, cbr: float, mode: str) -> float:
    """Share of the budget that is spent: of the set, of a sample, or up to a sample."""
    link, snr_db = probe.link, probe.snrs_db[0]
    plan = probe.plan(link, cbr, snr_db, mode, probe.others)
    signals = [probe.signal(link, sample, plan) for sample in probe.others]
    uses = np.array([len(tx.x) for tx in signals], float)
    if probe.pair.error_free or signals[0].clean is not None:
        uses = np.array([tx.ledger.total for tx in signals], float)
    values = np.array([sample.values for sample in probe.others], float)
    if mode == "causal":
        return float(np.max(np.cumsum(uses) / np.cumsum(values)) / cbr)
    spent = uses / values
    return float((np.mean(spent) if mode == "average" else np.max(spent)) / cbr)


def _zeros(probe: PairProbe) -> Finding:
    """A receiver would find the end of a signal whose last symbols are zero."""
    signals = {sent.where: sent.x for sent in probe.sent}
    for sample in probe.others[len(probe.samples) :]:
        try:
            plan = probe.plan(probe.link, probe.cbr, probe.snrs_db[0], of=[sample])
        except Infeasible:
            continue
        signals[sample.name] = np.asarray(probe.signal(probe.link, sample, plan).x)
    for where, x in signals.items():
        used = np.flatnonzero(x)
        zeros = len(x) - (used[-1] + 1 if used.size else 0)
        if zeros > 1:
            got = f"{zeros} zeros at the end of {where}"
            return Finding(False, got, "the length in a header, or known to both ends")
    return Finding(True, "no zeros at the end", "")


def _end(probe: PairProbe) -> Finding:
    probe.noisy()
    rx, total = probe.rx(0, GOOD_DB), len(probe.first()[1].x)
    before = probe.decoded(rx)
    more = symbols(len(rx.no) + 1024 - total, seed=7) + (
        np.sqrt(rx.no[0]) * symbols(len(rx.no) + 1024 - total, seed=8)
    )
    x_hat = np.concatenate([rx.x_hat[:total], more.astype(np.complex64)])
    no = np.full(len(x_hat), rx.no[0], np.float32)
    after = probe.decoded(RxSignal(x_hat, no, np.ones_like(x_hat)))
    kept = equal(before, after)
    got = "the same estimate" if kept else "another estimate"
    return Finding(kept, f"{got} if another signal follows", "the same estimate")


def _determinism(probe: PairProbe) -> Finding:
    before, (sent, *_) = np.random.get_state()[1].copy(), probe.sent
    until_the_next_second(probe)
    link = probe.link_of(probe.fresh())
    plan = probe.plan(link, probe.cbr, probe.snrs_db[0])
    other = probe.signal(link, sent.sample, plan)
    if not np.array_equal(before, np.random.get_state()[1]):
        got = "draws from NumPy's global generator"
        return Finding(False, got, "generators with seeds of their own")
    return same_signal(sent.tx, other, "two builds, one sample")


def _receiver_determinism(probe: PairProbe) -> Finding:
    first, *_ = probe.received
    until_the_next_second(probe)
    kept = equal(first, probe.decoded(probe.rx(0, POOR_DB), pair=probe.fresh()))
    got = "equal" if kept else "another estimate"
    return Finding(kept, f"two builds, one signal: {got}", "equal estimates")


def _state(probe: PairProbe) -> Finding:
    sent, *_ = probe.sent
    for _ in range(AGAIN if probe.thorough else 1):
        again = probe.signal(probe.link, sent.sample, sent.plan)
        found = same_signal(sent.tx, again, "again, after other samples")
        if not found.kept:
            break
    return found


def _receiver_state(probe: PairProbe) -> Finding:
    first, *others = probe.received
    kept = all(equal(first, again) for again in others[len(probe.samples) :])
    got = "equal" if kept else "another estimate"
    return Finding(kept, f"again, after other signals: {got}", "equal estimates")


def _truth(probe: PairProbe) -> Finding:
    if probe.pair.oracle:
        raise Unchecked("an oracle sees annotations")
    sent = probe.sent[0]
    given = probe.given(probe.link, sent.sample)
    query = given.query if probe.pair.hears_query else "what is it?"
    known = given._replace(annotations=TRUTH, query=query)
    tx, _ = probe.pair.transmitter(known, sent.plan, None)
    return same_signal(sent.tx, tx, "with annotations and a query")


def _estimate(probe: PairProbe) -> Finding:
    """No NaN at any SNR, and no worse estimate at a higher one."""
    probe.noisy()
    files, errors = files_of(probe.pair.receiver), {}
    for snr_db in HIGH_SNRS_DB:
        with invalid_values(files) as warned:
            estimate = probe.decoded(probe.rx(0, snr_db))
        if warned:
            got = f"{warned[0].message} at {snr_db:g} dB"
            at = shown(warned[0].filename, warned[0].lineno)
            return Finding(False, got, "finite values", at)
        errors[snr_db] = _error(probe.samples[0].data, estimate)
    low, high = errors[40.0], max(errors[60.0], errors[100.0])
    got = f"error {low:.3g} at 40 dB, {high:.3g} at 60 dB and more"
    return Finding(bool(high <= 1.1 * low + 0.01), got, "no rise")


def _error(data, estimate) -> float:
    """Distance of an estimate from a sample, in the unit of its modality."""
    if estimate.data is None:
        return np.inf
    if isinstance(data, str) and isinstance(estimate.data, str):
        wrong = sum(a != b for a, b in zip(data, estimate.data, strict=False))
        return (wrong + abs(len(data) - len(estimate.data))) / max(len(data), 1)
    if not isinstance(estimate.data, np.ndarray) or estimate.modality not in (
        IMAGE,
        "signal",
    ):
        return 0.0
    return float(np.mean((np.asarray(data, float) - estimate.data) ** 2))


def _garbage(probe: PairProbe) -> Finding:
    probe.noisy()
    shape = probe.rx(0, GOOD_DB).x_hat.shape
    noise, nothing = symbols(*shape, seed=5), np.zeros(shape, np.complex64)
    signals = {
        "noise": (noise, np.ones(shape, np.float32)),
        "silence": (nothing, np.ones(shape, np.float32)),
        "deep fades": (noise, np.full(shape, 1e9, np.float32)),
        "erased symbols": (nothing, np.full(shape, np.inf, np.float32)),
    }
    for x_hat, no in signals.values():
        probe.decoded(RxSignal(x_hat, no, np.ones_like(x_hat)))
    return Finding(True, f"valid estimates from {', '.join(signals)}", "no exception")


def _is_same(data, other) -> bool:
    return type(data) is type(other) and np.array_equal(data, other)


def _genie(probe: PairProbe) -> Finding:
    """The receiver, built where nothing was sent, makes the same estimates."""
    snrs_db = (GOOD_DB, 3.0, -8.0) if probe.thorough else (probe.snrs_db[0],)
    samples = probe.samples if probe.thorough else probe.samples[:1]
    heard, here = probe.delivered(snrs_db, samples)
    there = probe.elsewhere(heard)
    wrong = sum(not equal(a, b) for a, b in zip(here, there, strict=True))
    got = f"{wrong} of {len(here)} estimates differ where nothing was sent"
    if not wrong and not probe.pair.error_free:
        noise = symbols(len(heard[0].signals[0].no), seed=5)
        no = np.ones(noise.shape, np.float32)
        found = probe.decoded(RxSignal(noise, no, np.ones_like(noise))).data
        if found is not None and _is_same(probe.samples[0].data, found):
            return Finding(False, "the sample, from noise alone", "nothing of it")
    return Finding(not wrong, got, "0, from the received signals alone")


SIGNAL = r"\bTxSignal\("
receiver = partial(Rule, part="receiver")

RULES = (
    Rule("dtype", "signals have the documented types", _dtypes,
         near=(r"complex128|float(32|64)|astype", r"\bx=", SIGNAL)),
    Rule("finite", "every symbol is finite at every operating point", _finite,
         near=(r"snr_db|operating", r"sqrt|log|/", SIGNAL)),
    Rule("ledger", "the ledger counts every symbol", _ledger,
         near=(r"\b[Ll]edger\(", SIGNAL)),
    Rule("form", "signal and estimate keep the documented form", _form, near=(SIGNAL,)),
    Rule("unit energy", "E|x|^2 is one", _energy, needs=("finite",),
         near=(r"\bx\b *[*/]?=", SIGNAL), cheap=True),
    Rule("budget", "a plan keeps to the budget, or raises Infeasible", _budget,
         near=(r"def plan\b", r"\bx\b *[*/]?=", SIGNAL), cheap=True),
    Rule("length", "no zeros at the end of a signal say how long it is", _zeros,
         near=(r"pad\(|zeros\(", SIGNAL), cheap=True),
    Rule("determinism", "equal samples and plans give equal signals", _determinism,
         needs=("finite",), near=RANDOM, cheap=True),
    Rule("state", "a call of the transmitter leaves nothing behind", _state,
         needs=("determinism", "finite"), near=KEPT, cheap=True),
    Rule("ground truth", "annotations and unsignalled queries change no signal",
         _truth, needs=("determinism", "state", "finite"),
         near=(r"annotations|query",)),
    receiver("receiver determinism", "equal signals give equal estimates",
             _receiver_determinism, needs=("form",), near=RANDOM, cheap=True),
    receiver("receiver state", "a call of the receiver leaves nothing behind",
             _receiver_state, needs=("form", "receiver determinism"), near=KEPT,
             cheap=True),
    receiver("end", "symbols after the signal change no estimate", _end,
             needs=("form", "receiver determinism", "receiver state"),
             near=(r"len\(|\.size|\.shape|abs\(|nonzero",)),
    receiver("estimate", "estimates are finite, and no worse at a higher SNR",
             _estimate, needs=("form", "receiver determinism", "receiver state"),
             near=(r"\bno\b", r"Estimate\(")),
    receiver("outage", "noise, silence and erasures give a valid estimate", _garbage,
             needs=("form",), near=(r"Estimate\(",)),
    receiver("genie", "a receiver has the received signals alone", _genie,
             needs=("form", "determinism", "state", "receiver determinism"),
             near=(r"\b[A-Z][A-Z_0-9]{2,}\b", r"\bglobal\b", r"Estimate\("),
             cheap=True),
)  # fmt: skip
