"""The payload of the linear code, some coefficients digital in part or in whole.

Both ends derive the split from the deviations and fields of the header: quality (hence
threshold), floor, SNR and scheme of the digital part. If that part is lost, the
coefficients that are analog alone still arrive.
"""

from typing import NamedTuple

import numpy as np

from blocks.linear import classes
from blocks.linear.payload import (
    SCALE_BITS,
    Coded,
    Point,
    dithered,
    receive_coefficients,
    send_coefficients,
    threshold,
)
from blocks.phy import analog, hybrid
from blocks.phy.hybrid import Split
from blocks.phy.mcs import SCHEMES
from blocks.phy.snr_field import SNR_BITS, snr_index, snr_value_db
from semlink.signals import NO_BLOCKS
from semlink.units import db_to_linear

FLOOR_BITS, LENGTH_BITS, MCS_BITS = 7, 24, 4
_FLOOR = analog.LogScale(FLOOR_BITS, 2.0**-12, 1)
_PER_OCTAVE = 16  # resolution of deviations in the search of the floor


class Digital(NamedTuple):
    """The digital part of an image.

    fields : fields of the header that determine the split
    by : the split
    values : [B, K], integers
    num_bits : largest length of the stream
    """

    fields: dict[str, int]
    by: Split
    values: np.ndarray
    num_bits: int


class HybridPayload:
    """Bits of strong and weak coefficients, then the dimensions of the others."""

    fields = {
        "floor": FLOOR_BITS,
        "scale": SCALE_BITS,
        "snr": SNR_BITS,
        "payload_mcs": MCS_BITS,
        "payload_bits": LENGTH_BITS,
    }

    prices = staticmethod(classes.prices)

    def send(self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int) -> Coded:
        """Coefficients [B, K] and their deviations to symbols."""
        fields, by, values, _ = _digital(x, sigma, at, quality)
        rest = x - hybrid.reconstruct(values, by)
        symbols, scale = send_coefficients(
            rest[by.analog], by.sigma[by.analog], _lowest(fields)
        )
        digital, blocks, length = hybrid.send(values, by, fields["payload_mcs"])
        sent = {name: fields[name] for name in ("floor", "snr", "payload_mcs")}
        sent |= {"scale": scale, "payload_bits": length}
        return Coded(digital, symbols, sent, blocks)

    def num_symbols(
        self, x: np.ndarray, sigma: np.ndarray, at: Point, quality: int
    ) -> int:
        """Number of symbols."""
        fields, by, _, num_bits = _digital(x, sigma, at, quality)
        digital = hybrid.num_symbols(num_bits, fields["payload_mcs"])
        return digital + -(-np.count_nonzero(by.analog) // 2)

    def receive(
        self, x_hat: np.ndarray, no: np.ndarray, sigma: np.ndarray, header: dict
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Symbols to coefficients [B, K], ``None`` if cut short, and decoded blocks."""
        by, stream = (
            _split(sigma, header),
            (header["payload_bits"], header["payload_mcs"]),
        )
        middle = hybrid.num_symbols(*stream)
        end = middle + -(-np.count_nonzero(by.analog) // 2)
        if end > len(x_hat):
            return None, NO_BLOCKS
        values, blocks = hybrid.receive(x_hat[:middle], no[:middle], *stream, by)
        estimates = receive_coefficients(
            x_hat[middle:end],
            no[middle:end],
            by.sigma[by.analog],
            _lowest(header),
            header["scale"],
        )
        if values is None:  # a remainder says little without its interval
            estimates[by.mode[by.analog] == hybrid.SPLIT] = 0
        x = np.zeros(sigma.shape)
        if values is not None:
            x = hybrid.reconstruct(values, by)
        x[by.analog] += estimates
        return x, blocks


def closed_form(
    sigma: np.ndarray, at: Point, quality: int, mcs: int
) -> tuple[float, float]:
    """Expected squared error and channel uses of coefficients of given deviations.

    ``mcs`` : scheme of the digital part
    """
    fields = _fields(sigma, at, quality, mcs)
    by, tables = _split(sigma, fields), hybrid.quantiser()
    rest = by.sigma[by.analog]
    above = np.maximum(rest - _lowest(fields), 0)
    power = analog.power_by_deviation(above, len(rest) / 2)
    error = analog.distortion(power, rest, at.noise).sum()
    error += np.sum(by.sigma[~by.analog] ** 2)
    num_bits = tables.bits[by.row[by.digital]].sum()
    return float(error), len(rest) / 2 + num_bits / SCHEMES[mcs].efficiency


def _digital(x: np.ndarray, sigma: np.ndarray, at: Point, quality: int) -> Digital:
    """The digital part, at a scheme that carries as many bits as it has."""

    def priced(mcs: int) -> Digital:
        fields = _fields(sigma, at, quality, mcs)
        by = _split(sigma, fields)
        values = hybrid.quantise(x, by)
        return Digital(fields, by, values, hybrid.num_bits(values, by))

    return hybrid.carried(priced, at.side_db)


def _fields(sigma: np.ndarray, at: Point, quality: int, mcs: int) -> dict[str, int]:
    """Fields that determine the split, as the header has them."""
    snr = snr_index(-10 * np.log10(2 * at.noise))
    fields = {"snr": snr, "payload_mcs": mcs, "quality": quality}
    steps = np.round(np.log2(sigma) * _PER_OCTAVE).astype(int)
    values, count = np.unique(steps, return_counts=True)
    lowest = hybrid.best_floor(
        2.0 ** (values / _PER_OCTAVE),
        count,
        threshold(quality),
        db_to_linear(-snr_value_db(snr)),
        SCHEMES[mcs].efficiency,
    )
    index = _FLOOR.index(lowest / threshold(quality))
    return fields | {"floor": min(index, 2**FLOOR_BITS - 2)}


def _lowest(header: dict[str, int]) -> float:
    return _FLOOR.value(header["floor"]) * threshold(header["quality"])


def _split(sigma: np.ndarray, header: dict[str, int]) -> Split:
    noise = db_to_linear(-snr_value_db(header["snr"]))
    efficiency = SCHEMES[header["payload_mcs"]].efficiency
    at = hybrid.prices(threshold(header["quality"]), _lowest(header), noise, efficiency)
    return hybrid.split(sigma, at, dithered(sigma))
