"""What a frame is worth to a task, from 0 to 1."""

from semlink.loop.session import Values

# additive metric of each task, and its range from worthless to perfect
UTILITIES = {
    "reconstruction": ("psnr", 15.0, 40.0),
    "detection": ("f1", 0.0, 1.0),
    "vqa": ("answers", 0.0, 1.0),
    "classification": ("agreement", 0.0, 1.0),
}


def utility(task: str, values: Values) -> float:
    """Utility of a frame, 0 to 1, from the additive metric of its task."""
    name, worst, best = UTILITIES[task]
    total, count = values[name]
    value = total / count if count else worst
    return float(min(max((value - worst) / (best - worst), 0.0), 1.0))
