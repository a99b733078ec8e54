"""How often to repeat what: a few samples before the run say where the variance is.

Kalibera and Jones (ISMM 2013, section 6): with levels layout > process > batch, costs c and
variance components T^2, the count of level i that buys the most precision for its time is
r_i = ceil(sqrt(c_{i+1}/c_i * T_i^2/T_{i+1}^2)). All variances are of log times, so they compare
across sizes. The figures of the pilot are kept in `pilot.jsonl` and in the plan; no result is
drawn from them.
"""

import math
import statistics

from reports.groups import label
from reports.stats.ratios import k_delta_floor

LAYOUTS, PROCESSES = 3, 2  # links and processes of the reference of each group
REPEATS_MAX = 3
_STRETCH = (0.5, 2.0)  # the time measured in a process, over what the suite asked for
_Z = 1.96
_MEDIAN_COST = math.sqrt(math.pi / 2)  # a median's standard error over a mean's, normal noise
PLANT_LEAST, PLANT_MOST = 0.05, 1.0


def components(series):
    """(layout, process, batch) variance components of log times. `series`[layout][process] is the
    list of the batches of one process. The value of a process is its median, so that one gap in
    one batch is not taken for a difference between processes."""
    logs = [[[math.log(v) for v in batches if v > 0] for batches in processes]
            for processes in series]
    inner = [statistics.variance(b) for processes in logs for b in processes if len(b) > 1]
    batch = statistics.fmean(inner) if inner else 0.0
    count = statistics.fmean(len(b) for processes in logs for b in processes)
    values = [[statistics.median(b) for b in processes] for processes in logs]
    between = statistics.fmean(statistics.variance(v) for v in values) if len(values[0]) > 1 \
        else 0.0
    process = max(0.0, between - batch * _MEDIAN_COST**2 / count)
    means = [statistics.fmean(v) for v in values]
    spread = statistics.variance(means) if len(means) > 1 else 0.0
    return max(0.0, spread - between / len(values[0])), process, batch


def repeats(cost_above, cost, variance, variance_above, most):
    """Kalibera and Jones's count of one level, at least 1. Without variance here one is enough.
    Without variance above, the formula would repeat only here; but where the level above costs no
    more, going up buys the same precision and one more unit for the verdict to rest on."""
    if variance <= 0:
        return 1
    if variance_above <= 0:
        return 1 if cost_above <= cost else most
    return max(1, min(most, math.ceil(math.sqrt(cost_above / cost * variance / variance_above))))


def half_width(variances, processes, batches, units):
    """Predicted half width of the interval of a median log ratio of two equals."""
    layout, process, batch = variances
    unit = layout + process / processes + batch / (processes * batches)
    return _Z * _MEDIAN_COST * math.sqrt(2 * unit / units)


def planted(expected_delta):
    """The slowdown to plant: what a difference of one and a half delta looks like, at least 5 %.
    Where even twice the time might not be seen, the run itself will say so."""
    return round(min(PLANT_MOST, max(PLANT_LEAST, math.expm1(min(1.0, 1.5 * expected_delta)))), 3)


def row(cell, samples, link_s):
    """What the samples of one reference say. `samples`[layout][process]: whole, good samples."""
    series = [[s["result"]["iter_ns"] for s in processes] for processes in samples]
    variances = components(series)
    flat = [s for processes in samples for s in processes]
    kept_s = statistics.fmean(s["result"]["ops"] * s["result"]["ns_per_op"] * 1e-9 for s in flat)
    wall_s = statistics.fmean(s["wall_s"] for s in flat)
    batches = statistics.fmean(len(s["result"]["iter_ns"]) for s in flat)
    batch_s = kept_s / batches
    process_s = max(wall_s - kept_s, 1e-6)
    many = repeats(link_s, process_s + kept_s, variances[1], variances[0], REPEATS_MAX)
    wanted = repeats(process_s, batch_s, variances[2], variances[1], 10**6)
    return {"group": label(cell), "reference": cell["id"], "layout_var": variances[0],
            "process_var": variances[1], "batch_var": variances[2], "cost_layout_s": link_s,
            "cost_process_s": process_s, "cost_batch_s": batch_s, "processes": many,
            "batches": wanted, "process_wall_s": wall_s}


def settle(rows, plan, units, budget_s):
    """The table of the pilot and what follows from it. `units`: the fewest a verdict rests on."""
    timed = [c for c in plan["cells"] if c["meter"] == "time"]
    blocks = max((c["blocks"] for c in timed), default=0)
    wall = {r["group"]: r["process_wall_s"] for r in rows}
    typical_s = statistics.median(wall.values())
    block_s = sum(wall.get(label(c), typical_s) for c in timed)
    wanted = round(statistics.median(r["processes"] for r in rows))
    many = wanted
    while many > 1 and many * blocks * block_s > budget_s:
        many -= 1  # a layout more is worth more than a process more
    typical = statistics.median(_unit_variance(r, many) for r in rows)
    for r in rows:
        # Few samples: a group that looks quieter than most is not believed to be.
        own = max(_unit_variance(r, many), typical)
        half = _Z * _MEDIAN_COST * math.sqrt(2 * own / units)
        r["predicted_half_width"] = half
        r["delta_expected"] = max(k_delta_floor, 2 * half)
        r["planted"] = planted(r["delta_expected"])
    given_up = f"{wanted} processes a layout were wanted, the budget has room for {many}" \
        if many < wanted else ""
    return {"rows": rows, "chosen": {"repeats": many, "blocks": blocks * many},
            "block_s": block_s, "eta_s": block_s * blocks * many, "budget_s": budget_s,
            "given_up": given_up}


def _unit_variance(r, many):
    return r["layout_var"] + r["process_var"] / many + r["batch_var"] / (many * r["batches"])


def apply(plan, table):
    """Writes what the pilot decided into the cells of the plan. Where the budget is short already,
    no process is made longer."""
    rows = {r["group"]: r for r in table["rows"]}
    longest = _STRETCH[1] if table["eta_s"] < table["budget_s"] else 1.0
    many = table["chosen"]["repeats"]
    for cell in plan["cells"]:
        if cell["meter"] != "time":
            continue
        cell["blocks"] *= many
        found = rows.get(label(cell))
        if found is None:
            continue
        wanted = found["batches"] * found["cost_batch_s"]
        low, high = (share * cell["min_time"] for share in (_STRETCH[0], longest))
        cell["min_time"] = round(min(high, max(low, wanted)), 4)
        if cell["role"] == "planted":
            cell["planted"] = found["planted"]
    if plan.get("stop_rule"):
        plan["stop_rule"]["units_max"] |= {
            label(c): min(c["blocks"], plan["layouts"]["count"])
            for c in plan["cells"] if c["meter"] == "time"}
    plan["pilot"] = table
    plan["repeats"] = many
