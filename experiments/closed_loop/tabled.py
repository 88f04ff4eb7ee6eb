"""Trains a bandit on the measured table: no frame of training is played."""

from collections.abc import Mapping
from pathlib import Path

from blocks.adapters.trained import Trained
from experiments.closed_loop.training import STATES_DB, Frame, banks
from experiments.compose import catalogue
from experiments.playing.truth import Truth
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction
from semlink.loop.agents import Context
from semlink.loop.scenario import ScenarioConfig
from semlink.signalling.messages import TaskProfile


def tabled(
    config: ScenarioConfig, profiles: Mapping[str, TaskProfile], path: Path
) -> str:
    """Write what the table says of every arm at every state, as a bandit's start.

    Parameters
    ----------
    config : of the scenario
    profiles : what is executed, by task
    path : of the file
    """
    names = tuple(spec.label for spec in config.transmitter)
    table, arms = Abstraction(read(catalogue=catalogue())), config.arms()
    values, seen = int(table.table.values), []
    for profile in profiles.values():
        for state_db in STATES_DB:
            # the state is bound now, for the truth asks for it later
            truth = Truth(table, names, lambda _, db=state_db: db, state_db, values)
            known = truth(Context(0, profile, arms, state_db=state_db))
            seen += [
                Frame(profile, arm, state_db, float(reward))
                for arm, reward in zip(arms, known, strict=True)
            ]
    Trained(names, banks(seen, arms)).write(path)
    return str(path)
