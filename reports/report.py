"""From an analysis to what people read: report.html, and report.json and results.csv for programs.

The page is one file that loads nothing: style, script and drawings are inside. Same samples, same
bytes: no clock, no host name, no order of a hash table gets into it.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path

import jinja2

from reports import analyse, figures, findings, vocabulary
from reports.errors import ReportError
from reports.matrix import ratio_text
from reports.rules_common import k_verdicts

k_templates = Path(__file__).resolve().parent / "templates"
k_size_max = 2_000_000  # bytes; a page that is larger than that is not mailed to anybody
k_csv_columns = ("kind", "component", "variant", "workload", "params", "n", "metric", "value",
                 "low", "high", "units", "reference", "ratio", "ratio_low", "ratio_high",
                 "coverage", "delta", "floor_share", "p", "p_holm", "basis", "verdict", "cell")


def slug_of(verdict: str) -> str:
    return verdict.lower().replace(" ", "-")


def number(value, digits: int = 3) -> str:
    """A figure for a reader: three significant digits, thousands apart, a dash for nothing."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) or float(value).is_integer() and abs(value) < 1e9:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"


def fact(value) -> str:
    """One value of the environment as text."""
    if isinstance(value, dict):
        return ", ".join(f"{k} {fact(v)}" for k, v in value.items()) or "–"
    if isinstance(value, (list, tuple)):
        return " ".join(fact(v) for v in value) or "–"
    if value is None or value == "":
        return "–"
    return "yes" if value is True else "no" if value is False else str(value)


def _params(row: dict) -> str:
    return ";".join(f"{k}={v}" for k, v in sorted(row["params"].items()))


def csv_text(analysis: dict) -> str:
    """Long form: a line a timed cell, a line a counted figure. An empty field is absent data."""
    stream = io.StringIO()
    out = csv.DictWriter(stream, k_csv_columns, restval="", lineterminator="\n")
    out.writeheader()
    for r in analysis["pairs"]:
        line = {"kind": "time", "metric": "ns", "params": _params(r), "value": r["ns"]["median"],
                "low": r["ns"]["low"], "high": r["ns"]["high"], "ratio_low": r["low"],
                "ratio_high": r["high"]}
        line |= {k: r[k] for k in k_csv_columns if k in r and k not in line}
        out.writerow(line)
    for r in analysis["counted"]:
        for metric, value in r["figures"].items():
            out.writerow({"kind": "count", "metric": metric, "params": _params(r), "value": value,
                          "units": r["samples"], "basis": r["meter"]}
                         | {k: r[k] for k in ("component", "variant", "workload", "n", "cell")})
    return stream.getvalue()


def summary(analysis: dict) -> dict:
    """What a program asks first: verdicts with both figures, and the matrix as it is shown."""
    claim_keys = ("id", "title", "verdict", "published", "figure", "interval", "sentence", "edited",
                  "redo")
    rows = [{"variant": r["name"], "role": r["role"], "bytes_per_timer": r["bytes"],
             **{k: r[k]["text"] for k in ("conformance", "property", "fuzz", "mutants",
                                          "sanitizers", "proof", "growth")},
             "instructions": {k: c["sort"] for k, c in r["instructions"].items()},
             "ratios": {k: {"ratio": c["sort"], "verdict": c["status"]}
                        for k, c in r["ratios"].items()}} for r in analysis["matrix"]["rows"]]
    return {"schema": 1, "run": analysis["run"], "suite": analysis["suite"],
            "fingerprint": analysis["fingerprint"], "controls_ok": analysis["controls"]["ok"],
            "claims": [{k: c[k] for k in claim_keys} for c in analysis["claims"]],
            "gate": analysis["gate"], "findings": analysis["findings"],
            "matrix": {"n": analysis["matrix"]["n"], "rows": rows}}


def page(analysis: dict) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(k_templates), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    environment.filters |= {"number": number, "fact": fact, "slug": slug_of, "ratio": ratio_text}
    looks = figures.style_of([r["name"] for r in analysis["matrix"]["rows"]])
    time_curves = figures.time_curves(analysis, looks)
    for curve in time_curves:
        curve["caption"] = findings.of_cost(curve["rows"])
    count_curves = figures.count_curves(analysis, looks)
    for curve in count_curves:
        curve["caption"] = findings.of_instructions(curve["rows"])
    n = analysis["matrix"]["n"]
    forests = [findings.of_pairs([r for r in rows if r["n"] == n])
               for rows in figures.grouped(analysis["pairs"]).values()
               if any(r["n"] == n for r in rows)]
    counts = {v: sum(c["verdict"] == v for c in analysis["claims"]) for v in k_verdicts}
    template = environment.get_template("report.html.j2")
    return template.render(
        a=analysis, style=(k_templates / "report.css").read_text(encoding="utf-8"),
        script=(k_templates / "report.js").read_text(encoding="utf-8"), counts=counts,
        time_curves=time_curves, count_curves=count_curves, forest=figures.forest(analysis),
        forest_captions=forests, words=vocabulary)


def write(run_dir) -> Path:
    """Analyses a run folder and writes report.html, report.json and results.csv into it."""
    folder = Path(run_dir).resolve()
    analysis = analyse.analyse(folder)
    html = page(analysis).encode("utf-8")
    if len(html) > k_size_max:
        raise ReportError(f"the page would have {len(html):,} bytes", str(folder),
                          "take fewer workloads or sizes into one suite")
    analyse.write_whole(folder / "results.csv", csv_text(analysis).encode("utf-8"))
    analyse.write_whole(folder / "report.json", analyse.as_json(summary(analysis)))
    analyse.write_whole(folder / "report.html", html)
    return folder / "report.html"
