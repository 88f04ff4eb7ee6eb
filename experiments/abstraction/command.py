"""``semlink abstraction``: measure the table of utility, write it, check it."""

import json
from pathlib import Path
from typing import NamedTuple

from experiments.abstraction import check
from experiments.abstraction.fit import Known, fit, known
from experiments.abstraction.grid import FULL, QUICK, TRANSMITTERS, Grid
from experiments.abstraction.measure import Values, Where, measured
from experiments.abstraction.pictures import Chosen, last
from experiments.commands.runs import CACHE, run_folder
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.abstraction.content import NAMES
from semlink.loop.abstraction.table import SHIPPED, Table, read
from semlink.loop.abstraction.utility import Abstraction
from semlink.protocols import Source
from semlink.store.files import write_whole
from semlink.sweeps.link_trial import LinkTrial

CACHE_GIB = 4.0


class Pictures(NamedTuple):
    """Pictures of a measurement.

    name : of their source, as on the command line
    numbers : of the fitted ones in the source, and of those held out
    fitted, both : the fitted ones; followed by those held out
    whole : number of pictures of the source
    """

    name: str
    numbers: tuple[list[int], list[int]]
    fitted: Source
    both: Source
    whole: int


def abstraction(
    source: str,
    run: str | None,
    output: Path | None,
    images: int | None,
    quick: bool,
) -> str:
    """Measure, fit and check; the table and its card are written.

    Parameters
    ----------
    source : with questions, as on the command line
    run : the sweeps are in ``runs/RUN_grid``, ``RUN_between`` and ``RUN_fading``; by
        default ``abstraction``, or ``abstraction_quick``
    output : file of the table; its card lies beside it. By default it is the shipped
        one or, of the coarse grid, one in the first of these folders
    images : number of pictures, in place of the grid's
    quick : the coarse grid

    Raises
    ------
    InputError
        The source has too few pictures, or the output cannot be written.
    """
    grid = QUICK if quick else FULL
    grid = grid._replace(pictures=images or grid.pictures)
    run = run or ("abstraction_quick" if quick else "abstraction")
    if output is None:
        output = SHIPPED
        if quick:
            output = run_folder(f"{run}_grid") / "table.npz"
            output.parent.mkdir(parents=True, exist_ok=True)
    return made(grid, source, run, output, quick)


def made(grid: Grid, source: str, run: str, output: Path, quick: bool) -> str:
    """Measure a grid, and write its table and card; the card is the answer."""
    if output.suffix != ".npz" or not output.parent.is_dir():
        raise InputError(f"a table is an .npz in a folder that exists, got '{output}'")
    pictures = chosen(source, grid.pictures)
    seen, trial, fitted, held_out = _seen(pictures, grid, run)
    at_nodes, between, faded = seen
    table = fit(grid, at_nodes, fitted, identities(grid))
    held = Abstraction(table)
    rows = list(check.errors(held, grid, at_nodes, between, (fitted, held_out)))
    channel = catalogue().build("channel", _spec(grid.channel))
    over = list(check.fading(held, grid, faded, fitted, channel))
    text = card(table, grid, pictures, trial, rows, over, quick)
    table.write(output)
    write_whole(output.with_suffix(".md"), text.encode())
    return f"{text}\n{output}"


def chosen(source: str, count: int) -> Pictures:
    """The last pictures of a source, every second one held out."""
    whole = catalogue().build("source", _spec(source))
    numbers = last(whole, count)
    halves = numbers[::2], numbers[1::2]
    fitted, both = Chosen(whole, halves[0]), Chosen(whole, halves[0] + halves[1])
    return Pictures(source, halves, fitted, both, len(whole))


def identities(grid: Grid) -> dict[str, dict]:
    """Identities of all components that the table depends on."""
    of = catalogue()
    kinds = {"transmitter": grid.transmitters, "task": grid.tasks}
    return {
        kind: {label: of.identity(kind, _spec(label)) for label in labels}
        for kind, labels in kinds.items()
    }


def _seen(
    pictures: Pictures, grid: Grid, run: str
) -> tuple[tuple[Values, ...], LinkTrial, Known, Known]:
    """Values of the three sweeps, a trial, and what senders know of the pictures."""
    cache = CACHE, CACHE_GIB
    judged = tuple(grid.transmitters), grid.tasks
    sweeps = {
        "grid": (pictures.fitted, Where(*judged, grid.snr_db, grid.cbr)),
        "between": (pictures.both, Where(*judged, grid.between_db, grid.between_cbr)),
        "fading": (
            pictures.fitted,
            Where(
                grid.faded,
                grid.tasks,
                (grid.faded_db,),
                (grid.faded_cbr,),
                grid.channel,
                grid.draws,
            ),
        ),
    }
    found = [
        measured(pictures.name, of, where, run_folder(f"{run}_{name}"), cache)
        for name, (of, where) in sweeps.items()
    ]
    trial = found[1][1].trial
    both, count = known(trial, pictures.both), len(pictures.fitted)
    parts = (both._replace(**_some(both, part)) for part in _halves(count))
    return tuple(values for values, _ in found), trial, *parts


