"""From an intent to what is executed, and to the nearest intent that can be met.

A frame that needs n channel uses meets its targets if it takes no more than the
deadline, ``compute + n / rate`` and what its further attempts wait, no more than the
bandwidth, which limits the rate, no more than the energy, and if it is off the air when
the next one comes. How many uses a task needs at an SNR comes from measurements
(``needs``); where these are B bits at Shannon's capacity C, the bound is
``B <= C * rate * (deadline - compute)``.

An intent that cannot be met is answered with the nearest that can: the fewest targets
change, of equally many latency before reliability before bandwidth before energy, and
each as little as is enough.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import NamedTuple

from semlink.errors import Infeasible
from semlink.signalling.fields import Grid
from semlink.signalling.layout import PROFILE_1, on_air
from semlink.signalling.messages import Intent, Target, TaskName, TaskProfile
from semlink.signalling.needs import Needs, attempts, documented

TASKS: dict[str, TaskName] = {
    "watch": "reconstruction",
    "find": "detection",
    "ask": "vqa",
    "recognise": "classification",
}
ORDER = ("latency", "reliability", "bandwidth", "energy")  # first changed first
BINDING = {"latency": "at_most", "reliability": "at_least"}  # the others: at_most
MOST_CLASSES = 3
LEAST_USES = 100
FIELDS = {f.name: f for f in PROFILE_1 if isinstance(f, Grid)}
RELIABILITIES = FIELDS["reliability"].points
FREE = TaskProfile()  # values of what an intent leaves free
PER_DECADE = 50  # bandwidths that are tried


class LinkState(NamedTuple):
    """What an end knows of the link when it makes a profile.

    snr_db : long-term average of the received Es/N0 [dB]
    uses_per_ms : channel uses of the pool in a millisecond
    period_ms : time from one frame to the next [ms]
    compute_ms : least time that the machines take for a frame [ms]
    retry_ms : time that a further attempt takes, besides its time on the air [ms]
    """

    snr_db: float
    uses_per_ms: float
    period_ms: float
    compute_ms: float = 0.0
    retry_ms: float = 0.0

    def waits_ms(self, count: int) -> float:
        """Time that a frame of so many attempts takes, besides that on the air [ms]."""
        return self.compute_ms + (count - 1) * self.retry_ms


class Capabilities(NamedTuple):
    """What the machines of both ends can do.

    tasks : tasks that they serve
    retransmissions : most retransmissions of a frame, up to 3
    mj_per_use : energy of a channel use at nominal power [mJ]
    compute_mj : least energy of computing for an attempt [mJ]
    """

    tasks: tuple[TaskName, ...] = tuple(TASKS.values())
    retransmissions: int = 3
    mj_per_use: float = 0.0
    compute_mj: float = 0.0


class Change(NamedTuple):
    """A target that was changed, in its own unit."""

    name: str
    before: float
    after: float


class Offer(NamedTuple):
    """An intent that can be met, and what is executed for it.

    intent : the given intent, if that can be met, or the nearest that can
    profile : on the grids of its layout: what the other end has
    changes : targets in which the two intents differ
    """

    intent: Intent
    profile: TaskProfile
    changes: tuple[Change, ...] = ()


class _Limits(NamedTuple):
    """Values that a frame must keep: ms, probability, kHz, mJ."""

    latency: float
    reliability: float
    bandwidth: float
    energy: float


class _Frame(NamedTuple):
    """What decides about limits: task, link, machines, and what the task needs."""

    task: TaskName
    state: LinkState
    device: Capabilities
    needs: Needs

    def needed(self, reliability: float) -> float:
        return self.needs(self.task, self.state.snr_db, reliability)

    def budget(self, limits: _Limits) -> float:
        """Channel uses that limits leave, on the profile's grids."""
        count = attempts(_up(limits.reliability))
        rate = min(limits.bandwidth, self.state.uses_per_ms)
        deadline = _down("deadline_ms", limits.latency)
        on_air = min(deadline - self.state.waits_ms(count), self.state.period_ms)
        uses = rate * on_air
        energy = _down("energy_mj", limits.energy)
        left = energy - count * self.device.compute_mj
        if energy == 0 or left < 0:
            return 0.0
        if self.device.mj_per_use:
            uses = min(uses, left / self.device.mj_per_use)
        return _down("uses", uses)

    def fits(self, limits: _Limits) -> bool:
        """Whether a frame meets its limits."""
        if limits.reliability > RELIABILITIES[-1]:
            return False
        budget, reliability = self.budget(limits), _up(limits.reliability)
        return budget >= LEAST_USES and self.needed(reliability) <= budget


def negotiate(
    intent: Intent,
    state: LinkState,
    device: Capabilities | None = None,
    needs: Needs | None = None,
    number: int = 0,
) -> Offer:
    """The profile of an intent, or of the nearest intent that can be met.

    Parameters
    ----------
    intent : what the user wants
    state : what is known of the link
    device : what the machines can do
    needs : channel uses that a frame of a task needs, at an SNR [dB] and a reliability,
        all attempts counted; it must not fall as the reliability rises. By default the
        documented numbers (:mod:`semlink.signalling.needs`)
    number : of the profile in its session

    Raises
    ------
    Infeasible
        No intent of this verb can be met, whatever its targets.
    """
    device = device or Capabilities()
    task = TASKS[intent.verb]
    if task not in device.tasks:
        raise Infeasible(f"no machine serves {task}")
    frame = _Frame(task, state, device, needs or documented(device.retransmissions))
    stated = _stated(intent)
    given = _Limits(
        stated.get("latency", FREE.deadline_ms),
        stated.get("reliability", FREE.reliability),
        stated.get("bandwidth", state.uses_per_ms),
        stated.get("energy", FREE.energy_mj),
    )
    free = tuple(name for name in ORDER[:2] if name not in stated)
    for names in _choices(stated):
        limits = _relaxed(frame, given, (*free, *names))
        if limits is not None:
            changes = tuple(
                Change(name, stated[name], getattr(limits, name)) for name in names
            )
            return Offer(
                _changed(intent, changes),
                _profile(frame, limits, intent, number),
                changes,
            )
    when = f"at {state.snr_db:g} dB before the next frame, {state.period_ms:g} ms later"
    raise Infeasible(f"no deadline is enough for {task} {when}")


