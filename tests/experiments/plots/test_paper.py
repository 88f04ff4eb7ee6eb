"""Figures for papers: as wide as asked for, with fonts and texts that print."""

import shutil

import pytest
from pypdf import PdfReader

from experiments.figures.canvas import in_tex
from experiments.figures.curves import draw_all
from experiments.plots.asked import choice, paper
from semlink.errors import InputError

LABELS = (
    "ntscc=NTSCC jpeg2000_ldpc[mcs=auto,harq=ir]='JPEG2000, LDPC' "
    r"'site_memory[keep=4]'='memory, $\eta = 0.2$' awgn=AWGN"
)


def drawn(folder, asked=(), **how):
    """Draw PSNR at one CBR."""
    chosen = choice(folder, "psnr", grid=("", "0.03"), **dict(asked))
    (path,) = draw_all(folder, chosen, paper(**{"formats": "pdf"} | how))
    return path


def fonts(page):
    """Descriptions of all fonts of a page, and of those that they are made of."""
    for font in page["/Resources"]["/Font"].values():
        font = font.get_object()
        yield font
        yield from (inner.get_object() for inner in font.get("/DescendantFonts", ()))


def test_a_column_of_a_paper(paper_run):
    (page,) = PdfReader(drawn(paper_run, width="ieee", labels=LABELS)).pages
    assert page.mediabox.width == 252
    assert page.mediabox.lower_left == (0, 0)
    kinds = {font["/Subtype"] for font in fonts(page)}
    assert "/TrueType" in kinds or "/CIDFontType2" in kinds
    assert "/Type3" not in kinds
    text = " ".join(page.extract_text().split())
    for label in ("NTSCC", "JPEG2000, LDPC", "memory", "AWGN, CBR 0.03", "Es/N0 [dB]"):
        assert label in text
    assert "η" in text
    for name in ("ntscc", "jpeg2000_ldpc", "site_memory", "$", "awgn"):
        assert name not in text


@pytest.mark.parametrize(
    ("width", "points"), [("ieee2", 516), ("a4", 453.5), ("300", 300), ("180pt", 180)]
)
def test_widths(paper_run, width, points):
    (page,) = PdfReader(drawn(paper_run, width=width)).pages
    assert float(page.mediabox.width) == pytest.approx(points, abs=1e-3)


def test_a_picture_of_points_is_as_wide_on_paper(paper_run):
    from PIL import Image

    with Image.open(drawn(paper_run, width="ieee", formats="png")) as picture:
        assert picture.width == round(252 / 72 * 300)


def tick_labels(place):
    """Those of ticks that are on an axis, and drawn."""
    axes = (
        (place.get_xticklabels(), place.get_xlim()),
        (place.get_yticklabels(), place.get_ylim()),
    )
    for number, (labels, (low, high)) in enumerate(axes):
        for text in labels:
            at = text.get_position()[number]
            if low <= at <= high and text.get_visible() and text.get_text():
                yield text


def boxes(figure):
    """Text and extent of each text and of the legend, as drawn."""
    figure.draw_without_rendering()
    for place in figure.axes:
        for text in (place.title, *tick_labels(place)):
            yield text.get_text(), text.get_window_extent()
    for text in figure.texts:
        yield text.get_text(), text.get_window_extent()
    yield "legend", figure.legends[0].get_window_extent()


@pytest.mark.parametrize(
    ("width", "labels", "metric"),
    [
        pytest.param("", LABELS, "psnr", marks=pytest.mark.slow),
        ("ieee", f"ntscc='{'much to say ' * 12}'", "bler"),
        ("ieee2", "", "bler"),
        pytest.param("140", LABELS, "psnr", marks=pytest.mark.slow),
    ],
)
def test_no_text_is_cut_off_or_lies_on_another(
    paper_run, figures, width, labels, metric
):
    draw_all(paper_run, choice(paper_run, metric), paper(width, labels=labels))
    assert len(figures) == 2
    for figure in figures.values():
        page, found = figure.bbox.padded(0.5), list(boxes(figure))
        assert len(found) > 10
        for number, (name, box) in enumerate(found):
            assert page.contains(box.x0, box.y0), name
            assert page.contains(box.x1, box.y1), name
            assert not [n for n, other in found[:number] if box.overlaps(other)], name


def test_curves_differ_without_colour(paper_run, figures):
    asked = choice(paper_run, "psnr", grid=("", "0.03"))
    draw_all(paper_run, asked, paper("ieee"))
    lines = [
        line
        for line in figures["psnr_against_snr"].axes[0].lines
        if len(line.get_xdata()) > 1
    ]
    assert len({line.get_marker() for line in lines}) == 3
    assert len({line.get_linestyle() for line in lines}) == 3
    assert len({line.get_color() for line in lines}) == 3


def test_a_style_is_applied_on_top(paper_run, figures, tmp_path):
    style = tmp_path / "own.mplstyle"
    style.write_text("lines.linewidth: 3\naxes.prop_cycle: cycler('color', ['red'])\n")
    drawn(paper_run, width="ieee", style=str(style))
    lines = figures["psnr_against_snr"].axes[0].lines
    assert {
        line.get_linewidth() for line in lines if line.get_linestyle() != "None"
    } == {3}
    assert {line.get_color() for line in lines} == {"red", "black"}  # and crosses


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read style .*: No such file"),
        (
            "lines.linewidth: 3\nlines.widht: 3\n",
            ":2: .*got 'lines.widht: 3'; did you mean",
        ),
        ("lines.linewidth: thick\n", "is not one of matplotlib: .*thick"),
        ("hello", ":1: a line is PARAMETER: VALUE"),
        ("text.usetex: True\n", "needs the program latex, which is not found"),
    ],
)
def test_a_style_that_cannot_be_used(paper_run, tmp_path, monkeypatch, text, message):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    style = tmp_path / "own.mplstyle"
    if text:
        style.write_text(text)
    with pytest.raises(InputError, match=message) as refused:
        drawn(paper_run, style=str(style))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"width": "iee"}, r"ieee \(252\), ieee2 \(516\), a4 .* got 'iee'$"),
        ({"width": "5"}, "from 120 to 2000 points, got '5'$"),
        (
            {"formats": "pdf jpg"},
            "unknown format of figures 'jpg'; .*png, pdf, svg, pgf$",
        ),
        ({"bands": "no"}, "BANDS is on or off, got 'no'$"),
        ({"labels": "nstcc=X"}, "'nstcc'; did you mean 'ntscc'\\? known: .*, awgn$"),
    ],
)
def test_paper_that_there_is_not(paper_run, how, message):
    with pytest.raises(InputError, match=message):
        drawn(paper_run, **how)


def test_a_picture_for_latex_needs_none_here(paper_run, monkeypatch):
    """Texts are source of TeX: names as they are, formulas as formulas."""
    monkeypatch.setenv("PATH", "")
    labels = r"ntscc='50 % & $\eta_1$' site_memory[keep=4]=100%_{x}"
    text = drawn(paper_run, formats="pgf", width="ieee", labels=labels).read_text()
    assert r"\pgfqpoint{3.500000in}" in text
    assert r"jpeg2000\_ldpc[mcs=auto,harq=ir]" in text
    assert r"50 \% \& $\eta_1$" in text
    assert r"100\%\_\{x\}" in text
    assert text.count(r"\begin{pgfpicture}") == text.count(r"\end{pgfpicture}") == 1
    assert in_tex("a\\b^~") == r"a\textbackslash{}b\^{}\textasciitilde{}"
