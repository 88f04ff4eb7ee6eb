"""User errors on the command line: one line, and status 2."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from semlink.store.results import ResultStore
from semlink.store.rows import COLUMNS

ROOT = Path(__file__).parents[3]
METRICS = ("psnr", "differing", "ber", "bler", "outage", "goodput")
GRID = "a grid is numbers or start:stop:step (stop reached from start, step not 0)"


def save(path, size=(20, 16)):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", size, (1, 2, 3)).save(path)
    return path


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("transmitter=jpeg_ldcp", "unknown transmitter 'jpeg_ldcp'; did you mean "),
        ("channel=awgm", "unknown channel 'awgm'; did you mean 'awgn'? known: awgn, "),
        ("source=foldr:x", "unknown source 'foldr'; did you mean 'folder'? known: "),
        (
            "source=/my/photos[limit=3]",
            "unknown source '/my/photos'; did you mean 'folder:/my/photos' or ",
        ),
        ("source=.", "unknown source '.'; did you mean 'folder:.' or "),
        ("transmitter=/my/net", "unknown transmitter '/my/net'; known: akb_jscc, "),
        ("task=recons", "unknown task 'recons'; "),
        ("source=folder:x[limt=3]", "unknown parameter of source.folder 'limt'; did "),
        ("source=folder:x[limit=x]", "source.folder.limit must be an integer"),
        ("source=folder", "source.folder needs 'path', got nothing"),
        ("transmitter=gone.py", "no transmitter file at 'gone.py'"),
        ("channel=awgn[", "channel.0: a component is name:argument[key=value,...], "),
        ("transmitter=", "transmitter.0: "),
    ],
)
def test_component(sweep, said, message):
    assert sweep(said).startswith(message)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("nanodett", "unknown detector 'nanodett'; did you mean 'nanodet'? known: "),
        ("onnx[file=gone.onnx]", "detector onnx needs an ONNX file that OpenCV reads"),
        ("onnx", "detector.onnx needs 'file', got nothing"),
        ("keras_cv[folder=gone]", "detector keras_cv needs config.json and "),
        ("gone.py", "no detector file at 'gone.py'"),
    ],
)
def test_detector(sweep, said, message):
    assert sweep(f"task=detection[detector={said}]").startswith(message)


@pytest.mark.parametrize("crowds", [0, 1])
def test_a_coco_set_without_objects_has_no_average_precision(sweep, tmp_path, crowds):
    name = "COCO_val2014_000000000001.jpg"
    save(tmp_path / "val2014" / name)
    image = {"id": 1, "file_name": name, "width": 20, "height": 16}
    crowd = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9]}
    crowd |= {"area": 81, "iscrowd": 1, "segmentation": None}
    tree = {"images": [image], "categories": [{"id": 1, "name": "person"}]}
    (tmp_path / "annotations").mkdir()
    for kind, entries in (("instances", [crowd] * crowds), ("captions", [])):
        file = tmp_path / f"annotations/{kind}_val2014.json"
        file.write_text(json.dumps(tree | {"annotations": entries}))
    message = sweep(f"source=coco:{tmp_path}", "task=detection")
    assert message == (
        "task detection needs instances of objects in at least one image, got 1 images "
        f"with none, and {crowds} crowd regions"
    )


@pytest.mark.parametrize("key", ["snr_db", "cbr"])
@pytest.mark.parametrize("value", ["0:20", "abc", "0:inf:1", "0:20:0", "0:1:1e-320"])
def test_malformed_grid(sweep, key, value):
    assert sweep(f"{key}={value}") == f"{key}: {GRID}, got {value!r}"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("cbr=-1", "cbr must be greater than 0, got -1.0"),
        ("cbr=nan", "cbr must be a finite number, got nan"),
        ("snr_db=inf", "snr_db must be a finite number, got inf"),
        ("snr_db=", f"snr_db: {GRID}, got "),
        ("seed=abc", "seed must be an integer, got 'abc'"),
        ("stop.images=0", "stop.images must be at least 1"),
        ("stop.imagess=3", "unknown configuration key 'stop.imagess'; did you mean "),
        ("transmiter=x", "unknown configuration key 'transmiter'; did you mean "),
        ("cbr_mode=mean", "cbr_mode must be 'average', 'per_image' or"),
        ("stop", "an override is key=value, got 'stop'"),
    ],
)
def test_configuration(sweep, said, message):
    assert sweep(said).startswith(message)


def test_interval_of_an_unknown_metric(sweep):
    message = sweep("stop.metric=psnrr", "stop.ci95=1")
    assert message.startswith("stop.metric: unknown metric 'psnrr'; did you mean ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[1, 2", "configuration bad.yaml is not YAML: "),
        ("- 1\n- 2\n", "configuration bad.yaml must be a mapping, got [1, 2]"),
        ("source: photos\n", "transmitter must be given, got nothing"),
    ],
)
def test_configuration_file(refused, tmp_path, content, message):
    (tmp_path / "bad.yaml").write_text(content)
    assert refused("sweep", "--config", "bad.yaml").startswith(message)


def test_missing_configuration_file(refused):
    message = refused("sweep", "--config", "gone.yaml")
    known = "channels, features, scenarios, sweep, tasks, ways"
    assert message == f"no configuration file 'gone.yaml'; known: {known}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("def build(:", "channel file 'mine.py' fails: invalid syntax"),
        ("x = 1", "channel 'mine.py' defines no build() function"),
        ("raise OSError('two\\nlines')", "channel file 'mine.py' fails: two lines"),
    ],
)
def test_component_file(sweep, tmp_path, content, message):
    (tmp_path / "mine.py").write_text(content)
    assert sweep("channel=mine.py").startswith(message)


def test_missing_and_empty_folder(sweep, tmp_path):
    assert sweep("source=folder:gone") == "folder must exist, got 'gone'"
    (tmp_path / "empty").mkdir()
    assert sweep("source=folder:empty").endswith("got none in 'empty'")
    (tmp_path / "empty" / "a.txt").write_text("no image")
    assert sweep("source=folder:empty").endswith("got none in 'empty'")


def text_as_png(folder):
    save(folder / "a.png").write_text("hello")
    return "image 'photos/a.png' must be one of AVIF, "


def truncated_jpeg(folder):
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    path = save(folder / "a.jpg")
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:1500])
    return "image 'photos/a.jpg' must decode to its end, got 'image file is truncated"


def single_pixel(folder):
    save(folder / "a.png", (1, 1))
    return "image 'photos/a.png' must have at least 16x16 pixels, got 1x1"


def too_many_pixels(folder):
    path = save(folder / "a.bmp")
    data = bytearray(path.read_bytes())
    data[18:26] = (6000).to_bytes(4, "little") * 2  # width and height in its header
    path.write_bytes(data)
    return "image 'photos/a.bmp' must have at most 25 megapixels "


@pytest.mark.parametrize(
    "spoil", [text_as_png, truncated_jpeg, single_pixel, too_many_pixels]
)
def test_image(sweep, tmp_path, spoil):
    save(tmp_path / "photos" / "z.png")
    message = spoil(tmp_path / "photos")
    assert sweep("source=folder:photos").startswith(message)
    assert not Path("runs").exists()


def test_run_folder_that_cannot_be_written(sweep, tmp_path):
    (tmp_path / "runs").write_text("a file where the folder should be")
    message = sweep("--run", "mine")
    assert message.startswith("cannot write to run folder runs/mine: ")
    (tmp_path / "runs").unlink()
    (tmp_path / "runs" / "mine" / "points.csv").mkdir(parents=True)
    message = sweep("--run", "mine")
    assert message == "cannot read runs/mine/points.csv: Is a directory"


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("hello\nworld\n", 1),
        (",".join(COLUMNS) + "\nphase,noisy\n", 2),
        (",".join(COLUMNS) + "\n" + ",".join(["x"] * len(COLUMNS)) + "\n", 2),
        ("\udcff\udcfe\n", 1),
    ],
)
def test_corrupt_results(sweep, refused, tmp_path, content, line):
    path = tmp_path / "runs" / "mine" / "points.csv"
    path.parent.mkdir(parents=True)
    data = content.encode(errors="surrogateescape")
    path.write_bytes(data)
    start = f"runs/mine/points.csv is damaged at line {line} ("
    assert sweep("--run", "mine").startswith(start)
    assert refused("figure", "--run", "mine").startswith(start)
    assert path.read_bytes() == data


def test_two_sweeps_on_one_run(sweep, tmp_path):
    with ResultStore(tmp_path / "runs" / "mine", metrics=METRICS):
        message = sweep("--run", "mine")
    assert message == "run folder runs/mine is in use by another sweep"
    assert not (tmp_path / "runs" / "mine" / "manifest.json").exists()


def test_run_without_results(refused, tmp_path):
    message = refused("figure", "--run", "gone")
    assert message.startswith("cannot read runs/gone/points.csv: No such file")
    assert refused("panel", "--run", "gone") == "no manifest of a run in runs/gone"
    ResultStore(tmp_path / "runs" / "new", metrics=METRICS).__exit__()
    message = refused("figure", "--run", "new")
    assert message == "runs/new has no finished point to draw"


@pytest.mark.slow
def test_a_process_that_has_loaded_everything(tmp_path):
    """Messages of TensorFlow and Sionna do not appear."""
    command = ["-m", "experiments", "sweep", "transmitter=jpeg_ldpc", "channel=awgm"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown channel 'awgm'; did you mean 'awgn'?")
    assert len(done.stderr.splitlines()) == 1


def test_the_same_sweep_without_a_mistake(sweep, cli):
    for number in (0, 1):
        status, out, err = cli("sweep", "--config", "small.yaml", "--run", "mine")
        assert (status, err) == (0, "")
        assert ("1 were there already" in out) == (number == 1)


def test_a_full_disk_spares_points_and_figures(refused, cli, sweep, disk_of):
    assert cli("sweep", "--config", "small.yaml", "--run", "mine", "snr_db=0 4")[0] == 0
    before = {path: path.read_bytes() for path in Path("runs/mine").glob("*.*")}
    with disk_of(1000):
        message = refused("figure", "--run", "mine")
        other = sweep("--run", "mine", "cbr=0.2")
    assert message == "cannot write runs/mine/psnr_against_snr.png: File too large"
    assert re.fullmatch(r"cannot write runs/mine/manifest-\w+.json: .*", other)
    assert before == {path: path.read_bytes() for path in Path("runs/mine").glob("*.*")}


def test_a_bug_is_not_taken_for_a_mistake(cli, components, tmp_path, sweep):
    (tmp_path / "mine.py").write_text("def build():\n    return 1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        cli("sweep", "--config", "small.yaml", "channel=mine.py")


def test_a_mistake_can_be_traced(cli, sweep, monkeypatch):
    from semlink.errors import InputError

    monkeypatch.setenv("SEMLINK_DEBUG", "1")
    with pytest.raises(InputError):
        cli("sweep", "--config", "small.yaml", "cbr=abc")
