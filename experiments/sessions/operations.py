"""Operations of transmitters, receivers and maps, for the devices of scenarios.

    python -m experiments.sessions.operations ntscc "jpeg2000_ldpc[mcs=auto]" > FILE
    python -m experiments.sessions.operations --importance detector saliency > FILE

An operation is a multiplication or an addition of a large matrix product: processor
time to encode and to decode pictures, over the processor time of such an operation on
the same machine, in the same process. The ratio depends little on the machine, and it
covers networks, picture codecs and channel codes alike.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import yaml

from blocks.importances import importance
from experiments.compose import catalogue
from experiments.failing import failing_in_one_line
from semlink.chain import Link
from semlink.config import ComponentSpec
from semlink.loop.exchange import Memory
from semlink.modalities.categories import CATEGORIES
from semlink.modalities.query import Query

SIDE, PRODUCTS = 1024, 4  # of the matrix product
SNR_DB, CBR, PICTURES = 10.0, 0.03, 3


def operations(spec: str) -> dict[str, float]:
    """FLOP to encode and to decode a value of a picture, and bytes of the models.

    Parameters
    ----------
    spec : transmitter, as on the command line
    """
    components, word = catalogue(), ComponentSpec.model_validate(spec)
    pair = components.build("transmitter", word)
    over = components.build("channel", ComponentSpec(name="awgn"))
    source = components.build("source", ComponentSpec(name="photos"))
    link = Link(pair, over, {})
    each = [_times(link, source[index]) for index in range(PICTURES + 1)][1:]
    encode, decode = np.median(each, axis=0) / _second_per_flop()
    params = components.resolve("transmitter", word)
    files = components.registries["transmitter"].files(word.name, params)
    return {
        "encode": float(f"{encode:.3g}"),
        "decode": float(f"{decode:.3g}"),
        "model_bytes": sum(path.stat().st_size for path in files),
    }


def weighing(spec: str) -> float:
    """FLOP of a map of importance for a value of a picture.

    Parameters
    ----------
    spec : component, as on the command line
    """
    of = importance(spec)
    source = catalogue().build("source", ComponentSpec(name="photos"))
    asked = Query(classes=CATEGORIES[:1])
    first, *samples = (
        source[index]._replace(query=asked) for index in range(PICTURES + 1)
    )
    of(first)  # libraries and networks are read
    each = [_timed(lambda s=s: of(s))[1] / s.values for s in samples]
    return float(f"{np.median(each) / _second_per_flop():.3g}")


def _times(link: Link, sample) -> tuple[float, float]:
    """Processor seconds for a value, at either end; the plan counts as encoding."""
    given = link.given(sample)

    def encode():
        budget = link.budget(CBR, "per_image", SNR_DB)
        return link.transmit(given, link.plan([given], budget))[0]

    tx, encoding = _timed(encode)
    rx = link.propagate(tx, SNR_DB, 1)
    _, decoding = _timed(lambda: link.receive(rx, None, Memory().receiver))
    return encoding / sample.values, decoding / sample.values


def _timed(call: Callable) -> tuple:
    start = time.process_time()
    return call(), time.process_time() - start


def _second_per_flop() -> float:
    """Processor time of an operation, from a large matrix product."""
    a = np.random.default_rng(0).normal(size=(SIDE, SIDE)).astype(np.float32)
    a @ a  # the libraries start their threads
    start = time.process_time()
    for _ in range(PRODUCTS):
        a @ a
    return (time.process_time() - start) / (PRODUCTS * 2 * SIDE**3)


if __name__ == "__main__":
    maps, specs = sys.argv[1:2] == ["--importance"], sys.argv[1:]
    measured = weighing if maps else operations
    with failing_in_one_line():
        table = {spec: measured(spec) for spec in specs[maps:]}
        print(yaml.safe_dump(table, sort_keys=False), end="")
