"""Trains adapters on worlds that no test sees: a bandit's start, and thresholds.

Both learn from the same frames, played with arms at random, and from their true
utility, which is known of training worlds.
"""

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from blocks.adapters.features import NUM_FEATURES, features
from blocks.adapters.linear_bandit import Bank, empty_bank, upper_bounds
from blocks.adapters.switching import net_of
from blocks.adapters.thresholds import ladder_of
from blocks.adapters.trained import Trained
from experiments.sessions.rows import Row
from semlink.loop.agents import Arm
from semlink.loop.scenario import ScenarioConfig
from semlink.signalling.messages import TaskProfile
from semlink.store.files import write_whole

STATES_DB = np.arange(-2.0, 23.0, 1.0)
RIDGE = 0.1


class Frame(NamedTuple):
    """A frame of training: profile, arm, reported state [dB], and reward."""

    profile: TaskProfile
    arm: Arm
    state_db: float
    reward: float


def frames(episodes: Sequence[Sequence[Row]], names: Sequence[str]) -> Iterator[Frame]:
    """Frames of the served profile whose report arrived before the next one."""
    for rows in episodes:
        for row, after in pairwise(rows):
            is_served = row["served_profile"] == row["profile"]
            if row["transmitter"] and is_served and after["reported_snr_db"]:
                arm = Arm(names.index(row["transmitter"]), int(row["wanted_uses"]))
                reward = float(row["utility"]) - int(row["late"])
                state_db = float(after["reported_snr_db"])
                yield Frame(_profile(row), arm, state_db, reward)


def _profile(row: Row) -> TaskProfile:
    return TaskProfile(
        task=row["task"],
        priority=int(row["priority"]),
        deadline_ms=int(float(row["deadline_ms"])),
        uses=int(row["profile_uses"]),
    )


def banks(seen: Sequence[Frame], arms: Sequence[Arm]) -> dict[str, Bank]:
    """What is known of the arms, by task."""
    found = {}
    for frame in seen:
        task = frame.profile.task
        bank = found.get(task, empty_bank(NUM_FEATURES).with_arms(arms))
        x = features(frame.profile, frame.state_db)
        found[task] = bank.learnt(frame.arm, x, frame.reward, 1.0)
    return found


def ladders(known: dict[str, Bank], seen: Sequence[Frame], price: float) -> dict:
    """The best arm of each state, by task, as ``thresholds`` reads it."""
    profiles = profiles_of(seen)
    return {
        task: [rung.model_dump() for rung in _ladder(bank, profiles[task], price)]
        for task, bank in known.items()
    }


def profiles_of(seen: Sequence[Frame]) -> dict[str, TaskProfile]:
    """A profile of each task."""
    return {frame.profile.task: frame.profile for frame in seen}


def _ladder(bank: Bank, profile: TaskProfile, price: float):
    values = [
        upper_bounds(bank.a, bank.b, features(profile, state), 0.0, RIDGE)
        for state in STATES_DB
    ]
    net = net_of(values, [arm.uses for arm in bank.arms], price)
    return ladder_of(STATES_DB, net, bank.arms, profile.uses)


def train(
    config: ScenarioConfig, seen: Sequence[Frame], price: float, folder: Path
) -> tuple[str, str]:
    """Write the bandit's start and the thresholds that frames teach; their files."""
    names = tuple(spec.label for spec in config.transmitter)
    known = banks(seen, config.arms())
    start, table = folder / "start.npz", folder / "ladders.yaml"
    Trained(names, known).write(start)
    write_whole(table, json.dumps(ladders(known, seen, price), indent=1).encode())
    return str(start), str(table)
