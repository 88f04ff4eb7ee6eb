"""Sessions: transmitters that learn from the answers of the receiver."""

import numpy as np
import pytest

from baselines.site_memory import SiteTransmitter
from semlink.ends.wire import packed
from semlink.signalling.messages import Request
from tests.experiments.playing.small import all_of, small

SITE = [
    "transmitter=site_memory",
    "uses=2400",
    "source=pan[frames=2,height=64,width=96]",
]


@pytest.mark.slow
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
        sender.send(all_of(sender.ask(world.frame(number), 12 * number)))
    answer = (1,) * 16
    sender.hear(packed(Request(frame=0, verdict="accept", parts=answer)), 20)
    sender.hear(packed(Request(frame=1, verdict="accept", parts=answer)), 20)
    sender.send(all_of(sender.ask(world.frame(2), 24)))
    assert heard == [None, 2**16 - 1]
