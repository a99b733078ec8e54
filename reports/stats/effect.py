"""Size of an effect beyond the ratio: Vargha and Delaney's A12 with an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.stats import mannwhitneyu, norm

from reports.stats.intervals import k_level

k_effect_min = 3  # units on either side; fewer have no interval
k_near = 1e-9


@dataclass(frozen=True)
class Effect:
    value: float
    low: float | None
    high: float | None


def _variance(theta: float, m: int, n: int) -> float:
    """Hanley and McNeil's variance of U / (mn), both sizes in the shape term replaced by their mean
    (Newcombe 2006, Statistics in Medicine 25:559, method 5)."""
    rest = (m + n) / 2.0 - 1.0
    shape = 1.0 + rest * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta))
    return theta * (1.0 - theta) * shape / (m * n)


def _bound(value: float, m: int, n: int, z: float, side: int) -> float:
    """Where a true theta would be z standard errors away from the value seen."""
    def gap(theta):
        return (theta - value) * side - z * math.sqrt(max(0.0, _variance(theta, m, n)))
    end = 1.0 if side > 0 else 0.0
    if abs(end - value) < k_near:
        return end
    near, far = value + side * k_near, end - side * k_near  # at a value of 0 or 1 both terms vanish
    return float(brentq(gap, near, far, xtol=1e-12)) if gap(far) > 0 else end


def a12(x: Sequence[float], y: Sequence[float], level: float = k_level) -> Effect:
    """P(X < Y) + P(X = Y) / 2 of independent draws. x: times of the subject, one a unit; y: of the
    reference. So it is the chance that the subject is the faster one: 0.5 no effect, 1 always.

    The interval inverts a score-type statistic and stays inside [0, 1], also where the samples do
    not overlap. It takes the samples as independent; units that share the drift of a block make it
    too wide, never too narrow. No bounds under 3 units. ValueError where a sample is empty.
    """
    xs, ys = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    m, n = xs.size, ys.size
    if m == 0 or n == 0:
        raise ValueError("A12 compares two samples, neither empty")
    value = float(mannwhitneyu(ys, xs, method="asymptotic").statistic) / (m * n)
    if min(m, n) < k_effect_min:
        return Effect(value, None, None)
    z = float(norm.isf((1.0 - level) / 2.0))
    return Effect(value, _bound(value, m, n, z, -1), _bound(value, m, n, z, +1))
