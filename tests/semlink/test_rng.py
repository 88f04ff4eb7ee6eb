"""Seeds: every transmission has its own, which determines its random numbers."""

import subprocess
import sys
from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats

from semlink.rng import CHUNK, Course, Seeds, seed_of

SIGNIFICANCE = 1e-4  # of a test at a fixed seed; a wrong distribution gives 1e-20
DRAWS = ("normal", "complex_normal", "uniform")


def test_seed_is_a_function_of_its_arguments():
    assert seed_of(1, "role", 2, 3) == seed_of(1, "role", 2, 3)


def in_another_process(code: str) -> str:
    code = f"from semlink.rng import Course, seed_of; print({code})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).stdout


def test_seeds_and_draws_are_the_same_in_another_process():
    # the hash of a string differs from process to process, the seed must not
    assert int(in_another_process("seed_of(1, 'role', 2, 3)")) == seed_of(
        1, "role", 2, 3
    )
    value = Course(7).normal("fading", (1, 1))[0, 0]
    printed = in_another_process("float(Course(7).normal('fading', (1, 1))[0, 0])")
    assert float(printed) == value


def test_seeds_differ_wherever_they_should():
    where = product((0, 1, 2**40), ("a", "b", ""), range(10), range(10))
    seeds = [seed_of(root, role, *place) for root, role, *place in where]
    seeds += [seed_of(1, "a"), seed_of(1, "a", 0)]
    assert len(set(seeds)) == len(seeds)


def test_seeds_have_63_bits_and_use_them():
    seeds = np.array([seed_of(1, "a", i) for i in range(2000)])
    bits = seeds[:, None] >> np.arange(64) & 1
    # each bit is set in half of the seeds, within five standard errors
    deviation = np.abs(bits[:, :63].mean(axis=0) - 0.5)
    assert np.all(deviation < 5 * 0.5 / np.sqrt(len(seeds)))
    assert not bits[:, 63].any()


def test_root_channel_sample_and_draw_each_give_another_course():
    first = Seeds(1, "awgn", 2, 3)
    others = {"root": 2, "channel": "rayleigh", "sample": 3, "draw": 2}
    seeds = [first._replace(**{k: v}).course for k, v in others.items()]
    assert len({first.course, *seeds}) == 5


def test_roles_draw_from_generators_of_their_own():
    seeds = Seeds(1, "awgn", 2, 3)
    report = seeds.generator("report").normal()
    assert seeds.generator("report").normal() == report
    assert seeds.generator("scheduler").normal() != report
    # whatever channel it is fed back over
    assert seeds._replace(channel="rayleigh").generator("report").normal() == report
    for change in ({"root": 2}, {"sample": 3}, {"draw": 2}):
        assert seeds._replace(**change).generator("report").normal() != report


@pytest.mark.parametrize("draw", DRAWS)
def test_the_first_values_are_the_same_whatever_the_shape(draw):
    whole = getattr(Course(5), draw)("noise", (3, 3 * CHUNK))
    for rows, count in ((1, 1), (3, 7), (2, CHUNK), (1, CHUNK + 1), (3, 2 * CHUNK + 5)):
        part = getattr(Course(5), draw)("noise", (rows, count))
        np.testing.assert_array_equal(part, whole[:rows, :count])
    assert len(np.unique(whole)) > 0.99 * whole.size  # no row and no chunk repeats


def test_processes_seeds_and_channels_beneath_differ():
    courses = Course(5), Course(6), Course(5).beneath(), Course(5).beneath().beneath()
    drawn = [c.normal(p, (1, 100)) for c in courses for p in ("noise", "fading")]
    for one, other in combinations(drawn, 2):
        assert not np.any(one == other)


def test_a_course_beneath_is_the_same_in_a_graph():
    pytest.importorskip("tensorflow")
    from semlink.graph import compiled

    def drawn(seed):
        return Course(seed).beneath().beneath().normal("noise", (1, 9))

    graph = compiled(drawn, level="graph", name="test of courses beneath")
    np.testing.assert_array_equal(graph(np.asarray(3, np.int64)), drawn(3))


def test_the_order_of_calls_does_not_matter():
    one, other = Course(5), Course(5)
    fading = one.normal("fading", (1, 10))
    other.normal("noise", (1, 10))
    np.testing.assert_array_equal(fading, other.normal("fading", (1, 10)))


DISTRIBUTIONS = {"normal": stats.norm().cdf, "uniform": stats.uniform().cdf}


