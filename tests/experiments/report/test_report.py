"""Contents of a report, without a browser."""

import base64
import csv
import io
import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from experiments.report.published import COLUMNS, read_published
from experiments.report.rows import pack
from experiments.report.write import write_report
from semlink.errors import InputError
from semlink.metrics import if_received
from semlink.store.results import read_points
from semlink.units import psnr_db


def data_of(path):
    """Data of a report's page."""
    page = path.read_text()
    found = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(found.group(1))


def test_every_number_of_the_table_is_in_the_report(photo_run, report):
    points = data_of(report)["points"]
    words, numbers = points["words"], points["numbers"]
    places = {
        tuple(
            words[w]["names"][words[w]["index"][i]] for w in ("transmitter", "channel")
        )
        + (numbers["snr_db"][i], numbers["cbr_target"][i]): i
        for i in range(len(numbers["cbr"]))
    }
    rows = read_points(photo_run)
    assert len(places) == 16
    beside = [name for name in points["metrics"] if name.endswith(" if received")]
    assert beside == [if_received(name) for name in ("psnr", "ssim", "ms_ssim", "mse")]
    assert len(rows) == len(places) * (len(points["metrics"]) - len(beside))
    for row in rows:
        i = places[
            row["transmitter"],
            row["channel"],
            float(row["snr_db"]),
            float(row["cbr_target"]),
        ]
        for column in ("mean", "ci95"):
            found = points["metrics"][row["metric"]][column][i]
            asked = float(row[column])
            assert found == pytest.approx(asked, rel=1e-5) or (
                found is None and not np.isfinite(asked)
            )
        assert numbers["cbr_payload"][i] == pytest.approx(
            float(row["cbr_payload"]), 1e-5
        )


def test_what_was_received_is_beside_what_was_sent(photo_run, report):
    points = data_of(report)["points"]
    lost, metrics = points["numbers"]["outage"], points["metrics"]
    sent, received = metrics["psnr"], metrics[if_received("psnr")]
    assert {0, 1} == set(lost)  # so no mean is of both
    for i, outage in enumerate(lost):
        assert received["mean"][i] == (None if outage else sent["mean"][i])
        assert received["count"][i] == (0 if outage else 2)
    described = data_of(report)["described"][if_received("psnr")]
    assert described["title"] == "PSNR if received [dB]"


def test_pictures_are_those_of_the_run(photo_run, report):
    """A page's picture is what was measured, but for its compression."""
    pictures = data_of(report)["pictures"]
    assert len(pictures["shots"]) == 2 * 2 * 8
    for shot in pictures["shots"]:
        place = pictures["places"][shot["place"]]
        if place["channel"] == "awgn" and place["snr_db"] == 10:
            original = decoded(pictures["images"][shot["image"]]["src"])
            received = decoded(shot["src"])
            assert original.shape == received.shape
            assert not shot["lost"]
            assert psnr_db(original, received) == pytest.approx(
                shot["values"]["psnr"], abs=1.0
            )


