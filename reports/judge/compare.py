"""Two runs side by side: what was counted, the verdicts of claims, and ratios inside each run.

Times of two runs are never divided by each other: the machine wanders by more than most
differences looked for. What is compared is the ratio to the reference that each run measured for
itself. The difference of the medians of the two sets of log unit ratios (a unit is a layout, else
a block) gets a BCa bootstrap interval; its p value is that of the Mann-Whitney test (exact without
ties), adjusted by Holm over all rows, because identical code compared often enough always finds a
"regression". Pure: two analyses in, one dict out.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import stats as scipy_stats

from reports.judge.baseline import k_held, k_more
from reports.stats.bootstrap import bca2
from reports.stats.multiplicity import holm

k_schema = 1
k_alpha = 0.05
k_units_min = 10
k_delta_floor = math.log(1.02)
k_code_regression, k_code_refuted, k_code_invalid = 1, 2, 3
k_worse, k_better, k_same, k_open = "SLOWER", "FASTER", "SAME", "UNDECIDED"


def median_difference(x, y, axis=-1):
    """Median of y less that of x: how much later than before."""
    return np.median(y, axis=axis) - np.median(x, axis=axis)


def difference_p(before: list[float], now: list[float]) -> float:
    """Two-sided Mann-Whitney p; 1.0 where both hold one value only."""
    if len(set(before) | set(now)) == 1:
        return 1.0
    ties = len(set(before) | set(now)) < len(before) + len(now)
    return float(scipy_stats.mannwhitneyu(before, now, alternative="two-sided",
                                          method="asymptotic" if ties else "exact").pvalue)


def _logs(pair: dict) -> list[float] | None:
    values = pair.get("unit_ratios")
    good = isinstance(values, list) and all(isinstance(v, (int, float)) and v > 0 for v in values)
    return [math.log(v) for v in values] if good and values else None


def _why_no_ratio(before: dict, now: dict) -> str:
    """Why two rows of one cell say nothing about each other; empty when they do."""
    if before.get("reference") != now.get("reference"):
        return f"the reference was {before.get('reference')}, is {now.get('reference')}"
    for side, word in ((before, "before"), (now, "now")):
        if side["verdict"] == "INVALID":
            return f"INVALID {word}: {side.get('reason', '')}"
        if _logs(side) is None:
            return f"unavailable: no ratios by unit {word}"
        if len(_logs(side)) < k_units_min:
            return f"{len(_logs(side))} of {k_units_min} units {word}"
    if (before.get("unit") or "block") != (now.get("unit") or "block"):
        return f"the unit was the {before.get('unit')}, is the {now.get('unit')}"
    return ""


def _side(pair: dict) -> dict:
    return {k: pair.get(k) for k in ("ratio", "low", "high", "verdict", "units")}


def compare_pair(before: dict, now: dict) -> dict:
    """One row; its verdict is given by `judge` when the p values of all rows are known."""
    row = {k: now[k] for k in ("cell", "variant", "workload", "params", "n", "reference")}
    row |= {"before": _side(before), "now": _side(now), "ratio": None, "low": None, "high": None,
            "p": None, "p_holm": None, "delta": None, "verdict": k_open, "method": None,
            "reason": _why_no_ratio(before, now)}
    if row["reason"]:
        return row
    x, y = _logs(before), _logs(now)
    found = bca2(x, y, median_difference)
    delta = max([k_delta_floor] + [s["delta"] for s in (before, now) if s.get("delta")])
    return row | {"ratio": math.exp(found.point), "low": _exp(found.low), "high": _exp(found.high),
                  "p": difference_p(x, y), "delta": delta, "method": found.method}


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)


def judge(row: dict) -> dict:
    """SLOWER, FASTER: the interval leaves 1 out, the point lies beyond delta and Holm's p is below
    alpha. SAME: the interval lies inside +-delta. Else UNDECIDED."""
    if row["low"] is None:
        return row
    low, high, point = (math.log(row[k]) for k in ("low", "high", "ratio"))
    if row["p_holm"] < k_alpha and low > 0 and point > row["delta"]:
        return row | {"verdict": k_worse, "reason": "interval above 1 and point beyond delta"}
    if row["p_holm"] < k_alpha and high < 0 and point < -row["delta"]:
        return row | {"verdict": k_better, "reason": "interval below 1 and point beyond delta"}
    if -row["delta"] < low and high < row["delta"]:
        return row | {"verdict": k_same, "reason": "interval inside the noise"}
    return row | {"reason": "the interval is too wide, or the difference is not beyond chance"}


def _by_cell(rows: list[dict]) -> dict[str, dict]:
    return {r["cell"]: r for r in rows if r.get("verdict") != "reference"}


def ratio_rows(before: dict, now: dict, same_machine: bool) -> list[dict]:
    """Every comparison that both runs made. Across machines they only stand side by side."""
    one, two = _by_cell(before["pairs"]), _by_cell(now["pairs"])
    shared = [c for c in two if c in one]
    if not same_machine:
        return [{k: two[c][k] for k in ("cell", "variant", "workload", "params", "n", "reference")}
                | {"before": _side(one[c]), "now": _side(two[c]), "ratio": None, "low": None,
                   "high": None, "p": None, "p_holm": None, "delta": None, "method": None,
                   "verdict": "ACROSS MACHINES", "reason": "each ratio holds on its own machine"}
                for c in shared]
    rows = [compare_pair(one[c], two[c]) for c in shared]
    for row, adjusted in zip(rows, holm([r["p"] for r in rows])):
        row["p_holm"] = adjusted
    return [judge(r) for r in rows]


def _figures(row: dict) -> dict[str, float]:
    """Instructions, counted work and its total per operation."""
    held = {k: v for k, v in row["figures"].items() if k == "instructions" or k.startswith("work.")}
    work = [v for k, v in held.items() if k.startswith("work.")]
    return held | ({"work.total": sum(work)} if work else {})


def counted_rows(before: dict, now: dict) -> list[dict]:
    """Counted figures that differ by more than 2 %, or are there on one side only. The parts of
    the work may be moved about; its total and the instructions are what is judged."""
    one, two = ({r["cell"]: r for r in a["counted"]} for a in (before, now))
    rows = []
    for cell in (c for c in two if c in one):
        then, after = _figures(one[cell]), _figures(two[cell])
        for name in dict.fromkeys([*then, *after]):
            a, b = then.get(name), after.get(name)
            row = {"cell": cell, "figure": name, "before": a, "now": b,
                   "ratio": b / a if a and b is not None else None}
            row["verdict"] = _counted_verdict(name, a, b)
            rows.append(row)
    return rows


def _counted_verdict(name: str, before: float | None, now: float | None) -> str:
    if before is None or now is None:
        return "GONE" if now is None else "NEW"
    if before == now or max(before, now) <= min(before, now) * k_more:
        return "SAME"
    if name not in ("instructions", "work.total"):
        return "MOVED"
    return "MORE" if now > before else "LESS"


def claim_rows(before: dict, now: dict) -> list[dict]:
    """Every claim of either run, with both verdicts, None where a run has none."""
    one, two = ({c["id"]: c["verdict"] for c in a["claims"]} for a in (before, now))
    return [{"id": i, "before": one.get(i), "now": two.get(i), "changed": one.get(i) != two.get(i)}
            for i in dict.fromkeys([*one, *two])]


def _sound(analysis: dict) -> list[str]:
    """Why a run can say nothing; a baseline that was saved has passed this once."""
    checked = analysis.get("controls")
    if checked is None:
        return []
    return [f"{analysis['run']}: control {word}: {name}" for word in ("failed", "absent")
            for name in checked.get(word) or []]


def _gate(out: dict, invalid: list[str]) -> dict:
    worse = [r["cell"] for r in out["ratios"] if r["verdict"] == k_worse]
    worse += [f"{r['cell']} ({r['figure']})" for r in out["counted"] if r["verdict"] == "MORE"]
    lost = [c["id"] for c in out["claims"] if c["before"] in k_held and c["now"] == "REFUTED"]
    invalid = invalid + [f"{r['cell']} is INVALID now: {r['reason']}" for r in out["ratios"]
                         if r["now"]["verdict"] == "INVALID" != r["before"]["verdict"]]
    if not out["ratios"] and not out["counted"] and not out["claims"]:
        invalid = [*invalid, "the two have nothing in common"]
    code = k_code_invalid if invalid else k_code_refuted if lost else \
        k_code_regression if worse else 0
    return {"code": code, "why": [*invalid, *(f"claim refuted: {i}" for i in lost),
                                  *(f"regression: {c}" for c in worse)]}


def _name(analysis: dict) -> dict:
    return {k: analysis.get(k) for k in ("run", "suite", "fingerprint", "measured", "source")}


def _only_in(one: dict, two: dict) -> list[str]:
    cells = [{r["cell"] for t in ("pairs", "counted") for r in a[t]} for a in (one, two)]
    return sorted(cells[0] - cells[1])


def _rebuilt(before: dict, now: dict) -> list[str]:
    one, two = before.get("binaries") or {}, now.get("binaries") or {}
    return sorted(v for v in one if v in two and one[v].get("sha256") != two[v].get("sha256"))


def compare(before: dict, now: dict, environment: dict) -> dict:
    """All that two analyses say of each other. `environment` is the difference of the two
    environments, and says whether they are one machine. O(rows), a bootstrap each."""
    same = bool(environment["same_machine"])
    out = {"schema": k_schema, "before": _name(before), "now": _name(now),
           "environment": environment, "across_machines": not same,
           "rebuilt": _rebuilt(before, now), "claims": claim_rows(before, now),
           "counted": counted_rows(before, now), "ratios": ratio_rows(before, now, same),
           "only_before": _only_in(before, now), "only_now": _only_in(now, before)}
    references = {r["reference"] for r in out["ratios"]}
    out["notes"] = [f"the reference {name} was rebuilt: a ratio can move because of it"
                    for name in sorted(references & set(out["rebuilt"]))]
    out["gate"] = _gate(out, _sound(before) + _sound(now))
    return out
