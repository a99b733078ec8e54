"""Several runs on one page: claims against machines, ratios side by side. Pure.

Every run keeps its own column, also two of one machine: samples of different runs are never
pooled, because the machine was another one each time, even if it was the same.
"""

from __future__ import annotations

from pathlib import Path

import jinja2

from reports.errors import ReportError

k_schema = 1
k_templates = Path(__file__).resolve().parent / "templates"
k_told = ("SUPPORTED", "SUPPORTED IN SHAPE", "REFUTED")


def column(analysis: dict) -> dict:
    """What stands at the head of a run's column."""
    stable = (analysis.get("environment") or {}).get("stable") or {}
    sound = (analysis.get("controls") or {}).get("ok") is True
    return {"run": analysis["run"], "suite": analysis.get("suite"),
            "fingerprint": analysis.get("fingerprint"), "cpu": stable.get("cpu") or "unknown",
            "cpus": stable.get("cpus"), "kernel": stable.get("kernel"),
            "measured": (analysis.get("measured") or [None])[0], "sound": sound,
            "git": (analysis.get("source") or {}).get("git")}


def claim_table(analyses: list[dict]) -> list[dict]:
    """claim x run; `agree`: every run that could tell says the same."""
    by_run = [{c["id"]: c for c in a["claims"]} for a in analyses]
    rows = []
    for ident in dict.fromkeys(i for held in by_run for i in held):
        cells = [held.get(ident) for held in by_run]
        told = {c["verdict"] for c in cells if c and c["verdict"] in k_told}
        rows.append({"id": ident, "title": next(c.get("title") or "" for c in cells if c),
                     "agree": len(told) <= 1,
                     "verdicts": [c and {"verdict": c["verdict"], "sentence": c.get("sentence", "")}
                                  for c in cells],
                     "same_text": len({c.get("sha256") for c in cells if c}) == 1})
    return rows


def ratio_table(analyses: list[dict]) -> list[dict]:
    """Comparisons that at least two runs made: each run's own ratio with its interval."""
    by_run = [{p["cell"]: p for p in a["pairs"] if p["verdict"] != "reference"} for a in analyses]
    rows = []
    for cell in dict.fromkeys(c for held in by_run for c in held):
        found = [held.get(cell) for held in by_run]
        if sum(f is not None for f in found) >= 2:
            first = next(f for f in found if f)
            rows.append({"cell": cell, "variant": first["variant"], "n": first["n"],
                         "workload": first["workload"], "params": first["params"],
                         "ratios": [f and {k: f.get(k) for k in
                                           ("ratio", "low", "high", "verdict", "reference")}
                                    for f in found]})
    return rows


def sentence(columns: list[dict], rows: list[dict]) -> str:
    machines = len({c["fingerprint"] for c in columns})
    shared = [r for r in rows
              if sum(bool(v) and v["verdict"] in k_told for v in r["verdicts"]) >= 2]
    split = [r["id"] for r in shared if not r["agree"]]
    head = f"{len(columns)} runs of {machines} machine{'s' if machines > 1 else ''}: "
    if not shared:
        return head + "no claim could be told by two of them."
    if not split:
        return head + f"they agree on all {len(shared)} claims that two of them could tell."
    return head + f"{len(split)} of {len(shared)} claims differ between runs: {', '.join(split)}."


def merge(analyses: list[dict]) -> dict:
    """All runs, kept apart; machines stand together. O(rows of all)."""
    names = [a["run"] for a in analyses]
    if len(set(names)) != len(names):
        raise ReportError("one run is named twice", ", ".join(sorted(names)), "name each once")
    order = sorted(range(len(analyses)),
                   key=lambda i: (str(analyses[i].get("fingerprint")), names[i]))
    analyses = [analyses[i] for i in order]
    columns = [column(a) for a in analyses]
    rows = claim_table(analyses)
    return {"schema": k_schema, "runs": columns, "claims": rows, "ratios": ratio_table(analyses),
            "sentence": sentence(columns, rows)}


def slug(text: str) -> str:
    return str(text).lower().replace(" ", "-")


def page(merged: dict) -> str:
    """One HTML file without a network; equal input gives equal bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(k_templates), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"slug": slug}
    return environment.get_template("merged.html.j2").render(m=merged)
