"""Paired ratios, the noise floor of a run, and the verdict on a pair.

Ratios are formed inside a block, as logarithms, because absolute times drift between blocks by more
than the differences looked for. The estimators have a module each (intervals, bootstrap, effect,
permutation, multiplicity, equivalence, power, sequential); what decides a verdict is also found
here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Mapping, Sequence

import numpy as np
from scipy.stats import binom

from reports.stats.intervals import (Interval, binomial_tail, k_interval_min, k_level,
                                     median_interval, quantile_interval, sign_p, sign_rank)
from reports.stats.multiplicity import benjamini_hochberg, holm

__all__ = ["FlooredRatio", "Interval", "PairVerdict", "aa_error_bound", "aa_family",
           "benjamini_hochberg", "binomial_tail", "delta_of", "floored_ratio", "holm",
           "k_delta_floor", "k_floor_share", "k_interval_min", "k_level", "k_units_min",
           "median_interval", "more_blocks", "null_spread", "pair_verdict", "paired_log_ratios",
           "quantile_interval", "ratio_interval", "sign_p", "sign_rank"]

k_units_min = 10  # fewer units (layouts or blocks) never get a verdict on time
k_delta_floor = math.log(1.02)  # differences under 2 % are never called differences
k_null_even = 128  # beyond it the two middle draws are as good as one
k_floor_share = 0.2  # harness cost above a fifth of the signal: time does not decide


def paired_log_ratios(
    subject: Mapping[int, float], reference: Mapping[int, float], floor: float = 0.0
) -> list[float] | None:
    """log((s - floor) / (r - floor)) for each block both were measured in, in block order.

    None when the floor eats a whole measurement: such a row has no ratio in time.
    """
    out = []
    for block in sorted(set(subject) & set(reference)):
        s, r = subject[block] - floor, reference[block] - floor
        if s <= 0 or r <= 0:
            return None
        out.append(math.log(s / r))
    return out


def ratio_interval(log_ratios: Sequence[float]) -> Interval:
    """Median ratio and its exact interval. A monotone map keeps the coverage exact, but between
    the two middle values of an even count the midpoint is taken on the log axis."""
    return median_interval(log_ratios).mapped(math.exp)


@lru_cache(maxsize=64)
def _null_rank(n: int, quantile: float) -> int:
    """For odd n: the rank among the n distances that is the quantile sought, whatever they are. Of
    the 2n values +-d, n - k lie beyond the k-th smallest distance; the median of n draws lies there
    when more than half of the draws do. For even n the upper middle stands for the median."""
    k = np.arange(1, n + 1)
    outside = 2.0 * binom.sf((n - 1) // 2, n, (n - k) / (2.0 * n))
    return int(np.argmax(1.0 - outside >= quantile - 1e-12)) + 1


def _null_of_even(d: np.ndarray, quantile: float) -> float:
    """For even n: the law of the midpoint of the two middle draws, from their joint law.
    P(low middle <= v_i, high middle >= v_j) for i < j is that of n/2 draws at most v_i and n/2 at
    least v_j; differences of it are the atoms."""
    values = np.sort(np.concatenate([-d, d]))
    n, half = d.size, d.size // 2
    up = np.arange(1, 2 * n + 1) / (2.0 * n)
    low = np.diff(up**half, prepend=0.0)  # n/2 draws at most v_i, one of them v_i itself
    joint = math.comb(n, half) * np.triu(np.outer(low, low[::-1]), 1)
    alone = np.diff(binom.sf(half - 1, n, up), prepend=0.0) - joint.sum(axis=1)
    atoms = np.concatenate([np.abs(values[:, None] + values[None, :]).ravel() / 2.0,
                            np.abs(values)])
    weights = np.concatenate([joint.ravel(), alone])
    order = np.argsort(atoms, kind="stable")
    below = np.cumsum(weights[order])
    at = int(np.searchsorted(below, quantile - 1e-12))
    return float(atoms[order[min(at, atoms.size - 1)]])


def null_spread(log_ratios: Sequence[float], quantile: float = 0.95) -> float:
    """How far the median of this many A/A log ratios strays in 1 comparison of 20.

    For identical code the sign of each unit's log ratio is arbitrary, so the pool of +-|d| stands
    for the noise of this row, and the medians of as many draws from it, with replacement, show what
    a comparison of equal code would have said. Their law is computed, not drawn: for an odd number
    the answer is one of the distances. Flipping signs without replacement was tried: over normal
    noise it is 10 to 22 % too small at 10 to 31 units; this is within 5 %.
    """
    d = np.sort(np.abs(np.asarray(log_ratios, dtype=float)))
    if d.size == 0:
        raise ValueError("the noise floor needs A/A ratios")
    if d.size % 2 or d.size > k_null_even:
        return float(d[_null_rank(d.size, quantile) - 1])
    return _null_of_even(d, quantile)


def delta_of(aa_log_ratios: Sequence[float]) -> float:
    """The smallest log ratio that counts as a difference: 2 %, or twice the A/A spread."""
    if len(aa_log_ratios) == 0:
        return k_delta_floor
    spread = max(null_spread(aa_log_ratios), abs(float(np.median(aa_log_ratios))))
    return max(k_delta_floor, 2.0 * spread)


def aa_family(families: Sequence[Sequence[float]], level: float = k_level) -> list[dict]:
    """One verdict per A/A comparison of a run: a control fails when the median is off by more than
    2 % and the exact sign test rejects equality after Holm over all of them. Where there are more
    comparisons than the test can resolve, all blocks on one side are evidence all the same."""
    p_values = [sign_p(f) for f in families]
    out = []
    for f, p, adjusted in zip(families, p_values, holm(p_values)):
        median = float(np.median(f)) if len(f) else 0.0
        one_sided = len(f) >= k_interval_min and p <= 2.0 ** (1 - len(f))
        failed = (adjusted <= 1.0 - level or one_sided) and abs(median) > k_delta_floor
        out.append({"p": p, "p_holm": adjusted, "median": median, "passed": not failed})
    return out


def aa_error_bound(blocks: Sequence[int], level: float = k_level) -> float:
    """How likely equal code fails aa_family at most: Holm's level where one comparison at least can
    reach it, and the union over those that cannot of all blocks falling on one side."""
    one_side = [2.0 ** (1 - n) for n in blocks]
    alone = [p for n, p in zip(blocks, one_side)
             if n >= k_interval_min and p * len(blocks) > 1.0 - level]
    of_holm = 1.0 - level if len(alone) < len(blocks) else 0.0
    return min(1.0, max(1.0 - level, of_holm + sum(alone)))


@dataclass(frozen=True)
class PairVerdict:
    verdict: str  # FASTER SLOWER SAME UNDECIDED INVALID
    reason: str
    more_blocks: int | None = None


def pair_verdict(log_interval: Interval, delta: float, controls_ok: bool = True) -> PairVerdict:
    """The rulings' verdict on one pair, from the interval of the median log ratio."""
    if not controls_ok:
        return PairVerdict("INVALID", "a control of this experiment failed")
    point, low, high = log_interval.point, log_interval.low, log_interval.high
    if log_interval.units < k_units_min:
        return PairVerdict("UNDECIDED", f"{log_interval.units} blocks, {k_units_min} are needed",
                           k_units_min - log_interval.units)
    if low is None or high is None:
        return PairVerdict("UNDECIDED", "too few blocks for an interval")
    if low > 0 and point > delta:
        return PairVerdict("SLOWER", "interval above 1 and point beyond delta")
    if high < 0 and point < -delta:
        return PairVerdict("FASTER", "interval below 1 and point beyond delta")
    if -delta <= low and high <= delta:
        return PairVerdict("SAME", "interval inside +-delta")
    return PairVerdict("UNDECIDED", "neither beyond delta nor inside it",
                       more_blocks(log_interval, delta))


