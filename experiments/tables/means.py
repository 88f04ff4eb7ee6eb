"""Tables of means: a row for each transmitter, a column for each SNR or CBR."""

from collections.abc import Iterator, Mapping, Sequence

from experiments.tables.entries import Entries, Entry, Gap
from experiments.tables.layout import (
    DAGGER,
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
from semlink.store.rows import Row, has_target

Column = Mapping[str, Entry]  # by transmitter or scenario

FORMS = {"snr_db": ("Es/N0", "{:g} dB"), "cbr_target": ("CBR", "{:g}")}
MISSING = "not simulated"
UNPAIRED = "no paired difference to the best, for lack of common samples"
ALONE = (
    "Received: mean over the deliveries that were not lost, and their number. Each "
    "transmitter loses other images, so these means are not to be compared."
)


def means(chosen: Selected) -> Iterator[Table]:
    """The tables of a run: one for each channel and CBR, or SNR if it has only one."""
    along, other = axes(chosen.rows)
    columns = sorted({float(row[along]) for row in chosen.rows})
    entries, (across, form) = Entries(chosen), FORMS[along]
    for channel, at, rows in chosen.places(other):
        found = {
            value: _column(entries, [r for r in rows if float(r[along]) == value])
            for value in columns
        }
        blocks, notes = _filled(chosen, found)
        yield Table(
            (chosen.metric.name, channel, f"{at:g}"),
            f"{_title(chosen)} over {chosen.label(channel)}{_at(rows, other)}",
            chosen.kind,
            across,
            [form.format(value) for value in columns],
            blocks,
            notes,
        )


def _column(entries: Entries, rows: Sequence[Row]) -> Column:
    return {entry.name: entry for entry in entries.column(rows)}


def _at(rows: Sequence[Row], other: str) -> str:
    """Where a table is in the grid; a scenario has no CBR."""
    if other == "cbr_target" and not has_target(rows):
        return ""
    title, form = FORMS[other]
    return f" at {title} {form.format(float(rows[0][other]))}"


def axes(rows: Sequence[Row]) -> tuple[str, str]:
    """Columns of results: what runs across a table, and what a table is at."""
    snrs, cbrs = ({row[column] for row in rows} for column in FORMS)
    both = tuple(FORMS)
    return both[::-1] if len(snrs) == 1 < len(cbrs) else both


def _title(chosen: Selected) -> str:
    if not chosen.against:
        return chosen.metric.title
    return f"{chosen.metric.title}, difference to {chosen.label(chosen.against)},"


def _filled(chosen: Selected, found: Mapping[float, Column]) -> tuple[list, list[str]]:
    """Blocks of systems and of references, and the notes."""
    digits = {value: _digits(chosen, own) for value, own in found.items()}
    reasons = Reasons()

    def mean(value: float, name: str) -> Cell:
        entry = found[value].get(name)
        return _cell(chosen, entry, digits[value], reasons)

    def arrived(value: float, name: str) -> Cell:
        return _of_received(found[value].get(name), digits[value])

    everything = [entry for own in found.values() for entry in own.values()]
    losing = {e.name for e in everything if e.arrived} if not chosen.against else set()
    rows: tuple[list, list] = [], []
    for name in chosen.names:
        own = rows[name in chosen.references]
        own.append(Line(chosen.label(name), [mean(value, name) for value in found]))
        if name in losing:
            cells = [arrived(value, name) for value in found]
            own.append(Line("received", cells, is_part=True))
    blocks = [Block("", block) for block in rows if block]
    return blocks, [*_notes(chosen, everything, losing), *reasons.notes()]


def _digits(chosen: Selected, column: Column) -> int:
    """Decimals of a column."""
    halves = [_shown(chosen, e).ci95 for e in column.values() if not e.lacks]
    halves += [e.arrived.ci95 for e in column.values() if e.arrived]
    return decimals(halves, chosen.metric.digits)


def _shown(chosen: Selected, entry: Entry) -> Gap:
    """What a cell shows: a mean, or the difference to another transmitter."""
    is_other = chosen.against and entry.name != chosen.against
    return (entry.to_reference or Gap(*[float("nan")] * 2)) if is_other else entry.mean


def _cell(chosen: Selected, entry: Entry | None, digits: int, reasons: Reasons) -> Cell:
    if entry is None or entry.lacks:
        return reasons.cell(entry.lacks if entry else MISSING)
    value, half = _shown(chosen, entry)
    if value != value:
        return reasons.cell(f"{chosen.label(chosen.against)} has no mean here")
    signed = bool(chosen.against) and entry.name != chosen.against
    make = numbered(value, [half], digits, signed)
    if entry.to_best is None:
        return make(bold=entry.best)
    if entry.to_best.ci95 != entry.to_best.ci95:
        return make(mark=reasons.cell(UNPAIRED).mark)
    unsure = abs(entry.to_best.mean) <= entry.to_best.ci95
    return make(mark=DAGGER if unsure else "")


def _of_received(entry: Entry | None, digits: int) -> Cell:
    """The cell of the deliveries that were not lost; empty if none was lost."""
    if entry is None or entry.arrived is None:
        return Cell("")
    mean, ci95, number = entry.arrived
    of = f"{number}/{int(entry.row['images']) * int(entry.row['draws'])}"
    return numbered(mean, [ci95], digits)(count=of) if number else Cell("–", count=of)


def _notes(chosen: Selected, entries: Sequence[Entry], losing: set) -> Iterator[str]:
    """What bold, subscripts and daggers mean, and over what the means are."""
    ok = [entry for entry in entries if not entry.lacks]
    if ok:
        counts, draws = ({int(e.row[c]) for e in ok} for c in ("images", "draws"))
        several = "s" if max(draws) > 1 else ""
        over = f"{spanned(counts)} images, {spanned(draws)} channel draw{several} each"
        if chosen.kind == "scenario":
            over = f"{spanned(draws)} episodes"
        yield f"±: half width of the 95 % interval over {over}."
    if chosen.against:
        label = chosen.label(chosen.against)
        yield f"{label}: mean; others: mean difference over the same samples."
    if any(entry.best for entry in ok):
        order = "highest" if chosen.metric.higher_is_better else "lowest"
        yield f"Bold: the {order} mean of a column."
    if any(e.to_best and abs(e.to_best.mean) <= e.to_best.ci95 for e in ok):
        yield f"{DAGGER}: the paired difference to it is within its 95 % interval."
    if losing:
        yield ALONE
    if ok and has_target(entry.row for entry in ok):
        measured = [float(entry.row["cbr"]) for entry in ok]
        yield f"Measured CBR: {min(measured):.5f} to {max(measured):.5f}."
