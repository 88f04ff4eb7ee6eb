"""Scenarios by name: sessions, cells with traffic, and rescues."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from semlink.config import ComponentSpec, parse_spec
from semlink.errors import InputError
from semlink.loop.rescue.config import RescueScenario
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.reading import apply_overrides, checked, merged, read_tree, with_values
from semlink.registry import unknown

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def scenario(
    word: str | ComponentSpec,
    overrides: list[str],
    common: Mapping[str, Any] | None = None,
) -> ScenarioConfig | TrafficScenario | RescueScenario:
    """The configuration of a scenario: a session, a cell with traffic, or a rescue.

    Parameters
    ----------
    word : name of a scenario, or path of a YAML file, with dotted keys in brackets, as
        in ``monitor[adapter=bandit[alpha=1],uplink.loss=0.2]``
    overrides : ``key=value`` with dotted keys, above those in brackets
    common : keys of several scenarios, below those in brackets

    Raises
    ------
    InputError
        There is no such scenario, or a key or a value is invalid.
    """
    spec = _named(word) if isinstance(word, str) else word
    if spec.argument is not None:
        must = "be name[key=value,...]"
        raise InputError(f"a scenario must {must}, got {spec.label!r}")
    tree = merged(read_tree(_path(spec.name)), common or {})
    tree = with_values(tree, spec.params)
    tree = apply_overrides(tree, overrides)
    return checked(tree, _kind(tree))


def _kind(tree: Mapping[str, Any]) -> type:
    """What a configuration describes, by a key that it alone has."""
    if "rescue" in tree:
        return RescueScenario
    return TrafficScenario if "traffic" in tree else ScenarioConfig


def _named(word: str) -> ComponentSpec:
    try:
        return ComponentSpec(**parse_spec(word))
    except ValueError as error:
        raise InputError(f"a scenario must be name[key=value,...]: {error}") from None


def _path(name: str) -> Path:
    """The file of a scenario."""
    known = {path.stem: path for path in sorted(SCENARIOS.glob("*.yaml"))}
    if name in known:
        return known[name]
    if name.endswith(".yaml") and Path(name).is_file():
        return Path(name)
    raise InputError(unknown("scenario", name, list(known)))
