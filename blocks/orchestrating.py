"""Orchestrators by name; each decides which edge holds which items of the cloud."""

from semlink.catalogue import built, is_oracle
from semlink.contracts.fault import refuse, shown
from semlink.loop.cloud import Orchestrator
from semlink.registry import Registry

ORCHESTRATORS = Registry(
    "orchestrator", packages=("blocks.orchestrators",), group="semlink.orchestrators"
)


def orchestrator(spec: str) -> Orchestrator:
    """Build an orchestrator from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The orchestrator does not exist, or is none.
    """
    made = built(ORCHESTRATORS, spec)
    if not isinstance(made, Orchestrator) or not callable(made):
        must = "a callable with learn from build"
        refuse(f"orchestrator {spec}", must, shown(made))
    return made


def foresees(spec: str) -> bool:
    """Whether an orchestrator learns from the traffic that it is judged by."""
    return is_oracle(ORCHESTRATORS, spec)
