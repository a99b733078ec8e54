"""Permutation tests that exchange labels inside a block only.

Inside a block equal code is exchangeable, between blocks it is not: the machine drifts. So the null
distribution swaps subject and reference within each block and leaves the blocks alone. Few swaps
are counted out in full, many are drawn: then p is (k + 1) / (m + 1), which is never 0 (Phipson and
Smyth 2010).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Mapping, Sequence

import numpy as np

k_exact_blocks = 14  # up to 2^14 swaps are counted out
k_draws, k_seed = 9999, 20240229
k_drawn_blocks = 1000  # beyond them the mean of so many signs is as good as normal
k_slack = 1e-12  # relative: equal statistics that rounding has parted
_reduced = {"median": np.median, "mean": np.mean}


@lru_cache(maxsize=8)
def _all_signs(n: int) -> np.ndarray:
    """Every pattern of n signs whose first is plus; the others are their mirror images."""
    patterns = np.arange(2 ** (n - 1))[:, None] >> np.arange(n)[None, :]
    return 1.0 - 2.0 * (patterns & 1)


@lru_cache(maxsize=32)
def _some_signs(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice((-1.0, 1.0), size=(k_draws, n))


def _as_extreme(null: np.ndarray, observed: float) -> int:
    return int((np.abs(null) >= abs(observed) * (1.0 - k_slack)).sum())


def block_permutation_p(log_ratios: Sequence[float], statistic: str = "mean",
                        seed: int = k_seed) -> float:
    """Two-sided p of `the labels mean nothing`, from paired log ratios, one a block.

    To swap the labels of a block is to flip the sign of its log ratio. Exact up to 14 blocks, drawn
    above; the mean of more than 1000 by its normal limit, because draws would fill the memory.
    statistic: "mean" or "median" of the log ratios; the median sees little here, because log
    ratios of one size have a median of that size under nearly every pattern of signs. 1.0 where
    there is none.
    """
    reduce, d = _reduced[statistic], np.asarray(log_ratios, dtype=float)
    if d.size == 0:
        return 1.0
    if d.size > k_drawn_blocks and statistic == "mean":
        spread = math.sqrt(float((d**2).sum()))
        return math.erfc(abs(float(d.sum())) / spread / math.sqrt(2.0)) if spread else 1.0
    observed = float(reduce(d))
    exact = d.size <= k_exact_blocks
    signs = _all_signs(d.size) if exact else _some_signs(d.size, seed)
    k = _as_extreme(reduce(signs * d, axis=1), observed)
    return k / len(signs) if exact else (k + 1) / (k_draws + 1)


def stratified_permutation_p(x_by_block: Mapping[int, Sequence[float]],
                             y_by_block: Mapping[int, Sequence[float]],
                             seed: int = k_seed) -> float:
    """Two-sided p for blocks with several log times of each: labels are shuffled inside every
    block, the statistic is the mean over blocks of the difference of means. 1.0 where no block
    holds both."""
    rng, observed, null = np.random.default_rng(seed), 0.0, np.zeros(k_draws)
    blocks = sorted(set(x_by_block) & set(y_by_block))
    for block in blocks:
        x = np.asarray(x_by_block[block], dtype=float)
        y = np.asarray(y_by_block[block], dtype=float)
        pool = np.concatenate([x, y])
        shuffled = rng.permuted(np.broadcast_to(pool, (k_draws, pool.size)), axis=1)
        observed += x.mean() - y.mean()
        null += shuffled[:, :x.size].mean(axis=1) - shuffled[:, x.size:].mean(axis=1)
    return (_as_extreme(null, observed) + 1) / (k_draws + 1) if blocks else 1.0
