"""What both ends remember of a site, lost frames, skew and its repair."""

from functools import partial
from typing import NamedTuple

import numpy as np
import pytest

from baselines.site_memory import build
from blocks.memory.entry import num_bytes
from blocks.memory.memory import EMPTY, Memory
from channels.awgn import build as awgn
from semlink.chain import Link
from semlink.errors import InputError
from semlink.loop import exchange
from semlink.loop.exchange import Delivery, Encoded, Receiving
from semlink.loop.feedback_link import FREE, FeedbackLink
from semlink.rng import Seeds
from semlink.units import psnr_db

SNR_DB, LOST_DB, CBR = 10.0, -25.0, 0.1
HEIGHT, WIDTH = 96, 128
NO_MEMORY = exchange.Memory()


class Frame(NamedTuple):
    """A frame and whether it arrives.

    A site is a piece of a photo; something bright moves through it, step by step.
    """

    site: int
    step: int
    arrives: bool = True


@pytest.fixture(scope="module")
def frame_of(photo_of, sample_of):
    """Give a frame of a site, by its number."""

    def frame(site: int, step: int):
        top = 60 * site
        picture = photo_of(site)[top : top + HEIGHT, 100 : 100 + WIDTH].copy()
        picture[40:56, 8 * step : 8 * step + 16] = 250
        return sample_of(picture, index=100 * site + step)

    return frame


@pytest.fixture(scope="module")
def course_of(frame_of):
    """Deliver frames one after the other; give every delivery."""

    def course(pair, frames, feedback=FREE, before=NO_MEMORY):
        link = Link(pair, awgn(), {}, feedback)
        deliveries: list[Delivery] = []
        for number, (site, step, arrives) in enumerate(frames):
            sample = frame_of(site, step)
            plan = link.plan([sample], link.budget(CBR, "per_image", SNR_DB))
            encode = partial(encoded, link, sample, plan, before.transmitter)
            snr_db = SNR_DB if arrives else LOST_DB
            receiving = Receiving(None, before)
            done = link.deliver(encode, snr_db, Seeds(3, "", number), receiving)
            before = done.memory
            deliveries.append(done)
        return deliveries

    return course


def encoded(link, sample, plan, memory, state_db, query=None) -> Encoded:
    tx, after = link.transmit(sample, plan, memory)
    return Encoded(link.given(sample, query), plan, tx, after)


def assert_equal_at_both_ends(done: Delivery) -> None:
    (known,) = done.memory.transmitter.possible
    assert known.version == done.memory.receiver.version
    assert known.num_bytes == done.memory.receiver.num_bytes


def lost(deliveries) -> list[bool]:
    return [done.estimate.lost for done in deliveries]


def test_both_ends_hold_the_same_and_pictures_gain(course_of, frame_of):
    done = course_of(build(), [Frame(0, step) for step in range(4)])
    assert not any(lost(done))
    for each in done:
        assert_equal_at_both_ends(each)
        (entry,) = each.memory.receiver.entries
        np.testing.assert_array_equal(entry.picture, each.estimate.data)
    gained = [psnr_db(frame_of(0, i).data, done[i].estimate.data) for i in (0, 3)]
    assert gained[1] > gained[0] + 1.0
    uses = [each.sent[0].ledger.total for each in done]
    assert max(uses) <= CBR * frame_of(0, 0).values


@pytest.mark.slow
def test_sites_have_an_entry_each_and_none_is_needed(course_of, frame_of):
    frames = [Frame(site, step) for step in range(2) for site in (0, 1)]
    done = course_of(build(), frames)
    assert [e.uses for e in done[-1].memory.receiver.entries] == [2, 2]
    apart = course_of(build(choice="none"), frames)
    for known, alone in zip(done[:2], apart[:2], strict=True):
        np.testing.assert_array_equal(known.sent[0].x, alone.sent[0].x)
    at_random = course_of(build(choice="random"), [*frames, *frames])
    assert not any(lost(at_random))
    assert_equal_at_both_ends(at_random[-1])


def test_a_lost_frame_is_known_from_the_answer(course_of):
    frames = [Frame(0, 0), Frame(0, 1, arrives=False), Frame(0, 2)]
    done = course_of(build(), frames)
    assert lost(done) == [False, True, False]
    assert done[1].memory.receiver.version == done[0].memory.receiver.version
    for each in done:
        assert_equal_at_both_ends(each)


