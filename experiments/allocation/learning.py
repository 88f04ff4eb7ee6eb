"""Has agents of TF-Agents trained in a process of its own.

TF-Agents needs Keras 2 under ``tf.keras``, which can be chosen once per process. That
process gives back weights; networks run in NumPy here.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from experiments.allocation.cases import Job
from experiments.allocation.learned import Weights
from semlink.errors import InputError

ROOT = Path(__file__).parents[2]
FORCED = {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}
COMMAND = (sys.executable, "-W", "ignore", "-m", "experiments.allocation.agents")


def learnt(job: Job) -> dict[int, dict[str, Weights]]:
    """Weights by seed and by "STUDY NETWORK".

    Raises
    ------
    InputError
        TF-Agents is not installed.
    RuntimeError
        The training failed.
    """
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    added = {**FORCED, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.npz"
        words = [*COMMAND, json.dumps(job._asdict()), str(path)]
        done = subprocess.run(
            words, env=os.environ | added, capture_output=True, text=True
        )
        if "No module named 'tf_agents'" in done.stderr:
            raise InputError(
                "agents need TF-Agents (pip install semlink[agents]), got none"
            )
        if done.returncode:
            raise RuntimeError(done.stderr)
        with np.load(path) as file:
            return _grouped({name: file[name] for name in file.files})


def _grouped(arrays: dict[str, np.ndarray]) -> dict[int, dict[str, Weights]]:
    """Arrays named SEED/STUDY NETWORK/NUMBER, in order, by seed and network."""
    found: dict[int, dict[str, list]] = {}
    for name, array in arrays.items():
        seed, network, _ = name.split("/")
        found.setdefault(int(seed), {}).setdefault(network, []).append(array)
    return found
