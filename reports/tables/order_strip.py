"""Samples in the order they were taken, against their own cell's median: shows drift and bursts."""

from __future__ import annotations

import math

from scipy.stats import theilslopes

from reports import units
from reports.samples import Run, SampleIndex
from reports.tables import headline

k_points = 600  # of one strip; a longer one is thinned evenly
k_blocks_min = 4  # fewer blocks have no slope worth an interval


def drift(index: SampleIndex, group: str) -> dict | None:
    """Per cent a block: Theil-Sen slope over the blocks of the median log ratio of all cells to
    their own medians, with scipy's interval (Sen 1968)."""
    by_block = units.block_drift(index, group)
    if len(by_block) < k_blocks_min:
        return None
    slope, _, low, high = theilslopes(list(by_block.values()), list(by_block))
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
