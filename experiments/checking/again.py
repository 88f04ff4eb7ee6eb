"""Computes what a component computed in another process.

Hashes of texts differ between processes, and with them the order of sets: what depends
on them differs between the workers of a sweep, and when it is resumed.
"""

from experiments.checking import process
from semlink.checking.calls import same
from semlink.checking.channels import RANDOM
from semlink.checking.rules import Finding, Probe, Rule, Unchecked

SCRIPT = "experiments.checking.again"
MUST = "a component must work in another process"


def _process(probe: Probe) -> Finding:
    if probe.again is None:
        raise Unchecked("with --quick")
    here, there = probe.outputs(), probe.again()
    differ = sum(not same(a, b) for a, b in zip(here, there, strict=True))
    got = f"{differ} of {len(here)} outputs differ in another process"
    return Finding(not differ, got, "0")


def outputs(subject: tuple) -> list:
    """Outputs of the component of a subject, which comes without its type."""
    from experiments.checking.kinds import Subject, probe_of

    return probe_of(Subject(*subject)).outputs()


PROCESS = Rule(
    "process",
    "another process computes the same",
    _process,
    needs=("form", "finite", "determinism", "state", "receiver determinism"),
    near=(r"\bhash\(", r"\bset\(|\{\w", *RANDOM),
)


if __name__ == "__main__":
    process.serve(outputs)
