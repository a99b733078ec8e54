"""Growth of a cost with n, decided on counts (instructions, nodes, relinks), never on time alone.

First three tests on slope, range and fit, over at least two decades of n. Where they do not answer,
three models with an intercept compete by AICc on relative error; where none of them is clearly
ahead, or the best of them is still a bad fit, the answer is "cannot tell". That answer is part of
the design: a constant with one cache step is no logarithm, and n log n is none of the three.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.stats import theilslopes

k_classes = ("1", "log n", "n")
k_cannot_tell = "cannot tell"
k_decades_min = 2.0
k_points_min = 4
k_flat_slope, k_flat_range = 0.05, 1.2  # constant
k_surely_flat = 1.05  # below this even a perfect logarithm is called constant
k_log_r2, k_log_slope = 0.99, 0.25  # logarithm
k_linear_slope = (0.9, 1.1)  # linear
k_aicc_lead = 4.0  # evidence ratio of about 7
k_by_range, k_by_fit, k_by_slope = "slope and range", "fit to log n", "slope"
k_by_falling = "falling costs"
k_aicc_points_min = 6  # with five, the penalty of a second parameter decides, not the data
k_bad_fit = 0.10  # root mean square of the relative residuals


@dataclass(frozen=True)
class Growth:
    kind: str  # one of k_classes, or "cannot tell"
    by: str  # which test answered, or why none did
    slope: float | None  # Theil-Sen slope on log-log axes
    range: float | None  # largest cost over smallest
    decades: float
    points: int
    r2_log: float | None


def ols(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, np.ndarray]:
    """Ordinary least squares y = a + b x; returns a, b and the residuals."""
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    b, a = np.polyfit(xs, ys, 1)
    return float(a), float(b), ys - (a + b * xs)


def log_log_slope(n: Sequence[float], y: Sequence[float]) -> float:
    """Theil-Sen slope of log y on log n: the median of all pairwise slopes."""
    return float(theilslopes(np.log(np.asarray(y, float)), np.log(np.asarray(n, float)))[0])


def r_squared(y: Sequence[float], residuals: np.ndarray) -> float:
    ys = np.asarray(y, dtype=float)
    total = float(np.sum((ys - ys.mean()) ** 2))
    return 1.0 - float(np.sum(residuals**2)) / total if total > 0 else 0.0


def _weighted_fit(columns: list[np.ndarray], y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least squares on relative error: every equation divided by its own y."""
    design = np.stack(columns, axis=1) / y[:, None]
    beta, *_ = np.linalg.lstsq(design, np.ones_like(y), rcond=None)
    return beta, design @ beta - 1.0


def aicc_table(n: Sequence[float], y: Sequence[float]) -> dict[str, dict]:
    """AICc, coefficients and relative misfit of the three models, all with an intercept."""
    xs, ys = np.asarray(n, dtype=float), np.asarray(y, dtype=float)
    one = np.ones_like(xs)
    models = {"1": [one], "log n": [one, np.log2(xs)], "n": [one, xs]}
    m, table = xs.size, {}
    for name, columns in models.items():
        beta, residuals = _weighted_fit(columns, ys)
        k = len(columns) + 1  # the variance is estimated too
        rss = max(float(np.sum(residuals**2)), 1e-18 * m)  # exact counts can fit exactly
        penalty = 2 * k + 2 * k * (k + 1) / (m - k - 1) if m > k + 1 else math.inf
        table[name] = {"aicc": m * math.log(rss / m) + penalty, "beta": [float(v) for v in beta],
                       "misfit": math.sqrt(rss / m)}
    return table


def _by_aicc(n: Sequence[float], y: Sequence[float]) -> tuple[str, str]:
    if len(n) < k_aicc_points_min:
        return k_cannot_tell, "too few sizes to compare models"
    table = {k: v for k, v in aicc_table(n, y).items()
             if len(v["beta"]) == 1 or v["beta"][1] > 0}
    ranked = sorted(table, key=lambda k: table[k]["aicc"])
    best = ranked[0]
    if not math.isfinite(table[best]["aicc"]):
        return k_cannot_tell, "too few sizes to compare models"
    if table[best]["misfit"] > k_bad_fit:
        return k_cannot_tell, "no model fits"
    if len(ranked) > 1 and table[ranked[1]]["aicc"] - table[best]["aicc"] < k_aicc_lead:
        return k_cannot_tell, f"{best} and {ranked[1]} fit about equally well"
    return best, "AICc"


def classify(n: Sequence[float], y: Sequence[float], decades_min: float = k_decades_min) -> Growth:
    """Growth class of y over n. Both must be sorted by n, one value a size."""
    m = len(n)
    decades = math.log10(max(n) / min(n)) if m > 1 else 0.0
    if m < k_points_min or decades < decades_min - 1e-9:
        return Growth(k_cannot_tell, f"{m} sizes over {decades:.1f} decades are too few", None,
                      None, decades, m, None)
    if max(y) == min(y):
        return Growth("1", k_by_range, 0.0, 1.0, decades, m, None)
    if min(y) <= 0:  # a count that is zero somewhere has no logarithm; shift by one unit
        y = [v + 1.0 for v in y]
        if min(y) <= 0:
            return Growth(k_cannot_tell, "negative costs", None, None, decades, m, None)
    slope, spread = log_log_slope(n, y), max(y) / min(y)
    a, b, residuals = ols(np.log2(np.asarray(n, float)), y)
    r2 = r_squared(y, residuals)
    logarithmic = b > 0 and r2 > k_log_r2 and slope < k_log_slope
    flat = abs(slope) < k_flat_slope and spread < k_flat_range
    # O(1) is an upper bound: a cost that never exceeds its start by more than the range of a flat
    # one, and falls on the whole, keeps it. (A slot that empties less often costs less to leave.)
    falling = slope < 0 and max(y) <= k_flat_range * y[0]
    if falling and not flat:
        kind, by = "1", k_by_falling
    elif flat and (not logarithmic or spread < k_surely_flat):
        kind, by = "1", k_by_range
    elif logarithmic:
        kind, by = "log n", k_by_fit
    elif k_linear_slope[0] <= slope <= k_linear_slope[1]:
        kind, by = "n", k_by_slope
    else:
        kind, by = _by_aicc(n, y)
    return Growth(kind, by, slope, spread, decades, m, r2)


def phrase(kind: str) -> str:
    return kind if kind == k_cannot_tell else f"O({kind})"