def more_blocks(log_interval: Interval, delta: float) -> int | None:
    """About how many more blocks would decide, if the width shrinks as 1/sqrt(units)."""
    half = max(log_interval.high - log_interval.point, log_interval.point - log_interval.low)
    distance = abs(log_interval.point)
    room = distance if distance > delta else delta - distance
    if room <= 0 or half <= 0:
        return None
    need = math.ceil(log_interval.units * (half / room) ** 2)
    return min(max(1, need - log_interval.units), 9999)


@dataclass(frozen=True)
class FlooredRatio:
    """A ratio after the floor was taken off. `usable` is false where time must not decide."""

    interval: Interval | None
    log_interval: Interval | None
    floor_share: float | None
    usable: bool
    reason: str


def floored_ratio(
    subject: Mapping[int, float], reference: Mapping[int, float], floor: Sequence[float]
) -> FlooredRatio:
    """Ratio of subject to reference with the harness floor subtracted, with the floor's error.

    The floor's own interval is carried through: the ratio is formed at its lower end, its median
    and its upper end, and the bounds are the widest of the three.
    """
    blocks = sorted(set(subject) & set(reference))
    if not blocks:
        return FlooredRatio(None, None, None, False, "no block holds both")
    signal = min(float(np.median([subject[b] for b in blocks])),
                 float(np.median([reference[b] for b in blocks])))
    levels, share = [0.0], None
    if floor:
        f = median_interval(floor)
        share = f.point / signal if signal > 0 else math.inf
        levels = [f.point] + ([f.low, f.high] if f.has_bounds() else [min(floor), max(floor)])
    logs = [paired_log_ratios(subject, reference, level) for level in levels]
    if logs[0] is None or share is not None and share > k_floor_share:
        raw = paired_log_ratios(subject, reference)
        li = median_interval(raw) if raw else None
        return FlooredRatio(li.mapped(math.exp) if li else None, li, share, False,
                            "the harness floor is more than a fifth of the signal")
    intervals = [median_interval(entry) for entry in logs if entry is not None]
    middle = intervals[0]
    if middle.has_bounds():
        middle = replace(middle, low=min(i.low for i in intervals),
                         high=max(i.high for i in intervals))
    return FlooredRatio(middle.mapped(math.exp), middle, share, True, "")
