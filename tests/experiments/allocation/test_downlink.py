"""The downlink: beams, SINR, quality of service, heuristics and budgets."""

import numpy as np
import pytest

from experiments.allocation.downlink import placing
from experiments.allocation.downlink.cell import (
    Cell,
    Decision,
    Scenes,
    beams,
    scenes,
    served,
    sinr,
)
from experiments.allocation.downlink.episodes import (
    Placed,
    actions,
    allowed,
    bounded,
    divide,
    dividing_view,
    nothing,
    place,
    placing_view,
)
from experiments.allocation.downlink.optima import (
    corrected,
    equally,
    exhaustive,
    hungarian,
)
from experiments.allocation.downlink.qos import (
    Needs,
    accuracy,
    best_bits,
    quality,
    rate,
)
from experiments.allocation.learned import divided_by, placed_by

ONE, MANY = Cell(4, 6, 1), Cell(2, 3, 4, 8.0, Needs(deadline=5.0))


def random_net(*widths: int):
    """Weights of a perceptron."""
    rng = np.random.default_rng(0)
    pairs = zip(widths[:-1], widths[1:], strict=True)
    return [rng.normal(size=s) for a, b in pairs for s in ((a, b), (b,))]


def learned(scene: Scenes, cell: Cell) -> Decision:
    """What networks with random weights decide."""
    seen = placing_view(scene, cell, nothing(len(scene.features), cell), 0)
    placed = placed_by(random_net(seen.shape[1], 9, actions(cell)), scene, cell)
    width = dividing_view(scene, cell, placed).shape[1]
    return divided_by(random_net(width, 9, 2 * cell.users), scene, cell, placed)


def optimum(scene: Scenes, cell: Cell) -> Decision:
    return (exhaustive if cell is MANY else hungarian)(scene, cell)


def decisions(scene: Scenes, cell: Cell) -> dict[str, Decision]:
    rng = np.random.default_rng(1)
    random = placing.random_placement(scene, cell, rng)
    at = placing.Exponents(-1, 0.5, 1)
    return {
        "random": placing.random_shares(random, rng, powers=True),
        "equal": equally(*random),
        "greedy": placing.greedy(scene, cell),
        "exponents": placing.by_exponents(scene, cell, at, random, keep_bits=False),
        "learned": learned(scene, cell),
        "optimum": optimum(scene, cell),
    }


@pytest.mark.parametrize("cell", [ONE, MANY], ids=["one antenna", "four"])
def test_no_decision_breaks_a_budget(cell):
    scene = scenes(np.random.default_rng(0), 8, cell)
    for name, decision in decisions(scene, cell).items():
        for share in (decision.power, decision.bandwidth):
            assert share.min() >= 0, name
            assert share.sum(axis=1).max() <= 1 + 1e-9, name
        assert decision.subchannel.min() >= 0
        assert decision.subchannel.max() < cell.subchannels
        assert decision.bits.min() >= 1
        if cell is ONE:
            for row in decision.subchannel:
                assert len(set(row)) == cell.users, name


FEW = pytest.param(MANY, marks=pytest.mark.slow)


@pytest.mark.parametrize("cell", [ONE, FEW], ids=["one antenna", "four"])
def test_permuted_users_are_served_alike(cell):
    scene = scenes(np.random.default_rng(2), 10, cell)
    order = np.arange(cell.users)[::-1]
    permuted = Scenes(*(part[:, order] for part in scene))
    for policy in (placing.greedy, optimum):
        ours = served(scene, policy(scene, cell), cell.needs)
        same = served(permuted, policy(permuted, cell), cell.needs)
        np.testing.assert_allclose(same, ours, rtol=1e-9)
        assert np.ptp(ours) > 0.05


def channels(users: int, antennas: int):
    rng = np.random.default_rng(3)
    parts = rng.normal(size=(2, 10, users, antennas))
    return parts[0] + 1j * parts[1]


