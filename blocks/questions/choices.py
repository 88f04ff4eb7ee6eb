"""Questions that list the answers to choose from, in their own text."""

_HEAD = " Choose: "


def with_choices(question: str, choices: tuple[str, ...]) -> str:
    """A question followed by its choices: ``... Choose: red; green.``"""
    listed = "; ".join(choice.replace(";", ",") for choice in choices)
    return f"{question}{_HEAD}{listed}." if choices else question


def without_choices(question: str) -> tuple[str, tuple[str, ...]]:
    """A question, and the choices in its text."""
    asked, _, listed = question.partition(_HEAD)
    return asked, tuple(listed.removesuffix(".").split("; ")) if listed else ()
