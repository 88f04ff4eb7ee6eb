"""The world of a session: frames, the state of the channel, and what users say.

Frames follow at a fixed period. Events change the mean SNR, the share of the channel
that others take, or the intent. The SNR also steps to random levels; shadowing is a
Gauss-Markov process in decibels (Gudmundson, 1991). An act can make the camera stay on
a scene.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from semlink.protocols import Source
from semlink.rng import Seeds
from semlink.signals import Sample

Frames = Annotated[int, Field(ge=1, le=1_000_000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Event(_Frozen):
    """What changes with a frame, and from then on.

    frame : number of the frame
    step_db : mean Es/N0 over that of the world [dB]
    load : share of the channel uses that others take
    says : what the user says: text, or a mapping
    answers : what the user answers to questions about it, in their order
    """

    frame: Annotated[int, Field(ge=0)]
    step_db: Annotated[float, Field(ge=-60, le=60)] | None = None
    load: Annotated[float, Field(ge=0, lt=1)] | None = None
    says: str | dict | None = None
    answers: tuple[str, ...] = ()


class Shadowing(_Frozen):
    """Slow changes of the mean SNR.

    std_db : standard deviation [dB]
    frames : frames over which the correlation falls to 1/e
    """

    std_db: Annotated[float, Field(ge=0, le=20)] = 0.0
    frames: Annotated[float, Field(gt=0)] = 20.0


class Steps(_Frozen):
    """Sudden changes of the mean SNR, to a new level each time.

    least_db, most_db : levels over the SNR of the world, uniform between them [dB]
    frames : frames that a level lasts
    """

    least_db: Annotated[float, Field(ge=-60, le=60)] = 0.0
    most_db: Annotated[float, Field(ge=-60, le=60)] = 0.0
    frames: Frames = 10

    @model_validator(mode="after")
    def _rising(self) -> "Steps":
        if self.least_db > self.most_db:
            must = f"at most most_db, {self.most_db:g}"
            raise ValueError(f"least_db must be {must}, got {self.least_db:g}")
        return self


class WorldConfig(_Frozen):
    """A world.

    frames : number of frames
    period_slots : slots from one frame to the next
    snr_db : mean Es/N0 [dB]
    order : samples of the source in their order, over and over, or at random
    events : changes, by frame
    steps, shadowing : sudden and slow changes of the mean SNR
    """

    frames: Frames = 60
    period_slots: Annotated[int, Field(ge=1, le=100_000)] = 60
    snr_db: Annotated[float, Field(ge=-30, le=60)] = 12.0
    order: Literal["stream", "shuffled"] = "stream"
    events: tuple[Event, ...] = ()
    steps: Steps = Steps()
    shadowing: Shadowing = Shadowing()


class Frame(NamedTuple):
    """A frame as it is captured.

    number : of the frame
    slot : of its capture
    sample : what the camera sees
    load : share of the channel uses that others take
    says : what the user says now, if anything
    answers : what the user answers to questions about it
    """

    number: int
    slot: int
    sample: Sample
    load: float = 0.0
    says: str | dict | None = None
    answers: tuple[str, ...] = ()


class World:
    """A world in one episode.

    Parameters
    ----------
    config : what happens
    source : samples for the camera
    seeds : seeds of the episode
    """

    def __init__(self, config: WorldConfig, source: Source, seeds: Seeds):
        self.config, self._source = config, source
        self._order = _order(config, len(source), seeds.generator("world order"))
        self._mean_db = (
            _means(config) + _levels(config, seeds) + _shadows(config, seeds)
        )
        self._stays = 0

    def __len__(self) -> int:
        return self.config.frames

    def slot_of(self, number: int) -> int:
        """Slot in which a frame is captured."""
        return number * self.config.period_slots

    def stay(self) -> None:
        """Let the camera show the present scene once more."""
        self._stays += 1

    def snr_db(self, slot: int) -> float:
        """Mean Es/N0 in a slot [dB]."""
        number = min(slot // self.config.period_slots, self.config.frames - 1)
        return float(self._mean_db[number])

    def frame(self, number: int) -> Frame:
        """A frame, as the camera sees it now."""
        index = int(self._order[(number - self._stays) % len(self._order)])
        load, says, answers = 0.0, None, ()
        for event in self.config.events:
            if event.frame <= number and event.load is not None:
                load = event.load
            if event.frame == number and event.says is not None:
                says, answers = event.says, event.answers
        sample = self._source[index]
        return Frame(number, self.slot_of(number), sample, load, says, answers)


def _order(config: WorldConfig, count: int, draws: np.random.Generator) -> np.ndarray:
    """Indices of samples, by frame : [n]."""
    if config.order == "stream":
        return np.arange(count)
    rounds = -(-config.frames // count)
    return np.concatenate([draws.permutation(count) for _ in range(rounds)])


def _means(config: WorldConfig) -> np.ndarray:
    """Mean Es/N0 of each frame without shadowing [dB]."""
    means = np.full(config.frames, config.snr_db)
    for event in sorted(config.events, key=lambda event: event.frame):
        if event.step_db is not None:
            means[event.frame :] = config.snr_db + event.step_db
    return means


def _levels(config: WorldConfig, seeds: Seeds) -> np.ndarray:
    """Random level of each frame [dB] : [frames]."""
    steps, draws = config.steps, seeds.generator("steps")
    count = -(-config.frames // steps.frames)
    levels = draws.uniform(steps.least_db, steps.most_db, count)
    return np.repeat(levels, steps.frames)[: config.frames]


def _shadows(config: WorldConfig, seeds: Seeds) -> Sequence[float]:
    """Shadowing of each frame [dB] : [frames]."""
    memory = np.exp(-1 / config.shadowing.frames)
    draws = seeds.generator("shadowing").normal(0, 1, config.frames)
    states = [draws[0]]
    for draw in draws[1:]:
        states.append(memory * states[-1] + np.sqrt(1 - memory**2) * draw)
    return config.shadowing.std_db * np.array(states)
