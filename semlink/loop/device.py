"""Devices: what computing and the backhaul cost in time and energy.

Delay and energy follow from counts of operations and from these numbers, never from a
clock, so that a session gives the same result on any machine.
"""

from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Machine(_Frozen):
    """A processor.

    flop_per_s : operations in a second
    joule_per_flop : energy of an operation [J]
    """

    flop_per_s: Positive
    joule_per_flop: NotNegative


class Backhaul(_Frozen):
    """The connection to the cloud.

    bit_per_s : rate
    delay_ms : delay of the first bit [ms]
    """

    bit_per_s: Positive
    delay_ms: NotNegative


class DeviceProfile(_Frozen):
    """Devices of a session.

    slot_ms : duration of a slot [ms]
    symbol_mj : energy of a symbol at nominal power [mJ]
    sender, receiver, cloud : processors
    backhaul : connection of the edge to the cloud
    """

    slot_ms: Positive
    symbol_mj: NotNegative
    sender: Machine
    receiver: Machine
    cloud: Machine
    backhaul: Backhaul


class Work(NamedTuple):
    """Operations of a pair for one value of a sample (FLOP), and bytes of its models.

    encode, decode : at the sender, at the receiver
    model_bytes : what a receiver must hold
    """

    encode: float = 0.0
    decode: float = 0.0
    model_bytes: int = 0


class Cost(NamedTuple):
    """Time [ms] and energy [mJ]."""

    ms: float = 0.0
    mj: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.ms + other.ms, self.mj + other.mj)


def computing(machine: Machine, flop: float) -> Cost:
    """Cost of operations on a processor."""
    return Cost(1e3 * flop / machine.flop_per_s, 1e3 * flop * machine.joule_per_flop)


def fetching(device: DeviceProfile, num_bytes: int) -> float:
    """Time to fetch bytes from the cloud [ms]; none for nothing."""
    if not num_bytes:
        return 0.0
    return device.backhaul.delay_ms + 8e3 * num_bytes / device.backhaul.bit_per_s
