"""Requests for a frame that is encoded anew."""

import pytest

from semlink.ends.answers import asked_anew, state_of
from semlink.ends.wire import packed, unpacked
from semlink.signalling.messages import Request


@pytest.mark.parametrize(
    ("state_db", "named"),
    [(-40, -16), (-16, -16), (7.9, 6), (8, 8), (46, 46), (99, 46)],
)
def test_a_state_is_rounded_down(state_db, named):
    wire = packed(asked_anew(3, state_db))
    assert not len(wire.body)  # as short as a report
    heard = unpacked(wire)
    assert (heard.frame, state_of(heard)) == (3, named)


def test_other_requests_name_no_state():
    assert state_of(Request(frame=0, verdict="ask", parts=(1, 0, 1, 0, 1))) is None
    assert state_of(Request(frame=0, verdict="again")) is None
