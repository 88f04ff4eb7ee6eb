"""How far policies of power are from distortion water-filling, the optimum.

After the power allocation of arXiv 2501.14832 for users with semantic importance, in
our reading: levels of importance stand for those of a scene graph, and the weighted
distortion for the semantic transmission quality.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from rich.progress import track

from experiments.allocation.cases import POWER, Job
from experiments.allocation.learned import shared_by
from experiments.allocation.learning import learnt
from experiments.allocation.power import policies as known
from experiments.allocation.power.draws import Draws, drawn, generator
from experiments.allocation.results import Row

USERS = (2, 4, 8, 16)
TUNED_USERS = (4, 6, 8)  # of the training draws that tune the exponent
SNRS_DB = (0.0, 10.0, 20.0)
CSV, FIGURE = "power.csv", "power.png"


class Setup(NamedTuple):
    """Size of the study.

    seeds : number of seeds, each with its own training and test draws
    steps : gradient steps of the network
    sac_steps : gradient steps of SAC; 0 leaves it out
    draws : test draws of each seed, SNR and number of users
    """

    seeds: int = 5
    steps: int = 3000
    sac_steps: int = 3000
    draws: int = 4000


QUICK = Setup(seeds=2, steps=100, sac_steps=10, draws=300)


def study(setup: Setup) -> list[Row]:
    """Gaps of all policies, by SNR, number of users and seed."""
    seeds = list(range(setup.seeds))
    agents = {}
    if setup.sac_steps:
        agents = learnt(Job([POWER], seeds, setup.sac_steps))
    rows = []
    for seed in track(seeds, "seeds", transient=True):
        learned = _learned(setup, seed)
        if agents:
            learned["sac"] = shared_by(agents[seed]["power sac"])
        for snr_db in SNRS_DB:
            rows += _rows(setup, seed, snr_db, learned)
    return sorted(rows, key=lambda row: (row.snr_db, row.users))


def run(setup: Setup, folder: Path) -> tuple[list[Row], list[Path]]:
    """Run the study; write CSV and figure into a folder."""
    from experiments.allocation.figures import draw_power
    from experiments.allocation.results import write_rows

    rows = study(setup)
    paths = [write_rows(rows, folder / CSV), draw_power(rows, folder / FIGURE)]
    return rows, paths


def _learned(setup: Setup, seed: int) -> dict[str, known.Policy]:
    from experiments.allocation.power.shares import policy_of, trained

    network = trained(generator(seed, "training"), seed, setup.steps)
    return {"network": policy_of(network)}


def _rows(
    setup: Setup, seed: int, snr_db: float, learned: Mapping[str, known.Policy]
) -> Iterator[Row]:
    """Rows of a seed at an SNR."""
    where = int(snr_db)
    tuning = [
        drawn(generator(seed, "tuning", where, k), setup.draws, k, snr_db)
        for k in TUNED_USERS
    ]
    policies = {
        "random": known.at_random(generator(seed, "random", where)),
        "equal": known.equal,
        "rate water-filling": known.rate,
        "importance^b": known.by_importance(known.tuned_exponent(tuning)),
        **learned,
        "optimum": known.optimum,
    }
    for users in USERS:
        draws = drawn(generator(seed, "test", where, users), setup.draws, users, snr_db)
        for name, policy in policies.items():
            yield _row(seed, snr_db, name, policy, draws)


def _row(
    seed: int, snr_db: float, name: str, policy: known.Policy, draws: Draws
) -> Row:
    users = draws.noise.shape[1]
    value = float(known.distortion(policy, draws).mean()) / users
    best = float(known.distortion(known.optimum, draws).mean()) / users
    return Row(POWER, users, snr_db, name, seed, value, 100 * (value / best - 1))
