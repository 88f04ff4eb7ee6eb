"""Components that return rubbish: their points fail in one line, the others go on."""

import re
from pathlib import Path

import pytest

from semlink.errors import InputError
from semlink.store.rows import FAILED

COMPONENTS = Path(__file__).parents[1] / "components"

CHANNEL = """
import numpy as np
from semlink.signals import RxSignal

def build():
    def channel(x, snr_db, course):
        no, h = np.full(x.shape, 0.1, np.float32), np.ones_like(x)
        {fault}
        return RxSignal(x, no, h)
    channel.level = "eager"
    return channel
"""
OF_CHANNELS = {
    "x = x * np.nan": "finite x_hat, got nan.* at symbol 0",
    "x = np.where(np.arange(x.shape[1]) == 7, np.inf, x)": "finite x_hat.* symbol 7",
    "no = no * np.nan": "noise variances no above zero .*, got nan at symbol 0",
    "no = 0 * no": "noise variances no above zero .*, got 0 at symbol 0",
    "no = -no": "noise variances no above zero .*, got -0.1 at symbol 0",
    "no = np.float64(no) * 1e-60": "noise variances no above zero .*, got 0 at symbol",
    "no = np.float32(0.1)": r"no as float32 \[1, 1024\], got float32 0.1",
    "no = no + 0j": r"no as float32 \[1, 1024\], got complex",
    "no = no > 0": r"no as float32 \[1, 1024\], got bool",
    "no = None": r"no as float32 \[1, 1024\], got None",
    "x, no = x[:, :-100], no[:, :-100]": r"x_hat .*\[1, 1024\], got complex64 \[1, 924",
    "x, no = x[0], no[0]": r"x_hat as complex64 \[1, 1024\], got complex64 \[1024\]",
    "x = x.real": r"x_hat as complex64 \[1, 1024\], got float32 \[1, 1024\]",
    "x = 'abc'": r"x_hat as complex64 \[1, 1024\], got <U3 abc",
    "h = h * np.nan": "finite h_hat, got",
    "h = 1.0": r"h_hat as complex64 \[1, 1024\], got float64 1.0",
    "return x, no, h": "an RxSignal, got tuple of 3",
    "return x": r"an RxSignal, got complex64 \[1, 1024\]",
    "return None": "an RxSignal, got None",
}

PAIR = """
import runpy
import numpy as np
from semlink.signals import ledger

good = runpy.run_path({phase!r})["build"]()

class Transmitter(type(good.transmitter)):
    def operating_point(self, csi):
        point = super().operating_point(csi)
        {of_point}
        return point

    def plan(self, source, budget):
        plan = super().plan(source, budget)
        {of_plan}
        return plan

    def __call__(self, sample, plan, memory=None):
        tx, memory = super().__call__(sample, plan, memory)
        {of_signal}
        return tx, memory

def receive(rx, query=None, memory=None):
    made, memory = good.receiver(rx, query, memory)
    {of_estimate}
    return made, memory

def build():
    return good._replace(transmitter=Transmitter(False), receiver=receive)
"""
PARTS = ("of_point", "of_plan", "of_signal", "of_estimate")
OF_SIGNALS = {
    "tx = tx._replace(x=tx.x.real)": r"x as complex64 \[n\], got float32 \[\d+\]",
    "tx = tx._replace(x=tx.x[None])": r"x as complex64 \[n\], got complex64 \[1, ",
    "tx = tx._replace(x=tx.x * np.nan)": "finite x, got",
    "tx = tx._replace(x=[[1j], [1j, 2]])": r"x as complex64 \[n\], got list of 2",
    "tx = tx._replace(x=tx.x[:-1])": r"a ledger of the \d+ symbols of x, got a ledger",
    "tx = tx._replace(ledger={'payload': 5})": "a Ledger of whole .*'payload': 5",
    "tx = tx._replace(ledger=dict(tx.ledger))": "a Ledger of whole numbers by Use",
    "tx.ledger.update({u: n + 0.5 for u, n in tx.ledger.items()})": "whole number",
    "tx = tx._replace(blocks=None)": r"blocks as uint8 \[n, n\], got None",
    "tx = tx._replace(blocks=tx.blocks[0])": r"blocks as uint8 \[n, n\], got uint8 \[2",
    "return tx": r"\(TxSignal, memory\), got TxSignal of 4",
    "return tx.x, None": r"a TxSignal, got complex64 \[\d+\]",
    "memory = 'last time'": "no memory, as its pair .*, got 'last time'",
}
OF_ESTIMATES = {
    "made = made._replace(data=made.data / 255)": r"an image as uint8 .*got float64",
    "made = made._replace(data=made.data[..., 0])": r"uint8 \[H, W, 3\], got .*16\]",
    "made = made._replace(data=made.data[:8])": r"the sample's uint8 \[16, 16, 3\]",
    "made = made._replace(data='a cat')": r"an image as uint8 \[H, W, 3\], got 'a cat'",
    "made = made._replace(modality='text')": "modality image, got 'text'",
    "made = made._replace(lost=None)": "lost as True or False, got None",
    "made = made._replace(blocks=0.5 * made.blocks)": r"blocks as uint8 \[n, n\], got",
    "return made": r"\(Estimate, memory\), got Estimate of 5",
    "return made.data, None": r"an Estimate, got uint8 \[16, 16, 3\]",
    "return None": r"\(Estimate, memory\), got None",
}
OF_PLANS = {
    "plan = {'rate': plan}": "a plan that can be hashed, got dict of 1",
    "plan = np.arange(3)": r"a plan that can be hashed, got int64 \[3\]",
}

