"""Qualities between two whole quantisation parameters (QP), by offsets of chroma."""

SHARES = 7  # qualities of a QP


def parameters(quality: int, coarsest: int, least: int) -> tuple[int, int, int]:
    """QP of luma, and how far those of Cb and Cr lie below it.

    Between two QPs, those of Cb and Cr fall in turn, by three in all, so that a step of
    quality changes a file by a part of what a QP does.

    Parameters
    ----------
    quality : whole number from 0
    coarsest : QP of luma at quality 0
    least : smallest offset
    """
    step, share = divmod(quality, SHARES)
    return coarsest - step, least + (share + 1) // 2, least + share // 2
