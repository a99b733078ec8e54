"""Estimators: exact intervals of a median, paired ratios, the noise floor, verdicts on pairs.

Every interval is an order-statistic interval: it assumes nothing about the shape of the noise, and
its coverage is a binomial sum, so the report can print the coverage that was attained, not the one
that was hoped for. Ratios are formed inside a block, as logarithms, because absolute times drift
between blocks by more than the differences looked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np

k_level = 0.95  # nominal coverage
k_units_min = 10  # fewer units (blocks) never get a verdict on time
k_interval_min = 6  # below this even the full range covers less than 95 %
k_delta_floor = math.log(1.02)  # differences under 2 % are never called differences
k_floor_share = 0.2  # harness cost above a fifth of the signal: time does not decide
k_null_draws, k_null_seed = 4096, 20240229  # fixed: the same samples give the same delta


@dataclass(frozen=True)
class Interval:
    """A point with its interval. `coverage` is what the order statistics really attain."""

    point: float
    low: float | None
    high: float | None
    coverage: float | None
    units: int

    def has_bounds(self) -> bool:
        return self.low is not None

    def mapped(self, f) -> "Interval":
        """The interval of an increasing function of the quantity, e.g. exp of a log ratio."""
        if self.low is None:
            return Interval(f(self.point), None, None, None, self.units)
        return Interval(f(self.point), f(self.low), f(self.high), self.coverage, self.units)


def binomial_tail(k: int, n: int) -> float:
    """P(Binomial(n, 1/2) <= k), in exact integers until the last division."""
    if k < 0:
        return 0.0
    return sum(math.comb(n, i) for i in range(0, min(k, n) + 1)) / 2**n


def sign_rank(n: int, level: float = k_level) -> tuple[int, float] | None:
    """Largest rank r with P(x_(r) <= median <= x_(n+1-r)) >= level, and that probability."""
    best = None
    for r in range(1, n // 2 + 1):
        coverage = 1.0 - 2.0 * binomial_tail(r - 1, n)
        if coverage < level:
            break
        best = (r, coverage)
    return best


def median_interval(values: Sequence[float], level: float = k_level) -> Interval:
    """Median with its exact sign interval; no bounds where n is too small to reach the level."""
    xs = sorted(float(v) for v in values)
    if not xs:
        raise ValueError("a median needs at least one value")
    if not all(math.isfinite(x) for x in xs):
        raise ValueError("a median needs finite values")
    point = float(np.median(xs))
    rank = sign_rank(len(xs), level)
    if rank is None or len(xs) < k_interval_min:
        return Interval(point, None, None, None, len(xs))
    r, coverage = rank
    return Interval(point, xs[r - 1], xs[len(xs) - r], coverage, len(xs))


def sign_p(log_ratios: Sequence[float]) -> float:
    """Two-sided exact sign test of `median = 0`. Ties split evenly, which only weakens it."""
    plus = sum(1 for v in log_ratios if v > 0)
    minus = sum(1 for v in log_ratios if v < 0)
    ties = len(log_ratios) - plus - minus
    k = min(plus, minus) + ties // 2
    return min(1.0, 2.0 * binomial_tail(k, len(log_ratios))) if len(log_ratios) else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given."""
    m = len(p_values)
    adjusted = [1.0] * m
    running = 0.0
    for rank, i in enumerate(sorted(range(m), key=lambda j: p_values[j])):
        running = max(running, (m - rank) * p_values[i])
        adjusted[i] = min(1.0, running)
    return adjusted


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


def null_spread(log_ratios: Sequence[float], quantile: float = 0.95) -> float:
    """How far the median of this many A/A log ratios strays in 1 comparison of 20.

    For identical code the sign of each block's log ratio is arbitrary, so the pool of +-|d| stands
    for the noise of this row, and medians of as many draws from it, with replacement, show what a
    comparison of equal code would have said. Flipping signs without replacement was tried: over
    normal noise it is 10 to 22 % too small at 10 to 31 blocks; this is within 5 %.
    """
    d = np.abs(np.asarray(log_ratios, dtype=float))
    if d.size == 0:
        raise ValueError("the noise floor needs A/A ratios")
    rng = np.random.default_rng(k_null_seed)
    picks = rng.integers(0, d.size, size=(k_null_draws, d.size))
    signs = rng.choice((-1.0, 1.0), size=picks.shape)
    medians = np.abs(np.median(d[picks] * signs, axis=1))
    return float(np.quantile(medians, quantile, method="higher"))


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
    """How likely equal code fails aa_family at most: Holm's level, or the union over comparisons
    of all blocks falling on one side, where that is more."""
    return max(1.0 - level, min(1.0, sum(2.0 ** (1 - n) for n in blocks if n >= k_interval_min)))


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
        middle = Interval(middle.point, min(i.low for i in intervals),
                          max(i.high for i in intervals), middle.coverage, middle.units)
    return FlooredRatio(middle.mapped(math.exp), middle, share, True, "")


def steady(iter_ns: Sequence[float]) -> str:
    """Class of one process's series of batches: warmed, drifting, noisy, or short."""
    if len(iter_ns) < 8:
        return "short"
    xs = np.asarray(iter_ns, dtype=float)
    half = xs.size // 2
    first, second = float(np.median(xs[:half])), float(np.median(xs[half:]))
    if min(first, second) <= 0 or abs(math.log(second / first)) > math.log(1.05):
        return "drifting"
    return "warmed" if float(np.std(xs) / np.mean(xs)) < 0.15 else "noisy"
