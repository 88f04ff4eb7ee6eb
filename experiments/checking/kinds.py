"""The kind of a component, and the rules of its contract."""

import inspect
import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from experiments.checking import replay
from experiments.checking.agents import CALLS
from experiments.checking.process import elsewhere
from experiments.checking.samples import SIDES, from_source, other_sizes, samples_of
from experiments.compose import catalogue
from semlink.checking import (
    another_process,
    calls,
    channels,
    first_use,
    pair_rules,
    sources,
    tasks,
)
from semlink.checking.pairs import CBRS, PairProbe, replayed
from semlink.checking.rules import Probe, Rule, Verdict, verdicts
from semlink.config import ComponentSpec, validate
from semlink.errors import Infeasible, InputError
from semlink.protocols import Source, Transceiver
from semlink.registry import Registry, unknown
from semlink.signals import IMAGE

_CALLED = (*calls.RULES, another_process.RULE)
RULES: dict[str, Sequence[Rule]] = {
    "channel": (*channels.RULES, another_process.RULE),
    "transmitter": (*pair_rules.RULES, another_process.RULE),
    "source": (*sources.RULES, another_process.RULE),
    "task": (*tasks.RULES, another_process.RULE),
    **dict.fromkeys(CALLS, _CALLED),
}
# parts of learned codecs are checked in one
INSIDE = {
    "controller": "ntscc[rate={}]",
    "extractor": "ntscc[extractor={}]",
    "restorer": "ntscc[restorer={}]",
}
KINDS = (*RULES, *INSIDE)
OUTPUTS = "experiments.checking.outputs"  # a script
MUST = "a component must work in another process"
SHAPE, QUICK_SHAPE = (256, 504), (64, 252)  # transmissions and symbols of a channel
# what the first parameter of a callable is called, by kind
FIRST = {
    "x": "channel",
    "demands": "scheduler",
    "context": "adapter",
    "times": "dispatcher",
    "seen": "inspector",
    "question": "answerer",
    "said": "intent",
}


class Subject(NamedTuple):
    """A component to check.

    kind, word : its kind and word
    source : word of the source of its samples; empty for samples of ours
    quick : whether few and small samples are used, and receivers are built anew in
        this process, not in another
    """

    kind: str
    word: str
    source: str = ""
    quick: bool = False

    @property
    def spec(self) -> ComponentSpec:
        """Name and parameters."""
        return ComponentSpec.model_validate(self.word)

    @property
    def registry(self) -> Registry:
        """The registry of its kind."""
        return catalogue().registries[self.kind]

    def fresh(self, **more) -> Any:
        """The component, built from files that are executed again."""
        registry, spec = self.registry.anew(), self.spec
        params = registry.resolve(spec.name, spec.argument, spec.params | more)
        return registry.build(spec.name, **params)


def verdicts_of(subject: Subject) -> Iterator[Verdict]:
    """Check a component by all rules of its kind."""
    if subject.kind in INSIDE:
        word = INSIDE[subject.kind].format(subject.word)
        subject = subject._replace(kind="transmitter", word=word)
    probe = probe_of(subject)
    if not subject.quick:
        probe.again = partial(elsewhere, OUTPUTS, tuple(subject), MUST)
    yield from verdicts(RULES[subject.kind], probe)


def probe_of(subject: Subject) -> Probe:
    """The probe of a component.

    Raises
    ------
    InputError
        It cannot be built, or there are no samples for it.
    """
    label = subject.spec.label
    if subject.kind == "channel":
        shape = QUICK_SHAPE if subject.quick else SHAPE
        return channels.ChannelProbe(subject.fresh, label, *shape)
    if subject.kind == "transmitter":
        return _pair_probe(subject, label)
    if subject.kind == "source":
        schema = subject.registry.schema(subject.spec.name)
        return sources.SourceProbe(subject.fresh, label, "seed" in schema)
    if subject.kind == "task":
        samples = _samples(subject, subject.fresh().judges)
        return tasks.TaskProbe(subject.fresh, label, samples)
    given = CALLS[subject.kind]()
    made = subject.fresh()

    def verify(output, arguments) -> str:
        return given.verify(output, arguments, made)

    return calls.CallProbe(subject.fresh, given.inputs, verify)


