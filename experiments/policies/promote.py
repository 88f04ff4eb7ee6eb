"""Copies a trained policy to the shipped weights, with a model card."""

import csv
import json
from pathlib import Path

from blocks.learned.weights_folder import CONFIG, WEIGHTS
from blocks.nn.policy import FEATURES, OFFSETS, ROUNDS, WIDTHS, Policy
from blocks.nn.weights import read_weights, write_weights
from experiments.policies.learning import STAGE
from semlink.store.files import sha256, write_whole

MODEL, NAME = "channel_kb", "base"
OWNER, CARD = Path("blocks/nn"), "MODEL_CARD.md"
LOCAL = {"data", "weights", "contexts"}  # paths of the machine that trained
SHOWN = ("reward", "spent", "gain_4dB", "gain_10dB", "gain_20dB")
MOST_LINES = 12


def promote_policy(run: Path, note: str) -> Path:
    """Copy the policy of a run, and write its card; return the folder."""
    recipe = json.loads((run / CONFIG).read_text("utf-8"))
    policy = Policy()
    policy.build()
    read_weights(run / WEIGHTS, policy)
    folder = OWNER / f"{MODEL}_{NAME}"
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder / WEIGHTS, policy, "float32")
    told = json.dumps({"model": MODEL}, indent=2) + "\n"
    write_whole(folder / CONFIG, told.encode())
    with open(run / f"{STAGE}.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    card = _card(recipe, policy, sha256(folder / WEIGHTS), rows, note)
    write_whole(folder / CARD, card.encode())
    return folder


def _card(recipe: dict, policy: Policy, digest: str, rows: list, note: str) -> str:
    asked = "\n".join(
        f"* {name}: `{Path(value).name if name in LOCAL else value}`"
        for name, value in recipe.items()
        if value != ""
    )
    hours = sum(float(row["seconds"]) for row in rows) / 3600
    return f"""# {MODEL}, {NAME}

{note}

Written by `make promote`. SHA-256 of the weights, in single precision: `{digest}`.

A policy of {policy.count_params():,} parameters: {len(WIDTHS)} layers of {WIDTHS[0]}
over the {FEATURES} features of a position, then scores of the offsets
{", ".join(f"{offset:+d}" for offset in OFFSETS)}; the likeliest action of round
{ROUNDS} is taken.

## Training

{asked}

{rows[-1]["epoch"]} batches of episodes, {hours:.2f} h. Gains are PSNR less the
preset's at equal CBR, on held-out crops, of the likeliest actions [dB].

{_curve(rows)}
"""


def _curve(rows: list) -> str:
    step = -(-len(rows) // MOST_LINES)
    shown = sorted({*range(0, len(rows), step), len(rows) - 1})
    lines = ["| batches | " + " | ".join(SHOWN) + " |", "|---" * 6 + "|"]
    for i in shown:
        cells = " | ".join(f"{float(rows[i][name]):.3f}" for name in SHOWN)
        lines.append(f"| {rows[i]['epoch']} | {cells} |")
    return "\n".join(lines)
