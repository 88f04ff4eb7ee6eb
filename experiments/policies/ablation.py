"""Ablation of the channel knowledge base: ways to correct a preset, at equal CBR.

The ways are the same offset everywhere, the shipped policy, and an oracle that knows
the error of every position under every action (which no link can). For uniform ways and
the policy, a search finds the ``eta`` at which the set spends as much as the presets at
the nominal one; for the oracle, a price.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from rich.progress import track

from blocks.nn import policy
from blocks.nn.codec import MULTIPLE
from blocks.nn.jscc import LEVELS, nominal_eta, rate_levels
from blocks.nn.transforms import PATCH
from experiments.compose import catalogue
from experiments.policies.environment import Conditions, Environment, Outcome, Scene
from experiments.policies.validation import POINTS, actions
from semlink.config import ComponentSpec
from semlink.graph import compiled
from semlink.sweeps.monitor import interval

SMALLEST, LARGEST = 0.3, 3.0  # eta, over the nominal one
STEPS = 16  # steps of the search for eta
GREEDY_STEPS = 40
UNIFORM = {"uniform -1": -1, "uniform +1": 1}
LEARNED, GREEDY = "PPO", "greedy oracle"
WAYS = (*UNIFORM, LEARNED, GREEDY)


class Gain(NamedTuple):
    """Gain of a way over the preset at equal CBR.

    psnr_db : [N], gain of each picture [dB]
    spent : dimensions of the set, over the preset's
    """

    psnr_db: np.ndarray
    spent: float


class Ablation:
    """Ways of correcting the presets of a set of pictures at one SNR.

    Parameters
    ----------
    environment : codec and channel
    agent : the shipped policy
    pictures : [H, W, 3] arrays, uint8, and the context of each : [D], float32
    snr_db, quality : SNR [dB] and quality of the transmission
    """

    def __init__(
        self, environment: Environment, agent: policy.Policy, pictures, snr_db, quality
    ):
        self._environment, self._nominal = environment, nominal_eta(snr_db)
        stages = {
            "encode": environment.encode,
            "send": environment.send,
            "act": partial(actions, environment, agent),
        }

        @cache
        def graph(name: str, shape: tuple[int, ...]) -> Callable:
            """A stage for pictures of one shape."""
            return compiled(stages[name], level="graph", name=f"kb.{name}")

        self._graph = graph
        self._scenes = [
            self._scene(number, picture, context, snr_db, quality)
            for number, (picture, context) in enumerate(pictures)
        ]

    def gains(self) -> dict[str, Gain]:
        """Gain of each way."""
        presets = [scene.level for scene in self._scenes]
        target, before = _mean_dimensions(presets), self._psnr_db(presets)
        return {
            way: Gain(self._psnr_db(levels) - before, _mean_dimensions(levels) / target)
            for way, levels in self._ways(target).items()
        }

    def _ways(self, target: float) -> dict[str, list]:
        """Rate maps of each way, at equal dimensions."""
        ways = {name: partial(self._uniform, n) for name, n in UNIFORM.items()}
        ways |= {LEARNED: self._corrected}
        maps = {name: self._matched(way, target) for name, way in ways.items()}
        return maps | {GREEDY: self._greedy(target)}

    def _matched(self, way: Callable, target: float) -> list:
        """Rate maps of a way at the eta that spends the target."""
        low, high = SMALLEST, LARGEST
        for _ in range(STEPS):
            eta = np.sqrt(low * high)
            levels = [way(self._at(scene, eta)) for scene in self._scenes]
            spends_less = _mean_dimensions(levels) < target
            low, high = (eta, high) if spends_less else (low, eta)
        return levels

    def _greedy(self, target: float) -> list:
        """The best offset of each position by its true error, at a common price."""
        tables = [self._outcomes(scene) for scene in self._scenes]
        low, high = 1e-6, 1e3
        for _ in range(GREEDY_STEPS):
            price = np.sqrt(low * high)
            chosen = [np.argmin(e + price * k, axis=0) for e, k in tables]
            taken = [
                np.take_along_axis(k, a[None], 0).mean()
                for a, (_, k) in zip(chosen, tables, strict=True)
            ]
            low, high = (price, high) if np.mean(taken) > target else (low, price)
        return [
            self._moved(scene, a[None].astype(np.int32))
            for scene, a in zip(self._scenes, chosen, strict=True)
        ]

    def _outcomes(self, scene: Scene) -> tuple[np.ndarray, np.ndarray]:
        """Error, over the preset's mean, and dimensions of each action : [5, h, w]."""
        actions = range(len(policy.OFFSETS))
        each = [self._send(scene, self._moved(scene, action)) for action in actions]
        error = np.stack([o.error.numpy()[0] for o in each])
        dimensions = np.stack([o.dimensions.numpy()[0] for o in each])
        return error / error[policy.NEUTRAL].mean(), dimensions

    def _scene(self, number: int, picture, context, snr_db, quality) -> Scene:
        """An encoded picture, at the nominal eta."""
        height, width = (n // MULTIPLE * MULTIPLE for n in picture.shape[:2])
        fading_db = np.zeros((1, height // PATCH, width // PATCH), np.float32)
        values = map(np.float32, (quality, self._nominal, snr_db))
        seed, picture = np.array([number, 11], np.int32), picture[None, :height, :width]
        encode = self._graph("encode", picture.shape)
        return encode(picture, context[None], Conditions(*values, fading_db), seed)

    def _at(self, scene: Scene, eta: float) -> Scene:
        """A scene with the presets of an eta, given over the nominal one."""
        eta = np.float32([eta * self._nominal])
        channels = self._environment.channels
        return scene._replace(level=rate_levels(scene.of.entropy, eta, channels))

    def _uniform(self, offset: int, scene: Scene):
        return self._moved(scene, offset + policy.NEUTRAL)

    def _corrected(self, scene: Scene):
        return self._moved(scene, self._graph("act", scene.level.shape)(scene))

    def _moved(self, scene: Scene, action):
        return policy.corrected(scene.level, action, self._environment.channels)

    def _send(self, scene: Scene, level) -> Outcome:
        return self._graph("send", level.shape)(scene, level)

    def _psnr_db(self, levels) -> np.ndarray:
        """PSNR of each picture at a rate map [dB] : [N]."""
        pairs = list(zip(self._scenes, levels, strict=True))
        error = [
            self._send(*p).error.numpy().mean()
            for p in track(pairs, "sending", transient=True)
        ]
        return -10 * np.log10(np.array(error) / (3 * PATCH**2))


def _mean_dimensions(levels) -> float:
    """Mean dimensions per position, averaged over pictures with equal weight."""
    return float(np.mean([np.take(LEVELS, level).mean() for level in levels]))


def ablation(source: str, images: int | None, weights: str, agent: str) -> str:
    """A table, in Markdown, of the ways to correct the presets of a source.

    Gains in dB, and in brackets the dimensions spent over those of the presets.

    Parameters
    ----------
    source, weights : as on the command line, for ``akb_jscc``
    agent : its policy, as for ``rate=channel_kb``
    images : largest number of images
    """
    params = {"weights": weights, "rate": f"channel_kb:{agent}"}
    spec = ComponentSpec(name="akb_jscc", params=params)
    pair = catalogue().build("transmitter", spec)
    shared = pair.transmitter.shared
    pictures = catalogue().build("source", ComponentSpec.model_validate(source))
    chosen = [pictures[i] for i in range(min(len(pictures), images or len(pictures)))]
    known = [(s.data, shared.knowledge.tell(s).context[0]) for s in chosen]
    environment = Environment(shared.networks.codec)
    columns = *WAYS, f"{LEARNED} minus the better uniform"
    lines = [f"| Es/N0 | {' | '.join(columns)} |", "|---" * (1 + len(columns)) + "|"]
    for snr_db, quality in POINTS:
        corrections = environment, shared.controller.policy
        gains = Ablation(*corrections, known, snr_db, quality).gains()
        cells = [f"{_mean(gain)} ({gain.spent:.2f})" for gain in gains.values()]
        cells.append(_mean(gains[LEARNED], _better_uniform(gains)))
        lines.append(f"| {snr_db:g} dB | {' | '.join(cells)} |")
    return "\n".join(lines)


def _better_uniform(gains: dict[str, Gain]) -> Gain:
    return max((gains[way] for way in UNIFORM), key=lambda gain: gain.psnr_db.mean())


def _mean(gain: Gain, less: Gain | None = None) -> str:
    """Mean over pictures, with its 95 % interval."""
    values = gain.psnr_db - (less.psnr_db if less else 0)
    ci95 = interval(np.stack([values, np.ones_like(values)], axis=1), False)
    return f"{values.mean():+.3f} ±{ci95:.3f}"
