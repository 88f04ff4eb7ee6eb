"""``semlink closed-loop``: the closed loop against open ones, at equal channel uses."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.closed_loop import results, systems
from experiments.closed_loop.matching import matched
from experiments.closed_loop.playing import SCENARIO, Episode, play
from experiments.closed_loop.results import Played, played
from experiments.closed_loop.tabled import tabled
from experiments.closed_loop.training import frames, profiles_of, train
from experiments.commands.runs import run_folder
from experiments.figures import settling
from experiments.playing.scenario import scenario
from semlink.loop.scenario import ScenarioConfig
from semlink.store.files import write_whole

TRAINING_SEED = 1000  # and those after it
TUNED_ON = 4  # training episodes, for the outer loop
EACH = "best arm of each frame"


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

    def apart(self) -> list[Episode]:
        """Training episodes, which no test has."""
        return [Episode(TRAINING_SEED + k, 0) for k in range(self.training)]

    def play(self, which: Sequence[systems.System], episodes, part: str = "test"):
        """Numbers of systems, by name."""
        folder = self.folder / part
        rows = play(which, episodes, folder, self.keys, self.workers)
        return {name: played(episodes) for name, episodes in rows.items()}


class Compared(NamedTuple):
    """What was played, by name of the system.

    outer_loop : adapter of the separated open loop
    systems : beside the closed loop
    arms : one for all frames each
    steps : whose step responses are compared
    bound : the best arm of each frame
    """

    outer_loop: str
    systems: dict[str, Played]
    arms: dict[str, Played]
    steps: dict[str, Played]
    bound: Played


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
    found = compared(study)
    text, path = tables(study, found), folder / "closed_loop.md"
    write_whole(path, text.encode())
    figure = draw(study, found, folder / "settling.png")
    return f"{text}\n{path}\n{figure}"


def compared(study: Study) -> Compared:
    """Play all of a study."""
    config, test, price = scenario(SCENARIO, [*study.keys]), study.test(), study.price
    trained = _trained(study, config)
    loops = study.play(systems.closed(price, trained), test)
    wanted = float(loops[systems.CLOSED].uses.mean())
    outer_loop = _tuned(study, round(wanted))
    open_loops = matched(lambda which: study.play(which, test), wanted, outer_loop)
    at_random = study.play([systems.random()], test)
    arms = study.play(systems.arms(config), test)
    late = study.play(systems.late(price, trained), test)
    bounds = _bounds(arms, price)
    found = {**loops, **at_random, **open_loops, **bounds, **late}
    alone = {systems.CLOSED: loops[systems.CLOSED]}
    steps = {**alone, **late}
    return Compared(outer_loop, found, {**alone, **arms}, steps, bounds[EACH])


def tables(study: Study, found: Compared) -> str:
    """Systems beside the closed loop, arms, and settling, in Markdown."""
    price, frames = study.price, _level(study)
    parts = (
        f"Separated open loop: `{found.outer_loop}`",
        results.table(found.systems, systems.CLOSED, price),
        results.table(found.arms, systems.CLOSED, price),
        results.settling(found.steps, found.bound, price, frames),
    )
    return "\n\n".join(parts) + "\n"


def draw(study: Study, found: Compared, path: Path) -> Path:
    """The figure of what is lost after a step, against the best arm of each frame."""
    curves = {
        name: results.after_steps(one, found.bound, study.price, _level(study)).T
        for name, one in found.steps.items()
    }
    return settling.draw({"": curves}, "net utility below the best arm", path)


def _level(study: Study) -> int:
    """Frames of a level of the SNR."""
    return scenario(SCENARIO, [*study.keys]).world.steps.frames


def _trained(study: Study, config: ScenarioConfig) -> systems.Training:
    """What episodes teach that no test has."""
    folder, which = study.folder / "train", [systems.random()]
    rows = play(which, study.apart(), folder, study.keys, study.workers)
    names = tuple(spec.label for spec in config.transmitter)
    seen = list(frames(rows[systems.RANDOM], names))
    learned = train(config, seen, study.price, study.folder)
    path = study.folder / "tabled.npz"
    return systems.Training(*learned, tabled(config, profiles_of(seen), path))


def _tuned(study: Study, uses: int) -> str:
    """The outer loop of the largest net utility in episodes that no test has."""
    tried = study.play(systems.outer_loops(uses), study.apart()[:TUNED_ON], "train")
    return results.best_fixed(tried, study.price)


def _bounds(arms: dict[str, Played], price: float) -> dict[str, Played]:
    """The best that a choice among the arms could have had, in hindsight."""
    best, every = results.best_fixed(arms, price), [*arms.values()]
    blocks = f"best arm of {results.BLOCK} frames"
    return {
        f"best fixed, {best}": arms[best],
        blocks: results.best_of(every, price, results.BLOCK),
        EACH: results.best_of(every, price),
    }
