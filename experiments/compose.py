"""Where components of each kind live."""

from blocks.adapting import ADAPTERS
from blocks.answering import ANSWERERS
from blocks.detection import DETECTORS
from blocks.dispatching import DISPATCHERS
from blocks.importances import IMPORTANCES
from blocks.inspection import INSPECTORS
from blocks.intending import INTENTS
from blocks.knowledge.perception import DESCRIBERS, TEXT_ENCODERS
from blocks.learned.controllers import CONTROLLERS
from blocks.learned.ends import EXTRACTORS, RESTORERS
from blocks.orchestrating import ORCHESTRATORS
from blocks.scheduling import SCHEDULERS
from semlink.catalogue import Catalogue
from semlink.config import SweepConfig
from semlink.registry import Registry
from semlink.store.cache import DiskCache
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

# kinds that parameters of transmitters name
NAMED = (
    ANSWERERS,
    DETECTORS,
    IMPORTANCES,
    DESCRIBERS,
    TEXT_ENCODERS,
    EXTRACTORS,
    CONTROLLERS,
    RESTORERS,
    INSPECTORS,
    INTENTS,
    ADAPTERS,
    SCHEDULERS,
    DISPATCHERS,
    ORCHESTRATORS,
)
KINDS = {
    "source": ("blocks.sources",),
    "transmitter": ("blocks.transmitters", "baselines"),
    "channel": ("channels",),
    "task": ("blocks.tasks",),
}


def catalogue() -> Catalogue:
    """The project's components and those that other distributions add."""
    return Catalogue(
        {
            kind: Registry(kind, packages=packages, group=f"semlink.{kind}s")
            for kind, packages in KINDS.items()
        }
        | {registry.kind: registry for registry in NAMED}
    )


def sweep_of(settings: SweepConfig, disk: DiskCache | None = None) -> Sweep:
    """The sweep of a configuration.

    Parameters
    ----------
    settings : what to simulate
    disk : where plans and signals are kept for the next sweep, if anywhere

    Raises
    ------
    InputError
        If a component cannot be built; nothing has been computed then.
    """
    return Sweep(LinkTrial(settings, catalogue(), disk))
