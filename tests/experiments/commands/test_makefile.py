"""The Makefile: its help agrees with the code, and a variable is taken or refused."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from blocks.nn.profiles import MODELS, PROFILES
from experiments.commands.sweeping import config_path
from experiments.policies.asked import Recipe as PolicyRecipe
from semlink import config

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "Makefile").read_text().replace("\\\n", " ")
RECIPES = re.findall(r"^([a-z0-9-]+):(?!=).*\n((?:\t.*\n)+|(?=\n))", TEXT, re.M)
MACROS = re.findall(r"^([\w.!-]+) *:?= *(.*)$", TEXT, re.M)
VARIABLES = dict(re.findall(r"^([A-Z_0-9]+) +\?=(.*)$", TEXT, re.M))
ANYWHERE = {"PYTHON"}
SETTINGS = re.findall(r"\(call said,([\w.]+),\$\(([A-Z_0-9]+)\)\)", TEXT)
RESULTS = ROOT / "experiments" / "results"
# without what the make that runs the tests hands down
ALONE = {k: v for k, v in os.environ.items() if "MAKE" not in k and k != "MFLAGS"}


def make(*arguments):
    """What make would run : (status, output, errors)."""
    command = ["make", "-n", "-o", ".venv/ready", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=ALONE, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def refusal(*arguments):
    """The one line that make refuses with."""
    status, out, error = make(*arguments)
    assert (status, out) == (2, "")
    assert len(error.splitlines()) == 1
    return re.sub(r"^Makefile:\d+: \*\*\* |\.  Stop\.$", "", error.strip())


def variables_in(text, pattern):
    """Variables that a text names, in macros that it calls, too."""
    found = set(re.findall(pattern, text)) & VARIABLES.keys() - ANYWHERE
    called = set(re.findall(r"\$\((?:call )?([\w.!-]+)", text)) - VARIABLES.keys()
    for name, value in MACROS:
        if name in called:
            found |= variables_in(value, pattern)
    return found


def of_target(pairs, target):
    return " ".join(text for name, text in pairs if name == target)


TARGETS = sorted({name for name, _ in RECIPES})


def test_each_target_says_what_it_takes():
    assert sorted({n[6:] for n, _ in MACROS if n.startswith("takes.")}) == TARGETS
    assert len(TARGETS) > 35


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_takes_what_its_recipe_uses(target):
    used = variables_in(of_target(RECIPES, target), r"\$\(([A-Z_0-9]+)\)")
    taken = variables_in(of_target(MACROS, f"takes.{target}"), r"[A-Z_0-9]+")
    chosen_by = {"MODEL"} if target == "train" else set()  # which recipe it has
    assert taken == used | chosen_by


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_refuses_any_other_variable(target):
    taken = variables_in(of_target(MACROS, f"takes.{target}"), r"[A-Z_0-9]+")
    others = sorted(VARIABLES.keys() - taken - ANYWHERE)
    for other in (*others[:1], "SNR"):
        told = rf"make {target} takes (.+), got {other}"
        named = re.fullmatch(told, refusal(target, f"{other}=1"))[1]
        assert named == "no variable" or set(named.split()) <= taken


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("report CBR=0.1", "make report takes CACHE_GIB PICTURES RUN SHOW, got CBR"),
        ("report CBR=", "make report takes CACHE_GIB PICTURES RUN SHOW, got CBR"),
        ("list RUN=x CBR=1", "make list takes no variable, got CBR RUN"),
        ("CBR=1", "make help takes no variable, got CBR"),
        ("list panel DRAWS=1", "make list panel takes CBR RUN SHOW, got DRAWS"),
        ("compare A=a B=b RUN=c", "make compare takes A B METRIC, got RUN"),
        ("bench SOURCE=photos", "make bench takes WORKERS, got SOURCE"),
        (
            "train MODEL=channel_kb DATA=x PROFILE=tiny",
            "make train takes DATA MODEL RUN TRAIN, got PROFILE",
        ),
        ("train", "make train needs DATA, got nothing"),
        ("promote NOTE=good", "make promote needs RUN, got nothing"),
        ("kb", "make kb needs KB DATA, got nothing"),
        ("reference", "make reference needs SOURCE, got nothing"),
        ("worker TLS=x", "make worker needs CLUSTER, got nothing"),
    ],
)
def test_refusal(said, message):
    assert refusal(*said.split()) == message


@pytest.mark.parametrize("run", ["", " ", ".sent", "..", "a/b", "/tmp"])
@pytest.mark.parametrize("target", ["sweep", "promote"])
def test_a_run_is_the_name_of_a_folder_in_runs(target, run):
    if run.strip() or target == "sweep":
        told = f"RUN is a name without slashes or a leading dot, got '{run.strip()}'"
    else:
        told = "make promote needs RUN, got nothing"
    assert refusal(target, f"RUN={run}") == told


@pytest.mark.parametrize(
    ("said", "run"),
    [
        ("sweep", "--run 'sweep'"),
        ("sweep RUN=mine", "--run 'mine'"),
        ("fig4", "-m experiments fig4"),
        ("fig4 PROTOCOL=paper", "--protocol 'paper'"),
        ("fig4 RUN=sweep", "--run 'sweep'"),
        ("train DATA=x", "--run 'runs/train'"),
        ("train DATA=x MODEL=channel_kb", "--run 'runs/train'"),
        ("train DATA=x RUN=sweep", "--run 'runs/sweep'"),
        ("train TRAIN=--help", "--data '' --help"),
        ("sweep figure RUN=mine CBR=1", "figure --run 'mine'"),
        ("figure RUN=mine METRIC=all", "figure --run 'mine' --metric 'all' \\"),
        ("figure AGAINST=ntscc", "--against 'ntscc'"),
        ("sweep SHOW_METRICS=ber", "--show-metrics 'ber' --cache-gib"),
        ("bench WORKERS=2 SOURCE=x PYTHON=python3", "--source 'x'"),
        ("cluster-keys", "cluster-keys 'cluster.pem'"),
        ("sweep WORKERS=2 TLS=x", "--workers '2' \\ --tls 'x' --"),
        ("sweep CLUSTER=tls://a:1 TLS=x", "--cluster 'tls://a:1' --tls 'x' --"),
        ("worker CLUSTER=tls://a:1 TLS=x", "worker 'tls://a:1' --tls 'x'"),
    ],
)
def test_what_is_run(said, run):
    status, out, error = make(*said.split())
    assert (status, error) == (0, "")
    assert run in " ".join(out.split())


def test_a_figure_is_of_differences_only_where_they_are_asked_for():
    assert "--against" not in make("figure", "RUN=mine")[1]


def test_a_host_of_the_environment_opens_no_port(monkeypatch):
    monkeypatch.setitem(ALONE, "HOST", "0.0.0.0")
    assert "--host" not in make("scheduler")[1]
    assert "--host '0.0.0.0'" in make("scheduler", "HOST=0.0.0.0", "TLS=x")[1]


ODD = [
    "it's",
    "two  spaces",
    "a$b^{c$",
    '$(HOME) `x` \\ "q"',
    "#1, 100% & co",
    "a;b|c>d*?~",
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("target", "variable", "word"),
    [
        ("sweep", "SOURCE", "source={}"),
        ("sweep", "TRANSMITTER", "transmitter={}"),
        ("sweep", "CONFIG", "{}"),
        ("sweep", "RUN", "{}"),
        ("fig4", "SOURCE", "{}"),
        ("papr", "TRANSMITTER", "{}"),
        ("compare", "AGAINST", "{}"),
        ("train", "DATA", "{}"),
        ("kb-search", "TEXT", "{}"),
        ("reference", "SOURCE", "{}"),
        ("memory", "SOURCE", "{}"),
    ],
)
def test_any_text_is_one_word_of_the_command(target, variable, word, odd):
    status, out, error = make(target, f"{variable}={odd}")
    assert (status, error) == (0, "")
    assert word.format(odd) in shlex.split(out)


def test_every_text_of_a_variable_is_quoted_for_the_shell():
    assert (
        re.findall(r"'[^'\n]*\$\(strip [^'\n]*'", TEXT.partition("ANYWHERE")[0]) == []
    )


@pytest.mark.parametrize(
    ("key", "variable"), [pair for pair in SETTINGS if pair[0] != "scenario"]
)
def test_default_in_a_comment_is_the_one_of_the_configuration(key, variable):
    settings = config.load(config_path("sweep"), [])
    value = yaml.safe_load(config_path("sweep").read_text()).get(key)
    shown = " ".join(value) if isinstance(value, list) else value
    if value is None:  # as in code
        section, _, name = key.rpartition(".")
        value = getattr(getattr(settings, section) if section else settings, name)
        empty = {"images": "all", "ci95": "off", "bits_per_use": "free"}
        shown = empty[name] if value is None else value
        if isinstance(value, tuple):
            shown = " ".join(spec.label for spec in value)
    assert VARIABLES[variable].split("#")[1].strip().startswith(f"[{shown}] ")


@pytest.mark.parametrize(
    ("variable", "choices"),
    [
        ("MODEL", [*MODELS, PolicyRecipe._field_defaults["model"]]),
        ("PROFILE", [*PROFILES]),
    ],
)
def test_choices_in_a_comment_are_those_that_there_are(variable, choices):
    comment = VARIABLES[variable].split(": ")[1]
    assert re.split(r", | or ", comment) == choices


def test_help_is_in_groups_and_narrow():
    out = subprocess.run(
        ["make", "help"], cwd=ROOT, env=ALONE, capture_output=True, text=True
    ).stdout
    assert re.findall(r"^(\w+)$", out, re.M) == [
        *("Simulate", "Look", "Train", "Knowledge", "Measure", "Develop")
    ]
    assert max(map(len, out.splitlines())) <= 100
    shown = re.findall(r"^  +([\w-]+) ", out, re.M)
    assert sorted(shown) == sorted([*TARGETS, *VARIABLES])


def test_each_reference_result_has_its_line():
    _, out, _ = make("reference", "SOURCE=coco:x")
    remade = {line.split()[-1] for line in re.sub(r"\\\n", " ", out).splitlines()}
    committed = RESULTS.rglob("points.csv")
    assert remade == {p.parent.relative_to(ROOT).as_posix() for p in committed}


def test_a_coarse_reference_leaves_the_results_alone():
    status, out, _ = make("reference", "QUICK=1")
    assert status == 0
    assert "experiments/results" not in out
    assert out.count("--run 'quick-") == make("reference", "SOURCE=x")[1].count("cp ")


def test_a_reference_sweep_is_the_one_that_was_made():
    manifest = json.loads((RESULTS / "reference/channels/manifest.json").read_text())
    made = config.validate(manifest["configuration"]).model_dump()
    settings = config.load(config_path("channels"), []).model_dump()
    assert settings == made


DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
VALUE = r"(?:\"[^\"]*\"|'[^']*'|[^\s`]*)"
COMMAND = re.compile(rf"make ([a-z0-9-]+)((?:\s+[A-Z_0-9]+={VALUE})+)")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_docs_give_variables_that_their_targets_take(path):
    for target, said in COMMAND.findall(path.read_text().replace("\\\n", " ")):
        given = set(re.findall(rf"([A-Z_0-9]+)={VALUE}", said))
        taken = variables_in(of_target(MACROS, f"takes.{target}"), r"[A-Z_0-9]+")
        given -= {"PYTHON"}  # which all targets take
        assert given <= taken or target == "list", target  # which shows a refusal
