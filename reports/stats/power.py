"""What a comparison could have seen: power of the sign interval's verdicts, and units still needed.

The verdicts of `pair_verdict` hang on how many log ratios fall below, between and above a few
marks, so their chances are sums of trinomials: no simulation. The law of a unit is either normal of
a given spread, or that of the log ratios seen: centred, mirrored, smoothed by a Gaussian kernel.
"""

from __future__ import annotations

import math
from typing import Callable, Sequence

import numpy as np
from scipy.special import gammaln, ndtr
from scipy.stats import binom

from reports.stats.intervals import k_interval_min, k_level, sign_rank

k_units_most = 9999  # "more than that" is no advice
k_power = 0.8
k_least = 1e-15  # chances are kept off 0 and 1, where a binomial has no density
_Law = Callable[[float], float]


def law_of(noise: float | Sequence[float]) -> _Law:
    """Distribution function of a unit's noise about 0, symmetric."""
    if np.ndim(noise) == 0:
        spread = max(float(noise), 1e-12)
        return lambda x: float(ndtr(x / spread))
    d = np.asarray(noise, dtype=float)
    if d.size == 0:
        raise ValueError("the noise needs at least one log ratio")
    d = d - np.median(d)
    pool = np.concatenate([d, -d])
    scale = min(float(pool.std()), 1.4826 * float(np.median(np.abs(d))) or math.inf)
    width = max(0.9 * scale * d.size**-0.2, 1e-12)  # Silverman's rule
    return lambda x: float(ndtr((x - pool) / width).mean())


def _inside(chance: float) -> float:
    return min(max(chance, k_least), 1.0 - k_least)


def _density(k: np.ndarray, n: int, chance: float) -> np.ndarray:
    """P(Binomial(n, chance) = k); scipy's stumbles where that is less than a double holds."""
    return np.exp(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
                  + k * math.log(chance) + (n - k) * math.log1p(-chance))


def _chance_same(law: _Law, effect: float, n: int, rank: int, delta: float) -> float:
    """P(fewer than rank units under -delta, and fewer than rank over delta)."""
    under, over = _inside(law(-delta - effect)), _inside(1.0 - law(delta - effect))
    k, share = np.arange(rank), _inside(over / (1.0 - under))
    return float(np.sum(_density(k, n, under) * binom.cdf(rank - 1, n - k, share)))


def _chance_slower(law: _Law, effect: float, n: int, rank: int, delta: float) -> float:
    """P(fewer than rank units at or under 0, and the median over delta). For an even n the two
    middle units may lie on either side of delta: their midpoint is over it half of the time."""
    below, under = _inside(law(-effect)), _inside(law(delta - effect))  # of 0, of delta
    k = np.arange(n // 2 + 1)
    weight = np.where(2 * k == n, 0.5, 1.0)
    share = _inside(below / under)
    return float(np.sum(weight * _density(k, n, under) * binom.cdf(rank - 1, k, share)))


def _chance(law: _Law, effect: float, n: int, level: float, delta: float, same: bool) -> float:
    rank = sign_rank(n, level)
    if rank is None or n < k_interval_min:
        return 0.0
    chance = _chance_same if same else _chance_slower
    return min(1.0, chance(law, abs(effect), n, rank[0], delta))


def power_of(noise: float | Sequence[float], effect: float, n: int, level: float = k_level,
             delta: float = 0.0) -> float:
    """Chance of the right verdict over n units when the true log ratio is `effect`: SAME where it
    lies inside +-delta, else FASTER or SLOWER. noise: standard deviation of a unit's log ratio,
    or log ratios that show it. 0 where n is too small for any interval. O(n)."""
    return _chance(law_of(noise), effect, n, level, delta, abs(effect) <= delta)


def units_needed(log_ratios: Sequence[float], delta: float, level: float = k_level,
                 power: float = k_power, verdict: str | None = None) -> int | None:
    """About how many more units reach a verdict with this power, if the median seen is the truth
    and the noise stays as seen; 0: there are enough. verdict: "SAME", "DIFFERENT", or None for the
    one on whose side of delta the median lies. None: no number under 10 000 would do, which is so
    when the median is as good as delta itself."""
    d = np.asarray(log_ratios, dtype=float)
    effect, have = float(np.median(d)), int(d.size)
    same = abs(effect) <= delta if verdict is None else verdict == "SAME"
    law = law_of(d)

    def enough(n: int) -> bool:
        return _chance(law, effect, n, level, delta, same) >= power

    if enough(have):
        return 0
    high = max(have, k_interval_min)
    while not enough(high):
        if high >= k_units_most:
            return None
        high = min(2 * high, k_units_most)
    low = max(have, high // 2)
    while high - low > 1:
        mid = (low + high) // 2
        low, high = (low, mid) if enough(mid) else (mid, high)
    return high - have
