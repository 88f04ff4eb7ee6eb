"""Plans and signals, made once and used at every SNR and over every channel."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

from semlink.chain import Link
from semlink.errors import Infeasible
from semlink.protocols import Budget
from semlink.signals import Sample, TxSignal
from semlink.stages import running, stage
from semlink.store.cache import DiskCache

# memory for signals, without and with a disk cache; number of plans in memory
MEMORY_BYTES, MEMORY_BYTES_BESIDE_DISK = 2**30, 2**25
MOST_PLANS = 512

Signal = tuple[TxSignal, Any]  # and the transmitter's new memory
Identity = Callable[[], Mapping[str, Any]]  # called only with a disk cache


class Transmissions:
    """Makes plans and signals, unless they are in memory or on disk.

    Parameters
    ----------
    disk : disk cache, if any

    Attributes
    ----------
    made : number of plans ``searched`` and signals ``encoded``; those read from the
        disk count as ``searched before`` and ``encoded before``
    """

    def __init__(self, disk: DiskCache | None = None):
        self._disk = disk
        self._plans: OrderedDict[tuple, object] = OrderedDict()
        self._signals: OrderedDict[Hashable, Signal] = OrderedDict()
        self._bytes = 0
        self.made: Counter[str] = Counter()

    def plan(
        self,
        label: Hashable,
        link: Link,
        samples: Sequence[Sample],
        budget: Budget,
        identity: Identity,
    ) -> Hashable:
        """The plan of a transmitter for a budget; infeasible budgets are kept, too.

        Parameters
        ----------
        label, link : label of the transmitter, and of what it knows; its link
        samples, budget : samples and budget of the plan
        identity : returns everything that the plan depends on
        """
        key = (label, budget)
        if key not in self._plans:

            @stage("plan")
            def search():
                try:
                    return link.plan(samples, budget)
                except Infeasible as reason:
                    return reason

            self._plans[key] = self._stored("searched", identity, search)
            if len(self._plans) > MOST_PLANS:
                self._plans.popitem(last=False)
        self._plans.move_to_end(key)
        plan = self._plans[key]
        if isinstance(plan, Infeasible):
            raise plan
        return plan

    def signal(
        self, key: Hashable, make: Callable[[], Signal], identity: Identity
    ) -> Signal:
        """The signal of one sample, encoded only if it is not cached.

        Parameters
        ----------
        key : key of the signal in this process
        make : encodes the sample
        identity : returns everything that the signal depends on
        """
        if key in self._signals:
            self._signals.move_to_end(key)
            return self._signals[key]
        signal = self._stored("encoded", identity, make)
        self._signals[key] = signal
        self._bytes += _size(signal)
        most = MEMORY_BYTES_BESIDE_DISK if self._disk else MEMORY_BYTES
        while self._bytes > most and len(self._signals) > 1:
            self._bytes -= _size(self._signals.popitem(last=False)[1])
        return signal

    def _stored(self, what: str, identity: Identity, make: Callable):
        """Read a value from the disk, or make it and store it."""
        if self._disk is None:
            self.made[what] += 1
            return make()
        key = self._disk.key({"what": what, **identity()})
        with running("cache"):
            value = self._disk.get(key)
        if value is not None:
            self.made[f"{what} before"] += 1
            return value
        self.made[what] += 1
        value = make()
        with running("cache"):
            self._disk.put(key, value)
        return value


def _size(signal: Signal) -> int:
    return signal[0].x.nbytes + signal[0].blocks.nbytes
