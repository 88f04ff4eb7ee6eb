"""OFDM over a selective channel: grid, pilots, estimation, equalisation.

The symbols of a transmission fill the slots of a resource grid in order, over one
evolution of the channel. A channel that varies within an OFDM symbol, or outlasts the
cyclic prefix, interferes with itself: as noise of known power, ``interference.py``.
"""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import numpy as np
import tensorflow as tf
from pydantic import Field
from sionna.phy import PI, SPEED_OF_LIGHT
from sionna.phy.channel import ApplyOFDMChannel, subcarrier_frequencies
from sionna.phy.ofdm import LSChannelEstimator, ResourceGrid, ResourceGridMapper

from channels.awgn import white_noise
from channels.clipping import Clipping
from channels.doppler import STILL, Spectrum
from channels.estimation import PILOT_SYMBOLS, SYMBOLS, interpolation, neighbours
from channels.interference import Overrun, leakage
from semlink.errors import InputError
from semlink.protocols import Frame
from semlink.registry import COUNTS
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear

CARRIERS = 12  # of a resource block
PREFIX = 144 / 2048  # share of an OFDM symbol: normal prefix of TS 38.211, 5.3.1
MOST = 0.5  # largest Doppler shift over the carrier spacing, delay over the symbol
SMALLEST = 1e-9  # least SINR, to avoid a division by zero
SPREAD = 20_070_301  # seed of the interleaver, known to both ends

Csi = Literal["perfect", "ls"]
Numerology = Annotated[int, Field(ge=0, le=6)]
Subcarriers = Annotated[int, Field(ge=12, le=3300)]
Antennas = Annotated[int, Field(ge=1, le=16)]
Hertz = Annotated[float, Field(ge=5e8, le=1e11)]
Speed = Annotated[float, Field(ge=0, le=1000)]
Clip = Annotated[float, Field(ge=-10, le=30)] | None
CountPrefix = Annotated[bool, COUNTS]

# (course, rows, OFDM symbols, OFDM symbols per second, number of the first) -> path
# gains [B, R, P, T], complex64, and delays [B, P], float32 [s]
Paths = Callable


class Later:
    """A sampling rate for a Sionna model whose steps begin at ``start``, not at zero.

    Such a model divides the numbers of its steps by the rate to get their times.
    """

    def __init__(self, rate: float, start):
        self._rate, self._start = rate, start

    def __rtruediv__(self, steps):
        return (steps + tf.cast(self._start, steps.dtype)) / self._rate


def doppler_hz(speed_mps: float, carrier_frequency_hz: float) -> float:
    """The largest Doppler shift [Hz]."""
    return speed_mps * carrier_frequency_hz / SPEED_OF_LIGHT


class Settings(NamedTuple):
    """Common parameters of OFDM channels.

    csi : ``perfect``, or ``ls``, estimated at pilots, interpolated and weighted; pilots
        are sent and counted in both cases
    numerology : mu; the subcarrier spacing is 15 kHz 2^mu
    subcarriers : subcarriers of the grid
    rx_antennas : receive antennas, which are combined; Es/N0 is that of each
    interleave : whether a slot's symbols are interleaved over its grid
    clip_db : clipping level of the transmitter's amplifier, over the mean power [dB]
    count_prefix : whether the cyclic prefix counts as channel uses
    """

    csi: Csi = "perfect"
    numerology: int = 1
    subcarriers: int = 72
    rx_antennas: int = 1
    interleave: bool = True
    clip_db: float | None = None
    count_prefix: bool = False


