"""What the series of batches inside each process looks like: warm-up, steady state, memory."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict

from scipy.stats import binom

from reports.samples import Run, SampleIndex
from reports.stats.autocorrelation import lag1_many
from reports.stats.warmup import classify_many
from reports.tables.control_rows import row

k_kinds = {"warmed": "warmed", "flat": "flat", "slowing": "slowing", "no steady state": "none",
           "short": "short"}
k_false_tags = 0.05  # independent batches are tagged in this share of the processes
k_tag_level = 0.01
k_at_once = 8192


def summary(kinds: Counter, rhos: list[float], tagged: int) -> dict:
    """Counts of the classes, the median lag-1 autocorrelation, and whether more processes show one
    than independent batches would."""
    chance = float(binom.sf(tagged - 1, len(rhos), k_false_tags)) if tagged else 1.0
    return {"steady": {k: kinds[k] for k in ("warmed", "flat", "slowing", "none", "short")},
            "lag1": statistics.median(rhos) if rhos else None, "lag1_tagged": tagged,
            "autocorrelated": chance < k_tag_level}


def control(run: Run) -> dict:
    """The classes over all timed processes; a process without a steady state is kept and told."""
    total, dependent, cells = Counter(), 0, 0
    for cell in run.index.cells.values():
        if cell.meter == "time" and cell.role == "subject" and run.index.good(cell):
            found = table(run.index)[cell.id]
            total.update(found["steady"])
            dependent, cells = dependent + found["autocorrelated"], cells + 1
    judged = sum(total.values()) - total["short"]
    if not judged:
        return row("steady state", "absent", "", "no process reported a series of batches")
    rest = total["warmed"] + total["flat"]
    return row("steady state", "ok", f"{100 * rest / judged:.0f} % of {judged}",
               f"{total['flat']} flat, {total['warmed']} warmed, {total['slowing']} slowing, "
               f"{total['none']} without a steady state; all are kept. Batches depend on each "
               f"other in {dependent} of {cells} cells; the unit is above them")


def table(index: SampleIndex) -> dict[str, dict]:
    """cell id -> summary, for all timed subjects; made once a run, many series at a time, because
    an array operation on one short series is mostly overhead."""
    if index.steadiness:
        return index.steadiness
    kinds, rhos, tagged = defaultdict(Counter), defaultdict(list), Counter()
    told = [(cell.id, s.result["iter_ns"]) for cell in index.cells.values()
            if cell.meter == "time" and cell.role == "subject"
            for s in index.good(cell) if s.result.get("iter_ns") is not None]
    for start in range(0, len(told), k_at_once):
        part = told[start:start + k_at_once]
        series = [x for _, x in part]
        found = classify_many(series)
        for (ident, _), one, (rho, beyond) in zip(part, found, lag1_many(series, found)):
            kinds[ident][k_kinds[one.kind]] += 1
            rhos[ident] += [] if rho is None else [rho]
            tagged[ident] += bool(beyond)
    for cell in index.cells.values():
        if cell.meter == "time" and cell.role == "subject":
            missing = len(index.good(cell)) - sum(kinds[cell.id].values())
            kinds[cell.id]["short"] += missing
            index.steadiness[cell.id] = summary(kinds[cell.id], rhos[cell.id], tagged[cell.id])
    return index.steadiness
