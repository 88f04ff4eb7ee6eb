"""Four users on the real link: what each agent is worth, and what coupling is.

    python -m experiments.closed_loop.four_users agents
    python -m experiments.closed_loop.four_users coupling

Both play the scenario ``cell``. ``agents`` takes every agent of a closed cell out in
turn. ``coupling`` crosses two switches: whether senders say how much a frame matters
when they ask for channel uses, and whether the encoder's rates follow the same map.
All frames are in runs/RUN; the same command resumes.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from blocks.adapters.switching import net_of
from blocks.importances import importance, weights_of
from experiments.closed_loop.playing import Episode, play
from experiments.closed_loop.results import interval
from experiments.closed_loop.systems import System
from experiments.closed_loop.tabled import tabled
from experiments.commands.runs import run_folder
from experiments.failing import failing_in_one_line
from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage
from experiments.sessions.rows import Row
from semlink.store.files import write_whole

SCENARIO, PRICE = "cell", 0.01  # of a thousand channel uses [utility of a frame]
ROI = "ntscc[arq=selective,max_transmissions=2,rate=roi]"
PLAIN = "ntscc[arq=selective,max_transmissions=2]"
LEARNED, TUNED = "ppo_lagrangian:parameters", "drift_plus_penalty"
KNOWN = "importance=detector"
# of all systems of a study; with the bandit's arms, users want twice the pool
COMMON = {
    "agents": ("pool=14000",),
    "coupling": ("world.order=shuffled", "pool=20000", "uses=8000", "adapter=fixed"),
}


def agents(keys: Sequence[str], folder: Path) -> list[System]:
    """A cell of all agents, and the same with one of them taken out or replaced."""
    config = scenario(SCENARIO, [*keys])
    stages = enumerate(Stage(config).users)
    wanted = {n: s.receiver().intend(s.config.says).offer.profile for n, s in stages}
    start = tabled(config, wanted, folder / "tabled.npz")
    parts = {
        "adapter": f"adapter=bandit[price={PRICE},alpha=0.05,start={start}]",
        "scheduler": f"scheduler={LEARNED}",
        "importance": KNOWN,
    }

    def system(name: str, *more: str, **other: str) -> System:
        return System(name, (*filter(None, (parts | other).values()), *more))

    served = ("random", "round_robin", TUNED, "ppo_lagrangian:grants")
    silent = ("report", "request", "profile")
    fixed = "adapter=fixed[transmitter=ntscc,share=0.1]"
    return [
        system("all agents"),
        *(system(name, scheduler=f"scheduler={name}") for name in served),
        system("one arm, ntscc 4,000", adapter=fixed),
        system("no knowledge of the arms", adapter=f"adapter=bandit[price={PRICE}]"),
        *(system(f"no {name}", f"receiver.silent={name}") for name in silent),
        system("no importance", importance=""),
        system("with an actor", "receiver.actor=dwell"),
    ]


def coupling(keys: Sequence[str], folder: Path) -> list[System]:
    """Sizes alone, importance at the scheduler, at the encoder, and at both."""
    served = f"scheduler={TUNED}"
    plain, roi = (f"transmitter={word}" for word in (PLAIN, ROI))
    return [
        System("sizes alone", (served, plain)),
        System("scheduler knows", (served, plain, KNOWN)),
        System("encoder knows", (served, roi)),
        System("both know", (served, roi, KNOWN)),
    ]


def keys_of(study: str, given: Sequence[str]) -> tuple[str, ...]:
    """Keys of all systems of a study; those that are given replace its own."""
    names = {key.partition("=")[0] for key in given}
    own = (key for key in COMMON[study] if key.partition("=")[0] not in names)
    return (*own, *given)


STUDIES = {"agents": agents, "coupling": coupling}
Values = Callable[[Sequence[Row]], float]


def metrics(keys: Sequence[str]) -> dict[str, tuple[int, Values]]:
    """Digits of each column of the table, and its value of an episode."""
    matters = _importances(tuple(keys))

    def by_importance(rows: Sequence[Row], urgency: float = 1.0) -> float:
        """Mean utility; frames weigh by their map, and by the priority of users."""
        weights = matters(rows) * urgency ** _of(rows, "priority")
        return float(np.average(_of(rows, "utility"), weights=weights))

    def task(name: str) -> Values:
        return lambda rows: float(
            np.mean([float(row["utility"]) for row in rows if row["task"] == name])
        )

    return {
        "uses": (0, lambda rows: float(_of(rows, "uses").mean())),
        "utility": (3, lambda rows: float(_of(rows, "utility").mean())),
        "net": (3, _net),
        "by importance": (3, by_importance),
        "and priority": (3, lambda rows: by_importance(rows, 2.0)),
        "find (F1)": (3, task("detection")),
        "watch": (3, task("reconstruction")),
    }


def _of(rows: Sequence[Row], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])


def _net(rows: Sequence[Row]) -> float:
    """Utility less the price of the channel uses, down and up."""
    return float(net_of(_of(rows, "utility"), _of(rows, "uses"), PRICE).mean())


def _importances(keys: tuple[str, ...]) -> Callable[[Sequence[Row]], np.ndarray]:
    """Mean weight of the map of each frame : [n].

    The map is that of the detector on the frame as it was captured, whatever a system
    knows of it.
    """
    of = importance("detector")
    sources = [stage.source for stage in Stage(scenario(SCENARIO, [*keys])).users]

    @cache
    def mean(user: int, name: str) -> float:
        sample = next(s for s in sources[user] if s.name == name)
        return float(weights_of(of(sample)).mean())

    return lambda rows: np.array([mean(int(r["user"]), r["sample"]) for r in rows])


def table(
    found: Mapping[str, Sequence[Sequence[Row]]],
    columns: Mapping[str, tuple[int, Values]],
) -> str:
    """Markdown: the first system, and the differences of the others to it.

    Differences are within episodes, with 95 % intervals over them.
    """
    lines = [f"| system | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    base: dict[str, np.ndarray] = {}
    for system, episodes in found.items():
        cells = [system]
        for name, (digits, value) in columns.items():
            own = np.array([value(rows) for rows in episodes])
            if name not in base:
                base[name] = own
                cells.append(f"{own.mean():,.{digits}f}")
                continue
            mean, half = interval(own - base[name])
            cells.append(f"{mean:+,.{digits}f} ± {half:,.{digits}f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play a study, and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", choices=STUDIES)
    parser.add_argument("keys", nargs="*", help="of the scenario, key=value")
    parser.add_argument("--run", help="folder of the results; the study's name")
    parser.add_argument("--episodes", type=int, default=5)
    parser.add_argument("--frames", type=int, default=10)
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args(arguments)
    folder = run_folder(chosen.run or f"four_users_{chosen.study}")
    folder.mkdir(parents=True, exist_ok=True)
    keys = (f"world.frames={chosen.frames}", *keys_of(chosen.study, chosen.keys))
    systems = STUDIES[chosen.study](keys, folder)
    episodes = [Episode(1, number) for number in range(chosen.episodes)]
    found = play(systems, episodes, folder, keys, chosen.workers, SCENARIO)
    text = table(found, metrics(keys))
    write_whole(folder / "table.md", f"{text}\n".encode())
    print(text)


if __name__ == "__main__":
    with failing_in_one_line():
        main()
