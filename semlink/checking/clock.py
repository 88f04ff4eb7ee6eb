"""Time between two calls that must be equal."""

import time

from semlink.checking.rules import Probe


def until_the_next_second(probe: Probe) -> None:
    """Wait until the clock shows another second: then a seed by the clock is another.

    Calls within one second would be equal by chance. Only a full check waits, which
    also asks another process.
    """
    if probe.again is not None:
        time.sleep(1.001 - time.time() % 1.0)
