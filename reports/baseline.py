"""What is worse than before: for `--gate`. A run folder may hold `baseline.json`, the analysis of
an earlier run on the same machine; only counted figures and claims are compared with it, because
times of two runs are not comparable.
"""

from __future__ import annotations

from reports.errors import ReportError

k_more = 1.02  # more than 2 % more instructions per operation is a regression
k_held = ("SUPPORTED", "SUPPORTED IN SHAPE")


def compare(analysis: dict, baseline: dict | None, place: str) -> dict:
    """`invalid`, `refuted`, `regressions`. Without a baseline every refuted claim is named."""
    refuted = [c["id"] for c in analysis["claims"] if c["verdict"] == "REFUTED"]
    gate = {"invalid": not analysis["controls"]["ok"], "baseline": None, "refuted": refuted,
            "regressions": []}
    if not baseline:
        return gate
    if baseline.get("fingerprint") != analysis["fingerprint"]:
        raise ReportError("the baseline is of another machine", place,
                          "take it out, or use one made here")
    held = {c["id"] for c in baseline["claims"] if c["verdict"] in k_held}
    before = {r["cell"]: r["figures"].get("instructions") for r in baseline["counted"]}
    worse = []
    for row in analysis["counted"]:
        now, then = row["figures"].get("instructions"), before.get(row["cell"])
        if now and then and now > then * k_more:
            worse.append({"cell": row["cell"], "before": then, "now": now})
    return gate | {"baseline": baseline["run"], "regressions": worse,
                   "refuted": [r for r in refuted if r in held]}
