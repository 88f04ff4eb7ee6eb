"""The SNR that a transmitter designs for, as a field of a header."""

import numpy as np

SNR_BITS = 8
LOWEST_SNR_DB, SNR_STEP_DB = -20.0, 0.25


def snr_index(snr_db: float) -> int:
    """The nearest index of an SNR [dB]."""
    index = round((snr_db - LOWEST_SNR_DB) / SNR_STEP_DB)
    return int(np.clip(index, 0, 2**SNR_BITS - 1))


def snr_value_db(index: int) -> float:
    """The SNR [dB] of an index."""
    return LOWEST_SNR_DB + SNR_STEP_DB * index
