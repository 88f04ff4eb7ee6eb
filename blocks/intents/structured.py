"""Intents as a structure: YAML or JSON text, or a mapping.

    verb: find
    classes: [car, person]
    priority: urgent
    targets:
      latency: 150 ms
      reliability: 99.9 %

Keys are those of ``Intent``. Targets may be a list with a condition each, or a mapping
as above, in which latency, bandwidth and energy are at most, and reliability is at
least what is given. A number without a unit is in the target's own unit.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from blocks.intending import LONGEST
from blocks.intents.limits import NATURAL
from blocks.intents.quantities import quantity
from blocks.intents.rules import PRIORITIES
from semlink.contracts.fault import shown
from semlink.errors import InputError
from semlink.loop.agents import Understood
from semlink.registry import unknown
from semlink.signalling.messages import Intent, read
from semlink.strict_yaml import parse


class Structured:
    """Reads structures; nothing in them is a guess."""

    version = "structured 1"

    def __call__(self, said: Any, answers: Sequence[str] = ()) -> Understood:
        tree = dict(_mapping(said))
        if "targets" in tree:
            tree["targets"] = _targets(tree["targets"])
        if isinstance(word := tree.get("priority"), str) and word in PRIORITIES:
            tree["priority"] = PRIORITIES.index(word)
        if isinstance(tree.get("classes"), str):
            tree["classes"] = [tree["classes"]]
        return Understood(read(Intent, tree))


def build() -> Structured:
    """Build the reader; it has no parameters."""
    return Structured()


def _mapping(said: Any) -> Mapping[str, Any]:
    tree = _parsed(said) if isinstance(said, str) else said
    if isinstance(tree, Intent):
        tree = tree.model_dump()
    if not isinstance(tree, Mapping):
        raise InputError(
            f"intent must be a mapping with verb and targets, got {shown(tree)}"
        )
    return tree


def _parsed(text: str) -> Any:
    if len(text) > LONGEST:
        must = f"intent must have at most {LONGEST} characters"
        raise InputError(f"{must}, got {len(text)}")
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text, object_pairs_hook=_once)
    except json.JSONDecodeError:
        pass  # YAML has mappings in braces, too
    except ValueError as reason:
        raise InputError(f"intent must be YAML or JSON: {reason}") from None
    try:
        return parse(text)
    except ValueError as reason:
        must = f"intent must be YAML or JSON: {reason}"
        raise InputError(f"{must}, got {shown(text)}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of JSON, in which equal keys are an error."""
    tree: dict[str, Any] = {}
    for key, value in pairs:
        if key in tree:
            raise ValueError(f"{key} is given twice, got {value!r}")
        tree[key] = value
    return tree


def _targets(said: Any) -> Any:
    """Targets as the message has them: a list of name, condition, value."""
    if isinstance(said, Mapping):
        return [
            {"name": _name(name), "condition": NATURAL[name], **_value(name, value)}
            for name, value in said.items()
        ]
    if not isinstance(said, Sequence) or isinstance(said, str):
        return said  # the message refuses it
    return [_listed(place, one) for place, one in enumerate(said)]


def _name(name: Any) -> str:
    if name not in NATURAL:
        message = unknown("key of intent.targets", str(name), list(NATURAL))
        raise InputError(f"{message}, got {name!r}")
    return name


def _listed(place: int, one: Any) -> Any:
    named = isinstance(one, Mapping) and one.get("name") in NATURAL
    if not named or "value" not in one:
        return one
    return {**one, **_value(one["name"], one["value"], f"{place}.value")}


def _value(name: str, said: Any, where: str = "") -> dict[str, Any]:
    try:
        return {"value": quantity(name, said)}
    except InputError as reason:
        raise InputError(f"intent.targets.{where or name}: {reason}") from None
