"""Options of a run on a remote accelerator."""

from typing import NamedTuple


class Asked(NamedTuple):
    """Options of a run on a remote accelerator.

    pack : folder written by make device-pack
    seconds : time of the whole run
    spare : seconds reserved at the end for validation and output
    objective : of the joint stage: joint, ms_ssim, psnr, psnr_ms_ssim or level_power
    batches : batch sizes to try, separated by commas
    trial : seconds for their trial
    crop : side of a crop, in pixels
    learning_rate : peak of the learning rate
    precision : Keras dtype policy, ``float32`` or ``mixed_bfloat16``
    seed : root of all randomness
    checked : number of validation crops
    """

    pack: str
    seconds: float = 560.0
    spare: float = 30.0
    objective: str = "ms_ssim"
    batches: str = "16,32,64"
    trial: float = 20.0
    crop: int = 256
    learning_rate: float = 6e-4
    precision: str = "mixed_bfloat16"
    seed: int = 1
    checked: int = 24