def feasible(
    profile: TaskProfile,
    state: LinkState,
    device: Capabilities | None = None,
    needs: Needs | None = None,
) -> bool:
    """Whether a profile can be met over a link, by the bound."""
    device = device or Capabilities()
    needs = needs or documented(device.retransmissions)
    needed = needs(profile.task, state.snr_db, profile.reliability)
    air, count = needed / state.uses_per_ms, attempts(profile.reliability)
    energy = count * device.compute_mj + needed * device.mj_per_use
    return (
        profile.task in device.tasks
        and needed <= profile.uses
        and state.waits_ms(count) + air <= profile.deadline_ms
        and air <= state.period_ms
        and energy <= profile.energy_mj
    )


def _stated(intent: Intent) -> dict[str, float]:
    """Binding values of the targets, by name."""
    found = {}
    for name in ORDER:
        least, most = intent.limits(name)
        value = least if BINDING.get(name) == "at_least" else most
        if 0 < value < float("inf"):
            found[name] = value
    return found


def _choices(stated: dict[str, float]) -> Iterator[tuple[str, ...]]:
    """Targets to change: none, one, two, ..., in order of preference."""
    names = [name for name in ORDER if name in stated]
    for count in range(len(names) + 1):
        yield from combinations(names, count)


def _relaxed(frame: _Frame, given: _Limits, names: tuple[str, ...]) -> _Limits | None:
    """Limits that are met, of which some are relaxed as little as is enough.

    The last of the names is relaxed least: those before it have their widest values
    while it is decided.
    """
    tried = {name: _candidates(frame, given, name) for name in names}
    limits = given._replace(**{name: values[-1] for name, values in tried.items()})
    if not frame.fits(limits):
        return None
    for name in reversed(names):
        met = _met(frame, limits, name)
        values = tried[name]
        limits = limits._replace(**{name: values[bisect_left(values, True, key=met)]})
    return limits


def _met(frame: _Frame, limits: _Limits, name: str) -> Callable[[float], bool]:
    """Whether a value of one limit is enough."""
    return lambda value: frame.fits(limits._replace(**{name: value}))


def _candidates(frame: _Frame, given: _Limits, name: str) -> list[float]:
    """Values of a limit: the given one, then ever wider ones."""
    value = getattr(given, name)
    if name == "reliability":
        return [value, *(r for r in reversed(RELIABILITIES) if r < value)]
    if name == "bandwidth":
        return [value, *_between(value, frame.state.uses_per_ms)]
    grid = FIELDS["deadline_ms" if name == "latency" else "energy_mj"]
    return [value, *(point for point in grid.points if point > value)]


def _between(low: float, high: float) -> list[float]:
    """Wider bandwidths in equal ratios, the last of them all that there is."""
    steps = range(1, 20 * PER_DECADE)
    points = (float(f"{low * 10 ** (k / PER_DECADE):.3g}") for k in steps)
    return [*(p for p in points if low < p < high), *([high] if high > low else [])]


def _down(field: str, value: float) -> float:
    """The grid's point at a value or below it; 0 if there is none."""
    points = FIELDS[field].points
    return max((point for point in points if point <= value), default=0.0)


def _up(reliability: float) -> float:
    """The grid's reliability at a value or above it."""
    return min(point for point in RELIABILITIES if point >= reliability)


def _changed(intent: Intent, changes: tuple[Change, ...]) -> Intent:
    """The intent with its changed targets."""
    if not changes:
        return intent
    new = {change.name: change.after for change in changes}

    def target(old: Target) -> Target:
        binding = old.condition == BINDING.get(old.name, "at_most")
        if old.name not in new or not binding:
            return old
        looser = min if old.condition == "at_least" else max
        return old.model_copy(update={"value": looser(old.value, new[old.name])})

    return intent.model_copy(update={"targets": tuple(map(target, intent.targets))})


def _profile(
    frame: _Frame, limits: _Limits, intent: Intent, number: int
) -> TaskProfile:
    """What is executed, as it crosses the air; more than three classes are all."""
    uses = int(frame.budget(limits))
    count = uses // max(1, frame.needed(RELIABILITIES[0]))
    few = len(intent.classes) <= MOST_CLASSES
    return on_air(
        TaskProfile(
            number=number,
            task=frame.task,
            classes=intent.classes if few else (),
            priority=intent.priority,
            deadline_ms=min(limits.latency, FIELDS["deadline_ms"].points[-1]),
            reliability=limits.reliability,
            uses=uses,
            energy_mj=min(limits.energy, FIELDS["energy_mj"].points[-1]),
            retransmissions=int(min(frame.device.retransmissions, count - 1)),
        )
    )
