"""Comparisons of times inside a run: one row a timed cell, judged against its reference."""

from __future__ import annotations

import math

from reports import units
from reports.judge.rules_common import redo
from reports.samples import Cell, Run
from reports.stats.multiplicity import benjamini_hochberg, holm
from reports.stats.power import units_needed
from reports.stats.ratios import k_units_min, median_interval, pair_verdict, sign_p
from reports.tables import effects, steadiness
from reports.tables.control_rows import missed_groups
from reports.tables.controls import (by_reference, floor_of, k_tagged_share, reference_of,
                                     tagged_share)
from reports.tables.counted import by_count

k_bare = {"ratio": None, "low": None, "high": None, "coverage": None, "basis": "time", "units": 0,
          "delta": None, "floor_share": None, "p": None, "more_blocks": None}


def figures(run: Run, cell: Cell) -> dict:
    """Nanoseconds an operation: median over the units with its interval, and each unit's value."""
    values = list(units.values(run.index, cell).values())
    if not values:
        return {"median": None, "low": None, "high": None, "units": []}
    interval = median_interval(values)
    return {"median": interval.point, "low": interval.low, "high": interval.high,
            "units": values}


def _judge(run: Run, cell: Cell, reference: Cell, context: dict) -> tuple[dict, dict, bool]:
    """(fields of the row, log ratio of each unit, whether those are net of the floor)."""
    aa = context["aa"].get(reference.id)
    delta, level = aa["delta"] if aa else None, units.level_of(run.index, cell)
    floor = floor_of(run, cell)
    ratio, logs = units.floored(run.index, cell, reference, floor, level)
    out = k_bare | {"units": len(logs), "delta": delta, "floor_share": ratio.floor_share}
    if not logs:
        failed = run.index.failed(cell)
        return out | {"verdict": "UNDECIDED", "reason": f"failed: {failed[0].error}" if failed
                      else "no samples yet"}, logs, False
    out["p"] = sign_p(list(logs.values()))
    if why := _spoilt(run, cell, reference, context):
        told = {"verdict": "INVALID", "reason": why, **_bounds(ratio.interval)}
    elif why := _uncontrolled(run, aa, floor, len(logs)):
        told = {"verdict": "UNDECIDED", "reason": why} | _bounds(ratio.interval if floor else None)
    elif not ratio.usable:
        told = by_count(run, cell, reference)
        told |= {"reason": f"{ratio.reason}; {told['reason']}"}
    else:
        told = _bounds(ratio.interval) | _verdict(run, ratio.log_interval, logs, delta, level)
    return out | told, logs, ratio.usable


def _verdict(run: Run, interval, logs: dict[int, float], delta: float, level: float) -> dict:
    """The verdict in words of this run's units, and about how many more of them would decide."""
    found = pair_verdict(interval, delta)
    reason = found.reason.replace("blocks", f"{units.kind(run.index)}s")
    more = found.more_blocks
    if found.verdict == "UNDECIDED" and interval.units >= k_units_min:
        needed = units_needed(list(logs.values()), delta, level)
        more = None if needed is None else max(1, needed)
        reason += "; more would not tell" if more is None else \
            f"; about {units.many(run.index, more).replace(' ', ' more ')} would tell"
    return {"verdict": found.verdict, "reason": reason, "more_blocks": more}


def _bounds(interval) -> dict:
    if interval is None:
        return {}
    return {"ratio": interval.point, "low": interval.low, "high": interval.high,
            "coverage": interval.coverage}


def _uncontrolled(run: Run, aa: dict | None, floor: list[float], count: int) -> str:
    """Which control of the group is not there, or rests on less than the pair itself."""
    if aa is None:
        return "no A/A control"
    if not floor:
        return "no floor control"
    needed = min(count, k_units_min)
    least = min(aa["units"], len(floor))
    return "" if least >= needed else \
        f"the controls have {least} of {units.many(run.index, needed)}"


