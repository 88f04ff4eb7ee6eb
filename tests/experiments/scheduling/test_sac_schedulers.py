"""SAC-Lagrangian: bids and powers keep their meaning, and its export its outputs."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from blocks.schedulers.sac_lagrangian import SacLagrangian, by_bids, network
from blocks.scheduling import scheduler
from experiments.scheduling import traffic
from semlink.contracts.schedulers import check_shares
from semlink.errors import InputError
from semlink.loop.pool import Demand, Demands, Pool, stacked

ROOT = Path(__file__).parents[3]


def test_bids_are_an_order_and_powers_a_range():
    asks, pool = stacked([Demand(uses=500, most=800)] * 4), Pool(1_100, -1.0)
    bid, power = [0.1, 0.5, 0.9, 0.0], [-1.0, 0.0, 1.0, 1.0]
    action = np.stack([bid, power, *[[-1.0] * 4] * 3], axis=-1)
    shares = by_bids(action, asks, pool)
    np.testing.assert_array_equal(shares.uses, [100, 500, 500, 0])
    np.testing.assert_allclose(shares.power_db, [-13.0, -7.0, -1.0, -1.0])
    weak = by_bids(action, asks, Pool(1_100, -30.0))
    np.testing.assert_allclose(weak.power_db, -16.0)


def test_choices_are_parts_of_a_range():
    """Quarters are 0 to 3; what is beyond the range is at its end."""
    demand = Demand(uses=200, most=800, transmitter=2, retransmissions=3)
    demand = demand._replace(alternative=4, alternative_uses=100)
    asks, pool = stacked([demand] * 6), Pool(5_000)
    choice = np.array([-1.0, -0.6, -0.4, 0.1, 0.6, 1.0])
    action = np.stack([0 * choice + 1, choice, choice, choice, choice], axis=-1)
    shares = by_bids(action, asks, pool)
    quarters = [0, 0, 1, 2, 3, 3]
    np.testing.assert_array_equal(shares.redundancy, quarters)
    np.testing.assert_array_equal(shares.retransmissions, quarters)
    np.testing.assert_array_equal(shares.transmitter, [2, 2, 2, 4, 4, 4])
    np.testing.assert_array_equal(shares.uses, [200] * 3 + [100] * 3)
    check_shares("it", asks, pool, shares)


def test_users_in_another_order_get_the_same():
    net, rng = network(), np.random.default_rng(5)
    net.set_weights([rng.normal(0, 0.7, w.shape) for w in net.get_weights()])
    environment, made = traffic.cell(8, 50), SacLagrangian(net)
    demands, pool = environment.reset(range(40)), environment.pool
    shares, _ = made(demands, pool, None, None)
    assert np.ptp(shares.uses) > 0 < np.ptp(shares.power_db)
    order = rng.permutation(8)
    other, _ = made(Demands(*(v[:, order] for v in demands)), pool, None, None)
    for mine, theirs in zip(shares, other, strict=True):
        np.testing.assert_allclose(mine[:, order], theirs)


def test_a_policy_that_does_not_exist_is_named():
    with pytest.raises(InputError, match="policy must be bids.*, got 'none'$"):
        scheduler("sac_lagrangian:none")


@pytest.mark.slow
def test_the_exported_actor_has_the_actions_of_the_agent(tmp_path):
    """It learns, repeats, and takes the middle of what it draws."""
    path, script = tmp_path / "found.npz", Path(__file__).with_name("learn_sac.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", script, path],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = np.load(path)
    np.testing.assert_allclose(found["exported"], found["actor"], atol=3e-4)
    assert found["moved"] > 1e-3
    np.testing.assert_allclose(found["gained"], found["repeated"], rtol=1e-5)
    assert found["spread"].min() > 0.05
    assert -1 <= found["range"][0] < 0 < found["range"][1] <= 1
