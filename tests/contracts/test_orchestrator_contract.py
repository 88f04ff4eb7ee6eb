"""Every orchestrator keeps its contract, within every budget."""

import hashlib
import pickle
import re
from pathlib import Path

import numpy as np
import pytest

from blocks.orchestrating import ORCHESTRATORS, foresees, orchestrator
from experiments.compose import catalogue
from semlink.errors import InputError
from semlink.loop.cloud import Budgets, Cloud, Item, Need, Orchestrator, View, nothing
from semlink.loop.epochs import net, play

NAMES = ORCHESTRATORS.names()
every = pytest.mark.parametrize("name", NAMES)

PAGE = Path(__file__).parents[2] / "docs" / "orchestration.md"


def hashed(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def random_cloud(rng: np.random.Generator, items: int = 5, services: int = 6) -> Cloud:
    kinds = rng.choice(["model", "policy", "base"], items)
    sizes = rng.integers(1, 30, items)
    made = [
        Item(hashed(f"{i}"), str(kinds[i]), f"item {i}", int(sizes[i]))
        for i in range(items)
    ]
    needs = {
        f"service {s}": [made[i].sha256 for i in rng.choice(items, rng.integers(1, 3))]
        for s in range(services)
    }
    return Cloud(made, needs)


def random_traffic(rng, cloud: Cloud, edges: int, epochs: int):
    return tuple(
        tuple(
            Need(edge, service, int(rng.poisson(5)), *rng.uniform(0, 1, 2))
            for edge in range(edges)
            for service in cloud.services
        )
        for _ in range(epochs)
    )


def case(seed: int, edges: int = 2, epochs: int = 4):
    """A random cloud, budgets that may bind, and traffic."""
    rng = np.random.default_rng(seed)
    cloud = random_cloud(rng)
    memory = tuple(int(m) for m in rng.integers(0, 80, edges))
    budgets = Budgets(memory, int(rng.integers(0, 90)), float(rng.choice([0, 0.05])))
    return cloud, budgets, random_traffic(rng, cloud, edges, epochs)


@every
def test_satisfies_the_protocol(name):
    assert isinstance(orchestrator(name), Orchestrator)
    assert name in catalogue().registries["orchestrator"].names()


@every
def test_no_budget_is_exceeded(name):
    """The engine refuses a placement that does; here it refuses none."""
    agent = orchestrator(name)
    for seed in range(6):
        cloud, budgets, traffic = case(seed)
        memory = agent.learn(cloud, budgets, traffic)
        for one in play(agent, cloud, budgets, traffic, memory, seed):
            sizes = [cloud.size(held) for held in one.held]
            assert all(np.array(sizes) <= budgets.memory)
            assert one.moved.of(direction="backhaul") <= budgets.backhaul
            assert one.moved.total == 0  # nothing of it is on the air


@every
def test_memory_is_a_value(name):
    """A session that is stopped and resumed goes on as it would have."""
    agent, (cloud, budgets, traffic) = orchestrator(name), case(3)
    memory = agent.learn(cloud, budgets, traffic)
    before = pickle.dumps(memory)
    whole = play(agent, cloud, budgets, traffic, memory, 1)
    assert pickle.dumps(memory) == before
    again = play(orchestrator(name), cloud, budgets, traffic, pickle.loads(before), 1)
    assert whole == again


@every
def test_without_room_or_traffic_nothing_is_held(name):
    cloud, budgets, traffic = case(4)
    agent, none = orchestrator(name), budgets._replace(memory=(0, 0))
    outcomes = play(agent, cloud, none, traffic, agent.learn(cloud, none, traffic))
    assert {one.held for one in outcomes} == {nothing(none)}
    assert net(outcomes) == 0


def test_the_oracle_says_so_and_is_a_bound():
    assert [name for name in NAMES if foresees(name)] == ["oracle"]
    cloud, budgets, traffic = case(5)
    values = {}
    for name in NAMES:
        agent = orchestrator(name)
        memory = agent.learn(cloud, budgets, traffic)
        values[name] = net(play(agent, cloud, budgets, traffic, memory))
    assert max(values, key=values.get) == "oracle"
    assert values["random"] < values["oracle"]


def test_the_example_of_the_page_is_an_orchestrator(tmp_path):
    example, *_ = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
    path = tmp_path / "smallest.py"
    path.write_text(example)
    cloud, budgets, traffic = case(6)
    budgets = budgets._replace(memory=(100, 100), backhaul=100)
    agent = orchestrator(str(path))
    outcomes = play(agent, cloud, budgets, traffic, agent.learn(cloud, budgets, ()))
    assert all(len(held) == 1 for held in outcomes[-1].held)


CONTENT = b"weights"
GOOD = Item(hashlib.sha256(CONTENT).hexdigest(), "model", "good", len(CONTENT))


def test_content_with_its_hash_is_accepted():
    cloud = Cloud([GOOD], {"serve": [GOOD.sha256]})
    assert cloud.accept(GOOD.sha256, CONTENT) == GOOD


class Wrong:
    """Gives whatever placement it was made with."""

    def __init__(self, held):
        self._held = held

    def learn(self, cloud, budgets, traffic):
        return None

    def __call__(self, view: View, memory, draws):
        return self._held, memory


ONE = Cloud([GOOD], {"serve": [GOOD.sha256]})
WELL = ((Need(0, "serve", 1.0, 1.0),),)


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (
            lambda: ONE.accept(GOOD.sha256, b"other"),
            f"content of good must have the hash {GOOD.sha256[:12]}, got d9298a10d1b0",
        ),
        (lambda: ONE.accept("ab", CONTENT), "unknown item 'ab'; known: " + GOOD.sha256),
        (
            lambda: play(Wrong(None), ONE, Budgets((9,), 9), WELL),
            "orchestrator Wrong must return one set of hashes for each of 1 edges, "
            "got None",
        ),
        (
            lambda: play(Wrong((frozenset({"ab"}),)), ONE, Budgets((9,), 9), WELL),
            "orchestrator Wrong must return hashes of the registry, got ab",
        ),
        (
            lambda: play(
                Wrong((frozenset({GOOD.sha256}),)), ONE, Budgets((6,), 9), WELL
            ),
            "orchestrator Wrong must return at most 6 bytes at edge 0, got 7",
        ),
        (
            lambda: play(
                Wrong((frozenset({GOOD.sha256}),)), ONE, Budgets((9,), 6), WELL
            ),
            "orchestrator Wrong must return at most 6 bytes of transfers, got 7",
        ),
        (
            lambda: play(
                Wrong(()), ONE, Budgets((9,), 9), ((Need(1, "serve", 1.0, 1.0),),)
            ),
            "every edge must have a memory budget, of which there are 1, got edge 1",
        ),
        (
            lambda: play(
                Wrong(()), ONE, Budgets((9,), 9), ((Need(0, "serv", 1.0, 1.0),),)
            ),
            "unknown service 'serv'; did you mean 'serve'? known: serve",
        ),
        (
            lambda: play(
                Wrong(()), ONE, Budgets((9,), 9), ((Need(0, "serve", -1.0, 1.0),),)
            ),
            "requests must be 0 or more, got -1",
        ),
        (
            lambda: Cloud([GOOD], {"serve": ["ab"]}),
            "service serve must need items of the registry, got ab",
        ),
        (
            lambda: Cloud([GOOD._replace(kind="modle")], {}),
            "unknown kind of item 'modle'; did you mean 'model'? known: model, policy, "
            "base",
        ),
        (
            lambda: Cloud([GOOD._replace(size=0)], {}),
            "size of good must be above 0, got 0",
        ),
        (
            lambda: Cloud([GOOD, GOOD._replace(name="twin")], {}),
            f"hash of twin must differ from that of good, got {GOOD.sha256[:12]}",
        ),
        (lambda: orchestrator("greedyy"), "unknown orchestrator 'greedyy'"),
        (
            lambda: orchestrator("greedy[window=0]"),
            "orchestrator.greedy.window must be at least 1, got 0",
        ),
    ],
)
def test_bad_input_is_one_line(act, line):
    with pytest.raises(InputError, match="^" + re.escape(line)) as error:
        act()
    assert "\n" not in str(error.value)
