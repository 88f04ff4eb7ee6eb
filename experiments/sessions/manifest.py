"""The manifest of a session: all that is needed to play it again."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from experiments.commands.manifests import MANIFEST, provenance
from experiments.compose import catalogue
from experiments.playing.stage import Stage
from experiments.playing.work import works
from semlink.errors import InputError
from semlink.loop.scenario import ScenarioConfig
from semlink.units import CONVENTIONS

# what two manifests of one session must agree on
AGREED = (
    "scenario",
    "configuration",
    "seed",
    "episode",
    "randomness",
    "components",
    "work",
    "source_sha256",
    "packages",
)


def manifest(word: str, stage: Stage, seed: int, episode: int) -> dict[str, Any]:
    """Everything needed to repeat a session and to interpret its numbers.

    Parameters
    ----------
    word : name of the scenario
    stage : of its configuration
    seed, episode : of the session
    """
    work = works(stage.names)
    return {
        "scenario": word,
        "configuration": stage.config.model_dump(mode="json"),
        "seed": seed,
        "episode": episode,
        "components": _components(stage.config),
        "work": {n: w._asdict() for n, w in zip(stage.names, work, strict=True)},
        "source_sha256": stage.fingerprint(),
        "conventions": CONVENTIONS,
        **provenance(),
    }


def _components(config: ScenarioConfig) -> dict[str, dict[str, Any]]:
    """Identity of every component by kind and label."""
    known, tree = catalogue(), {}
    for name in type(config).model_fields:
        value = getattr(config, name)
        specs = value if isinstance(value, tuple) else (value,)
        if name in known.registries:
            named = [spec for spec in specs if spec is not None]
            tree[name] = {spec.label: known.identity(name, spec) for spec in named}
    return tree


def refuse_another(folder: Path, new: dict[str, Any]) -> None:
    """Keep another result out of a folder.

    Raises
    ------
    InputError
        The folder has the result of a sweep, or of another session.
    """
    try:
        old = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        return
    if not isinstance(old, dict) or "scenario" not in old:
        raise InputError(
            f"{folder} has the result of a sweep; choose another run, got scenario "
            f"{new['scenario']}"
        )
    before = dict(_leaves({key: old.get(key) for key in AGREED}))
    now = dict(_leaves(json.loads(json.dumps({key: new[key] for key in AGREED}))))
    for key in {**before, **now}:
        was, wanted = (tree.get(key, "nothing") for tree in (before, now))
        if was != wanted:
            raise InputError(
                f"{folder} was made with {key} {was}; choose another run, got {wanted}"
            )


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Values of a tree that hold no others, by their dotted keys."""
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in parts:
        name = f"{path}.{key}" if path else str(key)
        name = name.removeprefix("configuration.")
        if isinstance(value, dict | list) and value:
            yield from _leaves(value, name)
        else:
            yield name, value
