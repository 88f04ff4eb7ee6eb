"""How figures are written: names in them as they are, files whole or not at all.

Every module that draws writes its figure by :func:`save`.
"""

import io
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG

from semlink.errors import InputError
from semlink.store.files import write_whole

CANVASES = {".png": FigureCanvasAgg, ".pdf": FigureCanvasPdf, ".svg": FigureCanvasSVG}

# names of files, photos and runs are no formulas, whatever dollars are in them
plt.rcParams["text.parse_math"] = False


def save(figure, path: Path, **how) -> Path:
    """Write a figure into a file of the kind of its suffix, and close it.

    Parameters
    ----------
    figure : of matplotlib
    path : PNG, PDF or SVG
    how : options of matplotlib's writer, such as ``metadata``

    Raises
    ------
    InputError
        The file cannot be written; one that was there stays as it was.
    """
    canvas, file = CANVASES[path.suffix](figure), io.BytesIO()
    with warnings.catch_warnings():
        # a font's replacement for a letter that it lacks can be seen
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        # faster than savefig, which draws twice
        getattr(canvas, f"print_{path.suffix[1:]}")(file, **how)
    plt.close(figure)
    try:
        write_whole(path, file.getvalue())
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from None
    return path
