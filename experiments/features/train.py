"""Train the receiver's half on received features.

    python -m experiments.features.train FOLDER MINUTES

FOLDER is one that ``experiments.features.views`` wrote. Each step sends a batch of
features over AWGN at a drawn SNR and number of symbols; the loss is the cross-entropy
of the decision, with the original's probabilities and with its label. The learning rate
follows a cosine over MINUTES of processor time; the written weights are averages.
"""

import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from blocks.features.classifier import shipped
from blocks.features.payload import (
    FEWEST,
    STEPS_PER_OCTAVE,
    Payload,
    Setting,
    snr_index,
)
from blocks.features.transform import analyse, synthesise
from experiments.failing import failing_in_one_line
from experiments.features.views import FEATURES, HELD_OUT, LOGITS
from semlink.graph import compiled
from semlink.units import db_to_linear

BATCH = 16
RATE, WARM_UP = 2e-3, 100  # learning rate at its peak, and steps before it
KEPT, SHOWN = 0.995, 150  # of the average from step to step; steps between reports
SPREAD_OF = 512  # views whose spread scales the channels
SNRS_DB = (0.0, 20.0)
SYMBOLS = (3.3, 9.5)  # octaves over the fewest: 160 to 11,600
USUAL = 0.5  # share of steps within the narrower ranges
USUAL_DB, USUAL_SYMBOLS = (6.0, 14.0), (5.0, 8.0)
VALIDATED_DB, VALIDATED = 10.0, (200, 400, 800, 1600, 3200)


class Draw(NamedTuple):
    """Conditions of a step."""

    setting: Setting
    snr_db: float


def draw(rng: np.random.Generator) -> Draw:
    """Draw an SNR and a number of symbols."""
    usual = rng.random() < USUAL
    snr_db = rng.uniform(*(USUAL_DB if usual else SNRS_DB))
    octaves = rng.uniform(*(USUAL_SYMBOLS if usual else SYMBOLS))
    return at(FEWEST * 2**octaves, snr_db)


def at(symbols: float, snr_db: float) -> Draw:
    """Conditions of a number of symbols and an SNR [dB]."""
    index = round(STEPS_PER_OCTAVE * np.log2(symbols / FEWEST))
    return Draw(Setting(index, snr_index(snr_db)), snr_db)


def received(payload: Payload, x: np.ndarray, how: Draw, rng) -> tuple:
    """Features [B, 14, 14, 112] after AWGN, and their mean expected error."""
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


class Average:
    """A moving average of variables, which is short at the beginning."""

    def __init__(self, variables: list):
        self._variables, self._steps = variables, 0
        self._values = [np.zeros(v.shape, np.float32) for v in variables]

    def update(self) -> None:
        """Take in the variables of a step."""
        self._steps += 1
        kept = min(KEPT, self._steps / (self._steps + 20))
        for value, variable in zip(self._values, self._variables, strict=True):
            value += (1 - kept) * (variable.numpy() - value)

    def swap(self) -> None:
        """Exchange the variables and their averages."""
        for place, variable in enumerate(self._variables):
            now, self._values[place] = self._values[place], variable.numpy()
            variable.assign(now)


def step_of(restorer):
    """A step of the training: ``(features, error, logits, rate) -> loss``."""
    import keras
    import tensorflow as tf

    from blocks.nn.efficientnet.receiving_half import logits

    variables = restorer.trainable_variables
    optimizer = keras.optimizers.AdamW(RATE, weight_decay=1e-4)
    optimizer.build(variables)

    def step(x, share, wanted, rate):
        with tf.GradientTape() as tape:
            found = tf.nn.log_softmax(logits(restorer, x, share))
            label = tf.one_hot(tf.argmax(wanted, -1), wanted.shape[-1])
            aims = tf.nn.softmax(wanted) + label
            loss = -tf.reduce_mean(tf.reduce_sum(aims * found, -1))
        gradients, _ = tf.clip_by_global_norm(tape.gradient(loss, variables), 1.0)
        optimizer.learning_rate.assign(rate)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    return compiled(step, level="graph", name="train")


def train(folder: Path, minutes: float, seed: int = 1) -> None:
    """Train for some minutes of processor time, and write the weights."""
    from blocks.nn.efficientnet.receiving_half import FILE, logits, untrained
    from blocks.nn.weights import write_weights

    features = np.load(folder / FEATURES, mmap_mode="r")
    targets = np.load(folder / LOGITS, mmap_mode="r")
    payload, rng = Payload(shipped().sigma), np.random.default_rng(seed)
    restorer = untrained(features[:SPREAD_OF].astype(np.float32).std(axis=(0, 1, 2)))
    step, average = step_of(restorer), Average(restorer.trainable_variables)
    infer = compiled(lambda *x: logits(restorer, *x), level="graph", name="validate")
    held_out = features[:HELD_OUT], targets[:HELD_OUT].argmax(-1)
    start, number, losses = time.process_time(), 0, []
    while (done := (time.process_time() - start) / 60 / minutes) < 1:
        rows = np.sort(rng.integers(HELD_OUT, len(features), BATCH))
        x = features[rows].astype(np.float32)
        x, share = received(payload, x, draw(rng), rng)
        number += 1
        rate = RATE * min(1, number / WARM_UP) * (1 + np.cos(np.pi * done)) / 2
        wanted = targets[rows].astype(np.float32)
        losses.append(float(step(x, share, wanted, np.float32(rate))))
        average.update()
        if number % SHOWN == 0:
            average.swap()
            shares = [agreement(infer, payload, *held_out, n) for n in VALIDATED]
            average.swap()
            of_uses = zip(VALIDATED, shares, strict=True)
            shown = ", ".join(f"{n}: {share:.2f}" for n, share in of_uses)
            print(f"{number} {done:.2f} {np.mean(losses[-SHOWN:]):.3f} {shown}")
    average.swap()
    FILE.parent.mkdir(exist_ok=True)
    write_weights(FILE, restorer)


def agreement(infer, payload, features, labels, symbols: int) -> float:
    """Share of held-out views of the same decision with a number of symbols."""
    rng, agreed = np.random.default_rng(0), []
    for start in range(0, len(labels), BATCH):
        x = features[start : start + BATCH].astype(np.float32)
        x, share = received(payload, x, at(symbols, VALIDATED_DB), rng)
        agreed += list(np.argmax(infer(x, share), -1))
    return float(np.mean(agreed == labels))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} FOLDER MINUTES, got {sys.argv[1:]}")
    with failing_in_one_line():
        train(Path(sys.argv[1]), float(sys.argv[2]))
