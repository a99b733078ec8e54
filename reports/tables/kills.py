"""Which checker finds which seeded bug: a row a bug, a column a checker, from the evidence lines
of suites that try every checker on every bug.

A checker that finds nothing that others do not find is known to be so, and a bug that one checker
alone finds says what that checker is for.
"""

from __future__ import annotations

from reports.samples import Run


def _scores(run: Run) -> dict[tuple[str, str], dict]:
    """(component, variant) -> the score with the most bugs, of those that know who found what."""
    best: dict[tuple[str, str], dict] = {}
    for row in run.evidence:
        score = row.get("mutants") or {}
        if row.get("suite") != "mutants" or not score.get("checkers"):
            continue
        key = (row.get("component") or "", row.get("variant") or "")
        if key not in best or score.get("total", 0) > best[key].get("total", 0):
            best[key] = score
    return best


def _row(variant: str, number: str, score: dict) -> dict:
    """One bug. A sign is the word by which a checker told what it saw."""
    signs = score["killers"].get(number) or {}
    found = [c for c in score["checkers"] if c in signs]
    state = "survived" if not found else "by one" if len(found) == 1 else "by several"
    return {"variant": variant, "number": int(number), "state": state, "count": len(found),
            "breaks": (score.get("breaks") or {}).get(number, ""),
            "signs": {c: signs[c] for c in found}}


def _table(component: str, scores: dict[str, dict]) -> dict:
    checkers = list(dict.fromkeys(c for s in scores.values() for c in s["checkers"]))
    rows = [_row(variant, number, score) for variant, score in scores.items()
            for number in sorted(score.get("killers") or {}, key=int)]
    totals = [{"checker": c, "found": sum(c in r["signs"] for r in rows),
               "alone": sum(list(r["signs"]) == [c] for r in rows)} for c in checkers]
    return {"component": component, "checkers": checkers, "rows": rows, "totals": totals,
            "survived": sum(r["state"] == "survived" for r in rows)}


def table(run: Run) -> list[dict]:
    """One table a component that has such evidence, rows in the order of the evidence."""
    by_component: dict[str, dict[str, dict]] = {}
    for (component, variant), score in _scores(run).items():
        by_component.setdefault(component, {})[variant] = score
    return [_table(c, scores) for c, scores in by_component.items()]
