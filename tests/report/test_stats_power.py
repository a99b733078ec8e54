"""Intervals of quantiles and effects, power, looks, warm-up, dependence, USL, fairness: each
against theory, scipy, or made-up data whose answer is known."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.stats import (autocorrelation, effect, fairness, families, intervals, power,
                           ratios as stats, sequential, usl, warmup)

# -- quantiles and effects ------------------------------------------------------------------------


@pytest.mark.parametrize("q,n", [(0.5, 11), (0.5, 30), (0.9, 60), (0.99, 400), (0.25, 25)])
def test_quantile_interval_attains_what_it_says(q, n):
    low, high, coverage = intervals.quantile_ranks(n, q)
    exact = scipy_stats.binom.cdf(high - 1, n, q) - scipy_stats.binom.cdf(low - 1, n, q)
    assert coverage == pytest.approx(exact) and coverage >= 0.95
    assert scipy_stats.binom.cdf(low, n, q) > 0.025  # one rank further in is too far
    assert 1 - scipy_stats.binom.cdf(high - 2, n, q) > 0.025
    rng = np.random.default_rng(n)
    hits = 0
    for xs in rng.standard_exponential((2000, n)):
        got = stats.quantile_interval(xs, q)
        hits += got.low <= -math.log(1 - q) <= got.high
    assert abs(hits / 2000 - coverage) < 4 * math.sqrt(coverage * (1 - coverage) / 2000)


def test_quantile_interval_of_the_median_is_the_median_interval():
    rng = np.random.default_rng(0)
    for n in range(6, 60):
        xs = rng.normal(size=n)
        one, other = stats.quantile_interval(xs, 0.5), stats.median_interval(xs)
        assert (one.low, one.high) == (other.low, other.high)
        assert one.coverage == pytest.approx(other.coverage)
        assert one.point == pytest.approx(other.point)


def test_quantile_interval_needs_enough_values():
    """The upper end of the 99th percentile: 0.99^n <= 0.025, so 368 values."""
    assert not stats.quantile_interval(range(367), 0.99).has_bounds()
    assert stats.quantile_interval(range(368), 0.99).has_bounds()
    for bad in (0.0, 1.0):
        with pytest.raises(ValueError):
            stats.quantile_interval([1.0, 2.0], bad)


@pytest.mark.parametrize("law", ["normal", "lognormal", "bimodal", "ties", "preempted"])
@pytest.mark.parametrize("shift", [0.0, 0.03, 0.06])
def test_a12_interval_covers(law, shift):
    """600 pairs of samples of 11; truth from two million pairs of the same law."""
    rng = np.random.default_rng(3)
    draw, sd = families.k_laws[law], families.k_noise
    x, y = draw(rng, (1, 20000, 1), sd).ravel(), draw(rng, (1, 20000, 1), sd).ravel() + shift
    truth = effect.a12(x, y).value
    hits = 0
    for _ in range(600):
        got = effect.a12(draw(rng, (1, 11, 1), sd).ravel(),
                         draw(rng, (1, 11, 1), sd).ravel() + shift)
        hits += got.low <= truth <= got.high
    assert hits / 600 > 0.93 - 3 * math.sqrt(0.95 * 0.05 / 600)


def test_a12_edges():
    apart = effect.a12([1, 2, 3, 4, 5], [6, 7, 8, 9, 10])
    assert apart.value == apart.high == 1.0 and 0.4 < apart.low < 0.8
    mirrored = effect.a12([6, 7, 8, 9, 10], [1, 2, 3, 4, 5])
    assert mirrored.value == mirrored.low == 0.0
    assert mirrored.high == pytest.approx(1 - apart.low)
    equal = effect.a12([1.0] * 6, [1.0] * 6)
    assert equal.value == 0.5 and equal.low < 0.5 < equal.high
    few = effect.a12([1.0, 2.0], [3.0, 4.0])
    assert few.value == 1.0 and few.low is None
    with pytest.raises(ValueError):
        effect.a12([], [1.0])


# -- the noise floor ------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5, 10, 11, 16, 31, 200])
@pytest.mark.parametrize("tick", [0.0, 0.01])
def test_null_spread_is_the_quantile_of_drawn_medians(n, tick):
    """Half a million draws: at most 95 % lie under it, at least 95 % at or under it."""
    rng = np.random.default_rng(n)
    d = rng.normal(0, 0.02, n)
    d = np.round(d / tick) * tick if tick else d
    got, draws = stats.null_spread(d), 500_000 // max(1, n // 10)
    picks = d[rng.integers(0, n, (draws, n))] * rng.choice((-1.0, 1.0), (draws, n))
    medians = np.abs(np.median(picks, axis=1))
    error = 4 * math.sqrt(0.95 * 0.05 / draws)
    slack = 0.02 if n == 200 else 0.0  # there the upper middle stands for the midpoint
    assert np.mean(medians < got - 1e-12) <= 0.95 + error + slack
    assert np.mean(medians <= got + 1e-12) >= 0.95 - error


# -- power ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [10, 11, 16, 22])
@pytest.mark.parametrize("effect_,verdict", [(0.08, "SLOWER"), (-0.05, "FASTER"), (0.0, "SAME")])
def test_power_is_the_share_of_verdicts(n, effect_, verdict):
    sd, delta, level, draws = 0.03, 0.035, 0.95, 3000
    rng = np.random.default_rng(n)
    seen = np.mean([stats.pair_verdict(stats.median_interval(xs, level), delta).verdict == verdict
                    for xs in rng.normal(effect_, sd, (draws, n))])
    got = power.power_of(sd, effect_, n, level, delta)
    assert abs(got - seen) < 4 * math.sqrt(0.25 / draws)


def test_power_from_the_log_ratios_themselves():
    rng = np.random.default_rng(4)
    for n in (11, 22):
        got = np.mean([power.power_of(rng.normal(0, 0.03, n), 0.07, n, delta=0.04)
                       for _ in range(200)])
        assert got == pytest.approx(power.power_of(0.03, 0.07, n, delta=0.04), abs=0.06)
    assert power.power_of([0.0] * 11, 0.05, 11, delta=0.02) == pytest.approx(1.0)
    assert power.power_of(0.01, 0.05, 5, delta=0.02) == 0.0  # no interval under six units


def test_units_needed_reach_the_power_asked_for():
    rng = np.random.default_rng(8)
    noise = rng.normal(0, 0.05, 12)
    noise -= np.median(noise)
    for centre, same in ((0.0, True), (0.06, False)):
        more = power.units_needed(noise + centre, 0.03)
        assert more is not None and more > 0
        for total, enough in ((12 + more, True), (12 + more - 1, False)):
            assert (power.power_of(noise, centre, total, delta=0.03) >= 0.8) == enough, same
    assert power.units_needed(noise / 50, 0.03) == 0
    assert power.units_needed(noise + 0.0299999, 0.03) is None  # as good as delta itself
    forced = power.units_needed(noise + 0.06, 0.03, verdict="SAME")
    assert forced is None


# -- looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("units_max", [4, 10, 11, 12, 16, 22, 31, 60, 200])
def test_looks_spend_alpha_once(units_max):
    looks = sequential.schedule(units_max)
    assert looks[-1].units == units_max
    assert sum(k.alpha for k in looks) <= 0.05 + 1e-12
    assert [k.units for k in looks] == sorted({k.units for k in looks})
    if units_max <= 11:
        assert len(looks) == 1 and looks[0].level == pytest.approx(0.95)
        return
    assert looks[0].units == 10
    for look in looks:
        rank, coverage = stats.sign_rank(look.units, look.level)
        assert 1 - coverage == pytest.approx(look.alpha, rel=1e-6)
        cut = float(f"{look.level:.6g}")  # a level that went through a file keeps its rank
        assert stats.sign_rank(look.units, cut)[0] == rank


def test_the_last_look_keeps_its_power():
    """At 22 units the level of the last look has the same ranks as 95 %."""
    last = sequential.schedule(22)[-1]
    assert stats.sign_rank(22, last.level) == stats.sign_rank(22, 0.95)


def test_looks_over_rounds_and_by_units():
    rounds = sequential.schedule_at([11, 11, 11])
    assert [k.alpha for k in rounds] == [24 / 2048] * 3
    looks = sequential.schedule(22)
    assert sequential.look_at(looks, 14).units == 14
    assert sequential.look_at(looks, 15) is None
    for bad in ([], [0]):
        with pytest.raises(ValueError):
            sequential.schedule_at(bad)


def test_a_look_that_cannot_spend_decides_nothing():
    """Five looks at 6 units: a fifth of alpha is less than 2/64."""
    assert sequential.schedule_at([6, 6, 6, 6, 20])[0].level == 1.0
    assert stats.sign_rank(6, 1.0) is None


# -- warm-up --------------------------------------------------------------------------------------


def made(kind, rng, n):
    """Levels on the log axis of one process of a known class."""
    levels = np.zeros(n)
    if kind == "warmed":
        levels[:rng.integers(3, n // 2)] = rng.uniform(0.15, 0.8)
    elif kind == "warmed in steps":
        first, second = sorted(rng.choice(np.arange(4, int(n * 0.6), 4), 2, replace=False))
        levels[:first], levels[first:second] = 0.6, 0.25
    elif kind == "slowing":
        levels[rng.integers(n // 4, n * 5 // 8):] = rng.uniform(0.15, 0.8)
    elif kind == "late change":
        at = rng.integers(n * 25 // 32 + 1, n - 2)
        levels[at:] = rng.uniform(0.15, 0.8) * rng.choice((-1, 1))
    elif kind == "unstable":
        levels = rng.normal(0, 0.25, n)
    return levels


CLASSES = {"flat": "flat", "warmed": "warmed", "warmed in steps": "warmed", "slowing": "slowing",
           "late change": "no steady state", "unstable": "no steady state"}


@pytest.mark.parametrize("n", [32, 64])
@pytest.mark.parametrize("kind", CLASSES)
@pytest.mark.parametrize("noise", ["normal", "spikes"])
def test_warmup_classes_are_recognised(n, kind, noise):
    rng = np.random.default_rng([n, len(kind), len(noise)])
    series = []
    for _ in range(400):
        logs = made(kind, rng, n) + rng.normal(0, 0.02, n)
        if noise == "spikes":
            logs += (rng.random(n) < 0.03) * rng.exponential(0.6, n)
        series.append(50 * np.exp(logs))
    found = [w.kind for w in warmup.classify_many(series)]
    assert found.count(CLASSES[kind]) / 400 >= 0.95


def test_warmup_finds_where_it_settles():
    rng = np.random.default_rng(1)
    logs = rng.normal(0, 0.01, 48)
    logs[:12] += 0.4
    got = warmup.classify(20 * np.exp(logs))
    assert got.kind == "warmed" and len(got.changes) == 1 and abs(got.steady_from - 12) <= 1
    assert got.steady_median == pytest.approx(20, rel=0.02)
    assert warmup.classify([1.0] * 7).kind == "short"
    assert warmup.classify([1.0] * 20 + [0.0]).kind == "short"
    assert warmup.classify([3.0] * 20) == warmup.Warmup("flat", [], 0, pytest.approx(3.0))
    one = [warmup.classify(s) for s in (20 * np.exp(logs), [3.0] * 20, np.exp(logs[:30]))]
    assert warmup.classify_many([20 * np.exp(logs), [3.0] * 20, np.exp(logs[:30])]) == one


def test_partitioning_is_optimal():
    """Against a search over every segmentation of ten points into pieces of at least three."""
    rng = np.random.default_rng(5)

    def cost(xs, starts, penalty):
        ends = [*starts[1:], len(xs)]
        squares = sum(((xs[a:b] - xs[a:b].mean()) ** 2).sum() for a, b in zip(starts, ends))
        return squares + penalty * (len(starts) - 1)

    every = [[0]] + [[0, a] for a in range(3, 8)] + [[0, a, b] for a in (3, 4) for b in (6, 7)
                                                    if b - a >= 3]
    for _ in range(100):
        xs, penalty = rng.normal(0, 1, 10) + np.repeat([0, 1.5], 5), rng.uniform(0.1, 3)
        got = warmup.segments(xs[None, :], np.array([penalty]))[0]
        assert cost(xs, got, penalty) == pytest.approx(min(cost(xs, s, penalty) for s in every))


def test_a_long_series_is_averaged_down():
    rng = np.random.default_rng(3)
    logs = rng.normal(0, 0.02, 3000)
    logs[:900] += 0.3
    got = warmup.classify(np.exp(logs))
    assert got.kind == "warmed" and abs(got.steady_from - 900) < 20


def test_autocorrelation_looks_past_warm_up_and_spikes():
    """Independent batches, with a warm-up level and preemptions: the coefficient is not theirs."""
    rng = np.random.default_rng(10)
    tagged = 0
    for _ in range(300):
        logs = rng.normal(0, 0.02, 64) + (rng.random(64) < 0.03) * rng.exponential(0.6, 64)
        logs[:16] += 0.4
        tagged += autocorrelation.lag1(np.exp(logs))[1]
    assert tagged / 300 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert autocorrelation.lag1([1.0] * 11) == (None, False)
    assert autocorrelation.lag1([1.0] * 20) == (0.0, False)
    rising = autocorrelation.lag1(np.exp(np.linspace(0, 0.04, 40)))
    assert rising[1] and rising[0] > 0.8


# -- threads --------------------------------------------------------------------------------------

COUNTS = np.array([1, 2, 4, 8, 12, 16, 24, 32])


def measured(alpha, beta, noise, seed, units=11, gamma=2e6):
    rng = np.random.default_rng(seed)
    exact = usl.model(COUNTS.astype(float), gamma, alpha, beta)
    return exact * np.exp(rng.normal(0, noise, (units, COUNTS.size)))


@pytest.mark.parametrize("alpha,beta", [(0.0, 0.0), (0.05, 0.0), (0.03, 0.0006), (0.2, 0.01)])
def test_usl_recovers_its_parameters(alpha, beta):
    exact = usl.fit(COUNTS, measured(alpha, beta, 0.0, 1), resamples=20)
    found = [exact.gamma.point / 2e6, exact.alpha.point, exact.beta.point]
    assert found == pytest.approx([1.0, alpha, beta], rel=1e-3, abs=1e-5)
    noisy = usl.fit(COUNTS, measured(alpha, beta, 0.02, 2), cores=64)
    assert noisy.status == "scaling"
    for got, truth in ((noisy.alpha, alpha), (noisy.beta, beta)):
        assert abs(got.point - truth) <= 3 * max(got.high - got.low, 1e-4)
    if beta == 0.0:
        assert noisy.peak is None and "beta touches 0" in noisy.why
    else:
        truth = math.sqrt((1 - alpha) / beta)
        assert noisy.peak.point == pytest.approx(truth, rel=0.1)


def test_usl_intervals_cover():
    """The interval of N* holds the truth in at least 85 of 100 runs: a percentile bootstrap over
    11 units is a little narrow, and the page calls it that."""
    truth, hits = math.sqrt(0.97 / 0.0006), 0
    for seed in range(100):
        got = usl.fit(COUNTS, measured(0.03, 0.0006, 0.03, seed), resamples=99).peak
        hits += got is not None and got.low <= truth <= got.high
    assert hits >= 85


def test_usl_refuses_and_says_why():
    x = measured(0.03, 0.0006, 0.02, 1)
    assert usl.fit(COUNTS[:5], x[:, :5]).status == "refused"
    assert "6 are needed" in usl.fit(COUNTS[:5], x[:, :5]).why
    assert "2 units" in usl.fit(COUNTS, x[:2]).why
    assert usl.fit(COUNTS, np.where(x == x[0, 0], np.nan, x)).status == "refused"
    crowded = usl.fit(COUNTS, x, cores=2, resamples=20)
    assert crowded.status == "contention curve, not scaling" and "32 threads" in crowded.why
    assert usl.fit(COUNTS, x) == usl.fit(COUNTS, x)  # seeded


def test_fairness_indices():
    assert fairness.jain([5.0] * 4) == 1.0
    assert fairness.jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
    assert fairness.jain([1.0, 3.0]) == pytest.approx(16 / 20)
    assert fairness.slowest_over_fastest([1.0, 4.0]) == 0.25
    rows = [[1.0, 1.0 + 0.01 * k] for k in range(11)]
    got = fairness.fairness(rows)
    assert (got.threads, got.units) == (2, 11)
    assert got.ratio.point == pytest.approx(1 / 1.05)
    assert got.ratio.low == pytest.approx(1 / 1.09) and got.jain.low < got.jain.high <= 1.0
    assert not fairness.fairness(rows[:5]).jain.has_bounds()
    for bad in ([[1.0]], [1.0, 2.0], [[-1.0, 1.0]] * 6):
        with pytest.raises(ValueError):
            fairness.fairness(bad)
