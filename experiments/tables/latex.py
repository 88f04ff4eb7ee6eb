"""Tables in LaTeX; a document needs no package but ``booktabs``."""

import re
from collections.abc import Sequence

from experiments.tables.layout import DAGGER, Cell, Line, Table

SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # after the end of a row, these would be its options
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "±": r"$\pm$",
    "–": "--",
    DAGGER: r"$\dagger$",
}
NAMES = {"Es/N0": r"$E_\mathrm{s}/N_0$"}


def document(tables: Sequence[Table], comment: str) -> str:
    """Tables to be included in a document, under a comment of one line."""
    head = f"% {comment}\n% \\usepackage{{booktabs}}\n"
    return head + "".join(f"\n{_table(table)}" for table in tables)


def text(words: str) -> str:
    """Text, with the special characters of LaTeX escaped outside of formulas."""
    names = "|".join(map(re.escape, NAMES))
    parts = re.split(rf"({names}|\$[^$]+\$)", words)
    return "".join(
        NAMES.get(part, part) if number % 2 else _escaped(part)
        for number, part in enumerate(parts)
    )


def _escaped(words: str) -> str:
    return "".join(SPECIAL.get(sign, sign) for sign in words)


def _table(table: Table) -> str:
    columns = len(table.heads)
    lines = [
        r"\begin{table}",
        r"  \centering",
        f"  \\caption{{{text(table.caption)}}}",
        f"  \\label{{tab:{_key(table.name)}}}",
        f"  \\begin{{tabular}}{{l{'c' * columns}}}",
        r"    \toprule",
    ]
    if table.across:
        over = f"\\multicolumn{{{columns}}}{{c}}{{{text(table.across)}}}"
        lines += [f"    & {over} \\\\", f"    \\cmidrule(lr){{2-{columns + 1}}}"]
    heads = " & ".join(map(text, (table.corner, *table.heads)))
    lines.append(f"    {heads} \\\\")
    for block in table.blocks:
        lines.append(r"    \midrule")
        if block.title:
            wide = f"\\multicolumn{{{columns + 1}}}{{l}}{{{text(block.title)}}}"
            lines.append(f"    {wide} \\\\")
        lines += [f"    {_line(line)} \\\\" for line in block.lines]
    lines += [r"    \bottomrule", r"  \end{tabular}"]
    if table.notes:
        notes = " ".join(map(text, table.notes))
        lines += ["", r"  \smallskip", f"  {{\\footnotesize {notes}\\par}}"]
    return "\n".join([*lines, r"\end{table}", ""])


def _key(words: Sequence[str]) -> str:
    """The label by which a document refers to a table."""
    return "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", word).strip("-") for word in words)


def _line(line: Line) -> str:
    label = (r"\quad " if line.is_part else "") + text(line.label)
    return " & ".join([label, *map(_cell, line.cells)])


def _cell(cell: Cell) -> str:
    if not cell.text:
        return ""
    sup = "".join(
        r"\dagger" if sign == DAGGER else rf"\mathrm{{{sign}}}" for sign in cell.mark
    )
    sup = f"^{{{sup}}}" if sup else ""
    count = rf"\,({cell.count})" if cell.count else ""
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", cell.text):
        return text(cell.text) + (f"${sup}$" if sup else "") + count
    number = rf"\mathbf{{{cell.text}}}" if cell.bold else cell.text
    sub = ""
    if len(cell.interval) == 1:
        sub = rf"_{{\pm {cell.interval[0]}}}"
    elif cell.interval:
        sub = rf"_{{[{cell.interval[0]},\,{cell.interval[1]}]}}"
    return f"${number}{sub}{sup}${count}"
