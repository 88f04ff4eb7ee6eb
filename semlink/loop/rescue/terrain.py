"""A mountain: heights, diffraction over its ridges, and routes on foot.

References
----------
Recommendation ITU-R P.526-15, "Propagation by diffraction", section 4.1 (knife edge).
W. Tobler, "Three presentations on geographical analysis and modeling", NCGIA, 1993.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

CELLS = 41  # of a side
RIDGES = 7
SAMPLES = 32  # points of a terrain profile between its ends
WAVELENGTH_M = 0.75  # of 400 MHz
KMH = 1 / 3.6
STEPS = ((0, 1), (1, 0), (1, 1), (1, -1))  # to half of the eight neighbours


class Mountain(NamedTuple):
    """Heights over a square.

    heights : [CELLS, CELLS], of the ground [m]
    side_m : of the square [m]
    """

    heights: np.ndarray
    side_m: float

    @property
    def step_m(self) -> float:
        """Distance of neighbouring heights [m]."""
        return self.side_m / (CELLS - 1)

    def height(self, points: np.ndarray) -> np.ndarray:
        """Height of the ground at points [..., 2], bilinear : [...]."""
        return self.between(self.heights, points)

    def between(self, values: np.ndarray, points: np.ndarray) -> np.ndarray:
        """Values [CELLS, CELLS] of the grid at points [..., 2], bilinear : [...]."""
        at = np.clip(np.asarray(points) / self.step_m, 0, CELLS - 1 - 1e-9)
        low = at.astype(int)
        u, v = (at - low)[..., 0], (at - low)[..., 1]
        corner, flat = low[..., 0] * CELLS + low[..., 1], values.ravel()
        above = flat[corner] * (1 - v) + flat[corner + 1] * v
        below = flat[corner + CELLS] * (1 - v) + flat[corner + CELLS + 1] * v
        return above * (1 - u) + below * u

    @property
    def points(self) -> np.ndarray:
        """Places of the grid : [CELLS, CELLS, 2], in metres."""
        axis = np.linspace(0, self.side_m, CELLS)
        return np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1)

    def blockage_db(self, a, a_above_m, b, b_above_m) -> np.ndarray:
        """Diffraction loss of the dominant ridge between points : [...].

        Parameters
        ----------
        a, b : [..., 2], places that broadcast against each other
        a_above_m, b_above_m : heights above the ground there [m]
        """
        a, b = np.broadcast_arrays(np.asarray(a, float), np.asarray(b, float))
        share = (np.arange(SAMPLES) + 0.5) / SAMPLES
        points = a[..., None, :] + (b - a)[..., None, :] * share[:, None]
        top_a, top_b = self.height(a) + a_above_m, self.height(b) + b_above_m
        ray = top_a[..., None] + (top_b - top_a)[..., None] * share
        distance = np.maximum(np.linalg.norm(b - a, axis=-1), 1.0)[..., None]
        first, second = share * distance, (1 - share) * distance
        clearance = self.height(points) - ray
        nu = clearance * np.sqrt(2 * distance / (WAVELENGTH_M * first * second))
        return knife_edge_db(nu.max(axis=-1))

    def walking_s(self, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """Least times on foot from starts [N, 2] to ends [M, 2] : [N, M], s."""
        times = dijkstra(self._graph(), indices=self._node(starts))
        return times[:, self._node(ends)]

    def route(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Places along the fastest route on foot : [n, 2]."""
        node, last = self._node(start[None])[0], self._node(end[None])[0]
        _, before = dijkstra(self._graph(), indices=node, return_predecessors=True)
        nodes = [last]
        while nodes[-1] != node:
            nodes.append(before[nodes[-1]])
        return self.step_m * np.stack(np.divmod(nodes[::-1], CELLS), axis=-1)

    def _node(self, points: np.ndarray) -> np.ndarray:
        """Nearest node of the graph."""
        at = np.clip(np.round(np.asarray(points) / self.step_m), 0, CELLS - 1)
        return (at @ [CELLS, 1]).astype(int)

    def _graph(self):
        """Times on foot between neighbours, which depend on the direction."""
        number = np.arange(CELLS**2).reshape(CELLS, CELLS)
        parts = []
        for down, right in STEPS:
            here, there = _shifted(number, down, right)
            flat = self.step_m * np.hypot(down, right)
            rise = self.heights.flat[there] - self.heights.flat[here]
            parts.append((here, there, flat / walking_mps(rise / flat)))
            parts.append((there, here, flat / walking_mps(-rise / flat)))
        rows, columns, times = (
            np.concatenate(each) for each in zip(*parts, strict=False)
        )
        return coo_matrix((times, (rows, columns)), shape=(CELLS**2,) * 2).tocsr()


def mountain(seed: int, side_m: float, peak_m: float) -> Mountain:
    """A mountain of random ridges around a valley, of a highest point ``peak_m``."""
    draws = np.random.default_rng(seed)
    axis = np.linspace(0, 1, CELLS)
    x, y = np.meshgrid(axis, axis, indexing="ij")
    heights = np.zeros((CELLS, CELLS))
    for _ in range(RIDGES):
        cx, cy = draws.uniform(0.2, 0.95, 2)
        turn, along, across = draws.uniform((0, 0.1, 0.03), (np.pi, 0.3, 0.09))
        u = (x - cx) * np.cos(turn) + (y - cy) * np.sin(turn)
        v = (y - cy) * np.cos(turn) - (x - cx) * np.sin(turn)
        ridge = draws.uniform(0.5, 1) * np.exp(-((u / along) ** 2 + (v / across) ** 2))
        heights = np.maximum(heights, ridge)
    return Mountain(peak_m * heights / heights.max(), side_m)


def knife_edge_db(nu) -> np.ndarray:
    """Loss J(nu) of a knife edge [dB]; 0 below nu = -0.78."""
    over = np.maximum(nu, -0.78) - 0.1
    loss = 6.9 + 20 * np.log10(np.sqrt(over**2 + 1) + over)
    return np.maximum(loss, 0.0)


def walking_mps(slope) -> np.ndarray:
    """Walking speed over a slope (rise by run): Tobler's hiking function [m/s]."""
    return 6 * KMH * np.exp(-3.5 * np.abs(slope + 0.05))


def _shifted(number: np.ndarray, down: int, right: int):
    """Nodes, and their neighbours in a direction."""
    rows = number[: CELLS - down]
    other = number[down:]
    if right < 0:
        return rows[:, -right:].ravel(), other[:, :right].ravel()
    return rows[:, : CELLS - right].ravel(), other[:, right:].ravel()
