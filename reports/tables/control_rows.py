"""Controls beside A/A, floor and gate: planted slowdown, roof, gap probes, symmetry, layouts.

A planted slowdown is the positive control: the reference run with a known share of extra time.
Where the verdict does not see it, SAME and UNDECIDED of that group are worth nothing, so its pairs
are INVALID; where more plants are missed than a power of 80 % explains, the whole run is.
"""

from __future__ import annotations

import math
import statistics

from scipy.stats import binom

from reports import units
from reports.samples import Cell, Run, k_loud_share, loud_blocks
from reports.stats.ratios import k_units_min, median_interval, pair_verdict

k_power = 0.8  # what the plan promises a planted slowdown
k_many_missed = 0.05  # more misses than this chance explains fail the run
k_one_sided = 0.01
k_gross = 2.0  # a plant that is larger than planned by twice itself is no plant of that size
k_planted, k_probes, k_symmetry = "planted slowdown", "gap probe", "symmetry"


def row(name: str, status: str, figure: str, sentence: str) -> dict:
    return {"name": name, "status": status, "figure": figure, "sentence": sentence}


def _planted_row(run: Run, cell: Cell, aa: dict[str, dict]) -> dict | None:
    reference = run.index.cells.get(cell.reference or cell.id.removesuffix("#planted"))
    logs = reference and units.paired(run.index, cell, reference)
    if not logs:
        return None
    level = units.level_of(run.index, cell)
    interval = median_interval(list(logs.values()), level)
    twin = aa.get(reference.id)
    out = {"cell": cell.id, "reference": reference.id, "group": cell.group,
           "component": cell.component, "workload": cell.workload, "params": dict(cell.params),
           "n": cell.n, "planted": cell.planted, "oversized": False,
           "ratio": math.exp(interval.point), "low": None, "high": None, "units": len(logs),
           "level": level, "delta": twin["delta"] if twin else None}
    if interval.has_bounds():
        out |= {"low": math.exp(interval.low), "high": math.exp(interval.high)}
    if twin is None or len(logs) < k_units_min:
        why = "no A/A control" if twin is None else units.many(run.index, len(logs))
        return out | {"seen": None, "verdict": "UNDECIDED", "reason": why}
    verdict = pair_verdict(interval, twin["delta"])
    out |= {"seen": verdict.verdict == "SLOWER", "verdict": verdict.verdict,
            "reason": verdict.reason}
    if out["seen"] and cell.planted:
        larger = interval.low - math.log1p(cell.planted)  # beyond what was planted, surely
        out["oversized"] = larger > twin["delta"]
        if out["oversized"] and larger > math.log1p(k_gross * cell.planted):
            out |= {"seen": False, "reason": f"{100 * cell.planted:.3g} % were planted, "
                    f"{100 * math.expm1(interval.point):.3g} % arrived: it shows nothing"}
    return out


def planted_rows(run: Run, aa: dict[str, dict]) -> list[dict]:
    """Every planted slowdown, judged like a pair, but with the floor left in: the plant stretched
    the floor too. `seen` is null where it cannot be told yet."""
    found = (_planted_row(run, c, aa) for c in run.index.cells.values() if c.role == "planted")
    return [r for r in found if r is not None]


def missed_groups(planted: list[dict]) -> dict[str, str]:
    """group -> why its pairs count for nothing."""
    return {r["group"]: f"the planted slowdown: {r['reason']}" if r.get("oversized") else
            f"a planted slowdown of {100 * (r['planted'] or 0):.3g} % was not seen here"
            for r in planted if r["seen"] is False}


def _percent(r: dict) -> str:
    return f"{100 * (r['ratio'] - 1):.3g} %"


def _sizes(rows: list[dict]) -> str:
    """How large they were, as planned and as they arrived."""
    least, most = (f(rows, key=lambda r: r["ratio"]) for f in (min, max))
    told = sorted({r["planted"] for r in rows if r["planted"]})
    words = "" if not told else f"planted {100 * told[0]:.3g} %, " if len(told) == 1 else \
        f"planted {100 * told[0]:.3g} to {100 * told[-1]:.3g} %, "
    return f"{words}arrived {_percent(least)} to {_percent(most)}"


def planted(rows: list[dict]) -> dict:
    """The run fails when more plants are missed than a power of 80 % explains; a single miss
    spoils its own group alone."""
    if not rows:
        return row(k_planted, "absent", "", "none was measured in this run")
    judged = [r for r in rows if r["seen"] is not None]
    missed = [r for r in judged if not r["seen"]]
    if not judged:
        return row(k_planted, "warn", f"0 of {len(rows)} judged",
                   f"too few units to tell: {rows[0]['reason']}")
    figure = f"{len(judged) - len(missed)} of {len(judged)} seen"
    large = [r for r in judged if r.get("oversized") and r["seen"]]
    beside = ""
    if large:
        worst = max(large, key=lambda r: r["ratio"])
        beside = f"; {len(large)} arrived larger than planned, most {worst['cell']}: " \
                 f"{_percent(worst)} for {100 * worst['planted']:.3g} %, and show no more than that"
    if not missed:
        return row(k_planted, "warn" if large else "ok", figure,
                   f"every planted slowdown was seen, {_sizes(judged)}{beside}")
    chance = float(binom.sf(len(missed) - 1, len(judged), 1.0 - k_power))
    first = f"first {missed[0]['cell']} ({missed[0]['reason']})"
    if chance < k_many_missed:
        return row(k_planted, "failed", figure, f"{len(missed)} planted slowdowns were not seen, "
                   f"{first}; a power of {100 * k_power:.0f} % misses so many with a chance of "
                   f"{100 * chance:.2g} %")
    return row(k_planted, "warn", figure, f"{len(missed)} not seen, {first}; the pairs of "
               f"{'that group' if len(missed) == 1 else 'those groups'} are INVALID{beside}")


