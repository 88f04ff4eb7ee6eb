"""Settings of retransmission, and how they share the channel uses of a picture."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from semlink.errors import InputError
from semlink.protocols import Loop

Mode = Literal["none", "selective", "random", "whole"]
Transmissions = Annotated[int, Field(ge=1, le=16)]
Slots = Annotated[int, Field(ge=0, le=1000)]
Decibels = Annotated[float, Field(ge=0, le=20)]
Share = Annotated[float, Field(ge=0.3, le=0.98)]


class Arq(NamedTuple):
    """Retransmission of an analog link.

    mode : ``selective``, the positions that the receiver asks for; for comparison
        ``random``, as many positions at random, and ``whole``, all of the payload
    max_transmissions : with the first
    first : share of the channel uses of a picture in its first transmission; ``whole``
        has its share from the number of transmissions
    round_trip_slots : slots from the end of a transmission to the next
    """

    mode: Mode = "none"
    max_transmissions: int = 3
    first: float = 0.85
    round_trip_slots: int = 8

    @property
    def loop(self) -> Loop | None:
        """The feedback loop, if there is one."""
        if self.mode == "none" or self.max_transmissions == 1:
            return None
        return Loop(
            max_transmissions=self.max_transmissions,
            round_trip_slots=self.round_trip_slots,
        )

    def reserve(self, num_digital: int, num_payload: int) -> int:
        """Channel uses of the retransmissions of a picture, known to both ends.

        Parameters
        ----------
        num_digital, num_payload : channel uses of the first transmission: those of
            header, side information and digital layer, and those of the joint code
        """
        if self.mode == "whole":
            return (self.max_transmissions - 1) * num_payload
        return int((num_digital + num_payload) * (1 - self.first) / self.first)


class Report(NamedTuple):
    """Report of the channel's state by resource block, with ``csi=map``.

    delay_slots : slots between the measured slot and the first transmission
    error_db : standard deviation of the error of a state [dB]
    """

    delay_slots: int = 4
    error_db: float = 0.0


def check(arq: Arq, csi: bool | str, side_info: str) -> None:
    """Refuse what does not go together."""
    if arq.mode != "none" and csi == "map":
        raise InputError(f"csi=map needs arq=none, got {arq.mode!r}")
    loop = "csi=map" if csi == "map" else f"arq={arq.mode}"
    if loop != "arq=none" and side_info != "coded":
        raise InputError(f"{loop} needs side_info=coded, got {side_info!r}")
