"""Compilation: execution at each level, and number of traces."""

import numpy as np
import pytest

from semlink import graph
from semlink.graph import compiled

tf = pytest.importorskip("tensorflow")


@pytest.fixture
def counted(monkeypatch):
    """A fresh count of traces."""
    monkeypatch.setattr(graph, "traces", type(graph.traces)())
    return graph.traces


def noisy(x, snr_db):
    """The sum of a signal plus the noise power at an SNR, and the SNR."""
    noise = tf.pow(10.0, -snr_db / 10.0)
    return tf.reduce_sum(x, axis=-1) + noise, snr_db


def snr(value):
    return np.asarray(value, np.float32)


def signal(batch, length):
    return np.ones((batch, length), np.float32)


def test_eager_is_the_function_itself(counted):
    assert compiled(noisy, level="eager", name="a") is noisy
    assert not counted


@pytest.mark.parametrize("level", ["graph", "xla"])
def test_result_is_that_of_the_function(counted, level):
    got = compiled(noisy, level=level, name="a")(signal(2, 3), snr(10))
    for a, b in zip(got, noisy(signal(2, 3), snr(10)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("level", ["graph", "xla"])
def test_another_value_is_not_traced_again(counted, level):
    function = compiled(noisy, level=level, name="a")
    sums = {float(function(signal(2, 3), snr(s))[0][0]) for s in range(10)}
    assert len(sums) == 10
    assert counted == {"a": 1}


def test_a_python_number_would_be_traced_again(counted):
    # the reason why the SNR is a tensor, and why traces are counted
    function = compiled(lambda x, s: x * s, level="xla", name="a")
    for value in (1.0, 2.0, 3.0):
        function(signal(1, 1), value)
    assert counted["a"] == 3


def test_graph_serves_any_length_with_few_traces(counted):
    function = compiled(noisy, level="graph", name="a")
    for batch in (1, 2, 3):
        for length in range(1, 12):
            assert function(signal(batch, length), snr(100))[0].shape == batch
    assert counted["a"] <= 3


def test_xla_is_traced_once_for_each_shape(counted):
    function = compiled(noisy, level="xla", name="a")
    for _ in range(3):
        for length in (4, 8, 16):
            function(signal(1, length), snr(3))
    assert counted["a"] == 3


def test_traces_are_counted_by_name(counted):
    for name in ("a", "b", "b"):
        compiled(noisy, level="graph", name=name)(signal(1, 1), snr(0))
    assert counted == {"a": 1, "b": 2}


@pytest.mark.parametrize("level", ["XLA", "", None])
def test_unknown_level(level):
    with pytest.raises(ValueError, match="one of eager, graph, xla, got") as caught:
        compiled(noisy, level=level, name="a")
    assert str(caught.value).endswith(repr(level))
