"""Schedulers by name.

A scheduler works at the sender's end, and shares a pool of channel uses among demands.
"""

from semlink.catalogue import built
from semlink.contracts.fault import refuse, shown
from semlink.loop.pool import Scheduler
from semlink.registry import Registry

SCHEDULERS = Registry(
    "scheduler", packages=("blocks.schedulers",), group="semlink.schedulers"
)


def scheduler(spec: str) -> Scheduler:
    """Build a scheduler from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The scheduler does not exist, or is none.
    """
    made = built(SCHEDULERS, spec)
    if not callable(made):
        refuse(f"scheduler {spec}", "a callable from build", shown(made))
    return made
