"""Time between two calls that must be equal."""

import time


def until_the_next_second() -> None:
    """Wait until the clock shows another second: then a seed by the clock is another.

    Calls within one second would be equal by chance.
    """
    time.sleep(1.001 - time.time() % 1.0)