def _spoilt(run: Run, cell: Cell, reference: Cell, context: dict) -> str:
    if not context["controls_ok"]:
        return "a control of this run failed"
    for c in (cell, reference):
        if context["gate"].get(c.variant) is False:
            return f"{c.variant} failed its conformance suite"
        if tagged_share(run.index, c) > k_tagged_share:
            return f"{c.id}: most samples were disturbed"
    return context["missed"].get(cell.group, "")


def _context(controls: dict, gate: dict) -> dict:
    return {"aa": by_reference(controls["aa"]), "controls_ok": controls["times_ok"], "gate": gate,
            "missed": missed_groups(controls["planted"])}


def _pairs(run: Run):
    """(cell, its reference) for every timed subject that has one."""
    for cell in run.index.cells.values():
        if cell.meter == "time" and cell.role == "subject":
            reference = reference_of(run, cell)
            if reference is not None:
                yield cell, reference


def verdicts(run: Run, controls: dict, gate: dict) -> list[dict]:
    """What a look needs of each pair, and no more: cell, group, verdict, reason, units."""
    context = _context(controls, gate)
    out = []
    for cell, reference in _pairs(run):
        if reference.id != cell.id:
            told = _judge(run, cell, reference, context)[0]
            out.append({"cell": cell.id, "variant": cell.variant, "group": cell.group} | told)
    return out


def pair_table(run: Run, controls: dict, gate: dict) -> list[dict]:
    """One row a timed cell; the reference's own row has no ratio."""
    context, drifts, rows = _context(controls, gate), {}, []
    steady = steadiness.table(run.index)
    for cell, reference in _pairs(run):
        row = _what(run, cell, reference) | steady[cell.id]
        if reference.id == cell.id:
            row |= k_bare | effects.k_nothing | {
                "verdict": "reference", "reason": "", "ratio": 1.0, "unit_ratios": [],
                "units": len(row["ns"]["units"])}
        else:
            told, logs, net = _judge(run, cell, reference, context)
            if cell.group not in drifts:
                drifts[cell.group] = units.block_drift(run.index, cell.group)
            plant = run.index.beside(cell, "planted")
            row |= told | effects.of_pair(run, cell, reference, logs, drifts[cell.group],
                                          told["delta"], plant.planted if plant else None)
            row |= {"unit_ratios": [math.exp(logs[u]) for u in sorted(logs)],
                    "net_of_floor": net}
        rows.append(row)
    _adjust(rows)
    return rows


def _what(run: Run, cell: Cell, reference: Cell) -> dict:
    """Which comparison a row is, and what its cell took."""
    ns, floor = figures(run, cell), floor_of(run, cell)
    overhead = None
    if floor and ns["median"]:
        overhead = units.median_of(floor) / ns["median"]
    return {"cell": cell.id, "experiment": cell.experiment, "component": cell.component,
            "variant": cell.variant, "workload": cell.workload, "params": dict(cell.params),
            "n": cell.n, "placement": cell.placement, "group": cell.group,
            "reference": reference.variant, "ns": ns, "unit": units.kind(run.index),
            "level": units.level_of(run.index, cell), "overhead": overhead,
            "redo": redo(run.name, cell.id)}


def _adjust(rows: list[dict]) -> None:
    """Holm within each group, for readers who pick the best of many; Benjamini and Hochberg over
    the whole run, for readers who explore."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        row["p_holm"] = None
        groups.setdefault((row["experiment"], row["group"]), []).append(row)
    for group in groups.values():
        for row, adjusted in zip(group, holm([r["p"] for r in group])):
            row["p_holm"] = adjusted
    for row, q in zip(rows, benjamini_hochberg([r["p"] for r in rows])):
        row["q"] = q


def band_table(run: Run, role: str) -> list[dict]:
    """Floor or roof cells, for the bands that the figures draw."""
    return [{"cell": c.id, "component": c.component, "workload": c.workload,
             "params": dict(c.params), "n": c.n, "ns": figures(run, c)}
            for c in run.index.cells.values()
            if c.role == role and c.meter == "time" and run.index.good(c)]
