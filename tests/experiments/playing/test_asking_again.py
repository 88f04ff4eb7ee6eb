"""Sessions: what a receiver asks for again, and when it does not ask."""

import pytest

from semlink.ends.answers import asked_anew
from semlink.ends.sender import Sender
from semlink.ends.wire import packed
from semlink.signalling.layout import on_air
from semlink.signalling.messages import TaskProfile
from tests.experiments.playing.small import all_of, falling, says, small


@pytest.mark.slow
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


def test_a_frame_that_is_encoded_anew_has_what_the_profile_has_left():
    stage = small("says.verb=watch", "transmitter=jpeg2000_ldpc[mcs=auto]", "uses=2400")
    sender, world = stage.sender(stage.seeds(1)), stage.session(1).parts.world
    sender.hear(packed(TaskProfile(uses=3000, retransmissions=3)), 0)
    first = sender.send(all_of(sender.ask(world.frame(0), 0)))
    sender.hear(packed(asked_anew(0, 10.0)), 1)
    again = sender.send(all_of(sender.again()))
    assert again.anew
    assert again.uses.total == len(again.x) == again.uses.of(purpose="retransmission")
    assert again.grant.uses <= on_air(TaskProfile(uses=3000)).uses - len(first.x)
    assert sender.memory.state_db == 10.0
    sender.hear(packed(asked_anew(0, 10.0)), 2)
    assert sender.send(all_of(sender.again())).tx is None  # nothing fits what is left
    sender.hear(packed(asked_anew(1, 0.0)), 3)  # of another frame
    assert sender.again() is None
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


@pytest.mark.slow
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
