"""Some pictures of a source as a source of their own."""

import hashlib
from collections.abc import Sequence
from typing import Any

from semlink.catalogue import Catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.protocols import Source
from semlink.signals import Sample


class Chosen:
    """Samples of a source by their numbers, counted anew.

    Parameters
    ----------
    source : the whole source
    numbers : of the samples, in order
    """

    def __init__(self, source: Source, numbers: Sequence[int]):
        self._source, self._numbers = source, tuple(numbers)
        self.modality = source.modality
        self.skipped = getattr(source, "skipped", ())

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, index: int) -> Sample:
        """Sample ``index`` of the chosen ones."""
        place = range(len(self))[index]
        return self._source[self._numbers[place]]._replace(index=place)

    def fingerprint(self) -> str:
        """SHA-256 of the whole source and of the numbers."""
        what = f"{self._source.fingerprint()} {self._numbers}"
        return hashlib.sha256(what.encode()).hexdigest()


class OfChosen(Catalogue):
    """A catalogue whose source has the chosen pictures alone.

    Parameters
    ----------
    catalogue : the whole one
    chosen : the pictures
    """

    def __init__(self, catalogue: Catalogue, chosen: Chosen):
        super().__init__(catalogue.registries)
        self._chosen = chosen

    def build(self, kind: str, spec: ComponentSpec) -> Any:
        """Build a component; the source is the chosen part."""
        return self._chosen if kind == "source" else super().build(kind, spec)


def last(source: Source, count: int) -> list[int]:
    """Numbers of the last pictures of a source.

    Results are mostly made with the first ones, so the table is made with others.

    Raises
    ------
    InputError
        The source has fewer, or too few to hold out any.
    """
    if not 4 <= count <= len(source):
        must = f"from 4 to the {len(source)} of the source"
        raise InputError(f"pictures must be {must}, got {count}")
    return list(range(len(source) - count, len(source)))
