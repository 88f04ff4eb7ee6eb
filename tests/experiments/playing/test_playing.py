"""Sessions: every symbol counted, nothing shared but what crosses the air."""

import multiprocessing
import resource
import time
from pathlib import Path

import numpy as np
import pytest

from baselines.site_memory import SiteTransmitter
from blocks.intending import intent_reader
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage
from semlink.ends.air import Air
from semlink.ends.answers import asked_anew
from semlink.ends.sender import Sender
from semlink.ends.wire import packed
from semlink.errors import InputError
from semlink.loop.agents import Context
from semlink.loop.session import Session
from semlink.loop.world import Event
from semlink.signalling.layout import on_air
from semlink.signalling.messages import Report, Request, TaskProfile

SMALL = Path(__file__).with_name("small_scenario.yaml")


def says(deadline_ms: int) -> str:
    """An intent to watch pictures within a deadline."""
    latency = f"{{name: latency, condition: at_most, value: {deadline_ms}}}"
    return f"says={{verb: watch, targets: [{latency}]}}"


def small(*overrides: str) -> Stage:
    """A scenario of a few small frames, with some of its keys replaced."""
    return Stage(scenario(str(SMALL), list(overrides)))


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
    sent = sender.send(stage.session(1).parts.world.frame(0), 0)
    assert sent.grant.retransmissions == 1
    answered = []
    for number in (7, 0, 0):  # of another frame, of this one, beyond the grant
        sender.hear(packed(Request(frame=number, verdict="ask")), 1)
        answered.append(sender.again(1) is not None)
    assert answered == [False, True, False]


def test_a_report_of_a_frame_that_was_not_sent_is_about_no_choice(stage):
    sender = stage.sender(stage.seeds(1))
    world = stage.session(1).parts.world
    assert sender.send(world.frame(0), 0, waited_ms=1e6) is None
    sender.hear(packed(Report(frame=0, success=0.0, late=True)), 1)
    assert sender.memory.heard == ()
    assert sender.again(1) is None


def test_a_grant_says_where_nothing_fits():
    stage = small("uses=200", "pool=2400")
    sent = stage.sender(stage.seeds(1)).send(stage.session(1).parts.world.frame(0), 0)
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


STEPPING = ["world.snr_db=20", "world.period_slots=40"]


def falling(*overrides: str, adapter: str = "fixed", by_db: float = 16.0) -> Stage:
    """The small scenario, whose link falls before its third frame."""
    config = scenario(str(SMALL), [*STEPPING, f"adapter={adapter}", *overrides])
    events = (Event(frame=2, step_db=-by_db),)
    world = config.world.model_copy(update={"events": events})
    return Stage(config.model_copy(update={"world": world}))


def test_a_lost_frame_comes_anew_for_the_state_that_the_request_names():
    coded = "transmitter=jpeg2000_ldpc[mcs=auto]", "uses=2400"
    parts = list(falling(*coded).session(1))
    frames = list(falling(*coded, "receiver.asks=frames").session(1))
    assert parts[2].verdicts == ("give_up",)
    assert frames[2].verdicts == ("again", "accept")
    assert not frames[2].outcome.estimate.lost
    again, first = frames[2].uses.of(purpose="retransmission"), frames[2].emitted
    assert 0 < again <= first.grant.uses
    # both transmissions were encoded, and took their time
    once, twice = (steps[2].outcome for steps in (parts, frames))
    assert twice.cost.mj > 1.5 * once.cost.mj
    assert twice.latency_ms > once.latency_ms + 8


def test_a_receiver_asks_for_nothing_that_would_be_late():
    tight = says(19), "intent=structured", "transmitter=jpeg2000_ldpc[mcs=auto]"
    steps = list(falling(*tight, "uses=2400", "receiver.asks=frames").session(1))
    assert steps[2].profile.deadline_ms < 20  # an answer would come after 20 ms
    assert steps[2].verdicts == ("give_up",)
    assert not any(step.outcome.late for step in steps)


SITE = [
    "transmitter=site_memory",
    "uses=2400",
    "source=pan[frames=2,height=64,width=96]",
]


def test_both_ends_of_a_session_hold_a_memory_that_answers_keep_equal(monkeypatch):
    acknowledged, answers = SiteTransmitter.acknowledged, []

    def noted(self, belief, answer):
        answers.append(answer)
        return acknowledged(self, belief, answer)

    monkeypatch.setattr(SiteTransmitter, "acknowledged", noted)
    session = small(*SITE, "world.frames=6", "uplink.loss=0.4").session(3)
    for step in session:
        assert step.uses.of(purpose="request")  # the answer is counted
    assert len(answers) == 5  # the last one has not been heard yet
    assert None in answers
    assert any(answer is not None for answer in answers)
    held = session.parts.receiver._memories[0]
    assert held.tag in [m.tag for m in session.parts.sender.memory.pairs[0].possible]


