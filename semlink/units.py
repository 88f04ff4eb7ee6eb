"""Units and conventions, as printed in a manifest."""

import numpy as np

SLOT = 1008  # channel uses: 14 OFDM symbols of 72 carriers
PSNR_CAP_DB = 100.0  # PSNR of an exact copy, which would be infinite

CONVENTIONS = {
    "cbr": "all complex channel uses, down and up (header, side information, payload, "
    "pilots, retransmissions, requests), over the source values: RGB values H W 3 of a "
    "picture, words of a text, samples of a signal; mean over samples",
    "snr_db": "average received Es/N0 per complex channel use; E|x|^2 = 1, "
    "noise CN(0, N0) with N0/2 per real dimension, E|h|^2 = 1",
    "course": "fading and noise follow from root seed, channel, sample and draw: every "
    "transmitter, SNR and CBR meets the same",
    "csi": "at the receiver as the channel declares: perfect, or estimated at pilots, "
    "which are counted either way; the receiver feeds back the channel's long-term "
    "statistics and, with csi=state, its state, delayed and rounded",
    "psnr": "per image on 8-bit rounded RGB, then the mean over images and draws, dB",
    "ci95": "half width of the 95 % confidence interval; an image is one sample "
    "(its channel draws are averaged first), Student's t over images",
    "outage": "share of transmissions whose digital part failed its CRC",
    "bler": "share of code blocks sent that were not delivered intact",
    "ber": "share of information bits in error, among blocks the receiver decoded",
    "goodput": "delivered information bits per complex channel use",
    "latency_slots": "slots of 1008 channel uses, or of the channel's frames, from the "
    "first symbol to the last, round trips of retransmissions included; mean",
}


def db_to_linear(value_db):
    """Decibels to a power ratio."""
    return 10.0 ** (value_db / 10.0)


def linear_to_db(value):
    """Power ratio to decibels."""
    return 10.0 * np.log10(value)


def channel_uses(cbr: float, values: int) -> int:
    """Largest number of complex channel uses of ``values`` values within a CBR."""
    return int(np.floor(cbr * values + 1e-9))


def psnr_db(reference: np.ndarray, estimate: np.ndarray) -> float:
    """PSNR of two 8-bit images of one shape, in dB, capped at ``PSNR_CAP_DB``."""
    error = reference.astype(np.float64) - estimate.astype(np.float64)
    mse = np.mean(error**2)
    return PSNR_CAP_DB if mse == 0 else float(linear_to_db(255.0**2 / mse))
