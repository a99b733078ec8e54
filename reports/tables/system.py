"""Allocations and system calls an operation, from the meter `system`. Absent is a word, not 0."""

from __future__ import annotations

from reports.samples import Run, is_figure
from reports.stats.ratios import median_interval

k_unavailable = "unavailable"
k_counts = ("allocations", "allocated_bytes", "syscalls")


def _per_op(values: list[tuple]) -> float | str:
    if not values or not all(is_figure(v) for v, _ in values):
        return k_unavailable
    return median_interval([v / ops for v, ops in values]).point


def table(run: Run) -> list[dict]:
    out = []
    for cell in run.index.cells.values():
        good = run.index.good(cell)
        if cell.meter != "system" or cell.role not in ("subject", "floor", "roof") or not good:
            continue
        held = [(s.result.get("system") or {}, s.result["ops"]) for s in good]
        why: dict[str, str] = {}
        for told, _ in held:
            why |= told.get("why") or {}
        row = {"cell": cell.id, "component": cell.component, "variant": cell.variant,
               "workload": cell.workload, "params": dict(cell.params), "n": cell.n,
               "role": cell.role, "samples": len(good), "why": why}
        for name in k_counts:
            row[f"{name}_per_op"] = _per_op([(t.get(name), ops) for t, ops in held])
        out.append(row)
    return out
