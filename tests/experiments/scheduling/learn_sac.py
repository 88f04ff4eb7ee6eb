"""SAC-Lagrangian where Keras is what TF-Agents needs: run as a program."""

import os
import sys
from pathlib import Path

os.environ |= {"TF_USE_LEGACY_KERAS": "1", "KERAS_BACKEND": "tensorflow"}

import numpy as np

from blocks.schedulers.sac_lagrangian import OUTPUTS, network
from experiments.scheduling import traffic
from experiments.scheduling.asked import TrainSac
from experiments.scheduling.cells import Cells
from experiments.scheduling.learning import sac


def main(path: Path) -> None:
    """Actions of an actor after some learning, and those of its export."""
    sac.FEWEST = 512
    asked = TrainSac(Path("."), users=4)
    learner, again = sac.Learner(asked), sac.Learner(asked)
    actor = learner.agent._actor_network
    before = actor.body.exported(OUTPUTS)
    gained, repeated = learner.batch(0.5), again.batch(0.5)
    seen = Cells(traffic.cell(4, 20)).reset(range(5))
    net = network()
    net.set_weights(actor.body.exported(OUTPUTS))
    drawn = np.array([actor(seen)[0].sample() for _ in range(200)])
    np.savez(
        path,
        actor=np.asarray(actor(seen)[0].mode()).reshape(5, 4, OUTPUTS),
        exported=np.tanh(net(seen.astype(np.float64)).numpy()),
        moved=max(
            np.abs(a - b).max()
            for a, b in zip(before, actor.body.exported(OUTPUTS), strict=True)
        ),
        gained=gained,
        repeated=repeated,
        spread=drawn.std(axis=0),
        range=[drawn.min(), drawn.max()],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
