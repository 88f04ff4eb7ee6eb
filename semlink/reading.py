"""Reading of configurations: YAML, ``key=value`` overrides, errors in one line."""

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from semlink.errors import InputError, refusal
from semlink.registry import unknown
from semlink.strict_yaml import parse

Model = TypeVar("Model", bound=BaseModel)


def checked(tree: dict, model: type[Model]) -> Model:
    """A tree as a model.

    Parameters
    ----------
    tree : mapping of keys, as in YAML
    model : of what it configures

    Raises
    ------
    InputError
        A key or a value is invalid; the message has the full path of the first one.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise InputError(_first_line(error, model)) from None


def read_tree(path: Path) -> dict:
    """Read a mapping from a YAML file.

    Raises
    ------
    InputError
        The file cannot be read, or is something else.
    """
    try:
        with path.open("rb") as file:
            tree = parse(file)
    except OSError as error:
        raise InputError(
            f"cannot read configuration {path}: {error.strerror}"
        ) from None
    except ValueError as error:
        raise InputError(f"configuration {path} is not YAML: {error}") from None
    if not isinstance(tree, dict):
        raise InputError(f"configuration {path} must be a mapping, got {tree!r}")
    return tree


def apply_overrides(tree: dict, overrides: list[str]) -> dict:
    """Set dotted keys in a copy of a configuration tree."""
    given: dict[str, Any] = {}
    for item in overrides:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise InputError(f"an override is key=value, got {item!r}")
        if key in given:
            raise InputError(f"{key} is given twice, got {item!r}")
        given[key] = _override_value(value)
    return with_values(tree, given)


def with_values(tree: dict, values: Mapping[str, Any]) -> dict:
    """A copy of a configuration tree, with values at dotted keys.

    Raises
    ------
    InputError
        A key leads through a value that is not a mapping.
    """
    tree = copy.deepcopy(tree)
    for key, value in values.items():
        *parents, last = key.split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
            if not isinstance(node, dict):
                got = f"{key}={value}"
                raise InputError(f"{key}: {parent!r} has no keys below it, got {got!r}")
        node[last] = value
    return tree


def merged(tree: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A tree with the values of another above its own; mappings in both are merged."""
    both = dict(tree)
    for key, value in above.items():
        own = tree.get(key)
        are_mappings = isinstance(own, dict) and isinstance(value, dict)
        both[key] = merged(own, value) if are_mappings else value
    return both


def _first_line(error: ValidationError, model: type[BaseModel]) -> str:
    # report a mistyped key before the missing key that was meant
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    path = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        known = _keys(_inner(model, first["loc"]), path)
        return unknown("configuration key", path, known)
    return refusal(first)


def _inner(model: type[BaseModel], location: tuple) -> type[BaseModel]:
    """The model at a location, whose last part is a key."""
    for part in location[:-1]:
        field = model.model_fields.get(part) if isinstance(part, str) else None
        if field is not None:
            found = [t for t in _types(field.annotation) if _is_model(t)]
            model = found[0] if found else model
    return model


def _types(annotation: Any) -> Iterator[Any]:
    """A type and all that it is made of."""
    yield annotation
    for part in get_args(annotation):
        yield from _types(part)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _keys(model: type[BaseModel], path: str) -> list[str]:
    prefix = path.rpartition(".")[0]
    return [f"{prefix}.{key}" if prefix else key for key in model.model_fields]


def _override_value(text: str) -> Any:
    """Numbers, booleans and null as in YAML; all other text stays text."""
    try:
        value = parse(text)
    except ValueError:
        return text
    simple = isinstance(value, bool | float | int) or value is None
    return value if simple else text
