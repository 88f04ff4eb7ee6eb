"""The transmitter of a learned codec that answers requests."""

from collections.abc import Hashable

import numpy as np

from blocks.arq.request import (
    COUNT_BITS,
    KIND_BITS,
    Kind,
    count_at_random,
    expected_bits,
    kind_of,
    positions,
)
from blocks.arq.selection import Dimensions, at_random
from blocks.arq.settings import Arq
from blocks.budget_search import Cost, Member, Settings
from blocks.learned.frame import split, stride_of
from blocks.learned.transmitter import LearnedTransmitter, Setting
from blocks.phy.adaptation import Outlook
from blocks.phy.analog import pack, unpack
from semlink.protocols import Budget, Csi
from semlink.signals import Sample, TxSignal, ledger


class RepeatingTransmitter(LearnedTransmitter):
    """A learned transmitter with retransmissions.

    Parameters
    ----------
    arq : settings of retransmission
    others : as for :class:`LearnedTransmitter`
    """

    def __init__(self, arq: Arq, *args, **adaptation):
        super().__init__(*args, **adaptation)
        self._arq = arq

    def operating_point(self, csi: Csi) -> Hashable:
        """As without retransmissions, and the expected number of lost headers."""
        unread = self._header.failing(Outlook(csi, "chase", 0.0))[:-1].sum()
        return *(super().operating_point(csi) or self._design), round(float(unread), 6)

    def _cost(self, budget: Budget, member: Member, setting: Setting) -> Cost:
        digital, payload = self._length(member, setting)
        again = self._arq.max_transmissions - 1
        *_, unread = budget.operating_point
        # if the header is lost, everything is sent again; each transmission begins a
        # frame, half of which is unused on average
        extra = unread * (digital + payload) + again * (budget.frame.data - 1) / 2
        symbols = digital + payload + self._arq.reserve(digital, payload)
        return Cost(symbols + round(extra), self._fed_back(2 * payload, budget))

    def _fed_back(self, num_dimensions: int, budget: Budget) -> int:
        """Expected channel uses of the feedback link."""
        bits = {
            "selective": expected_bits(num_dimensions),
            "random": KIND_BITS + COUNT_BITS,
            "whole": KIND_BITS,
        }
        each = budget.feedback.uses(bits[self._arq.mode])
        last = budget.feedback.uses(KIND_BITS)
        return (self._arq.max_transmissions - 1) * each + last

    def again(
        self, sample: Sample, first: TxSignal, plan: Settings, request, sent: int
    ) -> TxSignal:
        """Repeat what is asked for; everything if the header was lost.

        Parameters
        ----------
        sample, first, plan : picture, its first transmission, and its plan
        request : bits of the request; ``None`` if the header did not arrive
        sent : transmissions since the header was read
        """
        if request is None:
            uses = ledger(retransmission=first.ledger.total)
            return first._replace(ledger=uses)
        body = first.x[first.ledger.of(purpose="header") :]
        num_digital = first.ledger.of(purpose="side")
        stride = stride_of(num_digital, len(body) - num_digital)
        digital, payload = split(body, num_digital, stride)
        kind, x = kind_of(request), digital
        if kind == Kind.PAYLOAD:
            x = payload
        if kind == Kind.POSITIONS:
            x = self._positions(payload, self._dimensions(sample, plan), request, sent)
        return TxSignal(x, ledger(retransmission=len(x)), first.blocks)

    def _positions(self, payload, of: Dimensions, request, sent: int) -> np.ndarray:
        """The symbols of positions, at a mean power of one."""
        count = len(of.sigma)
        if self._arq.mode == "random":
            asked = at_random(count, count_at_random(request), sent)
        else:
            asked = of.asked(positions(request, count))
        values, _ = unpack(payload, np.ones(len(payload)), count)
        x = pack(values[asked] * of.gains(asked))
        power = np.mean(np.abs(x) ** 2) if len(x) else 1.0
        return (x / np.sqrt(max(power, 1e-9))).astype(np.complex64)

    def _dimensions(self, sample: Sample, plan: Settings) -> Dimensions:
        setting = plan.of(sample)
        ready = self._ready(sample, setting)
        maps, _ = self._maps(ready, setting)
        power = self._networks.power(maps, self.shared.of_codec(ready.at))
        kept = maps.kept > 0
        return Dimensions(maps.sigma[kept], power[kept])
