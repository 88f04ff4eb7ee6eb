"""Time of channels, and of an OFDM link against hand-written Sionna code."""

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import tensorflow as tf
from sionna.phy.channel import OFDMChannel
from sionna.phy.channel.tr38901 import TDL
from sionna.phy.mimo import StreamManagement
from sionna.phy.ofdm import (
    LMMSEEqualizer,
    LSChannelEstimator,
    RemoveNulledSubcarriers,
    ResourceGridMapper,
)

from channels.ofdm import Settings, resource_grid
from experiments.compose import catalogue
from semlink.compiled_channel import compiled_channel
from semlink.config import ComponentSpec
from semlink.graph import compiled
from semlink.rng import Course

ROUNDS = 15
SLOTS, SNR_DB = 24, 10.0  # slots of a transmission, and its SNR


def bench_channels() -> None:
    """Print the time of every channel, and of OFDM by hand."""
    Course(1).seed_sionna("by hand")
    grid = resource_grid(Settings())
    length = SLOTS * int(grid.num_data_symbols)
    x = np.exp(1j * np.arange(length))[None].astype(np.complex64)
    names = catalogue().registries["channel"].names()
    words = [*names, "tdl[csi=ls]"]
    rivals = {word: _channel(word, x) for word in words}
    rivals |= {
        f"by hand, {csi} CSI": _by_hand(grid, csi, x) for csi in ("perfect", "ls")
    }
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for _ in range(ROUNDS):
        for name, call in rivals.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    print(f"channels, {length} symbols in {SLOTS} slots of a 14x72 grid at once")
    for name, own in seconds.items():
        print(f"  {name:<20} {1e8 * median(own) / length:6.1f} ms for 10^5 symbols")
    for ours, other in (("tdl", "perfect"), ("tdl[csi=ls]", "ls")):
        pairs = zip(seconds[ours], seconds[f"by hand, {other} CSI"], strict=True)
        print(f"  {ours} over by hand: {median(a / b for a, b in pairs):.2f}")


def _channel(word: str, x: np.ndarray) -> Callable:
    spec = ComponentSpec.model_validate(word)
    channel = compiled_channel(catalogue().build("channel", spec))
    return _warm(lambda: channel(x, np.float32(SNR_DB), Course(1)))


def _by_hand(grid, csi: str, x: np.ndarray) -> Callable:
    """The same link of Sionna blocks in one graph; each slot has a new channel."""
    streams = StreamManagement(np.ones((1, 1)), 1)
    line = TDL("A", 100e-9, 3.5e9, min_speed=3.0)
    fill, equalise = ResourceGridMapper(grid), LMMSEEqualizer(grid, streams)
    channel = OFDMChannel(line, grid, return_channel=True)
    known, estimate = RemoveNulledSubcarriers(grid), LSChannelEstimator(grid, "lin")

    def link(x):
        no = tf.constant(10 ** (-SNR_DB / 10))
        y, h = channel(fill(tf.reshape(x, (SLOTS, 1, 1, -1))), no)
        h, error = (known(h), 0.0) if csi == "perfect" else estimate(y, no)
        return equalise(y, h, error, no)

    graph = compiled(link, level="graph", name=f"by hand, {csi}")
    return _warm(lambda: graph(tf.constant(x))[0].numpy())


def _warm(call: Callable) -> Callable:
    call()
    return call
