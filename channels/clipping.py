"""An amplifier that clips the peaks of OFDM."""

import numpy as np
import tensorflow as tf

OVERSAMPLING = 4  # at which peaks are looked for
LEARNED_FROM = 2000  # random OFDM symbols


class Clipping:
    """Limits the amplitude of OFDM symbols; what falls out of band is filtered off.

    A clipped symbol is a gain times the symbol, and a distortion that has nothing to
    do with it (Bussgang). Both follow from the level, so that a receiver knows them.

    Parameters
    ----------
    level_db : at which power is clipped, over the mean power of the signal [dB]
    subcarriers : of an OFDM symbol

    Attributes
    ----------
    gain : that the amplifier has for the signal
    distortion : mean power of what it adds, over that of the signal at its output
    share : amplitude of the signal, where signal and distortion have unit power

    References
    ----------
    J. J. Bussgang, "Crosscorrelation functions of amplitude-distorted Gaussian
    signals", MIT RLE Technical Report 216, 1952.
    """

    def __init__(self, level_db: float, subcarriers: int):
        self._level = 10 ** (level_db / 20)
        draw = np.random.default_rng(1).normal(size=(2, LEARNED_FROM, subcarriers))
        x = ((draw[0] + 1j * draw[1]) / np.sqrt(2)).astype(np.complex64)
        clipped = self.clipped(tf.constant(x)).numpy()
        self.gain = float(np.mean(np.conj(x) * clipped).real / np.mean(np.abs(x) ** 2))
        self.distortion = float(np.mean(np.abs(clipped / self.gain - x) ** 2))
        self.share = (1 + self.distortion) ** -0.5

    def __call__(self, grid):
        """Symbols and their distortion, without the gain : [..., F], complex64."""
        return self.clipped(grid) / self.gain

    def clipped(self, grid):
        """OFDM symbols as they leave the amplifier : [..., F], complex64."""
        samples = waveform(grid)
        size = tf.maximum(tf.abs(samples) / self._level, 1)
        spectrum = tf.signal.fft(samples / tf.cast(size, samples.dtype))
        carriers = tf.shape(grid)[-1]
        return spectrum[..., :carriers] * _scale(grid, -1)


def waveform(grid):
    """Samples of OFDM symbols [..., F] of unit mean power : [..., 4 F], complex64."""
    empty = (OVERSAMPLING - 1) * tf.shape(grid)[-1]
    sides = [[0, 0]] * (len(grid.shape) - 1) + [[0, empty]]
    return tf.signal.ifft(tf.pad(grid, sides)) * _scale(grid, 1)


def _scale(grid, sign: int):
    """Between the transform's scale and that of unit power."""
    carriers = tf.cast(tf.shape(grid)[-1], tf.float32)
    return tf.cast((OVERSAMPLING * tf.sqrt(carriers)) ** sign, grid.dtype)
