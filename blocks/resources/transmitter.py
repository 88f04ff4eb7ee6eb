"""The transmitter of a learned codec that places its dimensions by a map."""

import numpy as np

from blocks.budget_search import Cost, Member, Settings
from blocks.learned.frame import merge, payload_places, split, stride_of
from blocks.learned.transmitter import LearnedTransmitter, Setting
from blocks.phy.analog import pack, unpack
from blocks.resources.placement import placement
from semlink.loop.feedback_link import REPORT_BITS
from semlink.protocols import Budget, StateMap
from semlink.signals import Sample, TxSignal

CLEAN = 1e-3  # noise variance at which it reads its own header


class PlacingTransmitter(LearnedTransmitter):
    """A learned transmitter with strong latents on good resources."""

    def _cost(self, budget: Budget, member: Member, setting: Setting) -> Cost:
        fed_back = budget.feedback.uses(REPORT_BITS * budget.resource_blocks)
        return Cost(sum(self._length(member, setting)), fed_back)

    def placed(
        self, sample: Sample, first: TxSignal, plan: Settings, report: StateMap
    ) -> TxSignal:
        """The first transmission, its payload placed by the map.

        The header says so: the receiver does not know whether its report arrived.
        """
        start = first.ledger.of(purpose="header")
        front, body = first.x[:start], first.x[start:]
        num_digital = first.ledger.of(purpose="side")
        num_payload = len(body) - num_digital
        stride = stride_of(num_digital, num_payload)
        digital, payload = split(body, num_digital, stride)
        setting = plan.of(sample)
        maps, _ = self._maps(self._ready(sample, setting), setting)
        sigma = maps.sigma[maps.kept > 0]
        places = start + payload_places(num_digital, num_payload, stride)
        values, _ = unpack(payload, np.ones(num_payload), len(sigma))
        payload = pack(values[placement(sigma, report.of(places))])
        header = self._header.receive(front, np.full(start, CLEAN, np.float32))
        front = self._header.send(header | {"mapped": 1})
        return first._replace(
            x=np.concatenate([front, merge(digital, payload, stride)])
        )

    def again(self, sample: Sample, first: TxSignal, plan, request, sent) -> TxSignal:
        """Nothing: the receiver never asks."""
        raise NotImplementedError("a placing transmitter sends once")
