"""An amplifier that clips the peaks of OFDM."""

import numpy as np
import tensorflow as tf

OVERSAMPLING = 4  # oversampling for clipping
LEARNED_FROM = 2000  # random OFDM symbols from which gain and distortion are estimated


class Clipping:
    """Clips the amplitude of OFDM symbols and filters out-of-band power.

    A clipped symbol is a gain times the symbol plus uncorrelated distortion (Bussgang).
    Both depend on the level alone, so a receiver knows them.

    Parameters
    ----------
    level_db : clipping level, power over the mean power of the signal [dB]
    subcarriers : subcarriers of an OFDM symbol

    Attributes
    ----------
    gain : gain of the amplifier for the signal
    distortion : mean power of the distortion over that of the signal at the output
    share : amplitude of the signal, if signal and distortion together have unit power

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
        """Symbols plus distortion, divided by the gain : [..., F], complex64."""
        return self.clipped(grid) / self.gain

    def clipped(self, grid):
        """OFDM symbols at the output of the amplifier : [..., F], complex64."""
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
    """Factor between the scale of the transform and unit power."""
    carriers = tf.cast(tf.shape(grid)[-1], tf.float32)
    return tf.cast((OVERSAMPLING * tf.sqrt(carriers)) ** sign, grid.dtype)
