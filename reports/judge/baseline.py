"""What is worse than before: for `--gate`. A run folder may hold `baseline.json`, the analysis of
an earlier run on the same machine, or the part of it that `baseline save` keeps. Compared are
counted figures, claims, and ratios inside a run; never the times of two runs, because the machine
wanders by more than most differences. What was there and is gone is as bad as what is wrong.

The one place of the exit code under --gate: `analysis["gate"]` holds `code` and `why`.
"""

from __future__ import annotations

import math
from pathlib import Path

from reports.errors import ReportError
from reports.samples import read_json

k_more = 1.02  # more than 2 % more instructions per operation is a regression
k_held = ("SUPPORTED", "SUPPORTED IN SHAPE")
k_lost = ("INVALID", "UNDECIDED", "NOT TESTABLE HERE")
k_fields = {"claims": ("id", "verdict"), "counted": ("cell", "figures"), "pairs": ("cell", "units")}
k_code_regression, k_code_refuted, k_code_invalid = 1, 2, 3


def read(path: Path) -> dict:
    """The baseline, checked in full, or nothing where there is none."""
    earlier = read_json(path, required=False)
    if not earlier:
        return {}
    remedy = "copy the analysis.json of an earlier run here"
    if not isinstance(earlier.get("run"), str):
        raise ReportError("the baseline does not name its run", str(path), remedy)
    for table, fields in k_fields.items():
        rows = earlier.get(table)
        if not isinstance(rows, list):
            raise ReportError(f"the baseline has no list of {table}", str(path), remedy)
        for i, row in enumerate(rows):
            if not isinstance(row, dict) or any(f not in row for f in fields):
                raise ReportError(f"{table}[{i}] of the baseline needs {', '.join(fields)}",
                                  str(path), remedy)
    for i, row in enumerate(earlier["counted"]):
        figures = row["figures"]
        if not isinstance(figures, dict) or \
                not isinstance(figures.get("instructions", 0), (int, float)):
            raise ReportError(f"counted[{i}].figures of the baseline are not figures", str(path),
                              remedy)
    return earlier


def unusable(analysis: dict) -> list[str]:
    """Why this run can say nothing, whatever it is compared with."""
    checked = analysis["controls"]
    why = [f"control failed: {name}" for name in checked["failed"]]
    why += [f"control absent: {name}" for name in checked["absent"]]
    why += [f"red in the gate: {variant}" for variant in checked["red"]]
    if any(r["name"] == "gate" and r["status"] == "absent" for r in checked["rows"]):
        why.append("control absent: gate")
    if not analysis["counted"] and not any(r["units"] for r in analysis["pairs"]):
        why.append("no sample")
    return why + [f"claim INVALID: {c['id']}" for c in analysis["claims"]
                  if c["verdict"] == "INVALID"]


def vanished(analysis: dict, earlier: dict) -> list[str]:
    """What the baseline knew and this run does not: claims that held, cells with figures."""
    now = {c["id"]: c["verdict"] for c in analysis["claims"]}
    out = []
    for claim in earlier["claims"]:
        verdict = now.get(claim["id"])
        if verdict is None:
            out.append(f"claim gone: {claim['id']}")
        elif claim["verdict"] in k_held and verdict in k_lost:
            out.append(f"claim {claim['id']} was {claim['verdict']}, is {verdict}")
    cells = {r["cell"] for r in analysis["counted"]}
    cells |= {r["cell"] for r in analysis["pairs"] if r["units"]}
    before = [r["cell"] for r in earlier["counted"]]
    before += [r["cell"] for r in earlier["pairs"] if r["units"]]
    return out + [f"cell gone: {c}" for c in dict.fromkeys(before) if c not in cells]


def dearer_counts(analysis: dict, earlier: dict) -> list[dict]:
    """Cells with more than 2 % more instructions an operation than before."""
    before = {r["cell"]: r["figures"].get("instructions") for r in earlier["counted"]}
    out = []
    for row in analysis["counted"]:
        now, then = row["figures"].get("instructions"), before.get(row["cell"])
        if now and then and now > then * k_more:
            out.append({"cell": row["cell"], "metric": "instructions", "before": then, "now": now})
    return out


def _timed(row: dict) -> bool:
    """A ratio of times with both its bounds, from a comparison that counts."""
    return all(isinstance(row.get(k), (int, float)) for k in ("ratio", "low", "high")) \
        and row.get("basis") == "time" and row.get("verdict") not in ("INVALID", "reference", None)


def slower_ratios(analysis: dict, earlier: dict) -> list[dict]:
    """Cells whose ratio to the same reference lies wholly above the interval it had, by more than
    what equal code strays by in either run."""
    before = {r["cell"]: r for r in earlier["pairs"] if _timed(r)}
    out = []
    for row in analysis["pairs"]:
        then = before.get(row["cell"])
        if then is None or not _timed(row) or then.get("reference") != row["reference"]:
            continue
        delta = max(row["delta"] or 0.0, then.get("delta") or 0.0)
        if row["low"] > then["high"] and math.log(row["ratio"] / then["ratio"]) > delta:
            out.append({"cell": row["cell"], "metric": "ratio of time", "before": then["ratio"],
                        "now": row["ratio"], "before_interval": [then["low"], then["high"]],
                        "now_interval": [row["low"], row["high"]]})
    return out


def environment_diff(analysis: dict, earlier: dict) -> list[dict]:
    """Stable facts and tools that are not what they were; empty without a baseline."""
    before, now = earlier.get("environment") or {}, analysis["environment"]
    out = []
    for part in ("stable", "tools"):
        old, new = before.get(part), now.get(part) or {}
        if isinstance(old, dict):
            out += [{"field": f"{part}.{k}", "before": old.get(k), "now": new.get(k)}
                    for k in sorted({*old, *new}) if old.get(k) != new.get(k)]
    return out


def words(refuted: list[str], worse: list[dict]) -> list[str]:
    """Why the code is not 0, for those who read a terminal."""
    out = [f"claim refuted: {c}" for c in refuted]
    return out + [f"{w['cell']}: {w['metric']} {w['before']:.4g} before, {w['now']:.4g} now"
                  for w in worse]


def compare(analysis: dict, earlier: dict, place: str) -> dict:
    """`code` is the exit code under --gate, `why` says in words what made it. Without a baseline
    every refuted claim is named, but none has got worse; with one only those that held before."""
    if earlier and earlier.get("fingerprint") != analysis["fingerprint"]:
        raise ReportError("the baseline is of another machine", place,
                          "take it out, or use one made here")
    refuted = [c["id"] for c in analysis["claims"] if c["verdict"] == "REFUTED"]
    why, worse = unusable(analysis), []
    if earlier:
        held = {c["id"] for c in earlier["claims"] if c["verdict"] in k_held}
        refuted = [r for r in refuted if r in held]
        why += vanished(analysis, earlier)
        worse = dearer_counts(analysis, earlier) + slower_ratios(analysis, earlier)
    lost = refuted if earlier else []
    code = k_code_invalid if why else k_code_refuted if lost else k_code_regression if worse else 0
    return {"code": code, "invalid": bool(why), "why": why + words(lost, worse),
            "refuted": refuted, "regressions": worse,
            "baseline": earlier.get("run") if earlier else None}
