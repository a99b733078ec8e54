"""Golden vectors: data and figures that R's documentation and the papers print, and scipy and
statsmodels on the same numbers. Where no printed figure is known for certain, the expected value is
worked out here in exact arithmetic."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.multitest import multipletests

from reports.stats import bootstrap, effect, equivalence, multiplicity, permutation, ratios as stats

# Hollander and Wolfe (1973), p. 29: depression scale before and after; help(wilcox.test) of R.
BEFORE = [1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30]
AFTER = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29]
# Hollander and Wolfe (1973), p. 69: permeability of membranes; R prints W = 35, p-value = 0.1272.
TERM = [0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46]
EARLY = [1.15, 0.88, 0.90, 0.74, 1.21]
# Student's sleep data, data(sleep) of R: extra hours, the second drug less the first.
SLEEP = [1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4]
# Benjamini and Hochberg (1995), section 3.2: fifteen p values; at 0.05 BH rejects four of them.
BH = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
      0.5719, 0.6528, 0.7590, 1.0000]


def test_sign_test_on_the_depression_data():
    """Seven of nine fell: 2 (C(9,0) + C(9,1) + C(9,2)) / 2^9 = 92/512."""
    differences = np.subtract(BEFORE, AFTER)
    assert (differences > 0).sum() == 7
    assert stats.sign_p(differences) == 92 / 512
    assert stats.sign_p(differences) == pytest.approx(scipy_stats.binomtest(7, 9).pvalue)


def test_wilcoxon_of_scipy_is_that_of_r():
    """V = 40, p-value = 0.01953: the data above are the ones R's page means."""
    got = scipy_stats.wilcoxon(BEFORE, AFTER, alternative="greater")
    assert (got.statistic, round(got.pvalue, 5)) == (40, 0.01953)


def test_sign_interval_of_the_sleep_data():
    """Ten values: ranks 2 and 9, coverage 1 - 22/1024."""
    got = stats.median_interval(SLEEP)
    assert (got.point, got.low, got.high) == (1.3, 0.8, 2.4)
    assert got.coverage == 1 - 22 / 1024


def test_an_odd_tie_weakens_the_sign_test():
    """Nine rises and one tie. Dropping the tie gives 2/512; here it counts against: 22/1024."""
    assert stats.sign_p(SLEEP) == 22 / 1024 > 2 / 512


def test_permutation_of_the_sleep_data_is_exact():
    """Nine positive differences and a zero: only all signs alike reach the mean seen, in 4 of 1024
    patterns, the sign of zero being free."""
    assert permutation.block_permutation_p(SLEEP, "mean") == 4 / 1024
    assert scipy_stats.ttest_1samp(SLEEP, 0).statistic == pytest.approx(4.0621, abs=5e-5)  # R


def test_a12_on_the_permeability_data():
    """R's W = 35 of 50 pairs: P(early < term) = 0.7."""
    got = effect.a12(EARLY, TERM)
    assert got.value == 0.7
    w = scipy_stats.mannwhitneyu(TERM, EARLY, alternative="greater", method="exact")
    assert (w.statistic, round(w.pvalue, 4)) == (35, 0.1272)
    assert got.low < 0.5 < got.high
    assert effect.a12(TERM, EARLY).value == pytest.approx(0.3)


def test_a12_by_counting_pairs():
    rng = np.random.default_rng(4)
    for _ in range(20):
        x, y = rng.integers(0, 6, 9), rng.integers(1, 7, 12)
        pairs = Fraction(sum(2 * int(a < b) + int(a == b) for a in x for b in y), 2 * 9 * 12)
        assert effect.a12(x, y).value == pytest.approx(float(pairs))


def test_benjamini_hochberg_paper():
    q = multiplicity.benjamini_hochberg(BH)
    assert sum(v <= 0.05 for v in q) == 4
    assert sum(v <= 0.05 for v in multiplicity.holm(BH)) == 3
    assert q[3] == pytest.approx(0.0095 * 15 / 4)


@pytest.mark.parametrize("method,ours", [("holm", multiplicity.holm),
                                         ("fdr_bh", multiplicity.benjamini_hochberg)])
def test_adjustments_are_those_of_statsmodels(method, ours):
    rng = np.random.default_rng(6)
    for n in (1, 2, 7, 30):
        p = np.round(rng.random(n) ** 3, 3)
        assert ours(p) == pytest.approx(multipletests(p, method=method)[1])


def test_adjustments_pass_over_what_is_not_there():
    assert multiplicity.holm([0.01, None, 0.04, math.nan]) == [0.02, None, 0.04, None]
    assert multiplicity.benjamini_hochberg([None]) == [None]
    assert multiplicity.benjamini_hochberg([0.04, None]) == [0.04, None]


@pytest.mark.parametrize("n", [4, 7, 11])
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_permutation_is_scipys(n, statistic):
    rng = np.random.default_rng(n)
    x, y = rng.normal(0.6, 1, n), rng.normal(0, 1, n)
    reduce = getattr(np, statistic)
    expected = scipy_stats.permutation_test(
        (x, y), lambda a, b, axis: np.abs(reduce(a - b, axis=axis)), vectorized=True,
        permutation_type="samples", n_resamples=np.inf, alternative="greater").pvalue
    assert permutation.block_permutation_p(x - y, statistic) == pytest.approx(expected)


def test_permutation_by_full_enumeration():
    d = [0.3, -0.1, 0.25, 0.4, 0.05]
    seen = [abs(np.median([s * v for s, v in zip(signs, d)]))
            for signs in itertools.product((-1, 1), repeat=5)]
    expected = sum(v >= abs(np.median(d)) - 1e-12 for v in seen) / 32
    assert permutation.block_permutation_p(d, "median") == expected


