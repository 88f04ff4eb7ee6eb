"""A rescue: its environment, its scheduler and its dispatcher, built once."""

from typing import Any

from blocks.dispatching import dispatcher
from experiments.compose import catalogue
from experiments.playing.traffic import TrafficStage, measured
from semlink.errors import InputError
from semlink.loop.rescue.config import STREAMS, RescueScenario, StreamConfig
from semlink.loop.rescue.environment import RescueEnvironment

DIGITAL = "effective"  # law of digital codes over fading


class RescueStage(TrafficStage):
    """The rescue of a scenario.

    Parameters
    ----------
    config : of the scenario
    kept : as of a cell with traffic

    Raises
    ------
    InputError
        As of a cell with traffic, the dispatcher cannot be built, or a joint code is to
        be decoded by the relay.
    """

    config: RescueScenario

    def _environment(self) -> RescueEnvironment:
        rescue = self.config.rescue
        for name, stream in zip(STREAMS, rescue.streams, strict=True):
            _check_relaying(name, stream)
        assigns = dispatcher(self.config.dispatcher.label)
        return RescueEnvironment(rescue, self._service(), assigns)

    def at(self, snr_db: float) -> "RescueStage":
        """The rescue at another mean Es/N0 [dB]."""
        rescue = self.config.rescue.model_copy(update={"snr_db": snr_db})
        config = self.config.model_copy(update={"rescue": rescue})
        return RescueStage(config, self._kept)

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
