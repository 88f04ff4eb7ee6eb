"""More metrics in the table of a sweep, where they are asked for."""

import pytest
import yaml

from experiments.commands.display import _text
from semlink.metrics import Metric

BER = Metric("ber", "BER", kind="ratio", higher_is_better=False)


@pytest.fixture
def table(cli, components, tmp_path):
    """Sweep one point and give the titles and the cells of its table."""
    tree = {**components, "snr_db": "0", "cbr": "0.1"}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(tree))

    def swept(*options):
        status, out, _ = cli("sweep", "--config", "small.yaml", *options)
        assert status == 0
        lines = out.splitlines()
        at = next(i for i, line in enumerate(lines) if line.startswith("transmitter"))
        return lines[at], lines[at + 1]

    return swept


def test_asked_metrics_have_columns(table):
    usual, _ = table()
    titles, cells = table("--show-metrics", "ber goodput bler")
    assert "BER" not in usual.replace("BLER", "")
    assert titles.split().count("BER") == titles.split().count("BLER") == 1
    assert titles.index("BER") < titles.index("goodput [bit per channel use]")
    assert len(cells) > len(usual)
    every, _ = table("--show-metrics", "all")
    assert {*titles.split()} <= {*every.split()}


def test_a_metric_that_the_sweep_lacks(cli, components, tmp_path):
    tree = {**components, "snr_db": "0", "cbr": "0.1"}
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(tree))
    status, out, err = cli("sweep", "--config", "small.yaml", "--show-metrics", "berr")
    assert (status, out) == (2, "")
    assert "unknown metric of this sweep 'berr'; did you mean 'ber'?" in err
    assert not (tmp_path / "runs" / "sweep" / "points.csv").exists()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.0000"), (2e-6, "2.00e-06"), (0.25, "0.2500"), (float("nan"), "n/a")],
)
def test_a_small_error_rate_is_shown_by_its_power_of_ten(value, text):
    assert _text(value, BER) == text


def test_small_values_of_other_metrics_keep_their_decimals():
    assert _text(0.01, Metric("psnr", "PSNR", "dB", digits=2)) == "0.01"
