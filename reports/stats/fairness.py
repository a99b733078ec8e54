"""How evenly the threads of one process were served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

import numpy as np

from reports.stats.intervals import Interval, k_level, median_interval


@dataclass(frozen=True)
class Fairness:
    jain: Interval  # 1: all alike; 1/threads: one thread got everything
    ratio: Interval  # slowest thread over fastest
    threads: int
    units: int


def jain(rates: Sequence[float]) -> float:
    """Jain's index (sum x)^2 / (n sum x^2) (Jain, Chiu and Hawe 1984). Nothing served at all is
    nothing unfair: 1."""
    x = np.asarray(rates, dtype=float)
    if x.size == 0 or (x < 0).any():
        raise ValueError("fairness needs rates that are not negative")
    if not (top := x.max()):
        return 1.0
    x = x / top  # squares of huge or tiny rates would leave the range of a double
    return float(x.sum() ** 2 / (x.size * (x**2).sum()))


def slowest_over_fastest(rates: Sequence[float]) -> float:
    x = np.asarray(rates, dtype=float)
    return float(x.min() / x.max()) if x.max() > 0 else 1.0


def fairness(rates_by_unit, level: float = k_level) -> Fairness:
    """Both indices of each unit (rows: units, columns: threads), then their median and its exact
    interval over units. ValueError with fewer than two threads."""
    rates = np.asarray(rates_by_unit, dtype=float)
    if rates.ndim != 2 or rates.shape[1] < 2:
        raise ValueError("fairness compares at least two threads")
    return Fairness(median_interval([jain(r) for r in rates], level),
                    median_interval([slowest_over_fastest(r) for r in rates], level),
                    rates.shape[1], rates.shape[0])
