"""The worst single tick: what one turn of a loop may cost, from workloads that look for it.

A workload tells worst_<step>_ns, worst_<step>_work and worst_<step>_fired (step is tick or
advance). Work is exact; of the nanoseconds of several layouts the median stands with its interval,
and where there is one process only, its figure stands alone and is marked as such.
"""

from __future__ import annotations

from reports import units
from reports.samples import Run
from reports.stats.ratios import k_units_min, median_interval

k_steps = ("tick", "advance")
k_meters = ("time", "work")  # timed first: its process does not count beside measuring
k_storm = "storm"


def _figures(run: Run, cell, row: dict) -> None:
    for step in k_steps:
        for name in ("work", "fired"):
            held = run.index.by_block(cell, f"values.worst_{step}_{name}")
            if held and row.get(name) is None:
                row[name] = max(held.values())
        held = units.values(run.index, cell, f"values.worst_{step}_ns")
        if held and row.get("ns") is None:
            told = median_interval(list(held.values()))
            row |= {"ns": told.point, "low": told.low, "high": told.high, "units": len(held),
                    "cell": cell.id}


def table(run: Run) -> list[dict]:
    """A row a variant, workload, parameters and size; cheapest first is the page's business."""
    found: dict[tuple, dict] = {}
    cells = [c for m in k_meters for c in run.index.cells.values()
             if c.meter == m and c.role == "subject" and run.index.good(c)]
    for cell in cells:
        names = {k for s in run.index.good(cell) for k in (s.result.get("values") or {})}
        if not any(f"worst_{s}_{what}" in names for s in k_steps for what in ("ns", "work")):
            continue
        row = found.setdefault((cell.component, cell.variant, cell.workload, cell.params, cell.n), {
            "component": cell.component, "variant": cell.variant, "workload": cell.workload,
            "params": dict(cell.params), "n": cell.n, "cell": cell.id, "ns": None, "low": None,
            "high": None, "units": 0, "work": None, "fired": None})
        _figures(run, cell, row)
    return list(found.values())


def shown(rows: list[dict]) -> list[dict]:
    """Of one component, the storm that most variants went through, at its largest size."""
    storms = [r for r in rows if r["workload"] == k_storm]
    groups: dict[tuple, list[dict]] = {}
    for r in storms:
        groups.setdefault((tuple(sorted(r["params"].items())), r["n"]), []).append(r)
    return max(groups.values(), key=lambda g: (len(g), g[0]["n"]), default=[])


def sure(row: dict) -> bool:
    """Whether the nanoseconds rest on enough units to carry an interval."""
    return row["units"] >= k_units_min and row["low"] is not None


def duration(ns: float) -> str:
    """Nanoseconds in the unit a reader would choose."""
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


def sentence(rows: list[dict]) -> str:
    """What the figure shows: both ends, and what the cheapest and the dearest did in that tick."""
    held = sorted((r for r in rows if r["ns"]), key=lambda r: (r["ns"], r["variant"]))
    if not held:
        return ""
    first, last = held[0], held[-1]
    text = f"The worst tick takes {duration(first['ns'])} in {first['variant']}"
    if last is not first:
        text += f" and {duration(last['ns'])} in {last['variant']}, " \
                f"{times(last['ns'] / first['ns'])} times as long"
    alone = sum(not sure(r) for r in held)
    rows_are = "row rests" if alone == 1 else "rows rest"
    return text + (f"; {alone} {rows_are} on one process only." if alone else ".")


def times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
