"""What is decided already: asked by the measuring side at each planned look.

Looking costs: every look at a level of 5 % is another chance to be wrong. So the level of each look
comes from a schedule (stats/sequential.py), and a group stops only when all of it is decided.
"""

from __future__ import annotations

from pathlib import Path

from reports.samples import load_run
from reports.tables import controls, pairs

k_decided = ("FASTER", "SLOWER", "SAME")


def _final(row: dict) -> bool:
    """INVALID for a reason that more blocks cannot mend is a decision as well."""
    return row["verdict"] in k_decided or row["verdict"] == "INVALID" \
        and "disturbed" not in row["reason"] and "planted" not in row["reason"]


def undecided(run_dir: Path | str, levels: dict[str, float]) -> dict[str, list[str]]:
    """group -> reasons why it is not decided at its level; an empty list means it is. Works on a
    run in progress: blocks that are not whole count where both sides of a pair are there."""
    run = load_run(run_dir)
    run.index.levels |= levels
    checked, gate = controls.examine(run, quick=True), controls.gate(run)
    out: dict[str, list[str]] = {group: [] for group in levels}
    if not checked["times_ok"]:
        return {group: [f"control failed: {', '.join(checked['failed'])}"] for group in levels}
    aa = {r["group"]: r for r in checked["aa"]}
    for group, reasons in out.items():
        if group not in aa:
            reasons.append("no A/A comparison yet")
        elif not aa[group]["passed"]:
            reasons.append("A/A looks different")
    for row in checked["planted"]:
        if row["group"] in out and not row["seen"]:
            out[row["group"]].append("the planted slowdown is not seen yet")
    for row in pairs.verdicts(run, checked, gate):
        if row["group"] in out and not _final(row):
            out[row["group"]].append(f"{row['variant']}: {row['verdict']}, {row['reason']}")
    return out
