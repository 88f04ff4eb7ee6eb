"""The rule that another process computes the same.

Hashes of texts differ between processes, and with them the order of sets: what depends
on them differs between the workers of a sweep, and when it is resumed.
"""

from semlink.checking.calls import same
from semlink.checking.places import RANDOM
from semlink.checking.rules import Finding, Probe, Rule, Unchecked


def _process(probe: Probe) -> Finding:
    if probe.again is None:
        raise Unchecked("with --quick")
    here, there = probe.outputs(), probe.again()
    differ = sum(not same(a, b) for a, b in zip(here, there, strict=True))
    got = f"{differ} of {len(here)} outputs differ in another process"
    return Finding(not differ, got, "0")


RULE = Rule(
    "process",
    "another process computes the same",
    _process,
    needs=("form", "finite", "determinism", "state", "receiver determinism"),
    near=(r"\bhash\(", r"\bset\(", *RANDOM),
)
