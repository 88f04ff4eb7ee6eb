"""Options of a training run of the channel knowledge base."""

from typing import NamedTuple


class Recipe(NamedTuple):
    """Everything that determines a trained policy.

    data : folder of photos: 8 at least, 96 or more for a validation without repeats
    model : always ``channel_kb``
    weights : folder of the codec's weights
    contexts : file of the photos' embeddings, written by ``make kb-embed``; empty for
        a codec without a context
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