def checked_as_in_a_sweep(subject: Subject) -> str:
    """Check a component by the rules of its first use in a sweep; return the time.

    Raises
    ------
    InputError
        It breaks a rule, or sweeps check no component of this kind.
    """
    begin, known = time.process_time(), catalogue()
    if subject.kind == "channel":
        first_use.check_channel(subject.spec, known)
    elif subject.kind == "transmitter":
        samples = _pair_probe(subject, subject.spec.label).samples
        begin = time.process_time()
        settings = {"source": "photos", "channel": "awgn", "task": "reconstruction"}
        settings |= {"transmitter": subject.word, "snr_db": "10"}
        budgets = " ".join(map(str, CBRS))
        config = validate(settings | {"cbr": budgets})
        first_use.check_pair(subject.spec, config, known, samples)
    else:
        must = "--first-use takes a channel or a transmitter"
        raise InputError(f"{must}, got a {subject.kind}")
    spent = time.process_time() - begin
    return f"{subject.kind} {subject.word}: {spent:.2f} s of one core"


def _samples(subject: Subject, modalities: Sequence[str]):
    if subject.source:
        return from_source(subject.source)
    known = [m for m in modalities if m in (IMAGE, "signal", "text")]
    return samples_of(known[0] if known else modalities[0])


def _pair_probe(subject: Subject, label: str) -> PairProbe:
    pair: Transceiver = subject.fresh()
    accepts = pair.accepts if isinstance(pair, Transceiver) else (IMAGE,)

    def decoded(heard):
        if subject.quick:
            return replayed(subject.fresh, heard)
        return replay.elsewhere({subject.word: heard})[subject.word]

    made = partial(PairProbe, subject.fresh, label, elsewhere=decoded)
    if subject.source or accepts[0] != IMAGE:
        samples = _samples(subject, accepts)
        return made(samples, others=[] if subject.source else other_sizes(accepts[0]))
    for sides in SIDES[subject.quick :]:
        probe = made(samples_of(IMAGE, sides))
        if _sends(probe):
            probe.others += other_sizes(IMAGE) if sides == SIDES[0] else []
            return probe
    return made(samples_of(IMAGE))


def _sends(probe: PairProbe) -> bool:
    """Whether a pair sends samples of this size: some accept only one."""
    try:
        probe.decoded(probe.link.propagate(probe.first()[1], 30.0, 1))
    except (InputError, Infeasible) as error:
        return "data of the sample's" not in str(error)
    except (ValueError, IndexError):
        return False
    except Exception:
        return True
    return True


def subject_of(
    word: str, kind: str = "", source: str = "", quick: bool = False
) -> Subject:
    """The component of a word, whose kind follows from what ``build`` returns.

    Raises
    ------
    InputError
        There is none of the name, or its kind must be given.
    """
    if kind and kind not in KINDS:
        raise InputError(unknown("kind", kind, list(KINDS)))
    name = ComponentSpec.model_validate(word).name
    if kind:
        catalogue().registries[kind].schema(name)
        return Subject(kind, word, source, quick)
    if name.endswith(".py"):
        return Subject(_kind_of(word), word, source, quick)
    registries = catalogue().registries.items()
    known = {kind: registry.names() for kind, registry in registries if kind in KINDS}
    found = [kind for kind, names in known.items() if name in names]
    if not found:
        names = sorted({name for names in known.values() for name in names})
        raise InputError(unknown("component", name, names))
    if len(found) > 1:
        must = f"--kind must say which {name} is meant, {' or '.join(found)}"
        raise InputError(f"{must}, got none")
    return Subject(found[0], word, source, quick)


def _kind_of(word: str) -> str:
    spec = ComponentSpec.model_validate(word)
    registry = Registry("component", packages=(), group="")
    params = registry.resolve(spec.name, spec.argument, spec.params)
    made = registry.build(spec.name, **params)
    if isinstance(made, Transceiver):
        return "transmitter"
    if hasattr(made, "fingerprint") or isinstance(made, Source):
        return "source"
    if hasattr(made, "observe") or hasattr(made, "judges") and not callable(made):
        return "task"
    if hasattr(made, "rate_map"):
        return "controller"
    names = list(_parameters(made))
    if "course" in names:
        return "channel"
    if "image" in names[:1]:
        return "detector" if hasattr(made, "categories") else "describer"
    if names[:1] == ["codec"]:
        return "extractor" if len(names) < 4 else "restorer"
    if names[:1] and names[0] in FIRST:
        return FIRST[names[0]]
    raise InputError(
        f"--kind must be one of {', '.join(KINDS)}, as build of {spec.name} returns "
        f"none that is known by its form, got {type(made).__name__}"
    )


def _parameters(made: Any) -> Iterator[str]:
    try:
        yield from inspect.signature(made).parameters
    except TypeError:  # nothing that can be called
        return
