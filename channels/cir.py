"""Channel impulse responses from a file, measured or traced, as OFDM.

A file is ``.npz``, or HDF5 (``.h5``, ``.hdf5``), with these arrays:

    gains     [E, R, P, T], complex: E examples, R receive antennas, P paths, T times
    delays_s  [E, P], real, not negative [s]
    rate_hz   scalar, real, times per second [Hz]; optional if T is 1

Gains of absent paths are zero. ``experiments/fitting/trace_cir.py`` makes such files
with Sionna RT; ``street`` was made with its defaults.
"""

import zipfile
import zlib
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import tensorflow as tf
from sionna.phy.channel import subcarrier_frequencies

from channels.doppler import STILL, Spectrum, line, mixed
from channels.ofdm import (
    Clip,
    CountPrefix,
    Csi,
    Numerology,
    Ofdm,
    Settings,
    Subcarriers,
    resource_grid,
)
from semlink.errors import InputError

STREET = Path(__file__).with_name("street.npz")
HDF5 = (".h5", ".hdf5")
UNREADABLE = OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile, zlib.error
FEWEST = 2  # least number of paths; a single path is a flat channel

Scale = Literal["set", "each"]


class Responses(NamedTuple):
    """Contents of a file.

    gains : [E, R, P, T], complex64
    delays_s : [E, P], float32, the first path of each example at zero
    rate_hz : times per second; zero if T is 1
    """

    gains: np.ndarray
    delays_s: np.ndarray
    rate_hz: float


def build(
    file: str = "street",
    scale: Scale = "set",
    csi: Csi = "perfect",
    numerology: Numerology = 1,
    subcarriers: Subcarriers = 72,
    interleave: bool = True,
    clip_db: Clip = None,
    count_prefix: CountPrefix = False,
) -> Ofdm:
    """Build the channel: each transmission meets a random example of the file.

    Parameters
    ----------
    file : file of impulse responses; ``street``, 64 places in a street, is shipped
    scale : normalisation of the mean power gain in the band to one: over the whole
        ``set``, so that some examples are weaker than others, or of ``each`` example
    csi, numerology, subcarriers, interleave, clip_db, count_prefix : see
        ``channels/ofdm.py``
    """
    responses = read(_path(file))
    count, antennas, _, times = responses.gains.shape
    settings = Settings(
        csi, numerology, subcarriers, antennas, interleave, clip_db, count_prefix
    )
    responses = _scaled(responses, scale, settings)
    gains, delays = map(tf.constant, responses[:2])

    def paths(course, batch, steps, rate, start):
        drawn = tf.cast(count * course.uniform("example", (batch, 1))[:, 0], tf.int32)
        example = tf.minimum(drawn, count - 1)  # the product may round up
        time = tf.cast(start + tf.range(steps), tf.float32)
        share = time * (responses.rate_hz / rate)
        # a transmission longer than the record continues backwards in time
        place = tf.cast(tf.round(share), tf.int32) % max(2 * times - 2, 1)
        place = tf.minimum(place, 2 * times - 2 - place)
        chosen = tf.gather(gains, example)
        return tf.gather(chosen, place, axis=3), tf.gather(delays, example)

    longest_s = float(responses.delays_s.max())
    return Ofdm(paths, settings, longest_s=longest_s, spectrum=_spectrum(responses))


def _spectrum(responses: Responses) -> Spectrum:
    """Two lines of the mean square Doppler shift, from the changes of the gains."""
    gains = responses.gains
    if gains.shape[3] == 1:
        return STILL
    change = np.mean(np.abs(np.diff(gains)) ** 2) / np.mean(np.abs(gains) ** 2)
    shift_hz = responses.rate_hz * float(change) ** 0.5 / (2 * np.pi)
    return mixed([(0.5, line(shift_hz)), (0.5, line(-shift_hz))])


def files(file: str, **_) -> list[Path]:
    """Files that the results depend on."""
    return [_path(file)]


def _path(file: str) -> Path:
    return STREET if file == "street" else Path(file)


def read(path: Path) -> Responses:
    """Read a file of impulse responses.

    Raises
    ------
    InputError
        The file is missing, unreadable, or not in this format.
    """
    try:
        arrays = _hdf5(path) if path.suffix in HDF5 else _npz(path)
        gains = np.asarray(arrays["gains"]).astype(np.complex64)
        delays_s = np.asarray(arrays["delays_s"]).astype(np.float32)
        rate_hz = float(arrays.get("rate_hz", 0.0))
    except KeyError as error:
        message = f"{path} must have gains and delays_s, got no {error}"
        raise InputError(message) from None
    except UNREADABLE as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path} must be an .npz or HDF5 file, got {reason}") from None
    _check(path, gains, delays_s, rate_hz)
    present = np.any(gains != 0, axis=(1, 3))
    first = np.min(np.where(present, delays_s, np.inf), axis=1, keepdims=True)
    return Responses(gains, np.where(present, delays_s - first, 0), rate_hz)


def _npz(path: Path) -> dict:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def _hdf5(path: Path) -> dict:
    import h5py

    with h5py.File(path) as file:
        return {name: file[name][()] for name in file}


def _check(path: Path, gains: np.ndarray, delays_s: np.ndarray, rate_hz: float):
    """Refuse arrays that are not impulse responses."""
    if gains.ndim != 4 or delays_s.shape != (gains.shape[0], gains.shape[2]):
        raise InputError(
            f"{path} must have gains [E, R, P, T] and delays_s [E, P], got "
            f"{list(gains.shape)} and {list(delays_s.shape)}"
        )
    if 0 in gains.shape or gains.shape[2] < FEWEST:
        raise InputError(
            f"{path} must have at least {FEWEST} paths and no empty axis, got gains "
            f"{list(gains.shape)}"
        )
    if not (np.all(np.isfinite(gains)) and np.all(np.isfinite(delays_s))):
        raise InputError(f"{path} must have finite values, got NaN or infinity")
    if np.any(delays_s < 0):
        raise InputError(f"{path} must have delays >= 0, got {delays_s.min():g} s")
    if not np.all(np.any(gains != 0, axis=(1, 2, 3))):
        raise InputError(f"{path} must have a path in every example, got one without")
    if gains.shape[3] > 1 and not (np.isfinite(rate_hz) and rate_hz > 0):
        raise InputError(
            f"{path} must have rate_hz > 0 for its {gains.shape[3]} times, got "
            f"{rate_hz:g}"
        )


def _scaled(responses: Responses, scale: Scale, settings: Settings) -> Responses:
    """Normalise the mean power gain over carriers, antennas and times to one."""
    grid = resource_grid(settings)
    carriers = subcarrier_frequencies(grid.fft_size, grid.subcarrier_spacing).numpy()
    power = np.array([_power(*e, carriers) for e in zip(*responses[:2], strict=True)])
    power = power[:, None, None, None] if scale == "each" else power.mean()
    gains = responses.gains / np.sqrt(power)
    return responses._replace(gains=gains.astype(np.complex64))


def _power(gains: np.ndarray, delays_s: np.ndarray, carriers: np.ndarray) -> float:
    """Mean power of an example in the band."""
    turns = np.exp(-2j * np.pi * np.outer(delays_s, carriers))
    return np.mean(np.abs(np.einsum("rpt,pf->rtf", gains, turns)) ** 2)
