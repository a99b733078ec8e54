"""Sentences: what the figures say, written by the analysis so that nobody has to read them in."""

from __future__ import annotations

from collections import Counter

from reports.growth import phrase
from reports.matrix import ratio_text, row_key
from reports.rules_common import k_verdicts

k_order = ("FASTER", "SAME", "SLOWER", "UNDECIDED", "INVALID")


def listed(names: list[str], limit: int = 4) -> str:
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit} more"
    return " and ".join(names) if len(names) <= 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_pairs(rows: list[dict]) -> str:
    """One workload at one size."""
    rows = [r for r in rows if r["verdict"] != "reference"]
    if not rows:
        return "Nothing was compared."
    first = rows[0]
    by = {v: [r["variant"] for r in rows if r["verdict"] == v] for v in k_order}
    words = {"FASTER": "faster than", "SAME": "the same as", "SLOWER": "slower than"}
    parts = [f"{listed(by[v])} {'is' if len(by[v]) == 1 else 'are'} {words[v]} "
             f"{first['reference']}" for v in words if by[v]]
    if by["UNDECIDED"]:
        parts.append(f"{len(by['UNDECIDED'])} of {len(rows)} cannot be told apart from it or have "
                     "too few blocks")
    if by["INVALID"]:
        parts.append(f"{len(by['INVALID'])} of {len(rows)} comparisons are INVALID "
                     f"({next(r['reason'] for r in rows if r['verdict'] == 'INVALID')})")
    measured = [r for r in rows if r["ratio"] is not None and r["verdict"] == "FASTER"]
    tail = ""
    if measured:
        best = min(measured, key=lambda r: r["ratio"])
        bounds = (f" [{ratio_text(best['low'])}, {ratio_text(best['high'])}]"
                  if best["low"] is not None and best["basis"] == "time" else "")
        tail = f" The smallest ratio is {ratio_text(best['ratio'])}{bounds}, {best['variant']}."
    counted = sum(r["basis"] not in ("time", "none") and r["ratio"] is not None for r in rows)
    if counted:
        tail += f" {counted} of {len(rows)} were decided on counts: the harness floor is too near."
    delta = max((r["delta"] for r in rows if r["delta"] is not None), default=None)
    noise = f" Differences below {100 * delta:.1f} % are not told here." if delta else ""
    return f"{row_key(first)} at n = {first['n']}: {'; '.join(parts)}.{tail}{noise}"


def of_cost(rows: list[dict]) -> str:
    """How far time spreads over the sizes, for the caption of a figure of cost against n."""
    series: dict[str, list[tuple[int, float]]] = {}
    for r in rows:
        if r["ns"]["median"]:
            series.setdefault(r["variant"], []).append((r["n"], r["ns"]["median"]))
    factors = {v: (sorted(p)[-1][1] / sorted(p)[0][1], sorted(p)) for v, p in series.items()
               if len(p) > 1}
    if not factors:
        return "Too few sizes for a curve."
    least = min(factors, key=lambda v: factors[v][0])
    most = max(factors, key=lambda v: factors[v][0])

    def told(v):
        f, p = factors[v]
        return f"{v} by a factor of {ratio_text(f)} (n = {p[0][0]:,} to {p[-1][0]:,})"

    return (f"Over the sizes measured, time per operation grew least for {told(least)} and most "
            f"for {told(most)}. Time alone does not decide growth: see the counted classes.")


def of_instructions(rows: list[dict]) -> str:
    by: dict[str, list[str]] = {}
    for r in rows:
        by.setdefault(r["class"], []).append(r["variant"])
    parts = [f"{phrase(k)} for {listed(by[k], 6)}" for k in ("1", "log n", "n") if k in by]
    text = f"{row_key(rows[0])}: instructions per operation grow as " + ", ".join(parts) \
        if parts else f"{row_key(rows[0])}: no growth class is clear"
    unsure = by.get("cannot tell", [])
    return text + (f"; it cannot be told for {listed(unsure)}." if unsure else ".")


def of_run(analysis: dict) -> list[str]:
    out = []
    claims = Counter(c["verdict"] for c in analysis["claims"])
    if claims:
        out.append(f"Of {sum(claims.values())} claims, "
                   + ", ".join(f"{claims[v]} {v}" for v in k_verdicts if claims[v]) + ".")
    if not analysis["controls"]["ok"]:
        checked = analysis["controls"]
        counts = "stands" if checked["counts_ok"] else "did not repeat and does not count either"
        out.append("A control failed or is absent "
                   f"({', '.join(checked['failed'] + checked['absent'])}): no comparison of times "
                   f"in this run counts. What was counted {counts}.")
    n = analysis["matrix"]["n"]
    for key in analysis["matrix"]["timed"]:
        rows = [r for r in analysis["pairs"] if r["n"] == n and row_key(r) == key]
        out.append(of_pairs(rows))
    groups: dict[str, list[dict]] = {}
    for g in analysis["growth"]:
        if g["metric"] == "instructions":
            groups.setdefault(row_key(g), []).append(g)
    out += [of_instructions(rows) for _, rows in sorted(groups.items())]
    if given := analysis["given_up"]:
        count = "1 cell was" if len(given) == 1 else f"{len(given)} cells were"
        out.append(f"{count} given up, first {given[0]['cell']}: {given[0]['why']}.")
    return out
