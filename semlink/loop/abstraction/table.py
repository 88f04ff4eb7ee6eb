"""The file of a table of utility: arrays, names, and what they were measured with."""

import hashlib
import io
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from semlink.catalogue import Catalogue
from semlink.config import ComponentSpec
from semlink.errors import InputError
from semlink.loop.abstraction.content import NAMES
from semlink.store.files import write_whole

SHIPPED = Path(__file__).with_name("measured.npz")
DELIVERY = "delivery"
LAWS = ("effective", "average")
TEXTS = ("transmitters", "laws", "references", "metrics")


class Table(NamedTuple):
    """Measured utility; T transmitters, C classes, S SNRs, U budgets, M metrics.

    transmitters : [T], as on the command line
    laws : [T], law over fading: ``effective`` SNR, or ``average`` distortion
    references : [T], metric from which the law ``average`` has its distortion
    metrics : [M], the higher the better; the last is ``delivery``
    bounded : [M], bool, from 0 to 1
    snr_db : [S], Es/N0 over AWGN [dB], rising
    cbr : [U], channel uses allowed over values, rising
    values : values of a picture, by which channel uses are CBRs
    mean, spread : [T, C, S, U, M], mean and standard deviation over frames that arrive,
        and the probability that one does, as delivery; NaN where the budget is below
        the smallest signal, and, but for delivery, where no frame arrives
    floor : [C, M], utility of a frame of which nothing arrives
    spent : [T, S, U], mean channel uses over values; NaN as above
    chosen_db : [T, U, K], SNR from which a transmitter takes its k-th digital scheme,
        rising; infinite for schemes that it does not have
    needed_db : [T, U, K], SNR at which half of the frames of the scheme are lost
    limits : [2], complexity and importance (:class:`.content.Content`)
    identities : JSON, identity of each component by kind and label
    """

    transmitters: tuple[str, ...]
    laws: tuple[str, ...]
    references: tuple[str, ...]
    metrics: tuple[str, ...]
    bounded: np.ndarray
    snr_db: np.ndarray
    cbr: np.ndarray
    values: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    floor: np.ndarray
    spent: np.ndarray
    chosen_db: np.ndarray
    needed_db: np.ndarray
    limits: np.ndarray
    identities: str

    @property
    def digest(self) -> str:
        """SHA-256 of the identities."""
        return hashlib.sha256(self.identities.encode()).hexdigest()

    def changed(self, catalogue: Catalogue) -> list[str]:
        """Components that are not those of the measurement, ``kind label`` each."""
        return [
            f"{kind} {label}"
            for kind, components in json.loads(self.identities).items()
            for label, was in components.items()
            if _identity(catalogue, kind, label) != was
        ]

    def only(self, metric: str) -> "Table":
        """The same table with one metric, besides delivery and the references."""
        kept = {metric, DELIVERY, *self.references}
        where = [i for i, name in enumerate(self.metrics) if name in kept]
        by_metric = ("bounded", "mean", "spread", "floor")
        held = {name: getattr(self, name)[..., where] for name in by_metric}
        return self._replace(metrics=tuple(self.metrics[i] for i in where), **held)

    def write(self, path: Path) -> None:
        """Write the file, whole or not at all; equal tables give equal files."""
        arrays = self._asdict() | {"digest": self.digest}
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{k: np.asarray(v) for k, v in arrays.items()})
        write_whole(path, buffer.getvalue())


def encoded(identities: Mapping[str, Mapping[str, Any]]) -> str:
    """Identities of components as the table holds them."""
    return json.dumps(identities, sort_keys=True, default=str)


def read(path: Path = SHIPPED, catalogue: Catalogue | None = None) -> Table:
    """Read a table; warn if it was measured with other components.

    Parameters
    ----------
    path : of the file; by default the table that is shipped
    catalogue : present components; without them, nothing is compared

    Raises
    ------
    InputError
        The file cannot be read, or is no table.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        digest = str(held.pop("digest"))
        texts = {name: tuple(held[name].tolist()) for name in TEXTS}
        table = Table(**held | texts | {"identities": str(held["identities"])})
        whole = digest == table.digest and _fits(table)
    except OSError as error:
        reason = error.strerror or error
        raise InputError(
            f"table {str(path)!r} must be readable, got {reason}"
        ) from None
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise InputError(_no_table(path, type(error).__name__)) from None
    if not whole:
        raise InputError(_no_table(path, "arrays that do not fit each other"))
    if catalogue is not None and (changed := table.changed(catalogue)):
        warnings.warn(
            f"table {str(path)!r} is stale, make abstraction measures it again: it was "
            f"measured with another {', '.join(changed)}",
            stacklevel=2,
        )
    return table


def _no_table(path: Path, received: str) -> str:
    return f"{str(path)!r} must be a table of make abstraction, got {received}"


def _identity(catalogue: Catalogue, kind: str, label: str) -> Any:
    """Identity of a component as JSON returns it; ``None`` if there is none now."""
    try:
        now = catalogue.identity(kind, ComponentSpec.model_validate(label))
    except InputError:
        return None
    return json.loads(json.dumps(now, default=str))


def _fits(table: Table) -> bool:
    """Whether all shapes, and the names of laws, agree."""
    of = len(table.transmitters)
    contents, metrics = len(NAMES), len(table.metrics)
    grid = len(table.snr_db), len(table.cbr)
    shapes = {
        "mean": (of, contents, *grid, metrics),
        "spread": (of, contents, *grid, metrics),
        "floor": (contents, metrics),
        "spent": (of, *grid),
        "needed_db": table.chosen_db.shape,
        "chosen_db": (of, len(table.cbr), table.chosen_db.shape[-1]),
        "bounded": (metrics,),
        "limits": (2,),
    }
    return (
        all(getattr(table, name).shape == shape for name, shape in shapes.items())
        and len(table.laws) == len(table.references) == of
        and set(table.laws) <= set(LAWS)
        and table.metrics[-1] == DELIVERY
    )
