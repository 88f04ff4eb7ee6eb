"""One sample over one link: what arrives, and the numbers of the command line."""

import logging

import numpy as np
import pytest
from PIL import ExifTags, Image

import semlink
from semlink.signals import IMAGE, Sample

NOISE = {"cbr": 0.5, "snr_db": 8}


def defined(metrics):
    return {name: value for name, value in metrics.items() if value == value}


@pytest.mark.parametrize("mode", ["per_image", "average"])
def test_numbers_are_those_of_the_command_line(photo, link, command, mode):
    grid = "snr_db=4 8", "cbr=0.3 0.5", "stop.draws=2", "seed=5", f"cbr_mode={mode}"
    command("one", "source=folder:one", *grid)
    rows = semlink.read("runs/one", samples=True)
    assert len(rows) == 8
    one = link()
    for row in rows.to_dict("records"):
        where = {"cbr": row["cbr_target"], "snr_db": row["snr_db"]}
        sent = one.send(photo, **where, seed=5, draw=row["draw"])
        assert defined(sent.metrics) == defined({k: row[k] for k in sent.metrics})
    point = semlink.read("runs/one").query("snr_db == 8 and cbr_target == 0.5")
    assert list(point.cbr.unique()) == [sent.cbr]
    assert list(point.cbr_header.unique()) == [sent.ledger.of(purpose="header") / 768]
    assert sent.ledger.total == sent.cbr * 768 == 384


def test_a_sample_meets_the_channel_that_it_meets_in_a_sweep(
    photo, link, command, components
):
    command("all", "snr_db=8", "cbr=0.5", "cbr_mode=per_image")
    rows = semlink.read("runs/all", samples=True)
    source, one = semlink.source(components["source"]), link()
    values = [one.send(source[i], **NOISE).metrics["psnr"] for i in range(3)]
    assert values == list(rows.psnr)
    assert len(set(values)) == 3


def test_a_path_a_picture_an_array_and_a_sample_are_the_same(photo, link):
    picture = Image.open(photo)
    pixels = np.array(picture)
    sample = Sample(pixels, IMAGE, pixels.size, 0, "mine")
    given = [photo, str(photo), picture, picture.convert("RGBA"), pixels, sample]
    one = link()
    path, *others = [one.send(what, **NOISE) for what in given]
    for other in others:
        assert np.array_equal(other.data, path.data)
        assert defined(other.metrics) == defined(path.metrics)
    assert path.sample.name == "photo.png"
    assert np.array_equal(path.sample.data, pixels)
    for other in ({"seed": 2}, {"draw": 1}):
        again = one.send(pixels, **NOISE, **other)
        assert again.metrics["psnr"] != path.metrics["psnr"]


def test_an_array_that_changes_later_leaves_what_was_sent(photo, link):
    pixels = np.array(Image.open(photo))
    one = link()
    first = one.send(pixels, **NOISE)
    pixels[:] = 7
    second = one.send(pixels, **NOISE)
    assert (second.sample.data == 7).all()
    assert not (first.sample.data == 7).all()
    assert not np.array_equal(first.data, second.data)


def test_pixels_of_a_pillow_image_are_those_of_its_file(tmp_path):
    gradient = Image.linear_gradient("L").resize((24, 16))
    gray, turned = tmp_path / "gray.png", tmp_path / "turned.png"
    Image.fromarray(np.asarray(gradient).astype(np.uint16) * 257).save(gray)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    gradient.save(turned, exif=exif)
    for path in (gray, turned):
        one, two = semlink.source([path, Image.open(path)])
        assert np.array_equal(one.data, two.data)
        assert one.data.shape[2] == 3
    assert one.data.shape == (24, 16, 3)


def test_what_arrived_shows_itself(photo, link):
    one = link()
    sent = one.send(photo, **NOISE)
    assert np.array_equal(np.array(sent.image), sent.data)
    assert f"PSNR [dB] {sent.metrics['psnr']:.4f}" in repr(sent)
    assert "photo.png, phase over noisy at 8 dB: uint8 [16, 16, 3]" in repr(sent)
    assert "header 2, payload 382, total 384" in repr(sent)
    shown = sent._repr_html_()
    assert "<img src='data:image/webp;base64,UklGR" in shown
    assert "<td>payload</td><td>382</td>" in shown
    assert repr(one) == "phase over noisy, judged by distance"
    assert sent.maps == {}


def test_scores_of_a_set_are_those_of_the_sample(photo, link, components):
    task = components["task"].replace("distance", "levels")
    sent = link(task=task).send(photo, **NOISE)
    assert sent.metrics["highest"] == sent.metrics["level"] == sent.data.mean()


def test_a_log_has_a_line_for_each_sample(photo, link, caplog, capfd):
    with caplog.at_level(logging.INFO, "semlink"):
        sent = link().send(photo, **NOISE)
    assert [record.message for record in caplog.records] == [repr(sent)]
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_learned_code_has_maps_and_a_doubt():
    photo = semlink.source("photos")[1]
    one = semlink.link("ntscc", "awgn")
    sent = one.send(photo, cbr=0.03, snr_db=8)
    assert list(sent.maps) == ["entropy [bits]", "rate [channel uses]", "doubt"]
    assert sent.maps["rate [channel uses]"].sum() == pytest.approx(
        sent.ledger.of(purpose="payload"), abs=1
    )
    assert len({of.shape for of in sent.maps.values()}) == 1
