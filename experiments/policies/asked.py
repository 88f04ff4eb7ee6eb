"""Options of a training run of the channel knowledge base."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """Everything that determines a trained policy.

    data : folder of photos
    model : always ``channel_kb``
    weights : folder of the codec's weights
    contexts : file written by ``make kb-embed`` for the photos
    iterations : episodes, each of a batch of pictures
    every : iterations between validations and saved states
    pictures : pictures of an episode
    crop : side of a crop, in pixels
    learning_rate : learning rate of PPO
    seed : root of all randomness
    importance : component whose map weights the errors in rewards; ``none``: all alike
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
    importance: str = "none"
