"""The search keeps a budget in each mode, over samples that it opens one at a time."""

import weakref

import numpy as np
import pytest

from blocks.budget_search import Choices, Cost, fullest, key_of, search
from semlink.errors import Infeasible
from semlink.protocols import Budget, Frame
from semlink.signals import IMAGE, Sample

MODES = ("average", "per_image", "causal")
LARGEST = 400


def samples(*weights: int, first: int = 0) -> list[Sample]:
    """Pictures of 1200 values, whose cost for a setting grows with their weight."""
    return [
        Sample(
            np.full((20, 20, 3), w, np.uint8), IMAGE, 1200, first + i, f"{first + i}"
        )
        for i, w in enumerate(weights)
    ]


def cost(member, setting: int) -> Cost:
    return Cost(int(member.open().data[0, 0, 0]) * setting)


def best(spent, limit, what):
    """The largest whole number within the limit, from 1 on."""
    if spent(1) > limit:
        raise Infeasible(what)
    return max(n for n in range(1, LARGEST + 1) if spent(n) <= limit)


def offer(members) -> Choices:
    return Choices(cost, best)


def spent(source, plan) -> np.ndarray:
    return np.array([s.data[0, 0, 0] * float(plan.of(s)) for s in source])


@pytest.mark.parametrize("seed", range(5))
def test_few_items_fill_a_limit_nearly_as_well_as_any_of_them(seed):
    rng = np.random.default_rng(seed)
    costs, limit = rng.uniform(0.1, 1, 9), 2.3
    taken = np.array(np.meshgrid(*[[0, 1]] * 9)).reshape(9, -1).T
    totals = taken @ costs
    most = totals[totals <= limit].max()
    assert most - 0.05 < costs[fullest(costs, limit)].sum() <= limit


def test_many_items_are_the_cheapest_and_fill_the_limit():
    costs = np.random.default_rng(1).uniform(0.5, 1, 300)
    chosen = fullest(costs, 100.0)
    assert 99.95 < costs[chosen].sum() <= 100
    cheapest = np.argsort(costs)[: chosen.sum() - 6]
    assert chosen[cheapest].all()


def test_nothing_is_chosen_where_nothing_fits():
    assert not fullest(np.ones(20), 0.5).any()
    assert fullest(np.ones(20), 20.1).all()
    # a finer setting that costs less is free
    assert fullest(np.array([-0.1, 5.0]), 0.0).tolist() == [True, False]


def test_one_setting_for_the_set_is_the_best_whose_mean_fits():
    source, budget = samples(1, 2, 3), Budget(0.1001, "average", None)
    plan = search(source, budget, offer)
    assert len({setting for _, setting in plan.each}) == 1
    assert plan.of(source[0]) == 60  # (1 + 2 + 3) n / 3 <= 120


def test_one_sample_that_jumps_in_cost_does_not_hold_back_the_others():
    """The third costs 300 more from 34 on."""

    def jumping(members) -> Choices:
        def jumps(member, setting: int) -> Cost:
            heavy = member.index == 2 and setting > 33
            return Cost(cost(member, setting).symbols + 300 * heavy)

        return Choices(jumps, best, finer=lambda setting: setting + 1)

    source = samples(3, 4, 5, 6)
    plan = search(source, Budget(0.15, "average", None), jumping)
    # of 720, the others spend what the third leaves
    assert plan.of(source[2]) == 33
    assert 0.995 * 720 <= spent(source, plan).sum() <= 720
    assert {plan.of(each) for each in source} == {33, 42, 43}


def test_each_sample_has_its_own_best():
    source = samples(1, 2, 3)
    plan = search(source, Budget(0.1, "per_image", None), offer)
    assert plan.each == ((0, 120), (1, 60), (2, 40))


