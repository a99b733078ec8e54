"""The first screen: what a reader with five seconds must see. Verdicts on the claims, whether the
controls are green, and who was fastest; all of it is said again, with its evidence, further down.
"""

from __future__ import annotations

from datetime import datetime

from reports.judge.rules_common import k_verdicts
from reports.page import vocabulary
from reports.tables.matrix import ratio_text, row_key

k_pair_verdicts = ("FASTER", "SLOWER", "SAME", "UNDECIDED", "INVALID")
k_basis = {"instructions": "of instructions", "work.total": "of counted work"}
k_control_order = ("failed", "warn", "absent", "ok")


def counted(found: list[str], order) -> list[dict]:
    return [{"word": w, "count": found.count(w)} for w in order if w in found]


def compared(analysis: dict) -> list[dict]:
    return [r for r in analysis["pairs"] if r["verdict"] != "reference"]


def _best(rows: list[dict]) -> dict:
    """Who took least of those whose verdict is FASTER, or that nobody did."""
    first = rows[0]
    told = {"where": row_key(first), "n": first["n"], "component": first.get("component") or ""}
    faster = [r for r in rows if r["verdict"] == "FASTER" and r["ratio"]]
    if not faster:
        words = "invalid" if all(r["verdict"] == "INVALID" for r in rows) else "nobody is faster"
        return told | {"who": "", "figure": words, "interval": ""}
    best = min(faster, key=lambda r: (r["ratio"], r["variant"]))
    timed = best["basis"] == "time" and best["low"] is not None
    interval = f"[{ratio_text(best['low'])}, {ratio_text(best['high'])}]" if timed \
        else k_basis.get(best["basis"], "")
    return told | {"who": best["variant"], "figure": ratio_text(best["ratio"]),
                   "interval": interval}


def _most_threads(row: dict, groups: dict[str, list[dict]]) -> bool:
    """Of a workload that ran at several thread counts the largest stands for all."""
    def count(r: dict) -> int:
        return int((r.get("params") or {}).get("threads", 0))

    return count(row) == max(count(rows[0]) for rows in groups.values()
                             if rows[0]["workload"] == row["workload"])


def fastest(analysis: dict, matrices: list[dict]) -> list[dict]:
    """A line a timed workload, at the size its family's matrix shows."""
    out = []
    for matrix in matrices:
        names = {r["name"] for r in matrix["rows"]}
        groups: dict[str, list[dict]] = {}
        for r in compared(analysis):
            if r["variant"] in names and r["n"] == matrix["n"]:
                groups.setdefault(row_key(r), []).append(r)
        groups = {k: rows for k, rows in groups.items() if _most_threads(rows[0], groups)}
        out += [_best(rows) | {"reference": matrix["reference"]} for rows in groups.values()]
    return out


def lasted(measured) -> str:
    """From the first sample to the last, in words."""
    if not measured or len(measured) < 2 or not all(measured[:2]):
        return ""
    start, end = (datetime.fromisoformat(t.replace("Z", "+00:00")) for t in measured[:2])
    seconds = round((end - start).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def of(analysis: dict, matrices: list[dict]) -> dict:
    rows = analysis["controls"]["rows"]
    status = [r["status"] for r in rows]
    return {
        "claims": counted([c["verdict"] for c in analysis["claims"]], k_verdicts),
        "refuted": [c for c in analysis["claims"] if c["verdict"] == "REFUTED"],
        "pairs": counted([r["verdict"] for r in compared(analysis)], k_pair_verdicts),
        "controls": [{"word": vocabulary.k_control_words[s], "status": s,
                      "count": status.count(s)} for s in k_control_order if s in status],
        "look": [r for s in k_control_order[:3] for r in rows if r["status"] == s],
        "fastest": fastest(analysis, matrices), "lasted": lasted(analysis.get("measured")),
        "variants": sum(len(m["rows"]) for m in matrices)}
