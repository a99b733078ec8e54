"""What is worse than before: for `--gate`. A run folder may hold `baseline.json`, the analysis of
an earlier run on the same machine; only counted figures and claims are compared with it, because
times of two runs are not comparable. What was there and is gone is as bad as what is wrong.
"""

from __future__ import annotations

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


def compare(analysis: dict, earlier: dict, place: str) -> dict:
    """`code` is the exit code under --gate; the rest says why. Without a baseline every refuted
    claim is named, with one only those that held before."""
    if earlier and earlier.get("fingerprint") != analysis["fingerprint"]:
        raise ReportError("the baseline is of another machine", place,
                          "take it out, or use one made here")
    refuted = [c["id"] for c in analysis["claims"] if c["verdict"] == "REFUTED"]
    why, worse = unusable(analysis), []
    if earlier:
        held = {c["id"] for c in earlier["claims"] if c["verdict"] in k_held}
        refuted = [r for r in refuted if r in held]
        why += vanished(analysis, earlier)
        before = {r["cell"]: r["figures"].get("instructions") for r in earlier["counted"]}
        for row in analysis["counted"]:
            now, then = row["figures"].get("instructions"), before.get(row["cell"])
            if now and then and now > then * k_more:
                worse.append({"cell": row["cell"], "before": then, "now": now})
    code = k_code_invalid if why else k_code_refuted if refuted else \
        k_code_regression if worse else 0
    return {"code": code, "invalid": bool(why), "why": why, "refuted": refuted,
            "regressions": worse, "baseline": earlier.get("run") if earlier else None}
