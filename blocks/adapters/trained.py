"""What a bandit knew at the end of its training: banks by task, in one file."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from blocks.adapters.features import NUM_FEATURES
from blocks.adapters.linear_bandit import Bank
from semlink.errors import InputError
from semlink.loop.agents import Arm
from semlink.store.files import write_whole

NAMES = "transmitters"
PARTS = ("arms", "a", "b")


class Trained(NamedTuple):
    """Banks of the arms of these transmitters.

    names : transmitters, whose places the arms have
    banks : by task
    """

    names: tuple[str, ...]
    banks: Mapping[str, Bank]

    def among(self, names: Sequence[str]) -> dict[str, Bank]:
        """Banks by the places of a session's transmitters; others are left out."""
        place = {old: names.index(n) for old, n in enumerate(self.names) if n in names}
        return {task: _moved(bank, place) for task, bank in self.banks.items()}

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        arrays = {
            f"{task}.{part}": np.asarray(getattr(bank, part))
            for task, bank in self.banks.items()
            for part in PARTS
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{NAMES: np.array(self.names)}, **arrays)
        write_whole(path, buffer.getvalue())


def read(path: Path) -> Trained:
    """Read banks.

    Raises
    ------
    InputError
        The file cannot be read, or holds no banks.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        names = tuple(held.pop(NAMES).tolist())
        tasks = dict.fromkeys(key.partition(".")[0] for key in held)
        banks = {task: _bank(*(held[f"{task}.{p}"] for p in PARTS)) for task in tasks}
    except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        must = "a file of trained banks"
        raise InputError(
            f"bandit.start must be {must} ({reason}), got {path}"
        ) from None
    return Trained(names, banks)


def _bank(arms: np.ndarray, a: np.ndarray, b: np.ndarray) -> Bank:
    n, d = len(arms), NUM_FEATURES
    if (arms.shape, a.shape, b.shape) != ((n, 2), (n, d, d), (n, d)):
        raise ValueError("shapes")
    return Bank(tuple(Arm(int(t), int(uses)) for t, uses in arms), a, b)


def _moved(bank: Bank, place: Mapping[int, int]) -> Bank:
    """A bank whose arms have other places; those without one are left out."""
    kept = [row for row, arm in enumerate(bank.arms) if arm.transmitter in place]
    arms = (bank.arms[row] for row in kept)
    moved = tuple(Arm(place[arm.transmitter], arm.uses) for arm in arms)
    return Bank(moved, bank.a[kept], bank.b[kept])
