"""Rules for verb and priority: words that people use for each."""

import re
from collections import Counter

VERBS = ("watch", "find", "ask", "recognise")
PRIORITIES = ("routine", "elevated", "urgent", "emergency")
_VERB_RULES = {
    "watch": (
        r"\b(?:show|see|watch|view|display|monitor|stream|video|footage|reconstruct)\b",
        r"\b(?:pic|picture|image|photo)s?\b(?! quality)",
        r"\b(?:look|looking) (?:at|around|inside)\b",
        r"\ban? look\b|\bkeep an eye\b|\beyes (?:on|in)\b|\bon (?:my|the) screen\b",
    ),
    "find": (
        r"\b(?:find|locate|localis\w+|localiz\w+|spot|detect\w*|mark|highlight|flag)\b",
        r"\b(?:search|look|looking|scan) (?:for|the)\b|\btrack\b",
        r"\b(?:alert|alarm|notify|warn)\b|\bwhere\b",
        r"\b(?:tell|let) me (?:know )?(?:when|as soon)\b",
    ),
    "ask": (
        r"\bhow (?:many|much|long|far)\b|\bnumber of\b|\bcount\b|\bwhether\b",
        r"\b(?:is|are) there\b|\bany \w+\?|\bcheck if\b|\bvqa\b|\bwho\b",
        r"(?:^|[.!?:,]\s*'?)(?:is|are|does|do|did|has|have|was|were) (?!it\b|th[ai])",
    ),
    "recognise": (
        r"\b(?:what|which) (?:\w+ )?(?:kind|sort|type|category|class|species)\b",
        r"\bclassif\w+\b|\brecogni[sz]e\b|\blabels?\b|\bidentify\b|\bcategori[sz]e\b",
        r"\b(?:what|which) (?:\w+ )?\w+ is (?:it|this|that)\b",
        r"\b(?:is|are) (?:it|this|that|these|those)\b.*\bor\b",
    ),
}
_PRIORITY_RULES = (
    r"\bno (?:rush|hurry)\b|\broutine\b|\bwhenever\b|\bevery (?:few|hour|day)\b",
    r"\bimportant\b|\bworr\w+|\bcareful\w*|\bran off\b|\b(?:missing|lost)\b"
    r"|\belevated\b",
    r"\burgent\w*|\basap\b|\bquick\b|\bhurry\b|\bat once\b|\bimmediately\b"
    r"|\bdanger\w*|\bsuspect\b|\bintruder\w*|\bknife\b|\bgun\b|\bweapon\b"
    r"|\bfleeing\b|\bsmoke\b|\bcollision\b|\bwarn\b|\bcritical\b|\bhigh priority\b",
    r"\bemergency\b|\bmayday\b|\bli(?:fe|ves)\b|\btrapped\b|\boverboard\b|\bevacuat\w+"
    r"|\bcode (?:blue|red)\b|\bcasualt\w+|\binjur\w+|\bdrown\w+|\bburning\b"
    r"|\bon fire\b|\brescue\b|\bexplo\w+|\bbleeding\b",
)
_DENIED = re.compile(r"\bno (?:rush|hurry|danger)\b|\bnot urgent\b")
_STATED = re.compile(
    rf"\b(?:priority(?: is| to|:)?\s+(?P<after>{'|'.join(PRIORITIES)})"
    rf"|(?P<before>{'|'.join(PRIORITIES)}) priority)\b"
)
_VERB = {v: [re.compile(rule) for rule in rules] for v, rules in _VERB_RULES.items()}
_PRIORITY = [re.compile(rule) for rule in _PRIORITY_RULES]


def verb_votes(text: str) -> Counter[str]:
    """How many rules of each verb fire on a text of small letters."""
    return Counter(
        {
            verb: fired
            for verb, rules in _VERB.items()
            if (fired := sum(bool(rule.search(text)) for rule in rules))
        }
    )


def verb_by_rule(text: str) -> str | None:
    """The verb for which most rules fire; ``None`` if there is none, or a tie."""
    ranked = verb_votes(text).most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def priority_by_rule(text: str) -> int | None:
    """The stated priority, or the highest for which a rule fires."""
    if stated := _STATED.search(text):
        return PRIORITIES.index(stated["after"] or stated["before"])
    if re.search(r"\blow priority\b", text):
        return 0
    denied = _DENIED.sub(" ", text)
    for priority in range(len(_PRIORITY) - 1, 0, -1):
        if _PRIORITY[priority].search(denied):
            return priority
    return 0 if _PRIORITY[0].search(text) else None
