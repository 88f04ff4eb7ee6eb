"""Components that parts of a link name, on the page about extending semlink."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blocks.inspection import Seen, inspector
from blocks.sources.coco import build as build_coco


def mean(rows, *where):
    return float(rows[where]["mean"])


def test_an_inspector_weighs_the_middle(files):
    error = np.ones((9, 9, 4), np.float32)
    seen = Seen(np.zeros((144, 144, 3), np.uint8), error, 16, None)
    doubt = inspector("middle_first.py")(seen)
    plain = inspector("expected_error")(seen)
    assert doubt[4, 4] == pytest.approx(4 * plain[4, 4])
    assert np.all(doubt[0] < 1.5 * plain[0])


def test_a_detector_judges_a_sweep(sweep, files):
    rows, printed = sweep(
        "source=photos[limit=2]",
        "transmitter=uncoded",
        "channel=awgn",
        "snr_db=20",
        "cbr=1.5",
        "task=detection[detector=bright_spot.py]",
    )
    # a quarter stays the brightest, with another confidence
    assert float(rows["uncoded", "f1", 20.0]["mean"]) == 1
    assert "AP against the original's detections" in printed
    assert (files / "runs/plugin/bounds.csv").exists()


@pytest.fixture
def picture(files):
    """A source of one small photo."""
    from PIL import Image
    from skimage import data

    folder = files / "photos"
    folder.mkdir()
    Image.fromarray(data.astronaut()[40:168, 150:278]).save(folder / "one.png")
    return f"source=folder:{folder}", "channel=awgn", "snr_db=10", "cbr=0.08"


@pytest.mark.slow
def test_a_controller_runs_by_path(sweep, picture):
    rows, _ = sweep(*picture, "transmitter=ntscc ntscc[rate=centre.py]")
    label = "ntscc[rate=centre.py]"
    assert mean(rows, label, "psnr", 10.0) > 20
    assert mean(rows, label, "psnr", 10.0) != mean(rows, "ntscc", "psnr", 10.0)
    assert float(rows[label, "psnr", 10.0]["cbr"]) <= 0.08


@pytest.mark.slow
def test_an_extractor_runs_by_path_and_by_entry_point(sweep, picture, installed):
    import keras

    pixels = keras.Input((None, None, 3))
    latents = keras.layers.Conv2D(256, 16, strides=16)(pixels)
    keras.Model(pixels, latents).save_weights("e.weights.h5")
    label = "ntscc[extractor=convolution.py:e.weights.h5]"
    named = label.replace(".py", "")
    rows, _ = sweep(*picture, f"transmitter={label} {named}")
    assert rows[label, "psnr", 10.0]["status"] == "ok"
    assert mean(rows, label, "psnr", 10.0) == mean(rows, named, "psnr", 10.0)
    manifest = json.loads(Path("runs/plugin/manifest.json").read_text())
    assert "files_sha256" in manifest["components"]["transmitter"][label]


@pytest.mark.slow
def test_controller_and_describer_run_by_entry_point(sweep, picture, installed):
    label = "akb_jscc[rate=centre,describer=dominant_colour]"
    rows, _ = sweep(*picture, f"transmitter={label}")
    assert mean(rows, label, "psnr", 10.0) > 20


@pytest.mark.slow
def test_a_describer_runs_by_path(sweep, picture):
    label = "akb_jscc[describer=dominant_colour.py]"
    rows, _ = sweep(*picture, f"transmitter={label}")
    assert mean(rows, label, "psnr", 10.0) > 20


def test_an_answerer_answers_the_questions_it_knows(sweep, files):
    """Two pictures, in which the cat is white and the dog is black."""
    for folder in ("annotations", "val2014"):
        (files / "coco" / folder).mkdir(parents=True)
    images, objects = [], []
    for number, (cat, dog) in enumerate([(0, 40), (40, 0)]):
        name = f"{number}.png"
        pixels = np.full((32, 64, 3), 128, np.uint8)
        pixels[:, cat : cat + 24], pixels[:, dog : dog + 24] = 255, 0
        Image.fromarray(pixels).save(files / "coco/val2014" / name)
        images.append({"id": number, "file_name": name, "width": 64, "height": 32})
        common = {"image_id": number, "iscrowd": 0, "area": 768}
        for category, x in enumerate((cat, dog)):
            ids = {"id": 2 * number + category, "category_id": category}
            objects.append(common | ids | {"bbox": [x, 0, 24, 32]})
    categories = [{"id": i, "name": name} for i, name in enumerate(("cat", "dog"))]
    known = {"images": images, "categories": categories, "annotations": objects}
    for kind, entries in (("instances", objects), ("captions", [])):
        path = files / f"coco/annotations/{kind}_val2014.json"
        path.write_text(json.dumps(known | {"annotations": entries}))
    rows, _ = sweep(
        "source=coco:coco[questions=made]",
        "transmitter=uncoded",
        "channel=awgn",
        "cbr=1",
        "snr_db=20",
        "task=vqa[answerer=brighter_side.py]",
        name="sides",
    )
    source = build_coco("coco", questions="made")
    asked = [q for s in source for q in s.query.questions if "to the left" in q]
    assert asked
    right = np.mean([question.startswith("Is the cat") for question in asked])
    assert mean(rows, "uncoded", "answers_relation", 20.0) == pytest.approx(right)
    assert int(rows["uncoded", "answers_relation", 20.0]["count"]) == len(asked)
