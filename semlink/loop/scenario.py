"""Configuration of a scenario: a world, two ends, and the agents that decide."""

from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from semlink.config import ComponentSpec, Specs
from semlink.loop.agents import Arm
from semlink.loop.device import DeviceProfile
from semlink.loop.world import WorldConfig
from semlink.registry import unknown

Slots = Annotated[int, Field(ge=0, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Uses = Annotated[int, Field(ge=200, le=10_000_000)]
MOST_TRANSMITTERS, MOST_USERS = 16, 1024
ALL = "all"  # the name for every transmitter that is not named


def _numbers(value: Any) -> Any:
    """Accept a number, or ``1000 6000``, for a list."""
    if isinstance(value, str):
        return value.split()
    return [value] if isinstance(value, int | float) else value


def _by_name(value: Any) -> Any:
    """Numbers alone are those of all transmitters."""
    if value is None or isinstance(value, dict):
        return value
    return {ALL: _numbers(value)}


UsesByName = Annotated[dict[str, tuple[Uses, ...]], BeforeValidator(_by_name)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class UplinkConfig(_Frozen):
    """How messages go up.

    snr_db : Es/N0 over that of the downlink [dB]
    delay_slots : slots from the last symbol of a message to its arrival
    loss : probability that a message is lost for another reason than noise
    """

    snr_db: Annotated[float, Field(ge=-30, le=30)] = 0.0
    delay_slots: Slots = 0
    loss: Annotated[float, Field(ge=0, lt=1)] = 0.0


class ReceiverConfig(_Frozen):
    """How the receiver decides.

    content : expected success from which it asks no more
    conceal : in place of a lost frame, nothing, or the last one
    actor : ``dwell``: the camera stays on a scene of which the receiver is unsure
    rating : share of frames that the user rates
    holds : transmitters whose models it holds, by place; ``null``: all
    asks : for ``parts`` of a frame again, or for lost ``frames``, too
    silent : messages that it never sends, for ablations; a list, or words
    """

    content: Share = 0.9
    conceal: Literal["nothing", "last"] = "nothing"
    actor: Literal["none", "dwell"] = "none"
    rating: Share = 0.0
    holds: tuple[int, ...] | None = None
    asks: Literal["parts", "frames"] = "parts"
    silent: tuple[Literal["profile", "request", "report"], ...] = ()

    @field_validator("silent", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value


class UserConfig(_Frozen):
    """What a user of a cell has of its own; what is left out is that of the scenario.

    count : users like this one
    offset_db : mean Es/N0 over that of the world [dB]
    source, world, says, answers, adapter, intent, channel, uses, receiver, uplink : as
        in a scenario; of the world without period and number of frames
    """

    count: Annotated[int, Field(ge=1, le=MOST_USERS)] = 1
    offset_db: Annotated[float, Field(ge=-60, le=60)] = 0.0
    source: ComponentSpec | None = None
    world: dict[str, Any] = {}
    says: str | dict | None = None
    answers: tuple[str, ...] = ()
    adapter: ComponentSpec | None = None
    intent: ComponentSpec | None = None
    channel: ComponentSpec | None = None
    uses: UsesByName | None = None
    receiver: dict[str, Any] = {}
    uplink: dict[str, Any] = {}

    @field_validator("world")
    @classmethod
    def _of_one_clock(cls, value: dict) -> dict:
        for key in ("period_slots", "frames", "snr_db"):
            if key in value:
                must = "leave period_slots, frames and snr_db to the scenario"
                raise ValueError(f"the world of a user must {must}, got {key}")
        return value


class ScenarioConfig(_Frozen):
    """A scenario.

    about : what it shows, in one line
    source : frames of the camera
    world : what happens
    transmitter : transmitters that both ends know
    uses : channel uses that an adapter can choose for a frame, and, by the name of a
        transmitter, those of that transmitter
    pool : channel uses of a frame that there are in all
    channel : downlink, and uplink on another course
    says, answers : what the user says at the beginning, and answers to questions
    intent, adapter, scheduler : agents
    importance : what matters in a frame; its mean weight is part of what a sender asks
        a scheduler for
    prior : what both ends know of transmitters: the measured ``table``, whose expected
        utility of a frame is part of what its sender asks for; or ``none``
    task : tasks that a profile can name
    receiver, uplink, device : as described there
    round_trip_slots : slots from the end of a transmission to the answer to its request
    users : of a cell, what each user has of its own; empty for a single user
    """

    about: str = ""
    source: ComponentSpec
    world: WorldConfig = WorldConfig()
    transmitter: Specs
    uses: UsesByName
    pool: Uses
    channel: ComponentSpec = ComponentSpec(name="awgn")
    says: str | dict
    answers: tuple[str, ...] = ()
    intent: ComponentSpec = ComponentSpec(name="prototypes")
    adapter: ComponentSpec = ComponentSpec(name="bandit")
    scheduler: ComponentSpec = ComponentSpec(name="single_user")
    importance: ComponentSpec | None = None
    prior: Literal["none", "table"] = "none"
    task: Specs = (ComponentSpec(name="detection"),)
    receiver: ReceiverConfig = ReceiverConfig()
    uplink: UplinkConfig = UplinkConfig()
    device: DeviceProfile
    round_trip_slots: Slots = 8
    users: tuple[UserConfig, ...] = ()

    @field_validator("transmitter")
    @classmethod
    def _few(cls, specs: tuple[ComponentSpec, ...]) -> tuple[ComponentSpec, ...]:
        if len(specs) > MOST_TRANSMITTERS:
            raise ValueError(
                f"a session has at most {MOST_TRANSMITTERS} transmitters, got "
                f"{len(specs)}"
            )
        return specs

    @field_validator("users", mode="before")
    @classmethod
    def _alike(cls, value: Any) -> Any:
        """A number is that of users who have nothing of their own."""
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value <= MOST_USERS:
                raise ValueError(f"users must be 1 to {MOST_USERS}, got {value}")
            return [{}] * value
        return value

    @model_validator(mode="after")
    def _known(self) -> "ScenarioConfig":
        names = [ALL, *(spec.name for spec in self.transmitter)]
        if strange := [name for name in self.uses if name not in names]:
            raise ValueError(unknown("transmitter of uses", strange[0], names))
        if not self.arms():
            must = f"uses must have a number up to the pool of {self.pool}"
            raise ValueError(f"{must}, got {self.uses}")
        return self

    def arms(self) -> tuple[Arm, ...]:
        """Every transmitter with each of its numbers of channel uses."""
        return tuple(
            Arm(place, uses)
            for place, spec in enumerate(self.transmitter)
            for uses in self.uses.get(spec.name, self.uses.get(ALL, ()))
            if uses <= self.pool
        )
