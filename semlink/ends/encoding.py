"""Encoding within a grant, and what a sender knows of a frame before it has one."""

from collections.abc import Callable, Sequence
from math import ceil
from typing import Any, NamedTuple

from semlink.chain import Link
from semlink.ends.kept import Kept
from semlink.ends.wire import GRANT_BITS, Bursts
from semlink.errors import Infeasible
from semlink.loop.agents import Arm
from semlink.loop.exchange import Encoded
from semlink.modalities.query import Query
from semlink.protocols import Budget
from semlink.signalling import layout
from semlink.signalling.messages import Grant
from semlink.signals import Sample
from semlink.store.cache import data_hash


class Perceiving(NamedTuple):
    """What a sender's end says of a frame when it asks for channel uses.

    weighs : mean weight of the errors of a frame, with the signalled query; ``None``
        if all weigh 1
    expects : (frame, its mean weight, arm, task, state [dB]) -> expected utility by
        what both ends know of transmitters; ``None`` without such knowledge
    needs : arm -> Es/N0 to plan for from which its channel uses hold a signal, by the
        same knowledge [dB]; ``None`` without it
    least : whether it names the fewest channel uses that hold a signal
    """

    weighs: Callable[[Sample], float] | None = None
    expects: Callable[[Sample, float, Arm, str, float], float] | None = None
    needs: Callable[[Arm], float] | None = None
    least: bool = False


class Encoder:
    """Encodes frames by the transmitters of a session.

    Parameters
    ----------
    links : a link for each transmitter, in the session's order
    bursts : code of grants
    kept : signals of frames that were sent before, if they are kept
    """

    def __init__(self, links: Sequence[Link], bursts: Bursts, kept: Kept | None):
        self._links, self._kept = links, kept
        self._front = bursts.num_symbols(GRANT_BITS)

    def given(self, sample: Sample, place: int, query: Query) -> Sample:
        """A transmitter's view of a frame; ``query`` is what was signalled."""
        link = self._links[place]
        return link.given(sample, query if link.pair.hears_query else None)

    def encoded(
        self, given: Sample, place: int, uses: int, snr_db: float, memory: Any
    ) -> Encoded | None:
        """The first signal within a grant; ``None`` if no signal fits.

        Parameters
        ----------
        given : view of the frame
        place : of the transmitter
        uses : channel uses of the grant, its announcement included
        snr_db : Es/N0 that the signal is planned for [dB]
        memory : of the transmitter
        """
        if uses <= self._front:
            return None
        try:
            budget = self._budget(given, place, uses - self._front, snr_db)
            return self._first(given, place, budget, memory)
        except Infeasible:
            return None

    def least(self, given: Sample, place: int, snr_db: float, memory: Any) -> int:
        """Fewest channel uses of a grant that holds a signal; 0 if that is unknown.

        A planner knows its smallest signal when it refuses a budget. Grants are
        announced in steps, so the grant is the first step that is large enough.
        Parameters are those of :meth:`encoded`.
        """
        try:
            self._first(given, place, self._budget(given, place, 1, snr_db), memory)
        except Infeasible as refused:
            return 0 if refused.least is None else self._announced(refused.least)
        return self._announced(1)

    def _announced(self, uses: float) -> int:
        """Fewest channel uses whose announcement is not below a signal's."""
        needed = self._front + ceil(uses)
        granted = needed
        while (short := needed - _on_air(granted)) > 0:
            granted += short
        return _on_air(granted)

    def _budget(self, given: Sample, place: int, uses: int, snr_db: float) -> Budget:
        """Channel uses of a frame as a budget of its link."""
        return self._links[place].budget(uses / given.values, "per_image", snr_db)

    def _first(self, given: Sample, place: int, budget: Budget, memory) -> Encoded:
        """The first signal within a budget, unless it is kept.

        A pair with memory sends equal frames differently; an oracle sees more of them.
        """
        link = self._links[place]

        def make() -> Encoded:
            plan = link.plan([given], budget)
            sent = link.transmit(given, plan, memory, given.query)
            return Encoded(given, plan, *sent)

        if self._kept is None or link.pair.remembers or link.pair.oracle:
            return make()
        what = data_hash(given.data), given.index, given.name, given.query
        return self._kept((link.pair.label, budget, what), make)._replace(sample=given)


def _on_air(uses: int) -> int:
    """Channel uses of a grant as they are announced."""
    return layout.on_air(Grant(frame=0, uses=uses)).uses
