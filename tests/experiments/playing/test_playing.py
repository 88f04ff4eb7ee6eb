"""Sessions: every symbol counted, nothing shared but what crosses the air."""

import multiprocessing
import resource
import time

import numpy as np
import pytest

from semlink.ends.air import Air
from semlink.ends.wire import packed
from semlink.errors import InputError
from semlink.loop.session import Session
from semlink.signalling.messages import Report, Request
from tests.experiments.playing.small import all_of, says, small


def numbers(steps) -> list[tuple]:
    """What must be equal in equal sessions."""
    return [
        (
            step.frame.sample.index,
            step.emitted.grant if step.emitted else None,
            step.verdicts,
            step.outcome.utility,
            step.outcome.latency_ms,
            step.success,
            sorted(step.uses.items()),
            step.heard,
        )
        for step in steps
    ]


@pytest.fixture(scope="module")
def stage():
    return small()


def test_every_symbol_on_the_air_is_in_the_ledger(stage, monkeypatch):
    sent = []
    down, up = Air.down, Air.up

    def counted_down(self, x, power_db=0.0):
        sent.append(len(x))
        return down(self, x, power_db)

    def counted_up(self, purpose, wire):
        arrived, uses = up(self, purpose, wire)
        sent.append(self._bursts.num_symbols(len(wire.control)))
        if len(wire.body):
            sent[-1] += self._bursts.num_symbols(len(wire.body))
        return arrived, uses

    monkeypatch.setattr(Air, "down", counted_down)
    monkeypatch.setattr(Air, "up", counted_up)
    steps = list(stage.session(1))
    assert sum(step.uses.total for step in steps) == sum(sent)
    assert all(step.uses.of(direction="up") for step in steps)


def test_equal_seeds_give_equal_sessions_and_others_differ(stage):
    first = numbers(stage.session(1))
    assert first == numbers(stage.session(1))
    assert first != numbers(stage.session(2))
    assert first != numbers(stage.session(1, episode=1))


@pytest.mark.slow
def test_a_profile_is_sent_until_a_grant_acknowledges_it():
    steps = list(small("uplink.loss=0.4", "world.frames=6").session(1))
    sent = [s.frame.number for s in steps if s.uses.of(purpose="profile")]
    served = [s.emitted.grant.profile == s.profile.number for s in steps]
    assert len(sent) > 1  # the first one was lost
    assert np.all(np.diff(sent) >= 2)
    assert served == sorted(served)
    assert served[-1]
    assert max(sent) < served.index(True)


@pytest.mark.slow
def test_a_lost_report_is_not_heard():
    steps = list(small("uplink.loss=0.99").session(1))
    assert sum(step.heard for step in steps) < 3


@pytest.mark.slow
@pytest.mark.parametrize("message", ["profile", "report"])
def test_a_silent_receiver_never_sends_a_message(message):
    usual = [purposes(step) for step in small().session(1)]
    silent = [purposes(step) for step in small(f"receiver.silent={message}").session(1)]
    assert any(message in found for found in usual)
    assert not any(message in found for found in silent)


def purposes(step) -> set[str]:
    return {use.purpose for use, _ in step.uses.items()}


def test_a_frame_that_waits_too_long_is_not_sent():
    steps = list(small("world.period_slots=1", "round_trip_slots=0").session(1))
    late = list(small("world.period_slots=1", says(3), "intent=structured").session(1))
    assert not any(step.outcome.late for step in steps)
    assert any(step.emitted is None and step.outcome.late for step in late)
    assert all(step.outcome.utility == 0 for step in late if step.outcome.late)


def test_a_sender_knows_no_deadline_that_it_has_not_heard():
    """The profile is lost, so frames that are late are sent all the same."""
    steps = list(
        small(
            says(3), "intent=structured", "uplink.loss=0.999", "world.period_slots=1"
        ).session(1)
    )
    assert all(step.emitted for step in steps)
    assert any(step.outcome.late for step in steps)


