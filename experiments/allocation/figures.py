"""Figures of the allocation studies."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt

from experiments.allocation.results import Row, each, gaps
from experiments.figures.canvas import save

LEAST = 1e-2  # smallest gap on a logarithmic axis [%]


def draw_power(rows: Sequence[Row], path: Path) -> Path:
    """Draw gaps over the number of users, one panel for each SNR."""
    snrs, users = each(rows, "snr_db"), each(rows, "users")
    names = [name for name in each(rows, "policy") if name != "optimum"]
    figure, axes = plt.subplots(
        1,
        len(snrs),
        figsize=(11, 3.6),
        sharey=True,
        squeeze=False,
        layout="constrained",
        dpi=120,
    )
    for place, snr_db in zip(axes[0], snrs, strict=True):
        for name in names:
            which = {"snr_db": snr_db, "policy": name}
            mean, half = zip(
                *(gaps(rows, users=k, **which) for k in users), strict=True
            )
            # an interval that reaches 0 ends at the axis
            low = [max(min(h, m - LEAST), 0) for m, h in zip(mean, half, strict=True)]
            place.errorbar(users, mean, (low, half), marker="o", capsize=2, label=name)
        place.set(xscale="log", yscale="log", xlabel="users K", xticks=users)
        place.set_xticks(users, map(str, users))
        place.minorticks_off()
        place.yaxis.set_major_formatter("{x:g}")
        place.set_title(f"mean SNR {snr_db:g} dB", fontsize=9)
        place.grid(alpha=0.3)
    axes[0, 0].set_ylabel("weighted distortion\nabove the optimum [%]")
    axes[0, -1].legend(fontsize=7)
    return save(figure, path)


def draw_joint(rows: Sequence[Row], path: Path) -> Path:
    """Draw the gap of each policy, one panel for each case."""
    cases = each(rows, "case")
    figure, axes = plt.subplots(
        1,
        len(cases),
        figsize=(13, 3.2),
        squeeze=False,
        layout="constrained",
        dpi=120,
    )
    for place, case in zip(axes[0], cases, strict=True):
        own = [row for row in rows if row.case == case]
        names = [name for name in each(own, "policy") if name != "optimum"]
        mean, half = zip(*(gaps(own, policy=name) for name in names), strict=True)
        place.barh(names[::-1], mean[::-1], xerr=half[::-1], capsize=2, color="C0")
        place.set_xlim(left=0)
        place.set_title(case, fontsize=9)
        place.set_xlabel("QoS below the optimum [%]", fontsize=8)
        place.tick_params(labelsize=7)
        place.grid(alpha=0.3, axis="x")
    return save(figure, path)
