"""What a channel returns."""

from typing import Any

import numpy as np

from semlink.contracts.fault import (
    COMPLEX,
    REAL,
    all_finite,
    array_of,
    refuse,
    refuse_invalid,
    shown,
)
from semlink.signals import RxSignal

LEAST = np.finfo(np.float32).tiny  # receivers divide by noise variances


def received(rx: Any, shape: tuple[int, ...], name: str) -> RxSignal:
    """Check the output of a channel.

    An infinite noise variance means an erased symbol. Its ``x_hat`` says nothing and
    becomes zero, so channels may divide by a gain of zero.

    Parameters
    ----------
    rx : output of the channel
    shape : shape of the transmitted signal, [B, N]
    name : name of the channel

    Output
    ------
    : the same as arrays, [B, N], complex64, float32, complex64

    Raises
    ------
    InputError
        Shape, kind of number or values are not those of the contract.
    """
    who = f"channel {name}"
    if not isinstance(rx, RxSignal):
        refuse(who, "an RxSignal", shown(rx))
    x_hat = array_of(who, "x_hat", rx.x_hat, COMPLEX, shape)
    no = array_of(who, "no", rx.no, REAL, shape)
    h_hat = array_of(who, "h_hat", rx.h_hat, COMPLEX, shape)
    if x_hat.size and not no.min() >= LEAST:  # which NaN is not, either
        must = "noise variances no above zero (infinite where erased)"
        refuse_invalid(who, must, no >= LEAST, no)
    if x_hat.size and np.isinf(no.max()):
        x_hat = np.where(np.isinf(no), np.complex64(0), x_hat)
    all_finite(who, "x_hat", x_hat)
    all_finite(who, "h_hat", h_hat)
    return RxSignal(x_hat, no, h_hat)