class Ofdm:
    """OFDM over a multipath channel.

    Parameters
    ----------
    paths : draws the paths
    settings : settings of grid and receiver
    longest_s : delay of the last path [s]; ``None`` if it differs by course
    spectrum : Doppler spectrum, known to the receiver

    Attributes
    ----------
    paths, settings : as above

    Input
    -----
    x : [B, N], complex64, unit mean energy
    snr_db : [], float32, average received Es/N0 of an antenna [dB]
    course : source of paths and noise
    start : [], symbols of the course that went by before

    Output
    ------
    : RxSignal of the symbols, equalised without bias; |h_hat| is the root of the sum of
        the estimated power gains, the phase is that of the first antenna

    Raises
    ------
    InputError
        The channel moves or lasts too long for OFDM.
    """

    level = "graph"

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        *,
        longest_s: float | None = 0.0,
        spectrum: Spectrum = STILL,
    ):
        self.paths, self.settings = paths, settings
        self._grid = grid = resource_grid(settings)
        prefix_s, symbol_s = _durations(grid)
        _check(settings.numerology, prefix_s, symbol_s, longest_s or 0.0, spectrum)
        self._leakage = leakage(spectrum, symbol_s, settings.subcarriers)
        self._overrun = None
        if longest_s is None or longest_s > prefix_s:
            self._overrun = Overrun(prefix_s, symbol_s, settings.subcarriers)
        perfect = settings.csi == "perfect" and settings.clip_db is None
        self.superposes = perfect and settings.rx_antennas == 1
        self.power_gain = settings.rx_antennas  # combined, each with E|h|^2 = 1
        prefix = SYMBOLS * int(grid.cyclic_prefix_length) * settings.count_prefix
        total = SYMBOLS * settings.subcarriers + prefix
        self.frame = Frame(int(grid.num_data_symbols), total, prefix)
        self._frequencies = subcarrier_frequencies(
            grid.fft_size, grid.subcarrier_spacing
        )
        self._fill, self._apply = ResourceGridMapper(grid), ApplyOFDMChannel()
        self._estimate = LSChannelEstimator(grid, interpolation_type="lin")
        self._line = interpolation(spectrum, grid.ofdm_symbol_duration)
        self._near, self._measured = neighbours(settings.subcarriers)
        pilots = np.isin(np.arange(SYMBOLS), PILOT_SYMBOLS)
        self._data = np.flatnonzero(np.repeat(~pilots, settings.subcarriers))
        order = np.arange(self.frame.data)
        if settings.interleave:
            order = np.random.default_rng(SPREAD).permutation(self.frame.data)
        self._order, self._back = order, np.argsort(order)
        self.resources = self._back % settings.subcarriers // CARRIERS
        self._clip = settings.clip_db is not None and Clipping(
            settings.clip_db, settings.subcarriers
        )

    def __call__(self, x, snr_db, course: Course, start=0) -> RxSignal:
        no = db_to_linear(-snr_db)
        first, inside = start // self.frame.data, start % self.frame.data
        x = tf.pad(x, [[0, 0], [inside, 0]])
        batch, num_symbols = tf.unstack(tf.shape(x))
        slots = -(-num_symbols // self.frame.data)
        sent = self.grids(x)
        h, interference = self._response(course, batch, slots, first)
        if self._clip:
            # unit transmitted power, distortion included
            sent, h = self._clip(sent), h * self._clip.share
        y = self._apply(sent, h)
        elements = tf.size(y) // (batch * slots)
        noise = white_noise(course, (batch, elements * slots), 1.0, first * elements)
        no += interference
        y += tf.reshape(noise, tf.shape(y)) * tf.cast(tf.sqrt(no)[:, None], y.dtype)
        h_hat, error = self._known(h, y, no)
        combined = _combined(y[:, 0], h_hat, error, no)
        if self._clip:
            # distortion of the pilots adds to the estimate like noise
            noise = (
                1.0 if self.settings.csi == "perfect" else 1 + self._line.noise[:, None]
            )
            distortion = self._clip.distortion * noise
            combined = combined._replace(no=combined.no + distortion)

        def symbols(elements):
            elements = tf.reshape(elements, (batch * slots, -1))
            values = tf.gather(elements, self._data[self._back], axis=1)
            return tf.reshape(values, (batch, -1))[:, inside:num_symbols]

        return RxSignal(*map(symbols, combined))

    def grids(self, x):
        """Transmitted slots : [B, N] -> [B slots, 1, 1, 14, F], complex64."""
        empty = -tf.shape(x)[1] % self.frame.data
        rows = tf.reshape(tf.pad(x, ((0, 0), (0, empty))), (-1, self.frame.data))
        return self._fill(tf.gather(rows, self._order, axis=1)[:, None, None])

    def _response(self, course, batch, slots, first):
        """Responses of all elements of the grids, and power of the interference.

        Output
        ------
        : responses [B slots, 1, R, 1, 1, 14, F], complex64; power [B slots, R, 14, F],
          float32, or [1, 1, 1, F] where it is the same everywhere
        """
        rate = 1 / self._grid.ofdm_symbol_duration
        gains, delays = self.paths(
            course, batch, slots * SYMBOLS, rate, first * SYMBOLS
        )

        def by_slot(elements):
            """[B, R, T, F] -> [B slots, R, 14, F]."""
            antennas, carriers = self.settings.rx_antennas, self.settings.subcarriers
            shape = (batch, antennas, slots, SYMBOLS, carriers)
            elements = tf.transpose(tf.reshape(elements, shape), (0, 2, 1, 3, 4))
            return tf.reshape(elements, (-1, antennas, SYMBOLS, carriers))

        interference = tf.convert_to_tensor(self._leakage.power)[None, None, None]
        if self._overrun:
            gains, overrun = self._overrun(gains, delays)
            interference += by_slot(overrun)
        turn = -2 * PI * delays[..., None] * self._frequencies
        at_carriers = tf.exp(tf.complex(0.0, turn))[:, None]  # [B, 1, P, F]
        h = tf.matmul(gains, at_carriers, transpose_a=True)  # [B, R, T, F]
        h = by_slot(h) * self._leakage.kept**0.5
        return h[:, None, :, None, None], interference

    def _known(self, h, y, no):
        """Channel estimates of the receiver, and their error variance."""
        if self.settings.csi == "perfect":
            h = h[:, 0, :, 0, 0]
            return h, tf.zeros_like(tf.abs(h))
        h, _ = self._estimate(y, 1.0)  # its error variance is not used
        h = h[:, 0, :, 0, 0]  # [B slots, R, 14, F]
        # mean and variance of the channel, given the line through the pilots
        line, noise = self._line, no * self._line.noise[:, None]
        power = self._pilot_power(h, no)
        received = power * line.power[:, None] + noise
        share = power / received
        known = np.abs(line.alike) ** 2 / line.power
        # movement between the pilots does not fade with them
        drift = self._leakage.kept * (1 - known)[:, None]
        # the power has an error, too, that enters by Stein's unbiased risk
        variance = (power + no) ** 2 / self._measured
        error = noise * share + 2 * variance * noise**2 / received**3
        h *= line.alike[:, None] * tf.cast(share, h.dtype)
        return h, known[:, None] * error + drift

    def _pilot_power(self, h, no):
        """Power of the channel near each carrier in a slot : [B slots, R, 1, F].

        The mean over the pilots of neighbouring carriers, less their noise. It follows
        the fade: with the mean power over all fades, the receiver would take the noise
        of its pilots for the channel in a deep fade.
        """

        def mean(values):
            pilots = tf.gather(values, PILOT_SYMBOLS, axis=2)
            return tf.reduce_mean(pilots, axis=2, keepdims=True) @ self._near

        noise = mean(no * tf.ones_like(tf.abs(h)))
        # less than the error of the measurement cannot be told from nothing
        return tf.maximum(mean(tf.abs(h) ** 2) - noise, noise / self._measured)


def _durations(grid: ResourceGrid) -> tuple[float, float]:
    """Durations of the prefix and of the useful symbol [s]."""
    return grid.cyclic_prefix_length / grid.bandwidth, 1 / grid.subcarrier_spacing


def _check(numerology: int, prefix_s, symbol_s, longest_s, spectrum: Spectrum) -> None:
    """Refuse channels that move or last too long for OFDM."""
    fastest_hz, last_s = MOST / symbol_s, prefix_s + MOST * symbol_s
    if spectrum.largest_hz > fastest_hz:
        raise InputError(
            f"the Doppler shift must be at most half the carrier spacing, "
            f"{fastest_hz:.0f} Hz at numerology {numerology}, got "
            f"{spectrum.largest_hz:.0f} Hz"
        )
    if longest_s > last_s:
        raise InputError(
            f"the last path must come within the cyclic prefix of "
            f"{1e6 * prefix_s:.2f} us and half an OFDM symbol, {1e6 * last_s:.2f} us "
            f"at numerology {numerology}, got {1e6 * longest_s:.2f} us"
        )


def resource_grid(settings: Settings) -> ResourceGrid:
    """A slot of the grid, with its pilots."""
    return ResourceGrid(
        num_ofdm_symbols=SYMBOLS,
        fft_size=settings.subcarriers,
        subcarrier_spacing=15e3 * 2**settings.numerology,
        cyclic_prefix_length=round(PREFIX * settings.subcarriers),
        pilot_pattern="kronecker",
        pilot_ofdm_symbol_indices=list(PILOT_SYMBOLS),
    )


def _combined(y, h, error, no) -> RxSignal:
    """Unbiased LMMSE combining of the antennas : [B, R, 14, F] -> [B, 14, F].

    For one stream this is a division, which is precise at any SNR.
    """
    noise = no + error
    weight = tf.math.conj(h) / tf.cast(noise, h.dtype)
    sinr = tf.reduce_sum(tf.abs(h) ** 2 / noise, axis=1)
    sinr = tf.maximum(sinr, SMALLEST)
    x_hat = tf.reduce_sum(weight * y, axis=1) / tf.cast(sinr, h.dtype)
    size = tf.sqrt(tf.reduce_sum(tf.abs(h) ** 2, axis=1))
    turn = tf.exp(tf.complex(0.0, tf.math.angle(h[:, 0])))
    return RxSignal(x_hat, 1 / sinr, tf.cast(size, h.dtype) * turn)
