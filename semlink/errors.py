"""The two errors a user can cause or meet; everything else is a bug."""


class InputError(ValueError):
    """Something the user gave is wrong: one line, ending with what was received."""


class Infeasible(Exception):
    """No setting of the transmitter fits the budget; the point has no result.

    Raised by :meth:`semlink.protocols.Transmitter.plan` with the reason. A sweep
    records such a point instead of stopping at it.
    """
