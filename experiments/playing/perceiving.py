"""What the senders of a scenario say of a frame when they ask for channel uses."""

from collections.abc import Callable, Sequence

from blocks.importances import importance, weights_of
from experiments.playing.truth import Expected
from semlink.ends.encoding import Perceiving
from semlink.errors import InputError
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.scenario import ScenarioConfig
from semlink.signals import Sample

ALONE = "single_user"  # which has nobody to compare a frame with


def perceiving(
    config: ScenarioConfig,
    names: Sequence[str],
    values: Callable[[], int],
    table: Callable[[], Abstraction],
) -> Perceiving:
    """What a sender perceives.

    Parameters
    ----------
    config : of the scenario
    names : its transmitters, by place
    values : those of the largest frame
    table : the measured utilities

    Raises
    ------
    InputError
        The importance reads annotations, or a transmitter is not in the table.
    """
    compared = config.scheduler.name != ALONE
    if config.prior == "none":
        return Perceiving(_weighs(config), least=compared)
    of = Expected(table(), names, values())
    return Perceiving(_weighs(config), of.of, of.needs, compared)


def _weighs(config: ScenarioConfig) -> Callable[[Sample], float] | None:
    """Mean weight of a frame's map of importance."""
    word = config.importance and config.importance.label
    of = importance(word) if word else None
    if of is None:
        return None
    if of.oracle:
        must = "importance of a session must not read annotations"
        raise InputError(f"{must}, got {word}")
    return lambda sample: float(weights_of(of(sample)).mean())
