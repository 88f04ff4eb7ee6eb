"""What a run on a lent accelerator is asked to do."""

from typing import NamedTuple


class Asked(NamedTuple):
    """What a run is asked to do.

    pack : folder that make device-pack filled
    seconds : time of the whole run
    spare : seconds of it that are kept to validate and to write files at the end
    objective : of the joint stage: joint, ms_ssim, psnr, psnr_ms_ssim or level_power
    batches : batch sizes to try, with commas between
    trial : seconds that their trial takes
    crop : side of a crop, in pixels
    learning_rate : peak of the learning rate
    precision : Keras dtype policy, ``float32`` or ``mixed_bfloat16``
    seed : root of all randomness
    checked : crops of the validation
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
