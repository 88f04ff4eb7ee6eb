"""Numbers in the names of scenarios, as axes of figures.

A grid over ``monitor[uplink.loss=0]``, ``monitor[uplink.loss=0.2]`` and so on has an
axis that no column of its rows has.
"""

from collections.abc import Sequence

from semlink.config import ComponentSpec
from semlink.store.rows import Row


def by_key(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows of scenarios by each key that has several numbers as its values.

    Output
    ------
    : rows that have the key, its value in a column of that name, and the scenario
        without the key in its place
    """
    specs = {
        word: ComponentSpec.model_validate(word)
        for word in dict.fromkeys(row["scenario"] for row in rows)
        if word
    }
    keys = dict.fromkeys(key for spec in specs.values() for key in spec.params)
    return {key: _along(rows, specs, key) for key in keys if _varies(specs, key)}


def _varies(specs: dict[str, ComponentSpec], key: str) -> bool:
    values = {spec.params[key] for spec in specs.values() if _has(spec, key)}
    return len(values) > 1


def _has(spec: ComponentSpec, key: str) -> bool:
    """Whether a scenario says a number for a key."""
    value = spec.params.get(key)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _along(rows: Sequence[Row], specs: dict[str, ComponentSpec], key: str) -> list[Row]:
    found = []
    for row in rows:
        spec = specs[row["scenario"]]
        if _has(spec, key):
            others = {name: v for name, v in spec.params.items() if name != key}
            rest = spec.model_copy(update={"params": others}).label
            found.append({**row, "scenario": rest, key: str(spec.params[key])})
    return found
