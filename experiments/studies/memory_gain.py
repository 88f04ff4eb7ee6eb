"""What a memory of sites is worth: PSNR at equal uses, and uses at equal PSNR.

    python -m experiments.studies.memory_gain CLIPS [--site NAME] [--frames N] ...

A frame is paired with itself: the same picture, the same noise, the same uses.
Successive frames differ little, so an interval is made of means of runs of frames. It
is one of further frames of this clip, not of other sites.
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from experiments.compose import catalogue
from experiments.failing import failing_in_one_line
from semlink.config import ComponentSpec, validate
from semlink.sweeps.link_trial import LinkTrial
from semlink.sweeps.sweep import Sweep

MEMORY = "site_memory"
RUN = 4  # frames whose mean counts as one value


def measured(
    source: str, transmitters: Sequence[str], cbrs: Sequence[float], snr_db: float
) -> dict[tuple[str, float], dict[str, float]]:
    """PSNR of every frame [dB], by transmitter and CBR, then by name of the frame."""
    settings = {
        "source": source,
        "transmitter": " ".join(transmitters),
        "channel": "awgn",
        "task": "reconstruction",
        "cbr": " ".join(map(str, cbrs)),
        "cbr_mode": "per_image",
        "snr_db": str(snr_db),
        "feedback": {"bits_per_use": 1},
    }
    trial = LinkTrial(validate(settings), catalogue())
    found = {}
    for point in Sweep(trial).points:
        values, spent = {}, []
        for index in range(trial.num_samples):
            judged = trial(point, index, 0).values
            total, count = judged["psnr"]
            values[trial.source[index].name] = total / count
            spent.append([judged[name][0] for name in ("cbr", "cbr_up", "outage")])
        label = point.setup.transmitter.label
        found[label, point.cbr] = values
        cbr, up, lost = np.mean(spent, axis=0)
        print(f"{label}: CBR {cbr:.5f}, up {up:.6f}, lost {lost:.3f}", file=sys.stderr)
    return found


def interval(values: np.ndarray) -> tuple[float, float]:
    """Mean, and half of its 95 % interval, by means of runs of frames."""
    runs = [part.mean() for part in np.array_split(values, max(len(values) // RUN, 2))]
    half = stdtrit(len(runs) - 1, 0.975) * np.std(runs, ddof=1) / np.sqrt(len(runs))
    return float(np.mean(values)), float(half)


def uses_at(psnr: float, cbrs: Sequence[float], curve: Sequence[float]) -> float:
    """CBR at which a code has a PSNR, by interpolation in its logarithm.

    ``nan`` outside of what was measured.
    """
    inside = curve[0] <= psnr <= curve[-1]
    return float(np.exp(np.interp(psnr, curve, np.log(cbrs)))) if inside else np.nan


def table(found: dict, against: str, cbrs: Sequence[float], site: str) -> str:
    """Markdown: the PSNR of each transmitter at each CBR, less that of one of them."""
    labels = list(dict.fromkeys(label for label, _ in found))
    lines = [f"| CBR | {against} | " + " | ".join(n for n in labels if n != against)]
    lines = [lines[0] + " |", "|---" * (1 + len(labels)) + "|"]
    for cbr in cbrs:
        base = _of(found[against, cbr], site)
        cells = [f"{base.mean():.2f}"]
        for label in (label for label in labels if label != against):
            mean, half = interval(_of(found[label, cbr], site) - base)
            cells.append(f"{mean:+.2f} ± {half:.2f}")
        lines.append(f"| {cbr:g} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def saved(found: dict, against: str, cbrs: Sequence[float], site: str) -> str:
    """Lines on the uses that a code without memory needs for the same PSNR."""
    curve = [float(_of(found[against, cbr], site).mean()) for cbr in cbrs]
    lines = []
    for cbr in cbrs:
        psnr = float(_of(found[MEMORY, cbr], site).mean())
        needed = uses_at(psnr, cbrs, curve)
        share = f"{1 - cbr / needed:.0%} saved" if needed == needed else "beyond"
        lines.append(f"{psnr:.2f} dB: CBR {cbr:g}, {against} {needed:.4f}, {share}")
    return "\n".join(lines)


def _of(values: dict[str, float], site: str) -> np.ndarray:
    """Values of the frames of a site, in order; of all, for an empty name."""
    return np.array([v for name, v in values.items() if name.startswith(site)])


def main(words: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clips", help="folder of clips, a folder of frames each")
    parser.add_argument("--site", default="street_surveillance")
    parser.add_argument("--others", default="", help="sites in between, joined by +")
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--cbr", type=float, nargs="+", default=[0.01, 0.02, 0.04])
    parser.add_argument("--snr-db", type=float, default=10.0)
    parser.add_argument("--against", default="linear_jscc[hybrid=true]")
    parser.add_argument("--controls", nargs="*", default=["site_memory[choice=none]"])
    chosen = parser.parse_args(words)
    sites = "+".join(filter(None, [chosen.site, chosen.others]))
    source = f"patrol:{chosen.clips}[sites={sites},rounds={chosen.frames},alike=yes]"
    labels = [chosen.against, MEMORY, *chosen.controls]
    found = measured(source, labels, chosen.cbr, chosen.snr_db)
    against = ComponentSpec.model_validate(chosen.against).label
    print(table(found, against, chosen.cbr, chosen.site))
    print(saved(found, against, chosen.cbr, chosen.site))


if __name__ == "__main__":
    with failing_in_one_line():
        main()
