"""``python -m experiments.scheduling ablate``: what each state and action is worth.

A learned scheduler beside itself without a part of what it sees or decides, on traffic
that no training and no tuning has seen. Differences are paired.
"""

from blocks.schedulers.ppo_lagrangian import GRANTS
from experiments.scheduling import traffic
from experiments.scheduling.asked import Ablate, at_least, even, folder, one_of
from experiments.scheduling.cells import Cells
from experiments.scheduling.comparing import TABLE, means, named, row_of
from experiments.scheduling.learning.masks import ACTION, PARTS, STATE, Masked
from experiments.scheduling.tables import shown, write

ALL = {"state": STATE, "actions": ACTION, "state and actions": PARTS}


def ablate(asked: Ablate) -> None:
    """Rate a scheduler without each part, and without all of them.

    Raises
    ------
    InputError
        An option is invalid.
    """
    at_least("seeds", asked.seeds, 2)
    at_least("episodes", asked.episodes, 1)
    even("users", asked.users)
    output, cells = folder(asked.output), Cells(traffic.cell(asked.users))
    name, made = named(asked.policy)
    one_of("the form of policy", getattr(made, "form", "another"), [GRANTS])
    without = {part: (part,) for part in PARTS} | ALL
    masked = {f"without {part}": Masked(made, of) for part, of in without.items()}
    values = {
        label: means(cells, one, asked.seeds, asked.episodes)
        for label, one in ({name: made} | masked).items()
    }
    rows = [
        row_of(asked.users, label, of, values[name]) for label, of in values.items()
    ]
    write(output / TABLE, rows)
    shown("unseen traffic, means of a slot", rows)
