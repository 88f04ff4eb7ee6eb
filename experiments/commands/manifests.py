"""The manifest of a run: all that is needed to know what its numbers mean."""

import json
import platform
import subprocess
from pathlib import Path

from experiments.commands.signal_cache import package_versions
from semlink import __version__
from semlink.errors import InputError
from semlink.metrics import LINK_METRICS, Metric
from semlink.rng import EDITION
from semlink.store.files import sha256
from semlink.store.results import ResultStore
from semlink.sweeps.sweep import Sweep
from semlink.units import CONVENTIONS

MANIFEST = "manifest.json"
NEEDED = {"configuration", "components", "conventions", "packages", "source_sha256"}
FIRST_EDITION = 1  # of random numbers; its manifests have no entry
ONE_PER_RUN = ("source", "task", "cbr_mode", "seed", "stop", "feedback")


def read_manifest(folder: Path) -> dict:
    """The manifest of a run.

    Raises
    ------
    InputError
        If there is none.
    """
    try:
        tree = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        tree = None
    if not isinstance(tree, dict) or not tree.keys() >= NEEDED:
        raise InputError(f"no manifest of a run in {folder}")
    return tree


def read_metrics(folder: Path, names) -> dict[str, Metric]:
    """Descriptions of the metrics of a run, in its order.

    Parameters
    ----------
    folder : of the run
    names : of the metrics in its rows, for those that no manifest describes
    """
    try:
        known = read_manifest(folder).get("metrics", {})
    except InputError:
        known = {}
    described = {
        name: Metric(**{field: metric[field] for field in Metric._fields})
        for name, metric in known.items()
    }
    link = {metric.name: metric for metric in LINK_METRICS}
    others = dict.fromkeys(name for name in names if name not in described)
    return described | {
        name: link.get(name, Metric(name, name.replace("_", " "))) for name in others
    }


def read_references(folder: Path) -> dict[str, str]:
    """Transmitters of a run that are bounds or oracles; none without a manifest."""
    try:
        return read_manifest(folder).get("references", {})
    except InputError:
        return {}


def read_remembering(folder: Path) -> list[str]:
    """Transmitters of a run whose draws are the independent samples."""
    try:
        return read_manifest(folder).get("remembering", [])
    except InputError:
        return []


def manifest(job: Sweep) -> dict:
    """Everything needed to repeat the sweep and to interpret its numbers."""
    settings = job.config.model_dump(mode="json")
    return {
        "configuration": settings,
        "components": job.trial.components(),
        "references": job.trial.references(),
        "remembering": job.trial.remembering(),
        "metrics": described(job),
        "seed": job.config.seed,
        "images": job.trial.num_samples,
        "images_skipped": list(job.trial.skipped),
        "source_sha256": job.trial.fingerprint(),
        "conventions": {**CONVENTIONS, **job.trial.conventions()},
        **provenance(),
    }


def provenance() -> dict:
    """What numbers of any run depend on beside its configuration."""
    return {
        "semlink": __version__,
        "randomness": EDITION,
        "git_commit": _git_commit(),
        "python": platform.python_version(),
        "device": f"CPU {platform.machine()}",
        "packages": package_versions(),
    }


def described(job: Sweep) -> dict[str, dict]:
    """What figures and tables must know of each metric, by its name."""
    return {
        name: {"task": task, "title": metric.title, **metric._asdict()}
        for name, (task, metric) in job.trial.metrics.items()
    }


def _git_commit() -> str:
    """The commit of the code, marked if files differ from it."""
    command = [
        "git",
        "-C",
        str(Path(__file__).parents[1]),
        "describe",
        "--always",
        "--dirty",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"


def differences(old: dict, new: dict) -> list[tuple[str, object, object]]:
    """Entries that must agree in the manifests of one run: (name, was, is)."""
    edition = "random numbers of edition"
    pairs = [(edition, old.get("randomness", FIRST_EDITION), new["randomness"])]
    was, now = old["configuration"], new["configuration"]
    pairs += [(key, was[key], now[key]) for key in ONE_PER_RUN if key in now]
    pairs += [(key, old[key], new[key]) for key in ("source_sha256", "packages")]
    for kind, components in new["components"].items():
        known = old["components"].get(kind, {})
        shared = components.keys() & known.keys()
        pairs += [(f"{kind} {k}", known[k], _plain(components[k])) for k in shared]
    return pairs


def _plain(tree: dict) -> dict:
    """A tree as JSON returns it."""
    return json.loads(json.dumps(tree))


def write_manifest(store: ResultStore, data: bytes) -> None:
    """Write the manifest; that of another sweep into this run gets another name.

    There is a manifest at every moment, also if the disk is full.
    """
    path = store.folder / MANIFEST
    if path.exists() and (other := path.read_bytes()) != data:
        store.write(f"manifest-{sha256(path)[:8]}.json", other)
    store.write(MANIFEST, data)
