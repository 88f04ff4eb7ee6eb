"""Messages of the closed loop: what one end tells the other.

Each has a JSON form, its pydantic model, and a form on the air, bits
(:mod:`semlink.signalling.layout`). A message is what crosses; the two ends share
nothing else.

References
----------
3GPP TS 28.312, "Intent driven management services for mobile networks": an intent is
a set of expectations, each with a verb, an object and targets.
"""

from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from semlink.errors import InputError, refusal
from semlink.modalities.categories import CATEGORIES

VERSION = 1
Category = Literal[CATEGORIES]
TaskName = Literal["reconstruction", "detection", "vqa", "classification"]
Priority = Annotated[int, Field(ge=0, le=3)]
Number = Annotated[int, Field(ge=0, le=15)]


class Message(BaseModel):
    """Base of all messages.

    version : of the schema; a reader knows its own and all before it
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    version: Annotated[int, Field(ge=1, le=VERSION)] = VERSION


class Target(BaseModel):
    """A target of an expectation.

    name : what is limited
    condition : on which side of the value it must be
    value : in the target's unit: milliseconds of latency, probability of success of a
        frame, kilohertz of bandwidth, millijoule of energy a frame
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: Literal["latency", "reliability", "bandwidth", "energy"]
    condition: Literal["at_most", "at_least"]
    value: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        if self.name == "reliability" and self.value >= 1:
            raise ValueError(
                f"reliability must be a probability below 1, got {self.value:g}"
            )
        return self


class Intent(Message):
    """What a user wants, before anybody asks whether it can be had.

    verb : what is done with what arrives
    classes : COCO categories of interest; empty for all
    question : a question in English; empty for none
    targets : limits; a target that is not stated is free, and limits of one name must
        leave values between them
    user, scenario : who asks, and in which scenario
    priority : 0 routine, 1 elevated, 2 urgent, 3 emergency
    """

    verb: Literal["watch", "find", "ask", "recognise"]
    classes: tuple[Category, ...] = ()
    question: str = ""
    targets: tuple[Target, ...] = ()
    user: str = ""
    scenario: str = ""
    priority: Priority = 0

    @model_validator(mode="after")
    def _targets_agree(self) -> Self:
        for name in {target.name for target in self.targets}:
            least, most = self.limits(name)
            if least > most:
                raise ValueError(
                    f"targets of {name} must leave values between them, got "
                    f"at_least {least:g} and at_most {most:g}"
                )
        return self

    def limits(self, name: str) -> tuple[float, float]:
        """Least and greatest value that the targets of a name leave, 0 and infinity
        without any.
        """
        least, most = 0.0, float("inf")
        for target in self.targets:
            if target.name == name and target.condition == "at_least":
                least = max(least, target.value)
            elif target.name == name:
                most = min(most, target.value)
        return least, most


class TaskProfile(Message):
    """What is executed: an intent, given the device and the state of the link.

    number : of the profile in its session, modulo 16
    task : which task the frames serve
    classes : COCO categories of interest, at most three on the air; empty for all
    priority : as in the intent
    deadline_ms : from a frame's capture to the act, air, computing and backhaul summed
    reliability : wanted probability that a frame meets its deadline and its task
    uses : most channel uses of a frame in the downlink, retransmissions included
    energy_mj : most energy of a frame [mJ]
    retransmissions : most retransmissions of a frame
    """

    number: Number = 0
    task: TaskName = "reconstruction"
    classes: tuple[Category, ...] = ()
    priority: Priority = 0
    deadline_ms: Annotated[float, Field(gt=0, le=1e5)] = 1000.0
    reliability: Annotated[float, Field(gt=0, lt=1)] = 0.9
    uses: Annotated[int, Field(ge=100, le=10_000_000)] = 20_000
    energy_mj: Annotated[float, Field(gt=0, le=1e6)] = 1e6
    retransmissions: Annotated[int, Field(ge=0, le=3)] = 1