TASK = """
import runpy
import numpy as np
from semlink.metrics import Metric

good = runpy.run_path({distance!r})["build"]()

class Task(type(good)):
    {metrics}

    def observe(self, sample, estimate):
        seen = super().observe(sample, estimate)
        {of_observation}
        return seen

    def score(self, observations):
        {of_score}

def build():
    return Task()
"""
OF_OBSERVATIONS = {
    "del seen['psnr']": "observations of psnr, differing, got differing",
    "seen['pnsr'] = seen['psnr']": "observations of psnr, differing, got .*, pnsr",
    "seen['psnr'] = 31.2": r"psnr as \(sum, count\), got 31.2",
    "seen['psnr'] = (31.2,)": r"psnr as \(sum, count\), got tuple of 1",
    "seen['psnr'] = ('31', 1)": r"psnr as \(sum, count\), got tuple of 2",
    "seen['psnr'] = (np.inf, 1)": r"a finite sum or NaN .*, got \(inf, 1.0\)",
    "seen['psnr'] = (31.2, -1)": r"a count of at least 0, got \(31.2, -1.0\)",
    "seen['psnr'] = (1j, 1)": r"psnr as \(sum, count\), got tuple of 2",
    "return None": "observations by name, got None",
}
WITH_SET = "metrics = (*good.metrics, Metric('f1', 'F1', kind='set'))"
OF_SCORES = {
    "return {'f2': 0.5}": "a score f1, got dict of 1",
    "return 0.5": "a score f1, got 0.5",
    "return {'f1': 'good'}": "the score f1 as a finite number or NaN, got 'good'",
    "return {'f1': np.inf}": "the score f1 as a finite number or NaN, got inf",
}


