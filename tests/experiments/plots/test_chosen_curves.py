"""What is drawn: error rates as waterfalls, differences with paired intervals."""

import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from scipy import stats

from experiments.figures.curves import Choice, chosen_metrics, draw_all
from experiments.figures.lines import decades
from experiments.figures.paper import COLOURS
from experiments.plots.asked import choice, paper
from experiments.report.published import published_by_name
from semlink.errors import InputError
from semlink.metrics import LINK_METRICS, Metric

NTSCC, JPEG2000, MEMORY = (
    "ntscc",
    "jpeg2000_ldpc[mcs=auto,harq=ir]",
    "site_memory[keep=4]",
)
AT_ONE_CBR = ("", "0.03")


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def curve(place, name):
    """x and y of a curve."""
    (line,) = [line for line in place.lines if line.get_label() == name]
    return np.array(line.get_data(), float)


def bands(place):
    return [c for c in place.collections if isinstance(c, PolyCollection)]


def test_shares_of_errors_alone_are_error_rates():
    rates = {metric.name for metric in LINK_METRICS if metric.is_error_rate}
    assert rates == {"ber", "bler", "outage"}
    assert not Metric("delay", "delay", "s", "ratio", False).is_error_rate
    assert not Metric("mse", "MSE", higher_is_better=False).is_error_rate


def test_every_metric_is_drawn_and_error_rates_are_logarithmic(paper_run, figures):
    draw_all(paper_run, choice(paper_run, grid=AT_ONE_CBR), paper())
    scales = {name: figure.axes[0].get_yscale() for name, figure in figures.items()}
    assert scales == {
        "psnr_against_snr": "linear",
        "bler_against_snr": "log",
        "outage_against_snr": "log",
    }


def test_zeros_lie_below_the_decades_of_a_waterfall(paper_run, figures):
    draw_all(paper_run, choice(paper_run, "bler", grid=AT_ONE_CBR), paper("ieee"))
    figure = figures["bler_against_snr"]
    (place,) = figure.axes
    x, y = curve(place, NTSCC)
    np.testing.assert_array_equal(x, [0, 5, 10, 15])
    np.testing.assert_allclose(y, [1, 0.2, 0.004, np.nan])
    ticks = [t for t in place.get_yticks() if t >= place.get_ylim()[0]]
    np.testing.assert_allclose(ticks, [1e-3, 1e-2, 1e-1, 1])
    hollow = [line for line in place.lines if line.get_markerfacecolor() == "white"]
    assert [list(line.get_xdata()) for line in hollow] == [[15]] * 3
    heights = [line.get_window_extent().y0 for line in hollow]
    assert sorted(heights) == heights
    assert len(set(heights)) == 3
    lowest = place.transData.transform((0, 1e-3))[1]
    assert all(line.get_window_extent().y1 < lowest for line in hollow)
    assert "none counted: zero, below the axis" in legend(figure)


@pytest.mark.filterwarnings("error:Data has no positive values")
def test_zeros_alone_have_a_linear_axis(paper_run, figures):
    draw_all(paper_run, choice(paper_run, "bler", grid=("15", "")), paper())
    figure = figures["bler_against_cbr"]
    (place,) = figure.axes
    assert place.get_yscale() == "linear"
    assert not curve(place, NTSCC)[1].any()
    assert "none counted: zero, below the axis" not in legend(figure)


@pytest.mark.parametrize(
    ("means", "ends"),
    [
        ([0.5, 0.02], (1e-2, 1.3)),
        ([1.0, 0.011, 0], (1e-3, 1.3)),
        ([0.2], (0.1, 1.3)),
        ([3e-7, 2e-5], (1e-7, 1.3e-4)),
        ([1.0], (0.1, 1.3)),
    ],
)
def test_decades_of_an_axis(means, ends):
    np.testing.assert_allclose(decades(means), ends)


def test_only_some_in_their_order(paper_run, figures):
    only = f"{MEMORY} ntscc awgn"
    asked = choice(paper_run, "psnr", only, ("0 5", ""))
    draw_all(paper_run, asked, paper(bands="off"))
    figure = figures["psnr_against_snr"]
    assert legend(figure) == [MEMORY, NTSCC]
    assert not any(bands(place) for place in figure.axes)
    assert [place.get_title() for place in figure.axes] == [
        "awgn, CBR 0.02",
        "awgn, CBR 0.03",
    ]


