"""Each faulty component breaks one rule, which its verdict names with a place."""

import re
from pathlib import Path

import numpy as np
import pytest

from experiments.checking.kinds import subject_of, verdicts_of
from experiments.compose import catalogue
from semlink.checking import first_use
from semlink.config import validate
from semlink.errors import InputError

FAULTY = Path(__file__).parent / "faulty"
# rule, what the verdict says, and the text of the line that it points to
FAULTS = {
    "gain": ("gain", r"gain of x_hat = (1\.99|2\.0)", "2 * x + noise"),
    "noise_split": ("noise", r"/ no = (1\.9[89]|2)", "noise ="),
    "wrong_dtype": ("dtype", "x complex128", "complex128"),
    "genie": ("genie", "estimates differ where nothing was sent", 'LAST["picture"]'),
    "ledger_short": ("ledger", "9388 channel uses", "ledger("),
    "unseeded": ("determinism", "global generator", "np.random.normal"),
    "not_a_number": ("finite", "nan", "np.sqrt"),
    "zeros_tell_the_length": ("length", "zeros at the end", "np.pad"),
    "decibels": ("snr", "8.45 dB at snr_db = 7", "snr_db"),
    "over_budget": ("budget", "of the budget at CBR", "def plan"),
    "seed_ignored": ("seed", "100% of the symbols are equal", "always"),
    "state_kept": ("receiver state", "another estimate", "self._before = data"),
    "flat": ("finite", "nan.*all zero", "deviation"),
    "one_symbol_over": ("budget", r"100\.\d*[1-9]% of the budget", "tx._replace"),
    "source_seed": ("seed", "two seeds: equal samples", "default_rng"),
    "task_state": ("state", "differ in the opposite order", "self._worst"),
    "greedy": ("form", "at most the pool's 0 channel uses", "return"),
}


# seen by a full check alone, and two that it must see as well
FULL = {"hashed": "process", "clock": "determinism"}
FULL |= {"genie": "genie", "state_kept": "receiver state"}


def test_every_fault_has_a_file():
    assert {path.stem for path in FAULTY.glob("*.py")} == {*FAULTS, *FULL}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_breaks_its_rule_and_no_other(name):
    rule, says, line = FAULTS[name]
    path = FAULTY / f"{name}.py"
    found = list(verdicts_of(subject_of(str(path), quick=True)))
    assert [verdict.rule.name for verdict in found if verdict.failed] == [rule]
    (verdict,) = (verdict for verdict in found if verdict.failed)
    assert re.search(says, verdict.measured)
    file, number = verdict.place.partition(" ")[0].split(":")
    assert Path(file).name == path.name
    assert line in path.read_text("utf-8").splitlines()[int(number) - 1]
    assert "\n" not in verdict.line


@pytest.mark.slow
@pytest.mark.parametrize("name", FULL)
def test_a_fault_breaks_its_rule_in_a_full_check(name):
    found = verdicts_of(subject_of(str(FAULTY / f"{name}.py")))
    broken = [verdict.rule.name for verdict in found if verdict.failed]
    assert broken == [FULL[name]]


def sweep(**parts):
    settings = {"snr_db": "10", "cbr": "1", "task": "reconstruction"}
    settings |= {"source": "photos[limit=1]", "transmitter": "uncoded"}
    config = validate(settings | {"channel": "awgn"} | parts)
    source = catalogue().build("source", config.source)
    small = [source[0]._replace(data=source[0].data[:48, :48].copy(), values=6912)]
    first_use.check(config, catalogue(), small)


@pytest.mark.parametrize(
    "name", ["gain", "noise_split", "decibels", "unseeded", "seed_ignored"]
)
def test_a_sweep_stops_at_the_first_use_of_a_channel(name):
    rule = FAULTS[name][0]
    line = rf"channel {name} breaks the rule {rule}: .*, at .*{name}.py:\d+"
    with pytest.raises(InputError, match=line) as error:
        sweep(channel=str(FAULTY / f"{name}.py"))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["genie", "state_kept", "zeros_tell_the_length"])
def test_a_sweep_stops_at_the_first_use_of_a_transmitter(name):
    line = rf"transmitter {name} breaks the rule {FAULTS[name][0]}: .*{name}.py:\d+"
    with pytest.raises(InputError, match=line):
        sweep(transmitter=str(FAULTY / f"{name}.py"))


def test_a_component_is_checked_once(monkeypatch):
    built = []
    monkeypatch.setattr(first_use, "_kept", set())
    registry = type(catalogue())
    fresh = registry.fresh
    monkeypatch.setattr(
        registry, "fresh", lambda *given: built.append(given[1]) or fresh(*given)
    )
    sweep()
    first = len(built)
    sweep()
    assert built == ["channel"] * first
    assert first > 0


def test_a_wrong_kind_is_refused():
    with pytest.raises(InputError, match="did you mean 'channel'"):
        subject_of(str(FAULTY / "gain.py"), kind="chanel")
    with pytest.raises(InputError, match="unknown component 'rayleig'.*'rayleigh'"):
        subject_of("rayleig")
    with pytest.raises(InputError, match="--kind must say which random is meant"):
        subject_of("random")
    with pytest.raises(InputError, match="no component file at"):
        subject_of("no_such_file.py")


def test_zeros_of_a_mean_have_no_variance():
    from semlink.checking.statistics import mean_is

    assert mean_is(np.ones(16), 1.0, "a").kept
    assert not mean_is(np.full(16, 4.0), 1.0, "a").kept
