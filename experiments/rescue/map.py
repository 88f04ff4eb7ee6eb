"""The map of a rescue: the mountain, who flew where, and who was sent to whom."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

from experiments.figures.canvas import save
from experiments.rescue.course import Moment
from experiments.rescue.events import EPISODE
from semlink.loop.rescue.environment import RescueEnvironment
from semlink.loop.rescue.incidents import NEVER

KM = 1e-3
LAND = ListedColormap(plt.get_cmap("terrain")(np.linspace(0.25, 1, 256)))  # no water
COLOURS = {1: "gold", 2: "darkorange", 3: "red"}  # levels


def draw_map(
    environment: RescueEnvironment, course: Sequence[Moment], path: Path
) -> Path:
    """Draw the map of an episode that has been played.

    Parameters
    ----------
    environment : after the last slot
    course : of all slots
    path : of the figure
    """
    figure, axes = plt.subplots(figsize=(7, 7.4), layout="constrained", dpi=120)
    _ground(axes, environment)
    _flights(axes, environment, course)
    _ways(axes, environment)
    _incidents(axes, environment)
    axes.set_xlabel("east [km]")
    axes.set_ylabel("north [km]")
    axes.set_aspect("equal")
    figure.legend(*axes.get_legend_handles_labels(), fontsize=8, ncols=3,
                  loc="outside lower center")  # fmt: skip
    return save(figure, path)


def _ground(axes, environment: RescueEnvironment) -> None:
    """Heights, the base station and the huts."""
    ground, side = environment.ground, environment.rescue.area.side_m * KM
    axis = np.linspace(0, side, len(ground.heights))
    levels = axes.contourf(axis, axis, ground.heights.T, 12, cmap=LAND, alpha=0.6)
    axes.figure.colorbar(levels, ax=axes, label="height [m]", shrink=0.7)
    station, huts = environment.air.station * KM, environment.huts * KM
    axes.plot(*station, "k^", markersize=10, label="base station")
    axes.plot(*huts.T, "ks", markersize=6, label="huts of teams")


def _flights(axes, environment: RescueEnvironment, course: Sequence[Moment]) -> None:
    """Where the UAVs and the relay flew."""
    places = np.stack([moment.uavs for moment in course]) * KM
    for k in range(places.shape[1]):
        label = {"label": "UAVs"} if not k else {}
        axes.plot(*places[:, k].T, color="tab:blue", linewidth=0.8, **label)
        axes.annotate(f"{k}", places[0, k], fontsize=8)
    if environment.air.has_relay:
        relay = np.stack([moment.relay for moment in course]) * KM
        axes.plot(*relay.T, color="purple", linewidth=1, linestyle=":")
        axes.plot(*relay[-1], "*", color="purple", markersize=13, label="relay")


def _ways(axes, environment: RescueEnvironment) -> None:
    """Flights with supplies, and routes of the teams."""
    places, station = environment.incidents.place[EPISODE], environment.air.station
    for n, order in enumerate(environment.airdrops.orders):
        label = {"label": "airdrops"} if not n else {}
        line = np.stack([station, places[order.incident]]) * KM
        axes.plot(*line.T, "--", color="tab:green", linewidth=1, **label)
    at = dict(enumerate(environment.huts))
    for n, order in enumerate(environment.teams.orders):
        label = {"label": "routes of teams"} if not n else {}
        to = places[order.incident]
        route = environment.ground.route(at[order.responder], to) * KM
        axes.plot(*route.T, "-", color="saddlebrown", linewidth=1.4, **label)
        at[order.responder] = to


def _incidents(axes, environment: RescueEnvironment) -> None:
    """People in distress, by their true level."""
    truth = environment.incidents
    there = np.flatnonzero(truth.starts[EPISODE] < NEVER)
    for level, colour in COLOURS.items():
        own = [k for k in there if truth.level[EPISODE, k] == level]
        at = truth.place[EPISODE, own] * KM
        axes.plot(*at.T, "o", color=colour, markeredgecolor="k", markersize=9,
                  label=f"distress of level {level}")  # fmt: skip
