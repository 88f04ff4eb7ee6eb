"""``make digital-table``: the table of the digital layer for training."""

import io

import numpy as np

from blocks.nn.digital_layer import (
    ALONE,
    BEFORE,
    HIGHEST,
    LOWEST,
    PER_OCTAVE,
    TABLE,
    Table,
)
from blocks.nn.jscc import TRAINED_SNRS_DB
from blocks.phy import hybrid, side_information
from blocks.phy.mcs import SCHEMES
from semlink.store.files import write_whole

# Number of latents of a photo: it falls with the deviation to this power.
DECAY = 0.5
MODES = np.array([0, 0, BEFORE, ALONE], np.int32)  # of NONE, ANALOG, SPLIT, DIGITAL


def make_table() -> Table:
    """Solve the link's search for the floor for the deviations of a typical photo."""
    sigma = 2.0 ** np.arange(LOWEST, HIGHEST + 1 / PER_OCTAVE, 1 / PER_OCTAVE)
    both, kept = np.broadcast_to(sigma, (2, len(sigma))), np.array([[False], [True]])
    count = sigma**-DECAY * np.where(kept, both > 1, both <= 1)
    rows, quantiser = [], hybrid.quantiser()
    for snr_db in np.arange(TRAINED_SNRS_DB[0], TRAINED_SNRS_DB[1] + 1):
        no = 10 ** (-snr_db / 10)
        mcs = side_information.choose(snr_db, hybrid.LONG)
        efficiency = SCHEMES[mcs].efficiency
        floor = hybrid.best_floor(both, count, 1.0, no, efficiency, kept=kept)
        prices = hybrid.prices(1.0, floor, no, efficiency)
        by = hybrid.split(both, prices, kept=kept)
        bits = quantiser.bits[by.row]
        rows.append((MODES[by.mode], by.step, by.sigma, bits, efficiency))
    mode, *values = zip(*rows, strict=True)
    return Table(np.stack(mode), *(np.float32(v) for v in values))


def main() -> None:
    """Write the table."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **make_table()._asdict())
    write_whole(TABLE, buffer.getvalue())


if __name__ == "__main__":
    main()
