"""Tables whose utility is known in closed form."""

import numpy as np
import pytest

from semlink.loop.abstraction.content import NAMES
from semlink.loop.abstraction.table import Table, encoded

SNR_DB, CBR, VALUES = np.arange(-4.0, 21.0, 4.0), np.array([0.001, 0.01, 0.1]), 1e5
IDENTITIES = {"transmitter": {"coded": {"name": "coded", "mcs": "auto"}}, "task": {}}


def quality_db(snr_db, cbr):
    """A PSNR that is linear in SNR [dB] and in the logarithm of the CBR."""
    return 20 + 0.5 * snr_db + 4 * np.log10(cbr / 0.001)


@pytest.fixture
def toy():
    """A coded and an analog transmitter of the same utility over AWGN.

    The coded one has two schemes, from -5 and from 9 dB; the third transmitter has no
    signal at the lowest budget below 4 dB.
    """
    psnr = quality_db(SNR_DB[:, None], CBR)
    share = (psnr - 14) / 40
    one = np.stack([psnr, share, np.ones_like(psnr)], axis=-1)
    mean = np.tile(one, (3, len(NAMES), 1, 1, 1))
    mean[:, 1, ..., 0] += 1.0  # another class of content
    spent = np.tile(CBR, (3, len(SNR_DB), 1)) * 0.9
    spent[2, :2, 0] = np.nan
    mean[2, :, :2, 0] = np.nan
    return Table(
        transmitters=("coded", "analog", "large"),
        laws=("effective", "average", "average"),
        references=("", "psnr", "psnr"),
        metrics=("psnr", "f1", "delivery"),
        bounded=np.array([False, True, True]),
        snr_db=SNR_DB,
        cbr=CBR,
        values=np.array(VALUES),
        mean=mean,
        spread=np.where(np.isnan(mean), np.nan, [2.0, 0.1, 0.0]),
        floor=np.tile([12.0, 0.05, 0.0], (len(NAMES), 1)),
        spent=spent,
        chosen_db=np.tile([-5.0, 9.0, np.inf], (3, len(CBR), 1)),
        needed_db=np.tile([-6.0, 8.0, np.inf], (3, len(CBR), 1)),
        limits=np.array([4.0, 3.0]),
        identities=encoded(IDENTITIES),
    )
