"""From a run folder to analysis.json: a pure function, to be repeated on any machine, any time."""

from __future__ import annotations

import contextlib
import gc
import json
import math
import os
import traceback
from pathlib import Path

from reports.errors import ReportError
from reports.judge import baseline, claims
from reports.page import vocabulary
from reports.pitfalls import rows as pitfalls
from reports.samples import Run, k_malformed, load_run
from reports.stats.ratios import k_units_min
from reports.tables import (account, concurrency, control_rows, controls, counted, findings,
                            foretold, headline, kills, latency, matrix, meetings, order_strip,
                            pairs, proven, system, tails, worst)

k_schema = 1
k_digits = 10  # significant digits kept: beyond the noise, short enough to compare files


def rounded(value):
    """Numbers cut to k_digits; what is not finite becomes null, because JSON has no such number."""
    if isinstance(value, float):
        return float(f"{value:.{k_digits}g}") if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [rounded(v) for v in value]
    return value


def write_whole(path: Path, data: bytes) -> None:
    """Either the old file or the whole new one, whatever happens in between."""
    temp = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temp, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temp, path)
    finally:
        temp.unlink(missing_ok=True)


def as_json(data) -> bytes:
    return (json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def bibliography_of(run: Run) -> dict:
    """The run's own copy where there is one, so that an old run keeps its citations."""
    own = run.folder / "bibliography.toml"
    return claims.load_bibliography(own if own.is_file() else None)


def context_of(run: Run, checked: dict, gate: dict) -> dict:
    told = run.plan.get("claims") or {}
    return {"run": run.name, "suite": run.plan.get("suite", "SUITE"), "gate": gate,
            "controls_ok": checked["times_ok"], "counts_ok": checked["counts_ok"],
            "absent": checked["absent"], "environment": run.environment,
            "missed": control_rows.missed_groups(checked["planted"]),
            "deltas": {r["group"]: r["delta"] for r in checked["aa"] if r["units"] >= k_units_min},
            "unmet": {k: v.get("unmet") or [] for k, v in told.items()},
            "variants": matrix.variants_of(run)}


def tables_of(run: Run, checked: dict, gate: dict) -> dict:
    """Every table of the analysis that comes from samples alone."""
    compared, counts = pairs.pair_table(run, checked, gate), counted.counted_table(run)
    shown = {c: headline.of_component(compared, counts, c) for c in matrix.components_of(run)}
    return {"pairs": compared, "floors": pairs.band_table(run, "floor"),
            "roofs": pairs.band_table(run, "roof"), "counted": counts,
            "growth": counted.growth_table(counts), "tails": tails.table(run, shown),
            "order": order_strip.table(run, shown), "usl": concurrency.usl_table(run),
            "fairness": concurrency.fairness_table(run), "latency": latency.table(run),
            "meetings": meetings.table(run), "system": system.table(run),
            "worst": worst.table(run)}


k_in_matrix = ("pairs", "counted", "growth", "tails", "fairness", "system", "worst")


def examine(run: Run) -> dict:
    checked, gate = controls.examine(run), controls.gate(run)
    tables = tables_of(run, checked, gate)
    context = context_of(run, checked, gate)
    judged = [claims.judge_claim(c, run.index, context)
              for c in claims.of_run(run.folder, run.plan)]
    books = bibliography_of(run)
    for claim in judged:
        entry = books.get(claim["key"])
        claim["citation"] = claims.citation(entry) if entry else claim["key"]
    sources = dict.fromkeys(v["source"] for v in context["variants"])
    matrices = matrix.build_all(run, {k: tables[k] for k in k_in_matrix})
    plan = run.plan
    return {
        "schema": k_schema, "run": run.name, "suite": plan.get("suite"),
        "title": plan.get("title", ""), "command": plan.get("command", ""),
        "seed": plan.get("seed"), "source": plan.get("source") or {},
        "fingerprint": run.environment.get("fingerprint"), "status": run.status,
        "measured": list(run.span) if run.span else None, "claims": judged, "controls": checked,
        **tables, "matrix": matrices[0], "matrices": matrices,
        "account": account.of_run(run), "probes": account.probes(run),
        "counters": run.counters,
        "pilot": plan.get("pilot"), "looks": plan.get("looks") or [],
        "stop_rule": plan.get("stop_rule"), "layouts": plan.get("layouts"),
        "placements": plan.get("placements") or {}, "pitfalls": pitfalls.rows_of(run.folder) or [],
        "statistics": vocabulary.k_statistics,
        "environment": {k: run.environment.get(k) or {}
                        for k in ("stable", "absent", "tools", "volatile")},
        "references": {k: claims.citation(books[k]) for k in sources if k in books},
        "evidence": run.evidence, "kills": kills.table(run),
        "proven": proven.table(run), "foretold": foretold.table(run),
        "given_up": plan.get("given_up") or [],
        "binaries": {k: {"sha256": v.get("sha256"), "build": (v.get("describe") or {}).get("build")}
                     for k, v in (plan.get("binaries") or {}).items()}}


@contextlib.contextmanager
def readable(folder: Path):
    """A file whose JSON is sound but which says a word where a number belongs (cut by hand, made by
    another tool) is bad input like any other: named, with a remedy, not a traceback."""
    try:
        yield
    except k_malformed as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise ReportError(f"a file of the run is not what a run writes: {type(error).__name__}, "
                          f"{error} ({Path(place.filename).name}:{place.lineno})", str(folder),
                          "restore its plan.json, environment.json, status.json and evidence.json, "
                          "or begin a new run") from error


@contextlib.contextmanager
def long_lived():
    """A hundred thousand samples hold no cycles and all live to the end: looking through them again
    and again for garbage took most of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if was:
            gc.enable()


def analyse(run_dir) -> dict:
    """Reads a run folder, writes its analysis.json, returns it. Raises ReportError."""
    with long_lived(), readable(Path(run_dir)):
        run = load_run(run_dir)
        gc.freeze()
        analysis = rounded(examine(run))
        before = run.folder / "baseline.json"
        earlier = baseline.read(before)
        analysis["gate"] = baseline.compare(analysis, earlier, str(before))
        analysis["environment_diff"] = baseline.environment_diff(analysis, earlier)
        analysis["findings"] = findings.of_run(analysis)
    write_whole(run.folder / "analysis.json", as_json(analysis))
    return analysis
