"""A rescue: its environment, its scheduler and its dispatcher, built once."""

from typing import Any

from blocks.dispatching import dispatcher
from experiments.compose import catalogue
from experiments.playing.traffic import TrafficStage, service
from semlink.loop.rescue.config import RescueScenario
from semlink.loop.rescue.environment import RescueEnvironment


class RescueStage(TrafficStage):
    """The rescue of a scenario.

    Parameters
    ----------
    config : of the scenario

    Raises
    ------
    InputError
        As of a cell with traffic, or the dispatcher cannot be built.
    """

    def __init__(self, config: RescueScenario):
        super().__init__(config)
        parts = service(config), dispatcher(config.dispatcher.label)
        self.environment = RescueEnvironment(config.rescue, *parts)

    def at(self, snr_db: float) -> "RescueStage":
        """The rescue at another mean Es/N0 [dB]."""
        rescue = self.config.rescue.model_copy(update={"snr_db": snr_db})
        return RescueStage(self.config.model_copy(update={"rescue": rescue}))

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR."""
        rescue = self.config.rescue.model_dump(mode="json", exclude={"snr_db"})
        known = catalogue().identity("dispatcher", self.config.dispatcher)
        return super().identity() | {"rescue": rescue, "dispatcher": known}
