"""Published points over the curves of a run, each at its own CBR and SNR."""

from collections.abc import Iterable, Mapping, Sequence

from semlink.store.rows import Row

Point = Mapping[str, object]
NEAR = 0.05  # against SNR, a published CBR so near, as a share, is shown at the run's
MARKERS = "P*Xhd<>p"
LOOK = {"color": "0.25", "linewidth": 0.7, "linestyle": ":"}


def points_at(points: Iterable[Point], row: Row, axis: str, other: str) -> list[Point]:
    """Points of the metric and channel of a panel, at or near its other value.

    Parameters
    ----------
    points : published points
    row : any of the panel
    axis : column along which the panel is drawn
    other : column that has one value in it
    """
    if {axis, other} != {"snr_db", "cbr_target"}:
        return []
    at = float(row[other])
    return [
        point
        for point in points
        if (point["metric"], point["channel"]) == (row["metric"], row["channel"])
        and (
            point["snr_db"] == at
            if other == "snr_db"
            else abs(point["cbr"] - at) <= NEAR * at
        )
    ]


def curves(points: Iterable[Point], axis: str) -> dict[str, list[Point]]:
    """Points that a line may join, by its name in the legend.

    Against SNR, points of different CBR are different curves, and the name says which.
    """
    found: dict[str, list[Point]] = {}
    for point in points:
        name = f"{point['label']}, {point['dataset']}"
        if axis == "snr_db":
            name += f", CBR {point['cbr']:g}"
        found.setdefault(name, []).append(point)
    return found


def styles(panels: Iterable[Sequence[Point]], axis: str) -> dict[str, dict]:
    """Marks of the published curves of all panels: grey, with markers of their own."""
    names = dict.fromkeys(name for own in panels for name in curves(own, axis))
    return {
        name: {**LOOK, "marker": MARKERS[number % len(MARKERS)]}
        for number, name in enumerate(names)
    }


def draw(place, points: Sequence[Point], axis: str, look: Mapping[str, dict]) -> None:
    """Draw published points in a panel."""
    column = "snr_db" if axis == "snr_db" else "cbr"
    for name, own in curves(points, axis).items():
        own = sorted(own, key=lambda point: point[column])
        values = [point["value"] for point in own]
        place.plot([point[column] for point in own], values, **look[name])
