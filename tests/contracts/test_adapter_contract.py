"""Every adapter keeps its contract."""

import pickle
import random
from typing import Any

import numpy as np
import pytest

from blocks.adapting import ADAPTERS
from semlink.loop.agents import Adapter, Arm, Context, Heard, Setting
from semlink.signalling.messages import Grant, Report, TaskProfile

LADDER = [{"from_db": 0, "transmitter": 0}, {"from_db": 8, "transmitter": 2}]
PARAMS = {"thresholds": {"table": {"reconstruction": LADDER, "vqa": LADDER}}}
ARMS = tuple(Arm(t, n) for t in range(3) for n in (1_000, 5_000, 20_000))
PROFILES = (
    TaskProfile(retransmissions=2),
    TaskProfile(task="vqa", priority=3, deadline_ms=40.0, uses=6_000),
)
START = 1_000_000  # slot of the first frame

every = pytest.mark.parametrize("name", ADAPTERS.names())


def made(name: str) -> Adapter:
    adapter = ADAPTERS.build(name, **PARAMS.get(name, {}))
    if ADAPTERS.is_oracle(name):
        return adapter.knows(lambda context: [arm.uses for arm in context.arms])
    return adapter


def contexts(frames: int, varied: bool = False):
    """Contexts of a session with steps, silence, another profile, and costs.

    Reports name the arms that were given to them with ``send``; varied arms have other
    channel uses in each frame.
    """
    rng, state_db, silent, last = np.random.default_rng(1), None, 0, None
    for frame in range(frames):
        heard = ()
        if last is not None and rng.random() < 0.6 and frame % 40 < 25:
            state_db = int(rng.integers(-16, 48))
            report = Report(
                frame=frame % 16,
                success=rng.random(),
                late=bool(rng.random() < 0.2),
                state_db=state_db,
            )
            heard = (Heard(START + frame, last[1], report, last[0]),)
        silent = 0 if heard else silent + 1
        arms = ARMS
        if varied:
            arms = tuple(Arm(arm.transmitter, arm.uses + frame) for arm in ARMS)
        costs = tuple(rng.uniform(0, 2, len(arms))) if frame % 3 == 0 else ()
        profile = PROFILES[frame // 30 % 2]
        last = yield Context(
            START + frame, profile, arms, heard, state_db, silent, costs
        )


def session(adapter: Adapter, frames: int, varied: bool = False):
    """Contexts, settings and memories of a session; the adapter's own arms return."""
    feed, memory, steps = contexts(frames, varied), None, []
    context = next(feed)
    for frame in range(frames):
        draws = np.random.default_rng(frame)
        setting, after = adapter(context, memory, draws)
        steps.append((context, memory, setting, after))
        memory = after
        if frame + 1 < frames:
            context = feed.send((context.slot, setting.arm))
    return steps


def same(a: Any, b: Any) -> bool:
    return pickle.dumps(a) == pickle.dumps(b)


def test_there_are_adapters():
    names = {"fixed", "outer_loop", "bandit", "oracle", "thresholds", "random"}
    assert names <= set(ADAPTERS.names())
    assert [name for name in ADAPTERS.names() if ADAPTERS.is_oracle(name)] == ["oracle"]


@every
def test_a_setting_is_one_of_the_contexts_and_fits_a_grant(name):
    assert isinstance(made(name), Adapter)
    for context, _, setting, _ in session(made(name), 100):
        assert isinstance(setting, Setting)
        assert setting.arm in context.arms
        assert np.isfinite(setting.margin_db)
        assert 0 <= setting.retransmissions <= context.profile.retransmissions
        Grant(
            frame=0,
            transmitter=setting.arm.transmitter,
            uses=setting.arm.uses,
            retransmissions=setting.retransmissions,
        )


@every
def test_memory_is_a_value(name):
    """It pickles, no call changes it, and another process would go on from it."""
    adapter = made(name)
    for frame, (context, before, setting, after) in enumerate(session(adapter, 50)):
        kept = pickle.dumps(before)
        again, later = made(name)(
            context, pickle.loads(kept), np.random.default_rng(frame)
        )
        assert again == setting
        np.testing.assert_equal(leaves(later), leaves(after))
        adapter(context, before, np.random.default_rng(frame))
        assert same(pickle.loads(kept), pickle.loads(pickle.dumps(before)))


def leaves(memory: Any) -> list:
    """Numbers and words of a memory, in order."""
    if isinstance(memory, dict):
        return [leaf for item in memory.items() for leaf in leaves(item)]
    if isinstance(memory, tuple | list):
        return [leaf for item in memory for leaf in leaves(item)]
    return [memory]


@every
@pytest.mark.parametrize("varied", [False, True])
def test_memory_does_not_grow(name, varied):
    """Not with frames, and not with arms that are seen once."""
    sizes = [
        len(pickle.dumps(after)) for _, _, _, after in session(made(name), 360, varied)
    ]
    assert max(sizes[240:]) <= 1.1 * max(sizes[120:240])


@every
def test_no_global_randomness(name):
    """Global generators are neither used nor changed."""
    states = []
    for seed in (1, 2):
        np.random.seed(seed)
        random.seed(seed)
        kept = random.getstate(), np.random.get_state()[1].tolist()
        states.append([setting for _, _, setting, _ in session(made(name), 60)])
        assert kept == (random.getstate(), np.random.get_state()[1].tolist())
    assert states[0] == states[1]
