"""Paper: width, look, labels and formats of the figures of a run."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
from cycler import cycler
from matplotlib import rc_params_from_file

from experiments.labels import Label
from semlink.errors import InputError

# M. Okabe and K. Ito, Color Universal Design, 2008, without yellow, which is too light
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5D3A9B")
LOOK = {
    "axes.prop_cycle": cycler(color=COLOURS),
    "axes.grid": True,
    "axes.titlesize": "medium",
    "axes.titlepad": 3,
    "figure.dpi": 130,
    "grid.alpha": 0.3,
    "legend.fontsize": "small",
    "legend.frameon": False,
    "lines.markersize": 4,
}
# STIX comes with matplotlib and has the widths of Times; "small" is 7 points
ON_PAPER = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": 8.5,
    "axes.linewidth": 0.6,
    "figure.dpi": 300,
    "grid.linewidth": 0.4,
    "lines.linewidth": 1,
    "lines.markersize": 3.5,
    "xtick.labelsize": "small",
    "ytick.labelsize": "small",
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
}


class Paper(NamedTuple):
    """How the figures of a run are drawn.

    width_pt : width of the page in points of 1/72 inch; ``None``: as panels need it
    style : file of matplotlib's parameters, applied on top of our own
    formats : kinds of files
    labels : text for the word of a transmitter, a scenario or a channel
    bands : whether intervals are drawn
    """

    width_pt: float | None = None
    style: Path | None = None
    formats: tuple[str, ...] = ("png", "pdf")
    labels: Mapping[str, Label] = {}
    bands: bool = True

    def label(self, word: str) -> Label:
        """What stands for a word of the run."""
        return self.labels.get(word, Label(word))

    @contextmanager
    def look(self) -> Iterator[None]:
        """Draw with these parameters.

        Raises
        ------
        InputError
            The style cannot be read, or needs a program that is not here.
        """
        with plt.rc_context(LOOK | (ON_PAPER if self.width_pt else {})):
            if self.style:
                plt.rcParams.update(read_style(self.style))
            if plt.rcParams["text.usetex"] and not shutil.which("latex"):
                need = "text.usetex needs the program latex, which is not found"
                raise InputError(f"{need}, got it in {self.style}")
            # a name is no formula; a label is one text by text
            plt.rcParams["text.parse_math"] = False
            yield


def read_style(path: Path) -> Mapping[str, object]:
    """Parameters of a file of matplotlib, without those of its backend.

    Raises
    ------
    InputError
        The file cannot be read, or a parameter or its value is not one of matplotlib.
    """
    try:
        text = path.read_text("utf-8")
        _check_names(text, path)
        style = rc_params_from_file(
            path, fail_on_error=True, use_default_template=False
        )
    except OSError as error:
        raise InputError(f"cannot read style {path}: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"style {path} is not one of matplotlib: {error}") from None
    return {key: style[key] for key in style if not key.startswith("backend")}


def _check_names(text: str, path: Path) -> None:
    """Refuse a name that is no parameter; matplotlib would only log it."""
    for number, line in enumerate(text.splitlines(), 1):
        name, colon, _ = line.partition("#")[0].partition(":")
        name = name.strip()
        if name and (not colon or name not in plt.rcParams):
            close = get_close_matches(name, plt.rcParams, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise InputError(
                f"{path}:{number}: a line is PARAMETER: VALUE with a parameter of "
                f"matplotlib, got {line.strip()!r}{hint}"
            )
