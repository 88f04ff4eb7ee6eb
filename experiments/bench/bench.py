"""Timings, each as a ratio to its reference, in one run.

Every figure is the median of several rounds. In each round the candidates take turns,
so changes in the speed of the machine affect all of them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from statistics import median

import numpy as np
import tensorflow as tf
from PIL import Image
from sionna.phy.channel import AWGN
from sionna.phy.fec.ldpc import LDPC5GDecoder, LDPC5GEncoder
from sionna.phy.mapping import Constellation, Demapper, Mapper

from blocks.knowledge.base import DEFAULT, load
from blocks.knowledge.perception import build_describer, text_encoder
from blocks.phy.bicm import Bicm, Layout, Mcs
from channels.awgn import Awgn
from experiments.bench.cells import bench_cells
from experiments.bench.channels import bench_channels
from experiments.bench.profile import simulated
from experiments.compose import catalogue, sweep_of
from semlink import config, graph, stages
from semlink.compiled_channel import compiled_channel
from semlink.graph import compiled
from semlink.loop.feedback import Feedback
from semlink.protocols import Budget
from semlink.rng import Course
from semlink.signals import IMAGE, RxSignal, Sample
from semlink.sweeps.listener import Unwatched
from semlink.sweeps.sweep import Sweep

ROUNDS = 9
NUM_BLOCKS, K, N, SNR_DB = 64, 5632, 8448, 10.0
WATERFALL_DB = 9.0  # where some blocks of that code fail
# Iterations after which both decoders fail about equally often there.
AS_FAR = {"sum_product": 20, "layered": 12}
PHOTOS, LEARNED = config.ComponentSpec(name="photos"), ("ntscc", "akb_jscc")
HAND_BATCH = 8  # the fastest batch size of the hand-written chain


def bench() -> None:
    """Print all timings."""
    _digital_chain()
    _decoders()
    _extra_snr_point()
    _sweep()
    _learned_codecs()
    bench_channels()
    bench_cells()
    _help()


def _digital_chain() -> None:
    """Our chain against the same chain of Sionna blocks in one XLA graph."""
    Course(1).seed_sionna("by hand")
    bits = np.random.default_rng(1).integers(0, 2, (NUM_BLOCKS, K), np.uint8)
    rivals = {
        "by hand, 20 iterations": _by_hand(),
        "semlink, 20 iterations": _semlink(early_stopping=False),
        "semlink, early stopping": _semlink(early_stopping=True),
    }
    errors = dict.fromkeys(rivals, 0)
    seconds: dict[str, list[float]] = {name: [] for name in rivals}
    for chain in rivals.values():
        chain(bits)
    for _ in range(ROUNDS):
        for name, chain in rivals.items():
            start = time.perf_counter()
            decoded = chain(bits)
            seconds[name].append(time.perf_counter() - start)
            errors[name] += int(np.any(decoded != bits, axis=1).sum())
    print(f"digital chain, k={K}, n={N}, 16-QAM, AWGN at {SNR_DB:g} dB")
    hand = seconds["by hand, 20 iterations"]
    for name, own in seconds.items():
        speed = NUM_BLOCKS * K / median(own) / 1e6
        ratio = median(h / o for h, o in zip(hand, own, strict=True))
        bler = errors[name] / (ROUNDS * NUM_BLOCKS)
        print(f"  {name:<24} {speed:5.2f} Mbit/s, ratio {ratio:4.2f}, BLER {bler:.1e}")


def _decoders() -> None:
    """Both decoders on the same words, on one core, at about equal BLER."""
    print(f"decoders on one core, k={K}, n={N}, 16-QAM, AWGN")
    settings = (SNR_DB, False), (SNR_DB, True), (WATERFALL_DB, True)
    for snr_db, early_stopping in settings:
        chains = {
            name: Bicm(
                Mcs(4, K / N),
                decoder=name,
                num_iter=most,
                early_stopping=early_stopping,
            )
            for name, most in AS_FAR.items()
        }
        stopping = "early stopping" if early_stopping else "all iterations"
        print(f"  {snr_db:g} dB, {stopping}")
        _compare_decoders(chains, snr_db)


def _compare_decoders(chains: dict[str, Bicm], snr_db: float) -> None:
    """Time chains in turns on the same words, and print speeds and error rates."""
    channel, layout = compiled_channel(Awgn()), Layout(NUM_BLOCKS, K, N)
    bits = np.random.default_rng(1).integers(0, 2, (NUM_BLOCKS, K), np.uint8)
    x = chains["layered"].modulate(bits)[None]
    errors = dict.fromkeys(chains, 0)
    seconds: dict[str, list[float]] = {name: [] for name in chains}
    with _one_core():
        for turn in range(ROUNDS + 1):
            rx = channel(x, np.float32(snr_db), Course(turn))
            received = rx.x_hat[0], rx.no[0]
            llr = {0: chains["layered"].soft(*received, layout)}
            for name, chain in chains.items():
                start = time.perf_counter()
                decoded = chain.decode_versions(llr, K)
                if turn > 0:  # the first builds graphs
                    seconds[name].append(time.perf_counter() - start)
                    errors[name] += int(np.any(decoded != bits, axis=1).sum())
    for name, own in seconds.items():
        speed = NUM_BLOCKS * K / median(own) / 1e6
        ratio = median(a / b for a, b in zip(seconds["sum_product"], own, strict=True))
        bler = errors[name] / (ROUNDS * NUM_BLOCKS)
        print(
            f"    {name:<11} of {AS_FAR[name]} iterations {speed:6.2f} Mbit/s, "
            f"ratio {ratio:5.2f}, BLER {bler:.1e}"
        )


@contextmanager
def _one_core() -> Iterator[None]:
    """Keep all threads of the process on one core, also those that begin meanwhile."""
    allowed = os.sched_getaffinity(0)
    _pin({min(allowed)})
    try:
        yield
    finally:
        _pin(allowed)


def _pin(cores: set[int]) -> None:
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), cores)


def _by_hand() -> Callable[[np.ndarray], np.ndarray]:
    constellation = Constellation("qam", 4)
    encoder = LDPC5GEncoder(K, N, num_bits_per_symbol=4)
    decoder = LDPC5GDecoder(encoder, num_iter=20)
    mapper = Mapper(constellation=constellation)
    demapper = Demapper("app", constellation=constellation)
    awgn = AWGN()

    def link(bits):
        no = tf.constant(10 ** (-SNR_DB / 10))
        return decoder(demapper(awgn(mapper(encoder(bits)), no), no))

    xla = compiled(link, level="xla", name="by hand")

    def chain(bits: np.ndarray) -> np.ndarray:
        batches = np.split(bits.astype(np.float32), len(bits) // HAND_BATCH)
        return np.concatenate([xla(tf.constant(b)).numpy() for b in batches])

    return chain


def _semlink(*, early_stopping: bool) -> Callable[[np.ndarray], np.ndarray]:
    digital = Bicm(Mcs(4, K / N), early_stopping=early_stopping)
    channel, seeds = compiled_channel(Awgn()), count(1)

    def chain(bits: np.ndarray) -> np.ndarray:
        course = Course(next(seeds))
        rx = channel(digital.modulate(bits)[None], np.float32(SNR_DB), course)
        layout = Layout(len(bits), K, N)
        return digital.demodulate(rx.x_hat[0], rx.no[0], layout)

    return chain


def _extra_snr_point() -> None:
    """One more SNR of a sweep against its channel and decoding alone."""
    settings = {
        "source": "photos",
        "transmitter": "jpeg2000_ldpc",
        "channel": "awgn",
        "snr_db": [10, 10.5, 11, 11.5, 12, 12.5],
        "cbr": 0.03,
    }
    job = sweep_of(config.validate(settings))
    for point in job.points[:2]:
        job.simulate(point, Unwatched())
    traced = sum(graph.traces.values())
    ratios = []
    for point in job.points[2:]:
        start = time.perf_counter()
        job.simulate(point, Unwatched())
        whole = time.perf_counter() - start
        ratios.append(whole / _channel_and_decoding(job, point))
    again = sum(graph.traces.values()) - traced
    print(f"extra SNR point of jpeg2000_ldpc, {job.trial.num_samples} photos")
    print(f"  {median(ratios):.2f} x its channel and decoding, {again} graphs traced")


def _sweep() -> None:
    """A sweep in one process against the sum of its stages."""
    settings = {
        "source": "photos",
        "transmitter": ["ntscc", "jpeg2000_ldpc"],
        "channel": ["awgn", "rayleigh"],
        "snr_db": [10, 13],
        "cbr": 0.03,
    }
    checked = config.validate(settings)
    simulated(sweep_of(checked))  # the graphs
    job = sweep_of(checked)
    ratio = simulated(job) / stages.seconds.total()
    print(f"sweep of {len(job.points)} points, {job.trial.num_samples} photos")
    print(f"  {ratio:.3f} x the sum of its stages")


def _channel_and_decoding(job: Sweep, point) -> float:
    """Seconds of channel and receiver alone, for all images of a point."""
    total = 0.0
    for image in range(job.trial.num_samples):
        link, _, tx = job.trial.signal(point, image)
        start = time.perf_counter()
        link.receive(link.propagate(tx, point.snr_db, seed=1))
        total += time.perf_counter() - start
    return total


def _learned_codecs() -> None:
    """The learned codecs on a photo of 768x512, in turns."""
    photo = Image.fromarray(catalogue().build("source", PHOTOS)[2].data)
    image = np.asarray(photo.resize((768, 512), Image.Resampling.LANCZOS))
    sample = Sample(image, IMAGE, image.size, 0, "photo")
    rivals = {name: _learned(name, sample) for name in LEARNED}
    traced = sum(graph.traces.values())
    seconds: dict[str, list[np.ndarray]] = {name: [] for name in LEARNED}
    for _ in range(ROUNDS):
        for name, codec in rivals.items():
            seconds[name].append(codec())
    again = sum(graph.traces.values()) - traced
    print(f"learned codecs, a photo of 768x512 at CBR 0.03, {again} graphs traced")
    first = np.sum(seconds[LEARNED[0]], axis=1)
    for name, own in seconds.items():
        encode, decode = np.median(own, axis=0)
        ratio = np.median(np.sum(own, axis=1) / first)
        print(
            f"  {name:<8} encode {encode:.2f} s, decode {decode:.2f} s, "
            f"ratio {ratio:.2f}"
        )
    describe, look_up = _knowing(sample)
    print(f"  beside that akb_jscc describes the photo, {describe:.2f} s, once, and")
    print(f"  looks its words up, {1e3 * look_up:.1f} ms")


def _learned(name: str, sample: Sample) -> Callable[[], np.ndarray]:
    """Seconds to encode and to decode; the description is already cached."""
    spec = config.ComponentSpec(name=name)
    transmitter, receiver, *_ = catalogue().build("transmitter", spec)
    budget = Budget(0.03, "average", transmitter.operating_point(Feedback(SNR_DB)))
    plan = transmitter.plan([sample], budget)

    def codec() -> np.ndarray:
        transmitter.forget()
        start = time.perf_counter()
        tx, _ = transmitter(sample, plan)
        middle = time.perf_counter()
        no = np.full(tx.x.shape, 10 ** (-SNR_DB / 10), np.float32)
        receiver(RxSignal(tx.x, no, np.ones_like(tx.x)))
        return np.array([middle - start, time.perf_counter() - middle])

    codec()
    return codec


def _knowing(sample: Sample) -> tuple[float, float]:
    """Seconds to describe a photo, and to embed and look up the description."""
    describe, encode = build_describer("detector"), text_encoder("minilm")
    base, image = load(DEFAULT), sample.data
    words = describe(image, {})
    return (
        _seconds(lambda: describe(image, {})),
        _seconds(lambda: base.nearest(encode([words]).pooled)),
    )


def _seconds(call: Callable[[], object]) -> float:
    """Median of the seconds of a call."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def _help() -> None:
    """Time of ``--help`` on the command line."""
    command = [sys.executable, "-m", "experiments", "--help"]
    seconds = _seconds(lambda: subprocess.run(command, capture_output=True, check=True))
    print(f"semlink --help\n  {seconds:.2f} s")