def roof(run: Run) -> dict:
    """The least that an operation can cost here; shown, never a condition."""
    cells = [c for c in run.index.cells.values() if c.role == "roof" and c.meter == "time"]
    series = [list(units.values(run.index, c).values()) for c in cells]
    points = [median_interval(v).point for v in series if v]
    if not points:
        return row("roof", "absent", "", "no upper bound was measured in this run")
    return row("roof", "ok", f"{min(points):.3g} to {max(points):.3g} ns", "an operation that does "
               "the least a variant could: no variant is expected below it")


def probes(run: Run) -> dict:
    """A spinning probe before and after each block: what it lost, the block lost as well."""
    if not run.probes:
        return row(k_probes, "absent", "", "gaps were not probed in this run")
    blocks = {p["block"] for p in run.probes}
    loud = loud_blocks(run.probes)
    lost = statistics.median(p["lost_share"] for p in run.probes)
    worst = max(run.probes, key=lambda p: p.get("max_us") or 0)
    figure = f"{100 * lost:.1f} % lost, longest gap {(worst.get('max_us') or 0) / 1000:.3g} ms"
    words = f"{len(loud)} of {len(blocks)} blocks lost more than {100 * k_loud_share:.0f} %"
    if len(loud) > len(blocks) / 2:
        return row(k_probes, "failed", figure, f"{words}: this machine was not ours")
    if loud:
        return row(k_probes, "warn", figure, f"{words}; their samples are tagged")
    return row(k_probes, "ok", figure, f"no block lost more than {100 * k_loud_share:.0f} % of its "
               "time to others")


def _plain(variant: str) -> str:
    return variant.split("@", 1)[0]


def _no_change_votes(run: Run, aa: list[dict]) -> list[float]:
    """Medians of comparisons of equal code that share nothing with each other: one vote a layout
    (a twin link is the same in every group) or, without layouts, one a group; and every pair of a
    program with an older build of itself, NAME against NAME@REV."""
    votes = []
    if run.index.layouts:
        by_link: dict[tuple, list[float]] = {}
        for r in aa:
            cell, reference = run.index.cells[r["cell"]], run.index.cells[r["reference"]]
            for unit, log in (units.paired(run.index, cell, reference) or {}).items():
                by_link.setdefault((cell.component, cell.variant, unit), []).append(log)
        votes = [units.median_of(v) for v in by_link.values()]
    else:
        votes = [r["median"] for r in aa]
    for cell in run.index.cells.values():
        other = run.index.cells.get(cell.reference or "")
        if cell.meter == "time" and cell.role == "subject" and other and other.id != cell.id \
                and _plain(other.variant) == _plain(cell.variant):
            if logs := units.paired(run.index, cell, other):
                votes.append(units.median_of(logs.values()))
    return votes


def symmetry(run: Run, aa: list[dict]) -> dict:
    """Equal code is as often a little faster as a little slower; all on one side is a fault of the
    tool, such as who goes first."""
    votes = [v for v in _no_change_votes(run, aa) if v != 0.0]
    if not votes:
        return row(k_symmetry, "absent", "", "no comparison of equal code")
    slower = sum(v > 0 for v in votes)
    p = min(1.0, 2.0 * float(binom.cdf(min(slower, len(votes) - slower), len(votes), 0.5)))
    figure = f"{slower} slower, {len(votes) - slower} faster"
    if p < k_one_sided:
        return row(k_symmetry, "warn", figure, "equal code leans to one side (p = "
                   f"{p:.2g}): suspect the order, the links or the harness")
    return row(k_symmetry, "ok", figure, f"equal code leans to neither side (p = {p:.2g}, sign "
               "test)")


def layouts(run: Run) -> dict:
    """How many links of each binary, and how much of the noise is theirs."""
    count = run.index.layouts
    if not count:
        return row("layouts", "absent", "", "one link of each binary: the block is the unit, and "
                   "what the layout does is not in the intervals")
    groups = dict.fromkeys(c.group for c in run.index.cells.values() if c.meter == "time")
    found = [c for c in (units.components(run.index, g) for g in groups) if c is not None]
    linker = (run.plan.get("layouts") or {}).get("linker") or "the linker"
    if not found:
        return row("layouts", "ok", f"{count} links", f"each binary was linked {count} times by "
                   f"{linker}; one process a link, so its share of the noise is not told apart")
    between, within = (100 * statistics.median(c[i] for c in found) for i in (0, 1))
    return row("layouts", "ok", f"{count} links", f"each binary was linked {count} times by "
               f"{linker}: log ratios spread by {between:.2g} % between layouts and {within:.2g} % "
               "between processes of one (standard deviations, median over the groups)")
