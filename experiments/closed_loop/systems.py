"""Systems that are compared: the closed loop, parts of it, and what it must beat."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

from semlink.loop.agents import Arm
from semlink.loop.scenario import ScenarioConfig

OPEN = "jpeg2000_ldpc[mcs=auto,harq=ir,max_transmissions=3]"
TARGETS, LEAST_DB = (0.02, 0.1, 0.3), (-3.0, 0.0, 3.0)  # of outer loops that are tried
CLOSED, RANDOM = "closed", "random"


class System(NamedTuple):
    """A system.

    name : in tables and folders
    keys : of the scenario, in place of its own
    """

    name: str
    keys: tuple[str, ...] = ()


class Training(NamedTuple):
    """What training left.

    start : file of the bandit's banks
    ladders : file of the thresholds
    tabled : file of the banks of a bandit that the measured table trained
    """

    start: str
    ladders: str
    tabled: str


def random() -> System:
    """Any arm, uniformly."""
    return System(RANDOM, (f"adapter={RANDOM}",))


def arms(config: ScenarioConfig) -> list[System]:
    """A system for each arm, which it takes for every frame."""
    return [_fixed(config, arm) for arm in config.arms()]


def _fixed(config: ScenarioConfig, arm: Arm) -> System:
    spec = config.transmitter[arm.transmitter]
    keys = f"adapter=fixed:{arm.transmitter}", f"uses={arm.uses}"
    return System(f"{spec.name} {arm.uses}", keys)


def closed(price: float, trained: Training) -> list[System]:
    """The closed loop, and the same with one agent changed, or taken out."""
    start = "adapter=bandit[price={},alpha=0.05,start={}]".format
    bandit = start(price, trained.start)

    def without(message: str) -> tuple[str, ...]:
        return bandit, f"receiver.silent={message}"

    return [
        System(CLOSED, (bandit,)),
        System("tuned thresholds", (f"adapter=thresholds:{trained.ladders}",)),
        System("bandit of the table", (start(price, trained.tabled),)),
        System("bandit without training", (f"adapter=bandit[price={price}]",)),
        System("oracle by the table", (f"adapter=oracle[price={price}]",)),
        System("no intent", without("profile")),
        System("no request", without("request")),
        System("no report", without("report")),
        System("lost frames anew", (bandit, "receiver.asks=frames")),
    ]


def late(price: float, trained: Training) -> list[System]:
    """The closed loop, with reports that are late or lost."""
    bandit = f"adapter=bandit[price={price},alpha=0.05,start={trained.start}]"
    return [
        System(
            f"closed, delay {delay}, loss {loss:g}",
            (bandit, f"uplink.delay_slots={delay}", f"uplink.loss={loss}"),
        )
        for delay, loss in ((32, 0.0), (4, 0.5), (32, 0.5))
    ]


def outer_loops(uses: int) -> list[System]:
    """The separated open loop with other parameters of its outer loop."""
    return [
        System(words, (f"transmitter={OPEN}", f"adapter={words}", f"uses={uses}"))
        for target, least in product(TARGETS, LEAST_DB)
        for words in [f"outer_loop[target={target:g},least_db={least:g}]"]
    ]


def matched(uses: Sequence[int], outer_loop: str = "outer_loop") -> list[System]:
    """Open loops of these channel uses of a frame: separated, learned, linear.

    ``outer_loop`` is the adapter of the separated one.
    """
    names = OPEN, "ntscc[arq=selective,max_transmissions=2]", "linear_jscc"
    adapters = outer_loop, "fixed", "fixed"
    return [
        System(
            f"open {name.partition('_')[0].partition('[')[0]}",
            (f"transmitter={name}", f"adapter={adapter}", f"uses={n}"),
        )
        for name, adapter, n in zip(names, adapters, uses, strict=True)
    ]
