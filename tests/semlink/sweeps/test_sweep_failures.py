"""A point that raises: its status, the other points, and the error at the end."""

import pytest

from semlink.chain import Link
from semlink.errors import InputError

SMALL = 400  # symbols


@pytest.fixture
def poisoned(monkeypatch):
    """Image 1 cannot be transmitted at CBR 0.2 until the fixture is told."""
    state = {"bad": True}

    def transmit(self, sample, plan, *known, real=Link.transmit):
        tx, memory = real(self, sample, plan, *known)
        if state["bad"] and sample.index == 1 and tx.ledger.total < SMALL:
            raise ZeroDivisionError("no\nsuch picture")
        return tx, memory

    monkeypatch.setattr(Link, "transmit", transmit)
    return state


def status(rows):
    return {(row["cbr_target"], row["snr_db"]): row["status"] for row in rows}


def test_the_others_are_simulated_and_the_failure_is_named(
    make, poisoned, tmp_path, run, table
):
    job = make(cbr="0.2 1.0", snr_db="5 9")
    sizes = {p.cbr: job.trial.signal(p, 0)[2].ledger.total for p in job.points}
    assert sizes[0.2] < SMALL < sizes[1.0]
    with pytest.raises(InputError, match="^2 of 4 points failed.*ZeroDivisionError"):
        run(make(cbr="0.2 1.0", snr_db="5 9"), tmp_path)
    said = status(table(tmp_path))
    assert said["1.0", "5.0"] == said["1.0", "9.0"] == "ok"
    for snr_db in ("5.0", "9.0"):
        name = job.trial.source[1].name
        assert said["0.2", snr_db].startswith(
            f"failed: image {name}: ZeroDivisionError at test_sweep_failures.py:"
        )
        assert said["0.2", snr_db].endswith(": no such picture")


def test_what_failed_is_simulated_again(make, poisoned, tmp_path, run, table, calls):
    with pytest.raises(InputError):
        run(make(cbr="0.2 1.0", snr_db="5 9"), tmp_path)
    poisoned["bad"] = False
    before = len(calls["measure"])
    run(make(cbr="0.2 1.0", snr_db="5 9"), tmp_path)
    assert set(status(table(tmp_path)).values()) == {"ok"}
    assert len(calls["measure"]) == before + 2 * 3
    run(make(cbr="0.2 1.0", snr_db="5 9"), tmp_path / "straight")
    assert table(tmp_path) == table(tmp_path / "straight")


def test_a_bug_can_be_traced(make, poisoned, tmp_path, run, monkeypatch):
    monkeypatch.setenv("SEMLINK_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run(make(cbr="0.2", snr_db="5"), tmp_path)
