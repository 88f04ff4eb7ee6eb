"""The registries of all kinds, and how a spec becomes a component."""

from pathlib import Path
from typing import Any

from semlink.checkpoint import sha256
from semlink.config import ComponentSpec
from semlink.registry import Registry


class Catalogue:
    """Everything that can be built, by kind.

    Parameters
    ----------
    registries : ``source``, ``transmitter``, ``channel`` and ``task``, by kind
    """

    def __init__(self, registries: dict[str, Registry]):
        self.registries = registries

    def resolve(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """All parameters of a component, as said or by default."""
        return self.registries[kind].resolve(spec.name, spec.argument, spec.params)

    def build(self, kind: str, spec: ComponentSpec) -> Any:
        """Build a component.

        Raises
        ------
        InputError
            If its name or a parameter is wrong.
        """
        return self.registries[kind].build(spec.name, **self.resolve(kind, spec))

    def identity(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """What makes a component this one: name, parameters, source if it is a file."""
        identity = {"name": spec.name, **self.resolve(kind, spec)}
        if spec.name.endswith(".py"):
            identity |= {
                "name": Path(spec.name).stem,
                "sha256": sha256(Path(spec.name)),
            }
        return identity
