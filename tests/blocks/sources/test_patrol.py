"""A patrol shows its sites in turn, each in its order."""

import numpy as np
import pytest
from PIL import Image

from blocks.sources.patrol import build
from semlink.errors import InputError


@pytest.fixture
def clips(tmp_path):
    for site, level in (("a", 10), ("b", 100)):
        (tmp_path / site).mkdir()
        for frame in range(3):
            picture = np.full((16, 16 + level // 10, 3), level + frame, np.uint8)
            Image.fromarray(picture).save(tmp_path / site / f"{frame:05}.png")
    return tmp_path


def test_sites_take_turns(clips):
    source = build(str(clips), rounds=3)
    assert [s.data[0, 0, 0] for s in source] == [10, 100, 11, 101, 12, 102]
    assert source[3].name == "b/00001.png"
    assert [s.index for s in source] == list(range(6))


def test_sites_are_chosen_in_the_order_given(clips):
    source = build(str(clips), sites="b+a", rounds=1)
    assert [s.name for s in source] == ["b/00000.png", "a/00000.png"]


def test_frames_of_all_sites_are_cut_to_one_size(clips):
    wide = np.arange(16 * 26 * 3, dtype=np.uint8).reshape(16, 26, 3)
    Image.fromarray(wide).save(clips / "b" / "00000.png")
    source = build(str(clips), rounds=2, alike=True)
    assert {s.data.shape for s in source} == {(16, 17, 3)}  # those of site a
    np.testing.assert_array_equal(source[1].data, wide[:, 4:21])


def test_a_frame_that_is_smaller_than_the_first_ones_is_named(clips):
    small = np.zeros((16, 16, 3), np.uint8)
    Image.fromarray(small).save(clips / "a" / "00001.png")
    source = build(str(clips), rounds=2, alike=True)
    with pytest.raises(InputError, match="frame a/00001.png must have .* got 16x16"):
        source[2]


@pytest.mark.parametrize(("more", "said"), [
    ({"rounds": 4}, "site a must have 4 frames, one a round, got 3"),
    ({"sites": "a+c"}, "folder must exist, got .*c'"),
])  # fmt: skip
def test_what_is_missing_is_said_in_one_line(clips, more, said):
    with pytest.raises(InputError, match=said):
        build(str(clips), **more)
