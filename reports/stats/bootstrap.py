"""Bootstrap intervals, for figures that no order statistic covers: means, differences, fits.

BCa is scipy's (Efron 1987). Where it has no answer (constant data, a statistic without acceleration
or with every resample on one side) the interval says so and is the percentile one.
"""

from __future__ import annotations

import math
import warnings
from typing import Callable, Sequence

import numpy as np
from scipy import stats as scipy_stats

from reports.stats.intervals import Interval, k_level

k_seed, k_resamples = 20240229, 9999  # fixed: the same samples give the same interval
k_bootstrap_min = 3  # below this a resample says nothing
k_batch = 4_000_000  # numbers held at once


def _attempt(data: tuple, statistic: Callable, level: float, seed: int, resamples: int,
             method: str) -> tuple[float, float]:
    size = sum(x.size for x in data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate data is told by NaN bounds
        with np.errstate(all="ignore"):
            found = scipy_stats.bootstrap(
                data, statistic, n_resamples=resamples, confidence_level=level, method=method,
                vectorized=True, random_state=np.random.default_rng(seed),
                batch=max(1, k_batch // max(1, size)))
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _interval(data: tuple, statistic: Callable, level: float, seed: int,
              resamples: int) -> Interval:
    if not all(np.isfinite(x).all() for x in data):
        raise ValueError("a bootstrap needs finite values")
    point, units = float(statistic(*data, axis=-1)), min(x.size for x in data)
    if units < k_bootstrap_min:
        return Interval(point, None, None, None, units, "too few")
    if all(np.all(x == x[0]) for x in data):
        return Interval(point, point, point, None, units, "constant")
    for method, name in (("BCa", "BCa"), ("percentile", "percentile")):
        low, high = _attempt(data, statistic, level, seed, resamples, method)
        if math.isfinite(low) and math.isfinite(high):
            return Interval(point, low, high, None, units, name)
    return Interval(point, None, None, None, units, "the statistic is not finite on resamples")


def bca(values: Sequence[float], statistic: Callable = np.median, level: float = k_level,
        seed: int = k_seed, resamples: int = k_resamples) -> Interval:
    """Interval of statistic(values, axis=-1). `method` of the result says how: "BCa",
    "percentile" where BCa has none, "constant" (zero width), "too few" (no bounds)."""
    return _interval((np.asarray(values, dtype=float),), statistic, level, seed, resamples)


def bca2(x: Sequence[float], y: Sequence[float], statistic: Callable, level: float = k_level,
         seed: int = k_seed, resamples: int = k_resamples) -> Interval:
    """Interval of statistic(x, y, axis=-1) of two independent samples; methods as `bca`."""
    data = (np.asarray(x, dtype=float), np.asarray(y, dtype=float))
    return _interval(data, statistic, level, seed, resamples)
