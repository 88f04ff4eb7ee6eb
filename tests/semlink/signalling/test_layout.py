"""Bits of messages: against a second encoder, and over versions."""

import math
from typing import Annotated

import numpy as np
import pytest
from pydantic import Field

from experiments.commands.listing import schema_files
from experiments.studies.imports import ROOT
from semlink.errors import InputError
from semlink.modalities.categories import CATEGORIES
from semlink.signalling.fields import whole
from semlink.signalling.layout import (
    GRANT_1,
    LAYOUTS,
    REPORT_1,
    decode,
    encode,
    on_air,
    table,
)
from semlink.signalling.messages import (
    Grant,
    Intent,
    Report,
    Request,
    Sync,
    Target,
    TaskProfile,
    read,
)

TASKS = ["reconstruction", "detection", "vqa", "classification"]


def text_of(bits):
    return "".join(map(str, bits))


def below(value, low, high, steps, integer=False):
    """Number of the highest point at or below a value, as the page defines points."""
    points = [float("%.4g" % (low * (high / low) ** (k / steps))) for k in range(256)]
    if integer:
        points = [round(point) for point in points]
    return sum(point <= value for point in points) - 1


def profile_text(p):
    fails = [float("%.4g" % 10 ** (-(k + 1) / 5)) for k in range(32)]
    sure = next(k for k, f in enumerate(fails) if round(1 - f, 10) >= p.reliability)
    text = f"0{p.number:04b}{TASKS.index(p.task):02b}{p.priority:02b}"
    text += f"{len(p.classes):02b}"
    text += "".join(f"{CATEGORIES.index(name):07b}" for name in p.classes)
    text += f"{below(p.deadline_ms, 1, 1e5, 255):08b}{sure:05b}"
    text += f"{below(p.uses, 100, 1e7, 255, True):08b}"
    return f"{text}{below(p.energy_mj, 0.01, 1e6, 255):08b}{p.retransmissions:02b}"


def grant_text(g):
    uses = 0 if g.uses < 105 else below(g.uses, 100, 1e7, 255, True)
    text = f"0{g.frame:08b}{g.profile:04b}{g.transmitter:04b}{uses:08b}"
    text += f"{g.retransmissions:02b}"
    if math.floor(g.power_db) == 0 and g.redundancy == 0:
        return f"{text}0"
    return f"{text}1{math.floor(g.power_db) + 16:05b}{g.redundancy:02b}"


def report_text(r):
    text = f"0{r.frame:04b}{r.late:b}{r.state_db + 16:06b}"
    if r.lost:
        return f"{text}1000"
    if r.rating:
        return f"{text}1{r.rating:02b}{r.success > 0.5:b}"
    return f"{text}0{math.ceil(7 * r.success - 0.5):03b}"


def request_text(r):
    verdict = ["accept", "ask", "give_up"].index(r.verdict)
    return f"0{r.frame:08b}{verdict:02b}{text_of(r.parts)}"


def drawn(rng):
    """One message of each kind that the second encoder knows."""
    names = rng.choice(CATEGORIES, rng.integers(4), replace=False)
    yield (
        TaskProfile(
            number=int(rng.integers(16)),
            task=TASKS[rng.integers(4)],
            classes=tuple(map(str, names)),
            priority=int(rng.integers(4)),
            deadline_ms=10 ** rng.uniform(0, 5),
            reliability=1 - 10 ** rng.uniform(-6.3, -0.01),
            uses=int(10 ** rng.uniform(2, 7)),
            energy_mj=10 ** rng.uniform(-2, 6),
            retransmissions=int(rng.integers(4)),
        ),
        profile_text,
    )
    yield (
        Grant(
            frame=int(rng.integers(256)),
            profile=int(rng.integers(16)),
            transmitter=int(rng.integers(16)),
            uses=int(10 ** rng.uniform(0, 7)),
            power_db=float(rng.choice([0, rng.uniform(-16, 15)])),
            redundancy=int(rng.integers(2)),
            retransmissions=int(rng.integers(4)),
        ),
        grant_text,
    )
    yield (
        Report(
            frame=int(rng.integers(16)),
            lost=bool(rng.integers(2)),
            success=rng.uniform(),
            late=bool(rng.integers(2)),
            state_db=int(rng.integers(-16, 48)),
            rating=int(rng.integers(4)),
        ),
        report_text,
    )
    parts = tuple(map(int, rng.integers(0, 2, rng.integers(20))))
    yield (
        Request(frame=int(rng.integers(256)), verdict="ask", parts=parts),
        request_text,
    )


