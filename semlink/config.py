"""Configuration: frozen models, read from YAML, overridden by ``key=value``.

A component is written in one word, ``name``, ``name:argument`` (its first parameter)
or ``name[key=value,key=value]``; in YAML also as a mapping with ``name`` and its
parameters. An unknown key is an error that names its full path.
"""

import contextlib
import json
from collections.abc import Iterator
from functools import cache
from itertools import groupby, product
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from semlink.errors import InputError
from semlink.protocols import CbrMode
from semlink.reading import apply_overrides, checked, read_tree
from semlink.strict_yaml import parse


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ComponentSpec(_Frozen):
    """A component and its parameters, as the user wrote them."""

    name: str
    argument: str | None = None
    params: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if isinstance(value, str):
            return parse_spec(value)
        if isinstance(value, dict) and "params" not in value:
            rest = {k: v for k, v in value.items() if k not in ("name", "argument")}
            said = {k: v for k, v in value.items() if k in ("name", "argument")}
            return {**said, "params": rest}
        if not isinstance(value, cls | dict):
            form = "a name, name:argument[key=value,...] or a mapping"
            raise ValueError(f"a component is {form}, got {value!r}")
        return value

    @property
    def label(self) -> str:
        """The component as one word, as it appears in results."""
        name = Path(self.name).stem if self.name.endswith(".py") else self.name
        argument = f":{self.argument}" if self.argument is not None else ""
        params = ",".join(f"{key}={_spelt(v)}" for key, v in self.params.items())
        # brackets at the end of an argument are its own if others follow them
        brackets = params or argument.endswith("]")
        return f"{name}{argument}" + (f"[{params}]" if brackets else "")


def parse_spec(text: str) -> dict[str, Any]:
    """Parse ``name:argument[key=value,...]``; a value may itself be a component."""
    head, inside = _head_and_brackets(text.strip())
    name, colon, argument = head.partition(":")
    if not name or "[" in name or "]" in name or (colon and not argument):
        raise ValueError(f"a component is name:argument[key=value,...], got {text!r}")
    params = {}
    for item in filter(None, _split(inside, ",")):
        key, equals, value = item.partition("=")
        if not equals:
            form = "key=value, and [] follows an argument that ends with brackets"
            raise ValueError(f"parameters are {form}, got {item!r}")
        if (key := key.strip()) in params:
            raise ValueError(f"{key} is given twice, got {text!r}")
        params[key] = _scalar(item, value)
    return {"name": name, "argument": argument if colon else None, "params": params}


def _head_and_brackets(text: str) -> tuple[str, str]:
    """Split ``head[inside]`` into head and inside, which is empty without brackets."""
    depth = 0
    for place in range(len(text) - 1, -1, -1):
        depth += (text[place] == "]") - (text[place] == "[")
        if depth == 0:
            ends = text.endswith("]")
            return (text[:place], text[place + 1 : -1]) if ends else (text, "")
    return text, ""


def _split(text: str, separators: str) -> list[str]:
    """Split a text at separators outside all brackets and quoted values."""
    parts, depth, quote = [""], 0, ""
    for before, letter in zip(" " + text, text, strict=False):
        depth += (letter == "[") - (letter == "]")
        if quote or (before == "=" and letter in "\"'"):
            quote = "" if letter == quote else quote or letter
        if depth <= 0 and not quote and letter in separators:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def _scalar(item: str, text: str) -> Any:
    try:
        return parse(text)
    except ValueError:
        raise ValueError(f"the value of a parameter is YAML, got {item!r}") from None


def _spelt(value: Any) -> str:
    """The value of a parameter, as it is written within brackets."""
    if isinstance(value, str):
        return _quoted(value)
    return "null" if value is None else str(value)


@cache
def _quoted(text: str) -> str:
    """A text, in quotes if it would be something else without them."""
    with contextlib.suppress(ValueError):
        if parse_spec(f"name[key={text}]")["params"] == {"key": text}:
            return text
    return json.dumps(text, ensure_ascii=False)


def _words(value: Any) -> Any:
    """Accept ``a b`` for a list; spaces within brackets do not split."""
    if isinstance(value, str):
        return [word for word in _split(value, " \t\n") if word]
    return value if isinstance(value, list | tuple) else [value]


def parse_grid(value: Any) -> Any:
    """Accept ``start:stop:step`` (stop included), numbers, or a list of numbers."""
    words = [str(w) for w in _words(value)]
    grid = [number for word in words for number in _numbers(word)]
    if not grid:
        raise ValueError(f"a grid needs at least one number, got {value!r}")
    return tuple(dict.fromkeys(number + 0.0 for number in grid))  # -0 is 0


def _numbers(word: str) -> list[float]:
    try:
        parts = [float(part) for part in word.split(":")]
        if len(parts) == 1:
            return parts
        if not np.all(np.isfinite(parts)):
            raise ValueError
        start, stop, step = parts
        count = int(np.floor((stop - start) / step + 1e-9)) + 1
        if count < 1 or count > 10_000:
            raise ValueError
    except (ValueError, ZeroDivisionError, OverflowError):
        form = "numbers or start:stop:step (stop reached from start, step not 0)"
        raise ValueError(f"a grid is {form}, got {word!r}") from None
    return [round(start + i * step, 9) for i in range(count)]


Specs = Annotated[
    tuple[ComponentSpec, ...], BeforeValidator(_words), Field(min_length=1)
]
SnrGrid = Annotated[
    tuple[Annotated[float, Field(ge=-30, le=60, allow_inf_nan=False)], ...],
    BeforeValidator(parse_grid),
]
CbrGrid = Annotated[
    tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...],
    BeforeValidator(parse_grid),
]


