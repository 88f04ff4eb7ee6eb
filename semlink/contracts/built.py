"""What a component's ``build`` returns."""

from typing import Any

from semlink.contracts.fault import refuse, shown
from semlink.metrics import Metric, Task
from semlink.protocols import (
    AcknowledgedTransmitter,
    Receiver,
    RequestedTransmitter,
    RequestingReceiver,
    Source,
    Transceiver,
    Transmitter,
)


def built(kind: str, name: str, component: Any) -> Any:
    """Check what was built.

    Parameters
    ----------
    kind : ``source``, ``transmitter``, ``channel`` or ``task``
    name : name of the component

    Raises
    ------
    InputError
        The component lacks a part of its contract.
    """
    _CHECKS[kind](f"{kind} {name}", component)
    return component


def _source(who: str, source: Any) -> None:
    if not isinstance(source, Source) or not isinstance(source.modality, str):
        must = "a source (modality, len(), [index], fingerprint()) from build"
        refuse(who, must, shown(source))


def _pair(who: str, pair: Any) -> None:
    if not isinstance(pair, Transceiver):
        refuse(who, "a Transceiver from build", shown(pair))
    if not isinstance(pair.transmitter, Transmitter):
        must = "a transmitter with operating_point(), plan() and a call"
        refuse(who, must, shown(pair.transmitter))
    if not isinstance(pair.receiver, Receiver):
        refuse(who, "a receiver with a call", shown(pair.receiver))
    answers = bool(pair.loop) and pair.loop.acknowledged
    if answers and not isinstance(pair.transmitter, AcknowledgedTransmitter):
        must = "a transmitter with acknowledged(), as its loop says so"
        refuse(who, must, shown(pair.transmitter))
    again = pair.loop and (pair.loop.max_transmissions > 1 or not answers)
    if again and not isinstance(pair.transmitter, RequestedTransmitter):
        must = "a transmitter with again(), as its pair has a loop"
        refuse(who, must, shown(pair.transmitter))
    if pair.loop and not isinstance(pair.receiver, RequestingReceiver):
        must = "a receiver with listen(), as its pair has a loop"
        refuse(who, must, shown(pair.receiver))
    _names(who, "accepts", pair.accepts)
    if not isinstance(pair.hears_query, bool):
        refuse(who, "hears_query as True or False", shown(pair.hears_query))


def _channel(who: str, channel: Any) -> None:
    if not callable(channel):
        refuse(who, "a callable channel from build", shown(channel))


def _task(who: str, task: Any) -> None:
    if not all(hasattr(task, name) for name in ("metrics", "judges", "observe")):
        must = "a task (metrics, judges, observe()) from build"
        refuse(who, must, shown(task))
    _names(who, "judges", task.judges)
    metrics = task.metrics
    if not isinstance(metrics, tuple) or not all(
        isinstance(metric, Metric) for metric in metrics
    ):
        refuse(who, "metrics as a tuple of Metric", shown(metrics))
    if any(metric.kind == "set" for metric in metrics) and not isinstance(task, Task):
        refuse(who, "a task with score(), as it has metrics of a set", shown(task))


def _names(who: str, what: str, names: Any) -> None:
    """Refuse a string, in which a part of a name would be found, too."""
    if not isinstance(names, tuple) or not all(isinstance(n, str) for n in names):
        refuse(who, f"{what} as a tuple of modalities", shown(names))


_CHECKS = {"source": _source, "transmitter": _pair, "channel": _channel, "task": _task}
