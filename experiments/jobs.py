"""The sweep of a configuration: of links, sessions, cells with traffic, or rescues."""

from collections.abc import Callable
from functools import partial

from experiments.compose import sweep_of
from semlink.config import AnySweepConfig, ScenarioSweepConfig
from semlink.errors import InputError
from semlink.loop.rescue.config import RescueScenario
from semlink.loop.scenario import ScenarioConfig
from semlink.loop.traffic.scenario import TrafficScenario
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

    read = partial(scenario, overrides=[], common=settings.common)
    kinds = {type(read(spec)) for spec in settings.scenarios()}
    if len(kinds) > 1:
        names = ", ".join(spec.label for spec in settings.scenarios())
        must = "sessions, cells with traffic, or rescues"
        raise InputError(f"all scenarios of a sweep must be {must}, got {names}")
    return OF_KIND[kinds.pop()](settings, read)


def _of_cells(settings: ScenarioSweepConfig, read: Callable) -> Sweep:
    from experiments.playing.traffic import TrafficStage
    from semlink.ends.kept import Kept
    from semlink.sweeps.traffic_trial import TrafficTrial

    kept = Kept()
    build = partial(TrafficStage, kept=kept)
    return Sweep(TrafficTrial(settings, read, build, kept.made))


def _of_rescues(settings: ScenarioSweepConfig, read: Callable) -> Sweep:
    from experiments.playing.rescue import RescueStage
    from semlink.ends.kept import Kept
    from semlink.sweeps.rescue_trial import RescueTrial

    kept = Kept()
    build = partial(RescueStage, kept=kept)
    return Sweep(RescueTrial(settings, read, build, kept.made))


def _of_sessions(settings: ScenarioSweepConfig, read: Callable) -> Sweep:
    from experiments.playing.stage import Stage, Workshop
    from semlink.ends.kept import Kept
    from semlink.sweeps.session_trial import SessionTrial

    kept = Kept()
    workshop = Workshop(kept)

    def build(config: ScenarioConfig) -> Stage:
        stage = Stage(config, workshop)
        stage.check()
        return stage

    return Sweep(SessionTrial(settings, read, build, kept.made))


OF_KIND = {
    ScenarioConfig: _of_sessions,
    TrafficScenario: _of_cells,
    RescueScenario: _of_rescues,
}
