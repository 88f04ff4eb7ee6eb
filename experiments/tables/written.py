"""Writes tables of a run into a file."""

from collections.abc import Callable, Iterator
from pathlib import Path

from experiments.commands.manifests import read_manifest
from experiments.tables import latex, markdown, tidy
from experiments.tables.deltas import against_one, matrices
from experiments.tables.layout import Table
from experiments.tables.means import means
from experiments.tables.selection import Asked, Selected, select
from semlink.errors import InputError
from semlink.store.files import write_whole
from semlink.store.targets import warnings_of

FORMATS = {"latex": ".tex", "markdown": ".md", "csv": ".csv"}
DOCUMENTS = {"latex": latex.document, "markdown": markdown.document}


def write_means(folder: Path, asked: Asked, form: str, output: Path | None) -> str:
    """Write means of a run.

    Parameters
    ----------
    folder, asked : run, and what of it
    form : ``latex``, ``markdown`` or ``csv``; empty: by the suffix of ``output``, or
        LaTeX
    output : file; ``None``: METRIC_table in the folder

    Output
    ------
    : path of the file, what is in it, and curves that miss their target CBR

    Raises
    ------
    InputError
        The run does not have what is asked for, or the file cannot be written.
    """
    chosen = select(folder, asked)
    to = form, output
    said = _write(folder, chosen, to, "table", (means, tidy.of_means))
    return "\n".join([said, *warnings_of(chosen.rows)])


def write_deltas(folder: Path, asked: Asked, form: str, output: Path | None) -> str:
    """Write Bjontegaard deltas of a run, as :func:`write_means` does means."""
    made = against_one if asked.against else matrices
    to = form, output
    return _write(folder, select(folder, asked), to, "bd", (made, tidy.of_deltas))


def _write(
    folder: Path,
    chosen: Selected,
    to: tuple[str, Path | None],
    name: str,
    make: tuple[Callable[[Selected], Iterator[Table]], Callable[[Selected], str]],
) -> str:
    form = _format(*to)
    path = to[1] or folder / f"{chosen.metric.name}_{name}{FORMATS[form]}"
    if not path.parent.is_dir():
        raise InputError(f"the folder of a table must exist, got '{path}'")
    if form == "csv":
        text = make[1](chosen)
        number = f"{text.count(chr(10)) - 1} rows"
    else:
        made = list(make[0](chosen))
        text = DOCUMENTS[form](made, _provenance(folder))
        number = f"{len(made)} table{'s' * (len(made) != 1)}"
    write_whole(path, text.encode(errors="backslashreplace"))
    return f"{path} ({number} of {chosen.metric.title})"


def _format(form: str, output: Path | None) -> str:
    """The format that is asked for, or that of the suffix of the file."""
    if form and form not in FORMATS:
        raise InputError(f"a table is {', '.join(FORMATS)}, got {form!r}")
    by_suffix = {suffix: name for name, suffix in FORMATS.items()}
    if not form and output and output.suffix not in by_suffix:
        raise InputError(f"a table ends with {', '.join(by_suffix)}, got '{output}'")
    return form or (by_suffix[output.suffix] if output else "latex")


def _provenance(folder: Path) -> str:
    """Where the numbers are from, in a line."""
    try:
        known = read_manifest(folder)
    except InputError:
        return f"semlink, run {folder.name}"
    source = " ".join(known["components"].get("source", ()))
    of = f" of {source}" if source else ""
    commit = known.get("git_commit", "unknown")
    return f"semlink, run {folder.name}{of}, seed {known['seed']}, commit {commit}"
