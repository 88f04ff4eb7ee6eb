"""Computes outputs of a component again, as a script in another process."""

from experiments.checking import process
from experiments.checking.kinds import Subject, probe_of


def outputs(subject: tuple) -> list:
    """Outputs of the component of a subject, which comes without its type."""
    return probe_of(Subject(*subject)).outputs()


if __name__ == "__main__":
    process.serve(outputs)
