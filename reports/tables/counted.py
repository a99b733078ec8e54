"""What was counted: instructions and work per operation, and how they grow with n.

Counts repeat to the last digit and do not feel the layout, the machine or its neighbours.
"""

from __future__ import annotations

from reports.samples import Cell, Run, k_work
from reports.stats import growth
from reports.stats.ratios import median_interval

k_count_edge = 1.02  # net counts closer than 2 % are called the same
k_count_least, k_count_share = 2.0, 0.05  # below this, absolute or of the harness: not told
k_meters = ("work", "instructions")


def counted(run: Run, cell: Cell, metric: str, meter: str) -> float | None:
    """A counted figure per operation for the same variant, workload and size, if there is one."""
    found = run.index.find(cell.variant, cell.workload, dict(cell.params), cell.n, meter)
    values = list(run.index.by_block(found, metric).values()) if found else []
    return median_interval(values).point if values else None


def _floor_count(run: Run, cell: Cell, metric: str, meter: str) -> float | None:
    """What the harness alone counts on that workload and size, if that was counted."""
    found = run.index.find("floor", cell.workload, dict(cell.params), cell.n, meter, role="floor")
    values = list(run.index.by_block(found, metric).values()) if found else []
    return median_interval(values).point if values else None


def by_count(run: Run, cell: Cell, reference: Cell) -> dict:
    """Where time cannot decide: instructions per operation, else counted work. Counts repeat to
    the last digit, so the number of blocks does not matter."""
    nothing = {"verdict": "UNDECIDED", "basis": "none", "ratio": None, "low": None, "high": None,
               "coverage": None, "reason": "nothing was counted"}
    for metric, meter in (("instructions", "instructions"), ("work.total", "work")):
        mine, other = counted(run, cell, metric, meter), counted(run, reference, metric, meter)
        if mine is None or other is None:
            continue
        harness = _floor_count(run, cell, metric, meter)
        net = [v - (harness or 0.0) for v in (mine, other)]
        if min(net) <= max(k_count_least, k_count_share * (harness or 0.0)):
            return nothing | {"basis": metric, "reason": f"{metric} an operation too close to the "
                              "harness to be told on counts"}
        ratio = net[0] / net[1]
        verdict = "SLOWER" if ratio > k_count_edge else \
            "FASTER" if ratio < 1 / k_count_edge else "SAME"
        taken = "net of the harness" if harness is not None else "harness not counted"
        return {"verdict": verdict, "basis": metric, "ratio": ratio, "low": ratio, "high": ratio,
                "coverage": None, "reason": f"decided on what was counted: {net[0]:.4g} over "
                f"{net[1]:.4g} {metric} an operation, {taken}"}
    return nothing


def counted_table(run: Run) -> list[dict]:
    """Instructions and counted work per operation, one row a cell."""
    rows = []
    for cell in run.index.cells.values():
        samples = run.index.good(cell)
        if cell.meter not in k_meters or cell.role != "subject" or not samples:
            continue
        names = ["instructions"] if cell.meter == "instructions" else [f"work.{k}" for k in k_work]
        names += sorted({f"values.{k}" for s in samples for k in (s.result.get("values") or {})})
        figures = {}
        for name in names:
            values = list(run.index.by_block(cell, name).values())
            if values:
                figures[name] = median_interval(values).point
        rows.append({"cell": cell.id, "variant": cell.variant, "workload": cell.workload,
                     "component": cell.component, "params": dict(cell.params), "n": cell.n,
                     "meter": cell.meter, "samples": len(samples), "figures": figures})
    return rows


def growth_table(counted_rows: list[dict]) -> list[dict]:
    """Growth of the cost of each operation. Instructions win over counted work: they miss
    nothing, and peers have them too."""
    series: dict[tuple, dict[int, float]] = {}  # component, variant, workload, params, metric
    for row in counted_rows:
        params = tuple(sorted(row["params"].items()))
        metric = "instructions" if row["meter"] == "instructions" else "work.total"
        value = (row["figures"].get("instructions") if metric == "instructions"
                 else _work_total(row["figures"]))
        if value is not None:
            key = (row["component"], row["variant"], row["workload"], params, metric)
            series.setdefault(key, {})[row["n"]] = value
    out = []
    for (component, variant, workload, params, metric), by_n in series.items():
        if len(by_n) < 2:
            continue
        n = sorted(by_n)
        found = growth.classify(n, [by_n[k] for k in n])
        out.append({"component": component, "variant": variant, "workload": workload,
                    "params": dict(params),
                    "metric": metric, "class": found.kind, "by": found.by, "slope": found.slope,
                    "range": found.range, "decades": found.decades, "n": n,
                    "cost": [by_n[k] for k in n]})
    return out


def _work_total(figures: dict) -> float | None:
    values = [figures[f"work.{k}"] for k in k_work if f"work.{k}" in figures]
    return sum(values) if values else None
