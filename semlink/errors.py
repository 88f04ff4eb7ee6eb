"""The two errors that a user can see; any other exception is a bug."""


class InputError(ValueError):
    """Invalid user input; the message is one line that ends with the value received."""


class Infeasible(Exception):
    """No setting of the transmitter fits the budget; the point has no result.

    Raised by :meth:`semlink.protocols.Transmitter.plan` with the reason. A sweep
    records such a point and goes on.
    """
