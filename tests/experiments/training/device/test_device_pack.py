"""The tree that travels is small, and comes back as it was."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from experiments.training.device import pack
from experiments.training.device.moments import read_moments
from experiments.training.device.pack import ASIDE, FOLDER, Asked, put_back, stays
from experiments.training.trainer import WEIGHTS

ROOT = Path(__file__).parents[4]
LIMIT = 24 << 20  # bytes, without photos and the optimiser's state
PACKAGES = 3 << 20  # of LACKING, as wheels: 2.8 MiB today


@pytest.fixture
def tree(tmp_path):
    """A checkout of a few files."""
    root = tmp_path / "tree"
    files = {
        "blocks/nn/codec.py": "code",
        "blocks/nn/base/model.weights.h5": "large",
        "docs/page.md": "text",
        ".gitignore": "/runs/\n/.device/\n",
        "requirements.lock": "keras==1\nnamex==2\noptree==3\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=root, check=True)
    (root / "new.txt").write_text("not yet tracked")
    return root


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A start with moments in its state, and photos that are not looked at."""
    start = tmp_path / "start"
    start.mkdir()
    (start / "config.json").write_text('{"model": "ntscc", "profile": "tiny"}')
    (start / WEIGHTS).write_bytes(b"weights")
    half = {"momentum/codec/a": np.float32([1, 2]), "velocity/codec/a": np.float32([4])}
    np.savez(start / "state.npz", stage="joint", epoch=1, **half)
    (tmp_path / "photos").mkdir()
    for number in range(8):
        (tmp_path / "photos" / f"{number}.png").write_bytes(b"")

    def write(path, photos, num_bytes):
        path.write_bytes(b"p" * min(num_bytes, 1000))
        return photos.names, 80

    monkeypatch.setattr(pack, "write_photos", write)
    return Asked(str(tmp_path / "photos"), str(start), python="")


def contents(root):
    paths = (p for p in root.rglob("*") if p.is_file() and ".git" not in p.parts)
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in paths}


def test_what_is_not_needed_is_put_aside_and_back(tree, asked):
    before = contents(tree)
    pack.pack(asked, tree)
    left = {n for n in contents(tree) if not n.startswith((str(ASIDE), str(FOLDER)))}
    assert left == {".gitignore", "blocks/nn/codec.py", "requirements.lock"}
    assert (tree / FOLDER / WEIGHTS).read_bytes() == b"weights"
    told = json.loads((tree / FOLDER / "pack.json").read_text())
    assert (told["model"], told["photos"], told["quality"]) == (
        "ntscc",
        [f"{number}.png" for number in range(8)],
        80,
    )
    momentum, velocity = read_moments(tree / FOLDER)
    np.testing.assert_allclose(momentum["codec/a"], [1, 2], rtol=1e-3)
    np.testing.assert_allclose(velocity["codec/a"], [4], rtol=1e-3)
    assert put_back(tree) == 3
    assert contents(tree) == before


def test_a_packed_tree_is_not_packed_again(tree, asked):
    pack.pack(asked, tree)
    with pytest.raises(ValueError, match="run make device-unpack first"):
        pack.pack(asked, tree)


def test_nothing_is_overwritten_on_the_way_back(tree, asked):
    pack.pack(asked, tree)
    (tree / "new.txt").write_text("another")
    with pytest.raises(ValueError, match=r"places free, got \['new.txt'\]"):
        put_back(tree)
    assert (tree / "new.txt").read_text() == "another"
    (tree / "new.txt").unlink()
    assert put_back(tree) == 3


def test_a_tree_without_room_for_photos_is_refused(tree, asked):
    before = contents(tree)
    with pytest.raises(ValueError, match="must be room for photos, got -"):
        pack.pack(asked._replace(limit_mib=0.1), tree)
    assert {n: c for n, c in contents(tree).items() if not n.startswith(".d")} == before


def test_the_tree_that_travels_is_small():
    travelling = [path for path in pack.tracked(ROOT) if stays(path)]
    weights = max(path.stat().st_size for path in ROOT.glob(f"*/nn/*/{WEIGHTS}"))
    total = pack.size(ROOT, travelling) + weights + PACKAGES
    assert total < LIMIT, f"{total / 2**20:.1f} MiB"
