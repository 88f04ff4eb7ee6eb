"""Configuration of the traffic of a cell: users, what they send, what they meet."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Slots = Annotated[float, Field(gt=0, le=1e6)]
Decibels = Annotated[float, Field(ge=-60, le=60)]
LEVELS = (1.0, 4.0, 16.0, 64.0)  # weights of importance
MOST_USERS = 1024


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Arrivals(_Frozen):
    """When frames arrive.

    kind : ``poisson``; ``bursts``: Poisson while a source is on; ``periodic``: with
        jitter-free period and random phase
    rate : mean frames in a slot
    on_slots : mean length of a burst
    """

    kind: Literal["poisson", "bursts", "periodic"] = "poisson"
    rate: Annotated[float, Field(ge=0, le=16)] = 0.2
    on_slots: Slots = 20.0
    on_share: Annotated[float, Field(gt=0, le=1)] = 0.2


class Fading(_Frozen):
    """What the channel of a user does.

    offset_db : mean Es/N0 at nominal power over that of the cell [dB]
    doppler : largest Doppler shift times the duration of a slot; 0: no fading
    shadowing_db : standard deviation of the shadowing [dB]
    shadowing_slots : slots over which its correlation falls to 1/e
    outage : share of the slots in outage
    outage_slots : mean length of an outage
    outage_db : loss in an outage [dB]
    """

    offset_db: Decibels = 0.0
    doppler: Annotated[float, Field(ge=0, le=0.5)] = 0.02
    shadowing_db: Annotated[float, Field(ge=0, le=20)] = 0.0
    shadowing_slots: Slots = 100.0
    outage: Annotated[float, Field(ge=0, lt=1)] = 0.0
    outage_slots: Slots = 20.0
    outage_db: Annotated[float, Field(ge=0, le=100)] = 30.0


class User(_Frozen):
    """A user, or several of a kind.

    count : users of this kind
    arrivals, fading : as described there
    transmitter : name of the transmitter, as in the measured table
    uses : channel uses that it asks for, for a frame
    alternative : name of another transmitter, which a scheduler may grant instead
    alternative_uses : channel uses that it asks for with that one
    margin_db : reserve below the reported state [dB]
    retransmissions : most retransmissions of a frame
    deadline_slots : slots from the arrival of a frame to its deadline
    priority : 0 to 3
    importance : shares of the frames of importance 1, 4, 16 and 64
    contents : shares of the frames by class of content, as in the measured table
    """

    count: Annotated[int, Field(ge=1, le=MOST_USERS)] = 1
    arrivals: Arrivals = Arrivals()
    fading: Fading = Fading()
    transmitter: str
    uses: Annotated[int, Field(ge=1, le=10_000_000)]
    alternative: str | None = None
    alternative_uses: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    margin_db: Annotated[float, Field(ge=0, le=30)] = 0.0
    retransmissions: Annotated[int, Field(ge=0, le=3)] = 0
    deadline_slots: Slots = 20.0
    priority: Annotated[int, Field(ge=0, le=3)] = 0
    importance: tuple[Share, Share, Share, Share] = (1.0, 0.0, 0.0, 0.0)
    contents: tuple[Share, ...] = (1.0,)

    @field_validator("importance", "contents")
    @classmethod
    def _of_all(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if abs(sum(value) - 1) > 1e-6:
            raise ValueError(f"shares must sum to 1, got {sum(value):g}")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "User":
        if (self.alternative is None) != (self.alternative_uses is None):
            got = self.alternative, self.alternative_uses
            must = "have both alternative and alternative_uses, or none of them"
            raise ValueError(f"a user must {must}, got {got[0]} and {got[1]}")
        return self


class Signalling(_Frozen):
    """What deciding costs; by default as in sessions.

    grant : channel uses that announce a grant, of those that it grants
    report : channel uses of a reported state
    report_slots : slots from one report of a user to the next
    delay_slots : delay of a report
    """

    grant: Annotated[int, Field(ge=0, le=10_000)] = 148
    report: Annotated[int, Field(ge=0, le=10_000)] = 100
    report_slots: Annotated[int, Field(ge=1, le=1000)] = 4
    delay_slots: Annotated[int, Field(ge=0, le=64)] = 1


class TrafficConfig(_Frozen):
    """The traffic of a cell.

    users : kinds of users
    copies : cells of so many times the users and the pool
    load : factor of all arrival rates
    snr_db : mean Es/N0 at nominal power [dB]
    shadowing_db : of all users, in place of their own [dB]
    slots : slots of an episode
    pool : channel uses of the pool in a slot, without copies
    power_db : largest mean power of the pool over the nominal power [dB]
    queue : frames that wait at most, for each user; more are lost
    signalling : what deciding costs
    utility : metric of the measured table that counts, from 0 to 1
    values : values of a frame
    price : what all channel uses of a slot, at nominal power, cost [utility]
    prior : whether senders say what utility they expect of a frame, by the ``table``
    """

    users: tuple[User, ...]
    copies: Annotated[int, Field(ge=1, le=MOST_USERS)] = 1
    load: Annotated[float, Field(gt=0, le=100)] = 1.0
    snr_db: Decibels = 10.0
    shadowing_db: Annotated[float, Field(ge=0, le=20)] | None = None
    slots: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    pool: Annotated[int, Field(ge=0, le=1_000_000_000)]
    power_db: Annotated[float, Field(ge=-16, le=15)] = 0.0
    queue: Annotated[int, Field(ge=1, le=4096)] = 16
    signalling: Signalling = Signalling()
    utility: str = "f1"
    values: Annotated[int, Field(ge=1)] = 833_745
    price: Annotated[float, Field(ge=0, le=100)] = 0.0
    prior: Literal["none", "table"] = "none"

    @field_validator("users", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _some(self) -> "TrafficConfig":
        if not 1 <= self.num_users <= MOST_USERS:
            must = f"have 1 to {MOST_USERS} users"
            raise ValueError(f"a cell must {must}, got {self.num_users}")
        return self

    @property
    def num_users(self) -> int:
        """Users of all kinds."""
        return self.copies * sum(user.count for user in self.users)

    @property
    def uses(self) -> int:
        """Channel uses of the pool in a slot."""
        return self.copies * self.pool

    @property
    def each(self) -> tuple[User, ...]:
        """Every user alone; kinds take turns, so that the first users are of all."""
        left = [self.copies * user.count for user in self.users]
        found = []
        while any(left):
            for kind, user in enumerate(self.users):
                if left[kind]:
                    left[kind] -= 1
                    found.append(self._here(user))
        return tuple(found)

    def _here(self, user: User) -> User:
        """A user at the load and with the shadowing of the cell."""
        rate, fading = user.arrivals.rate * self.load, user.fading
        arrivals = user.arrivals.model_copy(update={"rate": rate})
        if self.shadowing_db is not None:
            told = {"shadowing_db": self.shadowing_db}
            fading = fading.model_copy(update=told)
        return user.model_copy(update={"arrivals": arrivals, "fading": fading})
