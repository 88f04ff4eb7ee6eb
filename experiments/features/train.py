"""Train the receiver's half on received features.

    python -m experiments.features.train FOLDER MINUTES

FOLDER is one that ``experiments.features.views`` wrote. Each step sends a batch of
features over AWGN at a drawn SNR and number of symbols; the loss is the
Kullback-Leibler divergence of the decision from the original's, and the cross-entropy
of the original's label. The rate follows a cosine over MINUTES of processor time.
"""

import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from blocks.features.payload import Payload, Setting, num_symbols, snr_index
from blocks.features.transform import analyse, shipped, synthesise
from experiments.features.views import FEATURES, HELD_OUT, LOGITS
from semlink.graph import compiled
from semlink.units import db_to_linear

BATCH = 16
RATE = 2e-3
SNRS_DB = (0.0, 20.0)
SYMBOLS = (3.3, 9.5)  # octaves over the fewest: 160 to 11,600
USUAL = 0.5  # share of steps within the narrower ranges
USUAL_DB, USUAL_SYMBOLS = (6.0, 14.0), (5.0, 8.0)


class Draw(NamedTuple):
    """Conditions of a step."""

    setting: Setting
    snr_db: float


def draw(rng: np.random.Generator) -> Draw:
    """Draw an SNR and a number of symbols."""
    usual = rng.random() < USUAL
    snr_db = rng.uniform(*(USUAL_DB if usual else SNRS_DB))
    octaves = rng.uniform(*(USUAL_SYMBOLS if usual else SYMBOLS))
    return at(16 * 2**octaves, snr_db)


def at(symbols: float, snr_db: float) -> Draw:
    """Conditions of a number of symbols and an SNR [dB]."""
    index = round(96 * np.log2(symbols / num_symbols(0)))
    return Draw(Setting(index, snr_index(snr_db)), snr_db)


def received(payload: Payload, x: np.ndarray, how: Draw, rng) -> tuple:
    """Features [B, 14, 14, 112] after AWGN, and their expected error."""
    y = analyse(x, shipped())
    found, errors = np.empty_like(y), []
    for place, one in enumerate(y):
        sent, scale = payload.send(one, how.setting)
        no = db_to_linear(-how.snr_db)
        noise = rng.normal(size=(2, len(sent))) * np.sqrt(no / 2)
        heard = (sent + noise[0] + 1j * noise[1]).astype(np.complex64)
        level = np.full(len(sent), no, np.float32)
        found[place], error = payload.receive(heard, level, how.setting, scale)
        errors.append(error)
    return synthesise(found, shipped()), np.float32(np.mean(errors))


def train(folder: Path, minutes: float, seed: int = 1) -> None:
    """Train for some minutes of processor time, and write the weights."""
    import keras
    import tensorflow as tf

    from blocks.nn.receiving_half import FILE, logits, untrained
    from blocks.nn.weights import write_weights

    features = np.load(folder / FEATURES, mmap_mode="r")
    targets = np.load(folder / LOGITS, mmap_mode="r")
    payload, rng = Payload(shipped()), np.random.default_rng(seed)
    spread = features[:512].astype(np.float32).std(axis=(0, 1, 2))
    restorer = untrained(spread)
    FILE.parent.mkdir(exist_ok=True)
    write_weights(FILE, restorer)
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=1e-4)
    variables = restorer.trainable_variables
    optimizer.build(variables)
    average = [np.zeros(v.shape, np.float32) for v in variables]

    def step(x, share, wanted, rate):
        with tf.GradientTape() as tape:
            found = tf.nn.log_softmax(logits(restorer, x, share))
            p = tf.nn.softmax(wanted)
            soft = -tf.reduce_sum(p * found, -1)
            label = tf.one_hot(tf.argmax(wanted, -1), p.shape[-1])
            loss = tf.reduce_mean(soft - tf.reduce_sum(label * found, -1))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    run = compiled(step, level="graph", name="train")
    infer = compiled(
        lambda x, share: logits(restorer, x, share), level="graph", name="validate"
    )
    known = int(np.count_nonzero(np.any(targets[:, :8] != 0, axis=1)))
    start, number, losses = time.process_time(), 0, []
    while (done := (time.process_time() - start) / 60 / minutes) < 1:
        rows = np.sort(rng.integers(HELD_OUT, known, BATCH))
        how = draw(rng)
        x, share = received(payload, features[rows].astype(np.float32), how, rng)
        wanted = targets[rows].astype(np.float32)
        rate = RATE * min(1, (number + 1) / 100) * 0.5 * (1 + np.cos(np.pi * done))
        losses.append(float(run(x, share, wanted, np.float32(rate))))
        number += 1
        weight = min(0.995, number / (number + 20))
        for kept, v in zip(average, variables, strict=True):
            kept += (1 - weight) * (v.numpy() - kept)
        if number % 150 == 0:
            live = [v.numpy() for v in variables]
            for kept, v in zip(average, variables, strict=True):
                v.assign(kept)
            write_weights(FILE, restorer)
            shown = [
                f"{n}: {agreement(infer, payload, features, targets, n):.2f}"
                for n in (200, 400, 800, 1600, 3200)
            ]
            mean = np.mean(losses[-150:])
            print(f"{number} {done:.2f} {mean:.3f} {', '.join(shown)}", flush=True)
            for value, v in zip(live, variables, strict=True):
                v.assign(value)
    for kept, v in zip(average, variables, strict=True):
        v.assign(kept)
    write_weights(FILE, restorer)


def agreement(infer, payload, features, targets, symbols: int) -> float:
    """Share of held-out views with the same decision at 10 dB."""
    rng, agreed = np.random.default_rng(0), []
    for start in range(0, HELD_OUT, BATCH):
        rows = slice(start, start + BATCH)
        x = features[rows].astype(np.float32)
        x, share = received(payload, x, at(symbols, 10.0), rng)
        agreed += list(np.argmax(infer(x, share), -1) == targets[rows].argmax(-1))
    return float(np.mean(agreed))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} FOLDER MINUTES, got {sys.argv[1:]}")
    train(Path(sys.argv[1]), float(sys.argv[2]))
