"""``make device-pack`` and ``make device-unpack``: prepare a tree for a remote machine.

A remote machine gets a copy of the checkout, of limited size, and of one ignored folder
in it. Files that training does not need are put aside, and the folder is filled with
initial weights, the optimiser's moments, if any, packages that the machine lacks, and
as many photos at the best quality as fit.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import numpy as np

from experiments.failing import failing_in_one_line
from experiments.training.asked import CONFIG, STATE, WEIGHTS
from experiments.training.device.moments import MOMENTUM, VELOCITY, write_moments
from experiments.training.device.photo_pack import write_photos
from experiments.training.options import options_of
from experiments.training.photos import held_out, photos_of_run
from semlink.store.files import write_whole

FOLDER, ASIDE = Path(".device"), Path("runs/.aside")
PACK, PHOTOS, CONTEXTS = "pack.json", "photos.zip", "contexts.npz"
# Files of the tree that training and packing need.
KEPT = (
    "LICENSE",
    "Makefile",
    "*.cfg",
    "*.toml",
    "*.lock",
    ".gitignore",
    "semlink/*",
    "blocks/__init__.py",
    "blocks/tasks/__init__.py",
    "blocks/tasks/structural_similarity.py",
    "blocks/nn/*.py",
    "blocks/nn/*.npz",
    "channels/__init__.py",
    "channels/nn/*",
    "experiments/__init__.py",
    "experiments/training/*",
)
LACKING = ("keras", "namex", "optree")  # packages that the remote machine lacks
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
SPARE = 1 << 18  # bytes


class Asked(NamedTuple):
    """Options of a pack.

    data : folder of photos
    start : folder of initial weights, or of a run to resume
    contexts : file of the photos' embeddings, for models with a context
    limit_mib : limit of the total size, in MiB
    python : Python version of the remote machine, for its packages; empty: no packages
    """

    data: str
    start: str
    contexts: str = ""
    limit_mib: float = 64.0
    python: str = "3.12"


def pack(asked: Asked, root: Path = Path()) -> str:
    """Put aside files that training does not need, and fill the pack's folder.

    Output
    ------
    : summary of the pack, in one line

    Raises
    ------
    ValueError
        The tree is already packed, or there is no room for photos.
    """
    if (root / ASIDE).exists():
        raise ValueError("the tree is packed already: run make device-unpack first")
    told = json.loads((Path(asked.start) / CONFIG).read_text("utf-8"))
    photos, folder = photos_of_run(asked.data), root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(Path(asked.start) / WEIGHTS, folder)
    _pack_moments(Path(asked.start), folder)
    if asked.python:
        _download(folder, asked.python, (root / "requirements.lock").read_text("utf-8"))
    travelling = [path for path in tracked(root) if stays(path)]
    packed = [path.relative_to(root) for path in folder.iterdir()]
    room = int(asked.limit_mib * 2**20) - SPARE - size(root, [*travelling, *packed])
    if room <= 0:
        raise ValueError(f"there must be room for photos, got {room} bytes")
    names, quality = write_photos(folder / PHOTOS, photos, room)
    told = {"model": told["model"], "profile": told["profile"], "quality": quality}
    told |= {"data": str(asked.data), "start": str(asked.start), "photos": names}
    told |= {"held_out": held_out(len(photos))}
    write_whole(folder / PACK, json.dumps(told).encode())
    if asked.contexts:
        _pack_contexts(Path(asked.contexts), names, folder / CONTEXTS)
    put_aside(root)
    return f"{len(names)} of {len(photos)} photos at quality {quality} in {folder}"


def tracked(root: Path) -> list[Path]:
    """Files of a checkout that are copied: those that git tracks, and new ones."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return [Path(name) for name in listed if name and (root / name).is_file()]


def stays(path: Path) -> bool:
    """Whether training needs a file of the tree."""
    return any(fnmatch(path.as_posix(), pattern) for pattern in KEPT)


def size(root: Path, paths: Iterable[Path]) -> int:
    """Bytes of files."""
    return sum((root / path).stat().st_size for path in paths)


def put_aside(root: Path) -> None:
    """Move files that training does not need to a folder that git ignores."""
    (root / ASIDE).mkdir(parents=True)
    for path in tracked(root):
        if not stays(path):
            _move(root / path, root / ASIDE / path)


def put_back(root: Path = Path()) -> int:
    """Move files back, and delete the pack; return the number of files.

    Raises
    ------
    ValueError
        A path is taken by another file; nothing is moved.
    """
    aside = root / ASIDE
    paths = [p.relative_to(aside) for p in aside.rglob("*") if p.is_file()]
    if taken := [str(path) for path in paths if (root / path).exists()]:
        raise ValueError(f"files put aside must have their places free, got {taken}")
    for path in paths:
        _move(aside / path, root / path)
    shutil.rmtree(aside, ignore_errors=True)
    shutil.rmtree(root / FOLDER, ignore_errors=True)
    return len(paths)


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def _pack_moments(start: Path, folder: Path) -> None:
    """Copy the moments of a run on either kind of machine."""
    for name in (MOMENTUM, VELOCITY):
        if (start / name).is_file():
            shutil.copy(start / name, folder)
    if not (start / STATE).is_file():
        return
    with np.load(start / STATE) as state:
        kinds = [
            {
                name.removeprefix(f"{kind}/"): state[name]
                for name in state.files
                if name.startswith(f"{kind}/codec/")
            }
            for kind in ("momentum", "velocity")
        ]
    if all(kinds):  # none in the state of an earlier version
        write_moments(folder, *kinds)


def _pack_contexts(path: Path, names: list[str], target: Path) -> None:
    with np.load(path) as file:
        row = {name: number for number, name in enumerate(file["names"].tolist())}
        vectors = file["vectors"][[row[name] for name in names]]
    np.savez(target, names=np.array(names), vectors=vectors.astype(np.float16))


def _download(folder: Path, python: str, lock: str) -> None:
    """Download packages that the machine lacks, at the versions of the lock file."""
    pins = [re.search(rf"^{name}==\S+", lock, re.M)[0] for name in LACKING]
    platforms = [f"--platform={name}" for name in PLATFORMS]
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps"]
    command += ["--only-binary=:all:", f"--python-version={python}", *platforms]
    subprocess.run([*command, f"--dest={folder}", *pins], check=True)


def main() -> None:
    """Pack, or unpack with ``--unpack``."""
    with failing_in_one_line():
        if sys.argv[1:] == ["--unpack"]:
            print(f"{put_back()} files are back in their places")
            return
        parser = options_of("experiments.training.device.pack", Asked)
        print(pack(Asked(**vars(parser.parse_args()))))


if __name__ == "__main__":
    main()
