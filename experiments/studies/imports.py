"""The modules of the project and what each imports, read from the source alone."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = "semlink", "channels", "blocks", "baselines", "experiments"


def modules() -> dict[str, Path]:
    """Every module of the project, by its dotted name."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted(paths)
    }


def imports(text: str) -> Iterator[tuple[int, str]]:
    """(line, name) of every import in a source text, inside functions as well.

    ``from a import b`` gives ``a.b``, whether b is a module or a name within one. A
    relative import keeps its dots.
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (f"{node.module}." if node.module else "")
            yield from ((node.lineno, start + alias.name) for alias in node.names)
        elif _is_import_module(node):
            yield node.lineno, node.args[0].value


def _is_import_module(node: ast.AST) -> bool:
    called = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2]
    if called not in ("import_module", "__import__") or not node.args:
        return False
    return isinstance(node.args[0], ast.Constant)


def arrows(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """The modules among the known ones that each of them imports."""
    return {
        name: {
            module
            for _, target in imports(path.read_text())
            for module in (target, target.rpartition(".")[0])
            if module in known
        }
        for name, path in known.items()
    }


def reachable(arrows: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The nodes that each node reaches in one step or more."""
    reach = {node: set(targets) for node, targets in arrows.items()}
    for middle in arrows:
        for targets in reach.values():
            if middle in targets:
                targets |= reach[middle]
    return reach
