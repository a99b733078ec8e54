"""What a figure of several threads rests on: whether they met, on how many processors, and what
their calls came to that did not succeed. From the values of the samples; a workload that reports
no overlap has no row.
"""

from __future__ import annotations

from reports.samples import Cell, Run
from reports.stats.ratios import median_interval

k_overlap = "overlap_min"
k_alone = 0.95  # below this share somebody was at work alone for too long
# name of a column -> the value it is of; of each item, or of each round trip
k_counts = {"full": ("full_per_item",), "empty": ("empty_per_item", "empty_per_trip"),
            "blocked": ("blocked_per_item",), "sleeps": ("sleeps_per_item", "sleeps_per_trip"),
            "kernel": ("kernel_asks_per_item", "kernel_asks_per_trip"), "jain": ("jain",),
            "bytes": ("bytes_per_item",)}
k_metrics = ("overlap", "threads", "cpus", *k_counts)


def _median(run: Run, cell: Cell, names: tuple[str, ...]) -> float | None:
    for name in names:
        values = list(run.index.by_block(cell, f"values.{name}").values())
        if values:
            return median_interval(values).point
    return None


def _row(run: Run, cell: Cell) -> dict | None:
    overlap = list(run.index.by_block(cell, f"values.{k_overlap}").values())
    if not overlap:
        return None
    threads, cpus = (_median(run, cell, (k,)) for k in ("threads", "cpus"))
    return {"cell": cell.id, "component": cell.component, "variant": cell.variant,
            "workload": cell.workload, "params": dict(cell.params), "n": cell.n,
            "placement": cell.placement, "samples": len(overlap), "overlap": min(overlap),
            "threads": threads, "cpus": cpus,
            "crowded": bool(threads and cpus and threads > cpus),
            **{k: _median(run, cell, names) for k, names in k_counts.items()}}


def table(run: Run) -> list[dict]:
    """One row a timed subject or roof; `overlap` is the least of all its samples."""
    rows = (_row(run, c) for c in run.index.cells.values()
            if c.meter == "time" and c.role in ("subject", "roof"))
    return [r for r in rows if r is not None]
