"""Rayleigh block fading: flat, complex, constant over a block of symbols."""

from typing import Annotated

from pydantic import Field

from channels.flat import FlatFading, held


def build(coherence_length: Annotated[int, Field(gt=0)] = 168) -> FlatFading:
    """Build the channel: h ~ CN(0, 1), independent from block to block.

    Parameters
    ----------
    coherence_length : symbols per fade; 168 is an NR resource block of one slot
        (12 subcarriers, 14 OFDM symbols)
    """

    def gains(course, batch, num_symbols, start):
        def fades(blocks, first):
            return course.complex_normal("fading", (batch, blocks), first)

        return held(fades, coherence_length, num_symbols, start)

    return FlatFading(gains)
