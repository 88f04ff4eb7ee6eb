"""Components in Python: words, as on the command line, or objects."""

import itertools
import os
from typing import Any

import numpy as np

from experiments.compose import catalogue
from semlink.catalogue import Catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.contracts.built import built
from semlink.contracts.fault import shown
from semlink.errors import InputError
from semlink.protocols import Transceiver
from semlink.signals import Sample

_NUMBERS = itertools.count(1)
KINDS = ("transmitter", "channel", "task")
ONE = (Transceiver, Sample)  # tuples that are one thing
NO_COMPONENT = (bool, int, float, complex, bytes, type(None), np.ndarray, np.generic)


class Components(Catalogue):
    """All registries, and objects beside them.

    A component other than the source is built, and a channel compiled, only once.
    """

    def __init__(self):
        super().__init__(catalogue().registries)
        self._objects: dict[tuple[str, str], Any] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        self._built: dict[tuple[str, str], Any] = {}

    @property
    def objects(self) -> list[str]:
        """Labels of the objects, sources apart."""
        return [label for kind, label in self._objects if kind in KINDS]

    def worded(self, kind: str, given: Any) -> Any:
        """A component, or a list of some, as a configuration holds it.

        Raises
        ------
        InputError
            An object is no component of its kind, or two objects have one label.
        """
        if isinstance(given, list | tuple) and not isinstance(given, ONE):
            return [self.worded(kind, one) for one in given]
        if isinstance(given, str | dict | ComponentSpec):
            return given
        if isinstance(given, os.PathLike):
            return str(given)
        label = _label(given)
        if isinstance(given, NO_COMPONENT):
            must = f"a {kind} must be a word, as on the command line, or an object"
            raise InputError(f"{must}, got {shown(given)}")
        before = self._objects.setdefault((kind, label), given)
        if before is not given:
            must = "objects need labels that differ (attribute label)"
            raise InputError(f"{must}, got two {kind}s {label!r}")
        if kind in KINDS:  # samples have a fingerprint
            self._numbers.setdefault((kind, label), next(_NUMBERS))
        try:
            built(kind, label, given)
        except InputError as error:
            must = f"a {kind} that is an object must be what build returns"
            raise InputError(f"{must}: {error}") from None
        return ComponentSpec(name=label)

    def with_source(self, source: Any) -> ComponentSpec:
        """Take a source, in place of the one before."""
        self._objects["source", "samples"] = built("source", "samples", source)
        return ComponentSpec(name="samples")

    def resolve(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """All parameters of a component; an object has none."""
        is_object = (kind, spec.name) in self._objects
        return {} if is_object else super().resolve(kind, spec)

    def build(self, kind: str, spec: ComponentSpec) -> Any:
        """The component of a spec."""
        key = kind, spec.model_dump_json()
        if kind == "source" or key not in self._built:
            made = self._objects.get((kind, spec.name))
            if made is None:
                made = super().build(kind, spec)
            self._built[key] = built(kind, spec.label, made)
            if kind == "channel":
                self._built[key] = compiled_channel(made, label=spec.label)
        return self._built[key]

    def fresh(self, kind: str, spec: ComponentSpec) -> Any:
        """Build a component from its file again; an object is returned as it is."""
        made = self._objects.get((kind, spec.name))
        return super().fresh(kind, spec) if made is None else made

    def identity(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """Identity of a component; that of an object has a number of its own."""
        if (kind, spec.name) not in self._objects:
            return super().identity(kind, spec)
        number = self._numbers.get((kind, spec.name), 0)
        return {**self.named(kind, spec), "object": number}

    def course(self, spec: ComponentSpec) -> dict[str, Any]:
        """What the course of a channel depends on; of an object, its label alone."""
        is_object = ("channel", spec.name) in self._objects
        return self.named("channel", spec) if is_object else super().course(spec)


def _label(component: Any) -> str:
    """Name of an object in results: its own label, or the name of its class."""
    who = getattr(component, "transmitter", component)
    own = getattr(component, "label", ""), getattr(who, "__name__", "")
    return next((n for n in own if n and isinstance(n, str)), type(who).__name__)