def decoded(src):
    data = base64.b64decode(src.removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_values_beside_pictures_are_those_that_were_averaged(photo_run, report):
    data = data_of(report)
    pictures, points = data["pictures"], data["points"]
    rows = [r for r in read_points(photo_run) if r["metric"] == "psnr"]
    for p, place in enumerate(pictures["places"]):
        for t, transmitter in enumerate(pictures["transmitters"]):
            own = [
                shot["values"]["psnr"]
                for shot in pictures["shots"]
                if (shot["place"], shot["transmitter"]) == (p, t)
            ]
            row = next(
                r
                for r in rows
                if r["transmitter"] == transmitter
                and r["channel"] == place["channel"]
                and float(r["snr_db"]) == place["snr_db"]
                and float(r["cbr_target"]) == place["cbr"]
            )
            assert np.mean(own) == pytest.approx(float(row["mean"]), rel=1e-4)
    assert points["numbers"]["images"] == [2] * 16


def test_the_ledger_beside_a_picture_adds_up(report):
    for shot in data_of(report)["pictures"]["shots"]:
        values = shot["values"]
        parts = ("header", "side", "payload", "pilots", "retransmission")
        total = sum(values[f"cbr_{part}"] for part in parts)
        assert total == pytest.approx(values["cbr"], rel=1e-4)


def test_nothing_is_fetched_from_elsewhere(report):
    page = report.read_text()
    head = page[: page.index("<style>")]
    assert "default-src 'none'" in head
    own = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", own)


def test_a_name_cannot_end_the_data(photo_run, tmp_path):
    folder = shutil.copytree(photo_run, tmp_path / "<b>run\udcff")
    points = folder / "points.csv"
    points.write_text(points.read_text().replace("jpeg_ldpc", "</script><b>"))
    write_report(folder, None, 1, (tmp_path, 0))
    page = (folder / "report.html").read_text()
    assert "</script><b>" not in page
    assert "<b>run" not in page
    names = data_of(folder / "report.html")["points"]["words"]["transmitter"]["names"]
    assert "</script><b>" in names


@pytest.mark.slow
@pytest.mark.parametrize(("images", "pictures"), [("1", 2), ("0 1", 5)])
def test_as_many_pictures_as_were_asked_for(photo_run, tmp_path, images, pictures):
    folder = shutil.copytree(photo_run, tmp_path / "run")
    write_report(folder, images, pictures, (tmp_path / "cache", 1))
    shown = data_of(folder / "report.html")["pictures"]
    assert [str(i["number"]) for i in shown["images"]] == images.split()
    assert len(shown["shots"]) <= pictures
    assert shown["transmitters"] == ["jpeg2000_ldpc", "jpeg_ldpc"]


def change_manifest(folder, change):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(("change", "reason"), [
    (lambda m: m.update(source_sha256="other"), "source_sha256"),
    (lambda m: m["configuration"].update(source="folder:/nowhere"), "nowhere"),
    (lambda m: m["packages"].update(numpy="1.0"), "packages"),
])  # fmt: skip
def test_pictures_that_would_be_others_are_left_out(
    photo_run, tmp_path, change, reason
):
    folder = shutil.copytree(photo_run, tmp_path / "run")
    change_manifest(folder, change)
    said = write_report(folder, None, 4, (tmp_path, 0))
    assert reason in said
    assert reason in data_of(folder / "report.html")["pictures"]


@pytest.mark.parametrize(("images", "reason"), [
    ("2", "images must be 0 to 1, got '2'"),
    ("first", "images are numbers, got 'first'"),
])  # fmt: skip
def test_images_that_do_not_exist(photo_run, tmp_path, images, reason):
    with pytest.raises(InputError, match=re.escape(reason)):
        write_report(photo_run, images, 4, (tmp_path, 0))


def test_a_run_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        write_report(tmp_path / "none", None, 4, (tmp_path, 0))


def test_columns_are_packed_by_point():
    rows = [
        {"point_id": point, "metric": metric, "status": "ok"}
        | {"scenario": "", "transmitter": "t", "channel": channel}
        | dict.fromkeys(NUMBERS, "1.0")
        | {"mean": mean, "ci95": "nan", "count": "3"}
        for point, channel in (("a", "awgn"), ("b", "rayleigh"))
        for metric, mean in (("psnr", "20.1234567"), ("bler", "inf"))
    ]
    packed = pack(rows)
    assert packed["words"]["channel"] == {
        "names": ["awgn", "rayleigh"],
        "index": [0, 1],
    }
    assert packed["metrics"]["psnr"]["mean"] == [20.1235, 20.1235]
    assert packed["metrics"]["bler"]["mean"] == [None, None]
    assert packed["metrics"]["psnr"]["ci95"] == [None, None]
    assert packed["numbers"]["cbr"] == [1, 1]


NUMBERS = ("snr_db", "cbr_target", "cbr", "outage", "latency_slots", "images", "draws",
           "seconds", "cbr_header", "cbr_side", "cbr_payload", "cbr_pilots",
           "cbr_retransmission", "cbr_up", "cbr_backhaul")  # fmt: skip


def test_published_points_are_whole_and_plausible():
    points = read_published()
    assert len({point["source"] for point in points}) >= 5
    for point in points:
        assert point["metric"] == "psnr"
        assert 20 < point["value"] < 40
        assert 0 < point["cbr"] < 0.2
    at = {(p["label"], p["snr_db"], p["cbr"]): p["value"] for p in points}
    assert at["NTSCC (published)", 10, 0.0255] == 29.79
    assert at["SwinJSCC (published)", 1, 0.0208] == 26.43


@pytest.mark.parametrize(("change", "reason"), [
    (lambda rows: rows[0].pop(), "columns must be"),
    (lambda rows: rows[1].__setitem__(4, "much"), "could not convert"),
    (lambda rows: rows[1].__setitem__(7, ""), "every column needs a value"),
])  # fmt: skip
def test_published_files_that_are_damaged(tmp_path, change, reason):
    row = ["x", "kodak", "awgn", "10", "0.03", "psnr", "30", "paper", "cbr", "read"]
    rows = [list(COLUMNS), row]
    change(rows)
    with open(tmp_path / "x.csv", "w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(InputError, match=reason) as error:
        read_published(tmp_path)
    assert "x.csv" in str(error.value)


def test_a_report_has_the_bounds_of_its_run(photo_run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(photo_run, folder)
    header = "metric,floor,ceiling,judged"
    (folder / "bounds.csv").write_text(f"{header}\npsnr,11.5,31.5,x\nssim,nan,1,x\n")
    write_report(folder, "0", 1, (tmp_path / "cache", 1.0))
    expected = {"psnr": {"floor": 11.5, "ceiling": 31.5}, "ssim": {"ceiling": 1.0}}
    assert data_of(folder / "report.html")["bounds"] == expected
