"""How figures are written: names in them as they are, files whole or not at all.

Every module that draws writes its figure by :func:`save`.
"""

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_mixed import MixedModeRenderer
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_pgf import RendererPgf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from semlink.errors import InputError
from semlink.store.files import write_whole

# names of files, photos and runs are no formulas, whatever dollars are in them
plt.rcParams["text.parse_math"] = False
# publishers refuse the fonts of type 3 that matplotlib embeds by default
plt.rcParams["pdf.fonttype"] = 42
# text of a PGF picture has the font of the document that it is put into
plt.rcParams["pgf.rcfonts"] = False

IN_TEX = str.maketrans(
    {letter: f"\\{letter}" for letter in "{}$&#%_"}
    | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\textasciitilde{}"}
)
PGF_HEAD = r"""% A figure for \input into LaTeX, which needs \usepackage{pgf}.
\begingroup
\makeatletter
\providecommand\mathdefault[1]{#1}
\begin{pgfpicture}
"""
PGF_END = r"""\end{pgfpicture}
\makeatother
\endgroup
"""


def in_tex(text: str, *, math: bool = False) -> str:
    """A text as TeX source that shows it as it is, but for formulas between dollars."""
    parts = re.split(r"(\$[^$]*\$)", text) if math else [text]
    parts[::2] = [part.translate(IN_TEX) for part in parts[::2]]
    return "".join(parts)


class _Pgf(RendererPgf):
    """Writes commands of PGF, and measures text with our fonts.

    Matplotlib's own writer has TeX measure each text, and needs it on this machine.
    """

    def __init__(self, figure, file):
        super().__init__(figure, file)
        self._measured = FigureCanvasAgg(figure).get_renderer()

    def get_text_width_height_descent(self, s, prop, ismath):
        return self._measured.get_text_width_height_descent(s, prop, ismath)

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        source = in_tex(s, math=bool(ismath))
        super().draw_text(gc, x, y, source, prop, angle, ismath, mtext)


class CanvasPgf(FigureCanvasAgg):
    """Writes a figure as a picture of PGF, a package of LaTeX."""

    def print_pgf(self, file) -> None:
        """Write the source into a binary file."""
        size = self.figure.get_size_inches()
        source = io.TextIOWrapper(file, "utf-8", write_through=True)
        right, top = (f"{side:f}in" for side in size)
        source.write(PGF_HEAD)
        source.write(
            rf"\pgfpathrectangle{{\pgfpointorigin}}{{\pgfqpoint{{{right}}}{{{top}}}}}%"
            "\n\\pgfusepath{use as bounding box, clip}%\n"
        )
        renderer = _Pgf(self.figure, source)
        self.figure.draw(
            MixedModeRenderer(self.figure, *size, self.figure.dpi, renderer)
        )
        source.write(PGF_END)
        source.detach()


CANVASES = {".png": FigureCanvasAgg, ".pdf": FigureCanvasPdf, ".svg": FigureCanvasSVG}
# figures without pictures can be source for LaTeX, too
VECTORS = CANVASES | {".pgf": CanvasPgf}


@contextmanager
def any_letters() -> Iterator[None]:
    """Be silent about letters that a font lacks; its replacement for one is seen."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def save(figure, path: Path, **how) -> Path:
    """Write a figure into a file of the kind of its suffix, and close it.

    Parameters
    ----------
    figure : of matplotlib
    path : PNG, PDF, SVG, or PGF of a figure without pictures
    how : options of matplotlib's writer, such as ``metadata``

    Raises
    ------
    InputError
        The file cannot be written; one that was there stays as it was.
    """
    canvas, file = VECTORS[path.suffix](figure), io.BytesIO()
    with any_letters():
        # faster than savefig, which draws twice
        getattr(canvas, f"print_{path.suffix[1:]}")(file, **how)
    plt.close(figure)
    try:
        write_whole(path, file.getvalue())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    return path
