"""The two errors that a user can see; any other exception is a bug."""


class InputError(ValueError):
    """Invalid user input; the message is one line that ends with the value received."""


class Infeasible(Exception):
    """No setting of the transmitter fits the budget; the point has no result.

    Raised by :meth:`semlink.protocols.Transmitter.plan` with the reason. A sweep
    records such a point and goes on.

    Parameters
    ----------
    reason : one line
    least : cost of the smallest signal, in the unit of the search's limit: channel uses
        for a sample, mean CBR for a set; ``None`` if it is unknown
    """

    def __init__(self, reason: str, least: float | None = None):
        super().__init__(reason)
        self.least = least
