"""``make report``: a run in one self-contained HTML file."""

import html
import json
from collections.abc import Mapping
from pathlib import Path
from string import Template

from experiments.commands.manifests import read_manifest, read_metrics
from experiments.commands.sweeping import again
from experiments.figures.panel import image_numbers
from experiments.report.pictures import pictures
from experiments.report.published import read_published
from experiments.report.rows import pack
from semlink.errors import InputError
from semlink.metrics import Bounds
from semlink.signals import IMAGE
from semlink.store.bounds import read_bounds
from semlink.store.files import write_whole
from semlink.store.results import read_points
from semlink.sweeps.received import twins, with_twins

PAGE = Path(__file__).parent
REPLACED = "backslashreplace"  # bytes of a name that are no text
SCRIPTS = ("page.js", "curves.js", "table.js", "pictures.js")


def write_report(
    folder: Path, images: str | None, most: int, cache: tuple[Path, float]
) -> str:
    """Write ``report.html`` into the folder of a run.

    Parameters
    ----------
    folder : folder of the run
    images : numbers of the images to show, as text (``None``: a few)
    most : largest number of received pictures
    cache : folder and limit [GiB] of the signal cache

    Output
    ------
    : path and size of the file, and the reason if it has no pictures

    Raises
    ------
    InputError
        The run has no points or no manifest, or an image does not exist.
    """
    if not (rows := read_points(folder)):
        raise InputError(f"{folder} has no finished point to report")
    manifest = read_manifest(folder)
    finished = {row["point_id"] for row in rows}
    metrics = read_metrics(folder, [row["metric"] for row in rows])
    beside = twins(folder, rows, metrics)
    described = [*metrics.values(), *beside.values()]
    shown = _pictures(folder, finished, images, most, cache)
    data = {
        "points": pack(list(with_twins(folder, rows, metrics))),
        "series": _kind(manifest),
        "described": {m.name: m._asdict() | {"title": m.title} for m in described},
        "bounds": _finite(read_bounds(folder) or {}),
        "references": manifest.get("references", {}),
        "published": read_published(),
        "pictures": shown,
    }
    path = folder / "report.html"
    write_whole(path, _page(folder.name, data, manifest).encode(errors=REPLACED))
    left_out = f"\nwithout pictures: {shown}" if isinstance(shown, str) else ""
    return f"{path} ({path.stat().st_size / 1e6:.1f} MB){left_out}"


def _finite(bounds: Mapping[str, Bounds]) -> dict[str, dict[str, float]]:
    """Floor and ceiling by metric; JSON has no NaN."""
    return {
        metric: {
            name: value for name, value in both._asdict().items() if value == value
        }
        for metric, both in bounds.items()
    }


def _pictures(folder: Path, finished: set, images: str | None, most: int, cache: tuple):
    """Pictures for the page, or the reason why there are none."""
    try:
        job = again(folder, cache)
    except InputError as reason:
        return str(reason)
    numbers = image_numbers(images, job.trial.num_samples)
    if job.trial.source.modality != IMAGE:
        return "this source has no photos"
    if not any(point.id in finished for point in job.points):
        return "no point of the manifest's sweep is finished"
    return pictures(job, finished, numbers, most)


def _page(name: str, data: dict, manifest: dict) -> str:
    from plotly.offline import get_plotlyjs

    fields = {
        "title": html.escape(f"{name}: semlink report"),
        "name": html.escape(name),
        "summary": html.escape(_summary(manifest)),
        "conventions": definitions(manifest["conventions"]),
        "provenance": definitions(provenance(manifest)),
        "manifest": html.escape(json.dumps(manifest, indent=2)),
        "series": f"{_kind(manifest).title()}s",
        "samples": "images" if _kind(manifest) == "transmitter" else "episodes",
        "style": (PAGE / "page.css").read_text("utf-8"),
        "plotly": get_plotlyjs(),
        "script": "\n".join((PAGE / script).read_text("utf-8") for script in SCRIPTS),
        # "</script>" in a name must not end the data
        "data": json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
    }
    return Template((PAGE / "page.html").read_text("utf-8")).substitute(fields)


def _kind(manifest: dict) -> str:
    """What the curves are of."""
    is_of_scenarios = "scenario" in manifest["configuration"]
    return "scenario" if is_of_scenarios else "transmitter"


def _summary(manifest: dict) -> str:
    stop = manifest["configuration"]["stop"]
    source = " ".join(manifest["components"]["source"])
    until = f", until {stop['metric']} ±{stop['ci95']:g}" if stop["ci95"] else ""
    if _kind(manifest) == "scenario":
        scenarios = len(manifest["components"]["scenario"])
        several = "s" * (scenarios > 1)
        return f"{scenarios} scenario{several}, {stop['draws']} episodes each{until}"
    draws = f"{stop['draws']} channel draw{'s' * (stop['draws'] > 1)} each"
    skipped = len(manifest.get("images_skipped", ()))
    but = f" ({skipped} unreadable images skipped)" if skipped else ""
    return f"{manifest['images']} images of {source}{but}, {draws}{until}"


def provenance(manifest: Mapping) -> dict[str, str]:
    """Where a run comes from, by what it is called."""
    packages = (f"{name} {v}" for name, v in manifest["packages"].items() if v)
    return {
        "semlink": f"{manifest['semlink']}, commit {manifest['git_commit']}",
        "seed": manifest["seed"],
        "pictures": f"SHA-256 {manifest['source_sha256']}",
        "machine": f"Python {manifest['python']}, {manifest['device']}",
        "packages": ", ".join(packages),
    }


def definitions(pairs: Mapping) -> str:
    """Terms and their definitions, in HTML."""
    return "".join(
        f"<dt>{html.escape(str(k))}</dt><dd>{html.escape(str(v))}</dd>"
        for k, v in pairs.items()
    )
