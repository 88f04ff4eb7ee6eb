"""Orchestrators by name; each decides which edge holds which items of the cloud."""

from semlink.config import ComponentSpec
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
    word = ComponentSpec.model_validate(spec)
    params = ORCHESTRATORS.resolve(word.name, word.argument, word.params)
    made = ORCHESTRATORS.build(word.name, **params)
    if not isinstance(made, Orchestrator) or not callable(made):
        must = "a callable with learn from build"
        refuse(f"orchestrator {spec}", must, shown(made))
    return made


def foresees(spec: str) -> bool:
    """Whether an orchestrator learns from the traffic that it is judged by."""
    return ORCHESTRATORS.is_oracle(ComponentSpec.model_validate(spec).name)
