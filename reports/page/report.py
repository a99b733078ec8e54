"""From an analysis to what people read: report.html, and report.json and results.csv for programs.

The page is one file that loads nothing: style, script and drawings are inside. Same samples, same
bytes: no clock, no host name, no order of a hash table gets into it.
"""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import jinja2
import markupsafe

from reports import analyse
from reports.errors import ReportError
from reports.page import figures, figures_rows, glance, matrix_table as page_matrix, svg
from reports.page import claim_figures, paper, vocabulary
from reports.tables import meetings, worst
from reports.tables.matrix import ratio_text, row_key

k_templates = Path(__file__).resolve().parent / "templates"
k_size_max = 2_000_000  # bytes; a page that is larger than that is not mailed to anybody
k_optional = ("account", "environment_diff", "foretold", "kills", "layouts", "looks", "meetings",
              "pilot", "pitfalls", "probes", "proven", "system", "worst")
k_csv_columns = ("kind", "component", "variant", "workload", "params", "n", "metric", "value",
                 "low", "high", "units", "reference", "ratio", "ratio_low", "ratio_high",
                 "unit", "level", "coverage", "delta", "floor_share", "p", "p_holm", "q", "p_perm",
                 "tost_p", "power", "a12", "a12_low", "a12_high", "basis", "verdict", "cell")
k_same_in_csv = ("component", "variant", "workload", "n", "cell")
k_latencies = (*(f"{p}_{start}" for p in ("p50", "p99", "p999") for start in ("intended", "raw")),
               "max_intended")
k_per_operation = ("allocations_per_op", "allocated_bytes_per_op", "syscalls_per_op")


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
                         | {k: r[k] for k in k_same_in_csv})
    for kind, metrics in (("latency", k_latencies), ("system", k_per_operation),
                          ("meetings", meetings.k_metrics)):
        for r in analysis.get(kind) or []:
            for metric in metrics:
                out.writerow(_figure_line(kind, r, metric))
    return stream.getvalue()


def _figure_line(kind: str, r: dict, metric: str) -> dict:
    """One figure of a table that has several a row; "unavailable" is an empty value."""
    value = r.get(metric)
    return {"kind": kind, "metric": metric, "params": _params(r),
            "value": "" if isinstance(value, str) else value, "low": r.get(f"{metric}_low"),
            "high": r.get(f"{metric}_high"), "units": r.get("units") or r.get("samples")} \
        | {k: r.get(k) for k in k_same_in_csv}


def summary(analysis: dict) -> dict:
    """What a program asks first: verdicts with both figures, and the matrix as it is shown."""
    claim_keys = ("id", "title", "verdict", "published", "figure", "interval", "sentence", "edited",
                  "redo")
    return {"schema": 1, "run": analysis["run"], "suite": analysis["suite"],
            "fingerprint": analysis["fingerprint"], "controls_ok": analysis["controls"]["ok"],
            "claims": [{k: c[k] for k in claim_keys} for c in analysis["claims"]],
            "gate": analysis["gate"], "findings": analysis["findings"],
            "matrix": matrix_summary(analysis["matrix"]),
            "matrices": [matrix_summary(m) for m in figures.matrices(analysis)]}


k_shown = ("conformance", "property", "counted_work", "fuzz", "mutants", "stress", "sanitizers",
           "proof", "declared", "lateness", "order", "next", "growth", "a12", "tail", "worst",
           "fairness", "allocations", "syscalls", "overhead", "explored", "linearizable",
           "progress", "coherence")


def matrix_summary(matrix: dict) -> dict:
    """A family as its table shows it; what an older analysis lacks is not named."""
    rows = [{"variant": r["name"], "role": r["role"], "bytes_per_timer": r["bytes"],
             **{k: r[k]["text"] for k in k_shown if "text" in (r.get(k) or {})},
             "instructions": {k: c["sort"] for k, c in r["instructions"].items()},
             "ratios": {k: {"ratio": c["sort"], "verdict": c["status"]}
                        for k, c in r["ratios"].items()}} for r in matrix["rows"]]
    return {"component": matrix.get("component"), "n": matrix["n"], "rows": rows}


def maybe(value) -> str:
    """A figure, or the word that stands for its absence."""
    return value if isinstance(value, str) else number(value)


