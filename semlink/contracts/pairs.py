"""What the two ends of a link return."""

from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np

from semlink.contracts.fault import (
    BITS,
    COMPLEX,
    all_finite,
    array_of,
    refuse,
    shown,
)
from semlink.modalities.boxes import BOXES, Boxes
from semlink.modalities.decisions import DECISION, is_decision
from semlink.modalities.words import WORDS, Words
from semlink.protocols import Request, Transceiver
from semlink.signals import (
    IMAGE,
    Estimate,
    Ledger,
    Sample,
    TxSignal,
    Use,
)


def transmitter(pair: Transceiver) -> str:
    """The transmitter in a message."""
    return f"transmitter {pair.label or type(pair.transmitter).__name__}"


def receiver(pair: Transceiver) -> str:
    """The receiver in a message."""
    return f"receiver of {transmitter(pair)}"


def key(value: Any, what: str, pair: Transceiver) -> Hashable:
    """Check an operating point or a plan, by which signals are kept.

    Raises
    ------
    InputError
        It has no hash.
    """
    try:
        hash(value)
    except Exception:
        refuse(transmitter(pair), f"{what} that can be hashed", shown(value))
    return value


def transmitted(result: Any, pair: Transceiver) -> tuple[TxSignal, Any]:
    """Check the output of a transmitter: signal and memory.

    Raises
    ------
    InputError
        The signal is invalid, or there is memory that the pair does not declare.
    """
    tx, memory = _with_memory(result, transmitter(pair), "TxSignal", pair)
    return signal(tx, pair), memory


def signal(tx: Any, pair: Transceiver) -> TxSignal:
    """Check a signal.

    Output
    ------
    : the same, its arrays of the documented types

    Raises
    ------
    InputError
        ``x`` is not finite complex numbers [n], ``blocks`` are not bits [C, K], or the
        ledger does not count every symbol. A bound may count another number.
    """
    who = transmitter(pair)
    if not isinstance(tx, TxSignal):
        refuse(who, "a TxSignal", shown(tx))
    x = array_of(who, "x", tx.x, COMPLEX, (None,))
    all_finite(who, "x", x)
    blocks = array_of(who, "blocks", tx.blocks, BITS, (None, None))
    if not isinstance(tx.ledger, Ledger) or not all(map(_is_use, tx.ledger.items())):
        refuse(who, "a Ledger of whole numbers by Use", repr(tx.ledger)[:200])
    is_bound = pair.error_free or tx.clean is not None
    if not is_bound and tx.ledger.total != len(x):
        must = f"a ledger of the {len(x)} symbols of x"
        refuse(who, must, f"a ledger of {tx.ledger.total}")
    return tx._replace(x=x, blocks=blocks)


def estimated(result: Any, pair: Transceiver) -> tuple[Estimate, Any]:
    """Check the output of a receiver: estimate and memory.

    :func:`judged` checks the estimate.

    Raises
    ------
    InputError
        It is something else, or there is memory that the pair does not declare.
    """
    return _with_memory(result, receiver(pair), "Estimate", pair)


def requested(request: Any, pair: Transceiver) -> Request:
    """Check the feedback of a reception.

    Raises
    ------
    InputError
        It is no :class:`Request`, or its number of bits is no whole number.
    """
    who = receiver(pair)
    if not isinstance(request, Request):
        refuse(who, "a Request", shown(request))
    if not _is_count(request.num_bits):
        refuse(who, "a Request of a number of bits", shown(request.num_bits))
    return request


def judged(estimate: Any, sample: Sample, pair: Transceiver) -> Estimate:
    """Check an estimate, before tasks judge it.

    Parameters
    ----------
    estimate : output of the receiver
    sample : sample that was sent

    Raises
    ------
    InputError
        A modality that the pair does not make, data that are not of their modality, or,
        unless they are lost, data of another shape or type than the sample's.
    """
    who, made = receiver(pair), (pair.makes,) if pair.makes else pair.accepts
    if not isinstance(estimate, Estimate):
        refuse(who, "an Estimate", shown(estimate))
    if estimate.modality not in made:
        must = f"an estimate of modality {' or '.join(made)}"
        refuse(who, must, shown(estimate.modality))
    if not isinstance(estimate.lost, bool | np.bool_):
        refuse(who, "lost as True or False", shown(estimate.lost))
    blocks = array_of(who, "blocks", estimate.blocks, BITS, (None, None))
    if estimate.data is not None:
        _check_data(estimate, sample, who)
    return estimate._replace(blocks=blocks)


def _check_data(estimate: Estimate, sample: Sample, who: str) -> None:
    """Refuse data that are not of their modality, or not in the sample's format."""
    data, modality = estimate.data, estimate.modality
    if modality == "text" and not isinstance(data, str):
        refuse(who, "text as str", shown(data))
    if modality == IMAGE and not _is_array(data, "u1", 3):
        refuse(who, "an image as uint8 [H, W, 3]", shown(data))
    if modality == BOXES and not isinstance(data, Boxes):
        refuse(who, "objects as Boxes", shown(data))
    if modality == WORDS and not isinstance(data, Words):
        refuse(who, "a description as Words", shown(data))
    if modality == DECISION and not is_decision(data):
        refuse(who, "a decision as probabilities, float32 [C]", shown(data))
    if modality == "signal":
        if not _is_array(data, "f4"):
            refuse(who, "a signal as float32", shown(data))
        if not np.isfinite(data).all():
            refuse(who, "a finite signal", "NaN or infinity")
    # a concealed estimate may have another size: a wrong header can pass its CRC
    is_copy = modality == sample.modality in (IMAGE, "signal") and not estimate.lost
    if is_copy and data.shape != np.shape(sample.data):
        refuse(who, f"data of the sample's {shown(sample.data)}", shown(data))


def _with_memory(result: Any, who: str, kind: str, pair: Transceiver) -> tuple:
    """Signal or estimate, and memory."""
    if type(result) is not tuple or len(result) != 2:
        refuse(who, f"({kind}, memory)", shown(result))
    if not pair.remembers and result[1] is not None:
        must = "no memory, as its pair does not declare remembers=True"
        refuse(who, must, shown(result[1]))
    return result


def _is_array(data: Any, dtype: str, channels: int | None = None) -> bool:
    """Whether data are an array of a type, an image if there are ``channels``."""
    if not isinstance(data, np.ndarray) or data.dtype != np.dtype(dtype):
        return False
    return channels is None or (data.ndim == 3 and data.shape[2] == channels)


def _is_use(entry: tuple) -> bool:
    return isinstance(entry[0], Use) and _is_count(entry[1])


def _is_count(number: Any) -> bool:
    return isinstance(number, Integral) and not isinstance(number, bool) and number >= 0
