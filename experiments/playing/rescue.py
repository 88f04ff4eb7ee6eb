"""A rescue: its environment, its scheduler and its dispatcher, built once."""

from typing import Any

from blocks.dispatching import dispatcher
from experiments.compose import catalogue
from experiments.playing.traffic import TrafficStage, measured, service
from semlink.errors import InputError
from semlink.loop.rescue.config import STREAMS, RescueScenario, StreamConfig
from semlink.loop.rescue.environment import RescueEnvironment

DIGITAL = "effective"  # law of digital codes over fading


class RescueStage(TrafficStage):
    """The rescue of a scenario.

    Parameters
    ----------
    config : of the scenario

    Raises
    ------
    InputError
        As of a cell with traffic, the dispatcher cannot be built, or a joint code is to
        be decoded by the relay.
    """

    def _environment(self, config: RescueScenario) -> RescueEnvironment:
        for name, stream in zip(STREAMS, config.rescue.streams, strict=True):
            _check_relaying(name, stream)
        parts = service(config), dispatcher(config.dispatcher.label)
        return RescueEnvironment(config.rescue, *parts)

    def at(self, snr_db: float) -> "RescueStage":
        """The rescue at another mean Es/N0 [dB]."""
        rescue = self.config.rescue.model_copy(update={"snr_db": snr_db})
        return RescueStage(self.config.model_copy(update={"rescue": rescue}))

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR."""
        rescue = self.config.rescue.model_dump(mode="json", exclude={"snr_db"})
        known = catalogue().identity("dispatcher", self.config.dispatcher)
        return super().identity() | {"rescue": rescue, "dispatcher": known}


def _check_relaying(name: str, stream: StreamConfig) -> None:
    """Refuse to decode a joint source-channel code at the relay."""
    table = measured()
    law = table.table.laws[int(table.number(stream.transmitter))]
    if stream.relaying == "decode" and law != DIGITAL:
        must = f"the relaying of {name} must be amplify for {stream.transmitter}"
        raise InputError(f"{must}, which is no digital code, got decode")
