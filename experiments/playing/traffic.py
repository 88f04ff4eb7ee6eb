"""A cell with traffic: its environment and its scheduler, built once."""

from functools import lru_cache
from typing import Any

from blocks.scheduling import scheduler
from experiments.compose import catalogue
from experiments.playing import linked
from semlink.ends.kept import Kept
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.pool import NOTHING, Pool, stacked
from semlink.loop.traffic.environment import CellEnvironment
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.loop.traffic.service import Measured, Service
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
    kept : signals of frames that were sent over the link before; none by default

    Raises
    ------
    InputError
        The scheduler cannot be built or serves fewer users, the table does not hold a
        transmitter or the utility, or a cell over the link cannot be composed.
    """

    def __init__(self, config: TrafficScenario, kept: Kept | None = None):
        self._kept = kept or Kept()
        self.config, self.scheduler = config, scheduler(config.scheduler.label)
        self.environment = self._environment()
        nobody = stacked([NOTHING] * config.traffic.num_users)
        self.scheduler(nobody, Pool(0), None, Seeds(0).generator("check"))

    def _environment(self) -> CellEnvironment:
        return CellEnvironment(self.config.traffic, self._service())

    def at(self, snr_db: float) -> "TrafficStage":
        """The cell at another mean Es/N0 [dB]."""
        traffic = self.config.traffic.model_copy(update={"snr_db": snr_db})
        config = self.config.model_copy(update={"traffic": traffic})
        return TrafficStage(config, self._kept)

    def identity(self) -> dict[str, Any]:
        """Everything that an episode depends on, but for the SNR."""
        config = self.config
        identity = {
            "traffic": config.traffic.model_dump(mode="json", exclude={"snr_db"}),
            "scheduler": catalogue().identity("scheduler", config.scheduler),
            "table": measured().table.digest,
        }
        if self._over:
            identity["link"] = linked.identity(self._over)
        return identity

    def components(self) -> dict[str, dict[str, Any]]:
        """Components of the link by kind and label; none by the table."""
        return linked.components(self._over) if self._over else {}

    def fingerprint(self) -> str:
        """Hash of the table and, over the link, of the pictures."""
        parts = [measured().table.digest]
        parts += [linked.fingerprint(self._over)] if self._over else []
        return " ".join(parts)

    @property
    def _over(self) -> linked.Composed | None:
        """What the link consists of; ``None`` by the table."""
        is_link = self.config.engine == "link"
        return linked.composed(self.config) if is_link else None

    def _service(self) -> Service:
        """What delivers frames."""
        if self._over:
            return linked.linked(self.config, measured(), self._kept)
        traffic = self.config.traffic
        return Measured(measured(), traffic.utility, traffic.values)
