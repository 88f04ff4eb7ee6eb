"""OFDM over a selective channel: grid, pilots, estimation, equalisation.

The symbols of a transmission fill the slots of a resource grid in order, over one
evolution of the channel. The response has no interference between symbols or carriers;
the cyclic prefix must be longer than the channel.
"""

from collections.abc import Callable
from typing import Annotated, Literal, NamedTuple

import numpy as np
import tensorflow as tf
from pydantic import Field
from scipy.special import j0
from sionna.phy import PI, SPEED_OF_LIGHT
from sionna.phy.channel import ApplyOFDMChannel, subcarrier_frequencies
from sionna.phy.ofdm import LSChannelEstimator, ResourceGrid, ResourceGridMapper

from channels.awgn import white_noise
from channels.clipping import Clipping
from semlink.errors import InputError
from semlink.protocols import Frame
from semlink.rng import Course
from semlink.signals import RxSignal
from semlink.units import db_to_linear

SYMBOLS, PILOT_SYMBOLS = 14, (2, 11)  # symbols of a slot, and numbers of the pilots
CARRIERS = 12  # of a resource block
PREFIX = 144 / 2048  # share of an OFDM symbol: normal prefix of TS 38.211, 5.3.1
SMALLEST = 1e-9  # least SINR, to avoid a division by zero
SPREAD = 20_070_301  # seed of the interleaver, known to both ends

Csi = Literal["perfect", "ls"]
Numerology = Annotated[int, Field(ge=0, le=6)]
Subcarriers = Annotated[int, Field(ge=12, le=3300)]
Antennas = Annotated[int, Field(ge=1, le=16)]
Hertz = Annotated[float, Field(ge=5e8, le=1e11)]
Speed = Annotated[float, Field(ge=0, le=1000)]
Clip = Annotated[float, Field(ge=-10, le=30)] | None

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
    """

    csi: Csi = "perfect"
    numerology: int = 1
    subcarriers: int = 72
    rx_antennas: int = 1
    interleave: bool = True
    clip_db: float | None = None


class Ofdm:
    """OFDM over a multipath channel.

    Parameters
    ----------
    paths : draws the paths
    settings : settings of grid and receiver
    longest_s : delay of the last path [s], if known
    doppler_hz : largest Doppler shift [Hz], known to the receiver

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
        The cyclic prefix is shorter than the channel.
    """

    level = "graph"

    def __init__(
        self,
        paths: Paths,
        settings: Settings,
        *,
        longest_s: float = 0.0,
        doppler_hz: float = 0.0,
    ):
        self.paths, self._settings = paths, settings
        self._grid = grid = resource_grid(settings)
        prefix_s = grid.cyclic_prefix_length / grid.bandwidth
        if longest_s > prefix_s:
            raise InputError(
                f"the last path must come within the cyclic prefix of "
                f"{1e6 * prefix_s:.2f} us at numerology {settings.numerology}, got "
                f"{1e6 * longest_s:.2f} us"
            )
        perfect = settings.csi == "perfect" and settings.clip_db is None
        self.superposes = perfect and settings.rx_antennas == 1
        self.power_gain = settings.rx_antennas  # combined, each with E|h|^2 = 1
        self.frame = Frame(int(grid.num_data_symbols), SYMBOLS * settings.subcarriers)
        self._frequencies = subcarrier_frequencies(
            grid.fft_size, grid.subcarrier_spacing
        )
        self._fill, self._apply = ResourceGridMapper(grid), ApplyOFDMChannel()
        self._estimate = LSChannelEstimator(grid, interpolation_type="lin")
        turns = doppler_hz * grid.ofdm_symbol_duration
        self._line = _interpolation(turns)
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
        sent, h = self.grids(x), self._response(course, batch, slots, first)
        if self._clip:
            # unit transmitted power, distortion included
            sent, h = self._clip(sent), h * self._clip.share
        y = self._apply(sent, h)
        elements = tf.size(y) // (batch * slots)
        noise = white_noise(course, (batch, elements * slots), no, first * elements)
        y += tf.reshape(noise, tf.shape(y))
        h_hat, error = self._known(h, y, no)
        combined = _combined(y[:, 0], h_hat, error, no)
        if self._clip:
            # distortion of the pilots adds to the estimate like noise
            noise = (
                1.0
                if self._settings.csi == "perfect"
                else 1 + self._line.noise[:, None]
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
        """Responses of all elements of the grids : [B slots, 1, R, 1, 1, 14, F]."""
        rate = 1 / self._grid.ofdm_symbol_duration
        gains, delays = self.paths(
            course, batch, slots * SYMBOLS, rate, first * SYMBOLS
        )
        turn = -2 * PI * delays[..., None] * self._frequencies
        at_carriers = tf.exp(tf.complex(0.0, turn))[:, None]  # [B, 1, P, F]
        h = tf.matmul(gains, at_carriers, transpose_a=True)  # [B, R, T, F]
        antennas, carriers = self._settings.rx_antennas, self._settings.subcarriers
        h = tf.reshape(h, (batch, antennas, slots, SYMBOLS, carriers))
        h = tf.transpose(h, (0, 2, 1, 3, 4))
        return tf.reshape(h, (-1, 1, antennas, 1, 1, SYMBOLS, carriers))

    def _known(self, h, y, no):
        """Channel estimates of the receiver, and their error variance."""
        if self._settings.csi == "perfect":
            h = h[:, 0, :, 0, 0]
            return h, tf.zeros_like(tf.abs(h))
        h, _ = self._estimate(y, no)
        # mean and variance of the channel, given the line through the pilots
        line, noise = self._line, no * self._line.noise
        weight = (line.alike / (line.power + noise))[:, None]
        error = (line.drift + noise) / (line.power + noise)
        h = h[:, 0, :, 0, 0] * tf.cast(weight, h.dtype)
        return h, error[:, None] * tf.ones_like(tf.abs(h))


class Interpolation(NamedTuple):
    """Moments of linear interpolation between the pilots of a slot : [14], float32.

    For a channel of unit power with the spectrum of Jakes.

    noise : noise power of the line over N0
    power : power of the line, without noise
    alike : correlation of line and channel
    drift : power of the part of the line that is uncorrelated with the channel
    """

    noise: np.ndarray
    power: np.ndarray
    alike: np.ndarray
    drift: np.ndarray


def _interpolation(turns: float) -> Interpolation:
    """The moments for ``turns``, phase turns of the fastest path per OFDM symbol."""
    first, last = PILOT_SYMBOLS
    symbol = np.arange(SYMBOLS)
    late = (symbol - first) / (last - first)
    early = 1 - late

    def alike(steps):
        return j0(2 * np.pi * turns * steps)

    noise = early**2 + late**2
    power = noise + 2 * early * late * alike(last - first)
    both = early * alike(symbol - first) + late * alike(symbol - last)
    values = noise, power, both, power - both**2
    return Interpolation(*(v.astype(np.float32) for v in values))


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
