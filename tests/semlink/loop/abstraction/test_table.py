"""The file of a table: written, read, stale, damaged."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from semlink.errors import InputError
from semlink.loop.abstraction.content import complexity
from semlink.loop.abstraction.table import read
from tests.semlink.loop.abstraction.conftest import IDENTITIES


class Components:
    """A catalogue of the components of the toy table, or of others."""

    def __init__(self, transmitters):
        self._known = {"transmitter": transmitters}

    def identity(self, kind, spec):
        if spec.label not in self._known[kind]:
            raise InputError(f"unknown {kind}, got {spec.label!r}")
        return self._known[kind][spec.label]


SAME = Components(IDENTITIES["transmitter"])


def test_a_table_is_read_as_it_was_written(toy, tmp_path):
    path = tmp_path / "table.npz"
    toy.write(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        same = read(path, SAME)
    for ours, theirs in zip(toy, same, strict=True):
        assert_array_equal(ours, theirs)
    first = path.read_bytes()
    same.write(path)
    assert path.read_bytes() == first


@pytest.mark.parametrize("now", [{"coded": {"name": "coded", "mcs": 3}}, {}])
def test_a_stale_table_says_what_changed(toy, tmp_path, now):
    path = tmp_path / "table.npz"
    toy.write(path)
    with pytest.warns(UserWarning, match="stale.*another transmitter coded$"):
        read(path, Components(now))


def test_files_that_are_no_tables_are_refused(toy, tmp_path):
    path = tmp_path / "table.npz"
    with pytest.raises(InputError, match="must be readable, got No such file"):
        read(path)
    path.write_text("PSNR: 30 dB")
    with pytest.raises(InputError, match="must be a table of make abstraction, got"):
        read(path)
    np.savez(path, psnr=[1])
    with pytest.raises(InputError, match="got KeyError"):
        read(path)
    np.savez(path, psnr=np.array([{}], object), allow_pickle=True)
    with pytest.raises(InputError, match="must be a table of make abstraction, got"):
        read(path)
    toy._replace(floor=toy.floor[:2]).write(path)
    with pytest.raises(InputError, match="arrays that do not fit each other"):
        read(path)


def test_complexity_is_the_entropy_of_differences():
    assert complexity(np.full((20, 30, 3), 77, np.uint8)) == 0.0
    ramp = np.repeat(np.arange(0, 200, 2, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert complexity(ramp) == 0.0
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 4, (200, 40)).cumsum(axis=1).astype(np.uint8)
    assert complexity(np.repeat(steps[..., None], 3, axis=2)) == pytest.approx(
        2, abs=0.01
    )
