"""Copies the weights of a run to the shipped weights, with a model card."""

import csv
import json
from pathlib import Path

import numpy as np
from keras import ops

from blocks.nn.codec import MULTIPLE, Codec, Known, log_gain
from blocks.nn.jscc import LEVELS, TRAINED_SNRS_DB
from blocks.nn.profiles import MODELS, make_codec
from blocks.nn.transforms import PATCH
from blocks.nn.weights import read_weights, write_weights
from experiments.training.objective import TRANSMITTER_KNOWS
from experiments.training.photos import HELD_OUT, SHARE
from experiments.training.recipe import CONFIG, STAGES
from experiments.training.trainer import WEIGHTS
from experiments.training.validation import COUNT, SIZE
from experiments.training.variants import SENDABLE
from semlink.errors import InputError
from semlink.graph import compiled
from semlink.store.files import sha256, write_whole

OWNERS = {"ntscc": Path("baselines/nn"), "akb_jscc": Path("blocks/nn")}
CARD = "MODEL_CARD.md"
REFERENCE = (512, 768)  # height and width of the image for the count of operations


def promote(run: Path, note: str) -> Path:
    """Copy the averaged weights of a run in half precision, and write their card.

    Parameters
    ----------
    run : folder of the run
    note : text for the card, beyond the data of the run

    Output
    ------
    : folder of the weights

    Raises
    ------
    InputError
        The run has trained parts that a codec lacks.
    """
    recipe = json.loads((run / CONFIG).read_text("utf-8"))
    objective = recipe.get("objective", SENDABLE[0])
    if objective not in SENDABLE:
        raise InputError(
            f"objective must be {' or '.join(SENDABLE)} for a codec to hold all that "
            f"was trained, got {objective!r} in {run}"
        )
    codec = make_codec(recipe["profile"], MODELS[recipe["model"]])
    read_weights(run / WEIGHTS, codec)
    folder = OWNERS[recipe["model"]] / _name(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    write_weights(folder / WEIGHTS, codec)
    told = {"model": recipe["model"], "profile": recipe["profile"]}
    write_whole(folder / CONFIG, (json.dumps(told, indent=2) + "\n").encode())
    card = _card(run, recipe, codec, sha256(folder / WEIGHTS), note)
    write_whole(folder / CARD, card.encode())
    return folder


def _name(recipe: dict) -> str:
    """Name of the folder, with the channel if it is not AWGN."""
    channel = recipe["channel"]
    fading = "" if channel == "awgn" else f"_{channel}"
    return f"{recipe['model']}_{recipe['profile']}{fading}"


def _card(run: Path, recipe: dict, codec: Codec, digest: str, note: str) -> str:
    paths = {"data", "klt", "start", "contexts"}  # paths of the training machine
    asked = "\n".join(
        f"* {name}: `{Path(value).name if name in paths else value}`"
        for name, value in recipe.items()
        if value != ""
    )
    lowest, highest = TRAINED_SNRS_DB
    return f"""# {recipe["model"]}, profile {recipe["profile"]}

{note}

Written by `make promote`. SHA-256 of the weights, which are in half precision:
`{digest}`.

## Architecture

{_architecture(codec)}

## Training

{asked}

{_history(run)}

Es/N0 was 10 dB for about a third of the crops and {lowest:g} to {highest:g} dB for the
others; of those, {round(100 * TRANSMITTER_KNOWS)} % had a transmitter that knew it, the
others one that took it for 10 dB. The receiver always knows.

The networks are conditioned on SNRs of this range: beyond it on its nearer end, and
in no symbol on less noise than at {highest:g} dB. The linear estimates use the true
noise.

PSNR [dB] (and CBR of payload and digital layer) on {COUNT} crops of {SIZE}x{SIZE}
pixels from photos that training did not see (one in {SHARE}, at most {HELD_OUT}), as
it went on:

{_curve(run)}
"""


def _architecture(codec: Codec) -> str:
    parts = {
        "analysis": codec.analysis,
        "synthesis": codec.synthesis,
        "hyper-analysis": codec.hyper_analysis,
        "hyper-synthesis": codec.hyper_synthesis,
        "classes": codec.classes,
        "priors": codec.prior,
        "JSCC encoder": codec.encoder,
        "JSCC decoder": codec.decoder,
    }
    sizes = "\n".join(f"| {n} | {p.count_params():,} |" for n, p in parts.items())
    p, (height, width) = codec.profile, REFERENCE
    return f"""{len(LEVELS)} rate levels; {p.channels} latents for {PATCH}x{PATCH}
pixels in {p.classes} classes, {p.hyper_channels} hyper-latents for
{MULTIPLE}x{MULTIPLE}. Encoder and decoder take
{operations(codec) / 1e9:.0f} GFLOP for a picture of {width}x{height}.

| part | parameters |
|---|---|
{sizes}
| all | {sum(int(np.prod(v.shape)) for v in codec.variables):,} |"""


def operations(codec: Codec) -> int:
    """Floating-point operations to encode and decode a picture of 768x512."""
    import tensorflow as tf
    from tensorflow.compat.v1 import profiler

    graph = compiled(_once(codec), level="graph", name="operations")
    picture = tf.TensorSpec((1, *REFERENCE, 3), tf.float32)
    done = profiler.profile(
        graph.get_concrete_function(picture).graph,
        options={
            **profiler.ProfileOptionBuilder.float_operation(),
            "output": "none",
        },
    )
    return done.total_float_ops


def _once(codec: Codec):
    """Encode and decode at one quality and SNR, without a channel."""
    one = np.ones(1, np.float32)

    def run(x):
        gain = log_gain(ops.convert_to_tensor(one / 2))
        y, linear, _, smooth = codec.analyse(x)
        y = y * ops.exp(gain)
        index, z = codec.summarise(y, linear * ops.exp(gain), gain)
        side = codec.side(*codec.deviations(index, ops.round(z), gain), one / 2)
        tokens = codec.tokens(np.zeros((1, codec.profile.context), np.float32))
        known = Known(one / 2, 10 * one, tokens)
        s, scale = codec.encode(y, side, known)
        y, log_error = codec.decode(s, one / 10, scale, side, known, 10 * one)
        return codec.synthesise(y, log_error, gain, smooth, tokens)

    return run


def _history(run: Path) -> str:
    """Time and epochs of each stage."""
    lines = []
    for stage in STAGES:
        rows = _rows(run, stage)
        hours = sum(float(row["seconds"]) for row in rows) / 3600
        if rows:
            lines.append(f"* {stage}: {len(rows)} epochs, {hours:.2f} h")
    return "\n".join(lines)


def _curve(run: Path) -> str:
    """The validation columns of the joint stage, at most a dozen lines."""
    rows = _rows(run, STAGES[-1])
    if not rows:
        return "(no joint stage)"
    names = [n.removeprefix("psnr_") for n in rows[0] if n.startswith("psnr_q")]
    hours = np.cumsum([float(row["seconds"]) for row in rows]) / 3600
    shown = sorted({*range(0, len(rows), -(-len(rows) // 12)), len(rows) - 1})
    lines = [
        f"| {hours[i]:.2f} | "
        + " | ".join(
            f"{float(rows[i][f'psnr_{n}']):.2f} ({float(rows[i][f'cbr_{n}']):.4f})"
            for n in names
        )
        + " |"
        for i in shown
    ]
    head = "| hours | " + " | ".join(n.replace("_", ", ") for n in names) + " |"
    return "\n".join([head, "|---" * (len(names) + 1) + "|", *lines])


def _rows(run: Path, stage: str) -> list[dict]:
    path = run / f"{stage}.csv"
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
