"""Dispatchers by name; each assigns responders to incidents."""

from semlink.catalogue import built
from semlink.contracts.fault import refuse, shown
from semlink.loop.rescue.dispatching import Dispatcher
from semlink.registry import Registry

DISPATCHERS = Registry(
    "dispatcher", packages=("blocks.dispatchers",), group="semlink.dispatchers"
)


def dispatcher(spec: str) -> Dispatcher:
    """Build a dispatcher from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The dispatcher does not exist, or is not callable.
    """
    made = built(DISPATCHERS, spec)
    if not callable(made):
        refuse(f"dispatcher {spec}", "a callable from build", shown(made))
    return made
