"""Exact intervals of a median and of any quantile, from order statistics alone.

An order-statistic interval assumes nothing about the shape of the noise but that the units are
independent, and its coverage is a binomial sum: the report can print the coverage that was
attained, not the one that was hoped for (David and Nagaraja, Order Statistics, section 7.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Sequence

import numpy as np
from scipy.stats import binom

k_level = 0.95  # nominal coverage
k_interval_min = 6  # below this even the full range covers less than 95 %


@dataclass(frozen=True)
class Interval:
    """A point with its interval. `coverage` is what the order statistics really attain; it is None
    where the coverage is only asymptotic. `method` says how the bounds were made."""

    point: float
    low: float | None
    high: float | None
    coverage: float | None
    units: int
    method: str = ""

    def has_bounds(self) -> bool:
        return self.low is not None

    def mapped(self, f) -> "Interval":
        """The interval of an increasing function of the quantity, e.g. exp of a log ratio."""
        if self.low is None:
            return replace(self, point=f(self.point), coverage=None)
        return replace(self, point=f(self.point), low=f(self.low), high=f(self.high))


def checked(values: Sequence[float]) -> np.ndarray:
    """The values sorted. ValueError where there is none or one is not finite."""
    xs = np.sort(np.asarray(list(values), dtype=float))
    if xs.size == 0:
        raise ValueError("an interval needs at least one value")
    if not np.isfinite(xs).all():
        raise ValueError("an interval needs finite values")
    return xs


def middle(sorted_values: np.ndarray) -> float:
    """Median of values already sorted."""
    half = sorted_values.size // 2
    if sorted_values.size % 2:
        return float(sorted_values[half])
    return float(0.5 * (sorted_values[half - 1] + sorted_values[half]))


def _choices(k: int, n: int) -> int:
    """C(n, 0) + ... + C(n, k), each from the one before it: to begin each anew takes hours where
    there are many units."""
    total, term = 0, 1
    for i in range(k + 1):
        total, term = total + term, term * (n - i) // (i + 1)
    return total


@lru_cache(maxsize=None)
def binomial_tail(k: int, n: int) -> float:
    """P(Binomial(n, 1/2) <= k), in exact integers until the last division."""
    if k < 0:
        return 0.0
    if 2 * k > n:  # the other tail is the shorter sum
        return 1.0 if k >= n else (2**n - _choices(n - k - 1, n)) / 2**n
    return _choices(k, n) / 2**n


@lru_cache(maxsize=None)
def sign_rank(n: int, level: float = k_level) -> tuple[int, float] | None:
    """Largest rank r with P(x_(r) <= median <= x_(n+1-r)) >= level, and that probability."""
    best, tail, term = None, 0, 1
    telling = n // 2 - 4 * math.isqrt(n)  # 8 standard deviations out nothing is left to count
    for r in range(1, n // 2 + 1):
        tail, term = tail + term, term * (n - r + 1) // r  # term: C(n, r - 1), then C(n, r)
        if r < telling:
            continue
        coverage = 1.0 - 2.0 * (tail / 2**n)
        if coverage < level:
            break
        best = (r, coverage)
    return best


def median_interval(values: Sequence[float], level: float = k_level) -> Interval:
    """Median with its exact sign interval; no bounds where n is too small to reach the level."""
    xs = checked(values)
    rank = sign_rank(xs.size, level)
    if rank is None or xs.size < k_interval_min:
        return Interval(middle(xs), None, None, None, xs.size)
    r, coverage = rank
    return Interval(middle(xs), float(xs[r - 1]), float(xs[xs.size - r]), coverage, xs.size)


@lru_cache(maxsize=4096)
def quantile_ranks(n: int, q: float, level: float = k_level) -> tuple[int, int, float] | None:
    """Ranks l < u, counted from one, with P(x_(l) <= Q_q <= x_(u)) >= level, at most half of the
    error on either side, and that probability. None where n values cannot hold both ends."""
    tail = (1.0 - level) / 2.0
    below = binom.cdf(np.arange(n + 1), n, q)  # below[k] = P(at most k values lie under Q_q)
    low = int(np.searchsorted(below, tail * (1 + 1e-12), side="right"))
    high = int(np.searchsorted(below, 1.0 - tail * (1 + 1e-12), side="left")) + 1
    if low < 1 or high > n:
        return None
    return low, high, float(below[high - 1] - below[low - 1])


def quantile_interval(values: Sequence[float], q: float, level: float = k_level) -> Interval:
    """Quantile q with its exact order-statistic interval. The 99th percentile has bounds from 368
    values on; with fewer both are None, because the upper one lies beyond the largest value seen.
    O(n log n). ValueError for q outside (0, 1)."""
    if not 0.0 < q < 1.0:
        raise ValueError("a quantile lies between 0 and 1")
    xs = checked(values)
    point = float(np.quantile(xs, q))
    ranks = quantile_ranks(xs.size, float(q), level)
    if ranks is None:
        return Interval(point, None, None, None, xs.size, "too few")
    low, high, coverage = ranks
    return Interval(point, float(xs[low - 1]), float(xs[high - 1]), coverage, xs.size,
                    "order statistics")


def sign_p(log_ratios: Sequence[float]) -> float:
    """Two-sided exact sign test of `median = 0`. Ties are split evenly, an odd one against the
    majority, which only weakens the test."""
    plus = sum(1 for v in log_ratios if v > 0)
    minus = sum(1 for v in log_ratios if v < 0)
    ties = len(log_ratios) - plus - minus
    k = min(plus, minus) + (ties + 1) // 2
    return min(1.0, 2.0 * binomial_tail(k, len(log_ratios))) if len(log_ratios) else 1.0
