"""One user: what the adapter asks for, up to the pool and the profile."""

from semlink.errors import InputError
from semlink.loop.agents import Demand, Pool
from semlink.signalling.messages import Grant

LEAST_DB = -16.0  # power that a grant can express


class SingleUser:
    """Grants the demand of one user, at nominal power if the pool has it."""

    def __call__(self, demands, pool, memory, draws):
        """At most one grant; no memory."""
        if len(demands) > 1:
            must = "at most one demand"
            raise InputError(f"single_user must have {must}, got {len(demands)}")
        return tuple(_granted(demand, pool) for demand in demands), None


def _granted(demand: Demand, pool: Pool) -> Grant:
    setting, profile = demand.setting, demand.profile
    uses = min(setting.arm.uses, profile.uses, pool.uses) if demand.backlog else 0
    return Grant(
        frame=demand.frame,
        profile=profile.number,
        transmitter=setting.arm.transmitter,
        uses=max(uses, 0),
        power_db=max(min(pool.power_db, 0.0), LEAST_DB),
        retransmissions=min(setting.retransmissions, profile.retransmissions),
    )


def build() -> SingleUser:
    """Build the scheduler."""
    return SingleUser()
