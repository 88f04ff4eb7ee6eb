"""Requests and retransmissions that are none."""

from types import SimpleNamespace

import numpy as np
import pytest

from semlink.errors import InputError
from semlink.loop.exchange import Encoded, exchange
from semlink.protocols import Loop, Request, Transceiver
from semlink.rng import Seeds
from semlink.signals import NO_BLOCKS, RxSignal, TxSignal, ledger, unknown

LOOP, NOTHING = Loop(max_transmissions=2), Request(None, 1, False)


def signal(num_symbols, **purpose):
    return TxSignal(np.ones(num_symbols, np.complex64), ledger(**purpose), NO_BLOCKS)


FIRST = Encoded(None, "plan", signal(100, payload=100))


def channel(x, snr_db, course):
    return RxSignal(x, np.ones(x.shape, np.float32), x)


class Reception:
    """Nothing arrives."""

    memory = None

    def __init__(self, request):
        self.request = request

    def __call__(self, rx):
        return unknown()


def exchanged(again=None, request=NOTHING):
    transmitter = SimpleNamespace(again=lambda *_: again)
    receiver = SimpleNamespace(listen=lambda *_: Reception(request))
    pair = Transceiver(transmitter, receiver, loop=LOOP, label="pair")
    return exchange(pair, channel, lambda _: FIRST, 0.0, Seeds(1))


@pytest.mark.parametrize(("request_", "line"), [
    (None, "a Request, got None"),
    ((None, 1, True), "a Request, got tuple of 3"),
    (Request(None, 0.5, False), "a Request of a number of bits, got 0.5"),
    (Request(None, None, False), "a Request of a number of bits, got None"),
])  # fmt: skip
def test_a_request_that_is_none_is_refused(request_, line):
    who = "^receiver of transmitter pair must return"
    with pytest.raises(InputError, match=f"{who} {line}$"):
        exchanged(request=request_)


@pytest.mark.parametrize(("again", "line"), [
    (None, "a TxSignal, got None"),
    (signal(60, retransmission=50), "a ledger of the 60 symbols .* a ledger of 50"),
    (signal(60, retransmission=60)._replace(x=[np.nan]), "x as complex64"),
])  # fmt: skip
def test_a_retransmission_that_is_no_signal_is_refused(again, line):
    with pytest.raises(InputError, match=f"^transmitter pair must return {line}"):
        exchanged(again)


def test_a_signal_is_sent_again():
    assert len(exchanged(signal(60, retransmission=60)).sent) == 2
