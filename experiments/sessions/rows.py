"""Rows of a session: one for each frame, with every number of its step.

A column is a number or a word. Channel uses have a column for each usual purpose and
direction, and one that lists all others, so that a row adds up to its total.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from experiments.playing.stage import Stage
from semlink.errors import InputError
from semlink.loop.session import Step
from semlink.signalling.profile import Offer
from semlink.signals import BACKHAUL, DOWN, UP, Ledger

Row = Mapping[str, str]

DOWNWARD = (
    "grant",
    "header",
    "side",
    "importance",
    "payload",
    "pilots",
    "retransmission",
)
UPWARD = ("profile", "request", "report", "act")
PURPOSES = (
    *(f"{DOWN}_{purpose}" for purpose in DOWNWARD),
    *(f"{UP}_{purpose}" for purpose in UPWARD),
)
COLUMNS = (
    "frame",
    "slot",
    "time_s",
    "sample",
    "snr_db",
    "load",
    "pool_uses",
    # what the receiver wants
    "says",
    "changed",
    "questions",
    "asked_bytes",
    "profile",
    "task",
    "classes",
    "priority",
    "deadline_ms",
    "reliability",
    "profile_uses",
    # what the sender decided
    "served_profile",
    "reported_snr_db",
    "transmitter",
    "wanted_uses",
    "granted_uses",
    "power_db",
    "redundancy",
    "margin_db",
    "most_retransmissions",
    # what came of it
    "verdicts",
    "retransmissions",
    "lost",
    "received",
    "success",
    "utility",
    "latency_ms",
    "late",
    "machines_ms",
    "energy_mj",
    "acts",
    "heard",
    # what it took
    "uses",
    "uses_down",
    "uses_up",
    *PURPOSES,
    "uses_other",
    "backhaul_bytes",
)
FLAGS = ("lost", "late", "acts")
DIGITS = 6  # significant, of numbers that are not whole


def columns(stage: Stage) -> tuple[str, ...]:
    """Columns of a scenario's rows: those of all, and the metrics of its tasks.

    Rows of a cell begin with the number of the user.
    """
    metrics = (
        f"{name}_{metric.name}"
        for name, task in stage.tasks.items()
        for metric in task.metrics
        if metric.kind != "set"
    )
    return (*(("user",) if stage.users else ()), *COLUMNS, *metrics)


def row_of(step: Step, stage: Stage) -> dict[str, str]:
    """The row of a frame.

    Parameters
    ----------
    step : of a session of the stage
    stage : of its scenario
    """
    values = {
        "user": step.user,
        **_captured(step, stage),
        **_wanted(step),
        **_decided(step, stage.names),
        **_outcome(step),
        **_used(step.uses),
        "backhaul_bytes": step.backhaul_bytes,
    }
    return {name: _text(values.get(name), name in FLAGS) for name in columns(stage)}


def _captured(step: Step, stage: Stage) -> dict:
    frame, config = step.frame, stage.config
    return {
        "frame": frame.number,
        "slot": frame.slot,
        "time_s": frame.slot * config.device.slot_ms / 1e3,
        "sample": frame.sample.name,
        "snr_db": step.snr_db,
        "load": frame.load,
        "pool_uses": int(config.pool * (1 - frame.load)),
    }


def _wanted(step: Step) -> dict:
    profile = step.profile
    return {
        "says": _said(step.frame.says),
        "changed": _changed(step.intended.offer) if step.intended else "",
        "questions": step.intended.questions if step.intended else None,
        "asked_bytes": step.intended.num_bytes if step.intended else None,
        "profile": profile.number,
        "task": profile.task,
        "classes": ";".join(profile.classes),
        "priority": profile.priority,
        "deadline_ms": profile.deadline_ms,
        "reliability": profile.reliability,
        "profile_uses": profile.uses,
    }


def _said(says: str | dict | None) -> str | None:
    """What the user says as text; a structure as JSON."""
    return json.dumps(says) if isinstance(says, dict) else says


def _changed(offer: Offer) -> str:
    """Targets of an intent that were changed, with both values."""
    changes = (f"{c.name} {c.before:g} to {c.after:g}" for c in offer.changes)
    return "; ".join(changes)


def _decided(step: Step, names: Sequence[str]) -> dict:
    if step.emitted is None:
        return {}
    grant, setting = step.emitted.grant, step.emitted.setting
    return {
        "served_profile": grant.profile,
        "reported_snr_db": step.emitted.state_db,
        "transmitter": names[grant.transmitter],
        "wanted_uses": setting.arm.uses,
        "granted_uses": grant.uses,
        "power_db": grant.power_db,
        "redundancy": grant.redundancy,
        "margin_db": setting.margin_db,
        "most_retransmissions": grant.retransmissions,
    }


def _outcome(step: Step) -> dict:
    outcome = step.outcome
    additive = {
        f"{step.profile.task}_{name}": float(pair[0]) / float(pair[1])
        for name, pair in outcome.values.items()
        if isinstance(pair, tuple) and pair[1]
    }
    return additive | {
        "verdicts": " ".join(step.verdicts),
        "retransmissions": max(len(step.verdicts) - 1, 0),
        "lost": outcome.estimate.lost,
        "received": outcome.estimate.modality
        if outcome.estimate.data is not None
        else "",
        "success": step.success,
        "utility": outcome.utility,
        "latency_ms": outcome.latency_ms,
        "late": outcome.late,
        "machines_ms": outcome.cost.ms,
        "energy_mj": outcome.cost.mj,
        "acts": step.acts,
        "heard": step.heard,
    }


def _used(uses: Ledger) -> dict:
    """Channel uses in all, by direction, and by direction and purpose."""
    by_purpose: dict[str, int] = dict.fromkeys(PURPOSES, 0)
    for use, number in uses.items():
        if use.direction != BACKHAUL:
            key = f"{use.direction}_{use.purpose}"
            by_purpose[key] = by_purpose.get(key, 0) + number
    others = {key: n for key, n in by_purpose.items() if key not in PURPOSES}
    return by_purpose | {
        "uses": uses.total,
        "uses_down": uses.of(direction=DOWN),
        "uses_up": uses.of(direction=UP),
        "uses_other": ";".join(f"{key}={n}" for key, n in sorted(others.items())),
    }


def spent(rows: Iterable[Row]) -> dict[str, int]:
    """Channel uses of rows by direction and purpose, the greatest first."""
    total: dict[str, int] = {}
    for row in rows:
        named = [(purpose, row[purpose]) for purpose in PURPOSES]
        others = filter(None, row["uses_other"].split(";"))
        for key, number in [*named, *(item.split("=") for item in others)]:
            total[key] = total.get(key, 0) + int(number)
    ordered = sorted(total.items(), key=lambda item: -item[1])
    return {key: number for key, number in ordered if number}


def _text(value, is_flag: bool) -> str:
    """A cell; empty for nothing, one or zero for a flag."""
    if value is None:
        return ""
    if is_flag:
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return " ".join(str(value).split())


def format_lines(lines: Iterable[Sequence[str]]) -> bytes:
    """Lines of the table."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode(errors="backslashreplace")


def parse(data: bytes, path: Path) -> list[dict[str, str]]:
    """Rows in the bytes of a table; a torn last line is left out.

    Raises
    ------
    InputError
        The table is damaged.
    """
    whole = data[: data.rfind(b"\n") + 1].decode(errors="replace")
    names, *lines = list(csv.reader(io.StringIO(whole))) or [[]]
    for number, line in enumerate(lines, 2):
        if len(line) != len(names):
            raise InputError(
                f"{path} is damaged at line {number}: a row has {len(names)} cells, "
                f"got {len(line)}"
            )
    return [dict(zip(names, line, strict=True)) for line in lines]


def read_steps(folder: Path) -> list[dict[str, str]]:
    """Rows of the session in the folder of a run.

    Raises
    ------
    InputError
        There is no session, or its table is damaged.
    """
    path = folder / "steps.csv"
    try:
        rows = parse(path.read_bytes(), path)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    if not rows or rows[0].keys() < set(COLUMNS):
        raise InputError(f"{path} must have the frames of a session, got {len(rows)}")
    return rows
