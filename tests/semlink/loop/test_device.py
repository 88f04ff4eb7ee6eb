"""Time and energy of machines follow from counts of operations."""

import pytest

from semlink.loop.device import (
    Backhaul,
    Cost,
    DeviceProfile,
    Machine,
    computing,
    fetching,
)

SLOW = Machine(flop_per_s=1e9, joule_per_flop=1e-9)
DEVICE = DeviceProfile(
    slot_ms=1,
    symbol_mj=1e-3,
    sender=SLOW,
    receiver=SLOW,
    cloud=SLOW,
    backhaul=Backhaul(bit_per_s=8e6, delay_ms=10),
)


def test_a_million_operations_take_a_millisecond_at_a_gigaflop_a_second():
    assert computing(SLOW, 1e6) == pytest.approx(Cost(1.0, 1.0))


def test_a_kilobyte_takes_a_millisecond_at_eight_megabits_a_second():
    assert fetching(DEVICE, 1000) == pytest.approx(11.0)
    assert fetching(DEVICE, 0) == 0


def test_costs_add_up():
    assert Cost(1, 2) + Cost(3, 4) == Cost(4, 6)
