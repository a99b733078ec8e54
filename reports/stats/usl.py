"""Gunther's Universal Scalability Law, fitted with bounds and a bootstrap over units.

X(N) = gamma N / (1 + alpha (N - 1) + beta N (N - 1))   (Gunther, Guerrilla Capacity Planning, 2007)
gamma: throughput of one thread; alpha: share that waits for others; beta: cost of keeping copies
coherent. Throughput peaks at N* = sqrt((1 - alpha) / beta), where beta is more than nothing.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.optimize import curve_fit, nnls

from reports.stats.intervals import Interval, k_level

k_counts_min = 6  # thread counts; below that three parameters fit anything
k_units_min = 3  # units; below that a bootstrap has nothing to draw from
k_resamples, k_seed = 399, 20240229
k_nothing = 1e-6  # a beta below this bends nothing within a thousand threads
k_scaling, k_contention, k_refused = "scaling", "contention curve, not scaling", "refused"


@dataclass(frozen=True)
class Usl:
    """Parameters with percentile intervals; `peak` is None where there is none to tell."""

    status: str
    why: str
    gamma: Interval | None = None
    alpha: Interval | None = None
    beta: Interval | None = None
    peak: Interval | None = None
    threads: tuple[int, ...] = ()
    units: int = 0


def model(n, gamma, alpha, beta):
    return gamma * n / (1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0))


def _slopes(n, gamma, alpha, beta):
    below = 1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0)
    x = gamma * n / below
    return np.stack([n / below, -x * (n - 1.0) / below, -x * n * (n - 1.0) / below], axis=1)


def _start(n: np.ndarray, x: np.ndarray) -> np.ndarray:
    """N / X is linear in 1/gamma, alpha/gamma and beta/gamma: least squares without negative
    coefficients, on relative errors, is the fit itself but for terms of second order."""
    rows = np.stack([np.ones_like(n), n - 1.0, n * (n - 1.0)], axis=1) * (x / n)[:, None]
    found, _ = nnls(rows, np.ones_like(n))
    scale = found[0] if found[0] > 0 else float(np.min(n / x))
    return np.array([1.0 / scale, found[1] / scale, found[2] / scale])


def parameters(n: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(gamma, alpha, beta), none negative, least squares of relative errors."""
    start = _start(n, x)
    scale = float(start[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no covariance is asked for
        found, _ = curve_fit(model, n, x / scale, p0=start / [scale, 1.0, 1.0], sigma=x / scale,
                             bounds=(0.0, np.inf), jac=_slopes, maxfev=2000)
    return found * [scale, 1.0, 1.0]


def _peak(alpha, beta):
    """N*, never under one thread; infinite without a beta."""
    with np.errstate(divide="ignore"):
        return np.where(np.asarray(beta) > k_nothing, np.sqrt(np.maximum(
            1.0 - np.asarray(alpha), 0.0) / np.maximum(beta, k_nothing)).clip(1.0), np.inf)


def _interval(point: float, drawn: np.ndarray, level: float, units: int) -> Interval:
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail], method="linear")
    return Interval(point, min(float(low), point), max(float(high), point), None, units,
                    "percentile")


def _refusal(counts: np.ndarray, x: np.ndarray) -> str:
    if x.ndim != 2 or x.shape[1] != counts.size:
        return "throughput needs a column a thread count"
    if np.unique(counts).size < k_counts_min:
        return f"{np.unique(counts).size} thread counts, {k_counts_min} are needed"
    if x.shape[0] < k_units_min:
        return f"{x.shape[0]} units, {k_units_min} are needed"
    if not (np.isfinite(x).all() and (x > 0).all()):
        return "a throughput is missing or not positive"
    return ""


def _resampled(counts: np.ndarray, x: np.ndarray, seed: int, resamples: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, x.shape[0], size=(resamples, x.shape[0]))
    return np.array([parameters(counts, np.median(x[p], axis=0)) for p in picks])


def fit(threads: Sequence[int], throughput_by_block, cores: int | None = None,
        level: float = k_level, seed: int = k_seed, resamples: int = k_resamples) -> Usl:
    """threads: the counts measured; throughput_by_block: operations a second, a row a unit, a
    column a thread count. The fit goes through the medians over units; whole rows are resampled,
    because what disturbs a block disturbs all its counts. cores: processors that the threads could
    use; more threads than that wait for a turn, and the curve is one of contention, not of scaling.
    Refused, with the reason, under 6 thread counts or 3 units."""
    counts, x = np.asarray(threads, dtype=float), np.asarray(throughput_by_block, dtype=float)
    if why := _refusal(counts, x):
        return Usl(k_refused, why)
    gamma, alpha, beta = parameters(counts, np.median(x, axis=0))
    drawn = _resampled(counts, x, seed, resamples)
    units = x.shape[0]
    of_beta = _interval(float(beta), drawn[:, 2], level, units)
    status, why, peak = k_scaling, "", None
    if cores is not None and counts.max() > cores:
        status = k_contention
        why = f"{int(counts.max())} threads on {cores} processors"
    if of_beta.low <= k_nothing:
        why = "; ".join(filter(None, [why, "no peak: the interval of beta touches 0"]))
    else:
        peak = _interval(float(_peak(alpha, beta)), _peak(drawn[:, 1], drawn[:, 2]), level, units)
    return Usl(status, why, _interval(float(gamma), drawn[:, 0], level, units),
               _interval(float(alpha), drawn[:, 1], level, units), of_beta, peak,
               tuple(int(c) for c in counts), units)
