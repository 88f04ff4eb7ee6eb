"""The shape of the whole: no module reaches itself, and no folder is crowded."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = "semlink", "blocks", "channels", "baselines", "experiments"
MOST_MODULES = 16
ONE_FILE_A_COMPONENT = {"baselines", "channels"}


def modules():
    """Every module of ours, by its name."""
    paths = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths
    }


def imported(path, known):
    """Modules of ours that a file imports, wherever it does."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            names += [node.module]
        else:
            continue
        yield from (name for name in names if name in known)


def reachable(arrows):
    """What each node reaches in one step or more."""
    reach = {node: set(targets) for node, targets in arrows.items()}
    for middle in arrows:
        for targets in reach.values():
            if middle in targets:
                targets |= reach[middle]
    return reach


def test_no_module_imports_itself_in_a_circle():
    known = modules()
    arrows = {name: set(imported(path, known)) for name, path in known.items()}
    assert sum(map(len, arrows.values())) > 300
    reach = reachable(arrows)
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
