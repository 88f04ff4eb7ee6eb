"""A small session of the closed loop, and rows that need none."""

import pytest

from experiments.sessions.play import play
from experiments.sessions.rows import COLUMNS, PURPOSES

SAYS = "{verb: watch, targets: [{name: latency, condition: at_most, value: 100}]}"
SMALL = (
    "source=pan[height=64,width=96]",
    "transmitter=linear_jscc",
    "uses=1200",
    "pool=2400",
    "adapter=fixed",
    "world.frames=4",
    "world.period_slots=12",
    "world.shadowing.std_db=0",
    "task=reconstruction",
    "intent=structured",
    f"says={SAYS}",
)


@pytest.fixture(scope="session")
def small_session():
    """Keys of a scenario of four small frames."""
    return SMALL


@pytest.fixture(scope="session")
def session_run(tmp_path_factory):
    """The folder of a run of that scenario."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    play("monitor", list(SMALL), folder, 1, 0)
    return folder


@pytest.fixture(scope="session")
def step_row():
    """Make the row of a frame; what is not given is usual."""

    def made(frame: int = 0, **more) -> dict[str, str]:
        usual = dict.fromkeys(COLUMNS, "") | dict.fromkeys(PURPOSES, "0")
        usual |= {"frame": frame, "sample": f"scene {frame}", "task": "detection"}
        usual |= {
            "time_s": 0.06 * frame,
            "snr_db": 10,
            "load": 0,
            "pool_uses": 2000,
            "profile": 1,
        }
        usual |= {"deadline_ms": 50, "profile_uses": 1500, "transmitter": "words"}
        usual |= {"reported_snr_db": 9, "granted_uses": 1000, "verdicts": "accept"}
        usual |= {"retransmissions": 0, "lost": 0, "late": 0, "acts": 0, "heard": 1}
        usual |= {"success": 0.5, "utility": 0.75, "latency_ms": 20}
        usual |= {"uses": 1140, "uses_down": 1000, "uses_up": 140}
        usual |= {"down_payload": 1000, "up_report": 140}
        usual |= {"energy_mj": 100, "backhaul_bytes": 0}
        return {key: str(value) for key, value in (usual | more).items()}

    return made
