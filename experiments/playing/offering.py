"""What a session can offer for an intent, by its link and its machines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from semlink.loop.device import Cost, Work, computing
from semlink.loop.scenario import ScenarioConfig
from semlink.metrics import Task
from semlink.signalling.messages import Intent, TaskName
from semlink.signalling.needs import PICTURE, documented
from semlink.signalling.profile import (
    TASKS,
    Capabilities,
    LinkState,
    Offer,
    negotiate,
)


@dataclass(frozen=True)
class Offering:
    """The profile of an intent, or of the nearest that can be met.

    config : of the scenario
    tasks : built tasks, by name
    makes : modality of the estimates of each transmitter
    works : operations of each transmitter
    values : of the largest frame
    slot : channel uses of a slot
    """

    config: ScenarioConfig
    tasks: Mapping[str, Task]
    makes: Sequence[str]
    works: Sequence[Work]
    values: int
    slot: int

    def __call__(self, intent: Intent, number: int) -> Offer:
        """The offer for an intent, and the number of its profile.

        Raises
        ------
        Infeasible
            No such intent can be met.
        """
        config, device = self.config, self.config.device
        encoding, decoding = self._computing(TASKS[intent.verb])
        answer = config.round_trip_slots + config.uplink.delay_slots
        encode_ms = np.ceil(encoding.ms / device.slot_ms) * device.slot_ms
        state = LinkState(
            snr_db=config.world.snr_db,
            uses_per_ms=self.slot / device.slot_ms,
            period_ms=config.world.period_slots * device.slot_ms,
            compute_ms=encode_ms + decoding.ms + device.slot_ms,  # a slot is begun
            retry_ms=encode_ms + (answer + 1) * device.slot_ms,
        )
        able = Capabilities(
            tasks=tuple(task for task in TASKS.values() if self._serving(task)),
            mj_per_use=device.symbol_mj,
            compute_mj=encoding.mj + decoding.mj,
        )
        needs = documented(able.retransmissions)

        def scaled(task: str, snr_db: float, reliability: float) -> float:
            is_picture = task == "reconstruction"
            share = self.values / PICTURE if is_picture else 1.0
            return share * needs(task, snr_db, reliability)

        return negotiate(intent, state, able, scaled, number)

    def _serving(self, task: TaskName) -> list[Work]:
        """Operations of the transmitters that serve a task."""
        if task not in self.tasks:
            return []
        judged = self.tasks[task].judges
        works = zip(self.makes, self.works, strict=True)
        return [work for modality, work in works if modality in judged]

    def _computing(self, task: TaskName) -> tuple[Cost, Cost]:
        """Cost of a frame at either end, by the transmitter that is fastest."""
        device, values = self.config.device, self.values
        costs = [
            (
                computing(device.sender, work.encode * values),
                computing(device.receiver, work.decode * values),
            )
            for work in self._serving(task)
        ]
        nothing = Cost(), Cost()
        return min(costs, key=lambda ends: sum(ends, Cost()).ms, default=nothing)
