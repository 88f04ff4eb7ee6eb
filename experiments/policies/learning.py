"""Learning curves of the channel knowledge base, for one or several seeds."""

import csv
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from experiments.figures.canvas import save

STAGE = "ppo"
FIGURE = "learning.png"


def draw_learning(folders: Sequence[Path], path: Path) -> Path:
    """Draw reward, gain at equal CBR and dimensions spent over the episodes of runs.

    Parameters
    ----------
    folders : folders of the runs
    path : path of the figure
    """
    runs = [_columns(folder / f"{STAGE}.csv") for folder in folders]
    gains = [name for name in runs[0] if name.startswith("gain_") and "dB" in name]
    names, labels = [folder.name for folder in folders], []
    figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained", dpi=120)
    for run in runs:
        axes[0].plot(run["epoch"], run["reward"])
        axes[2].plot(run["epoch"], run["spent"])
    for i, name in enumerate(gains):
        values = np.array([run[name] for run in runs])
        labels.append(name.removeprefix("gain_").replace("dB", " dB"))
        axes[1].plot(runs[0]["epoch"], values.mean(axis=0), color=f"C{i}")
        low, high = values.min(axis=0), values.max(axis=0)
        axes[1].fill_between(runs[0]["epoch"], low, high, color=f"C{i}", alpha=0.2)
    titles = (
        "reward of actions drawn [dB]",
        "likeliest actions: PSNR minus the preset's\nat equal CBR [dB], held-out crops",
        "dimensions of actions drawn, over the preset's",
    )
    keys = names, labels, names
    for place, title, key in zip(axes, titles, keys, strict=True):
        place.set_title(title, fontsize=9)
        place.set_xlabel("batches of episodes")
        place.grid(alpha=0.3)
        place.legend(place.lines, key, fontsize=7)
    return save(figure, path)


def _columns(path: Path) -> dict[str, np.ndarray]:
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != "stage"]
    return {name: np.array([float(row[name]) for row in rows]) for name in names}