def test_drawn_permutations_agree_with_counted_ones():
    rng = np.random.default_rng(12)
    d = rng.normal(0.4, 1, 15)  # one more than are counted out
    expected = scipy_stats.permutation_test(
        (d, np.zeros(15)), lambda a, b, axis: np.abs((a - b).mean(axis=axis)), vectorized=True,
        permutation_type="samples", n_resamples=np.inf, alternative="greater").pvalue
    got = permutation.block_permutation_p(d, "mean")
    assert abs(got - expected) < 4 * math.sqrt(expected * (1 - expected) / 9999) + 1e-4
    assert permutation.block_permutation_p([1.0] * 40) == 1 / 10000  # never 0
    # Any uneven mix of +1 and -1 has a median as far from 0: that statistic sees nothing here.
    assert permutation.block_permutation_p([1.0] * 40, "median") > 0.5


def test_stratified_permutation_is_the_sign_flip_for_one_each():
    rng = np.random.default_rng(2)
    x, y = rng.normal(0.8, 1, 12), rng.normal(0, 1, 12)
    exact = permutation.block_permutation_p(x - y, "mean")
    got = permutation.stratified_permutation_p({i: [v] for i, v in enumerate(x)},
                                               {i: [v] for i, v in enumerate(y)})
    assert abs(got - exact) < 4 * math.sqrt(exact * (1 - exact) / 9999) + 2e-4
    assert permutation.stratified_permutation_p({1: [1.0]}, {2: [2.0]}) == 1.0


def test_bca_is_scipys():
    rng = np.random.default_rng(1)
    x, y = rng.lognormal(0, 0.5, 25), rng.lognormal(0.2, 0.5, 18)
    expected = scipy_stats.bootstrap((x,), np.mean, n_resamples=9999, method="BCa",
                                     random_state=np.random.default_rng(7)).confidence_interval
    got = bootstrap.bca(x, np.mean, seed=7)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high))
    assert got.method == "BCa" and got.low < got.point < got.high

    def gap(a, b, axis=-1):
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    expected = scipy_stats.bootstrap((x, y), gap, n_resamples=9999, method="BCa",
                                     random_state=np.random.default_rng(7)).confidence_interval
    two = bootstrap.bca2(x, y, gap, seed=7)
    assert (two.low, two.high) == pytest.approx((expected.low, expected.high))


def test_bca_by_its_formula():
    """Efron 1987: bias from the share of resamples below, acceleration from the jackknife; here
    over all 5^5 resamples of five values, which the drawn ones approach."""
    x = np.array([1.0, 1.3, 1.9, 3.2, 6.1])
    every = np.mean(list(itertools.product(x, repeat=5)), axis=1)
    z0 = scipy_stats.norm.ppf(np.mean(every < x.mean()) + np.mean(every == x.mean()) / 2)
    left = np.array([np.delete(x, i).mean() for i in range(5)])
    u = left.mean() - left
    a = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    ends = []
    for p in (0.025, 0.975):
        z = z0 + scipy_stats.norm.ppf(p)
        ends.append(np.quantile(every, scipy_stats.norm.cdf(z0 + z / (1 - a * z))))
    got = bootstrap.bca(x, np.mean, resamples=40000)
    assert (got.low, got.high) == pytest.approx(tuple(ends), rel=0.03)


def test_bca_where_it_has_no_answer():
    constant = bootstrap.bca([2.5] * 8, np.mean)
    assert (constant.point, constant.low, constant.high, constant.method) == (2.5, 2.5, 2.5,
                                                                             "constant")
    few = bootstrap.bca([1.0, 2.0], np.mean)
    assert few.low is None and few.high is None and few.method == "too few"
    with pytest.raises(ValueError):
        bootstrap.bca([1.0, math.nan, 2.0])
    # Leaving any one out moves the median nowhere: the acceleration is 0/0.
    flat = bootstrap.bca([1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 3.0])
    assert flat.method == "percentile" and flat.low <= 2.0 <= flat.high
    same = bootstrap.bca2([1.0] * 5, [1.0] * 5, lambda a, b, axis=-1: a.mean(axis) - b.mean(axis))
    assert (same.low, same.high, same.method) == (0.0, 0.0, "constant")
    assert bootstrap.bca(SLEEP) == bootstrap.bca(SLEEP)  # seeded


@pytest.mark.parametrize("level", [0.9, 0.95, 0.978515])
def test_equivalence_test_and_interval_say_the_same(level):
    """p <= (1 - level) / 2 if and only if the interval lies inside +-delta, ties included."""
    rng = np.random.default_rng(9)
    agreed = [0, 0]
    for _ in range(600):
        logs = np.round(rng.normal(0.01, 0.03, rng.integers(10, 30)), 2)
        delta = round(float(rng.uniform(0.01, 0.06)), 2)
        interval = stats.median_interval(logs, level)
        inside = -delta <= interval.low and interval.high <= delta
        assert (equivalence.tost(logs, delta) <= (1 - level) / 2) == inside
        agreed[inside] += 1
    assert min(agreed) > 100


def test_equivalence_golden():
    """Eleven values, one beyond delta: (1 + 11) / 2^11."""
    assert equivalence.tost([0.0] * 10 + [0.2], 0.1) == 12 / 2048
    assert equivalence.tost([], 0.1) == 1.0
    with pytest.raises(ValueError):
        equivalence.tost([0.0], -0.1)
