"""From a run folder to analysis.json: a pure function, to be repeated on any machine, any time."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from reports import baseline, claims, controls, findings, matrix, pairs
from reports.samples import Run, load_run

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
            "unmet": {k: v.get("unmet") or [] for k, v in told.items()},
            "variants": matrix.variants_of(run)}


def examine(run: Run) -> dict:
    checked, gate = controls.examine(run), controls.gate(run)
    compared = pairs.pair_table(run, checked, gate)
    counted = pairs.counted_table(run)
    grown = pairs.growth_table(counted)
    context = context_of(run, checked, gate)
    judged = [claims.judge_claim(c, run.index, context)
              for c in claims.of_run(run.folder, run.plan)]
    books = bibliography_of(run)
    for claim in judged:
        entry = books.get(claim["key"])
        claim["citation"] = claims.citation(entry) if entry else claim["key"]
    analysis = {
        "schema": k_schema, "run": run.name, "suite": run.plan.get("suite"),
        "title": run.plan.get("title", ""), "command": run.plan.get("command", ""),
        "seed": run.plan.get("seed"), "source": run.plan.get("source") or {},
        "fingerprint": run.environment.get("fingerprint"), "status": run.status,
        "measured": list(run.span) if run.span else None, "claims": judged, "controls": checked,
        "pairs": compared, "floors": pairs.floor_table(run), "counted": counted,
        "growth": grown,
        "matrix": matrix.build(run, compared, counted, grown),
        "environment": {k: run.environment.get(k) or {}
                        for k in ("stable", "absent", "tools", "volatile")},
        "evidence": run.evidence, "given_up": run.plan.get("given_up") or [],
        "binaries": {k: {"sha256": v.get("sha256"), "build": (v.get("describe") or {}).get("build")}
                     for k, v in (run.plan.get("binaries") or {}).items()}}
    return analysis


def analyse(run_dir) -> dict:
    """Reads a run folder, writes its analysis.json, returns it. Raises ReportError."""
    run = load_run(run_dir)
    analysis = rounded(examine(run))
    before = run.folder / "baseline.json"
    analysis["gate"] = baseline.compare(analysis, baseline.read(before), str(before))
    analysis["findings"] = findings.of_run(analysis)
    write_whole(run.folder / "analysis.json", as_json(analysis))
    return analysis
