"""Utility of frames by a measured table: thousands in one call, or a random draw.

The table was measured over AWGN, by transmitters that know the SNR. Here they may plan
for another SNR than they meet: a digital part is lost if the effective SNR is below
what its scheme needs. A coded picture that arrives has the utility of the SNR that it
was planned for; an analog one, of the SNR that it met.
"""

from functools import cached_property
from typing import NamedTuple

import numpy as np

from semlink.errors import InputError
from semlink.loop.abstraction.content import Content
from semlink.loop.abstraction.interpolation import (
    Axis,
    Place,
    all_hold,
    bilinear,
    on_axis,
)
from semlink.loop.abstraction.laws import average_db, blocks_db
from semlink.loop.abstraction.table import Table
from semlink.registry import unknown
from semlink.units import SLOT

LEAST = 1e-12  # variance


class Utility(NamedTuple):
    """Utility of frames, by metric in the order of the table; the last is delivery.

    arrived, deviation : [..., M], mean and standard deviation of frames that arrive
    floor : [..., M], utility of a frame of which nothing arrives
    delivery : [...], probability that a frame arrives; 0 where no signal is sent
    feasible : [...], bool, whether the budget holds a signal
    spent : [...], mean channel uses of the signal; 0 where the budget holds none
    """

    arrived: np.ndarray
    deviation: np.ndarray
    floor: np.ndarray
    delivery: np.ndarray
    feasible: np.ndarray
    spent: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Mean over all frames : [..., M]."""
        return self.floor + self.delivery[..., None] * (self.arrived - self.floor)

    @property
    def spread(self) -> np.ndarray:
        """Standard deviation over all frames : [..., M]."""
        share = self.delivery[..., None]
        between = share * (1 - share) * (self.arrived - self.floor) ** 2
        return np.sqrt(share * self.deviation**2 + between)


class Abstraction:
    """Utility of frames by a measured table.

    All arguments broadcast against each other. Between the measured points, it is
    bilinear in Es/N0 [dB] and in the logarithm of the channel uses. Above the largest
    SNR or budget, it is that of the largest: a lower bound. Below the smallest SNR, it
    is that of the smallest, as long as the digital part arrives, and the floor
    otherwise. Below the smallest budget with a signal, it is the floor.

    Parameters
    ----------
    table : measured table (:func:`.table.read`)
    """

    def __init__(self, table: Table):
        self.table = table
        self.metrics, self.transmitters = table.metrics, table.transmitters
        self._feasible = np.isfinite(table.spent)
        self._mean = self._filled(table.mean, table.floor)
        spread = self._filled(table.spread, np.zeros_like(table.floor))
        delivery = self._mean[..., -1].copy()
        self._mean[..., -1], spread[..., -1] = 1.0, 0.0  # of frames that arrive
        self._read = _as_grids(np.concatenate([self._mean, spread], axis=-1))
        spent = np.nan_to_num(table.spent)[:, None]
        by_plan = np.broadcast_arrays(delivery, spent)
        self._planned = _as_grids(np.stack(by_plan, axis=-1))

    def number(self, transmitter) -> np.ndarray:
        """Number of a transmitter by its name, or numbers as they are.

        Raises
        ------
        InputError
            The table does not hold it.
        """
        known = self.transmitters
        if isinstance(transmitter, str):
            if transmitter not in known:
                raise InputError(unknown("transmitter", transmitter, list(known)))
            return np.asarray(known.index(transmitter))
        numbers = np.asarray(transmitter)
        if not _are_numbers(numbers, len(known)):
            must = f"a name or whole numbers from 0 to {len(known) - 1}"
            raise InputError(f"a transmitter is {must}, got {_shown(numbers)}")
        return numbers

    def content(self, complexity, importance=1.0) -> np.ndarray:
        """Class of content of pictures (:class:`.content.Content`)."""
        return Content(*self.table.limits).of(complexity, importance)

    def utility(
        self, transmitter, snr_db, uses, content=0, *, planned_db=None, values=None
    ) -> Utility:
        """Utility of frames over AWGN.

        Parameters
        ----------
        transmitter : name, or numbers
        snr_db : Es/N0 [dB]
        uses : channel uses granted
        content : class of content
        planned_db : Es/N0 [dB] that the transmitter plans for; by default it knows
            ``snr_db``
        values : values of a picture (RGB values), one number; by default the mean of
            the measured pictures
        """
        met = _finite("snr_db", snr_db)
        planned = met if planned_db is None else _finite("planned_db", planned_db)
        asked = self.number(transmitter), self._class(content), uses, values
        return self._looked_up(*asked, met, met, planned)

    def faded(
        self,
        transmitter,
        symbols_db,
        uses,
        content=0,
        *,
        planned_db=None,
        values=None,
        block: int | None = None,
    ) -> Utility:
        """Utility of frames whose symbols meet several SNRs.

        Parameters
        ----------
        symbols_db : [..., L], Es/N0 of L symbols of each frame [dB], evenly spaced
        block : how many of them are in a code block; all by default. A coded frame is
            lost if any of its blocks is, an analog one if the first one is, for its
            digital part is at the front.
        planned_db : as in :meth:`utility`; by default the effective SNR is known
        transmitter, uses, content, values : as in :meth:`utility`
        """
        symbols = _finite("symbols_db", symbols_db)
        if not symbols.ndim or not symbols.shape[-1]:
            raise InputError(
                f"symbols_db needs an axis of symbols, got shape {symbols.shape}"
            )
        number, of = self.number(transmitter), self._class(content)
        blocks, coded = blocks_db(symbols, block), self._is_coded[number]
        weakest = np.where(coded, blocks.min(axis=-1), blocks[..., 0])
        planned = weakest if planned_db is None else _finite("planned_db", planned_db)
        given = number, of, np.asarray(uses), weakest, planned
        number, of, uses, weakest, planned = np.broadcast_arrays(*given)
        shape, length = weakest.shape, symbols.shape[-1]
        rows = np.broadcast_to(symbols, (*shape, length)).reshape(-1, length)
        flat = (number.ravel(), of.ravel(), uses.ravel())
        met = self._equivalent_db(*flat, values, rows).reshape(shape)
        return self._looked_up(number, of, uses, values, met, weakest, planned)

    def draw(self, given: Utility, draws: np.random.Generator) -> np.ndarray:
        """Utility of frames at random : [..., M].

        A frame arrives or has the floor. The metrics of one that arrives are
        independent, of beta distributions from 0 to 1, and normal otherwise.
        """
        arrives = draws.random(given.delivery.shape) < given.delivery
        values = np.where(
            self.table.bounded,
            _beta(given.arrived, given.deviation**2, draws),
            draws.normal(given.arrived, given.deviation),
        )
        return np.where(arrives[..., None], values, given.floor)

    def spent(self, transmitter, snr_db, uses, *, values=None) -> np.ndarray:
        """Mean channel uses of the signal itself; 0 where the budget holds none.

        Parameters
        ----------
        snr_db : Es/N0 [dB] that the transmitter plans for
        transmitter, uses, values : as in :meth:`utility`
        """
        values, number = self._values(values), self.number(transmitter)
        at = self._place(_finite("snr_db", snr_db), uses, values)
        fits = all_hold(self._feasible, number, at)
        _, spent = self._plan(number, np.zeros_like(number), at, uses, values)
        return np.where(fits, spent, 0.0)

    def least_db(self, transmitter, uses, *, values=None) -> np.ndarray:
        """Es/N0 [dB] to plan for, from which a budget holds a signal; inf without one.

        Parameters are those of :meth:`utility`.
        """
        number = self.number(transmitter)
        budget, within = self._budget(uses, self._values(values))
        low, high = (self._sure_db[number, at] for at in (budget.low, budget.high))
        either = np.where(budget.share > 0, np.maximum(low, high), low)
        return np.where(within, either, np.inf)

    def slots(self, transmitter, snr_db, uses, *, values=None) -> np.ndarray:
        """Latency on the air in slots: those that the mean signal takes : int."""
        spent = self.spent(transmitter, snr_db, uses, values=values)
        return np.ceil(spent / SLOT - 1e-9).astype(int)

    def _needed_db(self, number, planned, budget: Axis) -> np.ndarray:
        """Effective Es/N0 [dB] below which the digital part is lost.

        Its code blocks have the lengths of the nearest measured budget.
        """
        nearest = np.where(budget.share < 0.5, budget.low, budget.high)
        chosen = self.table.chosen_db[number, nearest] <= planned[..., None]
        scheme = np.maximum(chosen.sum(axis=-1) - 1, 0)
        return self.table.needed_db[number, nearest, scheme]

    def _looked_up(self, number, content, uses, values, met, weakest, planned):
        """Utility of frames: ``met`` for analog parts, ``weakest`` for blocks."""
        values, coded = self._values(values), self._is_coded[number]
        by_plan = self._place(planned, uses, values)
        at = by_plan._replace(snr=self._snr(np.where(coded, planned, met)))
        fits = all_hold(self._feasible, number, by_plan)
        arrives = weakest >= self._needed_db(number, planned, by_plan.budget)
        chance, spent = self._plan(number, content, by_plan, uses, values)
        read = bilinear(self._read, self._grid(number, content), at)
        shape = np.broadcast_shapes(read.shape[:-1], fits.shape, arrives.shape)
        metrics = len(self.metrics)
        by_metric = read[..., :metrics], read[..., metrics:], self.table.floor[content]
        return Utility(
            *(np.broadcast_to(one, (*shape, metrics)) for one in by_metric),
            np.where(fits & arrives, chance, 0.0),
            np.broadcast_to(fits, shape),
            np.broadcast_to(np.where(fits, spent, 0.0), shape),
        )

    def _plan(self, number, content, by_plan: Place, uses, values: float):
        """Probability of a delivery and channel uses, by what was planned for."""
        held = bilinear(self._planned, self._grid(number, content), by_plan)
        return held[..., 0], np.minimum(held[..., 1] * values, uses)

    def _grid(self, number, content) -> np.ndarray:
        """Number of a grid, of a transmitter and a class of content."""
        return number * len(self.table.floor) + content

    def _equivalent_db(self, number, content, uses, values, symbols) -> np.ndarray:
        """Es/N0 [dB] over AWGN of the mean distortion of symbols [N, L] : [N]."""
        grid, found = self.table.snr_db, np.zeros(len(symbols))
        budget, _ = self._budget(uses, self._values(values))
        for one in np.unique(number[~self._is_coded[number]]):
            rows = np.flatnonzero(number == one)
            metric = self.metrics.index(self.table.references[one])
            low, share, high = (part[rows] for part in budget)
            held = self._mean[one, content[rows], :, :, metric]
            each = np.arange(len(rows))
            first, last = held[each, :, low], held[each, :, high]
            profile = first + share[:, None] * (last - first)
            in_db = not self.table.bounded[metric]
            found[rows] = average_db(symbols[rows], grid, profile, in_db)
        return found

    @cached_property
    def _sure_db(self) -> np.ndarray:
        """Es/N0 [dB] from which on a measured budget holds a signal : [T, U]."""
        above = np.logical_and.accumulate(self._feasible[:, ::-1], axis=1)[:, ::-1]
        found = self.table.snr_db[above.argmax(axis=1)]
        return np.where(above.any(axis=1), found, np.inf)

    @cached_property
    def _is_coded(self) -> np.ndarray:
        return np.array([law == "effective" for law in self.table.laws])

    def _snr(self, snr_db) -> Axis:
        return on_axis(self.table.snr_db, snr_db)

    def _budget(self, uses, values: float) -> tuple[Axis, np.ndarray]:
        """Places of budgets, and which are at least the smallest of the grid."""
        uses = _finite("uses", uses)
        grid = np.floor(self.table.cbr * values + 1e-6)
        return on_axis(np.log(grid), np.log(np.maximum(uses, 1e-3))), uses >= grid[0]

    def _place(self, snr_db, uses, values: float) -> Place:
        return Place(self._snr(snr_db), *self._budget(uses, values))

    def _values(self, values) -> float:
        values = float(self.table.values) if values is None else values
        if not np.ndim(values) == 0 or not np.isfinite(values) or values < 1:
            raise InputError(f"values must be a number above 0, got {values!r}")
        return float(values)

    def _class(self, content) -> np.ndarray:
        numbers, most = np.asarray(content), len(self.table.floor)
        if not _are_numbers(numbers, most):
            must = f"whole numbers from 0 to {most - 1}"
            raise InputError(f"classes of content are {must}, got {_shown(numbers)}")
        return numbers

    def _filled(self, measured: np.ndarray, floor: np.ndarray) -> np.ndarray:
        """Values with those of the next SNR that holds a signal, else the floor."""
        filled = np.array(measured, float)
        for s in range(filled.shape[2] - 2, -1, -1):
            here, above = filled[:, :, s], filled[:, :, s + 1]
            filled[:, :, s] = np.where(np.isnan(here), above, here)
        return np.where(np.isnan(filled), floor[:, None, None, :], filled)


def _as_grids(held: np.ndarray) -> np.ndarray:
    """Values [T, C, S, U, M] as those of T C grids."""
    return held.reshape(-1, *held.shape[2:])


def _beta(mean, variance, draws: np.random.Generator) -> np.ndarray:
    """Draws from 0 to 1 of a mean and a variance; yes or no at the largest variance."""
    mean = np.clip(mean, 0.0, 1.0)
    most = mean * (1 - mean)
    some = (variance > LEAST) & (most > LEAST)
    strength = np.where(some, most / np.where(some, variance, 1.0) - 1, 1.0)
    extreme = strength < 1e-3
    a, b = (np.where(some & ~extreme, p * strength, 1.0) for p in (mean, 1 - mean))
    drawn = np.where(extreme, draws.random(mean.shape) < mean, draws.beta(a, b))
    return np.where(some, drawn, mean)


def _finite(name: str, given) -> np.ndarray:
    """Numbers, none of them NaN or infinite."""
    try:
        numbers = np.asarray(given, float)
    except (TypeError, ValueError):
        raise InputError(f"{name} must be numbers, got {given!r}") from None
    if not np.all(np.isfinite(numbers)):
        worst = numbers[~np.isfinite(numbers)].flat[0]
        raise InputError(f"{name} must be finite, got {worst}")
    return numbers


def _are_numbers(numbers: np.ndarray, below: int) -> bool:
    """Whether all are whole numbers from 0."""
    whole = np.issubdtype(numbers.dtype, np.integer)
    return whole and not np.any((numbers < 0) | (numbers >= below))


def _shown(numbers: np.ndarray) -> str:
    return " ".join(np.array2string(numbers, threshold=8).split())
