"""Tails: quantiles with intervals, and the complementary distribution that a figure draws.

Observations of one process depend on each other, so a quantile is taken inside each unit and its
interval is the exact one of the median over units. Pooled observations are drawn, never tested.
"""

from __future__ import annotations

from typing import Sequence

import numpy as np

from reports.samples import Cell, Run, Sample
from reports.stats.ratios import median_interval
from reports.tables import headline

k_quantiles = (0.5, 0.9, 0.95, 0.99, 0.999)
k_points = 80  # of a drawn distribution
k_least = 1.0  # observations expected beyond a quantile before it is told
k_latency = ("intended", "raw")


def told(count: int) -> list[float]:
    """Quantiles beyond which that many observations leave at least one."""
    return [q for q in k_quantiles if count * (1.0 - q) >= k_least - 1e-9]


def ccdf(values: np.ndarray, counts: np.ndarray) -> list[list[float]]:
    """[value, share of observations beyond it] at places that are even on the log share axis, so
    that the last one in a thousand gets as much room as the first half."""
    total = float(counts.sum())
    beyond = (total - np.cumsum(counts)) / total
    keep = np.concatenate([[True], values[1:] != values[:-1]]) if values.size else []
    last = np.concatenate([np.flatnonzero(keep)[1:] - 1, [values.size - 1]])
    points = [[float(values[i]), float(beyond[i])] for i in last if beyond[i] > 0]
    if len(points) <= k_points:
        return points
    depth = np.log([p[1] for p in points])
    wanted = np.linspace(depth[0], depth[-1], k_points)
    chosen = sorted({int(np.argmin(np.abs(depth - w))) for w in wanted})
    return [points[i] for i in chosen]


def weighted_quantile(values: np.ndarray, counts: np.ndarray, q: float) -> float:
    """The smallest value with at least a share q at or below it; values sorted."""
    place = int(np.searchsorted(np.cumsum(counts), q * counts.sum() - 1e-9))
    return float(values[min(place, values.size - 1)])


def merged(parts: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Observations of several samples, sorted by value."""
    values = np.concatenate([p[0] for p in parts])
    counts = np.concatenate([p[1] for p in parts])
    order = np.argsort(values, kind="stable")
    return values[order], counts[order]


def _batches(sample: Sample) -> tuple[np.ndarray, np.ndarray] | None:
    series = sample.result.get("iter_ns")
    return (np.asarray(series, float), np.ones(len(series))) if series is not None else None


def histogram(sample: Sample, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Upper bounds and counts of one histogram of a latency sample."""
    held = ((sample.result.get("latency") or {}).get(name) or {}).get("buckets")
    if not held:
        return None
    table = np.asarray(held, dtype=float)
    return table[:, 0], table[:, 1]


def by_unit(run: Run, cell: Cell, read) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """unit -> its observations, sorted, with their counts."""
    gathered: dict[int, list] = {}
    for sample in run.index.good(cell):
        part = read(sample)
        if part is not None:
            gathered.setdefault(run.index.unit(sample.block), []).append(part)
    return {unit: merged(gathered[unit]) for unit in sorted(gathered)}


def quantile_rows(observed: dict[int, tuple[np.ndarray, np.ndarray]]) -> list[dict]:
    least = min(float(counts.sum()) for _, counts in observed.values())
    out = []
    for q in told(int(least)):
        interval = median_interval([weighted_quantile(*o, q) for o in observed.values()])
        out.append({"q": q, "value": interval.point, "low": interval.low, "high": interval.high})
    return out


def _row(run: Run, cell: Cell, kind: str, read) -> dict | None:
    observed = by_unit(run, cell, read)
    if not observed:
        return None
    return {"cell": cell.id, "component": cell.component, "variant": cell.variant,
            "workload": cell.workload, "params": dict(cell.params), "n": cell.n, "kind": kind,
            "units": len(observed), "observations": int(sum(c.sum() for _, c in observed.values())),
            "quantiles": quantile_rows(observed),
            "ccdf": ccdf(*merged(list(observed.values())))}


def table(run: Run, shown: dict[str, int | None]) -> list[dict]:
    """Batch means at the shown size, and latencies wherever there are any."""
    out = []
    for cell in headline.timed_cells(run.index, shown):
        if any(s.result.get("latency") for s in run.index.good(cell)[:1]):
            continue
        out.append(_row(run, cell, "batches", _batches))
    for cell in run.index.cells.values():
        if cell.role == "subject" and any(s.result.get("latency") for s in
                                          run.index.good(cell)[:1]):
            out += [_row(run, cell, f"latency {name}", lambda s, name=name: histogram(s, name))
                    for name in k_latency]
    return [row for row in out if row is not None]


def share_of(rows: list[dict], q: float = 0.99) -> dict[str, dict]:
    """cell -> quantile q over the median, of batches, else of intended latencies."""
    out: dict[str, dict] = {}
    for row in rows:
        if row["kind"] == "latency raw" or row["cell"] in out:
            continue
        values = {x["q"]: x["value"] for x in row["quantiles"]}
        if q in values and values.get(0.5):
            out[row["cell"]] = {"ratio": values[q] / values[0.5], "kind": row["kind"],
                                "high": values[q], "median": values[0.5]}
    return out
