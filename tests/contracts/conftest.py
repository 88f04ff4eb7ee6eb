"""Fixtures of the contract tests: all components, and one transmission of each."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from experiments.compose import catalogue
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.errors import Infeasible, InputError
from semlink.protocols import Transceiver
from semlink.signals import RxSignal, Sample, TxSignal

SNR_DB = 10.0
# The lowest lets a picture codec send two code blocks of one length, hence one
# compiled decoder for all; the others are for transmitters that cannot go as low.
CBRS = (0.0586, 0.13, 0.51, 1.1, 3.0)


# The default suite leaves out what a faster test guards, too: akb_jscc is ntscc with
# another controller and a knowledge base, vvc_ldpc and jxl_ldpc are links as heif_ldpc
# with another coder, the regular code is that of its own tests, the large channel
# models are tdl with other coefficients, receivers of learned links that ask again are
# replayed by the test of no genie, as is ntscc with a loop and a digital layer, and
# avif_ldpc and jpeg_ldpc[harq=chase] by their own tests; site_memory plans and frames
# as linear_jscc.
LONG = ("akb_jscc", "akb_jscc_no_ckb", "vvc_ldpc", "jxl_ldpc", "hevc_ldpc")
SLOW = tuple(f(n) for n in LONG for f in ("[{}-".format, "[{}]".format, "-{}]".format))
SLOW += tuple(f"[cdl-shape{n}]" for n in (1, 2, 3))
SLOW += (
    "[umi-",
    "umi]",
    "[cdl[",
    "-cdl[",
    "[tdl-shape1]",
    "[jpeg_ldpc[code=regular]",
    "[akb_jscc[hybrid=true,",
)
SLOW += ("[akb_jscc[source_kb=none]-", "[cdl-", "[site_memory-", "-site_memory]")
SLOW += ("[ntscc-64x48]", "[ntscc-16x16]", "[ntscc-31x200]")
SLOW += ("[ntscc[arq=selective]]", "[ntscc[arq=random]]", "-akb_jscc[source_kb=none]]")
SLOW += ("kept_and_used[avif_ldpc",)
SLOW += ("documented_shape[decision]", "kept_and_used[decision-average]")
SLOW += ("documented_shape[ntscc", "[cdl]", "[ntscc-17x33]")
SLOW += ("[ntscc]", "[ntscc[csi=map]]", "outage[ntscc[arq", "-cdl]")
SLOW += ("documented_shape[features]", "[jpeg_ldpc[harq=chase]]", "[avif_ldpc]")
SLOW += ("what_is_heard_changes_what_is_sent[linear", "sent_alone[ntscc[csi")


def pytest_collection_modifyitems(items):
    """Mark what takes long on a processor."""
    for item in items:
        if "contracts" in item.path.parts and any(s in item.name for s in SLOW):
            item.add_marker(pytest.mark.slow)


class Sent(NamedTuple):
    """A transmitter's signal and all that led to it."""

    spec: ComponentSpec
    transceiver: Transceiver
    link: Link
    sample: Sample
    cbr: float
    plan: Any
    tx: TxSignal

    @property
    def coded(self) -> bool:
        """Whether something is sent as bits, which may be lost."""
        return self.tx.blocks.size > 0

    @property
    def digital(self) -> bool:
        """Whether every symbol is QAM, which is never zero.

        A pair with side information also has an analog payload.
        """
        return self.coded and not self.tx.ledger.of(purpose="side")


def build_link(word: str) -> Link:
    """A link around a transceiver that nothing else uses."""
    known = catalogue()
    parts = {"transmitter": word, "channel": "awgn", "task": "reconstruction"}
    specs = {k: ComponentSpec.model_validate(v) for k, v in parts.items()}
    pair, channel, task = (known.build(kind, spec) for kind, spec in specs.items())
    return Link(pair, channel, {"reconstruction": task})


@pytest.fixture(scope="session")
def fresh_link():
    """Give a second link of a word, one for all tests that need another than the first.

    Its behaviour cannot depend on the history of the first.
    """
    return lru_cache(maxsize=64)(build_link)


@pytest.fixture(scope="session")
def make_picture(photo_of, sample_of):
    """Give a piece of a photo, as the source would give it."""

    def picture(height: int, width: int, *, index: int = 0) -> Sample:
        top, left = 40 + 8 * index, 150
        image = photo_of(0)[top : top + height, left : left + width]
        return sample_of(image, index, f"{height}x{width}")

    return picture


@pytest.fixture(scope="session")
def make_sample(make_picture, sample_of):
    """Give a sample of a modality."""

    def signal() -> Sample:
        values = np.random.default_rng(1).normal(size=(64, 64, 3))
        return sample_of(values.astype(np.float32), name="toy")

    samples = {"image": lambda: make_picture(128, 192), "signal": signal}

    def make(modality: str) -> Sample:
        if modality not in samples:
            raise AssertionError(f"the batteries have no sample of {modality}: add one")
        return samples[modality]()

    return make


@pytest.fixture(scope="session")
def send_over(planned):
    """Transmit a sample at the lowest feasible CBR."""

    def send(link: Link, sample: Sample):
        for cbr in CBRS:
            try:
                plan, (tx,) = planned(link, [sample], cbr, SNR_DB)
            except (Infeasible, InputError):
                continue
            return cbr, plan, tx
        raise AssertionError(f"nothing of {sample.name} is sent at CBR {CBRS}")

    return send


@pytest.fixture(scope="session")
def send(link_of, make_sample, send_over):
    """Give the one transmission of a transmitter, by its word."""

    @lru_cache(maxsize=64)
    def sent(word: str) -> Sent:
        link = link_of(word)
        sample = make_sample(link.pair.accepts[0])
        spec = ComponentSpec.model_validate(word)
        return Sent(spec, link.pair, link, sample, *send_over(link, sample))

    return sent


@pytest.fixture(scope="session")
def noiseless():
    """A received signal without noise."""

    def clean(tx: TxSignal) -> RxSignal:
        no = np.full(tx.x.shape, 1e-6, np.float32)
        return RxSignal(tx.x, no, np.ones_like(tx.x))

    return clean
