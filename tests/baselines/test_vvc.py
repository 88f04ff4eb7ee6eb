"""The process that codes VVC: what it cannot code, and what goes wrong with it."""

import numpy as np
import pytest

from baselines.separated import ffmpeg
from baselines.vvc_ldpc import Vvc
from semlink.errors import InputError


@pytest.fixture
def grey() -> np.ndarray:
    return np.full((40, 40, 3), 128, np.uint8)


def program(path, *lines: str) -> str:
    path.write_text("\n".join(["#!/bin/sh", *lines]))
    path.chmod(0o755)
    return str(path)


def test_noise_that_does_not_fit_has_a_lower_quality():
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    codec = Vvc()
    finest = codec.quality_range[1]
    with pytest.raises(InputError, match="ffmpeg must code a picture, got"):
        codec._encode(noise, finest)
    assert codec.decode(codec.encode(noise, finest)).shape == noise.shape


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (("echo nothing works >&2", "exit 3"), "got 'nothing works'$"),
        (("cat > /dev/null",), "got 'no output'$"),
        (("exec sleep 30",), "timed out"),
    ],
)
def test_a_failing_process_is_told_in_a_line(lines, told, grey, tmp_path, monkeypatch):
    monkeypatch.setattr(ffmpeg, "SECONDS", 0.3)
    fake = program(tmp_path / "ffmpeg", *lines)
    monkeypatch.setattr(ffmpeg, "executable", lambda: fake)
    with pytest.raises(InputError, match=told) as caught:
        Vvc().encode(grey, 0)
    assert "\n" not in str(caught.value)


def test_a_missing_program_is_told_in_a_line(grey, monkeypatch):
    monkeypatch.setattr(ffmpeg, "executable", lambda: "/nowhere/ffmpeg")
    with pytest.raises(InputError, match="nowhere/ffmpeg"):
        Vvc().encode(grey, 0)


def test_a_damaged_stream_is_refused(grey):
    codec = Vvc()
    data = bytearray(codec.encode(grey, 200))
    data[8:40] = bytes(32)
    with pytest.raises(InputError):
        codec.decode(bytes(data))
