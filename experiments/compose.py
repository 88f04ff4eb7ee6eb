"""Where components of each kind live."""

from blocks.knowledge.perception import DESCRIBERS, TEXT_ENCODERS
from blocks.learned.ends import EXTRACTORS, RESTORERS
from semlink.catalogue import Catalogue
from semlink.registry import Registry

# kinds that parameters of transmitters name
NAMED = (DESCRIBERS, TEXT_ENCODERS, EXTRACTORS, RESTORERS)
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
