"""Whether cache lines that were counted foretell the time that was measured: the rank correlation,
over the variants of a component, of the transfers that the coherence counter saw with the median
time of each workload of several processors.

The interval comes from resampling variants, so it says what another choice of variants might have
said; with a handful of them it is wide, and is meant to be.
"""

from __future__ import annotations

import numpy as np
from scipy import stats as scipy_stats

from reports import units
from reports.samples import Run
from reports.stats.ratios import median_interval

k_variants_min = 4
k_resamples = 2000
k_seed = 1
k_of = ("round_robin", "random", "bursts")


def transfers_of(text: str) -> float | None:
    """The number in front of "4.0 transfers an item"."""
    word = text.split(" ", 1)
    try:
        return float(word[0]) if len(word) == 2 and word[1].startswith("transfers") else None
    except ValueError:
        return None


def _counted(run: Run) -> dict[str, dict[str, dict[str, float]]]:
    """component -> traffic -> variant -> transfers an operation."""
    out: dict[str, dict[str, dict[str, float]]] = {}
    for row in run.evidence:
        if row.get("suite") != "coherence" or not row.get("passed"):
            continue
        for traffic in k_of:
            count = transfers_of(str((row.get("facts") or {}).get(traffic, "")))
            if count is not None:
                of = out.setdefault(row["component"], {}).setdefault(traffic, {})
                of[row["variant"]] = count
    return out


def _timed(run: Run) -> dict[tuple, dict[str, float]]:
    """(component, workload, params, n) of several processors -> variant -> median time."""
    out: dict[tuple, dict[str, float]] = {}
    for cell in run.index.cells.values():
        told = (run.plan.get("placements") or {}).get(cell.placement) or {}
        if cell.meter != "time" or cell.role != "subject" or len(told.get("cpus") or []) < 2:
            continue
        values = list(units.values(run.index, cell).values())
        if values:
            key = (cell.component, cell.workload, cell.params, cell.n)
            out.setdefault(key, {})[cell.variant] = median_interval(values).point
    return out


def _rank(x: np.ndarray, y: np.ndarray) -> float:
    a, b = scipy_stats.rankdata(x), scipy_stats.rankdata(y)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def rank_correlation(x, y, seed: int = k_seed) -> tuple[float, float, float]:
    """Spearman's coefficient and a 95 % percentile bootstrap interval over the pairs. Resamples in
    which one side is all ties say nothing and are left out; NaN where nothing is left."""
    x, y = np.asarray(x, float), np.asarray(y, float)
    rng = np.random.default_rng(seed)
    drawn = [_rank(x[i], y[i]) for i in rng.integers(0, len(x), (k_resamples, len(x)))]
    kept = [r for r in drawn if not np.isnan(r)]
    low, high = np.quantile(kept, [0.025, 0.975]) if kept else (float("nan"), float("nan"))
    return _rank(x, y), float(low), float(high)


def table(run: Run) -> list[dict]:
    """One row a workload and traffic with enough variants that are both counted and timed."""
    out = []
    counted = _counted(run)
    for (component, workload, params, n), times in _timed(run).items():
        for traffic, transfers in counted.get(component, {}).items():
            both = sorted(set(times) & set(transfers))
            if len(both) < k_variants_min:
                continue
            rho, low, high = rank_correlation([transfers[v] for v in both],
                                              [times[v] for v in both])
            if not np.isnan(rho):
                out.append({"component": component, "workload": workload, "params": dict(params),
                            "n": n, "traffic": traffic, "variants": both, "rho": rho, "low": low,
                            "high": high})
    return out
