"""Components that are objects, beside those that are words."""

import numpy as np
import pytest

import semlink
from semlink.metrics import Metric
from semlink.protocols import Transceiver
from semlink.signals import (
    IMAGE,
    NO_BLOCKS,
    Estimate,
    RxSignal,
    Sample,
    TxSignal,
    ledger,
)

LEVELS = 264  # phases of a circle; a few stay free
GRID = {"cbr": 1.0, "snr_db": 60}  # at which no value of a picture is wrong


class Phases:
    """Sends every value as a phase, scaled by a gain, and counts its calls."""

    def __init__(self):
        self.gain, self.calls = 1.0, 0

    def operating_point(self, csi):
        return None

    def plan(self, source, budget):
        return "all"

    def __call__(self, sample, plan, memory=None):
        self.calls += 1
        values = self.gain * sample.data.ravel()
        x = np.exp(2j * np.pi * values / LEVELS).astype(np.complex64)
        return TxSignal(x, ledger(payload=len(x)), NO_BLOCKS), memory


class Halved(Phases):
    """Sends with a quarter of the power."""

    def __call__(self, sample, plan, memory=None):
        signal, memory = super().__call__(sample, plan, memory)
        return signal._replace(x=signal.x / 2), memory


def phases(rx, query=None, memory=None):
    values = np.angle(rx.x_hat[: 16 * 16 * 3]) * LEVELS / (2 * np.pi)
    pixels = np.uint8(np.clip(np.round(values % LEVELS) % LEVELS, 0, 255))
    return Estimate(pixels.reshape(16, 16, 3), IMAGE, False, NO_BLOCKS), memory


def quiet(x, snr_db, course):
    no = np.full(x.shape, 10 ** (-snr_db / 10), np.float32)
    noise = np.sqrt(no) * course.complex_normal("noise", x.shape)
    return RxSignal(x + noise, no, np.ones_like(x))


quiet.level = "eager"


class Mean:
    """Mean of what arrived."""

    judges, metrics = ("image",), (Metric("mean", "mean"),)

    def observe(self, sample, estimate):
        return {"mean": (float(estimate.data.mean()), 1.0)}


@pytest.fixture
def pair():
    return Transceiver(Phases(), phases)


def test_every_component_may_be_an_object(photo, pair):
    one = semlink.link(pair, quiet, Mean())
    sent = one.send(photo, **GRID)
    assert np.array_equal(sent.data, sent.sample.data)
    assert sent.metrics["mean"] == sent.data.mean()
    assert repr(one) == "Phases over quiet, judged by Mean"


def test_an_object_that_changes_sends_another_signal(photo, pair):
    one = semlink.link(pair, quiet, Mean())
    whole = one.send(photo, **GRID)
    pair.transmitter.gain = 0.5
    assert one.send(photo, **GRID).metrics["mean"] < 0.6 * whole.metrics["mean"]


def test_objects_and_words_are_swept_together(photo, pair, components):
    table = semlink.sweep(
        transmitter=[pair, components["transmitter"]],
        channel=[quiet, components["channel"]],
        task=components["task"],
        source=[photo, np.zeros((16, 16, 3), np.uint8)],
        snr_db=np.arange(58, 62, 2),
        cbr=1.0,
    )
    assert list(table.transmitter.unique()) == ["Phases", "phase"]
    assert set(table.channel) == {"quiet", "noisy"}
    assert set(table.source) == {"samples"}
    assert set(table.snr_db) == {58.0, 60.0}
    assert set(table.images) == {2}
    psnr = table[table.metric == "psnr"].set_index(["transmitter", "channel"])["mean"]
    assert list(psnr["Phases", "quiet"]) == [100.0, 100.0]
    assert list(psnr["phase", "noisy"]) == sorted(psnr["phase", "noisy"])


def test_the_same_link_by_object_has_the_numbers_of_the_word(photo, link, components):
    from semlink.registry import Registry

    registry = Registry("transmitter", packages=(), group="none")
    built = registry.build(components["transmitter"])
    words, object_ = link(), link(transmitter=built)
    for where in ({"cbr": 0.3, "snr_db": 4}, {"cbr": 0.5, "snr_db": 9}):
        a, b = (one.send(photo, **where) for one in (words, object_))
        assert np.array_equal(a.data, b.data)
        assert a.ledger == b.ledger


def test_a_pair_with_memory_begins_without_any(photo, pair):
    remembering = pair._replace(remembers=True)
    one = semlink.link(remembering, quiet, Mean())
    pixels = np.full((16, 16, 3), 9, np.uint8)
    sent = one.send(Sample(pixels, IMAGE, 768, 5, "fifth"), **GRID)
    assert np.array_equal(sent.data, pixels)
    calls = pair.transmitter.calls
    one.send(Sample(pixels, IMAGE, 768, 6, "sixth"), **GRID)
    assert pair.transmitter.calls == calls + 1  # none of the samples before it


def test_what_cannot_resume_is_refused(photo, pair, components, refusal):
    grid = {**components, **GRID, "source": photo}
    said = refusal(semlink.sweep, **{**grid, "transmitter": pair}, run="no")
    assert said == (
        "a run that resumes must have words for components (or files.py), got the "
        "object 'Phases'"
    )
    said = refusal(semlink.sweep, **{**grid, "channel": quiet}, workers=2)
    assert said.startswith("with workers, all components must be words, got the")
    said = refusal(semlink.sweep, **grid, workers=2)
    assert said.endswith("got the object 'samples'")
    assert not (photo.parents[1] / "runs").exists()


def test_an_object_keeps_its_contract_or_is_refused(photo, pair, refusal):
    def louder(x, snr_db, course):
        rx = quiet(x, snr_db, course)
        return rx._replace(x_hat=2 * rx.x_hat)

    louder.level = "eager"
    assert "breaks the rule gain" in refusal(
        semlink.link(pair, louder).send, photo, **GRID
    )
    said = refusal(
        semlink.link(pair._replace(transmitter=Halved()), quiet).send, photo, **GRID
    )
    assert "breaks the rule unit energy" in said


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("transmitter", 5, "a transmitter must be a word, as on the command line, or"),
        ("channel", None, "got None"),
        ("task", np.zeros(3), "got float64 [3]"),
        ("transmitter", Mean(), "transmitter Mean must return a Transceiver from"),
        ("channel", Mean(), "channel Mean must return a callable channel from build"),
        ("task", quiet, "task quiet must return a task (metrics, judges, obs"),
        ("channel", lambda x: x, "a channel must take (x, snr_db, course)"),
    ],
)
def test_what_is_no_component_is_refused(link, refusal, kind, given, said):
    assert said in refusal(link, **{kind: given})


def test_two_objects_of_one_label_are_refused(pair, components, refusal):
    both = [pair, pair._replace(receiver=quiet)]
    said = refusal(semlink.sweep, **{**components, **GRID, "transmitter": both})
    assert "labels that differ" in said
    assert said.endswith("got two transmitters 'Phases'")
    other = both[1]._replace(label="other", receiver=phases)
    table = semlink.sweep(**{**components, **GRID, "transmitter": [pair, other]})
    assert list(table.transmitter.unique()) == ["Phases", "other"]
