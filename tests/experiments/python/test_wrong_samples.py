"""What cannot be sent is refused in one line; the import is light."""

import subprocess
import sys

import numpy as np
import pytest

import semlink
from experiments.studies.imports import ROOT
from semlink.signals import IMAGE, Sample

GRID = {"cbr": 0.5, "snr_db": 8}
BLACK = np.zeros((16, 16, 3), np.uint8)
ARRAY = "an array that is sent must be uint8 [H, W, 3] of at least 16x16, got "


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (BLACK[..., 0], f"{ARRAY}uint8 [16, 16]"),
        (BLACK[:8], f"{ARRAY}uint8 [8, 16, 3]"),
        (np.zeros((16, 16, 4), np.uint8), f"{ARRAY}uint8 [16, 16, 4]"),
        (BLACK / 255, f"{ARRAY}float64 [16, 16, 3]"),
        ("no.png", "image 'no.png' must be a file, got something else or nothing"),
        (".", "image '.' must be a file, got something else or nothing"),
        ([BLACK], "what is sent must be a path, a PIL image, an array uint8 [H, W, 3]"),
        (None, "or a Sample, got None"),
        (Sample(BLACK / 1, IMAGE, 768, 0, "a"), "data of an image sample must be"),
        (Sample(BLACK, IMAGE, 0, 0, "a"), "values of a sample must be a whole number"),
        (Sample(BLACK, IMAGE, 768, -1, "a"), "index of a sample must be a whole"),
        (Sample("a b", "text", 2, 0, "a"), "accepts image, got a source of text"),
    ],
)
def test_what_cannot_be_sent(link, photo, refusal, given, said):
    assert said in refusal(link().send, given, **GRID)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"cbr": 0.001}, "infeasible: photo.png, needs more than 2 symbols, got cbr="),
        ({"cbr": 0}, "cbr must be greater than 0, got 0.0"),
        (
            {"cbr": [0.3, 0.5]},
            "send takes one cbr (sweep takes several), got [0.3, 0.5]",
        ),
        ({"cbr": None}, "cbr: a grid is numbers or start:stop:step"),
        (
            {"snr_db": 99},
            "snr_db must be at most 60, got 99.0",
        ),
        ({"snr_db": float("nan")}, "snr_db must be a finite number, got nan"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
        ({"draw": 0.5}, "draw must be a whole number of at least 0, got 0.5"),
    ],
)
def test_wrong_values(link, photo, refusal, given, said):
    assert said in refusal(link().send, photo, **{**GRID, **given})


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"transmitter": "ntsc"}, "unknown transmitter 'ntsc'; did you mean 'ntscc'?"),
        ({"channel": "awg"}, "unknown channel 'awg'; did you mean 'awgn'?"),
        ({"task": "reconstruct"}, "did you mean 'reconstruction'?"),
        ({"channel": "rayleigh[k=1]"}, "unknown parameter of channel.rayleigh 'k'"),
        ({"channel": "awgn rayleigh"}, "a link takes one channel (semlink.sweep takes"),
        ({"transmitter": ""}, "transmitter must have at least 1 item"),
    ],
)
def test_wrong_words(link, refusal, parts, said):
    assert said in refusal(link, **parts)


def test_feedback_is_a_mapping(components, refusal):
    words = components["transmitter"], components["channel"], components["task"]
    assert "feedback.bits" in refusal(semlink.link, *words, feedback={"bits": 1})
    assert refusal(semlink.link, *words, feedback=3).endswith("got 3")
    assert semlink.link(*words, feedback={"bits_per_use": 1})


HEAVY = {"numpy", "pandas", "tensorflow", "pydantic", "experiments"}
THREADS = """
import ctypes, numpy, pathlib
from experiments.environment import settle_late
settle_late()
lines = pathlib.Path('/proc/self/maps').read_text().splitlines()
path = {line.split()[-1] for line in lines if 'openblas' in line}.pop()
print(ctypes.CDLL(path).scipy_openblas_get_num_threads64_())
"""


def printed(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or done.stderr


def test_the_import_is_light():
    code = f"import semlink, sys; print({HEAVY} & set(sys.modules), semlink.link)"
    assert printed(code).startswith("set() <function link")


def test_numpy_that_was_imported_first_has_one_thread_from_then_on():
    assert printed(THREADS) == "1"
    assert printed(THREADS, OPENBLAS_NUM_THREADS="2") == "2"
