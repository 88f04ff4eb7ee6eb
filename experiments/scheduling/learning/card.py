"""The card of a trained scheduler."""

from collections.abc import Sequence

from experiments.scheduling.asked import Train, TrainSac

CARD, MOST_LINES = "MODEL_CARD.md", 12


def card(
    asked: Train | TrainSac,
    parameters: int,
    digest: str,
    path: Sequence,
    minutes: float,
    command: str = "train",
):
    """What a trained policy is, in Markdown.

    Parameters
    ----------
    asked : options of the run
    parameters : number of them
    digest : SHA-256 of the weights
    path : means of all batches
    minutes : duration of the training
    command : that trained it
    """
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

## Training

{options}

{len(path)} batches of 128 episodes and 64 slots, {minutes:.1f} min. Means of a slot of
actions drawn, relative to the weight that is offered.

{_curve(path)}
"""


def _curve(path: Sequence) -> str:
    step = -(-len(path) // MOST_LINES)
    shown = sorted({*range(0, len(path), step), len(path) - 1})
    lines = ["| batch | reward | cost | multiplier |", "|---" * 4 + "|"]
    for number in shown:
        cells = " | ".join(f"{value:.3f}" for value in path[number][1:])
        lines.append(f"| {number} | {cells} |")
    return "\n".join(lines)
