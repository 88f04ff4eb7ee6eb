"""The sweep command: configuration, manifest, results, figures."""

import json
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from experiments.compose import catalogue
from experiments.display import Display
from semlink import __version__, config, graph
from semlink.checkpoint import sha256
from semlink.errors import InputError
from semlink.results import ResultStore
from semlink.sweep import Sweep
from semlink.units import CONVENTIONS

MANIFEST = "manifest.json"
ONE_PER_RUN = ("source", "task", "cbr_mode", "seed", "stop")
CONFIGS = Path(__file__).parent / "configs"
PACKAGES = (
    "tensorflow-cpu",
    "sionna-no-rt",
    "keras",
    "numpy",
    "scipy",
    "pillow",
    "pillow-heif",
    "glymur",
    "pyldpc",
    "scikit-image",
)


def sweep(name: str, overrides: list[str], folder: Path) -> None:
    """Run a sweep into a folder and draw it.

    Raises
    ------
    InputError
        If anything the user said is wrong.
    """
    job = Sweep(config.load(config_path(name), overrides), catalogue())
    with ResultStore(folder, metrics=job.metrics) as store:
        new = manifest(job)
        if store.finished():
            refuse_other_settings(folder, new)
        write_manifest(store, json.dumps(new, indent=2).encode())
        display = Display(job, folder)
        try:
            with display:
                job.run(store, display)
        except KeyboardInterrupt:
            display.interrupted()
            raise
    from experiments.figures import draw_all

    display.summary(draw_all(folder), graph.traces)


def refuse_other_settings(folder: Path, new: dict) -> None:
    """Keep results that cannot be compared out of one run.

    Raises
    ------
    InputError
        If the run was made with another source, task, mode, seed or stopping rule.
    """
    try:
        old = json.loads((folder / MANIFEST).read_text())["configuration"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for key in ONE_PER_RUN:
        was, now = old.get(key), new["configuration"][key]
        if was != now:
            raise InputError(
                f"{folder} was made with {key} {was}; choose another run, got {now}"
            )


def write_manifest(store: ResultStore, data: bytes) -> None:
    """Write the manifest; that of another sweep into this run is put aside."""
    path = store.folder / MANIFEST
    if path.exists() and path.read_bytes() != data:
        path.rename(store.folder / f"manifest-{sha256(path)[:8]}.json")
    store.write(MANIFEST, data)


def config_path(name: str) -> Path:
    """The YAML file of a name: a path, or a file of ``experiments/configs``.

    Raises
    ------
    InputError
        If there is none.
    """
    known = {path.stem: path for path in sorted(CONFIGS.glob("*.yaml"))}
    if name in known:
        return known[name]
    if Path(name).is_file():
        return Path(name)
    raise InputError(f"no configuration file {name!r}; known: {', '.join(known)}")


def manifest(job: Sweep) -> dict:
    """All that is needed to run the sweep again and to know what its numbers mean."""
    settings = job.config.model_dump(mode="json")
    return {
        "semlink": __version__,
        "configuration": settings,
        "components": job.components(),
        "seed": job.config.seed,
        "images": job.num_images,
        "source_sha256": job.source.fingerprint(),
        "conventions": {**CONVENTIONS, "cbr_mode": job.config.cbr_mode},
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "device": f"CPU {platform.machine()}",
        "packages": {name: version(name) for name in PACKAGES},
    }


def _git_commit() -> str:
    """The commit of the code, with a mark if files differ from it."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parent),
        "describe",
        "--always",
        "--dirty",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"