def test_zero_forcing_leaves_no_interference():
    channel, together = channels(3, 4), np.ones((10, 3, 3))
    found = beams(channel, together, zero_forcing=True)
    arrived = np.abs(np.einsum("bkm,bjm->bkj", channel.conj(), found))
    off = ~np.eye(3, dtype=bool)
    assert arrived[:, off].max() < 1e-12
    assert arrived[:, ~off].min() > 0.1
    np.testing.assert_allclose(np.linalg.norm(found, axis=-1), 1)


def test_zero_forcing_is_the_best_beam_without_interference():
    channel, together = channels(2, 4), np.ones((10, 2, 2))
    found = beams(channel, together, zero_forcing=True)
    own = np.abs(np.sum(channel.conj() * found, axis=-1)) ** 2
    cross = np.abs(np.sum(channel[:, 0].conj() * channel[:, 1], axis=-1)) ** 2
    norms = np.sum(np.abs(channel) ** 2, axis=-1)
    np.testing.assert_allclose(own, norms - cross[:, None] / norms[:, ::-1])


def test_a_lone_user_has_the_same_beam_by_both():
    channel, alone = channels(3, 4), np.eye(3)[None].repeat(10, 0)
    mrt, zf = (beams(channel, alone, zero_forcing=z) for z in (False, True))
    np.testing.assert_allclose(mrt, zf)
    gain = np.abs(np.sum(channel.conj() * mrt, axis=-1))
    np.testing.assert_allclose(gain, np.linalg.norm(channel, axis=-1))


def test_one_antenna_has_no_zero_forcing():
    found = beams(channels(2, 1), np.ones((10, 2, 2)), zero_forcing=True)
    assert np.all(found == 0)


def test_sinr_of_equal_shares_is_the_gain():
    scene = scenes(np.random.default_rng(4), 50, MANY)
    place = np.tile([0, 2], (50, 1))
    ratio, width = sinr(scene, equally(place, place), zero_forcing=False)
    own = scene.gain[:, [0, 1], [0, 2]]
    np.testing.assert_allclose(ratio, own)
    np.testing.assert_allclose(width, 0.5)


def test_users_of_a_subchannel_interfere_and_pool_their_bandwidth():
    scene = scenes(np.random.default_rng(5), 50, MANY)
    place = np.ones((50, 2), int)
    decision = Decision(
        place, place, np.tile([0.3, 0.7], (50, 1)), np.full((50, 2), 0.4)
    )
    ratio, width = sinr(scene, decision, zero_forcing=False)
    np.testing.assert_allclose(width, 0.8)
    h = scene.channel[:, :, 1]
    cross = np.abs(np.sum(h[:, 0].conj() * h[:, 1], axis=-1)) ** 2
    gain = scene.gain[:, :, 1]
    # powers 0.6 and 1.4 times those of equal shares, noise 1.6 times
    np.testing.assert_allclose(
        ratio[:, 0], 0.6 * gain[:, 0] / (1.6 + 1.4 * cross / gain[:, 1])
    )
    cleaner, _ = sinr(scene, decision, zero_forcing=True)
    assert np.mean(cleaner > ratio) > 0.5


def test_mean_snr_is_that_of_the_cell():
    gain = scenes(np.random.default_rng(6), 20_000, Cell(2, 2, 3, 10.0)).gain
    assert gain.mean() == pytest.approx(30, rel=0.02)


def test_accuracy_is_the_error_of_description_and_noise():
    rng = np.random.default_rng(7)
    bits, snr, count = 2, 5.0, 400_000
    # the forward channel of rate-distortion theory, then an analog link with LMMSE
    error = 4.0**-bits
    described = rng.normal(0, np.sqrt(1 - error), count)
    x = described + rng.normal(0, np.sqrt(error), count)
    y = np.sqrt(snr / (1 - error)) * described + rng.normal(size=count)
    estimate = y * np.sqrt(snr * (1 - error)) / (1 + snr)
    left = 1 - np.mean((x - estimate) ** 2)
    assert accuracy(bits, snr) == pytest.approx(left, abs=3e-3)


