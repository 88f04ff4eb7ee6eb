"""What agents of the loop, detectors, describers and answerers are called with."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from blocks.inspection import SHARE, SQUARED, Seen
from experiments.checking.samples import samples_of
from semlink.contracts.fault import refuse, shown
from semlink.contracts.schedulers import check_shares
from semlink.loop.agents import Arm, Context, Setting, Understood
from semlink.loop.agents import Heard as ReportHeard
from semlink.loop.pool import Demands, Pool
from semlink.loop.rescue.dispatching import NOBODY
from semlink.modalities.boxes import Boxes
from semlink.signalling.messages import Intent, Report, TaskProfile

USERS = 5
NEEDS_DB = (np.nan, -np.inf, -5.0, 3.0, np.inf)
ARMS = tuple(Arm(t, n) for t in range(3) for n in (1_000, 5_000, 20_000))
SAID = ("find cars within 100 ms", "is there a dog? urgently", "watch the door")
QUESTIONS = (
    "Is the dog to the left or to the right of the car?",
    "How many dogs are in the picture?",
    "What colour is the car?",
)


class Calls(NamedTuple):
    """Inputs of a kind of component, and what its outputs must be.

    inputs : each makes the arguments of a call
    verify : (output, arguments, component) -> what was verified; refuses others
    """

    inputs: tuple[Callable[[], tuple], ...]
    verify: Callable[[Any, tuple, Any], str]


def demands_of(rng: np.random.Generator, *shape: int) -> Demands:
    """Random demands; some users wait for nothing, some have an unknown state."""
    state_db = rng.uniform(-10, 30, shape)
    state_db[rng.random(shape) < 0.2] = np.nan
    return Demands(
        uses=rng.integers(100, 30_000, shape),
        most=rng.integers(100, 30_000, shape),
        least=rng.integers(0, 500, shape),
        transmitter=rng.integers(0, 16, shape),
        retransmissions=rng.integers(0, 4, shape),
        state_db=state_db,
        backlog=rng.integers(0, 3, shape).astype(float),
        wait_slots=rng.uniform(0, 50, shape),
        left_slots=rng.uniform(0, 50, shape),
        priority=rng.integers(0, 4, shape),
        importance=rng.uniform(0.5, 4, shape),
        prior=rng.choice([np.nan, 0.0, 0.3, 1.0], shape),
        gained=rng.uniform(-1, 8, shape),
        quality=rng.choice([np.nan, 0.0, 0.6, 1.0], shape),
        alternative=rng.integers(-1, 16, shape),
        alternative_uses=rng.integers(100, 30_000, shape),
        alternative_least=rng.integers(0, 500, shape),
        alternative_prior=rng.choice([np.nan, 0.0, 0.4, 1.0], shape),
        needs_db=rng.choice(NEEDS_DB, shape),
        alternative_needs_db=rng.choice(NEEDS_DB, shape),
    )


def _scheduler() -> Calls:
    pools = [(u, p) for u in (0, 1, 5_000, 1_000_000) for p in (-30.0, -3.0, 0.0, 6.0)]

    def arguments(seed: int, uses: int, power_db: float) -> tuple:
        pool = Pool(uses, power_db, seed)
        demands = demands_of(np.random.default_rng(seed), USERS)
        return demands, pool, None, np.random.default_rng(seed)

    def verify(output, given, made) -> str:
        shares, _ = _pair(output, "(Shares, memory)")
        check_shares("a scheduler", given[0], given[1], shares)
        return "shares within the pool"

    inputs = (partial(arguments, n, *pool) for n, pool in enumerate(pools))
    return Calls(tuple(inputs), verify)


def _adapter() -> Calls:
    profile = TaskProfile(task="vqa", priority=3, deadline_ms=40.0, uses=6_000)

    def arguments(n: int) -> tuple:
        report = Report(frame=n % 16, success=0.1 * n, late=False, state_db=5 * n - 10)
        heard = (ReportHeard(1000 + n, ARMS[n], report, 990 + n),) if n % 3 else ()
        state_db = 5.0 * n - 10 if n else None
        costs = tuple(np.linspace(0, 2, len(ARMS))) if n % 2 else ()
        context = Context(1000 + n, profile, ARMS, heard, state_db, 0, costs)
        return context, None, np.random.default_rng(n)

    def verify(output, given, made) -> str:
        setting, _ = _pair(output, "(Setting, memory)")
        if not isinstance(setting, Setting) or setting.arm not in given[0].arms:
            refuse("an adapter", "a Setting of an arm of its context", shown(setting))
        if not np.isfinite(setting.margin_db):
            refuse("an adapter", "a finite margin_db", shown(setting.margin_db))
        if not 0 <= setting.retransmissions <= profile.retransmissions:
            must = f"0 to {profile.retransmissions} retransmissions, as its profile"
            refuse("an adapter", must, shown(setting.retransmissions))
        return "settings of the arms"

    return Calls(tuple(partial(arguments, n) for n in range(8)), verify)


def _inspector() -> Calls:
    pictures = [sample.data for sample in samples_of("image")]

    def arguments(n: int) -> tuple:
        error = np.random.default_rng(n).exponential(30.0, (8, 12, 768))
        return (Seen(pictures[n], np.float32(error), 16, partial(_dithered, n)),)

    def _dithered(n: int, seed: int) -> np.ndarray:
        noise = np.random.default_rng([n, seed]).normal(0, 6, pictures[n].shape)
        return np.clip(pictures[n] + noise, 0, 255).astype(np.uint8)

    def verify(output, given, made) -> str:
        if made.unit not in (SQUARED, SHARE):
            refuse("an inspector", f"a unit of {SQUARED} or {SHARE}", shown(made.unit))
        valid = isinstance(output, np.ndarray) and output.dtype == np.float32
        if not valid or output.shape != (8, 12):
            refuse(
                "an inspector", "float32 [8, 12], one for each region", shown(output)
            )
        most = 1 if made.unit == SHARE else np.inf
        if not np.all((output >= 0) & (output <= most) & np.isfinite(output)):
            must = f"finite values from 0 to {most}"
            refuse("an inspector", must, f"{output.min():.3g} to {output.max():.3g}")
        return made.unit

    return Calls(tuple(partial(arguments, n) for n in range(len(pictures))), verify)


def _detector() -> Calls:
    pictures = [sample.data for sample in samples_of("image")]

    def verify(output, given, made) -> str:
        if not isinstance(output, Boxes):
            refuse("a detector", "Boxes", shown(output))
        n, scores = len(output.categories), np.asarray(output.scores)
        if scores.shape != (n,) or np.shape(output.xywh) != (n, 4):
            refuse("a detector", "a score and a box for each category", shown(scores))
        if np.any(np.diff(scores) > 0) or np.any((scores < 0) | (scores > 1)):
            refuse("a detector", "falling scores from 0 to 1", str(scores[:8]))
        if strange := {*output.categories} - {*made.categories}:
            refuse("a detector", "its own categories", ", ".join(sorted(strange)))
        if tuple(output.size) != given[0].shape[:2]:
            refuse("a detector", f"size {given[0].shape[:2]}", shown(output.size))
        return "boxes"

    return Calls(tuple(partial(_copied, p) for p in pictures), verify)


def _copied(picture: np.ndarray, *more) -> tuple:
    return (picture.copy(), *more)


def _describer() -> Calls:
    pictures = [sample.data for sample in samples_of("image")]

    def verify(output, given, made) -> str:
        if not isinstance(output, str):
            refuse("a describer", "text", shown(output))
        return "text"

    return Calls(tuple(partial(_copied, p, {}) for p in pictures), verify)


def _answerer() -> Calls:
    picture = samples_of("image")[0].data

    def verify(output, given, made) -> str:
        if not isinstance(output, str) or not output:
            refuse("an answerer", "an answer in words", shown(output))
        return "answers"

    inputs = (lambda q=q: (q, picture.copy(), "image") for q in QUESTIONS)
    return Calls(tuple(inputs), verify)


def _intent() -> Calls:
    def verify(output, given, made) -> str:
        if not isinstance(output, Understood) or not isinstance(output.intent, Intent):
            refuse("a reader of intents", "an Understood with an Intent", shown(output))
        return "intents"

    return Calls(tuple(partial(lambda said: (said, ()), said) for said in SAID), verify)


def _dispatcher() -> Calls:
    def arguments(seed: int) -> tuple:
        rng = np.random.default_rng(seed)
        times, weights = rng.uniform(1, 90, (3, 2 + seed)), rng.uniform(1, 4, 2 + seed)
        return times, weights, 100.0, rng

    def verify(output, given, made) -> str:
        count = given[0].shape[1]
        chosen = np.asarray(output)
        if chosen.shape != (3,) or chosen.dtype.kind not in "iu":
            refuse("a dispatcher", "whole numbers [3], of 3 responders", shown(chosen))
        taken = chosen[chosen != NOBODY]
        if np.any((taken < 0) | (taken >= count)) or len({*taken}) < len(taken):
            must = f"different incidents 0 to {count - 1}, or {NOBODY}"
            refuse("a dispatcher", must, str(chosen.tolist()))
        return "assignments"

    return Calls(tuple(partial(arguments, n) for n in range(4)), verify)


def _pair(output: Any, must: str) -> tuple:
    if type(output) is not tuple or len(output) != 2:
        refuse("an agent", must, shown(output))
    return output


CALLS: Mapping[str, Callable[[], Calls]] = {
    "scheduler": _scheduler,
    "adapter": _adapter,
    "inspector": _inspector,
    "detector": _detector,
    "describer": _describer,
    "answerer": _answerer,
    "intent": _intent,
    "dispatcher": _dispatcher,
}
