"""Rules of the source: allowed imports, and lengths of files and functions."""

import ast
import os
import subprocess
import sys
from functools import cache

import pytest

from experiments.studies.imports import ROOT, imports

LAYERS = {
    "semlink": {"semlink"},
    "channels": {"channels", "semlink"},
    "blocks": {"blocks", "semlink"},
    "baselines": {"baselines", "blocks", "semlink"},
    "experiments": {"experiments", "baselines", "blocks", "channels", "semlink"},
}
FRAMEWORKS = {"tensorflow", "sionna", "torch", "jax", "tf_keras"}
ENVIRONMENT = "experiments/environment.py"  # of the command line and of Python
TRAINING = "experiments/training/__main__.py"
POLICY_TRAINING = "experiments/policies/__main__.py"
SCHEDULER_TRAINING = "experiments/scheduling/__main__.py"
ENTRY_POINTS = {ENVIRONMENT, TRAINING, POLICY_TRAINING, SCHEDULER_TRAINING}
# modules of the training that run in the simulator's environment
WITH_THE_SIMULATOR = ("promote",)
# its functions, and no others of the engine, import what composes the project
INTERFACE, COMPOSED = "semlink/__init__.py", "experiments.python."
COMPILER = "semlink/graph.py"
SEEDING = "semlink/rng.py"
MOST_LINES, MOST_LINES_OF_A_FUNCTION = 350, 50
WRITES = {"setdefault", "update", "pop", "popitem", "clear", "__setitem__"}


def sources(*folders):
    """Python files by their path within the project."""
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


OURS = sources(*LAYERS)
TESTS = sources("tests")


@cache
def nodes(text):
    """All nodes of a source text; every rule walks over them."""
    return tuple(ast.walk(ast.parse(text)))


def name_of(node):
    """Last part of the name that a node has: ``b`` of ``a.b``."""
    return getattr(node, "attr", getattr(node, "id", ""))


def breaches_of_layers(path, text):
    """Imports of another layer, or relative ones, which hide theirs."""
    allowed = LAYERS[path.partition("/")[0]]
    excepted = _lines_of_functions(text) if path == INTERFACE else ()
    for line, module in imports(text):
        top = module.partition(".")[0]
        if line in excepted and module.startswith(COMPOSED):
            continue
        if top == "" or top in ({*LAYERS, "tests"} - allowed):
            yield f"{path}:{line} imports {module}"


def _lines_of_functions(text):
    """Numbers of the lines within functions."""
    functions = [n for n in nodes(text) if isinstance(n, ast.FunctionDef)]
    return {i for f in functions for i in range(f.lineno, f.end_lineno + 1)}


def breaches_of_networks(path, text):
    """Imports of one framework in a folder of networks that serve all of them."""
    if "/nn/" in path:
        for line, module in imports(text):
            if module.partition(".")[0] in FRAMEWORKS:
                yield f"{path}:{line} imports {module}"


def breaches_of_the_engine(path, text):
    """Frameworks in the engine, but for the places that they have."""
    places = {"tensorflow": (COMPILER, SEEDING), "sionna": (SEEDING,)}
    for line, module in imports(text):
        top = module.partition(".")[0]
        if top in FRAMEWORKS and path not in places.get(top, ()):
            yield f"{path}:{line} imports {module}"


def breaches_of_compilation(path, text):
    """Any other place where a function is compiled."""
    for node in nodes(text):
        is_function = isinstance(node, ast.Attribute) and node.attr == "function"
        if is_function and name_of(node.value) == "tf" and path != COMPILER:
            yield f"{path}:{node.lineno} compiles"
        imported = isinstance(node, ast.ImportFrom) and node.module == "tensorflow"
        if imported and any(alias.name == "function" for alias in node.names):
            yield f"{path}:{node.lineno} compiles"


def breaches_of_environment(path, text):
    """Changes of the environment outside the entry points."""
    for node in nodes(text) if path not in ENTRY_POINTS else ():
        if _sets_environment(node):
            yield f"{path}:{node.lineno} changes the environment"


def _sets_environment(node):
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return name_of(node.value) == "environ"
    if isinstance(node, ast.AugAssign):
        return name_of(node.target) == "environ"
    if not isinstance(node, ast.Call):
        return False
    name, owner = name_of(node.func), getattr(node.func, "value", None)
    return name in ("putenv", "unsetenv") or (
        name_of(owner) == "environ" and name in WRITES
    )


