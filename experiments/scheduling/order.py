"""``python -m experiments.scheduling order``: schedulers by the table and the link.

Both engines play equal episodes: the same arrivals, states, pictures and chances. The
table has the expected utility of a class of content, the link sends its pictures. For
each pair of schedulers, the differences over episodes say which one is better by either
engine. What the table expects is held against every delivery.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from rich.progress import track

from blocks.scheduling import scheduler
from experiments.playing.linked import linked
from experiments.playing.traffic import measured
from experiments.scheduling.asked import Order, at_least, folder
from experiments.scheduling.comparing import half_width
from experiments.scheduling.deliveries import Watched, compared
from experiments.scheduling.tables import shown, write
from experiments.scheduling.traffic import ORDER, offered
from semlink.ends.kept import Kept
from semlink.loop.abstraction.content import NAMES
from semlink.loop.traffic.environment import CellEnvironment, played
from semlink.loop.traffic.scenario import TrafficScenario
from semlink.loop.traffic.service import Measured
from semlink.reading import checked

ENGINES = ("table", "link")
ALL = tuple(1 / len(NAMES) for _ in NAMES)  # every class of content
FADING = {"doppler": 0.05}
USERS = (
    {
        "transmitter": "words",
        "uses": 1_200,
        "priority": 3,
        "deadline_slots": 3,
        "arrivals": {"rate": 0.3},
        "importance": (0, 1, 0, 0),
        "fading": FADING | {"offset_db": -4},
    },
    {
        "transmitter": "ntscc",
        "uses": 7_000,
        "priority": 1,
        "deadline_slots": 5,
        "arrivals": {"rate": 0.4},
        "importance": (0.5, 0.5, 0, 0),
        "fading": FADING,
    },
    {
        "transmitter": "jpeg2000_ldpc[mcs=auto]",
        "uses": 7_000,
        "margin_db": 2,
        "deadline_slots": 8,
        "arrivals": {"rate": 0.4},
        "fading": FADING | {"offset_db": 4},
    },
    {
        "transmitter": "linear_jscc",
        "uses": 7_000,
        "deadline_slots": 8,
        "arrivals": {"rate": 0.4},
        "fading": FADING | {"offset_db": 4},
    },
)
TRAFFIC = {
    "users": [user | {"contents": ALL} for user in USERS],
    "pool": 7_000,
    "snr_db": 12,
}


class Valued(NamedTuple):
    """A scheduler: weighted utility over the offered weight, and frames in time."""

    scheduler: str
    table: float
    table_ci95: float
    link: float
    link_ci95: float
    in_time_table: float
    in_time_link: float


class Pair(NamedTuple):
    """Two schedulers: the first less the second, paired over episodes.

    separate : the intervals of both engines exclude zero
    agree : they have the same sign
    """

    first: str
    second: str
    table: float
    table_ci95: float
    link: float
    link_ci95: float
    separate: bool
    agree: bool


class Played(NamedTuple):
    """Episodes of a scheduler by an engine.

    value : [N], weighted utility over the offered weight
    in_time : share of the frames
    """

    value: np.ndarray
    in_time: float


def order(asked: Order) -> None:
    """Play all schedulers by both engines; write tables, and every delivery.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("episodes", asked.episodes, 2)
    at_least("slots", asked.slots, 1)
    output, names = folder(asked.output), asked.schedulers.split()
    at_least("the number of schedulers", len(names), 2)
    config = cell(asked)
    traffic, table = config.traffic, measured()
    known = traffic.utility, traffic.values
    watched = Watched(linked(config, table, Kept()), table, *known)
    services = {"table": Measured(table, *known), "link": watched}
    seen, values = {}, []
    for name in names:
        for engine, service in services.items():
            environment, label = CellEnvironment(traffic, service), f"{name}, {engine}"
            seen[name, engine] = episodes(environment, name, asked.episodes, label)
        values.append(_valued(name, *(seen[name, engine] for engine in ENGINES)))
        shown(f"{len(watched.deliveries)} deliveries so far", values[-1:])
    pairs = [pair_of(*two, seen) for two in combinations(names, 2)]
    for table_name, title, lines in (
        ("order", "weighted utility over the offered weight", values),
        ("pairs", "differences, paired over episodes", pairs),
        ("deliveries", "utility of what was sent", compared(watched.deliveries)),
    ):
        write(output / f"{table_name}.csv", lines)
        shown(title, lines)
    write(output / "sent.csv", watched.deliveries)
    print(summary(pairs, len(watched.deliveries)))


def cell(asked: Order) -> TrafficScenario:
    """The cell over the link; by the table, it has the same traffic."""
    traffic = TRAFFIC | {"slots": asked.slots}
    tree = {"traffic": traffic, "engine": "link", "source": asked.source}
    return checked(tree, TrafficScenario)


def episodes(environment: CellEnvironment, name: str, count: int, label: str) -> Played:
    """Play episodes one at a time, so that draws are equal by both engines."""
    config, values, ends = environment.config, [], np.zeros(2)
    made, weight = scheduler(name), offered(config) * config.slots
    for seed in track(range(ORDER, ORDER + count), label, transient=True):
        total = played(environment, made, [seed])
        values.append(total.value.sum() / weight)
        left = total.delivered + total.expired + total.refused + total.lost
        ends += total.delivered.sum(), left.sum()
    return Played(np.array(values), float(ends[0] / max(ends[1], 1)))


def _valued(name: str, table: Played, link: Played) -> Valued:
    pairs = ((of.value.mean(), half_width(of.value)) for of in (table, link))
    flat = (float(number) for pair in pairs for number in pair)
    return Valued(name, *flat, table.in_time, link.in_time)


def pair_of(first: str, second: str, seen) -> Pair:
    """Compare two schedulers, by name and engine in what was seen."""
    off = [seen[first, e].value - seen[second, e].value for e in ENGINES]
    means, widths = zip(*((d.mean(), half_width(d)) for d in off), strict=True)
    (table, link), (by_table, by_link) = means, widths
    separate = abs(table) > by_table and abs(link) > by_link
    numbers = (float(n) for n in (table, by_table, link, by_link))
    return Pair(first, second, *numbers, bool(separate), bool(table * link > 0))


def summary(pairs: Sequence[Pair], deliveries: int) -> str:
    """What the pairs say, in a line."""
    apart = [pair for pair in pairs if pair.separate]
    same = sum(pair.agree for pair in apart)
    return (
        f"{len(pairs)} pairs, {len(apart)} separate by both engines, {same} of them in "
        f"the same order; {deliveries} deliveries over the link"
    )
