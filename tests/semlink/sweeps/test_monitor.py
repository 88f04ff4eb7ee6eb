"""Estimates, their intervals against theory and simulation, and when to stop."""

import numpy as np
import pytest
from scipy import stats

from semlink.config import StopRule
from semlink.metrics import Judgement, Metric
from semlink.sweeps.monitor import FIRST_CHECK, Monitor, interval

TRIALS = 2000
COVERAGE = 0.95


METRICS = {
    "psnr": ("task", Metric("psnr", "PSNR")),
    "outage": ("link", Metric("outage", "outage", kind="proportion")),
    **{m: ("link", Metric(m, m, kind="ratio")) for m in ("ber", "bler", "goodput")},
}


def monitor_of(num_samples, rule=None, **more):
    rule = rule or StopRule()
    rule = rule.model_copy(update={"metric": rule.metric or "psnr"})
    return Monitor(rule, METRICS, {}, num_samples=num_samples, **more)


def filled(samples, *, rule=None, metric="psnr", **more):
    """A monitor that has seen samples[draw][image] = (sum, count)."""
    monitor = monitor_of(len(samples[0]), rule, **more)
    for draw, images in enumerate(samples):
        for image, sample in enumerate(images):
            monitor.add(image, draw, Judgement({metric: sample}, {}))
    return monitor


def ones(values):
    return [(value, 1) for value in values]


def covered(simulate, truth):
    """Share of simulated intervals that hold the truth, and whether that is 95 %."""
    hits = 0
    for trial in range(TRIALS):
        value = simulate(np.random.default_rng(trial))
        hits += abs(value.mean - truth) <= value.ci95
    error = np.sqrt(COVERAGE * (1 - COVERAGE) / TRIALS)
    return hits / TRIALS, abs(hits / TRIALS - COVERAGE) < 4 * error


def test_mean_and_interval_are_those_of_student():
    values = np.random.default_rng(1).normal(30, 3, 20)
    value = filled([ones(values)]).value("psnr")
    low, high = stats.t.interval(0.95, 19, np.mean(values), stats.sem(values))
    assert value.mean == pytest.approx(np.mean(values))
    assert value.ci95 == pytest.approx((high - low) / 2)
    assert value.count == 20


def test_ratio_of_sums_not_mean_of_ratios():
    value = filled([[(1, 10), (9, 90), (0, 100)]], metric="ber").value("ber")
    assert value.mean == 10 / 200
    assert value.count == 200


def test_interval_of_a_ratio_is_cochrans():
    rng = np.random.default_rng(2)
    count = rng.integers(50, 150, 40)
    total = rng.binomial(count, 0.1)
    samples = np.stack([total, count], axis=1).astype(float)
    ratio, n = total.sum() / count.sum(), len(count)
    squares = np.sum(total**2) - 2 * ratio * np.sum(total * count)
    squares += ratio**2 * np.sum(count**2)
    deviation = np.sqrt(squares / (n - 1) / n) / count.mean()
    expected = stats.t.ppf(0.975, n - 1) * deviation
    assert interval(samples, True) == pytest.approx(expected)


def test_interval_agrees_with_the_jackknife():
    rng = np.random.default_rng(3)
    count = rng.integers(200, 300, 400).astype(float)
    samples = np.stack([count * rng.normal(2, 0.3, 400), count], axis=1)
    left = (samples.sum(axis=0) - samples).T
    jackknife = np.sqrt(399**2 / 400 * np.var(left[0] / left[1], ddof=1))
    expected = stats.t.ppf(0.975, 399) * jackknife
    assert interval(samples, False) == pytest.approx(expected, rel=0.01)


def test_coverage_of_a_mean():
    share, right = covered(
        lambda rng: filled([ones(rng.normal(30, 3, 5))]).value("psnr"), 30
    )
    assert right, share


def test_coverage_of_an_error_rate():
    def simulate(rng):
        count = rng.integers(200, 400, 60)
        return filled([list(zip(rng.binomial(count, 0.2), count, strict=True))]).value(
            "psnr"
        )

    share, right = covered(simulate, 0.2)
    assert right, share


def clustered(rng):
    """Six draws of eight images that differ more than their draws: [draw, image]."""
    return rng.normal(30, 3, 8) + rng.normal(0, 0.5, (6, 8))


def test_coverage_with_draws_of_the_same_images():
    def simulate(rng):
        return filled([ones(draw) for draw in clustered(rng)]).value("psnr")

    share, right = covered(simulate, 30)
    assert right, share


