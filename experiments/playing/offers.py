"""Plays what intents were offered that could not be met as they were stated.

    python -m experiments.playing.offers [CASES [KEY=VALUE ...]]

Keys are those of the scenario ``offers``, such as a source. Random intents meet random
links and machines; of those that cannot be met, the offered profile is played over the
link. The bound that chose it has no part in the judgement: a frame keeps its profile if
it arrives, in time, within the channel uses and the energy.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import yaml

from experiments.playing.scenario import scenario
from experiments.playing.stage import Stage, Workshop
from semlink.errors import Infeasible, InputError
from semlink.loop.session import Step
from semlink.signalling.messages import TaskProfile
from semlink.signalling.profile import TASKS, Offer
from semlink.signals import DOWN

SERVES = {"watch": "linear_jscc", "recognise": "features"}  # the other verbs: words
TRIES = 100  # draws for each case
SIDES = {"reliability": "at_least"}


class Kept(NamedTuple):
    """What of its profile a frame kept."""

    arrives: bool
    in_time: bool
    uses: bool
    energy: bool


class Case(NamedTuple):
    """An intent that could not be met, what was offered, and how it went.

    says : the intent
    offer : of an intent that can be met
    kept : of each frame
    """

    says: dict
    offer: Offer
    kept: tuple[Kept, ...]


def wishes(draws: np.random.Generator) -> dict:
    """A random intent: a verb, and one to four targets."""
    values = {
        "latency": 10 ** draws.uniform(0, 3),
        "reliability": 1 - 10 ** draws.uniform(-8, -1),
        "bandwidth": 10 ** draws.uniform(0, 3),
        "energy": 10 ** draws.uniform(-1, 3),
    }
    names = draws.choice(list(values), draws.integers(1, 5), replace=False)
    targets = [
        {
            "name": str(name),
            "condition": SIDES.get(name, "at_most"),
            "value": float(values[name]),
        }
        for name in names
    ]
    return {"verb": str(draws.choice(list(TASKS))), "targets": targets}


def links(draws: np.random.Generator) -> list[str]:
    """Keys of a random link, and of the machines at its ends."""
    return [
        f"world.snr_db={draws.uniform(0, 20):.1f}",
        f"device.symbol_mj={10 ** draws.uniform(-4, -2):.6f}",
        f"device.sender.flop_per_s={10 ** draws.uniform(11.5, 13):.3e}",
        f"device.receiver.flop_per_s={10 ** draws.uniform(11.5, 13):.3e}",
    ]


def cases(number: int, given: Sequence[str] = (), seed: int = 0) -> Iterator[Case]:
    """Play offers for intents that cannot be met."""
    draws, workshop = np.random.default_rng(seed), Workshop()
    found = 0
    for _ in range(TRIES * number):
        if found == number:
            return
        says = wishes(draws)
        keys = [*given, *links(draws), f"says={flow(says)}"]
        stage = Stage(scenario("offers", keys), workshop)
        try:
            offer = stage.receiver().intend(stage.config.says).offer
        except Infeasible:
            continue  # no intent of this verb can be met
        if offer.changes:
            found += 1
            yield Case(says, offer, played(keys, says, offer.profile, workshop))
    must = "must be feasible with changes"
    raise InputError(f"{number} random intents {must}, got {found} of {TRIES * number}")


def played(
    keys: list[str], says: dict, profile: TaskProfile, workshop: Workshop
) -> tuple[Kept, ...]:
    """Play an offer: an equal share of the channel uses for each transmission."""
    serves = SERVES.get(says["verb"], "words")
    share = 1 / (1 + profile.retransmissions)
    fixed = f"adapter=fixed[transmitter={serves},share={share}]"
    stage = Stage(scenario("offers", [*keys, fixed]), workshop)
    _, *others = stage.session(0)  # the first frame is sent before the profile is heard
    return tuple(kept(step, profile) for step in others)


def flow(says: dict) -> str:
    """A mapping as one line of YAML."""
    return yaml.safe_dump(says, default_flow_style=True, width=1000).strip()


def kept(step: Step, profile: TaskProfile) -> Kept:
    """What a frame kept of its profile."""
    outcome = step.outcome
    return Kept(
        arrives=not outcome.estimate.lost,
        in_time=outcome.latency_ms <= profile.deadline_ms,
        uses=step.uses.of(direction=DOWN) <= profile.uses,
        energy=outcome.cost.mj <= profile.energy_mj,
    )


def table(found: Sequence[Case]) -> str:
    """What the offers of each verb kept, in Markdown."""
    lines = [
        f"| verb | offers | frames | {' | '.join(Kept._fields)} | lost, promised |"
    ]
    lines += ["|---" * (4 + len(Kept._fields)) + "|"]
    for verb in (*TASKS, "all"):
        own = [case for case in found if verb in (case.says["verb"], "all")]
        frames = np.array([frame for case in own for frame in case.kept])
        if not len(frames):
            continue
        promised = np.mean([1 - case.offer.profile.reliability for case in own])
        cells = [f"{count}" for count in frames.sum(axis=0)]
        lines.append(
            f"| {verb} | {len(own)} | {len(frames)} | {' | '.join(cells)} | "
            f"{promised:.2%} |"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Play as many cases as asked for, and print what they kept."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("cases", type=int, nargs="?", default=50)
    parser.add_argument("keys", nargs="*", help="of the scenario, key=value")
    chosen, found = parser.parse_args(arguments), []
    try:
        for case in cases(chosen.cases, chosen.keys):
            found.append(case)
            if not all(map(all, case.kept)):
                print(case, file=sys.stderr)
    except InputError as error:
        sys.exit(f"error: {error}")
    print(table(found))


if __name__ == "__main__":
    main()