@pytest.mark.slow
def test_a_scene_that_is_seen_again_is_sent_as_a_difference():
    psnr = {}
    for choice in ("nearest", "none"):
        spec = f"transmitter=site_memory[choice={choice}]"
        steps = list(small(*SITE[1:], spec, "world.frames=14").session(1))
        psnr[choice] = [step.outcome.values["psnr"][0] for step in steps]
    gain = np.subtract(psnr["nearest"], psnr["none"])
    assert gain[0] == 0
    assert np.all(gain[10:] > 0.5)  # when the camera begins its ten frames again


@pytest.mark.slow
def test_the_questions_that_the_user_answers_are_counted():
    receiver = small("task=detection reconstruction").receiver()
    vague = "Something is moving over there."
    understood = intent_reader("prototypes")(vague)
    assert understood.asks
    silent = receiver.intend(vague)
    asked = receiver.intend(vague, ["find", "urgent", "nothing"])
    assert (silent.questions, silent.num_bytes) == (0, 0)
    assert 1 <= asked.questions <= 2
    assert asked.num_bytes > len(understood.asks)


@pytest.mark.slow
def test_an_oracle_of_a_session_sees_the_link_and_not_the_report():
    stage = falling("uses=300 500 1000", adapter="oracle")
    (first, *_) = stage.session(1)
    assert first.emitted.grant.uses > 500  # more uses are better, and cost nothing
    truth = stage._informed(stage.seeds(1)).table
    context = Context(0, TaskProfile(), stage.config.arms(), state_db=20.0)
    before, after = (truth(context._replace(slot=slot)) for slot in (0, 3 * 40))
    assert np.all(np.diff(before) >= 0)
    assert before[0] < before[-1]
    assert np.all(before > after)  # the link has fallen; the report is the same


def test_an_oracle_knows_the_measured_transmitters_alone():
    with pytest.raises(InputError, match="with measured utilities 'heif_ldpc'; known"):
        small("adapter=oracle", "transmitter=heif_ldpc").session(1)


def test_a_frame_that_is_encoded_anew_has_what_the_profile_has_left():
    stage = small("says.verb=watch", "transmitter=jpeg2000_ldpc[mcs=auto]", "uses=2400")
    sender, world = stage.sender(stage.seeds(1)), stage.session(1).parts.world
    sender.hear(packed(TaskProfile(uses=3000, retransmissions=3)), 0)
    first = sender.send(world.frame(0), 0)
    sender.hear(packed(asked_anew(0, 10.0)), 1)
    again = sender.again(20)
    assert again.anew
    assert again.uses.total == len(again.x) == again.uses.of(purpose="retransmission")
    assert again.grant.uses <= on_air(TaskProfile(uses=3000)).uses - len(first.x)
    assert sender.memory.state_db == 10.0
    sender.hear(packed(asked_anew(0, 10.0)), 2)
    assert sender.again(40).tx is None  # nothing fits what is left
    sender.hear(packed(asked_anew(1, 0.0)), 3)  # of another frame
    assert sender.again(60) is None
    assert sender.memory.state_db == 10.0


@pytest.mark.slow
def test_a_request_that_is_lost_is_repeated_once_and_only_in_time(monkeypatch):
    """Of requests that never arrive, there are two, or as many as leave time."""
    monkeypatch.setattr(Sender, "_hear_request", lambda *_: None)
    coded = "transmitter=jpeg2000_ldpc[mcs=auto]", "uses=2400", "receiver.asks=frames"
    for deadline_ms, requests in ((100, 2), (28, 1)):
        keys = says(deadline_ms), "intent=structured"
        step = list(falling(*coded, *keys).session(1))[2]
        sent = [n for use, n in step.uses.items() if use.purpose == "request"]
        one = step.uses.of(purpose="report")  # of the same length
        assert sum(sent) == requests * one
        assert not step.outcome.late


def test_an_answer_to_an_earlier_frame_teaches_nothing(monkeypatch):
    heard = []
    monkeypatch.setattr(
        SiteTransmitter,
        "acknowledged",
        lambda self, belief, answer: heard.append(answer) or belief,
    )
    stage = small(*SITE)
    sender, world = stage.sender(stage.seeds(1)), stage.session(1).parts.world
    for number in (0, 1):
        sender.send(world.frame(number), 12 * number)
    answer = (1,) * 16
    sender.hear(packed(Request(frame=0, verdict="accept", parts=answer)), 20)
    sender.hear(packed(Request(frame=1, verdict="accept", parts=answer)), 20)
    sender.send(world.frame(2), 24)
    assert heard == [None, 2**16 - 1]


def test_the_least_deadline_leaves_time_for_the_attempts_that_it_promises():
    """0.999 takes two attempts, and the deadline that is offered has both."""
    targets = (
        "{name: latency, condition: at_most, value: 2}, "
        "{name: reliability, condition: at_least, value: 0.999}"
    )
    said = f"says={{verb: watch, targets: [{targets}]}}", "intent=structured"
    link = "transmitter=linear_jscc", "uses=550", "receiver.asks=frames"
    steps = list(falling(*link, *said, by_db=8.0).session(1))
    assert steps[2].verdicts == ("again", "accept")
    assert 14 < steps[2].outcome.latency_ms <= steps[2].profile.deadline_ms < 20
