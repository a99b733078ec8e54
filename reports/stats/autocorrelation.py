"""Do the batches inside a process depend on each other? If so, they are no units of their own."""

from __future__ import annotations

import math
from typing import Sequence

import numpy as np

from reports.stats.warmup import Warmup, classify_many, clipped, noise_of

k_series_min = 12  # a shorter series shows nothing
k_band = 1.96  # null band of a lag-1 coefficient, in units of 1/sqrt(n)


def _coefficient(logs: np.ndarray, changes: Sequence[int]) -> tuple[float, bool]:
    ends = [0, *changes, logs.size]
    residual = np.concatenate([logs[a:b] - logs[a:b].mean() for a, b in zip(ends, ends[1:])])
    total = float(residual @ residual)
    if total <= 0.0:
        return 0.0, False
    rho = float(residual[1:] @ residual[:-1]) / total + (len(ends) - 1) / logs.size
    return min(1.0, rho), abs(rho) > k_band / math.sqrt(logs.size)


def lag1_many(series: Sequence[Sequence[float]],
              found: Sequence[Warmup]) -> list[tuple[float | None, bool]]:
    """lag1 of many series at once, given what classify_many said of them."""
    out: list[tuple[float | None, bool]] = [(None, False)] * len(series)
    by_length: dict[int, list[tuple[int, np.ndarray]]] = {}
    for i, one in enumerate(series):
        xs = np.asarray(one, dtype=float)
        if xs.size >= k_series_min and np.isfinite(xs).all() and (xs > 0).all():
            by_length.setdefault(xs.size, []).append((i, xs))
    for rows in by_length.values():
        logs = np.log(np.stack([xs for _, xs in rows]))
        for (i, _), row in zip(rows, clipped(logs, noise_of(logs))):
            out[i] = _coefficient(row, found[i].changes)
    return out


def lag1(iter_ns: Sequence[float]) -> tuple[float | None, bool]:
    """Lag-1 autocorrelation of the log times around the levels that `warmup.classify` finds, and
    whether it lies outside the band of independent batches (5 % of them do by chance).

    Spikes are cut first: one preemption would hide everything else. Removing a level takes one part
    in n off the coefficient on average; that is added back. (None, False) for fewer than 12 batches
    or times that are not positive.
    """
    return lag1_many([iter_ns], classify_many([iter_ns]))[0]
