"""A receiver works from its configuration and the received signal alone.

What every transmitter's receiver made of noisy signals is made again in a process
that never saw a transmitter: whatever had been handed over on the side is gone.
"""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks.phy.mcs import TABLE
from experiments.compose import catalogue
from semlink.signals import RxSignal

REGISTRY = catalogue().registries["transmitter"]
NAMES = [
    name
    for name in REGISTRY.names()
    if all(
        p.default is not inspect.Parameter.empty for p in REGISTRY.schema(name).values()
    )
]
WORDS = [*NAMES, "jpeg2000_ldpc[conceal=partial]"]
WORDS += ["webp_ldpc[mcs=auto]"] * TABLE.exists()
SNRS_DB = (10.0, 8.6, -15.0)  # a clean link, a broken payload, a lost header
ROOT = Path(__file__).parents[2]

# Runs where nothing was sent. Builds each receiver from one word.
RECEIVE = """
import sys
import numpy as np
from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.signals import RxSignal

known, signals, answers = catalogue(), np.load(sys.argv[1]), {}
for number, word in enumerate(signals["words"]):
    spec = ComponentSpec.model_validate(str(word))
    receiver = known.build("transmitter", spec).receiver
    for point in range(int(signals["points"])):
        name = f"{number}/{point}"
        rx = RxSignal(*(signals[f"{name}/{field}"] for field in RxSignal._fields))
        estimate = receiver(rx)
        answers[f"{name}/image"] = estimate.image[0]
        answers[f"{name}/lost"] = estimate.lost
        answers[f"{name}/blocks"] = estimate.blocks[0]
np.savez(sys.argv[2], **answers)
"""


@pytest.fixture(scope="module")
def answers(send, tmp_path_factory):
    """What this process received, and what the other made of it."""
    signals = {"words": np.array(WORDS), "points": len(SNRS_DB)}
    here = {}
    for number, word in enumerate(WORDS):
        sent = send(word)
        for point, snr_db in enumerate(SNRS_DB):
            name = f"{number}/{point}"
            rx = sent.link.propagate(sent.tx, snr_db, seed=9)
            signals |= {f"{name}/{k}": v for k, v in rx._asdict().items()}
            here[name] = sent.link.receive(rx)
    folder = tmp_path_factory.mktemp("no_genie")
    np.savez(folder / "signals.npz", **signals)
    return here, _elsewhere(folder)


def _elsewhere(folder: Path):
    command = [sys.executable, "-c", RECEIVE, "signals.npz", "answers.npz"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        command, check=True, cwd=folder, env={**os.environ, "PYTHONPATH": path}
    )
    return np.load(folder / "answers.npz")


@pytest.mark.parametrize("point", range(len(SNRS_DB)))
@pytest.mark.parametrize("word", WORDS)
def test_a_fresh_process_makes_the_same_of_it(word, point, answers):
    here, elsewhere = answers
    name = f"{WORDS.index(word)}/{point}"
    np.testing.assert_array_equal(here[name].image[0], elsewhere[f"{name}/image"])
    np.testing.assert_array_equal(here[name].lost, elsewhere[f"{name}/lost"])
    np.testing.assert_array_equal(here[name].blocks[0], elsewhere[f"{name}/blocks"])


@pytest.mark.parametrize("word", WORDS)
def test_the_points_are_what_they_should_be(word, answers, send):
    if send(word).transceiver.error_free:
        pytest.skip("a bound hears no noise")
    number = WORDS.index(word)
    lost = [bool(answers[0][f"{number}/{p}"].lost[0]) for p in range(len(SNRS_DB))]
    assert not lost[0]
    assert lost[-1]


def test_received_signal_has_no_room_for_a_genie():
    assert RxSignal._fields == ("x_hat", "no", "h_hat")
