"""The quality search finds the best quality for any codec."""

from functools import partial
from threading import Barrier

import numpy as np
import pytest

from baselines.separated.rate_search import (
    LONGEST_SIDE,
    Between,
    Files,
    highest,
    search_quality,
)
from blocks.budget_search import Cost, Member
from semlink.errors import Infeasible, InputError
from semlink.protocols import Budget
from semlink.signals import IMAGE, Sample


class Curve:
    """A codec whose files have a size and nothing else."""

    def __init__(self, size, quality_range=(0.0, 100.0), quality_step=0.01):
        self.quality_range = quality_range
        self.quality_step = quality_step
        self._size = size
        self.calls = 0

    def encode(self, image, quality):
        self.calls += 1
        return bytes(int(self._size(quality, image)))


class Beside(Curve):
    """A concurrent codec, of which two must run at once."""

    concurrent = True

    def __init__(self, size):
        super().__init__(size)
        self._both = Barrier(2, timeout=20)

    def encode(self, image, quality):
        self._both.wait()
        return super().encode(image, quality)


CURVES = {
    "exponential": lambda q, image: 100 * np.exp(q / 20),
    "linear": lambda q, image: 100 + 90 * q,
    "flat, then steep": lambda q, image: 100 + (q / 25) ** 8,
    "steps": lambda q, image: 100 * 2 ** (q // 10),
    "wavy": lambda q, image: 100 * np.exp(q / 20) * (1 + 0.02 * np.sin(40 * q)),
    "by image": lambda q, image: (100.0 + image[0, 0, 0]) * np.exp(q / 20),
}


def images(count: int, side: int = 20) -> list[Sample]:
    return [
        picture(np.full((side, side, 3), 40 * i, np.uint8), i) for i in range(count)
    ]


def picture(image: np.ndarray, index: int = 0) -> Sample:
    return Sample(image, IMAGE, image.size, index, f"{index}")


def budget(cbr: float, mode: str = "average") -> Budget:
    return Budget(cbr, mode, None)


def searching(codec, overhead: int = 0):
    """A search that remembers sizes, as a transmitter has it: its qualities."""
    files = Files(codec)

    def cost(member, setting):
        return Cost(files.size(member, setting.quality) + overhead)

    def qualities(source, budget):
        plan = search_quality(source, budget, codec, lambda *_: "any", cost)
        assert {setting.scheme for _, setting in plan.each} == {"any"}
        return [plan.of(sample).quality for sample in source]

    return qualities


@pytest.mark.parametrize("mode", ["average", "per_image"])
@pytest.mark.parametrize("step", [0.01, 1])
@pytest.mark.parametrize("name", CURVES)
def test_budget_is_kept_and_one_step_more_is_not(name, step, mode):
    codec, source = Curve(CURVES[name], quality_step=step), images(3)
    for cbr in (0.2, 1.0, 5.0):
        qualities = searching(codec)(source, budget(cbr, mode))
        pairs = list(zip(source, qualities, strict=True))
        size = [len(codec.encode(s.data, q)) / s.values for s, q in pairs]
        more = [len(codec.encode(s.data, q + step)) / s.values for s, q in pairs]
        if mode == "average":
            size, more = np.mean(size), np.mean(more)
        assert np.all(np.array(size) <= cbr)
        best = np.array(qualities) == 100
        close = np.array(size) > 0.995 * cbr
        assert np.all(best | close | (np.array(more) > 0.999 * cbr))


@pytest.mark.parametrize("mode", ["average", "per_image"])
def test_concurrent_codecs_run_at_once(mode, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    pair = [
        images(1)[0]._replace(data=np.full((20, 20, 3), i, np.uint8), index=i)
        for i in range(2)
    ]
    size = CURVES["exponential"]
    found = searching(Beside(size))(pair, budget(1.0, mode))
    assert found == searching(Curve(size))(pair, budget(1.0, mode))


def test_few_files_are_tried():
    for name in ("exponential", "linear", "by image"):
        codec = Curve(CURVES[name])
        searching(codec)(images(1), budget(1.0))
        assert codec.calls <= 16


def test_another_budget_tries_few_more():
    codec = Curve(CURVES["exponential"])
    search = searching(codec)
    search(images(1, side=100), budget(0.3))
    calls = codec.calls
    search(images(1, side=100), budget(0.31))
    assert codec.calls <= calls + 2


def test_a_file_of_the_search_is_not_coded_again():
    codec, (sample,) = Curve(CURVES["exponential"]), images(1)
    files = Files(codec)
    member = Member(0, "0", 1200, (20, 20, 3), "key", 99, 99, lambda: sample)
    assert files.size(member, 3.0) == len(files.encode(sample, 3.0)) == 116
    assert codec.calls == 1


def test_sizes_between_two_files_are_estimated():
    codec, (sample,) = Curve(CURVES["exponential"]), images(1)
    files = Files(codec)
    member = Member(0, "0", 1200, (20, 20, 3), "key", 99, 99, lambda: sample)
    low, high = files.size(member, 20.0), files.size(member, 60.0)
    assert files.size(member, Between(20.0, 60.0, 0.25)) == round(
        low**0.75 * high**0.25
    )
    assert codec.calls == 2


def test_no_file_is_tried_twice():
    """Not even where other pictures were searched between."""
    codec, source = Curve(CURVES["exponential"]), images(2)
    search = searching(codec)
    first = search(source, budget(1.0))
    search(images(3), budget(1.0))
    calls = codec.calls
    assert search(source, budget(1.0)) == first
    assert codec.calls == calls


def test_other_images_are_not_taken_for_the_first_ones():
    codec = Curve(CURVES["by image"])
    search = searching(codec)
    dark, bright = images(1), [images(3)[2]._replace(index=0, name="0")]
    (first,), (second,) = search(dark, budget(1.0)), search(bright, budget(1.0))
    assert [second] == searching(codec)(bright, budget(1.0))
    assert second < first


def test_whole_steps_are_whole_numbers():
    codec = Curve(CURVES["exponential"], quality_range=(0, 100), quality_step=1)
    (quality,) = searching(codec)(images(1), budget(0.7))
    assert isinstance(quality, int)


@pytest.mark.parametrize("cbr", [0.3, 0.7, 1.1, 2.9])
def test_whole_steps_of_part_of_a_set_use_the_budget(cbr):
    codec = Curve(CURVES["by image"], quality_range=(0, 100), quality_step=1)
    rng = np.random.default_rng(3)
    source = [
        picture(np.full((40, 40, 3), w, np.uint8), i)
        for i, w in enumerate(rng.integers(0, 255, 30))
    ]
    qualities = searching(codec)(source, budget(cbr))
    pairs = zip(source, qualities, strict=True)
    spent = np.mean([len(codec.encode(s.data, q)) / s.values for s, q in pairs])
    assert 0.995 * cbr <= spent <= cbr
    assert np.ptp(qualities) == 1


def test_best_quality_where_everything_fits():
    codec = Curve(CURVES["linear"])
    assert searching(codec)(images(2), budget(1e9)) == [100.0] * 2


@pytest.mark.parametrize("mode", ["average", "per_image", "causal"])
def test_infeasible_says_by_how_much(mode):
    search = searching(Curve(CURVES["linear"]))
    with pytest.raises(Infeasible, match=r"2\.00 times the budget"):
        search(images(1), budget(100 / 1200 / 2, mode))


def test_one_image_too_many_is_named():
    search = searching(Curve(CURVES["by image"]))
    with pytest.raises(Infeasible, match="of 2 is"):
        search(images(3), budget(150 / 1200, "per_image"))


def test_overhead_counts():
    source, search = images(1), partial(searching, Curve(CURVES["exponential"]))
    (plain,) = search()(source, budget(1.0))
    (with_header,) = search(overhead=300)(source, budget(1.0))
    assert with_header < plain


def test_what_no_codec_takes():
    wide = picture(np.zeros((1, LONGEST_SIDE + 1, 3), np.uint8))
    with pytest.raises(InputError, match=f"got {LONGEST_SIDE + 1}x1 in 0$"):
        searching(Curve(CURVES["linear"]))([wide], budget(1.0))


def test_an_estimated_jump_of_the_cost_does_not_end_the_search():
    """Estimated sizes give a slower scheme where the true ones do not."""

    def cost(quality: float) -> float:
        return 100 + quality if quality < 90 else 1000

    def estimate(low: float, high: float, share: float) -> float:
        return 1000

    found = highest(cost, Curve(cost), 185, "a picture", 0.999, estimate)
    assert 0.999 * 185 <= cost(found) <= 185