def test_quality_by_hand():
    needs = Needs(least_accuracy=0.9, deadline=20.0, efficiency_weight=0.25)
    # 3 bits, 4 kfeatures, 0.5 MHz, SNR 15: 2 kbit/ms, 6 ms
    assert rate(0.5, 15.0) == 2
    xi = 63 / 64 * 15 / 16
    expected = 0.25 * (xi / 3) / (15 / 16 / 2) + 0.75 * (1 - 6 / 20)
    assert quality(3, 4.0, 0.5, 15.0, needs) == pytest.approx(expected)
    assert quality(2, 4.0, 0.5, 15.0, needs) == 0  # 0.879 is too inaccurate
    assert quality(3, 14.0, 0.5, 15.0, needs) == 0  # 21 ms is too late
    assert quality(3, 4.0, 0.0, 15.0, needs) == 0
    bits, value = best_bits(*map(np.array, (4.0, 0.5, 15.0)), needs)
    assert (bits, value) == (3, pytest.approx(expected))


def test_efficiency_is_at_most_one():
    snr = np.logspace(-1, 4, 200)[:, None]
    values = quality(np.arange(1, 9), 1e-9, 1.0, snr, Needs(efficiency_weight=1.0))
    assert values.max() == pytest.approx(1, abs=1e-3)
    assert values.max() <= 1


def test_a_placement_takes_what_is_free():
    scene = scenes(np.random.default_rng(8), 5, ONE)
    placed = place(nothing(5, ONE), 0, np.full(5, 2 * 8 + 3))
    assert np.all(placed.subchannel[:, 0] == 2)
    assert np.all(placed.bits[:, 0] == 4)
    mask = allowed(placed, ONE).reshape(5, 6, 8)
    assert np.all(mask[:, 2] == 0)
    assert mask.sum() == 5 * 5 * 8
    assert np.all(allowed(Placed(*(v[:, :2] for v in placed)), MANY) == 1)
    before, after = (placing_view(scene, ONE, p, 1) for p in (nothing(5, ONE), placed))
    assert before.shape == after.shape
    assert np.any(before != after)


def test_a_network_sees_the_current_user_first():
    scene = scenes(np.random.default_rng(9), 5, ONE)
    placed = nothing(5, ONE)
    seen = [placing_view(scene, ONE, placed, step) for step in range(2)]
    np.testing.assert_allclose(seen[0][:, 6:24], seen[1][:, :18])


def test_a_common_shift_of_scores_changes_no_share():
    scores = np.random.default_rng(10).normal(size=(5, 4))
    placed = Placed(np.zeros((5, 2), int), np.ones((5, 2), int))
    shifted = scores + [3, 3, -2, -2]
    np.testing.assert_allclose(bounded(shifted, 2), bounded(scores, 2))
    decision = divide(placed, bounded(scores, 2))
    assert np.ptp(decision.power) > 0.1
    assert np.ptp(decision.bandwidth) > 0.1


def test_exponents_are_the_best_of_the_grid():
    scene = scenes(np.random.default_rng(11), 200, MANY)
    placed = placing.greedy(scene, MANY)
    tuned = placing.tuned_exponents(scene, MANY, placed, keep_bits=False, powers=True)
    ours, even = (
        served(
            scene,
            placing.by_exponents(scene, MANY, at, placed, keep_bits=False),
            MANY.needs,
        ).mean()
        for at in (tuned, placing.Exponents(0, 0, 0))
    )
    assert ours > even + 0.01


def test_the_best_bits_afterwards_are_never_worse():
    scene = scenes(np.random.default_rng(12), 100, MANY)
    before = placing.random_shares(
        placing.random_placement(scene, MANY, np.random.default_rng(13)),
        np.random.default_rng(14),
        powers=True,
    )
    values = [
        served(scene, decision, MANY.needs)
        for decision in (before, corrected(scene, MANY, before))
    ]
    assert np.all(values[1] >= values[0])
    assert np.mean(values[1] > values[0]) > 0.2


def test_mixed_placements_are_some_of_each():
    parts = [Placed(*(np.full((400, 2), n),) * 2) for n in (1, 2)]
    found = placing.mixed(parts, np.random.default_rng(15))
    np.testing.assert_array_equal(found.subchannel, found.bits)
    np.testing.assert_array_equal(found.bits[:, 0], found.bits[:, 1])
    assert 0.4 < np.mean(found.bits == 1) < 0.6
