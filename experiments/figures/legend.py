"""The legend of a figure of a run: its curves, and what else is drawn."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt

from experiments.figures.lines import OUTAGE
from experiments.labels import Label, marked
from semlink.metrics import Bounds
from semlink.store.rows import INFEASIBLE, Row, has_target

Key = list[tuple[Label, object]]
BOUND_LINES = {
    "ceiling": {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (6, 2))},
    "floor": {"color": "0.35", "linewidth": 0.8, "linestyle": (0, (1, 2))},
}
BOUND_LABELS = {"ceiling": "on the originals", "floor": "nothing received"}


def of_curves(
    styles: Mapping[str, dict],
    references: Mapping[str, str],
    label: Callable[[str], Label],
) -> Key:
    """Curves, with ``bound`` or ``oracle`` if they are not links.

    Parameters
    ----------
    styles : of each curve, by its name
    references : what a curve is that is not a link
    label : what stands for a name
    """
    return [
        (
            marked(label(name), references.get(name, "")),
            plt.Line2D([], [], **style),
        )
        for name, style in styles.items()
    ]


def of_marks(rows: Sequence[Row], *, band: str, log: bool) -> Key:
    """Marks that occur in the rows of a figure.

    Parameters
    ----------
    rows : of all panels
    band : what the bands are; empty if there are none
    log : whether zeros are drawn below a logarithmic axis
    """
    known: Key = []
    if not log and any(float(row["outage"]) >= OUTAGE for row in rows):
        what = "images" if has_target(rows) else "frames"
        known.append((Label(f"half of the {what} lost, or more"), _marker("x")))
    if any(row["status"].startswith(INFEASIBLE) for row in rows):
        text = "infeasible: smallest file above budget"
        known.append((Label(text), _marker("+")))
    if log and any(float(row["mean"]) == 0 for row in rows):
        text = "none counted: zero, below the axis"
        known.append((Label(text), _marker("o", markerfacecolor="white")))
    if band and any(float(row["ci95"]) == float(row["ci95"]) for row in rows):
        over = "samples" if has_target(rows) else "episodes"
        mark = plt.Rectangle((0, 0), 1, 1, alpha=0.2, color="0.35", linewidth=0)
        known.append((Label(f"band: {band} over {over}"), mark))
    return known


def of_bounds(bounds: Mapping[str, float]) -> Key:
    """Floor and ceiling."""
    return [
        (Label(f"{name}: {BOUND_LABELS[name]}"), _line(BOUND_LINES[name]))
        for name in bounds
    ]


def of_published(styles: Mapping[str, dict]) -> Key:
    """Published curves."""
    return [(Label(name), _line(style)) for name, style in styles.items()]


def defined(bounds: Bounds | None) -> dict[str, float]:
    """The bounds that are numbers, the ceiling first."""
    known = bounds._asdict() if bounds else {}
    drawn = (name for name in BOUND_LINES if name in known)
    return {name: known[name] for name in drawn if known[name] == known[name]}


def _line(style: Mapping):
    return plt.Line2D([], [], **style)


def _marker(shape: str, **more):
    return plt.Line2D([], [], marker=shape, color="black", linestyle="none", **more)
