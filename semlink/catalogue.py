"""The registries of all kinds, which build components from specs."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from semlink.config import ComponentSpec
from semlink.registry import Registry
from semlink.store.files import sha256


@lru_cache(maxsize=256)
def _sha256(path: Path, modified: int, size: int) -> str:
    """Hash of a file, computed again only after the file has changed."""
    return sha256(path)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


def built(registry: Registry, word: str) -> Any:
    """Build a component from its word, name and parameters as on the command line.

    Raises
    ------
    InputError
        Its name or a parameter is invalid.
    """
    spec = ComponentSpec.model_validate(word)
    return registry.build(spec.name, **_resolved(registry, spec))


def files_of(registry: Registry, word: str) -> list[Path]:
    """Files that a component depends on: its weights and, for a plug-in, its source."""
    spec = ComponentSpec.model_validate(word)
    files = registry.files(spec.name, _resolved(registry, spec))
    return [*files, Path(spec.name)] if spec.name.endswith(".py") else files


def is_oracle(registry: Registry, word: str) -> bool:
    """Whether a component sees ground truth."""
    return registry.is_oracle(ComponentSpec.model_validate(word).name)


def _resolved(registry: Registry, spec: ComponentSpec) -> dict[str, Any]:
    return registry.resolve(spec.name, spec.argument, spec.params)


class Catalogue:
    """All components that can be built, by kind.

    Parameters
    ----------
    registries : ``source``, ``transmitter``, ``channel`` and ``task``, by kind
    """

    def __init__(self, registries: dict[str, Registry]):
        self.registries = registries

    def resolve(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """All parameters of a component, given or by default."""
        return _resolved(self.registries[kind], spec)

    def build(self, kind: str, spec: ComponentSpec) -> Any:
        """Build a component.

        Raises
        ------
        InputError
            Its name or a parameter is invalid.
        """
        return self.registries[kind].build(spec.name, **self.resolve(kind, spec))

    def fresh(self, kind: str, spec: ComponentSpec) -> Any:
        """Build a component from its file, which is executed again."""
        return self.registries[kind].anew().build(spec.name, **self.resolve(kind, spec))

    def identity(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """Identity of a component: name, parameters, and hashes of its files.

        The files are its weights and, for a plug-in, its source.
        """
        params = self.resolve(kind, spec)
        identity = self.named(kind, spec)
        if files := self.registries[kind].files(spec.name, params):
            identity["files_sha256"] = [_sha256(path, *_stamp(path)) for path in files]
        if spec.name.endswith(".py"):
            identity["sha256"] = sha256(Path(spec.name))
        return identity

    def named(self, kind: str, spec: ComponentSpec) -> dict[str, Any]:
        """Name (of a plug-in file: without its folder) and all parameters."""
        plugin = spec.name.endswith(".py")
        name = Path(spec.name).stem if plugin else spec.name
        return {"name": name, **self.resolve(kind, spec)}

    def course(self, spec: ComponentSpec) -> dict[str, Any]:
        """What the course of a channel depends on: name and parameters.

        Parameters that only count channel uses leave the course as it is.
        """
        counting = self.registries["channel"].counting(spec.name)
        named = self.named("channel", spec)
        return {key: value for key, value in named.items() if key not in counting}