def breaks(text: str) -> markupsafe.Markup:
    """A sentence whose long names may be cut after a slash or before a mark, and not inside a
    number; a unit stays with its figure."""
    text = re.sub(r"(?<=\d) (?=(%|ns|ms|s)\b|%)", "\u00a0", text)
    return markupsafe.Markup(re.sub(r"(?<=\w)/(?=\w)|(?<=\w)(?=#)", lambda m: f"{m.group()}<wbr>",
                                    str(markupsafe.escape(text))))


k_slim = "The page would have been too large with a dot a layout: the dots are left out."


def slim(analysis: dict) -> dict:
    """The same without the medians of the single layouts, which are most of a large page."""
    pairs = [r | {"ns": {k: v for k, v in r["ns"].items() if k != "units"}}
             for r in analysis["pairs"]]
    return analysis | {"pairs": pairs, "slim": True}


def missing(analysis: dict) -> list[str]:
    """One line for every kind of figure this run has no data for."""
    kinds = (("tails", "No series of batches is kept by the analysis, so no tail is drawn."),
             ("order", "The order of the samples is not in the analysis, so no drift is drawn."),
             ("usl", "No workload ran at several thread counts: no scaling with threads."),
             ("fairness", "No workload ran on several threads: no fairness."),
             ("latency", "No operation was issued at a fixed rate: no latency."),
             ("system", "Allocations and system calls were not counted."))
    return [words for table, words in kinds if not analysis.get(table)] \
        + ([k_slim] if analysis.get("slim") else [])


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(k_templates), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    made.filters |= {"number": number, "fact": fact, "slug": slug_of, "ratio": ratio_text,
                     "rowkey": row_key, "maybe": maybe, "breaks": breaks}
    return made


def storms(rows: list[dict]) -> list[dict]:
    """The worst tick, a figure a component that was measured in a storm."""
    out = []
    for component in dict.fromkeys(r["component"] for r in rows):
        shown = worst.shown([r for r in rows if r["component"] == component])
        if html := claim_figures.worst_rows(shown):
            first = shown[0]
            out.append({"kind": "worst whole", "html": html, "caption": worst.sentence(shown),
                        "title": f"Worst single tick, {row_key(first)} at n = {first['n']:,}"})
    return out


def page(analysis: dict) -> str:
    """The whole page. Tables the analysis lacks (an older one does) are left out with a word."""
    optional = {k: analysis.get(k) for k in k_optional}
    tables = [page_matrix.table(analysis, m, i)
              for i, m in enumerate(figures.matrices(analysis))]
    looks = figures.looks_of(analysis)
    drawn = figures_rows.probe_figure(analysis.get("probes"))
    fragment = (k_templates / "pitfalls.html.j2").is_file()
    return _environment().get_template("report.html.j2").render(
        a=optional | analysis, words=vocabulary, span=figures_rows.span, marks=svg.marks(),
        abstract=paper.abstract(analysis), themes=paper.sections(analysis, looks),
        references=paper.references(analysis), storms=storms(analysis.get("worst") or []),
        glance=glance.of(analysis, figures.matrices(analysis)),
        tables=tables, sections=figures.sections(analysis), missing=missing(analysis),
        account=figures_rows.account_parts(analysis.get("account") or {}), probe_figure=drawn,
        probe_caption=figures.caption("of_probes", analysis.get("probes")) if drawn else "",
        account_caption=figures.caption("of_account", analysis.get("account")),
        meetings_caption=figures.caption("of_meetings", analysis.get("meetings") or []),
        system_caption=figures.caption("of_system", analysis.get("system") or []),
        pitfalls=analysis.get("pitfalls") if fragment else None)


def write(run_dir) -> Path:
    """Analyses a run folder and writes report.html, report.json and results.csv into it."""
    folder = Path(run_dir).resolve()
    analysis = analyse.analyse(folder)
    html = page(analysis).encode("utf-8")
    if len(html) > k_size_max:
        html = page(slim(analysis)).encode("utf-8")
    if len(html) > k_size_max:
        raise ReportError(f"the page would have {len(html):,} bytes", str(folder),
                          "take fewer workloads or sizes into one suite")
    analyse.write_whole(folder / "results.csv", csv_text(analysis).encode("utf-8"))
    analyse.write_whole(folder / "report.json", analyse.as_json(summary(analysis)))
    analyse.write_whole(folder / "report.html", html)
    return folder / "report.html"
