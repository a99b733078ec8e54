"""Many tests at once: Holm where a claim is decided, Benjamini and Hochberg where one explores.

What has no p value keeps none, and is not counted among the tests.
"""

from __future__ import annotations

import math
from typing import Callable, Sequence

import numpy as np

_Ps = Sequence[float | None]


def _adjusted(p_values: _Ps, method: Callable[[np.ndarray], np.ndarray]) -> list[float | None]:
    held = [i for i, p in enumerate(p_values) if p is not None and not math.isnan(p)]
    out: list[float | None] = [None] * len(p_values)
    if held:
        for i, p in zip(held, method(np.array([p_values[i] for i in held], dtype=float))):
            out[i] = float(p)
    return out


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    out = np.empty_like(p)
    out[order] = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1)).clip(max=1.0)
    return out


def _bh(p: np.ndarray) -> np.ndarray:
    from statsmodels.stats.multitest import fdrcorrection  # slow to load, and not always needed

    return fdrcorrection(p)[1]


def holm(p_values: _Ps) -> list[float | None]:
    """Holm's adjusted p values in the order given: family-wise error, under any dependence. Written
    out, because statsmodels collects garbage at every call (20 ms, a look makes hundreds); a test
    holds it against statsmodels."""
    return _adjusted(p_values, _holm)


def benjamini_hochberg(p_values: _Ps) -> list[float | None]:
    """q values in the order given: false discovery rate of tests that do not oppose each other
    (Benjamini and Hochberg 1995)."""
    return _adjusted(p_values, _bh)
