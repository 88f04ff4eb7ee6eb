"""The best placement over epochs as an integer programme, solved by HiGHS.

For each epoch t, edge e and item i, a binary x says whether the edge holds the item,
and z >= x(t) - x(t-1) whether it is transferred. For each need k, y <= x of all items
of its service. The programme maximises the gains of y less the price of z, with the
memory of every edge and the backhaul of every epoch as constraints. At binary x the
best y and z are binary, too.

References
----------
Q. Huangfu, J. Hall, "Parallelizing the dual revised simplex method", Math. Prog. Comp.
10, 2018 (HiGHS, in :func:`scipy.optimize.milp`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from semlink.errors import InputError
from semlink.loop.cloud import Budgets, Cloud, Held, Needs, check_needs

GAP = 1e-3  # relative gap between placement and bound at which the search ends
NODES = 2000  # of the search, at most: a limit that does not depend on the machine


class Optimum(NamedTuple):
    """The best placements that were found.

    placements : one for each epoch
    bound : no sequence of placements is worth more; above the value of the placements
        where the search ended early
    """

    placements: tuple[Held, ...]
    bound: float


def optimum(
    cloud: Cloud,
    budgets: Budgets,
    traffic: Sequence[Needs],
    *,
    nodes: int = NODES,
) -> Optimum:
    """Best placements in hindsight, from empty edges.

    Parameters
    ----------
    cloud, budgets : the registry and the limits
    traffic : needs of successive epochs
    nodes : most nodes of the search; 0 for the linear relaxation, whose placements are
        empty and whose value is the bound

    Raises
    ------
    InputError
        A need is invalid.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    for needs in traffic:
        check_needs(cloud, budgets, needs)
    lay = _Layout(cloud, budgets, traffic)
    matrix, limits = lay.constraints()
    found = milp(
        -lay.worth(),
        integrality=np.arange(lay.count) < (lay.x.size if nodes else 0),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, ub=limits),
        options={"mip_rel_gap": GAP, "node_limit": max(nodes, 1)},
    )
    if found.x is None:
        raise InputError(f"the programme must be solved, got: {found.message}")
    if not nodes:
        return Optimum((), -float(found.fun))
    return Optimum(lay.placements(found.x), -float(found.mip_dual_bound))


class _Layout:
    """Places of the variables, and the programme's matrices."""

    def __init__(self, cloud: Cloud, budgets: Budgets, traffic: Sequence[Needs]):
        self._cloud, self._budgets = cloud, budgets
        self._hashes = sorted(cloud.items)
        sizes = np.array([cloud.items[one].size for one in self._hashes], float)
        self._unit = sizes.max()  # the solver needs coefficients near one
        self._size = sizes / self._unit
        shape = len(traffic), len(budgets.memory), len(self._hashes)
        self.x = np.arange(np.prod(shape)).reshape(shape)
        self._z = self.x + self.x.size
        known = enumerate(traffic)
        self._wanted = [(t, n) for t, needs in known for n in needs if n.gain > 0]
        self.count = 2 * self.x.size + len(self._wanted)

    def worth(self) -> np.ndarray:
        """Value of each variable."""
        worth = np.zeros(self.count)
        worth[self._z] = -self._budgets.price * self._unit * self._size
        worth[2 * self.x.size :] = [need.gain for _, need in self._wanted]
        return worth

    def constraints(self):
        """Matrix and upper limits."""
        from scipy.sparse import csr_array

        rows = [*self._memory(), *self._backhaul(), *self._transfers(), *self._needs()]
        number = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
        place = np.concatenate([row[0] for row in rows])
        value = np.concatenate([row[1] for row in rows])
        shape = len(rows), self.count
        return csr_array((value, (number, place)), shape), [row[2] for row in rows]

    def placements(self, values: np.ndarray) -> tuple[Held, ...]:
        """Placements of a solution, without items that no service of the edge uses."""
        chosen = values[self.x] > 0.5
        return tuple(tuple(map(self._own, epoch)) for epoch in chosen)

    def _own(self, chosen: np.ndarray) -> frozenset[str]:
        return frozenset(
            one for one, kept in zip(self._hashes, chosen, strict=True) if kept
        )

    def _memory(self):
        for epoch in self.x:
            for own, most in zip(epoch, self._budgets.memory, strict=True):
                yield own, self._size, most / self._unit

    def _backhaul(self):
        size = np.tile(self._size, self.x.shape[1])
        for epoch in self._z:
            yield epoch.ravel(), size, self._budgets.backhaul / self._unit

    def _transfers(self):
        for t, e, i in np.ndindex(self.x.shape):
            places, values = [self.x[t, e, i], self._z[t, e, i]], [1.0, -1.0]
            if t:
                places, values = [*places, self.x[t - 1, e, i]], [*values, -1.0]
            yield places, values, 0.0

    def _needs(self):
        for k, (t, need) in enumerate(self._wanted):
            for one in self._cloud.services[need.service]:
                own = self.x[t, need.edge, self._hashes.index(one)]
                yield [2 * self.x.size + k, own], [1.0, -1.0], 0.0
