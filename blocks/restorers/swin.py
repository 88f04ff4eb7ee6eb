"""The trained synthesis of the codec: KLT, convolutions and Swin blocks."""

from blocks.learned.ends import Restorer


def build() -> Restorer:
    """Build the restorer."""
    return lambda codec, *received: codec.synthesis(*received)
