"""Run commands in an empty folder, as the command line does."""

import sys

import pytest
import yaml

from experiments.__main__ import main


@pytest.fixture
def cli(tmp_path, monkeypatch, capfd):
    """Run a command in an empty folder: (status, standard output, error output)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["experiments", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        return left.value.code or 0, *capfd.readouterr()

    return run


@pytest.fixture
def refused(cli):
    """Run a command that must be refused; give the line that says why."""

    def run(*arguments):
        status, out, err = cli(*arguments)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert err.endswith("\n")
        assert len(err.splitlines()) == 1
        return err.removeprefix("error: ").strip()

    return run


@pytest.fixture
def sweep(components, refused, tmp_path):
    """Run a sweep that must be refused, small but for what the test changes."""
    tree = {**components, "snr_db": "0", "cbr": "0.1"}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(tree))
    return lambda *changes: refused("sweep", "--config", "small.yaml", *changes)
