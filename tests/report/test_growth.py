"""Growth classes: what is one, what is not, and what cannot be told."""

import math

import numpy as np
import pytest
from scipy.stats import linregress

from reports.stats import growth

N = [64 * 4**k for k in range(6)]
FINE = [32 * 2**k for k in range(8)]


@pytest.mark.parametrize("f,expected", [
    (lambda n: 40.0, "1"),
    (lambda n: 40 + (n % 7) * 0.2, "1"),
    (lambda n: 0.0, "1"),
    (lambda n: 12 + 3 * math.log2(n), "log n"),
    (lambda n: 100 + 2.5 * math.log2(n), "log n"),  # time would call this constant
    (lambda n: 100 + math.log2(n), "log n"),  # 10 % over three decades, but a straight line
    (lambda n: 20 + 2.5 * n, "n"),
    (lambda n: n, "n"),
    (lambda n: 500 + 1.25 * n, "n"),  # an intercept hides the slope on log axes: AICc sees it
    (lambda n: 100 + 0.01 * math.log2(n), "1"),
    (lambda n: 100 / math.log2(n), "1"),  # an upper bound, kept by what falls
])
def test_classes(f, expected):
    found = growth.classify(N, [f(n) for n in N])
    assert found.kind == expected, found


@pytest.mark.parametrize("f", [
    lambda n: 3 * math.sqrt(n),
    lambda n: 4 * n * math.log2(n),
    lambda n: n**2,
    lambda n: 100.0 if n < 3000 else 160.0,  # a constant with one cache step
])
def test_cannot_tell(f):
    assert growth.classify(N, [f(n) for n in N]).kind == growth.k_cannot_tell


def test_two_models_that_fit_alike_are_not_chosen_between():
    """A tree whose allocation outweighs its search, as it was counted once."""
    cost = [278.17, 279.78, 283.43, 291.78, 308.16, 335.24]
    found = growth.classify(N, cost)
    assert found.kind == growth.k_cannot_tell and "equally well" in found.by


def test_two_decades_and_four_sizes_are_needed():
    short = [64, 128, 256, 512]
    assert growth.classify(short, short).kind == growth.k_cannot_tell
    three = [10, 100, 1000]
    assert growth.classify(three, three).kind == growth.k_cannot_tell
    assert growth.classify(FINE, FINE).kind == "n"


def test_noise_does_not_make_a_logarithm():
    rng = np.random.default_rng(4)
    kinds = [growth.classify(N, 50 * np.exp(rng.normal(0, 0.01, len(N)))).kind
             for _ in range(200)]
    assert kinds.count("1") >= 195


def test_slope_is_theil_sen_and_survives_an_outlier():
    y = [2.0 * n for n in FINE]
    y[3] *= 50
    assert growth.log_log_slope(FINE, y) == pytest.approx(1.0, abs=0.35)
    assert growth.log_log_slope(FINE, [n**1.5 for n in FINE]) == pytest.approx(1.5)
    plain = linregress(np.log(FINE), np.log(y))
    assert abs(growth.log_log_slope(FINE, y) - 1) < abs(plain.slope - 1) + 0.05


def test_ols_is_scipys():
    rng = np.random.default_rng(8)
    x, y = np.arange(9.0), 3 + 2 * np.arange(9.0) + rng.normal(0, 1, 9)
    a, b, residuals = growth.ols(x, y)
    golden = linregress(x, y)
    assert (a, b) == pytest.approx((golden.intercept, golden.slope))
    assert growth.r_squared(y, residuals) == pytest.approx(golden.rvalue**2)


def test_aicc_golden():
    """By hand: m ln(rss/m) + 2k + 2k(k+1)/(m-k-1), on relative residuals."""
    n, y = np.array(FINE, float), np.array([10, 11, 9, 10, 12, 10, 9, 11], float)
    table = growth.aicc_table(n, y)
    a = float(np.sum(1 / y) / np.sum(1 / y**2))
    rss = float(np.sum((a / y - 1) ** 2))
    assert table["1"]["beta"][0] == pytest.approx(a)
    assert table["1"]["aicc"] == pytest.approx(8 * math.log(rss / 8) + 4 + 12 / 5)


def test_a_falling_cost_is_bounded_by_a_constant():
    falling = [23.8, 21.0, 19.5, 18.2, 17.4, 17.05]
    found = growth.classify(N, falling)
    assert found.kind == "1" and found.by == growth.k_by_falling
    rises_first = [10.0, 60.0, 20.0, 15.0, 9.0, 8.0]
    assert growth.classify(N, rises_first).by != growth.k_by_falling
