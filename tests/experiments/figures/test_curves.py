"""Figures come from the CSV alone, without TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.figures import curves
from experiments.figures.curves import draw_all
from semlink.errors import InputError
from semlink.store.results import ResultStore
from semlink.store.rows import COLUMNS

METRICS = ("psnr", "outage")


def row(transmitter, snr_db, cbr, metric, mean, **more):
    values = dict.fromkeys(COLUMNS, 0)
    point = f"{transmitter}{snr_db}{cbr}"
    values |= {"scenario": "", "transmitter": transmitter, "channel": "awgn"}
    values |= {"snr_db": snr_db}
    values |= {"cbr_target": cbr, "metric": metric, "mean": mean, "ci95": 0.5}
    return values | {"count": 3, "point_id": point, "status": "ok"} | more


@pytest.fixture
def run(tmp_path):
    """A run of two transmitters, with an outage and an infeasible point."""
    with ResultStore(tmp_path / "run", metrics=METRICS) as store:
        for name in ("a", "b_capacity"):
            for snr_db in (0.0, 5.0, 10.0):
                for cbr in (0.02, 0.03):
                    lost = {"outage": 1.0} if snr_db == 0 else {}
                    points = [row(name, snr_db, cbr, m, 20.0, **lost) for m in METRICS]
                    store.append(points)
        nothing = {"status": "infeasible: too big", "count": 0, "ci95": "nan"}
        store.append([row("a", 10.0, 0.01, m, "nan", **nothing) for m in METRICS])
    return tmp_path / "run"


def test_every_metric_is_drawn_against_both_axes(run):
    paths = draw_all(run)
    assert {path.stem for path in paths} == {
        "psnr_against_snr",
        "psnr_against_cbr",
        "outage_against_snr",
        "outage_against_cbr",
    }
    for path in paths:
        assert path.stat().st_size > 5000
        assert path.with_suffix(".pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_a_name_is_no_formula(tmp_path):
    names = ("a$b^{c$", "_hidden", "100% #1 & \\x_{y", "\u65e5\u672c")
    with ResultStore(tmp_path, metrics=METRICS) as store:
        for name in names:
            for snr_db in (0.0, 5.0):
                more = {"channel": f"fast {name}"}
                store.append([row(name, snr_db, 0.1, m, 20.0, **more) for m in METRICS])
    assert len(draw_all(tmp_path)) == 2


def test_a_run_without_points_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        draw_all(tmp_path)


def test_drawing_needs_no_tensorflow(run):
    code = (
        "import sys, pathlib; from experiments.figures.curves import draw_all;"
        f"draw_all(pathlib.Path({str(run)!r})); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_floor_and_ceiling_are_lines_of_their_metric(run, monkeypatch):
    drawn = []
    monkeypatch.setattr(curves, "save", lambda figure, path: drawn.append(figure))
    (run / "bounds.csv").write_text(
        "metric,floor,ceiling,judged\npsnr,11.5,31.5,x\noutage,nan,nan,x\n"
    )
    draw_all(run)
    psnr, outage = drawn[0], drawn[4]
    for place in psnr.axes:
        levels = {line.get_ydata()[0] for line in place.lines if len(line.get_ydata())}
        assert levels >= {31.5, 11.5}
    labels = [text.get_text() for text in psnr.legends[0].get_texts()]
    assert labels[-2:] == ["ceiling: on the originals", "floor: nothing received"]
    texts = outage.legends[0].get_texts()
    assert not any("ceiling" in text.get_text() for text in texts)


@pytest.mark.parametrize(("widest", "scale"), [(0.01, "linear"), (0.05, "log")])
def test_one_snr_is_drawn_against_the_cbr_alone(tmp_path, monkeypatch, widest, scale):
    drawn = {}
    monkeypatch.setattr(
        curves, "save", lambda figure, path: drawn.setdefault(path.name, figure)
    )
    with ResultStore(tmp_path, metrics=METRICS) as store:
        for cbr in (0.001, widest):
            used = {"cbr": 0.9 * cbr}
            store.append([row("a", 10.0, cbr, m, 20.0) | used for m in METRICS])
    draw_all(tmp_path)
    assert {Path(name).stem for name in drawn} == {
        "psnr_against_cbr",
        "outage_against_cbr",
    }
    (place,) = drawn["psnr_against_cbr.png"].axes
    assert place.get_xscale() == scale
    (measured,) = [line for line in place.lines if line.get_label() == "a"]
    assert list(measured.get_xdata()) == [0.9 * 0.001, 0.9 * widest]
    labels = [text.get_text() for text in place.get_xticklabels()]
    assert "0.001" in labels or scale == "linear"
    (legend,) = drawn["psnr_against_cbr.png"].legends
    box = legend.get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= drawn["psnr_against_cbr.png"].bbox.x1