def test_a_sender_answers_requests_of_the_present_frame_alone(stage):
    sender = stage.sender(stage.seeds(1))
    sent = sender.send(all_of(sender.ask(stage.session(1).parts.world.frame(0), 0)))
    assert sent.grant.retransmissions == 1
    answered = []
    for number in (7, 0, 0):  # of another frame, of this one, beyond the grant
        sender.hear(packed(Request(frame=number, verdict="ask")), 1)
        answered.append(sender.again() is not None)
    assert answered == [False, True, False]


def test_a_report_of_a_frame_that_was_not_sent_is_about_no_choice(stage):
    sender = stage.sender(stage.seeds(1))
    world = stage.session(1).parts.world
    assert sender.ask(world.frame(0), 0, waited_ms=1e6) is None
    sender.hear(packed(Report(frame=0, success=0.0, late=True)), 1)
    assert sender.memory.heard == ()
    assert sender.again() is None


def test_a_grant_says_where_nothing_fits():
    stage = small("uses=200", "pool=2400")
    sender = stage.sender(stage.seeds(1))
    sent = sender.send(all_of(sender.ask(stage.session(1).parts.world.frame(0), 0)))
    assert sent.tx is None
    assert sent.grant.uses == 0
    steps = list(small("uses=200", "world.frames=2").session(1))
    assert [step.verdicts for step in steps] == [("give_up",)] * 2


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("adapter=banditt", "did you mean 'bandit'"),
        ("adapter=fixed[transmitter=words]", "words"),
        ("transmitter=linear_jsc", "linear_jsc"),
        ("uses=100", "uses"),
        ("says.verb=fly", "verb"),
        ("world.colour=red", "world.colour"),
    ],
)
def test_bad_input_is_refused_in_one_line(override, message):
    with pytest.raises(InputError, match=message) as error:
        list(small(override).session(1))
    assert "\n" not in str(error.value)


class Remote:
    """An end in another process, which sees only what is sent to it."""

    def __init__(self, connection):
        self._connection = connection

    def __getattr__(self, name):
        if name == "profile":
            return self._ask(name)
        return lambda *args: self._ask(name, *args)

    def _ask(self, name, *args):
        self._connection.send((name, args))
        return self._connection.recv()


def serve(connection, end: str) -> None:
    """Be an end of the session until the connection closes."""
    stage = small(*NOISY)
    served = stage.sender(stage.seeds(7)) if end == "sender" else stage.receiver()
    while True:
        try:
            name, args = connection.recv()
        except EOFError:
            return
        value = getattr(served, name)
        connection.send(value(*args) if callable(value) else value)


NOISY = [
    "uplink.loss=0.3",
    "channel=rayleigh",
    "adapter=bandit",
    "uses=800 1600",
    "transmitter=linear_jscc site_memory jpeg2000_ldpc[mcs=auto]",
    "receiver.asks=frames",
    "world.frames=8",
]


@pytest.mark.slow
def test_two_processes_that_exchange_only_signals_give_the_same_session():
    expected = numbers(small(*NOISY).session(7))
    context, ends = multiprocessing.get_context("spawn"), {}
    for name in ("sender", "receiver"):
        here, there = context.Pipe()
        process = context.Process(target=serve, args=(there, name), daemon=True)
        process.start()
        ends[name] = Remote(here)
    parts = small(*NOISY).session(7).parts
    found = numbers(Session(parts._replace(**ends)))
    assert found == expected


@pytest.mark.slow
def test_ten_thousand_frames_take_no_more_memory_and_time_each_than_a_thousand():
    session = iter(small("world.frames=10000").session(1))
    sizes, times = [], [time.process_time()]
    for number, _ in enumerate(session, 1):
        if number % 1000 == 0:
            sizes.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            times.append(time.process_time())
    assert sizes[-1] - sizes[0] < 20_000  # kB
    each = np.diff(times)
    assert each[-3:].mean() < 1.2 * each[1:4].mean()  # the first compiles
