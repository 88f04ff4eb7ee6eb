"""Rules of a contract, and verdicts on a component."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, NamedTuple

from semlink.checking.places import files_of, place, raised_at
from semlink.errors import InputError


class Finding(NamedTuple):
    """What a rule measured.

    kept : whether the component keeps the rule
    measured, allowed : in words, with units
    place : file and line of the breach, if the measurement knows it
    """

    kept: bool
    measured: str
    allowed: str
    place: str = ""


class Unchecked(Exception):
    """A rule does not apply to a component; the message says why."""


class Probe:
    """A component under test, and what was measured of it so far.

    again : computes its outputs in another process; ``None`` if nothing does
    """

    again: Callable[[], list] | None = None

    def outputs(self) -> list:
        """What it makes of the inputs that it is checked with."""
        raise NotImplementedError

    def owner(self, part: str) -> Any:
        """The object whose code a rule is about, such as ``receiver``."""
        raise NotImplementedError


class Rule(NamedTuple):
    """One rule of a contract.

    name : name in verdicts
    says : the rule
    measure : probe -> finding
    needs : rules without which this one says nothing
    near : regular expressions of the code that usually breaks it
    part : part of the component that the rule is about
    cheap : whether it is also checked on the first use in a sweep
    """

    name: str
    says: str
    measure: Callable[[Any], Finding]
    needs: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    part: str = ""
    cheap: bool = False


class Verdict(NamedTuple):
    """The verdict of a rule.

    measured : in words; of a rule that was not checked, the reason
    place : file and line, of a rule that is broken
    raised : whether a call raised an error, or returned what its contract refuses
    """

    rule: Rule
    status: Literal["ok", "FAILED", "not checked"]
    measured: str
    allowed: str = ""
    place: str = ""
    raised: bool = False

    @property
    def failed(self) -> bool:
        """Whether the component breaks the rule."""
        return self.status == "FAILED"

    @property
    def line(self) -> str:
        """The verdict in one line."""
        text = f"{self.rule.name}: {self.rule.says}: {self.measured}"
        allowed = f", allowed {self.allowed}" if self.allowed else ""
        return text + allowed + (f", at {self.place}" if self.place else "")


def verdicts(rules: Sequence[Rule], probe: Probe) -> Iterator[Verdict]:
    """Check a component by one rule after the other.

    What a component returns outside its contract is refused wherever it is used. Once a
    rule has named such a fault, rules that cannot be measured for it are not checked.
    """
    broken: list[str] = []
    raised: set[str] = set()
    for rule in rules:
        if missing := [name for name in rule.needs if name in broken]:
            yield Verdict(rule, "not checked", f"needs {missing[0]}")
            continue
        verdict = _verdict(rule, probe, bool(broken))
        if verdict.raised and verdict.measured in raised:
            verdict = Verdict(rule, "not checked", verdict.measured)
        raised.add(verdict.measured)
        broken += [rule.name] * verdict.failed
        yield verdict


def _verdict(rule: Rule, probe: Probe, is_known: bool) -> Verdict:
    owner = probe.owner(rule.part)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            found = rule.measure(probe)
    except Unchecked as reason:
        return Verdict(rule, "not checked", str(reason))
    except InputError as error:  # of a check wherever the component is used
        if is_known:
            return Verdict(rule, "not checked", str(error))
        at = place(owner, rule.near)
        return Verdict(rule, "FAILED", str(error), "", at, raised=True)
    except Exception as error:  # a component may raise anything
        words = " ".join(str(error).split())[:200]
        where = raised_at(error, files_of(owner))
        measured = f"{type(error).__name__}: {words}"
        return Verdict(rule, "FAILED", measured, "no exception", where, raised=True)
    if found.kept:
        return Verdict(rule, "ok", found.measured, found.allowed)
    at = found.place or place(owner, rule.near)
    return Verdict(rule, "FAILED", found.measured, found.allowed, at)