@pytest.mark.slow
def test_a_lost_answer_leaves_both_memories_possible(course_of):
    silent = FeedbackLink(bits_per_use=1.0, loss=0.999999)
    first = course_of(build(), [Frame(0, 0)], silent)
    assert len(first[0].memory.transmitter.possible) == 2
    assert first[0].memory.transmitter.held == ()
    # the next frame is sent alone, and not stored; its answer tells which it was
    after = course_of(build(), [Frame(0, 1), Frame(0, 2)], before=first[0].memory)
    assert after[0].memory.receiver.version == first[0].memory.receiver.version
    for each in after:
        assert_equal_at_both_ends(each)
    assert first[0].fed_back.of(direction="up") == 16


def test_skew_is_noticed_and_the_next_frame_repairs_it(course_of):
    before = course_of(build(), [Frame(0, 0)])[0].memory
    (entry,) = before.receiver.entries
    other = Memory((entry._replace(name="0" * 64),), 1)
    skewed = before._replace(receiver=other)
    done = course_of(build(), [Frame(0, 1), Frame(0, 2), Frame(0, 3)], before=skewed)
    assert lost(done) == [True, False, False]
    np.testing.assert_array_equal(done[0].estimate.data, entry.picture)
    assert done[0].memory.transmitter.lost_track
    for each in done[1:]:
        assert_equal_at_both_ends(each)
    assert len(done[-1].memory.receiver.entries) == 1


@pytest.mark.slow
def test_without_answers_a_loss_lasts_until_the_next_refresh(course_of):
    pair = build(refresh=3)
    assert pair.loop is None
    frames = [Frame(0, step, arrives=step != 1) for step in range(5)]
    done = course_of(pair, frames)
    assert lost(done) == [False, True, True, False, False]
    assert_equal_at_both_ends(done[-1])


@pytest.mark.slow
def test_a_receiver_that_starts_late_loses_differences_alone(course_of):
    before = course_of(build(), [Frame(0, 0)])[0].memory
    late = before._replace(receiver=EMPTY)
    done = course_of(build(), [Frame(0, 1), Frame(0, 2)], before=late)
    assert lost(done) == [True, False]
    assert done[0].estimate.data is None


@pytest.mark.slow
@pytest.mark.parametrize("eviction", ["lru", "lfu"])
def test_a_full_memory_drops_the_same_at_both_ends(eviction, course_of):
    capacity = 2 * num_bytes((HEIGHT, WIDTH, 3))
    pair = build(capacity=capacity, eviction=eviction)
    sites = [0, 0, 1, 2, 0]
    done = course_of(pair, [Frame(site, i) for i, site in enumerate(sites)])
    for each in done:
        assert_equal_at_both_ends(each)
        assert each.memory.receiver.num_bytes <= capacity
    # site 0 was seen twice: it is the oldest, and the most frequent
    stayed = {"lru": [1, 1], "lfu": [3, 1]}[eviction]
    uses = sorted((e.uses for e in done[-1].memory.receiver.entries), reverse=True)
    assert uses == stayed


def test_a_memory_that_holds_no_frame_is_refused(frame_of):
    needed = num_bytes((HEIGHT, WIDTH, 3))
    pair = build(capacity=needed - 1)
    link = Link(pair, awgn(), {})
    with pytest.raises(InputError, match=f"of {needed} bytes, got {needed - 1}$"):
        link.plan([frame_of(0, 0)], link.budget(CBR, "per_image", SNR_DB))


@pytest.mark.parametrize("wrong", ["capacity=0", "refresh=-1", "eviction=fifo"])
def test_wrong_parameters_are_refused_in_one_line(wrong):
    from experiments.compose import catalogue
    from semlink.config import ComponentSpec

    spec = ComponentSpec.model_validate(f"site_memory[{wrong}]")
    name, value = wrong.split("=")
    with pytest.raises(
        InputError, match=rf"{name} must be .*, got '?{value}'?$"
    ) as refused:
        catalogue().build("transmitter", spec)
    assert "\n" not in str(refused.value)