class Grant(Message):
    """Resources of a frame, announced in front of its signal.

    frame : number of the frame, modulo 256
    profile : number of the profile that the sender serves
    transmitter : place of the transmitter in the session's list
    uses : most channel uses of the frame's first signal and its retransmissions; a
        frame that is encoded anew has a grant of its own
    power_db : power over the nominal power [dB]
    redundancy : 0 nominal; each step is a more robust scheme
    retransmissions : most retransmissions
    """

    frame: Annotated[int, Field(ge=0, le=255)]
    profile: Number = 0
    transmitter: Annotated[int, Field(ge=0, le=15)] = 0
    uses: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    power_db: Annotated[float, Field(ge=-16, le=15)] = 0.0
    redundancy: Annotated[int, Field(ge=0, le=3)] = 0
    retransmissions: Annotated[int, Field(ge=0, le=3)] = 0


class Request(Message):
    """Answer to a transmission: accept, ask for parts or for all again, or give up.

    frame : number of the frame, modulo 256
    verdict : what the receiver decides
    parts : of ``ask``, the parts that it asks for, as bits in the pair's own format; of
        ``again``, the state that the frame is to be encoded for; of ``accept``, what an
        acknowledged transmitter learns (``semlink.ends.answers``)
    """

    frame: Annotated[int, Field(ge=0, le=255)]
    verdict: Literal["accept", "ask", "give_up", "again"]
    parts: tuple[Literal[0, 1], ...] = ()


class Report(Message):
    """QoS of a frame, as the receiver knows it: 16 bits.

    frame : number of the frame, modulo 16
    lost : whether nothing arrived intact: a negative acknowledgement
    success : the receiver's estimate of the task's utility, 0 to 1
    late : whether the deadline was missed
    state_db : measured effective Es/N0 of the last slot [dB], whole numbers
    rating : rating of the user, 1 to 3; 0 if there is none. A lost frame has none.
    """

    frame: Number
    lost: bool = False
    success: Annotated[float, Field(ge=0, le=1)]
    late: bool = False
    state_db: Annotated[int, Field(ge=-16, le=47)] = 0
    rating: Annotated[int, Field(ge=0, le=3)] = 0


class Sync(Message):
    """Change of shared knowledge, over the backhaul or over the air.

    base : name of the knowledge base
    before, after : hexadecimal hashes of its content before and after the change
    added : hashes of entries that the receiver of the message must add
    removed : hashes of entries that it must remove
    """

    base: str
    before: str
    after: str
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


class Act(Message):
    """What the receiver asks of the sender's world after it acted.

    frame : number of the frame, modulo 256
    kind : ``none``, or ``stay``: the camera shows the same scene once more
    """

    frame: Annotated[int, Field(ge=0, le=255)]
    kind: Literal["none", "stay"] = "none"


Kind = TypeVar("Kind", bound=BaseModel)


def read(kind: type[Kind], value: Any) -> Kind:
    """A message from a mapping, such as one that was read from JSON.

    Raises
    ------
    InputError
        It is none, or of a later version; the line begins with the path of the value.
    """
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise InputError(_line(kind, error)) from None


def _line(kind: type[BaseModel], error: ValidationError) -> str:
    """The first error in one line; a mistyped key comes before a missing one."""
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    path = ".".join([_label(kind), *map(str, first["loc"])])
    got = " ".join(repr(first["input"]).split())[:80]
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys(kind, first["loc"]))
        return f"{path}: unknown key; known: {known}, got {got}"
    if first["type"] == "literal_error" and "classes" in first["loc"]:
        return f"{path} must be a category of COCO{_close(first['input'])}, got {got}"
    return refusal(first, _label(kind))


def _label(kind: type[BaseModel]) -> str:
    return kind.__name__.lower()


def _keys(kind: type[BaseModel], location: tuple) -> list[str]:
    """Names of the fields beside a key."""
    return list((Target if "targets" in location[:-1] else kind).model_fields)


def _close(name: Any) -> str:
    found = get_close_matches(str(name), CATEGORIES, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""
