"""Equivalence: two one-sided tests (Schuirmann 1987), each an exact sign test."""

from __future__ import annotations

from typing import Sequence

import numpy as np

from reports.stats.intervals import binomial_tail


def tost(log_ratios: Sequence[float], delta: float) -> float:
    """p value of `the median log ratio lies outside +-delta`; small means equivalent.

    At level 1 - 2a the exact interval of the median lies inside +-delta if and only if p <= a,
    because both count the same values: those under -delta and those over delta. The verdict SAME
    uses the 95 % interval, hence a = 0.025; that is stricter than the customary 90 % interval.
    1.0 where there is no value. ValueError for a delta below 0.
    """
    if delta < 0:
        raise ValueError("delta is a distance")
    xs = np.asarray(log_ratios, dtype=float)
    if xs.size == 0:
        return 1.0
    outside = max(int((xs < -delta).sum()), int((xs > delta).sum()))
    return binomial_tail(outside, int(xs.size))
