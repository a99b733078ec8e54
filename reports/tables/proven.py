"""What the explorer went through, scenario by scenario and to which bound, and what was found about
progress and cache lines: from the evidence lines of concurrent variants.

An execution graph stands for all the interleavings that nobody can tell apart; how many those are
stands beside it. A scenario is a few threads with a few operations: what is proven is proven for
those, and the bound says so.
"""

from __future__ import annotations

import math

from reports.samples import Run

k_raised = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
k_suites = ("explored", "linearizable", "progress", "coherence")


def _best(run: Run) -> dict[tuple[str, str, str], dict]:
    """(component, variant, suite) -> the line that says most, plain builds before sanitized."""
    best: dict[tuple[str, str, str], dict] = {}
    for row in run.evidence:
        if row.get("suite") not in k_suites:
            continue
        key = (row.get("component") or "", row.get("variant") or "", row["suite"])
        weight = (len(row.get("scenarios") or ()) + len(row.get("facts") or ()),
                  row.get("preset") == "release", row.get("preset") == "dev")
        if key not in best or weight > best[key]["weight"]:
            best[key] = row | {"weight": weight}
    return best


def power_of_ten(count: float) -> str:
    """A number of interleavings: in full while it can be read."""
    if not count:
        return "–"
    if count < 1e6:
        return f"{count:,.0f}"
    exponent = math.floor(math.log10(count))
    return f"{count / 10 ** exponent:.1f} × 10{str(exponent).translate(k_raised)}"


def _scenario(variant: str, row: dict) -> dict:
    return {"variant": variant, "name": row.get("name", ""), "said": row.get("said", "failed"),
            "bound": row.get("bound") or "", "complete": row.get("complete", 0),
            "blocked": row.get("blocked", 0), "events": row.get("events_most", 0),
            "interleavings": row.get("interleavings") or 0,
            "interleavings_text": power_of_ten(row.get("interleavings") or 0),
            "seconds": row.get("seconds", 0)}


def table(run: Run) -> list[dict]:
    """One entry a component that has such evidence."""
    best = _best(run)
    out = []
    for component in dict.fromkeys(c for c, _, _ in best):
        rows = [_scenario(v, s) for (c, v, suite), line in best.items()
                if c == component and suite == "explored" for s in line.get("scenarios") or ()]
        facts = [{"variant": v, "suite": suite, "of": of, "what": what}
                 for (c, v, suite), line in best.items() if c == component
                 for of, what in sorted((line.get("facts") or {}).items())]
        if rows or facts:
            out.append({"component": component, "rows": rows, "facts": facts,
                        "graphs": sum(r["complete"] for r in rows),
                        "partial": sum(r["said"] == "partial" for r in rows),
                        "failed": sum(r["said"] == "failed" for r in rows)})
    return out


def cell_of(run: Run, component: str, variant: str) -> dict | None:
    """All scenarios of one variant as a cell of the matrix; None if there are none."""
    line = _best(run).get((component, variant, "explored"))
    if line is None or not line.get("scenarios"):
        return None
    rows = [_scenario(variant, s) for s in line["scenarios"]]
    graphs = sum(r["complete"] for r in rows)
    partial = [r["name"] for r in rows if r["said"] == "partial"]
    red = [r["name"] for r in rows if r["said"] == "failed"]
    title = f"{len(rows)} scenarios, {graphs:,} executions"
    if red or not line.get("passed"):
        return {"text": "FAILED", "status": "failed", "sort": -1,
                "title": ", ".join(red) or line.get("detail", "")}
    if partial:
        return {"text": f"{graphs:,} partial", "status": "partial", "sort": graphs,
                "title": f"{title}; not to the end: {', '.join(partial)}"}
    return {"text": f"{graphs:,}", "status": "ok", "sort": graphs, "title": title}


def facts_cell(run: Run, component: str, variant: str, suite: str) -> dict | None:
    """The facts of one suite as a cell; None if there are none."""
    line = _best(run).get((component, variant, suite))
    facts = (line or {}).get("facts")
    if not facts:
        return None
    status = "ok" if line.get("passed") else "failed"
    return {"text": "; ".join(f"{of}: {what}" for of, what in sorted(facts.items())),
            "status": status, "sort": None, "title": line.get("detail", "")}
