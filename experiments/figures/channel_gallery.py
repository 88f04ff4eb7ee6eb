"""A figure of all channels: fading distributions, time series, power delay profiles."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from experiments.compose import catalogue
from experiments.figures.canvas import save
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.rng import Course
from semlink.units import linear_to_db

SNR_DB = 10.0
ROWS, LENGTH = 64, 8640  # transmissions and their symbols: ten slots of 72 carriers
ONE_BY_ONE = ("rayleigh", "rayleigh_fast", "shadowed", "erasure", "tdl", "umi")
ECHOES = ("tdl:A", "tdl:B", "tdl:C", "tdl:D", "tdl:E", "cdl:A", "umi", "cir")
FLOOR_DB = -35.0


def gallery(path: Path) -> Path:
    """Draw all registered channels with their default parameters."""
    figure = plt.figure(figsize=(14, 9.5), layout="constrained", dpi=110)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.25, 1))
    left, right = upper.subfigures(1, 2)
    names = catalogue().registries["channel"].names()
    fades = {name: _fades_db(name) for name in names}
    _draw_distributions(left.subplots(), fades)
    _draw_transmissions(right, fades)
    for place, word in zip(lower.subplots(2, 4).flat, ECHOES, strict=True):
        _draw_echoes(place, word)
    return save(figure, path)


def _built(word: str):
    return catalogue().build("channel", ComponentSpec.model_validate(word))


def _fades_db(name: str) -> np.ndarray:
    """SNR of each symbol over the average one [dB] : [ROWS, LENGTH]."""
    x = np.ones((ROWS, LENGTH), np.complex64)
    channel = compiled_channel(_built(name))
    no = np.asarray(channel(x, np.float32(SNR_DB), Course(1)).no)
    return -linear_to_db(no) - SNR_DB


def _draw_distributions(place, fades: dict[str, np.ndarray]) -> None:
    colors = plt.get_cmap("tab20")
    for number, (name, values) in enumerate(fades.items()):
        quantiles = np.quantile(values, np.geomspace(1e-3, 1, 200))
        place.plot(
            quantiles, np.geomspace(1e-3, 1, 200), label=name, color=colors(number)
        )
    place.set_xlim(FLOOR_DB, 12)
    place.set_yscale("log")
    place.yaxis.set_major_formatter("{x:g}")
    place.set_title("How often symbols are weaker", fontsize=9)
    place.set_xlabel("symbol's SNR over the average [dB]")
    place.set_ylabel("share of symbols below")
    place.grid(alpha=0.3)
    place.legend(fontsize=7)


def _draw_transmissions(figure, fades: dict[str, np.ndarray]) -> None:
    places = figure.subplots(len(ONE_BY_ONE), 1, sharex=True, sharey=True)
    figure.suptitle("One transmission: SNR over the average [dB]", fontsize=9)
    for place, name in zip(places, ONE_BY_ONE, strict=True):
        place.plot(fades[name][0], linewidth=0.6)
        place.set_ylim(FLOOR_DB, 15)
        place.grid(alpha=0.3)
        place.text(0.005, 0.08, name, transform=place.transAxes, fontsize=8)
    places[-1].set_xlabel("symbol, as sent")


def _draw_echoes(place, word: str) -> None:
    """Mean power of paths over delay; a cloud of points for random delays."""
    paths = _built(word).paths(Course(1), 200, 1, 1e3, 0)
    gains, delays = (np.asarray(v) for v in paths)
    power = np.abs(gains[:, 0, :, 0]) ** 2
    if np.ptp(delays, axis=0).max() == 0:
        power, delays = power.mean(axis=0, keepdims=True), delays[:1]
    decibels = linear_to_db(np.maximum(power, 1e-9)).reshape(-1)
    shown = decibels > FLOOR_DB
    place.vlines(
        1e6 * delays.reshape(-1)[shown], FLOOR_DB, decibels[shown],
        linewidth=1.4 if len(delays) == 1 else 0.2,
    )  # fmt: skip
    place.set_ylim(FLOOR_DB, 2)
    place.set_title(word, fontsize=8)
    place.set_xlabel("delay [us]", fontsize=7)
    place.set_ylabel("power [dB]", fontsize=7)
    place.tick_params(labelsize=7)
    place.grid(alpha=0.3)
