"""Sessions: what the user answers, and what an oracle knows."""

import numpy as np
import pytest

from blocks.intending import intent_reader
from semlink.errors import InputError
from semlink.loop.agents import Context
from semlink.signalling.messages import TaskProfile
from tests.experiments.playing.small import falling, small


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
