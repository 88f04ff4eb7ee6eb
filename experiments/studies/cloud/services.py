"""The services of the cloud's studies: shipped files, and measured utilities.

Sizes and hashes are those of the files in the repository. Utilities are those of the
reference results over AWGN (``experiments/results/reference``) and, for ``recognise``
and ``label``, of ``docs/features.md``.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from experiments.compose import catalogue
from semlink.catalogue import Catalogue
from semlink.config import ComponentSpec
from semlink.loop.cloud import Cloud, Item, Kind
from semlink.store.results import read_points

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "experiments" / "results" / "reference"
SNRS_DB = (4.0, 8.0, 12.0, 16.0)  # of the edges, in turn
PLAIN = "jpeg2000_ldpc[mcs=auto]"  # the transmitter without any item

# what the user wants: components whose files the edge must hold
SERVICES: Mapping[str, Sequence[tuple[str, str]]] = {
    "show": (("transmitter", "akb_jscc"),),
    "watch": (("transmitter", "ntscc"),),
    "find": (("transmitter", "words"), ("detector", "nanodet")),
    "ask": (("transmitter", "words"), ("detector", "nanodet")),
    "recognise": (("transmitter", "features"),),
    "label": (("transmitter", "decision"),),
}

# transmitter, metric and CBR of the reference results
MEASURED = {
    "watch": ("ntscc", "f1", "0.03"),
    "find": ("words", "f1", "0.003"),
    "ask": ("words", "answers", "0.003"),
}


class Worth(NamedTuple):
    """Utility of a request, from 0 to 1, with the service and without."""

    with_it: float
    without: float


# agreement with the decision on the original: features at CBR 0.0035 and the label at
# 0.0001, against JPEG2000 at 0.0035 and 0.007
AGREEMENT = {"recognise": Worth(0.78, 0.06), "label": Worth(1.00, 0.26)}


def shipped() -> Cloud:
    """The registry of what the services need."""
    known, items, services = catalogue(), {}, {}
    for name, components in SERVICES.items():
        own = [item for part in components for item in _items(known, *part)]
        items |= {item.sha256: item for item in own}
        services[name] = [item.sha256 for item in own]
    return Cloud(items.values(), services)


def worth() -> dict[str, dict[float, Worth]]:
    """Utilities by service and SNR [dB].

    ``show`` counts PSNR from 20 dB (0) to 40 dB (1) at CBR 0.03, the gain of
    ``akb_jscc`` over ``ntscc`` on top of that of ``ntscc`` over JPEG2000; ``watch`` the
    F1 of a detector at CBR 0.03; ``find`` and ``ask`` F1 and answers at CBR 0.003;
    ``recognise`` and ``label`` agreement with the decision on the original.
    """
    seen = Seen(_means(RESULTS), _means(RESULTS / "tasks"))
    return {
        name: {snr: _worth(name, snr, seen) for snr in SNRS_DB} for name in SERVICES
    }


class Seen(NamedTuple):
    """Reference results: means by transmitter, metric, CBR and SNR.

    codes : learned codes of all kinds
    tasks : links under tasks
    """

    codes: Mapping[tuple, float]
    tasks: Mapping[tuple, float]


def _items(known: Catalogue, kind: str, word: str) -> list[Item]:
    spec = ComponentSpec.model_validate(word)
    paths = known.registries[kind].files(spec.name, known.resolve(kind, spec))
    hashes = known.identity(kind, spec)["files_sha256"]
    return [
        Item(one, _kind(path), path.relative_to(ROOT).as_posix(), path.stat().st_size)
        for one, path in zip(hashes, paths, strict=True)
    ]


def _kind(path: Path) -> Kind:
    """What a file is, by its folder."""
    folder = path.parent.name
    if folder.startswith("channel_kb"):
        return "policy"
    return "base" if folder in ("knowledge", "words") else "model"


def _means(folder: Path) -> dict[tuple, float]:
    """Means over AWGN by transmitter, metric, CBR and SNR."""
    names = ("transmitter", "metric", "cbr_target")
    return {
        (*(row[name] for name in names), float(row["snr_db"])): float(row["mean"])
        for row in read_points(folder)
        if row["channel"] == "awgn"
    }


def _worth(name: str, snr: float, seen: Seen) -> Worth:
    """Utilities of a service at an SNR."""
    if name == "show":
        plain = seen.tasks[PLAIN, "psnr", "0.03", snr]
        gain = seen.codes["akb_jscc", "psnr", "0.03", snr]
        gain -= seen.codes["ntscc", "psnr", "0.03", snr]
        best = seen.tasks["ntscc", "psnr", "0.03", snr] + gain
        return Worth((best - 20) / 20, (plain - 20) / 20)
    if name in MEASURED:
        transmitter, *where = MEASURED[name]
        return Worth(*(seen.tasks[t, *where, snr] for t in (transmitter, PLAIN)))
    return AGREEMENT[name]
