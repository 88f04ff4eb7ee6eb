"""Options of the commands on learned schedulers."""

from pathlib import Path
from typing import NamedTuple

from semlink.errors import InputError

TUNED = "drift_plus_penalty[v=16,urgency=1,redundancy=1,alternative=leaner,fits=true]"
LIMIT = 0.14  # weight of what is lost, over the weight of what is offered


class Small(NamedTuple):
    """Schedulers on the small problem, beside its optimum and PPO-Lagrangian.

    output : folder of the table and the figure
    seeds : policies that PPO trains, from seed 1 on; 0: none
    transitions : slots of the training of each
    rule : what moves the multiplier, ``pid`` or ``integral``
    """

    output: Path
    seeds: int = 5
    transitions: int = 10_000_000
    rule: str = "pid"


class Train(NamedTuple):
    """PPO-Lagrangian trains a scheduler on cells by the measured table.

    output : folder of the weights and the card
    form : ``grants``, of each user; ``parameters``, of ``drift_plus_penalty``
    users : of the cells, an even number
    batches : of 128 episodes and 64 slots
    limit : largest weight of what is lost, over the weight of what is offered
    rule : what moves the multiplier, ``pid`` or ``integral``
    seed : root of all randomness
    without : what the policy does not see or decide, with commas between the names:
        ``prior``, ``feedback``, and of ``grants`` ``score``, ``power``,
        ``redundancy``, ``alternative``, ``retransmissions``
    """

    output: Path
    form: str = "grants"
    users: int = 4
    batches: int = 300
    limit: float = LIMIT
    rule: str = "pid"
    seed: int = 1
    without: str = ""


class TrainSac(NamedTuple):
    """SAC-Lagrangian trains a scheduler of bids and powers on cells by the table.

    output : folder of the weights and the card
    users : of the cells, an even number
    batches : of 32 episodes and 64 slots; a step of learning follows each slot
    limit : largest weight of what is lost, over the weight of what is offered
    rule : what moves the multiplier, ``pid`` or ``integral``
    seed : root of all randomness
    """

    output: Path
    users: int = 4
    batches: int = 150
    limit: float = LIMIT
    rule: str = "pid"
    seed: int = 1


class Tune(NamedTuple):
    """Grid search of the parameters of ``drift_plus_penalty``.

    output : folder of the table
    users : of the cells, an even number
    episodes : of the tuning traffic
    limit : largest weight of what is lost, over the weight of what is offered
    """

    output: Path
    users: int = 4
    episodes: int = 32
    limit: float = LIMIT


class Compare(NamedTuple):
    """Learned schedulers beside heuristics, on traffic that none has seen.

    output : folder of the table
    seeds : independent groups of episodes, from which intervals follow
    episodes : of each
    tuned : the tuned heuristic, to which all are compared
    policies : names or folders of policies of ``ppo_lagrangian``, or other schedulers
        as ``sac_lagrangian:bids`` or ``assignment[blocks=2]``, with commas between them
    """

    output: Path
    seeds: int = 5
    episodes: int = 8
    tuned: str = TUNED
    policies: str = "grants,parameters"


class Ablate(NamedTuple):
    """A learned scheduler without parts of what it sees and decides.

    output : folder of the table
    policy : name or folder of a policy of ``ppo_lagrangian`` of the form ``grants``
    users : of the cells, an even number
    seeds : independent groups of episodes, from which intervals follow
    episodes : of each
    """

    output: Path
    policy: str = "grants"
    users: int = 4
    seeds: int = 5
    episodes: int = 8


class Order(NamedTuple):
    """Schedulers by the table and over the link, on equal episodes.

    output : folder of the tables
    source : pictures of all classes of content, as on the command line of a sweep
    schedulers : names, with spaces between them
    episodes : of each
    slots : of an episode
    """

    output: Path
    source: str
    schedulers: str = (
        "random proportional_fair max_weight earliest_deadline strict_priority "
        "drift_plus_penalty ppo_lagrangian:grants"
    )
    episodes: int = 16
    slots: int = 20


class Online(NamedTuple):
    """Schedulers that go on learning, on traffic that drifts.

    output : folder of the table and the figure
    users : of the cells, an even number
    slots : of each phase
    seeds : independent groups of episodes, from which intervals follow
    episodes : of each
    v : price of power of the tuned ``drift_plus_penalty``
    urgency : urgency of the tuned ``drift_plus_penalty``
    policy : name or folder of a learned policy of the form ``parameters``
    """

    output: Path
    users: int = 8
    slots: int = 2_048
    seeds: int = 5
    episodes: int = 2
    v: float = 25.0
    urgency: float = 0.0
    policy: str = "reward"


class TuneOnline(NamedTuple):
    """Settings of the head that goes on learning, on tuning traffic that drifts.

    output : folder of the table
    users : of the cells, an even number
    slots : of each phase
    episodes : of each setting
    v : price of power of the tuned ``drift_plus_penalty``
    urgency : urgency of the tuned ``drift_plus_penalty``
    """

    output: Path
    users: int = 8
    slots: int = 1_024
    episodes: int = 6
    v: float = 25.0
    urgency: float = 0.0


def at_least(name: str, value: int, least: int) -> None:
    """Refuse an option below its least value.

    Raises
    ------
    InputError
        It is below.
    """
    if value < least:
        raise InputError(f"{name} must be at least {least}, got {value}")


def even(name: str, value: int) -> None:
    """Refuse an option that is no even number above 0.

    Raises
    ------
    InputError
        It is not.
    """
    if value < 2 or value % 2:
        raise InputError(f"{name} must be an even number above 0, got {value}")


def one_of(name: str, value: str, known) -> None:
    """Refuse an option that is none of the known values.

    Raises
    ------
    InputError
        It is not known.
    """
    if value not in known:
        raise InputError(f"{name} must be {' or '.join(known)}, got {value!r}")


def folder(path: Path) -> Path:
    """A folder for results, which is made.

    Raises
    ------
    InputError
        It cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"output must be a folder ({error.strerror}), got {path}"
        ) from None
    return path
