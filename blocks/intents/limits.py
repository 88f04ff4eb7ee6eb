"""Rules for targets: numbers with units, and words that name a scarce resource.

A resource that is scarce in words alone has no number. Its target gets the value of
``IN_WORDS``, which is a convention of this project, not a measurement.
"""

import re
from collections.abc import Iterator

from blocks.intents.quantities import NUMBER, SPELT, UNITS, Quantity, quantities
from semlink.errors import InputError
from semlink.signalling.messages import Target

IN_WORDS = {"latency": 200.0, "reliability": 0.99, "bandwidth": 180.0, "energy": 50.0}
NATURAL = dict.fromkeys(IN_WORDS, "at_most") | {"reliability": "at_least"}
_WORDS = {
    "latency": r"\breal[- ]?time\b|\bfast\b|\bquick(?:ly)?\b|\binstant\w*"
    r"|\bimmediately\b|\bat once\b|\bstraight away\b|\bwithout delay\b|\bnow!"
    r"|\blatency\b|\basap\b",
    "reliability": r"\bcertain\b|\bbe sure\b|\b(?:not|n't|never|dont) (?:ever )?"
    r"(?:miss|lose|loose|drop|fail)\b|\bwithout (?:fail|interruption|gaps)\b"
    r"|\breliab\w+|\bguarantee\w*",
    "bandwidth": r"\b(?:kbit|kilobit|kbps|mbit|mbps)\w*|\bper (?:mega)?byte\b"
    r"|\bsatellite\b|\bbandwidth\b|\bdata (?:plan|rate|volume|cap)\b"
    r"|\b(?:slow|thin|weak|poor|bad|narrow)\b.{0,20}\b(?:link|connection|internet|signal"
    r"|modem|network)\b"
    r"|\b(?:link|connection|internet|signal|modem|network)\b.{0,30}\b(?:slow|thin|weak"
    r"|poor|bad|narrow|terrible)\b|\blink only\b",
    "energy": r"\bbatter(?:y|ies)\b|\b(?:save|saving|low)[- ](?:power|energy)\b"
    r"|\bsolar\b|\benergy\b|\bcharge left\b",
}
_SCARCE = {name: re.compile(rule) for name, rule in _WORDS.items()}
# a time is a limit if one of these words is near, or if it is short
_LIMITING = re.compile(
    r"within|under|below|less than|at (?:the )?most|no more than|max\w*|latenc\w+|delay"
    r"|deadline|response|respon\w+|answer in|<=?|≤|worst case|end[- ]to[- ]end|limit|by"
)
_LEAST = re.compile(r"(?:at least|more than|over|above|>=?|≥)\s*$")
_CHARGE = re.compile(r"batter|charge|left|remaining")
_ERROR = re.compile(r"(?:error|miss|loss|lost|fail|outage|wrong)\w*")
_CHANCE = re.compile(
    r"(?:reliab\w+|success\w*|probab\w+|confidence)\D{0,20}(?P<a>0?\.\d+)"
    r"|(?P<b>0?\.\d+)\s*(?:reliab\w+|success\w*|probab\w+|confidence)"
)
_COUNTS = {word: float(n) for word, n in SPELT.items()} | {"thousand": 1e3}
_COUNT = rf"(?:an?\s+)?(\d+|{'|'.join(_COUNTS)})"
_RATIO = re.compile(rf"\b{_COUNT}\s+(\w+\s+)?(?:out of|in)\s+{_COUNT}\b(?!\s*%)")
_UNKNOWN = re.compile(
    rf"\b(?P<name>latency|delay|deadline|bandwidth)\W+(?:\w+\W+){{0,3}}?"
    rf"(?P<got>{NUMBER}\s*(?P<unit>[a-z]+))"
)
NO_UNIT = "a and at for in is of on or per the to with"
SHORT_MS = 1000.0  # a shorter time limits the latency in any context
NEAR = 30  # characters


def targets(text: str) -> tuple[Target, ...]:
    """Targets of a text of small letters, one for each name and condition at most.

    Raises
    ------
    InputError
        A limit has a unit that nobody knows.
    """
    _refuse_unknown_units(text)
    found = {(t[0], t[1]): t for t in _stated(text)}
    named = {name for name, _ in found}
    for name, rule in _SCARCE.items():
        if name not in named and rule.search(text):
            found[name, NATURAL[name]] = name, NATURAL[name], IN_WORDS[name]
    values = sorted(found.values(), key=lambda t: list(IN_WORDS).index(t[0]))
    return tuple(
        Target.model_construct(name=name, condition=side, value=value)
        for name, side, value in values
    )


def _stated(text: str) -> Iterator[tuple[str, str, float]]:
    """Limits with a value: name, condition, value."""
    for one in quantities(text):
        before, after = text[max(0, one.start - NEAR) : one.start], text[one.end :]
        if one.name == "reliability":
            if not _CHARGE.search(before + after[:NEAR]):
                missed = _ERROR.search(before)
                yield one.name, "at_least", 1 - one.value if missed else one.value
        elif one.name != "latency" or _limits(one, before, after[:NEAR]):
            yield one.name, _side(before), one.value
    for chance in _CHANCE.finditer(text):
        yield "reliability", "at_least", float(chance["a"] or chance["b"])
    for ratio in _RATIO.finditer(text):
        share = _count(ratio[1]) / _count(ratio[3])
        if 0 < share < 1 and (missed := _ERROR.match(ratio[2] or "")) or share > 0.5:
            yield "reliability", "at_least", 1 - share if missed else share


def _limits(one: Quantity, before: str, after: str) -> bool:
    return one.value < SHORT_MS or bool(_LIMITING.search(f"{before} {after}"))


def _side(before: str) -> str:
    return "at_least" if _LEAST.search(before) else "at_most"


def _count(word: str) -> float:
    return _COUNTS[word] if word in _COUNTS else float(word)


def _refuse_unknown_units(text: str) -> None:
    for found in _UNKNOWN.finditer(text):
        known = next(quantities(found["got"]), None)
        if known is None and found["unit"] not in NO_UNIT.split():
            name = "bandwidth" if found["name"] == "bandwidth" else "latency"
            units = ", ".join(UNITS[name])
            raise InputError(
                f"{name} must be a number with one of {units}, got {found['got']!r}"
            )
