"""Comparisons of times inside a run, and what was counted beside them."""

from __future__ import annotations

from reports import growth
from reports.controls import (by_reference, floor_of, k_tagged_share, reference_of, tagged_share,
                              timed_floors)
from reports.samples import Cell, Run, k_work
from reports.stats import (floored_ratio, holm, k_units_min, median_interval, pair_verdict,
                           paired_log_ratios, sign_p)

k_count_edge = 1.02  # net counts closer than 2 % are called the same
k_count_least, k_count_share = 2.0, 0.05  # below this, absolute or of the harness: not told


def _ns(run: Run, cell: Cell) -> dict:
    values = list(run.index.by_block(cell, "ns").values())
    if not values:
        return {"median": None, "low": None, "high": None, "units": 0}
    interval = median_interval(values)
    return {"median": interval.point, "low": interval.low, "high": interval.high,
            "units": interval.units}


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


def _by_count(run: Run, cell: Cell, reference: Cell) -> dict:
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


def _judge(run: Run, cell: Cell, reference: Cell, context: dict) -> dict:
    mine, other = run.index.by_block(cell, "ns"), run.index.by_block(reference, "ns")
    aa = context["aa"].get(reference.id)
    delta = aa["delta"] if aa else None
    out = {"ratio": None, "low": None, "high": None, "coverage": None, "basis": "time",
           "units": len(set(mine) & set(other)), "delta": delta, "floor_share": None,
           "p": None, "more_blocks": None}
    if not out["units"]:
        failed = run.index.failed(cell)
        return out | {"verdict": "UNDECIDED",
                      "reason": f"failed: {failed[0].error}" if failed else "no samples yet"}
    floor = floor_of(run, cell)
    ratio = floored_ratio(mine, other, floor)
    out["floor_share"] = ratio.floor_share
    logs = paired_log_ratios(mine, other)
    out["p"] = sign_p(logs) if logs else None
    if why := _spoilt(run, cell, reference, context):
        shown = ratio.interval
        return out | {"verdict": "INVALID", "reason": why, **_bounds(shown)}
    if why := _uncontrolled(aa, floor, out["units"]):
        return out | {"verdict": "UNDECIDED", "reason": why} | _bounds(
            ratio.interval if floor else None)
    if not ratio.usable:
        told = _by_count(run, cell, reference)
        return out | told | {"reason": f"{ratio.reason}; {told['reason']}"}
    verdict = pair_verdict(ratio.log_interval, delta)
    return out | {"verdict": verdict.verdict, "reason": verdict.reason,
                  "more_blocks": verdict.more_blocks, **_bounds(ratio.interval)}


def _bounds(interval) -> dict:
    if interval is None:
        return {}
    return {"ratio": interval.point, "low": interval.low, "high": interval.high,
            "coverage": interval.coverage}


def _uncontrolled(aa: dict | None, floor: list[float], units: int) -> str:
    """Which control of the group is not there, or rests on less than the pair itself."""
    if aa is None:
        return "no A/A control"
    if not floor:
        return "no floor control"
    needed = min(units, k_units_min)
    least = min(aa["blocks"], len(floor))
    return "" if least >= needed else f"the controls have {least} of {needed} blocks"


def _spoilt(run: Run, cell: Cell, reference: Cell, context: dict) -> str:
    if not context["controls_ok"]:
        return "a control of this run failed"
    for c in (cell, reference):
        if context["gate"].get(c.variant) is False:
            return f"{c.variant} failed its conformance suite"
        if tagged_share(run.index, c) > k_tagged_share:
            return f"{c.id}: most samples were disturbed"
    return ""


def pair_table(run: Run, controls: dict, gate: dict) -> list[dict]:
    """One row a timed cell; the reference's own row has no ratio."""
    context = {"aa": by_reference(controls["aa"]), "controls_ok": controls["times_ok"],
               "gate": gate}
    rows = []
    for cell in run.index.cells.values():
        reference = reference_of(run, cell)
        if cell.meter != "time" or cell.role != "subject" or reference is None:
            continue
        row = {"cell": cell.id, "experiment": cell.experiment, "component": cell.component,
               "variant": cell.variant, "workload": cell.workload, "params": dict(cell.params),
               "n": cell.n, "reference": reference.variant, "ns": _ns(run, cell)}
        if reference.id == cell.id:
            row |= {"verdict": "reference", "reason": "", "ratio": 1.0, "low": None, "high": None,
                    "coverage": None, "units": row["ns"]["units"], "delta": None, "basis": "time",
                    "floor_share": None, "p": None, "more_blocks": None}
        else:
            row |= _judge(run, cell, reference, context)
        rows.append(row)
    _adjust(rows)
    return rows


def _adjust(rows: list[dict]) -> None:
    """Holm within each group of one workload at one size, for readers who pick the best of many."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        row["p_holm"] = None
        if row["p"] is not None:
            key = (row["experiment"], row["workload"], str(row["params"]), row["n"])
            groups.setdefault(key, []).append(row)
    for group in groups.values():
        for row, adjusted in zip(group, holm([r["p"] for r in group])):
            row["p_holm"] = adjusted


def floor_table(run: Run) -> list[dict]:
    """The harness alone, for the band that the figures draw."""
    return [{"workload": c.workload, "params": dict(c.params), "n": c.n, "ns": _ns(run, c)}
            for c in timed_floors(run) if run.index.good(c)]


def counted_table(run: Run) -> list[dict]:
    """Instructions and counted work per operation, one row a cell."""
    rows = []
    for cell in run.index.cells.values():
        samples = run.index.good(cell)
        if cell.meter == "time" or cell.role != "subject" or not samples:
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
    series: dict[tuple, dict[int, float]] = {}
    for row in counted_rows:
        params = tuple(sorted(row["params"].items()))
        metric = "instructions" if row["meter"] == "instructions" else "work.total"
        value = (row["figures"].get("instructions") if metric == "instructions"
                 else _work_total(row["figures"]))
        if value is not None:
            key = (row["variant"], row["workload"], params, metric)
            series.setdefault(key, {})[row["n"]] = value
    out = []
    for (variant, workload, params, metric), by_n in series.items():
        if len(by_n) < 2:
            continue
        n = sorted(by_n)
        found = growth.classify(n, [by_n[k] for k in n])
        out.append({"variant": variant, "workload": workload, "params": dict(params),
                    "metric": metric, "class": found.kind, "by": found.by, "slope": found.slope,
                    "range": found.range, "decades": found.decades, "n": n,
                    "cost": [by_n[k] for k in n]})
    return out


def _work_total(figures: dict) -> float | None:
    values = [figures[f"work.{k}"] for k in k_work if f"work.{k}" in figures]
    return sum(values) if values else None