def test_what_is_left_is_carried_over_and_nothing_is_borrowed():
    """The first needs 400 of its 480 at most; the others divide what is left."""
    source = samples(1, 100, 7, 100)
    plan = search(source, Budget(0.4, "causal", None), offer)
    # left before each: 480, 80 + 480, 60 + 480, 1 + 480
    assert plan.each == ((0, 400), (1, 5), (2, 77), (3, 4))


@pytest.mark.parametrize("cbr", [0.1, 0.4, 1.0])
def test_causal_plans_never_exceed_the_running_budget(cbr):
    source = samples(*np.random.default_rng(1).integers(1, 60, 12))
    plan = search(source, Budget(cbr, "causal", None), offer)
    running = np.cumsum(spent(source, plan))
    allowed = int(cbr * 1200) * np.arange(1, 13)
    assert np.all(running <= allowed)
    per_image = search(source, Budget(cbr, "per_image", None), offer)
    assert running[-1] >= spent(source, per_image).sum()


@pytest.mark.parametrize("count", [1, 3, 7])
def test_causal_plans_do_not_know_the_future(count):
    """Neither its samples nor what a group of them would choose in common."""
    source = samples(*np.random.default_rng(2).integers(1, 60, 9))
    groups = []

    def seen(members):
        groups.append([member.index for member in members])
        return offer(members)

    budget = Budget(0.2, "causal", None)
    whole = search(source, budget, seen)
    assert groups == [[i] for i in range(9)]
    assert search(source[:count], budget, offer).each == whole.each[:count]


@pytest.mark.parametrize("mode", MODES)
def test_a_sample_of_any_index_can_be_planned_alone(mode):
    (later,) = samples(3, first=17)
    plan = search([later], Budget(0.1, mode, None), offer)
    assert plan.each == ((17, 40),)
    assert plan.of(later) == 40
    assert hash(plan) == hash(search([later], Budget(0.1, mode, None), offer))


@pytest.mark.parametrize("mode", MODES)
def test_frames_are_spent_whole(mode):
    """120 uses are two frames of 50, of 40 symbols; 2 * 20 that are left, a third."""
    source = samples(1, 1, 1)
    budget = Budget(0.1, mode, None, Frame(data=40, total=50))
    plan = search(source, budget, offer)
    last = 120 if mode == "causal" else 80
    assert [plan.of(sample) for sample in source] == [80, 80, last]


@pytest.mark.parametrize("mode", MODES)
def test_feedback_is_part_of_what_is_spent(mode):
    def with_feedback(members) -> Choices:
        def both(member, setting):
            return cost(member, setting)._replace(fed_back=20)

        return Choices(both, best)

    (sample,) = samples(1)
    assert search([sample], Budget(0.1, mode, None), with_feedback).of(sample) == 100


@pytest.mark.parametrize(
    ("mode", "named"), [("average", "the set"), ("per_image", "1"), ("causal", "1")]
)
def test_what_does_not_fit_is_named(mode, named):
    with pytest.raises(Infeasible, match=f"^{named}$"):
        search(samples(12, 250), Budget(0.1, mode, None), offer)


@pytest.mark.parametrize("mode", MODES)
def test_one_sample_is_open_at_a_time(mode):
    opened = []

    class Source:
        def __len__(self):
            return 5

        def __getitem__(self, index):
            assert all(data() is None for data in opened)
            sample = samples(*range(1, 6))[index]
            opened.append(weakref.ref(sample.data))
            return sample

    search(Source(), Budget(0.1, mode, None), offer)
    assert len(opened) > 5


def test_samples_are_told_apart_by_all_that_a_transmitter_sees():
    (sample,) = samples(5)
    others = [
        sample._replace(data=sample.data + 1),
        sample._replace(data=sample.data.reshape(10, 40, 3)),
        sample._replace(data=sample.data.view(np.int8)),
        sample._replace(data="words"),
        sample._replace(query="where?"),
        sample._replace(annotations={"boxes": [1, 2]}),
    ]
    keys = {key_of(each) for each in (sample, *others)}
    assert len(keys) == 7
    assert key_of(sample._replace(index=9, name="other")) == key_of(sample)
