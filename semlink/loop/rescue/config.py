"""Configuration of a rescue."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from semlink.config import ComponentSpec
from semlink.loop.traffic.config import (
    Arrivals,
    Decibels,
    Fading,
    Signalling,
    TrafficConfig,
    User,
)
from semlink.loop.traffic.scenario import PHOTOS, refuse_pictures

Metres = Annotated[float, Field(gt=0, le=1e5)]
Speed = Annotated[float, Field(gt=0, le=100)]  # m/s
Slots = Annotated[float, Field(ge=0, le=1e5)]
Few = Annotated[int, Field(ge=0, le=64)]
Share = Annotated[float, Field(ge=0, le=1)]
STREAMS = ("distress", "live", "patrol")  # of every UAV, by falling urgency
PRIORITIES = (3, 1, 0)  # before the command centre has set any


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Area(_Frozen):
    """Where it happens.

    seed : of the mountain
    side_m, peak_m : side of the square, and its highest point [m]
    altitude_m : of UAVs above the ground [m]
    mast_m : of the base station above the ground [m]
    exponent : of the path loss without obstacles
    """

    seed: Annotated[int, Field(ge=0)] = 3
    side_m: Metres = 2000.0
    peak_m: Annotated[float, Field(ge=0, le=9000)] = 200.0
    altitude_m: Metres = 100.0
    mast_m: Metres = 15.0
    exponent: Annotated[float, Field(ge=1, le=6)] = 2.2


class StreamConfig(_Frozen):
    """One of the streams of a UAV.

    transmitter : name of the transmitter, as in the measured table
    uses : channel uses that it asks for, for a message
    every_slots : slots from one message to the next, while there is something to send
    deadline_slots : slots from the capture to the deadline
    relaying : what the relay does with it; only digital signals can be decoded
    """

    transmitter: str
    uses: Annotated[int, Field(ge=1, le=10_000_000)]
    every_slots: Annotated[float, Field(ge=1, le=10_000)]
    deadline_slots: Annotated[float, Field(gt=0, le=1e6)]
    relaying: Literal["amplify", "decode"] = "amplify"


class Responders(_Frozen):
    """Who helps.

    airdrops : UAVs that drop supplies, and fly back for more
    teams : on foot, each from a hut of its own
    airdrop_mps : speed of these UAVs [m/s]
    reload_slots, care_slots : to load new supplies, and to care for the rescued [slots]
    """

    airdrops: Few = 2
    teams: Few = 3
    airdrop_mps: Speed = 20.0
    reload_slots: Slots = 60.0
    care_slots: Slots = 120.0


class Relay(_Frozen):
    """A UAV that relays.

    policy : ``none``; ``random``: over a random place; ``search``: where it raises the
        weighted capacity most, by the map and the places of the UAVs
    speed_mps : speed [m/s]
    review_slots : slots from one search to the next
    """

    policy: Literal["none", "random", "search"] = "search"
    speed_mps: Speed = 20.0
    review_slots: Annotated[int, Field(ge=1, le=10_000)] = 30


class Centre(_Frozen):
    """The agent of the command centre.

    control : channel uses of a profile, a request or an order
    bits : information in it
    patience_slots : slots without a picture until it asks for one
    asks : whether it asks again at all
    profiles : whether UAVs set priorities and retransmissions by the level that it
        signals; they stop their distress signals in any case
    """

    control: Annotated[int, Field(ge=1, le=10_000)] = 200
    bits: Annotated[int, Field(ge=1, le=10_000)] = 64
    patience_slots: Annotated[int, Field(ge=1, le=10_000)] = 10
    asks: bool = True
    profiles: bool = True


class RescueConfig(_Frozen):
    """A rescue; a slot is a second.

    uavs : UAVs that watch, each over a sector
    incidents : sectors in which somebody gets into distress, within the first quarter
    levels : shares of incidents of level 1, 2 and 3
    guess : probability that a UAV itself estimates the right level
    snr_db : mean Es/N0 over the UAVs on patrol, without shadowing and outages [dB]
    slots : slots of an episode
    pool : channel uses of a slot
    distress, live, patrol : streams of a UAV
    fading : shadowing and outages of every hop
    area, responders, relay, centre, signalling : as described there
    queue : messages of a stream that wait at most
    utility : metric of the measured table that counts
    values : values of a picture
    """

    uavs: Annotated[int, Field(ge=1, le=64)] = 6
    incidents: Annotated[int, Field(ge=1, le=64)] = 4
    levels: tuple[Share, Share, Share] = (0.4, 0.35, 0.25)
    guess: Share = 0.6
    snr_db: Decibels = 5.0
    slots: Annotated[int, Field(ge=2, le=1_000_000)] = 1200
    pool: Annotated[int, Field(ge=0, le=1_000_000_000)] = 18_000
    distress: StreamConfig
    live: StreamConfig
    patrol: StreamConfig
    fading: Fading = Fading(
        doppler=0, shadowing_db=6, shadowing_slots=10, outage=0.1, outage_slots=10
    )
    area: Area = Area()
    responders: Responders = Responders()
    relay: Relay = Relay()
    centre: Centre = Centre()
    signalling: Signalling = Signalling()
    queue: Annotated[int, Field(ge=1, le=4096)] = 8
    utility: str = "f1"
    values: Annotated[int, Field(ge=1)] = 833_745

    @model_validator(mode="after")
    def _consistent(self) -> "RescueConfig":
        if self.incidents > self.uavs:
            must = f"at most one in each of the {self.uavs} sectors"
            raise ValueError(f"incidents must be {must}, got {self.incidents}")
        if abs(sum(self.levels) - 1) > 1e-6:
            raise ValueError(f"levels must sum to 1, got {sum(self.levels):g}")
        return self

    @property
    def streams(self) -> tuple[StreamConfig, ...]:
        """Streams of a UAV, in the order of ``STREAMS``."""
        return self.distress, self.live, self.patrol

    @property
    def traffic(self) -> TrafficConfig:
        """Every stream of every UAV as a user of a cell."""
        return TrafficConfig(
            users=tuple(self._user(s) for _ in range(self.uavs) for s in range(3)),
            snr_db=self.snr_db,
            slots=self.slots,
            pool=self.pool,
            queue=self.queue,
            signalling=self.signalling,
            utility=self.utility,
            values=self.values,
        )

    def _user(self, number: int) -> User:
        stream = self.streams[number]
        return User(
            arrivals=Arrivals(kind="periodic", rate=1 / stream.every_slots),
            fading=self.fading,
            transmitter=stream.transmitter,
            uses=stream.uses,
            deadline_slots=stream.deadline_slots,
            priority=PRIORITIES[number],
        )


class RescueScenario(_Frozen):
    """A rescue, and the agents that decide in it.

    about : what it shows, in one line
    rescue : what happens
    scheduler : who shares the pool
    dispatcher : who assigns responders to incidents
    engine, source : what delivers messages, as in a cell with traffic

    ``users`` is short for the number of UAVs.
    """

    about: str = ""
    rescue: RescueConfig
    scheduler: ComponentSpec = ComponentSpec(name="strict_priority")
    dispatcher: ComponentSpec = ComponentSpec(name="hungarian")
    engine: Literal["table", "link"] = "table"
    source: ComponentSpec = PHOTOS

    @model_validator(mode="before")
    @classmethod
    def _users(cls, tree: Any) -> Any:
        if not isinstance(tree, dict) or "users" not in tree:
            return tree
        own = {key: value for key, value in tree.items() if key != "users"}
        if "uavs" in own.get("rescue", {}) and own["rescue"]["uavs"] != tree["users"]:
            must = f"equal rescue.uavs, {own['rescue']['uavs']}"
            raise ValueError(f"users must {must}, got {tree['users']}")
        return own | {"rescue": own.get("rescue", {}) | {"uavs": tree["users"]}}

    @model_validator(mode="after")
    def _of_the_link(self) -> "RescueScenario":
        return refuse_pictures(self)

    @property
    def traffic(self) -> TrafficConfig:
        """Of the cell."""
        return self.rescue.traffic
