"""The shape of the whole: no module reaches itself, and no folder is crowded."""

import ast
from collections import Counter
from functools import cache

from experiments.studies.imports import ROOT, arrows, imports, modules, reachable

MOST_MODULES = 16
ONE_FILE_A_COMPONENT = {"baselines", "channels"}


def test_no_module_imports_itself_in_a_circle():
    found = arrows(modules())
    assert sum(map(len, found.values())) > 300
    reach = reachable(found)
    assert [name for name in reach if name in reach[name]] == []


def test_a_circle_is_seen():
    reach = reachable({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})
    assert sorted(name for name in reach if name in reach[name]) == ["a", "b", "c"]


def test_no_folder_is_crowded():
    count = Counter(
        path.parent.relative_to(ROOT).as_posix()
        for path in modules().values()
        if path.stem != "__init__"
    )
    crowded = {folder for folder, number in count.items() if number > MOST_MODULES}
    assert crowded <= ONE_FILE_A_COMPONENT


def bound(text):
    """Names that a module has at its top level, or anywhere below."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def missing(text, names):
    """Names imported from modules of ours that do not have them."""
    for _, name in imports(text):
        module, _, last = name.rpartition(".")
        if name not in names and last not in names.get(module, [last]):
            yield name


@cache
def names_of_modules():
    return {name: set(bound(path.read_text())) for name, path in modules().items()}


def test_every_name_that_is_imported_is_there():
    names = names_of_modules()
    found = [
        f"{module} imports {name}"
        for module, path in modules().items()
        for name in missing(path.read_text(), names)
    ]
    assert found == []


def test_a_name_that_is_not_there_is_seen():
    text = "def f():\n    from semlink.units import db_to_linear, db_to_nothing"
    assert list(missing(text, names_of_modules())) == ["semlink.units.db_to_nothing"]
