"""Samples in the order they were taken, against their own cell's median: shows drift and bursts."""

from __future__ import annotations

import math
import statistics

from scipy.stats import theilslopes

from reports import units
from reports.samples import Run, SampleIndex
from reports.tables import headline

k_points = 600  # of one strip; a longer one is thinned evenly
k_blocks_min = 4  # fewer blocks have no slope worth an interval
k_blocks_most = 1000  # more are joined with their neighbours: all pairs of them are looked at


def drift(index: SampleIndex, group: str) -> dict | None:
    """What all cells of a group did together from block to block."""
    return of_blocks(units.block_drift(index, group))


def of_blocks(by_block: dict[int, float]) -> dict | None:
    """Per cent a block: Theil-Sen slope over the blocks of the median log ratio of all cells to
    their own medians, with scipy's interval (Sen 1968)."""
    if len(by_block) < k_blocks_min:
        return None
    places, values = list(by_block), list(by_block.values())
    if (step := -(-len(places) // k_blocks_most)) > 1:
        places = [statistics.fmean(places[i:i + step]) for i in range(0, len(places), step)]
        values = [units.median_of(values[i:i + step]) for i in range(0, len(values), step)]
    slope, _, low, high = theilslopes(values, places)
    return {"slope_percent_per_block": 100.0 * math.expm1(slope), "low": 100.0 * math.expm1(low),
            "high": 100.0 * math.expm1(high), "blocks": len(by_block)}


def _points(index: SampleIndex, group: str) -> list[list]:
    points = []
    for cell in units.compared(index, group):
        series = index.by_block(cell, "ns")
        if not series:
            continue
        own = units.median_of(series.values())
        points += [[s.seq, series[s.block] / own, s.block, int(bool(s.tags))]
                   for s in index.good(cell) if s.block in series]
    points.sort(key=lambda p: (p[0], p[2]))
    step = math.ceil(len(points) / k_points) or 1
    return points[::step]


def table(run: Run, shown: dict[str, int | None]) -> list[dict]:
    """One strip a group at the shown size of its component."""
    out, seen = [], set()
    for cell in headline.timed_cells(run.index, shown):
        if cell.group in seen:
            continue
        seen.add(cell.group)
        out.append({"group": cell.group, "component": cell.component, "workload": cell.workload,
                    "params": dict(cell.params), "n": cell.n, "placement": cell.placement,
                    "points": _points(run.index, cell.group),
                    "drift": drift(run.index, cell.group)})
    return out