@pytest.mark.parametrize("draw", DISTRIBUTIONS)
def test_values_have_their_distribution(draw):
    values = getattr(Course(9), draw)("noise", (20, 2 * CHUNK))
    assert values.dtype == np.float32
    # along time as across rows and chunks, whose generators differ
    for some in (values[0], values[:, 0], values[:, CHUNK], values.ravel()):
        assert stats.kstest(some, DISTRIBUTIONS[draw]).pvalue > SIGNIFICANCE


def test_complex_values_are_circular_and_have_unit_power():
    values = Course(9).complex_normal("noise", (20, 2 * CHUNK)).ravel()
    assert values.dtype == np.complex64
    for part in (values.real, values.imag):
        assert stats.kstest(part * np.sqrt(2), "norm").pvalue > SIGNIFICANCE
    error = 4 / np.sqrt(len(values))
    assert abs(np.mean(values.real * values.imag)) < error
    assert abs(np.mean(np.abs(values) ** 2) - 1) < error


@pytest.mark.parametrize("draw", DRAWS)
def test_a_graph_draws_what_numpy_draws(draw):
    tf = pytest.importorskip("tensorflow")
    from semlink.graph import compiled

    def drawn(seed, shape):
        return getattr(Course(seed), draw)("noise", shape)

    graph = compiled(drawn, level="graph", name="test of courses")
    for seed, shape in ((1, (2, 5)), (2**62 + 1, (1, CHUNK + 3))):
        values = graph(np.asarray(seed, np.int64), tf.constant(shape))
        np.testing.assert_array_equal(values, drawn(seed, shape))


def test_a_model_of_sionna_draws_from_the_course():
    config = pytest.importorskip("sionna.phy").config
    from semlink.graph import compiled

    def drawn(seed, process="fading"):
        Course(seed).seed_sionna(process)
        return config.tf_rng.normal([4])

    graph = compiled(drawn, level="graph", name="test of Sionna")
    first, other, again = (graph(np.asarray(s, np.int64)) for s in (5, 2**62, 5))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, drawn(5))
    assert not np.any(np.asarray(first) == np.asarray(other))
    assert not np.any(np.asarray(first) == np.asarray(drawn(5, "phases")))


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize("start", [0, 1, 7, CHUNK - 1, CHUNK, 2 * CHUNK + 3])
def test_a_process_can_be_drawn_from_any_place(draw, start):
    whole = getattr(Course(5), draw)("noise", (2, 4 * CHUNK))
    for count in (0, 1, CHUNK + 5):
        part = getattr(Course(5), draw)("noise", (2, count), start)
        np.testing.assert_array_equal(part, whole[:, start : start + count])


def add(before, values):
    """A random walk, in whole steps, so that sums are exact."""
    steps = np.cumsum(np.sign(values), axis=1, dtype=np.float32)
    return steps if before is None else before + steps


@pytest.mark.parametrize("start", [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 3])
def test_a_chain_goes_on_from_any_place(start):
    whole = Course(5).chain("walk", add, (2, 5 * CHUNK))
    np.testing.assert_array_equal(
        whole, np.cumsum(np.sign(Course(5).normal("walk", whole.shape)), axis=1)
    )
    part = Course(5).chain("walk", add, (2, CHUNK + 5), start)
    np.testing.assert_array_equal(part, whole[:, start : start + CHUNK + 5])


def test_what_is_drawn_of_a_chain_is_what_is_new_of_it(monkeypatch):
    from semlink import rng

    drawn, generator = [], rng._generator
    monkeypatch.setattr(rng, "_generator", lambda *a: drawn.append(a) or generator(*a))
    for chunk in range(16):
        Course(77).chain("walk", add, (1, CHUNK), chunk * CHUNK)
    assert len(drawn) <= 2 * 16


def test_a_graph_draws_from_any_place():
    tf = pytest.importorskip("tensorflow")
    from semlink.graph import compiled

    def drawn(seed, start):
        course, shape = Course(seed), (2, 50)
        return course.uniform("noise", shape, start), course.chain(
            "walk", add, shape, start
        )

    graph = compiled(drawn, level="graph", name="test of starts")
    for start in (3, CHUNK + 9):
        values = graph(np.asarray(5, np.int64), tf.constant(start))
        for a, b in zip(values, drawn(5, start), strict=True):
            np.testing.assert_array_equal(a, b)