@pytest.mark.parametrize("seed", range(40))
def test_a_second_encoder_gives_the_same_bits(seed):
    for message, second in drawn(np.random.default_rng(seed)):
        bits = encode(message)
        assert text_of(bits) == second(message)
        # what crossed is on the grid, and crosses again unchanged
        assert np.array_equal(encode(decode(type(message), bits)), bits)


@pytest.mark.parametrize("seed", range(40))
def test_rounding_is_safe(seed):
    profile, _ = next(drawn(np.random.default_rng(seed)))
    heard = on_air(profile)
    assert profile.deadline_ms / 1.047 < heard.deadline_ms <= profile.deadline_ms
    assert heard.uses <= profile.uses
    assert heard.energy_mj <= profile.energy_mj
    assert heard.reliability >= profile.reliability
    assert heard.classes == profile.classes


def test_sizes():
    assert len(encode(TaskProfile())) == 42
    assert len(encode(TaskProfile(classes=("cat", "dog", "cow")))) == 63
    assert len(encode(Grant(frame=1))) == 28
    assert len(encode(Intent(verb="ask"))) == 40
    for rating in range(4):
        assert len(encode(Report(frame=1, success=1, rating=rating))) == 16
    assert len(encode(Request(frame=1, verdict="accept"))) == 11


@pytest.mark.parametrize(
    "message",
    [
        Intent(
            verb="ask",
            classes=("oven",),
            question="Ist er hei\u00df?",
            targets=(Target(name="latency", condition="at_most", value=0.1),),
            user="chef",
            priority=3,
        ),
        Sync(base="sites", before="", after="0af3", added=("12", "f"), removed=()),
        Grant(frame=255, uses=99),
    ],
)
def test_what_has_no_grid_crosses_unchanged(message):
    assert on_air(message) == message.model_copy(
        update={"uses": 0} if isinstance(message, Grant) else {}
    )


class Second(Grant):
    """A grant of a version to come, which also names a band."""

    version: Annotated[int, Field(ge=1, le=2)] = 2
    band: int = 0


BOTH = {1: GRANT_1, 2: (whole("band", 3), *GRANT_1)}


def test_a_later_reader_reads_old_bits():
    old = Grant(frame=9, transmitter=2, uses=0, retransmissions=1)
    heard = decode(Second, encode(old), BOTH)
    assert heard == Second(version=1, **old.model_dump(exclude={"version"}))
    new = Second(frame=9, band=5)
    assert text_of(encode(new, BOTH)).startswith("10101")
    assert decode(Second, encode(new, BOTH), BOTH) == new


def test_a_later_version_is_refused():
    with pytest.raises(InputError, match=r"^version of grant must be .* 1, got 2$"):
        decode(Grant, encode(Second(frame=9), BOTH))
    with pytest.raises(InputError, match=r"^grant.version must be at most 1, got 2$"):
        read(Grant, {"frame": 1, "version": 2})


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (TaskProfile(deadline_ms=0.5), "deadline_ms must be .*, got 0.5"),
        (TaskProfile(energy_mj=0.001), "energy_mj must be .*, got 0.001"),
        (TaskProfile(reliability=1 - 1e-9), "reliability must be .*, got 0.9+"),
        (TaskProfile(classes=CATEGORIES[:4]), "classes must be at most 3 .*, got 4"),
        (Intent(verb="ask", question="?" * 256), "question must be below 256 .*"),
        (Sync(base="b", before="xy", after=""), "before must be .*, got 'xy'"),
    ],
)
def test_what_does_not_fit_is_refused(message, line):
    with pytest.raises(InputError, match=f"^{line}$"):
        encode(message)


def test_damaged_bits_are_refused():
    bits = encode(Report(frame=3, success=0.5))
    for wrong in (bits[:-1], [*bits, 0], [1] * 40, []):
        with pytest.raises(InputError, match="got"):
            decode(Report, wrong)
    with pytest.raises(InputError, match="classes must be one of 80 options"):
        decode(TaskProfile, [0] * 10 + [1] * 39)


def test_every_bit_of_a_report_counts():
    """Distinct bits are distinct reports."""
    rows = (f"0{k:015b}" for k in range(0, 2**15, 7))
    heard = {decode(Report, [int(b) for b in row]) for row in rows}
    assert len(heard) == -(-(2**15) // 7)
    assert len(REPORT_1) == 4


def test_the_page_has_the_tables():
    page = (ROOT / "docs/loop_messages.md").read_text("utf-8")
    for kind, known in LAYOUTS.items():
        for version in known:
            assert table(kind, version) in page


def test_the_schemas_are_current():
    folder = ROOT / "docs/schemas"
    files = {path.name: path.read_text("utf-8") for path in folder.glob("*.v1.json")}
    assert files == schema_files(), "`semlink schemas --output docs/schemas`"