def breaches_of_assertion(path, text):
    """Checks that ``python -O`` would leave out."""
    for node in nodes(text):
        if isinstance(node, ast.Assert):
            yield f"{path}:{node.lineno} asserts"


def breaches_of_encoding(path, text):
    """Text files that are read or written in whatever encoding the locale has."""
    for node in nodes(text):
        if isinstance(node, ast.Call) and not _is_encoded(node):
            yield f"{path}:{node.lineno} leaves the encoding to the locale"


def _is_encoded(call):
    name, is_plain = name_of(call.func), isinstance(call.func, ast.Name)
    if any(keyword.arg == "encoding" for keyword in call.keywords):
        return True
    if name == "open" and is_plain:
        return any("b" in ast.unparse(mode) for mode in call.args[1:2])
    needed = {"read_text": 1, "write_text": 2}.get(name, 0)
    return len(call.args) >= needed


def breaches_of_length(path, text):
    """Files and functions that are too long."""
    num_lines = len(text.splitlines())
    if num_lines > MOST_LINES:
        yield f"{path} has {num_lines} lines"
    for node in nodes(text):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1 - _lines_of_docstring(node)
            if lines > MOST_LINES_OF_A_FUNCTION:
                yield f"{path}:{node.lineno} {node.name} has {lines} lines"


def _lines_of_docstring(node):
    first = node.body[0]
    return first.end_lineno - first.lineno + 1 if ast.get_docstring(node) else 0


def found(rule, files):
    return [breach for item in files.items() for breach in rule(*item)]


def test_the_files_are_those_of_the_project():
    assert {*ENTRY_POINTS, COMPILER, SEEDING} <= set(OURS)
    assert {path.partition("/")[0] for path in OURS} == set(LAYERS)


@pytest.mark.parametrize(
    "rule",
    [
        breaches_of_layers,
        breaches_of_networks,
        breaches_of_compilation,
        breaches_of_environment,
        breaches_of_assertion,
        breaches_of_encoding,
    ],
)
def test_rule(rule):
    assert found(rule, OURS) == []


def test_engine_needs_no_framework():
    engine = {path: text for path, text in OURS.items() if path.startswith("semlink/")}
    assert found(breaches_of_the_engine, engine) == []


def test_nothing_is_too_long():
    assert found(breaches_of_length, OURS | TESTS) == []


def test_tests_are_found_by_their_names():
    names = [path.rpartition("/")[2] for path in TESTS if "/test_" in path]
    assert len(names) == len(set(names))
    assert not [path for path in TESTS if path.endswith("__init__.py")]


def test_commands_start_without_a_framework():
    modules = ["__main__", "compose", "figures.curves"]
    modules += [f"commands.{name}" for name in ("sweeping", "display", "listing")]
    code = f"import {', '.join(f'experiments.{m}' for m in modules)}, sys;"
    slow = FRAMEWORKS | {"numba"}
    code += f"sys.exit(', '.join({slow} & set(sys.modules)) or 0)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.strip()) == (0, "")


WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Absent())
import {modules}
"""


def without(absent, modules):
    """Import modules without some packages; return the errors."""
    code = WITHOUT.format(absent=absent, modules=", ".join(modules))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    return done.stderr.strip()


def test_training_starts_with_keras_alone():
    pytest.importorskip("jax")
    paths = [p.removesuffix(".py") for p in OURS if p.startswith("experiments/train")]
    modules = [p.replace("/", ".") for p in paths if "__init__" not in p]
    modules = [m for m in modules if m.rpartition(".")[2] not in WITH_THE_SIMULATOR]
    assert len(modules) > len(WITH_THE_SIMULATOR)
    # Keras itself imports rich
    absent = {"tensorflow", "sionna", "typer", "pydantic", "torch", "tf_keras"}
    absent |= {"skimage", "yaml", "constriction", "tensorboard"}
    assert without(absent, modules) == ""
    assert "keras" in without({"keras"}, modules)


LONG = "def f():\n    '''One.\n\n    Two.\n    '''\n" + "    x = 1\n" * 49

BREACHES = [
    (breaches_of_layers, "channels/a.py", "from blocks.phy.bicm import Bicm"),
    (breaches_of_layers, "channels/a.py", "import baselines"),
    (breaches_of_layers, "blocks/a.py", "def f():\n    import channels.awgn"),
    (breaches_of_layers, "blocks/a.py", "from baselines import separated"),
    (breaches_of_layers, "baselines/a.py", "import numpy, channels"),
    (breaches_of_layers, "baselines/a.py", "importlib.import_module('channels.awgn')"),
    (breaches_of_layers, "semlink/a.py", "from experiments import compose"),
    (breaches_of_layers, "semlink/a.py", "from ..blocks import bicm"),
    (breaches_of_layers, "semlink/a.py", f"def f():\n    import {COMPOSED}link"),
    (breaches_of_layers, INTERFACE, f"import {COMPOSED}link"),
    (breaches_of_layers, INTERFACE, "def f():\n    import experiments.compose"),
    (breaches_of_layers, INTERFACE, "def f():\n    from blocks import detection"),
    (breaches_of_layers, "experiments/a.py", "from tests import conftest"),
    (breaches_of_networks, "blocks/nn/a.py", "import torch.nn"),
    (breaches_of_networks, "channels/nn/deep/a.py", "from tensorflow import keras"),
    (breaches_of_the_engine, "semlink/a.py", "def f():\n    import tensorflow as tf"),
    (breaches_of_the_engine, COMPILER, "import sionna.phy"),
    (breaches_of_compilation, "blocks/a.py", "@tf.function\ndef f(): ..."),
    (breaches_of_compilation, "blocks/a.py", "g = tf.function(f, jit_compile=True)"),
    (breaches_of_compilation, "blocks/a.py", "from tensorflow import function"),
    (breaches_of_environment, "experiments/a.py", "os.environ['A'] = 'b'"),
    (breaches_of_environment, "blocks/a.py", "os.environ.setdefault('A', 'b')"),
    (breaches_of_environment, "blocks/a.py", "del environ['A']"),
    (breaches_of_environment, "blocks/a.py", "os.environ |= {'A': 'b'}"),
    (breaches_of_environment, "blocks/a.py", "os.putenv('A', 'b')"),
    (breaches_of_environment, "experiments/training/a.py", "os.environ['A'] = 'b'"),
    (breaches_of_environment, "experiments/__main__.py", "os.environ['A'] = 'b'"),
    (breaches_of_environment, "blocks/__main__.py", "os.environ['A'] = 'b'"),
    (breaches_of_assertion, "semlink/a.py", "def f():\n    assert True"),
    (breaches_of_encoding, "semlink/a.py", "Path('a').read_text()"),
    (breaches_of_encoding, "semlink/a.py", "Path('a').write_text('b')"),
    (breaches_of_encoding, "semlink/a.py", "with open(path, newline='') as file: ..."),
    (breaches_of_encoding, "semlink/a.py", "open(path, 'w')"),
    (breaches_of_length, "semlink/a.py", LONG + "    x = 1\n"),
    (breaches_of_length, "semlink/a.py", "x = 1\n" * 351),
]

ALLOWED = [
    (breaches_of_layers, "experiments/a.py", "import channels, blocks, baselines"),
    (breaches_of_layers, "baselines/a.py", "from blocks.phy.bicm import Bicm"),
    (breaches_of_layers, INTERFACE, f"def f():\n    import {COMPOSED}link"),
    (breaches_of_networks, "blocks/nn/a.py", "import keras, numpy"),
    (breaches_of_networks, "blocks/a.py", "import tensorflow"),
    (breaches_of_compilation, COMPILER, "tf.function(f)"),
    (breaches_of_environment, ENVIRONMENT, "os.environ['A'] = 'b'"),
    (breaches_of_environment, TRAINING, "os.environ.setdefault('A', 'b')"),
    (breaches_of_environment, "blocks/a.py", "x = os.environ['A'], os.environ.get(1)"),
    (breaches_of_encoding, "semlink/a.py", "Path('a').read_text('utf-8')"),
    (breaches_of_encoding, "semlink/a.py", "open(path, 'w', encoding='utf-8')"),
    (breaches_of_encoding, "semlink/a.py", "open(path, 'rb'), Image.open(path)"),
    (breaches_of_length, "semlink/a.py", LONG),
]


@pytest.mark.parametrize(("rule", "path", "text"), BREACHES)
def test_rules_find_breaches(rule, path, text):
    assert len(list(rule(path, text))) == 1


@pytest.mark.parametrize(("rule", "path", "text"), ALLOWED)
def test_rules_find_nothing_else(rule, path, text):
    assert list(rule(path, text)) == []
