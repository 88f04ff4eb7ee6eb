"""Decodes signals received by another process, and saves the estimates.

Nothing is sent here: a pair is built from its word alone. Arguments: what was received,
where the estimates go.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

from experiments.compose import catalogue
from semlink.checking.pairs import Heard, replayed
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.signals import Estimate, RxSignal

SCRIPT = "experiments.checking.replay"
ENVIRONMENT = dict(os.environ)  # before a transmitter could leave something there


def elsewhere(courses: Mapping[str, Sequence[Heard]]) -> dict[str, list[Estimate]]:
    """Estimates of a fresh process for the same signals, by the words of pairs.

    Raises
    ------
    InputError
        A receiver does not work there.
    """
    plain = {
        word: [(h.query, [tuple(rx) for rx in h.signals], h.reported) for h in course]
        for word, course in courses.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder, "received"), Path(folder, "estimates")
        given.write_bytes(pickle.dumps(plain))
        path = os.pathsep.join(part or os.getcwd() for part in sys.path)
        done = subprocess.run(
            [sys.executable, "-m", SCRIPT, str(given), str(made)],
            env={**ENVIRONMENT, "PYTHONPATH": path},
            capture_output=True,
            text=True,
        )
        if done.returncode or not made.exists():
            last = done.stderr.strip().splitlines()[-1:] or ["no output"]
            must = "a receiver must work in a process where nothing was sent"
            raise InputError(f"{must}, got {last[0]}")
        estimates = pickle.loads(made.read_bytes())
    return {word: [Estimate(*e) for e in course] for word, course in estimates.items()}


def main(received_at: Path, estimates_at: Path) -> None:
    """Replay the courses of all pairs."""
    estimates = {}
    for word, course in pickle.loads(received_at.read_bytes()).items():
        spec = ComponentSpec.model_validate(word)
        heard = [
            Heard(query, tuple(RxSignal(*s) for s in signals), reported)
            for query, signals, reported in course
        ]
        made = replayed(lambda spec=spec: _fresh(spec), heard)
        estimates[word] = [tuple(estimate) for estimate in made]
    estimates_at.write_bytes(pickle.dumps(estimates))


def _fresh(spec: ComponentSpec):
    return catalogue().build("transmitter", spec)


def _last_line(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{frame.filename}:{frame.lineno}"
    return " ".join(f"{type(error).__name__}: {error} at {where}".split())


if __name__ == "__main__":
    try:
        main(*map(Path, sys.argv[1:]))
    except Exception as error:  # a component may raise anything
        sys.exit(_last_line(error))
