"""The modules of the project and their imports, read from the source."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
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


@cache
def imports(text: str) -> tuple[tuple[int, str], ...]:
    """(line, name) of every import in a source text, also inside functions.

    ``from a import b`` gives ``a.b``, for a module b or a name b. A relative import
    keeps its dots.
    """
    return tuple(_imports(text))


def _imports(text: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (f"{node.module}." if node.module else "")
            yield from ((node.lineno, start + alias.name) for alias in node.names)
        elif _is_import_module(node):
            yield node.lineno, node.args[0].value


def _is_import_module(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not node.args:
        return False
    called = getattr(node.func, "attr", getattr(node.func, "id", ""))
    is_import = called in ("import_module", "__import__")
    return is_import and isinstance(node.args[0], ast.Constant)


def arrows(known: Mapping[str, Path]) -> dict[str, set[str]]:
    """For each known module, the known modules that it imports."""
    return {
        name: {
            module
            for _, target in imports(path.read_text("utf-8"))
            for module in (target, target.rpartition(".")[0])
            if module in known
        }
        for name, path in known.items()
    }


def reachable(arrows: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The nodes that each node reaches in one or more steps."""
    reach = {node: set(targets) for node, targets in arrows.items()}
    for middle in arrows:
        for targets in reach.values():
            if middle in targets:
                targets |= reach[middle]
    return reach
