"""``semlink closed-loop``: the closed loop against open ones, at equal channel uses."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.closed_loop import results, systems
from experiments.closed_loop.playing import SCENARIO, Episode, play
from experiments.closed_loop.results import Played, played
from experiments.closed_loop.training import train
from experiments.commands.runs import run_folder
from experiments.playing import scenario
from semlink.errors import InputError
from semlink.store.files import write_whole

EQUAL = 0.01  # largest difference of channel uses, as a share
TRIES = 3
TRAINING_SEED = 1000  # and those after it


class Study(NamedTuple):
    """What is played.

    keys : of the scenario, for all systems
    seeds, episodes : test seeds, from 1 on, and episodes of each
    training : training episodes
    price : of a thousand channel uses [utility of a frame]
    folder : of the results
    workers : processes
    """

    keys: tuple[str, ...]
    seeds: int
    episodes: int
    training: int
    price: float
    folder: Path
    workers: int

    def test(self) -> list[Episode]:
        """Episodes that no agent was trained on."""
        seeds = range(1, self.seeds + 1)
        return [Episode(s, e) for e in range(self.episodes) for s in seeds]

    def play(self, which: Sequence[systems.System], episodes, part: str = "test"):
        """Numbers of systems, by name."""
        folder = self.folder / part
        rows = play(which, episodes, folder, self.keys, self.workers)
        return {name: played(episodes) for name, episodes in rows.items()}


def closed_loop(
    source: str, run: str, seeds: int, episodes: int, price: float, workers: int
) -> str:
    """Play all systems, and write what they came to; the tables are the answer.

    Parameters
    ----------
    source : frames of the camera, as on the command line
    run : all rows are in ``runs/RUN``; the same command resumes
    seeds, episodes : test seeds, and episodes of each
    price : of a thousand channel uses [utility of a frame]
    workers : processes
    """
    folder, training = run_folder(run), 2 * seeds
    keys = (f"source={source}",)
    study = Study(keys, seeds, episodes, training, price, folder, workers)
    text = _tables(study)
    write_whole(folder / "closed_loop.md", text.encode())
    return f"{text}\n{folder / 'closed_loop.md'}"


def _tables(study: Study) -> str:
    config, price, test = (
        scenario(SCENARIO, list(study.keys)),
        study.price,
        study.test(),
    )
    apart = [Episode(TRAINING_SEED + k, 0) for k in range(study.training)]
    rows = play(
        [systems.random()], apart, study.folder / "train", study.keys, study.workers
    )
    trained = train(config, rows[systems.RANDOM], price, study.folder)
    loops = study.play(systems.closed(price, trained), test)
    open_loops = matched(study, loops[systems.CLOSED], test)
    arms = study.play([systems.random(), *systems.arms(config)], test)
    at_random = {systems.RANDOM: arms.pop(systems.RANDOM)}
    late = study.play(systems.late(price, trained), test)
    hindsight = {
        "best arm of each frame": results.best_of([*arms.values()], price),
        f"best arm of {results.BLOCK} frames": results.best_of(
            [*arms.values()], price, results.BLOCK
        ),
    }
    best = results.best_fixed(arms, price)
    bounds = {f"best fixed, {best}": arms[best], **hindsight}
    found = {**loops, **at_random, **open_loops, **bounds, **late}
    parts = (
        results.table(found, systems.CLOSED, price),
        results.table(
            {systems.CLOSED: loops[systems.CLOSED], **arms}, systems.CLOSED, price
        ),
    )
    return "\n\n".join(parts) + "\n"


def matched(study: Study, closed: Played, test) -> dict[str, Played]:
    """Open loops whose channel uses, down and up, equal those of the closed loop.

    Raises
    ------
    InputError
        The uses of one do not come within ``EQUAL`` of it.
    """
    wanted = float(closed.uses.mean())
    found: dict[str, Played] = {}
    uses = [round(wanted)] * 3
    for _ in range(TRIES):
        named = systems.matched(uses)
        due = [s for s in named if not _is_equal(found.get(s.name), wanted)]
        found |= study.play(due, test)
        for k, system in enumerate(named):
            spent = float(found[system.name].uses.mean())
            if not _is_equal(found[system.name], wanted):
                uses[k] = round(uses[k] + wanted - spent)
    for name, one in found.items():
        if not _is_equal(one, wanted):
            must = f"within {EQUAL:.0%} of {wanted:.0f} channel uses"
            raise InputError(f"{name} must come {must}, got {one.uses.mean():.0f}")
    return found


def _is_equal(one: Played | None, wanted: float) -> bool:
    return one is not None and abs(one.uses.mean() / wanted - 1) <= EQUAL
