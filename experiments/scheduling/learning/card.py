"""What a training of a scheduler writes: weights, how they are read, and their card."""

import json
import time
from collections.abc import Mapping, Sequence

from blocks.nn.weights import write_weights
from blocks.schedulers.features import NAMES
from blocks.schedulers.ppo_lagrangian import CONFIG, GRANTS, HEADS, NUMBERS, WEIGHTS
from blocks.schedulers.sac_lagrangian import NUMBERS as BIDS
from experiments.scheduling.asked import Train, TrainSac
from experiments.scheduling.tables import write
from semlink.store.files import sha256, write_whole

CARD, PATH, MOST_LINES = "MODEL_CARD.md", "training.csv", 12


def publish(
    asked: Train | TrainSac,
    net,
    known: Mapping[str, str],
    path: Sequence,
    began: float,
    batch: str,
) -> None:
    """Write the weights of a policy with a card.

    Parameters
    ----------
    asked : options of the run
    net : the trained network
    known : model and form, by which the weights are read
    path : means of all batches
    began : monotonic time at which the training began [s]
    batch : size of a batch, in words
    """
    output = asked.output
    write_weights(output / WEIGHTS, net, "float32")
    write_whole(output / CONFIG, f"{json.dumps(known, indent=2)}\n".encode())
    write(output / PATH, path)
    minutes, digest = (time.monotonic() - began) / 60, sha256(output / WEIGHTS)
    text = card(asked, net.count_params(), digest, path, minutes, batch)
    write_whole(output / CARD, text.encode())
    print(f"weights are in {output}, after {minutes:.1f} min")


def card(
    asked: Train | TrainSac,
    parameters: int,
    digest: str,
    path: Sequence,
    minutes: float,
    batch: str,
):
    """What a trained policy is, in Markdown.

    Parameters
    ----------
    asked : options of the run
    parameters : number of them
    digest : SHA-256 of the weights
    path : means of all batches
    minutes : duration of the training
    batch : size of a batch, in words
    """
    command = "train_sac" if isinstance(asked, TrainSac) else "train"
    options = "\n".join(
        f"* {name}: `{value}`"
        for name, value in asked._asdict().items()
        if name != "output"
    )
    title = f"ppo_lagrangian, {asked.form}" if command == "train" else "sac_lagrangian"
    return f"""# {title}

Written by `python -m experiments.scheduling {command}`. SHA-256 of the weights, in
single precision: `{digest}`.

A policy of {parameters:,} parameters over a set of users, whatever their number; see
`docs/schedulers.md` for features, reward and constraint.

* features of a user: {", ".join(NAMES)}
* outputs {outputs_of(asked)}

## Training

{options}

{len(path)} batches of {batch}, {minutes:.1f} min. Means of a slot of
actions drawn, relative to the weight that is offered.{_how(asked)}

{_curve(path)}
"""


def _how(asked: Train | TrainSac) -> str:
    """What the means of a batch are, beyond that."""
    if isinstance(asked, TrainSac):
        return ""
    return """ How hard the episodes of
a batch are, by what the heuristic has in them beside all batches, is taken out."""


def outputs_of(asked: Train | TrainSac) -> str:
    """Outputs of a network, in words."""
    choices = [f"{name} ({count} choices)" for name, count in HEADS.items()]
    if isinstance(asked, TrainSac):
        return f"of a user: {', '.join((*BIDS, *choices))}, as parts of a range"
    if asked.form == GRANTS:
        return f"of a user: {', '.join((*NUMBERS, *choices))}"
    return "of the cell: v, urgency"


def _curve(path: Sequence) -> str:
    step = -(-len(path) // MOST_LINES)
    shown = sorted({*range(0, len(path), step), len(path) - 1})
    lines = ["| batch | reward | cost | multiplier |", "|---" * 4 + "|"]
    for number in shown:
        cells = " | ".join(f"{value:.3f}" for value in path[number][1:])
        lines.append(f"| {number} | {cells} |")
    return "\n".join(lines)
