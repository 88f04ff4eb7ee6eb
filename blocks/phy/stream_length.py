"""Lengths of streams of side information, filler included."""

from blocks.phy.bicm import CRC_BITS, LONGEST
from blocks.phy.mcs import LENGTHS

SHORTEST = LENGTHS[0] - CRC_BITS  # bits of a stream; error rates of fewer are unknown
LENGTHS_PER_OCTAVE = 8  # lengths of streams; as many as there are lifting sizes
LONG_STEP = 128  # bits between the lengths of code blocks of longer streams


def filled(num_bits: int) -> int:
    """Number of bits with filler, to limit the number of lengths of code blocks.

    Every length needs a code of its own (``blocks/phy/ldpc.py``). A stream of one block
    has 4 % more on average, a longer one 1 %.
    """
    num_bits = max(num_bits, SHORTEST)
    num_blocks = -(-num_bits // (LONGEST - CRC_BITS))
    if num_blocks > 1:
        length = -(-num_bits // num_blocks) + CRC_BITS
        return num_blocks * (-(-length // LONG_STEP) * LONG_STEP - CRC_BITS)
    step = 2 ** max(num_bits.bit_length() - LENGTHS_PER_OCTAVE.bit_length(), 0)
    return min(-(-num_bits // step) * step, LONGEST - CRC_BITS)
