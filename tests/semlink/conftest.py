"""Fixtures for tests of the engine."""

import pytest

from semlink.errors import InputError


@pytest.fixture
def refusal():
    """Give a call that must fail with one line, and gives that line."""

    def call(function, *args, **kwargs):
        with pytest.raises(InputError) as caught:
            function(*args, **kwargs)
        message = str(caught.value)
        assert "\n" not in message
        return message

    return call
