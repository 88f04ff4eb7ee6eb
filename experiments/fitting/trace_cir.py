"""Trace impulse responses with Sionna RT for ``channels/cir.py``.

Run this script in an environment with sionna-rt and without semlink's packages: its
compiler library conflicts with TensorFlow in one process.

    pip install sionna-rt
    python experiments/fitting/trace_cir.py street.npz --receivers 64

The scene is one of Sionna RT's. The transmitter is on a roof; receivers have random
positions in the street and drive along it.
"""

import argparse
from pathlib import Path

import numpy as np

HEIGHT_M = 1.5  # of receivers
FEWEST = 2  # least number of paths of a receiver
STEP_S = 0.5e-3  # between times: one slot


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("output", type=Path, help="file to write, .npz")
    parser.add_argument("--scene", default="simple_street_canyon", help="Sionna scene")
    parser.add_argument("--receivers", type=int, default=64, help="number drawn")
    parser.add_argument("--antennas", type=int, default=1, help="per receiver")
    parser.add_argument("--times", type=int, default=8, help="times per response")
    parser.add_argument("--speed-mps", type=float, default=3.0, help="of receivers")
    parser.add_argument("--transmitter", type=float, nargs=3, default=(-33, 11, 32))
    place = {"type": float, "nargs": 4, "default": (-35, 65, -5, 5)}
    parser.add_argument("--street", help="receivers: x from, to, y from, to", **place)
    parser.add_argument("--depth", type=int, default=3, help="largest reflection order")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    gains, delays_s = trace(asked)
    np.savez_compressed(
        asked.output, gains=gains, delays_s=delays_s, rate_hz=np.float64(1 / STEP_S)
    )
    print(f"{asked.output}: gains {list(gains.shape)}")


def trace(asked) -> tuple[np.ndarray, np.ndarray]:
    """Gains [E, R, P, T] and delays [E, P] [s] of receivers with enough paths."""
    from sionna import rt

    scene = rt.load_scene(getattr(rt.scene, asked.scene))
    scene.tx_array, scene.rx_array = (_row(rt, n) for n in (1, asked.antennas))
    scene.add(rt.Transmitter("transmitter", position=list(asked.transmitter)))
    rng = np.random.default_rng(asked.seed)
    left, right, near, far = asked.street
    for number in range(asked.receivers):
        place = [rng.uniform(left, right), rng.uniform(near, far), HEIGHT_M]
        velocity = [asked.speed_mps * float(rng.choice([-1, 1])), 0.0, 0.0]
        name = f"receiver {number}"
        scene.add(rt.Receiver(name, position=place, velocity=velocity))
    paths = rt.PathSolver()(scene, max_depth=asked.depth, seed=asked.seed)
    gains, delays_s = paths.cir(
        sampling_frequency=1 / STEP_S,
        num_time_steps=asked.times,
        normalize_delays=False,
        out_type="numpy",
    )
    return _tidy(gains[:, :, 0, 0], delays_s[:, 0])


def _row(rt, count: int):
    """A row of antennas half a wavelength apart."""
    return rt.PlanarArray(
        num_rows=1,
        num_cols=count,
        vertical_spacing=0.5,
        horizontal_spacing=0.5,
        pattern="iso",
        polarization="V",
    )


def _tidy(gains: np.ndarray, delays_s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Omit receivers with too few paths, and paths that no receiver has."""
    present = np.any(gains != 0, axis=(1, 3))
    kept = present.sum(axis=1) >= FEWEST
    used = present[kept].any(axis=0)
    delays_s = np.where(present, delays_s, 0)[kept][:, used]
    return gains[kept][:, :, used].astype(np.complex64), delays_s.astype(np.float32)


if __name__ == "__main__":
    main()
