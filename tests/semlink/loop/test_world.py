"""The world: frames in order, events, shadowing, acts."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from semlink.loop.world import Event, Shadowing, Steps, World, WorldConfig
from semlink.rng import Seeds
from semlink.signals import Sample


class Numbers:
    """A source of seven numbers."""

    modality = "signal"

    def __len__(self):
        return 7

    def __getitem__(self, index):
        return Sample(np.float32([index]), "signal", 1, index, str(index))


def world(seed: int = 1, **config) -> World:
    return World(WorldConfig(**config), Numbers(), Seeds(seed))


def shown(world: World) -> list[int]:
    return [world.frame(number).sample.index for number in range(len(world))]


def test_a_stream_goes_round_in_order():
    assert shown(world(frames=10)) == [0, 1, 2, 3, 4, 5, 6, 0, 1, 2]


def test_a_shuffled_world_shows_every_sample_once_a_round():
    found = shown(world(frames=14, order="shuffled"))
    assert sorted(found[:7]) == sorted(found[7:]) == list(range(7))
    assert found != shown(world(seed=2, frames=14, order="shuffled"))


def test_an_act_shows_a_scene_once_more():
    here = world(frames=5)
    assert here.frame(1).sample.index == 1
    here.stay()
    assert [here.frame(n).sample.index for n in (2, 3, 4)] == [1, 2, 3]


def test_events_hold_from_their_frame_on():
    events = [
        Event(frame=2, step_db=-5, load=0.5),
        Event(frame=4, step_db=3),
        Event(frame=3, says="hello"),
    ]
    here = world(frames=6, snr_db=10, period_slots=4, events=events)
    assert [here.snr_db(4 * n) for n in range(6)] == [10, 10, 5, 5, 13, 13]
    assert [here.frame(n).load for n in range(6)] == [0, 0, 0.5, 0.5, 0.5, 0.5]
    assert [here.frame(n).says for n in range(6)] == [None] * 3 + ["hello"] + [None] * 2


def test_shadowing_has_its_deviation_and_its_memory():
    shadowing = Shadowing(std_db=4, frames=5)
    here = world(frames=40_000, snr_db=0, period_slots=1, shadowing=shadowing)
    path = np.array([here.snr_db(slot) for slot in range(40_000)])
    assert np.std(path) == pytest.approx(4, rel=0.05)
    assert np.corrcoef(path[:-5], path[5:])[0, 1] == pytest.approx(np.exp(-1), abs=0.03)


@pytest.mark.parametrize(
    "wrong", [{"frames": 0}, {"period_slots": 0}, {"order": "backwards"}, {"snr": 3}]
)
def test_wrong_worlds_are_refused(wrong):
    with pytest.raises(ValidationError):
        WorldConfig(**wrong)


def test_steps_are_uniform_levels_that_last():
    steps = Steps(least_db=-10, most_db=10, frames=5)
    here = world(frames=2000, snr_db=10, period_slots=1, steps=steps)
    levels = np.reshape([here.snr_db(n) for n in range(2000)], (-1, 5))
    assert np.ptp(levels, axis=1).max() == 0
    assert stats.kstest(levels[:, 0], "uniform", (0, 20)).pvalue > 0.01


def test_steps_rise():
    with pytest.raises(ValidationError, match=r"at most most_db, 2, got 3"):
        Steps(least_db=3, most_db=2)
