"""Tables in LaTeX and Markdown: compiled where a TeX is at hand, else read."""

import re
import shutil
import subprocess

import numpy as np
import pytest

from experiments.tables import markdown
from experiments.tables.deltas import matrices
from experiments.tables.latex import document, text
from experiments.tables.layout import DAGGER, Block, Cell, Line, Table
from experiments.tables.selection import Asked, select
from experiments.tables.written import write_deltas, write_means
from tests.experiments.tables.reading_latex import Refused, tables

ODD = r"50% & #1_x^2 ~{a} \b <c> |d| $e$ ±1 – †"
COMPILERS = [name for name in ("tectonic", "pdflatex") if shutil.which(name)]
TABLE = Table(
    ("psnr", "x y", "0.03"),
    f"Caption {ODD}",
    "transmitter",
    "Es/N0",
    ["4 dB", "[10] dB"],
    [
        Block("", [
            Line(f"[{ODD}]", [Cell("31.2", ("0.4",), True), Cell("-3", ("-4", "-2"))]),
            Line("received", [Cell("30.1", ("0.5",), count="4/5"), Cell("")], True),
        ]),
        Block("[bounds]", [
            Line("*", [Cell("29.1", ("0.4",), mark=DAGGER), Cell("–", mark="a")]),
        ]),
    ],
    [f"a: {ODD}."],
)  # fmt: skip


def test_a_table_in_latex():
    source = document([TABLE, TABLE], ODD)
    first, second = tables(source)
    assert first == second
    assert first[0] == ["", r"\multicolumn{2}{c}{$E_\mathrm{s}/N_0$}"]
    assert first[1] == ["transmitter", "4 dB", "{[}10{]} dB"]
    assert first[2][1:] == [r"$\mathbf{31.2}_{\pm 0.4}$", r"$-3_{[-4,\,-2]}$"]
    assert first[3] == [r"\quad received", r"$30.1_{\pm 0.5}$\,(4/5)", ""]
    assert first[5] == ["{*}", r"$29.1_{\pm 0.4}^{\dagger}$", r"--$^{\mathrm{a}}$"]
    assert r"\label{tab:psnr-x-y-0.03}" in source


@pytest.mark.skipif(not COMPILERS, reason="no TeX at hand")
def test_a_table_compiles(tmp_path):
    path = tmp_path / "paper.tex"
    head = "\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n"
    path.write_text(head + document([TABLE], ODD) + "\\end{document}\n", "utf-8")
    command = [COMPILERS[0], *(["-halt-on-error"] if "pdf" in COMPILERS[0] else [])]
    done = subprocess.run([*command, path.name], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout.decode(errors="replace")
    assert (tmp_path / "paper.pdf").stat().st_size > 0


def test_special_signs_are_escaped():
    assert text("a_b & 5 %") == r"a\_b \& 5 \%"
    assert text("[x] *") == "{[}x{]} {*}"
    assert text(r"50 % at $\eta_1 = 2$, $5") == r"50 \% at $\eta_1 = 2$, \$5"
    assert text("at Es/N0 4 dB") == r"at $E_\mathrm{s}/N_0$ 4 dB"


BROKEN = [
    (r"\begin{tabular}{lc} a & b \\ \end{tabular}", None),
    (r"\begin{tabular}{lc} a \\ \end{tabular}", "1 of 2 columns"),
    (r"\begin{tabular}{lc} a & b & c \\ \end{tabular}", "3 of 2 columns"),
    (r"\begin{tabular}{lc} a & b \end{tabular}", "without an end"),
    (r"\begin{tabular}{lc} a & b \\ [c] & d \\ \end{tabular}", "options of a row"),
    (r"\begin{table} \end{tabular}", "end of tabular"),
    (r"{ $a} b$", "a group is closed"),
    (r"{ a", "open at the end"),
    ("$a", "open at the end"),
    ("a_b", "_ is not escaped"),
    ("a & b", "& outside"),
    (r"\textbf{a}", "unknown command"),
    (r"\pm 3", "outside of mathematics"),
]


@pytest.mark.parametrize(("source", "message"), BROKEN)
def test_the_reader_refuses_what_latex_refuses(source, message):
    if message is None:
        assert tables(source) == [[["a", "b"]]]
        return
    with pytest.raises(Refused, match=message):
        tables(source)


@pytest.fixture
def filled(store):
    """A run of everything that a table may have to show."""
    rng, cbrs = np.random.default_rng(1), (0.01, 0.02, 0.03, 0.0625)
    for place, name in enumerate(("a_b[c=1]", "d", "e")):
        for cbr in cbrs:
            level = 30 + place + 4 * np.log(cbr / 0.03) + rng.normal(size=8)
            store.add(name, level, at=(10.0, cbr), lost=rng.random(8) < 0.2)
    store.add("d", status="infeasible: file above budget", at=(4.0, 0.03))
    return store.folder


def test_a_run_is_written_in_each_format(filled, tmp_path):
    for write, number in ((write_means, 4), (write_deltas, 2)):
        said = write(filled, Asked(), "", None)
        path = filled / said.split()[0].rpartition("/")[2]
        read = tables(path.read_text("utf-8"))
        assert said == f"{path} ({number} tables of PSNR [dB])"
        assert len(read) == number
        written = write(filled, Asked(), "", tmp_path / "x.md")
        assert written.startswith(f"{tmp_path}/x.md ({number} tables")
        assert " rows of PSNR" in write(filled, Asked(), "csv", tmp_path / "x.txt")


def widths(rows):
    """Columns of each row in Markdown."""
    return {len(re.split(r"(?<!\\)\|", row)) for row in rows}


def test_a_table_in_markdown(filled):
    for table in (TABLE, *matrices(select(filled, Asked()))):
        rows = [
            line
            for line in markdown.document([table], "").splitlines()
            if line.startswith("|")
        ]
        assert widths(rows) == {len(table.heads) + 3}
    lines = markdown.document([TABLE], "from a run").splitlines()
    assert lines[2] == "| transmitter, Es/N0 | 4 dB | [10] dB |"
    assert lines[4].endswith("| **31.2** ±0.4 | -3 [-4, -2] |")
    assert lines[5] == "| ↳ received | 30.1 ±0.5 (4/5) |  |"
    assert lines[7] == "| \\* | 29.1 ±0.4 † | – (a) |"
    assert lines[-1] == "from a run"
