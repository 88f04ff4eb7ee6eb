"""Options of a training run, and the files of its folder.

Does not import Keras, so ``--help`` is instant.
"""

from typing import NamedTuple

# files of a run: the recipe; all variables, and the averaged weights, after the last
# complete epoch
CONFIG, STATE, WEIGHTS = "config.json", "state.npz", "model.weights.h5"
KLT = "blocks/linear/model.npz"


class Recipe(NamedTuple):
    """Everything that determines the trained weights.

    model : networks to train, ``ntscc`` or ``akb_jscc``
    profile : their size: tiny, small, small_wide, small_deep, base or large
    data : folder of photos: 8 at least, 96 or more for a validation without repeats
    channel : training channel, ``awgn`` or ``rayleigh``
    entropy_epochs : epochs of the first stage, which fits the entropy model
    joint_epochs : epochs of the second stage, which trains all networks
    steps : steps of an epoch
    batch_size : crops of a step
    crop : side of a crop of the joint stage, in pixels
    learning_rate : peak of the joint stage; the entropy stage uses three times as much
    precision : Keras dtype policy, ``float32`` or ``mixed_bfloat16``
    seed : root of all randomness
    klt : file with the initial KLT of the linear paths
    start : file of initial weights; empty: the KLT of the photos
    contexts : file of the photos' embeddings, written by ``make kb-embed``, for models
        with a context
    objective : of the joint stage: joint, ms_ssim (best in both metrics, see
        docs/training.md), psnr, psnr_ms_ssim or level_power
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
