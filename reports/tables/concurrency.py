"""What threads do: throughput against their number (USL), and how evenly they were served."""

from __future__ import annotations

import numpy as np

from reports import units
from reports.samples import Cell, Run
from reports.stats.fairness import fairness
from reports.stats.ratios import median_interval
from reports.stats.usl import fit

k_threads = "threads"
k_sharers = (k_threads, "producers")  # params that say how many threads do the same


def _count(cell: Cell) -> int | None:
    told = dict(cell.params).get(k_threads)
    return int(told) if told is not None and told.isdigit() and int(told) > 0 else None


def _sharers(cell: Cell) -> int:
    """Threads that do the same and can be compared; 1 where there is nothing to compare."""
    params = dict(cell.params)
    told = next((params[k] for k in k_sharers if params.get(k, "").isdigit()), "1")
    return int(told)


def cores_of(run: Run, placement: str) -> int | None:
    """Processors that a placement may use; without a word of the plan, those of the machine."""
    told = (run.plan.get("placements") or {}).get(placement) or {}
    return len(told.get("cpus") or []) or (run.environment.get("stable") or {}).get("cpus")


def _series(run: Run) -> dict[tuple, dict[int, Cell]]:
    """What only the number of threads tells apart."""
    out: dict[tuple, dict[int, Cell]] = {}
    for cell in run.index.cells.values():
        if cell.meter != "time" or cell.role not in ("subject", "roof") or not (
                count := _count(cell)):
            continue
        rest = tuple(p for p in cell.params if p[0] != k_threads)
        key = (cell.component, cell.variant, cell.workload, rest, cell.n, cell.placement)
        if run.index.good(cell):
            out.setdefault(key, {})[count] = cell
    return out


def _throughput(run: Run, cell: Cell) -> dict[int, float]:
    """unit -> operations a second of all threads together."""
    return {u: 1e9 / v for u, v in units.values(run.index, cell).items() if v > 0}


def _bounds(name: str, interval) -> dict:
    """A parameter of the fit with its interval, whether it comes as an Interval or not at all."""
    if interval is None:
        return {name: None, f"{name}_low": None, f"{name}_high": None}
    return {name: interval.point, f"{name}_low": interval.low, f"{name}_high": interval.high}


def usl_table(run: Run) -> list[dict]:
    """Gunther's law for every variant that was measured at more than one thread count."""
    out = []
    for (component, variant, workload, rest, n, placement), cells in _series(run).items():
        counts = sorted(cells)
        if len(counts) < 2:
            continue
        by_count = [_throughput(run, cells[c]) for c in counts]
        shared = sorted(set.intersection(*(set(t) for t in by_count)))
        told = [median_interval(list(t.values())) for t in by_count if t]
        row = {"component": component, "variant": variant, "workload": workload,
               "params": dict(rest), "n": n, "placement": placement, "threads": counts,
               "cells": [cells[c].id for c in counts], "units": len(shared),
               "throughput": [i.point for i in told], "low": [i.low for i in told],
               "high": [i.high for i in told]}
        table = np.array([[t[u] for t in by_count] for u in shared])
        out.append(row | _fitted(counts, table, cores_of(run, placement)))
    return out


def _fitted(counts: list[int], table: np.ndarray, cores: int | None) -> dict:
    if not table.size:
        found = None
        out = {"status": "refused", "why": "no unit was measured at every thread count"}
    else:
        found = fit(counts, table, cores=cores)
        out = {"status": found.status, "why": found.why}
    for name in ("gamma", "alpha", "beta", "peak"):
        out |= _bounds(name, getattr(found, name, None))
    return out


def fairness_table(run: Run) -> list[dict]:
    """Operations a second of each thread, as shares of the fastest: median over units."""
    out = []
    for cell in run.index.cells.values():
        if cell.role not in ("subject", "roof") or _sharers(cell) < 2:
            continue
        rates = _rates(run, cell)
        if not rates:
            continue
        found = fairness(rates)
        out.append({"cell": cell.id, "component": cell.component, "variant": cell.variant,
                    "workload": cell.workload, "params": dict(cell.params),
                    "threads": found.threads, "n": cell.n, "placement": cell.placement,
                    "units": found.units, "ratio_min_max": found.ratio.point,
                    "ratio_low": found.ratio.low, "ratio_high": found.ratio.high,
                    "jain": found.jain.point, "jain_low": found.jain.low,
                    "jain_high": found.jain.high})
    return out


def _rates(run: Run, cell: Cell) -> list[list[float]]:
    """One row a unit: rates of the threads from slow to fast, medians over its processes. Sorted,
    because which thread is the slow one changes from process to process."""
    gathered: dict[int, list[list[float]]] = {}
    for sample in run.index.good(cell):
        threads = sample.result.get("threads") or []
        rates = sorted(t["ops"] / t["ns"] for t in threads if t.get("ns"))
        if len(rates) == len(threads) > 1:
            gathered.setdefault(run.index.unit(sample.block), []).append(rates)
    if len({len(r) for rows in gathered.values() for r in rows}) != 1:
        return []
    return [list(np.median(gathered[u], axis=0)) for u in sorted(gathered)]
