"""Open loops whose channel uses, down and up, equal those of the closed loop.

Grants come in steps of a few per cent, and retransmissions add to them: an open loop
shares its time between two grants, one that comes below the wanted uses and one above.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from experiments.closed_loop import results, systems
from experiments.closed_loop.results import Played
from semlink.errors import InputError

Play = Callable[[Sequence[systems.System]], dict[str, Played]]
TRIES = 6
CLOSE = 0.08  # distance of the two, as a share of the wanted uses
GRANT = 0.05  # least change of what is asked for, a little above the steps of grants


class Tried(NamedTuple):
    """What an open loop came to with a number of channel uses of a frame."""

    asked: int
    came: Played

    @property
    def spent(self) -> float:
        """Mean channel uses of a frame, down and up."""
        return float(self.came.uses.mean())


def matched(
    play: Play, wanted: float, outer_loop: str = "outer_loop"
) -> dict[str, Played]:
    """Open loops of these channel uses, by name.

    Parameters
    ----------
    play : plays systems
    wanted : mean channel uses of a frame, down and up
    outer_loop : adapter of the separated one

    Raises
    ------
    InputError
        The uses of one do not reach them.
    """
    names = [system.name for system in systems.matched([0, 0, 0], outer_loop)]
    tried: dict[str, list[Tried]] = {name: [] for name in names}
    for _ in range(TRIES):
        asked = [next_ask(tried[name], wanted) for name in names]
        asks = dict(zip(names, asked, strict=True))
        every = systems.matched(asked, outer_loop)
        due = [s for s in every if not is_done(tried[s.name], wanted)]
        for name, came in (play(due) if due else {}).items():
            tried[name].append(Tried(asks[name], came))
    return {name: _shared(name, tried[name], wanted) for name in names}


def around(tried: Sequence[Tried], wanted: float) -> tuple[Tried | None, Tried | None]:
    """The nearest below the wanted uses, and the nearest above."""
    below = [one for one in tried if one.spent <= wanted]
    above = [one for one in tried if one.spent > wanted]
    return (
        max(below, key=lambda one: one.spent, default=None),
        min(above, key=lambda one: one.spent, default=None),
    )


def is_done(tried: Sequence[Tried], wanted: float) -> bool:
    """Whether the two are close, or no grant lies between them."""
    below, above = around(tried, wanted)
    if below is None or above is None:
        return False
    is_close = above.spent - below.spent <= CLOSE * wanted
    return is_close or above.asked - below.asked <= 2 * GRANT * below.asked


def next_ask(tried: Sequence[Tried], wanted: float) -> int:
    """Channel uses to ask for: between the two by interpolation, or beyond the last."""
    below, above = around(tried, wanted)
    if below is not None and above is not None:
        share = (wanted - below.spent) / (above.spent - below.spent)
        between = below.asked + share * (above.asked - below.asked)
        apart = GRANT * below.asked
        return round(min(max(between, below.asked + apart), above.asked - apart))
    if not tried:
        return round(wanted)
    last = tried[-1]
    step = max(abs(wanted - last.spent), GRANT * last.asked)
    return round(last.asked + (step if above is None else -step))


def _shared(name: str, tried: Sequence[Tried], wanted: float) -> Played:
    below, above = around(tried, wanted)
    if below is None or above is None:
        must = f"must reach {wanted:.0f} channel uses"
        raise InputError(f"{name} {must}, got {tried[-1].spent:.0f}")
    return results.shared(below.came, above.came, wanted)
