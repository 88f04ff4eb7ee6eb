"""The whole measurement, small."""

from pathlib import Path

import pytest

from experiments.abstraction.command import abstraction, made
from experiments.abstraction.grid import QUICK, Kind
from experiments.compose import catalogue
from semlink.errors import InputError
from semlink.loop.abstraction.table import read
from semlink.loop.abstraction.utility import Abstraction

TRANSMITTERS = {
    "linear_jscc": Kind("average", "psnr"),
    "jpeg2000_ldpc[mcs=auto]": Kind("effective"),
}
GRID = QUICK._replace(
    snr_db=(0, 20),
    cbr=(0.0005, 0.03),
    between_db=(10,),
    between_cbr=(0.02,),
    pictures=4,
    faded=tuple(TRANSMITTERS),
    faded_cbr=0.03,
    draws=1,
    transmitters=TRANSMITTERS,
    tasks=("reconstruction",),
)


@pytest.mark.slow
def test_measured_written_and_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    output = tmp_path / "table.npz"
    made(GRID, "photos", "small", output, quick=True)
    card = output.with_suffix(".md").read_text()
    assert "QUICK=1" in card
    assert str(tmp_path) not in card
    table = read(output, catalogue())
    held = Abstraction(table)
    best, worst = (
        held.utility("linear_jscc", snr_db, int(0.03 * table.values)).mean[0]
        for snr_db in (20.0, 0.0)
    )
    assert best > worst + 1 > 15
    # the smallest JPEG2000 file takes more at 0 dB
    assert not held.utility("jpeg2000_ldpc[mcs=auto]", 0.0, 500).feasible
    before = output.read_bytes()
    made(GRID, "photos", "small", output, quick=True)  # resumed: nothing is sent
    assert output.read_bytes() == before


@pytest.mark.parametrize("output", ["table.csv", "nowhere/table.npz"])
def test_the_output_is_checked_before_anything_is_measured(output):
    with pytest.raises(InputError, match=r"an \.npz in a folder that exists, got"):
        abstraction("photos", "run", Path(output), None, True)
