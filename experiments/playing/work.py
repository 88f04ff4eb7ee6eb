"""What computing costs at the ends, from the tables of measured operations."""

from collections.abc import Mapping

from experiments.playing.scenario import SCENARIOS
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.device import Work
from semlink.reading import read_tree
from semlink.registry import unknown

WORK = SCENARIOS / "work" / "work.yaml"
IMPORTANCE = SCENARIOS / "work" / "importance.yaml"


def works(names: tuple[str, ...]) -> tuple[Work, ...]:
    """Operations of transmitters, from the table of measured ones.

    Raises
    ------
    InputError
        One of them is not in the table.
    """
    table = read_tree(WORK)
    return tuple(_work(name, table) for name in names)


def weighing(importance: ComponentSpec | None) -> float:
    """Operations of a map of importance for a value of a picture (FLOP).

    Raises
    ------
    InputError
        It is not in the table.
    """
    if importance is None:
        return 0.0
    table = read_tree(IMPORTANCE)
    known = table.get(importance.label, table.get(importance.name))
    if known is None:
        what = "importance with measured operations"
        raise InputError(unknown(what, importance.label, [*table]))
    return float(known)


def _work(name: str, table: Mapping[str, Mapping]) -> Work:
    known = table.get(name) or table.get(ComponentSpec.model_validate(name).name)
    if known is None:
        raise InputError(
            unknown("transmitter with measured operations", name, [*table])
        )
    return Work(**known)
