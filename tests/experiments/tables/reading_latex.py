"""A small reader of LaTeX: groups, environments, mathematics, and rows of tables.

It refuses what LaTeX refuses of a table: unbalanced groups, environments and
mathematics, special signs that are not escaped, commands that neither the kernel nor
``booktabs`` has, and rows of another width than the table.
"""

import re

KERNEL = {
    *("begin", "end", "centering", "caption", "label", "multicolumn", "quad", "par"),
    *("smallskip", "footnotesize", "pm", "mathbf", "mathrm", "dagger", ",", "\\"),
    *("textbackslash", "textasciitilde", "textasciicircum", "textless", "textgreater"),
    *("textbar", *"&%$#_{}"),
}
BOOKTABS = {"toprule", "midrule", "bottomrule", "cmidrule"}
ONLY_IN_MATH = {"pm", "mathbf", "mathrm", "dagger"}
TOKEN = re.compile(r"\\([A-Za-z]+|.)|(.)", re.S)


class Refused(ValueError):
    """LaTeX would refuse this."""


def tables(source):
    """Rows of every ``tabular``, each with its cells as source.

    Raises
    ------
    Refused
        The source is not LaTeX of tables.
    """
    source = re.sub(r"(?<!\\)%[^\n]*\n\s*", "", source)
    _balanced(source)
    body = r"\\begin\{tabular\}\{([lcr]+)\}(.*?)\\end\{tabular\}"
    return [
        [_row(row, len(columns)) for row in _rows(rows)]
        for columns, rows in re.findall(body, source, re.S)
    ]


def _balanced(source):
    """Follow groups, environments and mathematics through the source."""
    groups, environments, in_math = [], [], False
    for match in TOKEN.finditer(source):
        command, sign = match.groups()
        if command:
            _check_command(command, in_math)
        if command in ("begin", "end"):
            name = re.match(r"\{(\w+)\}", source[match.end() :])[1]
            if command == "begin":
                environments.append(name)
            elif not environments or environments.pop() != name:
                raise Refused(f"end of {name}")
        elif sign == "{":
            groups.append(in_math)
        elif sign == "}":
            if not groups or groups.pop() != in_math:
                raise Refused("a group is closed that is not open")
        elif sign == "$":
            in_math = not in_math
        elif sign == "&" and "tabular" not in environments:
            raise Refused("& outside of a table")
        elif sign and (sign in "#~" or (sign in "^_" and not in_math)):
            raise Refused(f"{sign} is not escaped")
    if groups or environments or in_math:
        raise Refused(f"open at the end: {groups} {environments} {in_math}")


def _check_command(command, in_math):
    if command not in KERNEL | BOOKTABS:
        raise Refused(f"unknown command {command}")
    if command in ONLY_IN_MATH and not in_math:
        raise Refused(f"{command} outside of mathematics")


def _rows(body):
    """Rows without their rules; what follows a row must not be read as its options."""
    if odd := re.search(r"\\\\\s*[\[*]", body):
        raise Refused(f"options of a row: {odd[0]!r}")
    body = re.sub(r"\\(top|mid|bottom)rule|\\cmidrule\(\w+\)\{\d+-\d+\}", "", body)
    *rows, rest = re.split(r"\\\\(?=\s)", body)
    if rest.strip():
        raise Refused(f"a row without an end: {rest.strip()!r}")
    return rows


def _row(row, columns):
    cells = [cell.strip() for cell in re.split(r"(?<!\\)&", row)]
    spans = [re.match(r"\\multicolumn\{(\d+)\}", cell) for cell in cells]
    width = sum(int(span[1]) if span else 1 for span in spans)
    if width != columns:
        raise Refused(f"{width} of {columns} columns: {row.strip()!r}")
    return cells
