"""What a training run is asked to do, and the files that it leaves.

Keras is not imported, so that ``--help`` is instant.
"""

from typing import NamedTuple

# in the folder of a run: the recipe; every variable, and the averages, after the last
# whole epoch
CONFIG, STATE, WEIGHTS = "config.json", "state.npz", "model.weights.h5"
KLT = "baselines/linear_jscc.npz"


class Recipe(NamedTuple):
    """Everything that decides what a run's weights come out as.

    model : networks to train, ``ntscc`` or ``akb_jscc``
    profile : their size: tiny, small, small_wide, small_deep, base or large
    data : folder of photos
    channel : channel between them, ``awgn`` or ``rayleigh``
    entropy_epochs : epochs of the first stage, which fits the entropy model
    joint_epochs : epochs of the second stage, which trains all networks
    steps : steps of an epoch
    batch_size : crops of a step
    crop : side of a crop of the joint stage, in pixels
    learning_rate : peak of the joint stage; the entropy stage takes three times it
    precision : Keras dtype policy, ``float32`` or ``mixed_bfloat16``
    seed : root of all randomness
    klt : file with the KLT that the linear paths start at
    start : file of weights that this run starts at, or nothing
    contexts : file of the photos' embeddings that ``make kb-embed`` wrote, for the
        models that attend to them
    objective : of the joint stage: joint, ms_ssim, psnr, psnr_ms_ssim or level_power
    """

    model: str
    profile: str
    data: str
    channel: str = "awgn"
    entropy_epochs: int = 10
    joint_epochs: int = 60
    steps: int = 400
    batch_size: int = 8
    crop: int = 128
    learning_rate: float = 3e-4
    precision: str = "float32"
    seed: int = 1
    klt: str = KLT
    start: str = ""
    contexts: str = ""
    objective: str = "joint"
