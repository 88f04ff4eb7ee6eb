"""The inverse KLT of 16x16 blocks alone, without the networks."""

from blocks.learned.ends import Restorer


def build() -> Restorer:
    """Build the restorer."""
    return lambda codec, y, whitened, log_error, smooth, tokens: (
        codec.synthesis.linear_only(y, smooth)
    )
