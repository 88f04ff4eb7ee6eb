"""Components by name; the file name is the component's name.

A registry looks for ``NAME.py`` in its packages, then among installed entry points
of its group, then, if the name ends with ``.py``, at that path. The signature of the
module's ``build(**params)`` is the component's parameter schema.
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect
import itertools
import pkgutil
import re
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError, validate_call

from semlink.errors import InputError, refusal

COUNTS = "counts"  # in an annotation: the parameter only counts channel uses
_TIMES = itertools.count(1)  # of registries that execute files again
SWITCHES = {"yes": True, "on": True, "no": False, "off": False}
PATH = "path"  # name of the first parameter of components that read one


def unknown(
    kind: str, name: str, known: Sequence[str], close: Sequence[str] = ()
) -> str:
    """Message for an unknown name, with all known names.

    It suggests ``close``, or the most similar known name.
    """
    close = close or get_close_matches(name, known, n=1)
    hint = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    return f"unknown {kind} {name!r}; {hint}known: {', '.join(known) or 'none'}"


def preset(build: Callable, **values) -> Callable:
    """A ``build`` with some parameters fixed to these values."""

    @functools.wraps(build)
    def built(**params):
        return build(**params, **values)

    left = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, p in inspect.signature(build).parameters.items()
        if name not in values
    ]
    built.__signature__ = inspect.signature(build).replace(parameters=left)
    hints = build.__annotations__.items()
    built.__annotations__ = {k: v for k, v in hints if k not in values}
    return built


class Registry:
    """The components of one kind.

    Parameters
    ----------
    kind : name of the kind in errors, such as ``channel``
    packages : packages whose modules are the components
    group : entry-point group through which other distributions add theirs
    """

    def __init__(self, kind: str, *, packages: tuple[str, ...], group: str):
        self.kind = kind
        self._packages = packages
        self._group, self._times = group, 0
        self._by_path: dict[str, ModuleType] = {}

    def anew(self) -> "Registry":
        """A registry of the same components, which executes their files again."""
        other = Registry(self.kind, packages=self._packages, group=self._group)
        other._times = next(_TIMES)
        return other

    def is_ours(self, name: str) -> bool:
        """Whether a name is that of a module of our packages."""
        return name in self._local()

    def names(self) -> list[str]:
        """All known names, sorted; imports no component."""
        return sorted({*self._local(), *(e.name for e in self._entry_points())})

    def complete(self) -> list[str]:
        """The names whose parameters all have defaults, sorted."""
        empty = inspect.Parameter.empty
        return [
            name
            for name in self.names()
            if all(p.default is not empty for p in self.schema(name).values())
        ]

    def summary(self, name: str) -> str:
        """First line of the component's docstring."""
        return (inspect.getdoc(self._module(name)) or "").partition("\n")[0]

    def schema(self, name: str) -> dict[str, inspect.Parameter]:
        """Parameters of a component, by name, in order.

        Raises
        ------
        InputError
            The name is not known.
        """
        return dict(inspect.signature(self._build(name)).parameters)

    def resolve(
        self, name: str, argument: str | None = None, params: dict | None = None
    ) -> dict[str, Any]:
        """All parameters of a component: the given ones, and defaults for the rest.

        Parameters
        ----------
        name : name of the component
        argument : value of its first parameter, as in ``folder:PATH``
        params : named values

        Raises
        ------
        InputError
            A parameter is unknown, given twice, or missing.
        """
        schema, given = self.schema(name), dict(params or {})
        where = f"{self.kind}.{name}"
        if argument is not None:
            if not schema:
                raise InputError(f"{where} takes no argument, got {argument!r}")
            first = next(iter(schema))
            if first in given:
                raise InputError(f"{where}.{first} is given twice, got {argument!r}")
            given[first] = argument
        for key in given:
            if key not in schema:
                message = unknown(f"parameter of {where}", key, list(schema))
                raise InputError(message)
        given = {key: self._coerced(name, key, value) for key, value in given.items()}
        full = {
            key: given.get(key, parameter.default) for key, parameter in schema.items()
        }
        missing = [
            key for key, value in full.items() if value is inspect.Parameter.empty
        ]
        if missing:
            raise InputError(f"{where} needs {missing[0]!r}, got nothing")
        return full

    def build(self, name: str, **params) -> Any:
        """Build a component, its parameters checked against their annotations.

        Raises
        ------
        InputError
            The name or a parameter is invalid; the message has its full path.
        """
        build = self._build(name)
        try:
            validated = _validated(build)
        except Exception as error:
            message = f"{self.kind} {name!r} has no usable build: {error}"
            raise InputError(message) from error
        try:
            return validated(**params)
        except ValidationError as error:
            raise self._refusal(name, error) from None
        except InputError:
            raise
        except (ValueError, SystemExit) as error:
            message = f"{self.kind} {name!r} cannot be built: {error}"
            raise InputError(message) from error

    def files(self, name: str, params: dict[str, Any]) -> list[Path]:
        """Files that a component's results depend on, such as weights.

        The module lists them in ``files(**params)``, with the parameters of ``build``.
        """
        files = getattr(self._module(name), "files", None)
        return list(files(**params)) if files else []

    def is_oracle(self, name: str) -> bool:
        """Whether a component sees ground truth: its module sets ``ORACLE = True``."""
        return bool(getattr(self._module(name), "ORACLE", False))

    def counting(self, name: str) -> tuple[str, ...]:
        """Parameters that change the count of channel uses, and nothing else."""
        hints = get_type_hints(self._build(name), include_extras=True).items()
        return tuple(k for k, v in hints if COUNTS in getattr(v, "__metadata__", ()))

    def _coerced(self, name: str, key: str, value: Any) -> Any:
        """A value converted to the parameter's type: ``'168'`` and 168 are the same.

        ``no`` is a text where the parameter takes one, and otherwise a boolean.
        """
        try:
            hints = get_type_hints(self._build(name), include_extras=True)
            switch = isinstance(self.schema(name)[key].default, bool)
            adapter = TypeAdapter(hints.get(key, bool if switch else Any))
        except Exception:
            return value  # build() reports annotations that cannot be used
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            if isinstance(value, str) and value in SWITCHES:
                with contextlib.suppress(ValidationError):
                    return adapter.validate_python(SWITCHES[value], strict=True)
            raise self._refusal(name, error, key) from None

    def _refusal(self, name: str, error: ValidationError, *where: str) -> InputError:
        first, *rest = error.errors()
        # of a union, what each of its branches allows
        others = [e for e in rest if e["input"] is first["input"]]
        path = ".".join([self.kind, name, *where])
        return InputError(refusal(first, path, others))

    def _local(self) -> dict[str, str]:
        found = {}
        for package in self._packages:
            for module in pkgutil.iter_modules(
                importlib.import_module(package).__path__
            ):
                path = f"{package}.{module.name}"
                if not module.ispkg and _has_build(path):
                    found[module.name] = path
        return found

    def _entry_points(self):
        return entry_points(group=self._group)

    def _build(self, name: str) -> Callable:
        module = self._module(name)
        if not callable(getattr(module, "build", None)):
            raise InputError(f"{self.kind} {name!r} defines no build() function")
        return module.build

    def _module(self, name: str) -> ModuleType:
        if name.endswith(".py"):
            return self._from_path(name)
        local = self._local()
        if name in local:
            try:
                return importlib.import_module(local[name])
            except ImportError as error:
                message = f"{self.kind} {name!r} cannot be imported: {error}"
                raise InputError(message) from error
        for entry in self._entry_points():
            if entry.name == name:
                return self._loaded(entry)
        raise InputError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        """Message for an unknown name; a path suggests the components that read one."""
        close = ()
        if "/" in name or (name and Path(name).is_dir()):
            close = [f"{local}:{name}" for local in self._local() if self._reads(local)]
        return unknown(self.kind, name, self.names(), sorted(close))

    def _reads(self, name: str) -> bool:
        """Whether the argument of a component is a path."""
        try:
            return next(iter(self.schema(name)), "") == PATH
        except Exception:  # a component that cannot be imported is no suggestion
            return False

    def _loaded(self, entry) -> ModuleType:
        try:
            return entry.load()
        except (Exception, SystemExit) as error:
            where = f"{self.kind} {entry.name!r} at {entry.value!r}"
            raise InputError(f"{where} fails: {error}") from error

    def _from_path(self, path: str) -> ModuleType:
        if path not in self._by_path:
            if not Path(path).is_file():
                raise InputError(f"no {self.kind} file at {path!r}")
            again = f" {self._times}" * bool(self._times)
            name = f"{self.kind} {path}{again}"  # shadows no module
            spec = importlib.util.spec_from_file_location(name, path)
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module  # dataclasses look up their types there
            try:
                spec.loader.exec_module(module)
            except (Exception, SystemExit) as error:
                raise InputError(f"{self.kind} file {path!r} fails: {error}") from error
            self._by_path[path] = module
        return self._by_path[path]


def _has_build(module: str) -> bool:
    """Whether a module's source defines ``build``, without importing it."""
    source = importlib.util.find_spec(module).loader.get_source(module)
    return re.search(r"^(def build\(|build = )", source, re.MULTILINE) is not None


def _validated(build: Callable) -> Callable:
    return validate_call(config={"arbitrary_types_allowed": True})(build)
