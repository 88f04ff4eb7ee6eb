"""Fresh processes, which know nothing of this one.

A script gets an object and gives another one, both pickled; arguments are their files.
"""

import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from semlink.errors import InputError

ENVIRONMENT = dict(os.environ)  # before a component could leave something there
SEED = "PYTHONHASHSEED"  # of the hashes of texts


def elsewhere(script: str, given: Any, must: str) -> Any:
    """What a script makes of an object in a process with other hashes of texts.

    Parameters
    ----------
    script : name of its module
    given : goes there
    must : what a failure is a breach of

    Raises
    ------
    InputError
        The script failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        given_at, made_at = Path(folder, "given"), Path(folder, "made")
        given_at.write_bytes(pickle.dumps(given))
        path = os.pathsep.join(part or os.getcwd() for part in sys.path)
        seed = "2" if ENVIRONMENT.get(SEED) == "1" else "1"
        done = subprocess.run(
            [sys.executable, "-m", script, str(given_at), str(made_at)],
            env={**ENVIRONMENT, "PYTHONPATH": path, SEED: seed},
            capture_output=True,
            text=True,
        )
        if done.returncode or not made_at.exists():
            last = done.stderr.strip().splitlines()[-1:] or ["no output"]
            raise InputError(f"{must}, got {last[0]}")
        return pickle.loads(made_at.read_bytes())


def serve(make: Callable[[Any], Any]) -> None:
    """Be such a script: read what is given, write what is made, or exit with why."""
    given_at, made_at = map(Path, sys.argv[1:])
    try:
        made_at.write_bytes(pickle.dumps(make(pickle.loads(given_at.read_bytes()))))
    except Exception as error:  # a component may raise anything
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{frame.filename}:{frame.lineno}"
        sys.exit(" ".join(f"{type(error).__name__}: {error} at {where}".split()))