def against_link(
    source: str, transmitters: list[str], draws: int, images: int, run: str
) -> str:
    """Hold the shipped table against the link between its points, with more draws.

    A metric that is 0 or 1 for a picture says little in one draw of the noise.

    Parameters
    ----------
    source, images, run : as in :func:`abstraction`; the sweep is in ``runs/RUN``
    transmitters : labels; all of the table by default
    draws : of the noise, for each picture

    Raises
    ------
    InputError
        The table has no such transmitter, or the source has too few pictures.
    """
    held = Abstraction(read(catalogue=catalogue()))
    names = transmitters or list(held.transmitters)
    for name in names:
        held.number(name)  # refuses what the table does not hold
    kinds = {name: TRANSMITTERS[name] for name in names}
    grid = FULL._replace(transmitters=kinds, pictures=images)
    pictures = chosen(source, images)
    off = Where(names, grid.tasks, grid.between_db, grid.between_cbr, draws=draws)
    cache = CACHE, CACHE_GIB
    seen, job = measured(pictures.name, pictures.both, off, run_folder(run), cache)
    both, count = known(job.trial, pictures.both), len(pictures.fitted)
    parts = tuple(both._replace(**_some(both, part)) for part in _halves(count))
    return check.as_table(list(check.off_grid(held, grid, seen, parts)))


def _halves(count: int) -> tuple[slice, slice]:
    return slice(None, count), slice(count, None)


def _some(pictures: Known, part: slice) -> dict:
    names = ("complexity", "importance", "floor")
    return {name: getattr(pictures, name)[part] for name in names}


def _spec(word: str) -> ComponentSpec:
    return ComponentSpec.model_validate(word)


def card(
    table: Table,
    grid: Grid,
    pictures: Pictures,
    trial: LinkTrial,
    rows: list[check.Error],
    over: list[check.Faded],
    quick: bool,
) -> str:
    """What the table holds, of which pictures, by which command, and how good it is."""
    fitted, held_out = pictures.numbers
    folder = _folder(pictures.name)
    command = f"make abstraction SOURCE={pictures.name.replace(folder, 'PATH')}"
    if not quick and len(fitted) + len(held_out) != FULL.pictures:
        command += f" IMAGES={len(fitted) + len(held_out)}"
    counts = dict(zip(NAMES, _counts(table, pictures, trial), strict=True))
    facts = {
        "command": command + " QUICK=1" * quick,
        "pictures": f"{len(fitted)} fitted, {len(held_out)} held out, in turn, of "
        f"{pictures.whole}: numbers {min(fitted)} to {max(held_out)}",
        "source SHA-256": trial.source.fingerprint(),
        "components SHA-256": table.digest,
        "Es/N0 [dB]": " ".join(f"{s:g}" for s in grid.snr_db),
        "CBR, per image": " ".join(f"{c:g}" for c in grid.cbr),
        "busy from [bits per pixel]": f"{table.limits[0]:.3f}",
        "dense from [mean weight]": f"{table.limits[1]:.3f}",
        "classes of all pictures": json.dumps(counts)[1:-1].replace('"', ""),
    }
    lines = [f"* **{name}**: {value}" for name, value in facts.items()]
    off = f"{_said(grid.between_db)} dB and CBR {_said(grid.between_cbr)}"
    at = f"{grid.channel}, {grid.faded_db:g} dB, CBR {grid.faded_cbr:g}"
    return "\n".join(
        [
            "# The measured table of utility",
            "",
            *lines,
            "",
            f"Mean absolute error at the grid's points, and between them, at {off}:",
            "",
            check.as_table(rows),
            "",
            f"Over fading ({at}, {grid.draws} draws of each fitted picture):",
            "",
            check.as_table(over),
            "",
        ]
    )


def _counts(table: Table, pictures: Pictures, trial: LinkTrial) -> list[int]:
    """Number of pictures in each class."""
    all_of = known(trial, pictures.both)
    of = Abstraction(table).content(all_of.complexity, all_of.importance)
    return [int((of == c).sum()) for c in range(len(NAMES))]


def _folder(source: str) -> str:
    """The path within the word of a source; the whole word without one."""
    return _spec(source).argument or source


def _said(numbers) -> str:
    return " ".join(f"{number:g}" for number in numbers)
