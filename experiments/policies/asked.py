"""What a training run of the channel knowledge base is asked to do."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """Everything that decides what a policy comes out as.

    data : folder of photos
    model : always ``channel_kb``
    weights : folder of the codec's weights
    contexts : file that ``make kb-embed`` wrote for the photos
    iterations : episodes, each of a batch of pictures
    every : iterations between validations, and states on disk
    pictures : pictures of an episode
    crop : their side in pixels
    learning_rate : learning rate of PPO
    seed : root of all randomness
    """

    data: str
    model: str = "channel_kb"
    weights: str = "blocks/nn/akb_jscc_base"
    contexts: str = ""
    iterations: int = 400
    every: int = 50
    pictures: int = 8
    crop: int = 256
    learning_rate: float = 1e-3
    seed: int = 1