def test_draws_of_an_image_are_not_independent_images():
    values = clustered(np.random.default_rng(4))
    value = filled([ones(draw) for draw in values]).value("psnr")
    means = values.mean(axis=0)
    expected = stats.t.ppf(0.975, 7) * stats.sem(means)
    naive = stats.t.ppf(0.975, 47) * stats.sem(values.ravel())
    assert value.mean == pytest.approx(values.mean())
    assert value.ci95 == pytest.approx(expected)
    assert value.ci95 > 1.5 * naive
    assert value.count == 48


def test_draws_of_a_single_image_are_the_samples():
    values = np.random.default_rng(5).normal(30, 1, 10)
    value = filled([ones([v]) for v in values]).value("psnr")
    assert value.ci95 == pytest.approx(stats.t.ppf(0.975, 9) * stats.sem(values))


@pytest.mark.parametrize("samples", [[[(3, 1)]], [[(3, 1), (0, 0)]]])
def test_one_sample_has_no_interval(samples):
    value = filled(samples).value("psnr")
    assert (value.mean, value.count) == (3, 1)
    assert np.isnan(value.ci95)


@pytest.mark.parametrize("samples", [[[(0, 0), (0, 0)]], [[]]])
def test_nothing_counted_says_nothing(samples):
    value = filled(samples).value("psnr")
    assert np.isnan([value.mean, value.ci95]).all()
    assert value.count == 0
    assert filled(samples).value("unknown").count == 0


@pytest.mark.parametrize("rate", [0, 1])
@pytest.mark.parametrize("n", [1, 2, 24])
def test_outage_without_variance_has_the_exact_interval(rate, n):
    value = filled([[(5 * rate, 5)] * n], metric="outage").value("outage")
    exact = stats.binomtest(rate * n, n).proportion_ci(0.95, method="exact")
    assert value.mean == rate
    assert value.ci95 == pytest.approx(exact.high - exact.low)


@pytest.mark.parametrize("metric", ["ber", "bler", "goodput"])
def test_a_rate_without_variance_claims_no_interval(metric):
    # bits and blocks of an image fail together: there is no exact bound to give
    for rate in (0, 1):
        value = filled([[(5 * rate, 5)] * 4], metric=metric).value(metric)
        assert value.mean == rate
        assert np.isnan(value.ci95)


def test_mean_without_variance_has_an_interval_of_no_width():
    assert filled([ones([7.0] * 5)]).value("psnr").ci95 == 0


def test_an_image_that_counts_nothing_is_no_sample():
    with_hole = filled([[(1, 1), (0, 0), (4, 1), (2, 1)]]).value("psnr")
    assert with_hole == filled([ones([1, 4, 2])]).value("psnr")


def test_the_order_of_arrival_does_not_matter():
    transmissions = [(i, d, (i - d, 1)) for i in range(4) for d in range(3)]
    values = []
    for order in (transmissions, transmissions[::-1]):
        monitor = monitor_of(4)
        for image, draw, sample in order:
            monitor.add(image, draw, Judgement({"psnr": sample}, {}))
        values.append(monitor.value("psnr"))
    assert values[0] == values[1]


def run(rule, num_images, sample=lambda image, draw: 0.0):
    """Go through a schedule; give it and the monitor."""
    monitor = monitor_of(num_images, rule)
    visited = []
    for image, draw in monitor.schedule():
        visited.append((image, draw))
        monitor.add(image, draw, Judgement({"psnr": (sample(image, draw), 1)}, {}))
    return visited, monitor


def noise(image, draw):
    return np.random.default_rng([image, draw]).normal()


def test_schedule_is_images_times_draws():
    visited, monitor = run(StopRule(draws=3), 4, noise)
    assert visited == [(image, draw) for draw in range(3) for image in range(4)]
    assert (monitor.samples_seen, monitor.draws) == (4, 3)


def test_nothing_sent_yet():
    monitor = monitor_of(4)
    assert (monitor.samples_seen, monitor.draws) == (0, 0)
    assert list(monitor_of(0).schedule()) == []


def test_max_draws_binds_only_an_interval():
    assert len(run(StopRule(draws=3, max_draws=2), 1)[0]) == 3
    assert len(run(StopRule(draws=3, max_draws=2, ci95=1e-9), 1, noise)[0]) == 3


