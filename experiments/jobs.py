"""The sweep of a configuration: of links, or of scenarios."""

from functools import partial

from experiments.compose import sweep_of
from semlink.config import AnySweepConfig, ScenarioSweepConfig
from semlink.loop.scenario import ScenarioConfig
from semlink.store.cache import DiskCache
from semlink.sweeps.sweep import Sweep


def job_of(settings: AnySweepConfig, disk: DiskCache | None = None) -> Sweep:
    """The sweep of a configuration.

    Parameters
    ----------
    settings : what to simulate
    disk : where plans and signals of links are kept for the next sweep, if anywhere

    Raises
    ------
    InputError
        If a component cannot be built; nothing has been computed then.
    """
    if isinstance(settings, ScenarioSweepConfig):
        return _of_scenarios(settings)
    return sweep_of(settings, disk)


def _of_scenarios(settings: ScenarioSweepConfig) -> Sweep:
    from experiments.playing.scenario import scenario
    from experiments.playing.stage import Stage, Workshop
    from semlink.ends.kept import Kept
    from semlink.sweeps.session_trial import SessionTrial

    kept = Kept()
    workshop = Workshop(kept)

    def build(config: ScenarioConfig) -> Stage:
        stage = Stage(config, workshop)
        stage.check()
        return stage

    read = partial(scenario, overrides=[], common=settings.common)
    return Sweep(SessionTrial(settings, read, build, kept.made))