def written(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def pair_with(path: Path, **faults: str) -> str:
    lines = {part: faults.get(part, "pass") for part in PARTS}
    phase = str(COMPONENTS / "phase.py")
    return written(path, PAIR.format(phase=phase, **lines))


def task_with(path: Path, **parts: str) -> str:
    lines = {"metrics": "pass", "of_observation": "pass", "of_score": "return {}"}
    distance = str(COMPONENTS / "distance.py")
    return written(path, TASK.format(distance=distance, **lines | parts))


@pytest.fixture
def statuses(make, tmp_path, run, table):
    """Statuses of a sweep's points by transmitter and channel, all in one line."""

    def statuses(**components):
        job = make(snr_db="5", cbr="0.3", **components)
        with pytest.raises(InputError, match="points failed; the same command") as said:
            run(job, tmp_path / "run")
        assert "\n" not in str(said.value)
        rows = table(tmp_path / "run")
        return {(row["transmitter"], row["channel"]): row["status"] for row in rows}

    return statuses


@pytest.mark.parametrize("fault", OF_CHANNELS)
def test_a_channel_fails_its_point_and_no_other(fault, tmp_path, components, statuses):
    bad = written(tmp_path / "bad.py", CHANNEL.format(fault=fault))
    said = statuses(channel=f"{bad} {components['channel']}")
    assert said["phase", "noisy"] == "ok"
    check(said["phase", "bad"], "channel bad", OF_CHANNELS[fault])


@pytest.mark.parametrize(("part", "fault", "line"), [
    *[("of_signal", *item) for item in OF_SIGNALS.items()],
    *[("of_plan", *item) for item in OF_PLANS.items()],
    ("of_point", "point = []", "an operating point that can be hashed, got list of 0"),
])  # fmt: skip
def test_a_transmitter_fails_its_point_and_no_other(
    part, fault, line, tmp_path, components, statuses
):
    bad = pair_with(tmp_path / "bad.py", **{part: fault})
    said = statuses(transmitter=f"{bad} {components['transmitter']}")
    assert said["phase", "noisy"] == "ok"
    check(said["bad", "noisy"], "transmitter bad", line)


@pytest.mark.parametrize("fault", OF_ESTIMATES)
def test_a_receiver_fails_its_point_and_no_other(fault, tmp_path, components, statuses):
    bad = pair_with(tmp_path / "bad.py", of_estimate=fault)
    said = statuses(transmitter=f"{bad} {components['transmitter']}")
    assert said["phase", "noisy"] == "ok"
    check(said["bad", "noisy"], "receiver of transmitter bad", OF_ESTIMATES[fault])


@pytest.mark.parametrize("fault", OF_OBSERVATIONS)
def test_an_observation_fails_its_point(fault, tmp_path, statuses):
    said = statuses(task=task_with(tmp_path / "bad.py", of_observation=fault))
    check(said["phase", "noisy"], "task bad", OF_OBSERVATIONS[fault])


def test_an_observation_that_cannot_be_stored_fails_its_point(tmp_path, statuses):
    parts = {"metrics": WITH_SET, "of_observation": "seen['f1'] = object()"}
    said = statuses(task=task_with(tmp_path / "bad.py", **parts))
    check(said["phase", "noisy"], "task bad", "observations of JSON values")


@pytest.mark.parametrize("fault", OF_SCORES)
def test_a_score_fails_its_point(fault, tmp_path, statuses):
    parts = {"metrics": WITH_SET, "of_observation": "seen['a'] = 1", "of_score": fault}
    said = statuses(task=task_with(tmp_path / "bad.py", **parts))
    check(said["phase", "noisy"], "task bad", OF_SCORES[fault])


def test_a_score_that_raises_fails_its_point(tmp_path, statuses):
    parts = {"metrics": WITH_SET, "of_observation": "seen['a'] = 1"}
    task = task_with(tmp_path / "bad.py", **parts, of_score="1 / 0")
    (status,) = set(statuses(task=task).values())
    assert status.startswith(f"{FAILED}: ")
    assert "ZeroDivisionError at bad.py:" in status


def check(status: str, who: str, line: str) -> None:
    """The status names the component and the fault, in one line."""
    assert re.fullmatch(
        f"{FAILED}: image image .: {who} must return .*{line}.*", status
    )


NOT_BUILT = {
    ("channel", "return 3"): "a callable channel from build, got 3",
    ("transmitter", "return None"): "a Transceiver from build, got None",
    ("transmitter", "return Transceiver(1, print)"): "a transmitter with operating_",
    ("transmitter", "return good._replace(receiver=1)"): "a receiver with a call, got",
    ("transmitter", "return good._replace(accepts='image')"): "accepts as a tuple of",
    ("transmitter", "return good._replace(loop=Loop())"): "a transmitter with again",
    ("task", "return print"): r"a task \(metrics, judges, observe\(\)\) from build",
    ("task", "task.judges = 'image'; return task"): "judges as a tuple of modalities",
    ("task", "task.metrics = ('psnr',); return task"): "metrics as a tuple of Metric",
    ("source", "return [1, 2]"): "a source .* from build, got list of 2",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), NOT_BUILT)
def test_what_is_no_component_is_not_built(kind, body, tmp_path, make):
    lines = [
        "import runpy",
        "from semlink.protocols import Loop, Transceiver",
        f"good = runpy.run_path({str(COMPONENTS / 'phase.py')!r})['build']()",
        f"task = runpy.run_path({str(COMPONENTS / 'distance.py')!r})['build']()",
        f"def build(): {body}",
    ]
    bad = written(tmp_path / "bad.py", "\n".join(lines))
    with pytest.raises(InputError) as said:
        make(**{kind: bad})
    line = f"{kind} bad must return .*{NOT_BUILT[kind, body]}.*"
    assert re.fullmatch(line, str(said.value))