def test_bands_are_intervals(paper_run, figures):
    draw_all(paper_run, choice(paper_run, "psnr", NTSCC, AT_ONE_CBR), paper())
    (place,) = figures["psnr_against_snr"].axes
    (band,) = bands(place)
    _, y = curve(place, NTSCC)
    box = band.get_datalim(place.transData)
    assert box.y0 == pytest.approx(y.min() - 0.5)
    assert box.y1 == pytest.approx(y.max() + 0.5)


def test_a_difference_has_the_interval_of_pairs(paper_run, figures, psnr_of):
    """Against SciPy; the transmitters differ by 1 dB, the samples by 5 dB."""
    asked = choice(paper_run, "psnr", grid=AT_ONE_CBR, against="ntscc")
    draw_all(paper_run, asked, paper("ieee", labels="ntscc=NTSCC"))
    figure = figures["psnr_difference_against_snr"]
    (place,) = figure.axes
    gains = psnr_of(1, 5.0) - psnr_of(0, 5.0)
    low, high = stats.t.interval(0.95, len(gains) - 1, gains.mean(), stats.sem(gains))
    assert high - low < 0.2
    x, y = curve(place, JPEG2000)
    assert y[x == 5] == pytest.approx(gains.mean())
    names = [JPEG2000, NTSCC, MEMORY]
    colours = [line.get_color() for line in place.lines if line.get_label() in names]
    assert colours == [COLOURS[0], COLOURS[2]]  # as in figures that have the reference
    edges = bands(place)[0].get_paths()[0].vertices
    np.testing.assert_allclose(np.unique(edges[edges[:, 0] == 5, 1]), [low, high])
    assert "ntscc" not in legend(figure)
    assert legend(figure)[-1] == "band: paired 95 % interval over samples"
    assert any("difference to NTSCC" in text.get_text() for text in figure.texts)


def test_a_difference_needs_samples(paper_run):
    asked = choice(paper_run, "bler", grid=AT_ONE_CBR, against="ntscc")
    with pytest.raises(InputError, match="no point of bler has samples in common"):
        draw_all(paper_run, asked, paper())


def test_published_points_have_their_own_cbr(paper_run, figures):
    asked = choice(paper_run, "psnr", NTSCC, ("5 10", ""), "", "ntscc ntscc_plus")
    draw_all(paper_run, asked, paper("ieee"))
    files = published_by_name()
    figure = figures["psnr_against_cbr"]
    at_10_db = next(p for p in figure.axes if p.get_title().endswith("10 dB"))
    for name in ("ntscc", "ntscc_plus"):
        points = [(p["cbr"], p["value"]) for p in files[name] if p["snr_db"] == 10]
        drawn = [list(zip(*line.get_data(), strict=True)) for line in at_10_db.lines]
        assert sorted(points) in drawn
    at_5_db = next(p for p in figure.axes if p.get_title().endswith(" 5 dB"))
    assert len(at_5_db.lines) == len(at_10_db.lines) - 2
    assert "NTSCC (published), kodak" in legend(figure)
    names = legend(figures["psnr_against_snr"])
    assert "NTSCC+ (published), kodak, CBR 0.03" in names
    assert not [name for name in names if name.startswith("NTSCC (published)")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"metric": "pnsr"}, "unknown metric of this run 'pnsr'; did you mean 'psnr'"),
        ({"only": "nstcc"}, "unknown transmitter or channel .*known: jpeg2000.*awgn$"),
        ({"against": "awgn"}, "unknown transmitter of this run 'awgn'.*ntscc.*"),
        ({"grid": ("", "0.04")}, "points at CBR 0.02, 0.03, got 0.04$"),
        ({"grid": ("x", "")}, "a grid is numbers or start:stop:step"),
        ({"published": "ntsc"}, "unknown published curve 'ntsc'; did you mean 'ntscc'"),
    ],
)
def test_what_the_run_lacks(paper_run, words, message):
    with pytest.raises(InputError, match=message):
        draw_all(paper_run, choice(paper_run, **words))


def test_a_sweep_draws_the_headline_metrics():
    usual, other = Metric("ap", "AP"), Metric("ap_small", "AP small", headline=False)
    known = {metric.name: metric for metric in (usual, other, Metric("n", "none"))}
    rows = [{"metric": name, "count": "9"} for name in ("ap_small", "ap")]
    rows.append({"metric": "n", "count": "0"})
    assert chosen_metrics(known, rows, Choice().metrics) == [usual]
    assert chosen_metrics(known, rows, ["headline", "ap_small"]) == [usual, other]
    assert chosen_metrics(known, rows, ["all"]) == [usual, other]
