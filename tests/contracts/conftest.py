"""What the batteries share: everything registered, and one transmission of each."""

from functools import cache, lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.link import Link
from semlink.protocols import Transceiver
from semlink.signals import RxSignal, SourceBatch, TxSignal

SNR_DB = 10.0
# The lowest lets a picture codec send two code blocks of one length, hence one
# compiled decoder for all; the others are for transmitters that cannot go as low.
CBRS = (0.0586, 0.13, 0.51, 1.1, 3.0)


class Sent(NamedTuple):
    """A transmitter's signal and all that led to it."""

    spec: ComponentSpec
    transceiver: Transceiver
    link: Link
    batch: SourceBatch
    cbr: float
    plan: Any
    tx: TxSignal


def build_link(spec: ComponentSpec, channel: str = "awgn"):
    """A fresh transceiver, and a link around it."""
    known = catalogue()
    transceiver = known.build("transmitter", spec)
    task = known.build("task", ComponentSpec(name="reconstruction"))
    return transceiver, Link(transceiver, _channel(channel), task)


@cache
def _channel(word: str):
    """Built once: what it carries is then found once."""
    return catalogue().build("channel", ComponentSpec.model_validate(word))


@cache
def _photo() -> np.ndarray:
    source = catalogue().build("source", ComponentSpec(name="photos", params={}))
    return source[0].image[0]


def picture(height: int, width: int, *, index: int = 0) -> SourceBatch:
    """A piece of a photo, as the source would give it."""
    top, left = 40 + 8 * index, 150
    image = _photo()[top : top + height, left : left + width]
    return SourceBatch(image[None], (index,), (f"{height}x{width}",), ({},))


def toy(height: int, width: int) -> SourceBatch:
    """Gaussian noise of that size."""
    image = np.random.default_rng(1).normal(size=(1, height, width, 3))
    return SourceBatch(image.astype(np.float32), (0,), ("toy",), ({},))


@lru_cache(maxsize=64)
def _sent(word: str) -> Sent:
    spec = ComponentSpec.model_validate(word)
    for batch in (picture(128, 192), toy(64, 64)):
        for cbr in CBRS:
            transceiver, link = build_link(spec)
            try:
                plan = link.transmitter.plan([batch], link.budget(cbr, "average", 10.0))
            except (Infeasible, InputError):
                continue
            tx = link.transmit(batch, plan)
            return Sent(spec, transceiver, link, batch, cbr, plan, tx)
    raise AssertionError(f"{word} sends nothing at CBR {CBRS}")


@pytest.fixture(scope="session")
def send():
    """Give the one transmission of a transmitter, by its word."""
    return _sent


@pytest.fixture(scope="session")
def make_link():
    """Give :func:`build_link`."""
    return build_link


@pytest.fixture(scope="session")
def make_picture():
    """Give :func:`picture`."""
    return picture


@pytest.fixture(scope="session")
def noiseless():
    """Give what a receiver gets when nothing disturbs it."""

    def clean(tx: TxSignal) -> RxSignal:
        no = np.full(tx.x.shape, 1e-6, np.float32)
        return RxSignal(tx.x, no, np.ones_like(tx.x))

    return clean