def test_interval_is_looked_at_between_draws_of_all_images():
    # all transmitters are judged by the same images
    visited, monitor = run(StopRule(ci95=0.3, max_draws=50), 30, noise)
    assert len(visited) % 30 == 0
    assert 30 < len(visited) < 50 * 30
    assert monitor.value("psnr").ci95 <= 0.3
    shorter = [ones(noise(i, d) for i in range(30)) for d in range(monitor.draws - 1)]
    assert filled(shorter).value("psnr").ci95 > 0.3


def test_a_narrow_interval_still_sends_every_image():
    assert len(run(StopRule(ci95=1e9), 1000)[0]) == 1000


def test_interval_waits_for_the_draws_asked_for():
    assert run(StopRule(ci95=1e9, draws=3), 10)[0][-1] == (9, 2)
    assert run(StopRule(ci95=1e9, draws=1), 10)[0][-1] == (9, 0)


def test_interval_asks_for_more_draws():
    visited, monitor = run(StopRule(ci95=0.2, max_draws=500), 2, noise)
    assert len(visited) > 2
    assert monitor.value("psnr").ci95 <= 0.2


def test_draws_end_at_the_most_allowed():
    # more draws do not reduce the spread between images
    visited, monitor = run(StopRule(ci95=0.1, max_draws=7), 3, lambda i, _: float(i))
    assert visited == [(image, draw) for draw in range(7) for image in range(3)]
    assert monitor.value("psnr").ci95 > 0.1


def test_single_image_stops_by_its_draws():
    visited, monitor = run(StopRule(ci95=0.3, max_draws=1000), 1, noise)
    assert FIRST_CHECK <= len(visited) < 200
    assert (monitor.samples_seen, monitor.draws) == (1, len(visited))


def test_interval_of_the_chosen_metric_counts():
    monitor = monitor_of(50, StopRule(ci95=0.5, metric="other"))
    for image, draw in monitor.schedule():
        if draw:
            break
        values = {"psnr": (0, 1), "other": (10 * image, 1)}
        monitor.add(image, draw, Judgement(values, {}))
    assert monitor.samples_seen == 50


def test_draws_are_the_samples_where_the_ends_remember():
    values = clustered(np.random.default_rng(6))
    value = filled([ones(draw) for draw in values], ordered=True).value("psnr")
    means = values.mean(axis=1)
    expected = stats.t.ppf(0.975, 5) * stats.sem(means)
    assert value.ci95 == pytest.approx(expected)
    one = filled([ones(values[0])], ordered=True).value("psnr")
    assert np.isnan(one.ci95)


class Median:
    """A metric of a set: the median of all observations."""

    metrics = (Metric("median", "median", kind="set"),)
    judges = ("image",)

    def observe(self, sample, estimate):
        return {"value": estimate.data}

    def score(self, observations):
        return {"median": float(np.median([seen["value"] for seen in observations]))}


def scored(values):
    """A monitor that has observed one value for each sample."""
    task = Median()
    metrics = {"median": ("median", task.metrics[0])}
    monitor = Monitor(
        StopRule(metric="median"), metrics, {"median": task}, num_samples=len(values)
    )
    for sample, value in enumerate(values):
        monitor.add(sample, 0, Judgement({}, {"median": {"value": value}}))
    return monitor


def test_a_metric_of_a_set_is_the_score_of_all_observations():
    values = [3.0, 1.0, 100.0, 2.0, 4.0]
    value = scored(values).value("median")
    assert (value.mean, value.count) == (3.0, 5)
    observed = scored(values).observations["median"]
    assert observed[2] == [{"value": 100.0}]


@pytest.mark.slow
def test_coverage_of_a_bootstrapped_median():
    trials = 200
    hits = 0
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        value = scored(list(rng.normal(0, 1, 41))).value("median")
        hits += abs(value.mean) <= value.ci95
    # of the percentile interval of a median; four deviations of a share
    assert 0.95 - 4 * np.sqrt(0.95 * 0.05 / trials) < hits / trials


def test_what_cannot_be_judged_is_not_observed():
    monitor = scored([1.0, 2.0])
    monitor.add(5, 0, Judgement({}, {"median": None}))
    assert monitor.value("median").count == 2


def test_a_score_without_variance_claims_no_interval():
    value = scored([2.0, 2.0, 2.0]).value("median")
    assert value.mean == 2.0
    assert np.isnan(value.ci95)
