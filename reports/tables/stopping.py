"""Whether the looks that a run took are those it planned: an interval is worth what its level says
only while nobody looked more often, or spent more, than was written down before."""

from __future__ import annotations

from reports.samples import Run
from reports.stats import sequential
from reports.tables.control_rows import row

k_name = "stopping rule"
k_slack = 1e-6  # levels are kept with six digits
k_units_most = 10_000  # a plan that says more is not worth a schedule


def spent(looks: list[dict]) -> float:
    return sum(1.0 - e["level"] for e in looks)


def _odd_look(looks: list[dict], most: int, first: int, ends: int) -> str:
    """What is wrong with the looks that one group took; the last may spend what is left."""
    planned = {e.units: e.level for e in sequential.schedule(most, first)}
    before = 0
    for e in looks:
        if e["units"] <= before:
            return f"a second look at {e['units']} units"
        before = e["units"]
        if e["units_max"] != most:
            return f"a look of a plan with {e['units_max']} units at most, the plan has {most}"
        if e["units"] >= min(ends, most):
            continue
        if e["units"] not in planned:
            return f"a look at {e['units']} units was not planned"
        if e["level"] < planned[e["units"]] - k_slack:
            return f"a look at {e['units']} units at level {e['level']:g}, planned was " \
                   f"{planned[e['units']]:g}"
    if spent(looks) > sequential.k_alpha + k_slack:
        return f"looks that spend {100 * spent(looks):.3g} % of error, " \
               f"{100 * sequential.k_alpha:.3g} % are allowed"
    return ""


def _blocks(run: Run, group: str) -> tuple[int, int]:
    """Blocks measured and blocks planned of a group."""
    cells = [c for (g, role), held in run.index.by_group.items()
             if g == group and role == "subject" for c in held]
    taken = max((max(run.index.by_block(c, "ns"), default=-1) + 1 for c in cells), default=0)
    return taken, max((c.blocks for c in cells), default=0)


def faults(run: Run) -> list[str]:
    """Every group whose looks are not those of the plan, with what is wrong."""
    rule, out = run.plan.get("stop_rule") or {}, []
    planned, by_group = rule.get("units_max") or {}, {}
    for e in run.plan.get("looks") or []:
        by_group.setdefault(e["group"], []).append(e)
    for group, looks in by_group.items():
        if group not in planned:
            over = spent(looks) > sequential.k_alpha + k_slack
            out += [f"{group}: looks that spend more than was allowed"] if over else []
    for group, most in planned.items():
        if not 1 <= most <= k_units_most:
            out.append(f"{group}: at most {most} units")
            continue
        looks, (taken, ends) = by_group.get(group, []), _blocks(run, group)
        why = _odd_look(looks, most, rule["first"], ends)
        told = {e["units"] for e in looks}
        due = [e.units for e in sequential.schedule(most, rule["first"]) if e.units < taken]
        if not why and (missing := [u for u in due if u not in told]):
            why = f"no look at {missing[0]} units is recorded, but {taken} were measured"
        out += [f"{group}: {why}"] if why else []
    return out


def control(run: Run) -> dict:
    looks = run.plan.get("looks") or []
    bad = faults(run)
    if bad:
        return row(k_name, "failed", f"{len(bad)} groups", f"{bad[0]}: the intervals do not cover "
                   "what their level says")
    if not looks:
        return row(k_name, "absent", "", "nobody looked before the end: one look, at the level of "
                   "95 %")
    most = max(spent([e for e in looks if e["group"] == g]) for g in {e["group"] for e in looks})
    return row(k_name, "ok", f"{len(looks)} looks", f"every look was planned; no group spent more "
               f"than {100 * most:.2g} % of error")
