"""The case study's figure: its sweeps, resuming, and its files."""

import pytest
from PIL import Image

from experiments.figures import fig4 as module
from experiments.figures.fig4 import (
    FULL,
    LEARNED,
    PROTOCOLS,
    QUICK,
    SEPARATED,
    Grid,
    fig4,
    protocol_of,
    sweeps,
)
from semlink.errors import InputError
from semlink.store.results import read_points


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A grid of one point each, for one small picture."""
    from skimage import data

    folder = tmp_path / "pictures"
    folder.mkdir()
    Image.fromarray(data.astronaut()[40:168, 150:342]).save(folder / "one.png")
    monkeypatch.setattr(module, "CBR", 0.06)
    monkeypatch.setattr(module, "CBR_JPEG", 0.07)
    monkeypatch.setattr(module, "SHOWN_AT", ((0.06, 10.0),))
    monkeypatch.setattr(module, "FULL", Grid((16.0,), (0.06,), (0, 1)))
    return f"folder:{folder}"


@pytest.mark.parametrize("grid", [FULL, QUICK])
def test_the_grid_is_the_papers(grid):
    points = {
        (p.setup.transmitter.label, p.snr_db, p.cbr)
        for job in sweeps(grid, "photos", 1)
        for p in job.points
    }
    for transmitter in (*LEARNED, *SEPARATED):
        assert {(transmitter, 10.0, cbr) for cbr in (0.02, 0.03)} <= points
        cbr = 0.035 if transmitter == "jpeg_ldpc" else 0.03
        assert {(transmitter, float(snr), cbr) for snr in grid.snr_db} <= points
    for transmitter in module.SHOWN:
        assert {(transmitter, snr, cbr) for cbr, snr in module.SHOWN_AT} <= points


def test_the_protocol_of_the_paper_changes_the_learned_links_alone():
    """Same grid; codecs designed for 10 dB, and separated links as they are."""
    grids = [
        {
            (p.setup.transmitter.label.removesuffix("[csi=rate]"), p.snr_db, p.cbr)
            for job in sweeps(QUICK, "photos", 1, protocol=protocol)
            for p in job.points
        }
        for protocol in PROTOCOLS.values()
    ]
    assert grids[0] == grids[1]
    jobs = sweeps(QUICK, "photos", 1, protocol=PROTOCOLS["paper"])
    used = {p.setup.transmitter.label for job in jobs for p in job.points}
    assert used == {*(f"{name}[csi=rate]" for name in LEARNED), *SEPARATED}


def test_a_protocol_that_there_is_not():
    with pytest.raises(InputError, match="must be adaptive or paper, got 'ours'$"):
        protocol_of("ours")


@pytest.mark.slow
def test_it_draws_and_resumes(small, tmp_path, capsys):
    folder = tmp_path / "run"
    fig4(small, None, False, folder)
    said = capsys.readouterr().out
    assert "11 points of 1 images: about" in said
    rows = read_points(folder)
    assert len({row["point_id"] for row in rows}) == 11
    for name in ("fig4", "fig4_ms_ssim"):
        for suffix in (".png", ".pdf"):
            assert (folder / f"{name}{suffix}").stat().st_size > 5000
    fig4(small, None, False, folder)
    assert "nothing is missing" in capsys.readouterr().out
    assert read_points(folder) == rows


def test_a_source_that_there_is_not(tmp_path):
    with pytest.raises(InputError, match="unknown source 'photo'; did you mean"):
        fig4("photo", None, True, tmp_path / "run")
