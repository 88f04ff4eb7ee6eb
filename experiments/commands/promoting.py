"""``make promote``: dispatches the weights of a run by its model."""

import json
from pathlib import Path

from experiments.policies import promote as policies
from experiments.training import promote as codecs
from experiments.training.recipe import CONFIG
from experiments.training.trainer import WEIGHTS
from semlink.errors import InputError


def promote(run: Path, note: str) -> Path:
    """Ship the weights of a training run; gives their folder.

    Parameters
    ----------
    run : folder of the run
    note : first text of the model card

    Raises
    ------
    InputError
        There is no trained run in the folder, or it has parts that a codec lacks.
    """
    if not (run / WEIGHTS).is_file() or not (run / CONFIG).is_file():
        raise InputError(f"no trained run in {run}")
    model = json.loads((run / CONFIG).read_text("utf-8"))["model"]
    promoters = {policies.MODEL: policies.promote_policy}
    return promoters.get(model, codecs.promote)(run, note)
