"""Tables of Bjontegaard deltas: all pairs of transmitters, or all against one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from experiments.studies.bjontegaard_delta import Delta
from experiments.tables.curves import RESAMPLES, Compared, compared, curve
from experiments.tables.layout import (
    Block,
    Cell,
    Line,
    Reasons,
    Table,
    decimals,
    numbered,
    spanned,
)
from experiments.tables.selection import Selected
from semlink.errors import InputError
from semlink.store.rows import has_target, series

Pairs = Mapping[tuple[str, str], Compared]  # by (test, anchor)
Show = Callable[[Compared], Cell]
PERCENT = 1  # decimals of a rate without an interval
SIGNS = "A positive BD value of a metric and a negative BD-rate are gains."


def pairs_of(chosen: Selected) -> Iterator[tuple[str, float, Pairs]]:
    """Channel, SNR and all pairs of curves there, or all with one of them.

    Raises
    ------
    InputError
        The metric has no deltas, or there is nothing to compare.
    """
    if not chosen.metric.higher_is_better:
        needed = "a Bjontegaard delta needs a metric of which higher is better"
        raise InputError(f"{needed}, got {chosen.metric.name}")
    if not has_target(chosen.rows):
        raise InputError(f"a run must have CBRs for curves, got {chosen.folder}")
    if len(chosen.names) < 2:
        needed = f"two {chosen.kind}s are needed to compare"
        raise InputError(f"{needed}, got {' '.join(chosen.names)}")
    with_samples = chosen.has_samples and chosen.metric.kind != "set"
    for channel, snr_db, rows in chosen.places("snr_db"):
        curves = {
            name: curve(
                chosen.folder, [r for r in rows if series(r) == name], with_samples
            )
            for name in chosen.names
        }
        pairs: dict[tuple[str, str], Compared] = {}
        for anchor, test in combinations(chosen.names, 2):
            if chosen.against in (anchor, test, ""):
                found = compared(curves[anchor], curves[test])
                pairs |= {(test, anchor): found, (anchor, test): found.reversed()}
        yield channel, snr_db, pairs


def matrices(chosen: Selected) -> Iterator[Table]:
    """All pairs of transmitters: a table for each channel and SNR."""
    heads = [f"({number})" for number, _ in enumerate(chosen.names, 1)]
    names = chosen.names
    for channel, snr_db, pairs in pairs_of(chosen):
        cells = _Cells(chosen, list(pairs.values()))

        def lines(*shows: Show, pairs=pairs) -> list[Line]:
            """Rows of cells, those below the diagonal by the first of ``shows``."""
            return [
                Line(f"{heads[i]} {chosen.label(test)}", [
                    shows[i < j](pairs[test, anchor]) if i != j else Cell("")
                    for j, anchor in enumerate(names)
                ])
                for i, test in enumerate(names)
            ]  # fmt: skip

        ranges = f"common range of CBR above, of {chosen.metric.title} below"
        yield Table(
            ("bd", chosen.metric.name, channel, f"{snr_db:g}"),
            f"{_title(chosen)} over {chosen.label(channel)} at Es/N0 {snr_db:g} dB",
            chosen.kind,
            "relative to",
            heads,
            [
                *(Block(title, lines(show, show)) for title, show in cells.values()),
                Block(f"{ranges} the diagonal", lines(cells.of_level, cells.of_cbr)),
            ],
            cells.notes(),
        )


def against_one(chosen: Selected) -> Iterator[Table]:
    """All transmitters against one: a table for each channel, with a column by SNR."""
    by_channel: dict[str, dict[float, Pairs]] = {}
    for channel, snr_db, pairs in pairs_of(chosen):
        by_channel.setdefault(channel, {})[snr_db] = pairs
    anchor = chosen.against
    others = [name for name in chosen.names if name != anchor]
    for channel, found in by_channel.items():
        cells = _Cells(
            chosen, [pairs[name, anchor] for pairs in found.values() for name in others]
        )

        def lines(show: Show, found=found) -> list[Line]:
            own = {n: [pairs[n, anchor] for pairs in found.values()] for n in others}
            return [Line(chosen.label(n), list(map(show, own[n]))) for n in others]

        ranges = (
            ("common range of CBR", cells.of_cbr),
            (f"common range of {chosen.metric.title}", cells.of_level),
        )
        places = f"{chosen.label(anchor)} over {chosen.label(channel)}"
        yield Table(
            ("bd", chosen.metric.name, channel, anchor),
            f"{_title(chosen)} relative to {places}",
            chosen.kind,
            "Es/N0",
            [f"{snr_db:g} dB" for snr_db in found],
            [Block(title, lines(show)) for title, show in (*cells.values(), *ranges)],
            cells.notes(),
        )


class _Cells:
    """Writes the cells of a table, all deltas with the same decimals.

    Parameters
    ----------
    chosen : rows of the run
    pairs : all pairs of the table
    """

    def __init__(self, chosen: Selected, pairs: Sequence[Compared]):
        self._metric, self._pairs, self._reasons = chosen.metric, pairs, Reasons()
        known = [c for c in pairs if isinstance(c.delta, Delta)]
        self._gain = decimals([c.gain.half_width for c in known], chosen.metric.digits)
        self._rate = decimals([100 * c.rate.half_width for c in known], PERCENT)

    def values(self) -> Iterable[tuple[str, Show]]:
        """Titles of the deltas, and their cells."""
        unit = f" [{self._metric.unit}]" if self._metric.unit else ""
        yield f"BD-{self._metric.label}{unit}", self._of_gain
        yield "BD-rate [%]", self._of_rate

    def of_cbr(self, c: Compared) -> Cell:
        """The range of CBR over which two curves are compared."""
        return self._range(c, lambda known: known.cbr, 4)

    def of_level(self, c: Compared) -> Cell:
        """The range of the metric over which two curves are compared."""
        return self._range(c, lambda known: known.level, self._metric.digits)

    def notes(self) -> list[str]:
        """What signs and brackets mean, and why cells are empty."""
        images = sorted({c.images for c in self._pairs if c.images and not c.lacks})
        over = f"over {spanned(images)} images" if images else ""
        how = f"95 % interval by a paired bootstrap {over}, {RESAMPLES} resamples."
        return [
            SIGNS,
            *([f"± and [ ]: {how}"] if images else []),
            *self._reasons.notes(),
        ]

    def _of_gain(self, c: Compared) -> Cell:
        return self._number(
            c, lambda known: known.gain, (c.gain.half_width,), self._gain
        )

    def _of_rate(self, c: Compared) -> Cell:
        percent = tuple(100 * end for end in c.rate)
        return self._number(c, lambda known: 100 * known.rate, percent, self._rate)

    def _number(
        self, c: Compared, value: Callable, ends: Sequence[float], digits
    ) -> Cell:
        if isinstance(c.delta, str):
            return self._reasons.cell(c.delta)
        mark = self._reasons.cell(f"no interval, {c.lacks}").mark if c.lacks else ""
        return numbered(value(c.delta), ends, digits, sign=True)(mark=mark)

    def _range(self, c: Compared, ends: Callable, digits: int) -> Cell:
        if isinstance(c.delta, str):
            return self._reasons.cell(c.delta)
        low, high = ends(c.delta)
        return Cell(f"{low:.{digits}f} – {high:.{digits}f}")


def _title(chosen: Selected) -> str:
    return f"Bjontegaard deltas of {chosen.metric.label}"
