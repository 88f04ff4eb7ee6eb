"""A cell by the measured table: its environment and its scheduler, built once."""

from functools import lru_cache
from typing import Any

from blocks.scheduling import scheduler
from experiments.compose import catalogue
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.pool import NOTHING, Pool, stacked
from semlink.loop.traffic.environment import CellEnvironment
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.loop.traffic.service import Measured
from semlink.rng import Seeds


@lru_cache(maxsize=1)
def measured() -> Abstraction:
    """The shipped table, which warns if components have changed since."""
    return Abstraction(read(catalogue=catalogue()))


class TrafficStage:
    """The cell of a scenario.

    Parameters
    ----------
    config : of the scenario

    Raises
    ------
    InputError
        The scheduler cannot be built or serves fewer users, or the table does not hold
        a transmitter or the utility.
    """

    def __init__(self, config: TrafficScenario):
        traffic = config.traffic
        self.config, self.scheduler = config, scheduler(config.scheduler.label)
        service = Measured(measured(), traffic.utility, traffic.values)
        self.environment = CellEnvironment(traffic, service)
        nobody = stacked([NOTHING] * traffic.num_users)
        self.scheduler(nobody, Pool(0), None, Seeds(0).generator("check"))

    def at(self, snr_db: float) -> "TrafficStage":
        """The cell at another mean Es/N0 [dB]."""
        traffic = self.config.traffic.model_copy(update={"snr_db": snr_db})
        return TrafficStage(self.config.model_copy(update={"traffic": traffic}))

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR."""
        config = self.config
        return {
            "traffic": config.traffic.model_dump(mode="json", exclude={"snr_db"}),
            "scheduler": catalogue().identity("scheduler", config.scheduler),
            "table": measured().table.digest,
        }
