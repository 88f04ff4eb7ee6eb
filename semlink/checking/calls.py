"""Components that are called: what each call returns, and that it stands alone."""

import pickle
import random
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from semlink.checking.clock import until_the_next_second
from semlink.checking.places import KEPT, RANDOM
from semlink.checking.rules import Finding, Probe, Rule


class CallProbe(Probe):
    """A component under test, and inputs of its calls.

    Parameters
    ----------
    build : builds the component anew, sharing nothing with those built before
    inputs : arguments of calls; at least two that differ
    verify : (output, arguments) -> what was verified, in a few words
    call : (component, arguments) -> output
    """

    def __init__(
        self,
        build: Callable[[], Any],
        inputs: Sequence[Callable[[], tuple]],
        verify: Callable[[Any, tuple], str],
        call: Callable[[Any, tuple], Any] = lambda made, given: made(*given),
    ):
        self.fresh, self.inputs, self.verify, self.call = build, inputs, verify, call

    @cached_property
    def component(self) -> Any:
        """The component that rules are measured on."""
        return self.fresh()

    def owner(self, part: str) -> Any:
        return self.component

    def outputs(self) -> list:
        """What its calls return."""
        return [self.call(self.component, given()) for given in self.inputs]


def same(one: Any, other: Any) -> bool:
    """Whether two outputs are equal, arrays and numbers to the bit."""
    try:
        np.testing.assert_equal(one, other)
    except AssertionError:
        return False
    return True


def _form(probe: CallProbe) -> Finding:
    for given in probe.inputs:
        arguments = given()
        verified = probe.verify(probe.call(probe.component, arguments), arguments)
    return Finding(True, f"{verified} from {len(probe.inputs)} calls", "")


def _determinism(probe: CallProbe) -> Finding:
    before = np.random.get_state()[1].tolist(), random.getstate()
    made = probe.fresh()
    one = [probe.call(made, given()) for given in probe.inputs]
    until_the_next_second(probe)
    made = probe.fresh()
    other = [probe.call(made, given()) for given in probe.inputs]
    if before != (np.random.get_state()[1].tolist(), random.getstate()):
        return Finding(False, "draws from a global generator", "the given generator")
    differ = sum(not same(a, b) for a, b in zip(one, other, strict=True))
    got = f"{differ} of {len(one)} outputs differ between two builds"
    return Finding(not differ, got, "0")


def _state(probe: CallProbe) -> Finding:
    made, other = probe.fresh(), probe.fresh()
    forth = [probe.call(made, given()) for given in probe.inputs]
    back = [probe.call(other, given()) for given in reversed(probe.inputs)][::-1]
    back[0] = probe.call(other, probe.inputs[0]())  # once more
    differ = sum(not same(a, b) for a, b in zip(forth, back, strict=True))
    got = f"{differ} of {len(forth)} outputs differ in the opposite order"
    return Finding(not differ, got, "0")


def _arguments(probe: CallProbe) -> Finding:
    for given in probe.inputs:
        arguments = given()
        before = pickle.dumps(_plain(arguments))
        probe.call(probe.component, arguments)
        if pickle.dumps(_plain(arguments)) != before:
            return Finding(False, "a call changed them", "no change")
    return Finding(True, "no call changed them", "no change")


def _plain(arguments: tuple) -> list:
    """Arguments without generators, which calls may use, and without functions."""
    return [
        [part for part in one if not callable(part)] if isinstance(one, tuple) else one
        for one in arguments
        if not callable(one) and not isinstance(one, np.random.Generator)
    ]


RULES = (
    Rule("form", "outputs are those of the contract", _form, near=(r"\breturn\b",)),
    Rule("determinism", "equal inputs give equal outputs", _determinism, near=RANDOM),
    Rule("state", "a call leaves nothing behind", _state, needs=("determinism",),
         near=KEPT),
    Rule("arguments", "a call changes none of its arguments", _arguments,
         near=(r"\] *[-+*/]?= ",)),
)  # fmt: skip
