"""Verdicts in words."""

from collections import Counter

from rich.console import Console

from experiments.checking.kinds import INSIDE, RULES, Subject, verdicts_of
from semlink.checking.rules import Verdict

STYLES = {"ok": "green", "FAILED": "bold red", "not checked": "dim"}
WIDTH = max(len(rule.name) for rules in RULES.values() for rule in rules)


def print_verdicts(subject: Subject) -> bool:
    """Check a component, print a line for each rule; return whether it keeps all."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(f"{subject.kind} {subject.word}", style="bold")
    count: Counter[str] = Counter()
    for verdict in verdicts_of(subject):
        count[verdict.status] += 1
        console.print(_line(verdict), style=STYLES[verdict.status])
    console.print(", ".join(f"{n} {status}" for status, n in count.items()))
    return not count["FAILED"]


def _line(verdict: Verdict) -> str:
    """Status, rule, what was measured and allowed, and the place of a breach."""
    head = f"  {verdict.status:<12}{verdict.rule.name:<{WIDTH + 2}}"
    said = f"{verdict.rule.says}: " if verdict.failed else ""
    allowed = f" (allowed: {verdict.allowed})" if verdict.allowed else ""
    at = f", {verdict.place}" if verdict.failed and verdict.place else ""
    return f"{head}{said}{verdict.measured}{allowed}{at}"


def print_rules() -> None:
    """Print the rules of all kinds."""
    console = Console(highlight=False, markup=False, soft_wrap=True)
    by_rules: dict[int, list[str]] = {}
    for kind, rules in RULES.items():
        by_rules.setdefault(id(rules), []).append(kind)
    for kinds in by_rules.values():
        console.print(", ".join(kinds), style="bold")
        for rule in RULES[kinds[0]]:
            console.print(f"  {rule.name:<{WIDTH + 2}}{rule.says}")
    inside = ", ".join(f"{kind} in {word}" for kind, word in INSIDE.items())
    console.print(f"checked as a transmitter: {inside.format(*['FILE'] * len(INSIDE))}")
