"""Answerers by name: a question on what was received, an answer in words."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from semlink.catalogue import built, files_of
from semlink.contracts.fault import refuse, shown
from semlink.registry import Registry

ANSWERERS = Registry(
    "answerer", packages=("blocks.answerers",), group="semlink.answerers"
)


@runtime_checkable
class Answerer(Protocol):
    """Answers questions on received data.

    version : changes whenever answers may
    judges : modalities of the data that it can look at
    """

    version: str
    judges: tuple[str, ...]

    def __call__(self, question: str, data: Any, modality: str) -> str:
        """Answer a question in a few words.

        Parameters
        ----------
        question : in English; choices, if any, are listed in its text
        data : image [H, W, 3], uint8, Boxes, or Words, by ``modality``
        """


@lru_cache(maxsize=8)
def answerer(spec: str) -> Answerer:
    """Build an answerer from its name and parameters, as on the command line.

    Raises
    ------
    InputError
        The answerer does not exist, or a package or file that it needs is missing.
    """
    made = built(ANSWERERS, spec)
    if not isinstance(made, Answerer) or not callable(made):
        must = "a callable with version and judges from build"
        refuse(f"answerer {spec}", must, shown(made))
    return made


def answerer_files(spec: str) -> list[Path]:
    """Files that the answers depend on, such as weights."""
    return files_of(ANSWERERS, spec)


def checked(answer: Any, spec: str) -> str:
    """Check an answer to be text.

    Raises
    ------
    InputError
        It is something else.
    """
    if not isinstance(answer, str):
        refuse(f"answerer {spec}", "an answer as str", shown(answer))
    return answer