class StopRule(_Frozen):
    """Stopping rule of a point.

    images : number of images, from the first of the source (``null``: all)
    draws : channel draws for each image
    ci95 : if set, all images get more draws, at most ``max_draws`` each, while the half
        width of the interval of ``metric`` (``null``: the first of the first task) is
        above this value; the spread between images remains
    """

    images: int | None = Field(None, ge=1)
    draws: int = Field(1, ge=1)
    ci95: float | None = Field(None, gt=0, allow_inf_nan=False)
    max_draws: int = Field(10, ge=1)
    metric: str | None = None


class EpisodeRule(StopRule):
    """Stopping rule of a point of a scenario: its draws are episodes."""

    draws: int = Field(5, ge=1)
    max_draws: int = Field(40, ge=1)

    @field_validator("images")
    @classmethod
    def _of_the_world(cls, images: int | None) -> None:
        if images is not None:
            must = "left out: the world says how many frames an episode has"
            raise ValueError(f"must be {must}, got {images}")


class LinkConfig(_Frozen):
    """One link: source, transmitter and channel."""

    source: ComponentSpec
    transmitter: ComponentSpec
    channel: ComponentSpec

    @property
    def columns(self) -> dict[str, str]:
        """Labels in results, by column."""
        labels = {kind: getattr(self, kind).label for kind in LinkConfig.model_fields}
        return {"scenario": "", **labels}


class FeedbackConfig(_Frozen):
    """The feedback link, the same for all pairs; free by default.

    bits_per_use : bits that a channel use of it carries; ``null``: it is free
    delay_slots : delay of a message in slots, beside the round trip of the pair
    loss : probability that a message does not arrive
    """

    bits_per_use: float | None = Field(None, gt=0, allow_inf_nan=False)
    delay_slots: int = Field(0, ge=0, le=1000)
    loss: float = Field(0.0, ge=0, lt=1)


class SweepConfig(_Frozen):
    """A grid of links over SNR and CBR, judged by tasks."""

    source: ComponentSpec
    transmitter: Specs
    channel: Specs
    task: Specs = (ComponentSpec(name="reconstruction"),)
    feedback: FeedbackConfig = FeedbackConfig()
    snr_db: SnrGrid
    cbr: CbrGrid
    cbr_mode: CbrMode = "average"
    seed: int = Field(1, ge=0)
    stop: StopRule = StopRule()

    def links(self) -> list[LinkConfig]:
        """Every combination of transmitter and channel, in order.

        Raises
        ------
        InputError
            Two components would have the same name in the results.
        """
        return [
            LinkConfig(source=self.source, transmitter=transmitter, channel=c)
            for transmitter in _distinct(self.transmitter)
            for c in _distinct(self.channel)
        ]

    def grid(self) -> Iterator[tuple[LinkConfig, float, float]]:
        """Every (link, SNR, CBR): transmitters, CBR, channels, SNR."""
        for _, links in groupby(self.links(), lambda link: link.transmitter):
            for cbr, link, snr_db in product(self.cbr, list(links), self.snr_db):
                yield link, snr_db, cbr


class ScenarioSweepConfig(_Frozen):
    """A grid of scenarios over SNR. An episode of a session is one trial.

    scenario : names of scenarios, each with keys of its own in brackets
    common : keys of all of them, below those in brackets
    snr_db : mean Es/N0 of the world, in place of the scenario's own
    seed : root of all random numbers; equal episodes of all scenarios meet one world
    stop : its ``draws`` are episodes
    """

    scenario: Specs
    common: dict[str, Any] = {}
    snr_db: SnrGrid
    seed: int = Field(1, ge=0)
    stop: EpisodeRule = EpisodeRule()

    @model_validator(mode="before")
    @classmethod
    def _not_a_link(cls, tree: Any) -> Any:
        """A scenario has its own link; no key of one is taken beside it."""
        others = [key for key in tree if key in SweepConfig.model_fields]
        if strange := [key for key in others if key not in cls.model_fields]:
            takes = ", ".join(cls.model_fields)
            raise ValueError(
                f"a sweep of scenarios takes {takes}, and all else in brackets or in "
                f"common, got {strange[0]} beside scenario"
            )
        return tree

    def scenarios(self) -> list[ComponentSpec]:
        """Every scenario once, in order.

        Raises
        ------
        InputError
            Two scenarios would have the same name in the results.
        """
        return _distinct(self.scenario)


AnySweepConfig = SweepConfig | ScenarioSweepConfig


def _distinct(specs: tuple[ComponentSpec, ...]) -> list[ComponentSpec]:
    by_label: dict[str, ComponentSpec] = {}
    for spec in specs:
        first = by_label.setdefault(spec.label, spec)
        if first != spec:
            names = f"{first.name!r} and {spec.name!r}"
            raise InputError(f"components need labels that differ, got {names}")
    return list(by_label.values())


def load(path: Path, overrides: list[str]) -> AnySweepConfig:
    """Read a sweep from YAML and apply ``key=value`` overrides (dotted keys).

    Raises
    ------
    InputError
        The file, a key or a value is invalid; the message has the path of the key.
    """
    return validate(apply_overrides(read_tree(path), overrides))


def validate(tree: dict) -> AnySweepConfig:
    """Check a configuration: of scenarios if it names any, of links otherwise.

    Raises
    ------
    InputError
        A key or a value is invalid; the message has the full path of the first one.
    """
    model = ScenarioSweepConfig if "scenario" in tree else SweepConfig
    return checked(tree, model)
