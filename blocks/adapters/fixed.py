"""One arm for all frames, whatever is reported."""

from dataclasses import dataclass, replace

from blocks.adapting import Share, Which, arm_of, place_of, setting_of


@dataclass(frozen=True)
class Fixed:
    """The arm of a transmitter within a share of the profile's channel uses."""

    transmitter: Which
    share: float
    margin_db: float

    def among(self, names):
        """The adapter in a session with these transmitters."""
        return replace(self, transmitter=place_of(self.transmitter, names))

    def __call__(self, context, memory, draws):
        """The same arm as ever; no memory."""
        arm = arm_of(context, self.transmitter, self.share)
        return setting_of(context, arm, self.margin_db), None


def build(transmitter: Which = 0, share: Share = 1.0, margin_db: float = 0.0) -> Fixed:
    """Build the adapter.

    Parameters
    ----------
    transmitter : name, or place in the session's list
    share : of the profile's channel uses, which the arm may take at most
    margin_db : reserve below the reported state [dB]
    """
    return Fixed(transmitter, share, margin_db)
