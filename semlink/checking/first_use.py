"""The first use of a component: the cheap rules of its contract.

A sweep stops before anything is computed if a component breaks one of them. What calls
return outside their contract, and exceptions, fail their points in the sweep itself.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial

from semlink.catalogue import Catalogue
from semlink.checking import channels, pair_rules
from semlink.checking.pairs import PairProbe, replayed
from semlink.checking.rules import Probe, Rule, verdicts
from semlink.config import ComponentSpec, SweepConfig
from semlink.errors import InputError
from semlink.signals import Sample

ROWS, LENGTH = 16, 1024  # transmissions and symbols of a channel
FEW = 2  # samples of a transmitter

_kept: set[str] = set()  # components of this process that keep the rules


def check(config: SweepConfig, catalogue: Catalogue, samples: Sequence[Sample]) -> None:
    """Check the channels of a sweep, and its transmitters that are not ours.

    Contract tests check our transmitters; some take seconds for a signal.

    Parameters
    ----------
    config : configuration of the sweep
    catalogue : registries of all components
    samples : samples that it sends

    Raises
    ------
    InputError
        A component breaks a rule.
    """
    for spec in config.channel:
        check_channel(spec, catalogue)
    for spec in config.transmitter:
        if not catalogue.registries["transmitter"].is_ours(spec.name):
            check_pair(spec, config, catalogue, samples)


def check_channel(spec: ComponentSpec, catalogue: Catalogue) -> None:
    """Check a channel, once in a process.

    Raises
    ------
    InputError
        It breaks a rule.
    """
    build = partial(catalogue.fresh, "channel", spec)

    def probe() -> Probe:
        return channels.ChannelProbe(build, spec.label, ROWS, LENGTH, thorough=False)

    identity = catalogue.identity("channel", spec)
    _check(f"channel {spec.label}", channels.RULES, probe, identity)


def check_pair(
    spec: ComponentSpec,
    config: SweepConfig,
    catalogue: Catalogue,
    samples: Sequence[Sample],
) -> None:
    """Check a transmitter and its receiver, once for its CBRs in a process.

    Raises
    ------
    InputError
        It breaks a rule.
    """
    build = partial(catalogue.fresh, "transmitter", spec)
    first = [samples[i] for i in range(min(FEW, len(samples)))]
    cbrs, snrs_db = sorted(config.cbr), tuple(config.snr_db)[:1]

    def probe() -> Probe:
        return PairProbe(
            build,
            spec.label,
            first,
            partial(replayed, build),
            cbrs,
            snrs_db,
            thorough=False,
        )

    identity = catalogue.identity("transmitter", spec)
    known = identity | {"cbrs": cbrs, "of": [sample.modality for sample in first[:1]]}
    _check(f"transmitter {spec.label}", pair_rules.RULES, probe, known)


def _check(
    who: str, rules: Sequence[Rule], probe: Callable[[], Probe], identity: dict
) -> None:
    key = who + json.dumps(identity, sort_keys=True, default=str)
    if key in _kept:
        return
    for verdict in verdicts([rule for rule in rules if rule.cheap], probe()):
        if verdict.failed and not verdict.raised:
            raise InputError(f"{who} breaks the rule {verdict.line}")
    _kept.add(key)
