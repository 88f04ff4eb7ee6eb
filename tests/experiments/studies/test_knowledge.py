"""The commands that build, merge, show and search knowledge bases."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from blocks.knowledge.base import DEFAULT, load
from blocks.knowledge.perception import text_encoder
from experiments.studies.knowledge import build, merge, most_different
from semlink.errors import InputError

CAPTIONS = [
    "A red bus in a street.",
    "A cat on a sofa.",
    "Two dogs play.",
    "A cat on a sofa.",
]


@pytest.fixture
def captions(tmp_path):
    """Give a file of captions in COCO's layout."""
    file = tmp_path / "captions.json"
    file.write_text(json.dumps({"annotations": [{"caption": c} for c in CAPTIONS]}))
    return file


def command(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "experiments", "kb", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_captions_become_a_base_that_is_searched(captions, tmp_path):
    file = tmp_path / "kb.npz"
    done = command("build", "--source", str(captions), "--output", str(file))
    assert done.returncode == 0, done.stderr
    assert "entries  3 of 384 values, 2 bits an index" in done.stdout
    found = command("search", "a kitten on a couch", "--base", str(file), "--k", "2")
    first, second = found.stdout.splitlines()
    assert first.endswith("A cat on a sofa.")
    assert float(first.split()[0]) < float(second.split()[0])


def test_photos_and_their_parts_are_described(tmp_path, captions):
    from skimage import data

    photos = tmp_path / "photos"
    photos.mkdir()
    Image.fromarray(data.chelsea()).save(photos / "cat.png")
    build(photos, tmp_path / "photos.npz", 100, "detector", "minilm")
    base = load(tmp_path / "photos.npz")
    assert 1 < len(base) <= 5
    assert "cat" in base.texts[0]
    build(captions, tmp_path / "captions.npz", 100, "detector", "minilm")
    merge([tmp_path / "photos.npz", tmp_path / "captions.npz"], tmp_path / "both.npz")
    assert load(tmp_path / "both.npz").texts[-1] == "Two dogs play."


@pytest.mark.slow
def test_photos_are_looked_up_for_training(tmp_path, captions):
    from skimage import data

    photos = tmp_path / "photos"
    photos.mkdir()
    for name, picture in (("b", data.chelsea()), ("a", data.astronaut())):
        Image.fromarray(picture).save(photos / f"{name}.png")
    base, contexts = tmp_path / "kb.npz", tmp_path / "contexts.npz"
    build(captions, base, 100, "detector", "minilm")
    words = ("--source", str(photos), "--output", str(contexts), "--base", str(base))
    done = command("embed", *words)
    assert done.returncode == 0, done.stderr
    assert "2 photos, " in done.stdout
    found = np.load(contexts)
    assert found["names"].tolist() == ["a.png", "b.png"]
    known = load(base)
    cat = known.texts.index("A cat on a sofa.")
    np.testing.assert_array_equal(found["vectors"][1], known.vectors[cat])


def test_what_differs_most_is_kept(captions, tmp_path):
    build(captions, tmp_path / "kb.npz", 2, "detector", "minilm")
    assert len(load(tmp_path / "kb.npz")) == 2


def test_farthest_first():
    rng = np.random.default_rng(0)
    centres = 10 * rng.normal(size=(8, 5))
    vectors = centres[rng.permutation(np.arange(400) % 8)] + rng.normal(size=(400, 5))
    chosen = most_different(vectors.astype(np.float32), 8)
    nearest = ((vectors[chosen][:, None] - centres) ** 2).sum(axis=-1).argmin(axis=1)
    assert sorted(nearest) == list(range(8))
    assert len(set(most_different(vectors.astype(np.float32), 400))) == 400


def test_the_shipped_base_has_thousands_of_descriptions():
    base = load(DEFAULT)
    assert len(base) == len(set(base.texts)) == 4096
    embed = text_encoder("minilm")
    assert base.encoder == embed.version
    some = np.arange(0, 4096, 256)
    vectors = embed([base.texts[i] for i in some]).pooled
    index, distance = base.nearest(vectors)
    np.testing.assert_array_equal(index[:, 0], some)
    assert distance.max() < 1e-3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "JSONDecodeError"),
        ("[]", "TypeError"),
        ("[" * 100_000, "RecursionError"),
        ('{"annotations": []}', "hold captions"),
    ],
    ids=range(4),
)
def test_captions_that_are_none(tmp_path, content, said):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(InputError, match=said):
        build(tmp_path / "x.json", tmp_path / "kb.npz", 9, "detector", "minilm")


def test_mistakes_are_answered_in_one_line(tmp_path, captions):
    for words, said in (
        (["search", "x", "--base", "/nowhere.npz"], "must exist"),
        (["build", "--source", "/nowhere", "--output", "x"], "must be readable"),
        (["build", "--source", str(tmp_path), "--output", "x"], "must be photos below"),
        (["search", "x", "--encoder", "maxilm"], "did you mean 'minilm'"),
    ):
        done = command(*words)
        assert done.returncode == 2
        assert done.stdout == ""
        assert said in done.stderr
        assert done.stderr.count("\n") == 1
