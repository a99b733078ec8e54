"""`cyclone export`: samples and tables as CSV, JSON or SQLite, or the whole run as a bundle.

A table is a list of rows with the columns named here, in this order; what a run does not have is
empty (CSV), null (JSON, SQLite). A nested value is JSON in its cell. The bundle is a tar.gz of the
run folder with a manifest of hashes in front; equal runs give equal bytes.
"""

import csv
import gzip
import hashlib
import io
import json
import os
import sqlite3
import tarfile
import tempfile
from pathlib import Path

from lab.errors import CANNOT_CREATE, NO_INPUT, CycloneError, os_errors
from lab.files import read_json, sha256_file

FORMATS = ("csv", "json", "sqlite", "tar")
MANIFEST = "bundle.json"
DERIVED = ("analysis.json", "report.json", "report.html", "results.csv")

_CELL = {"cell": "id of the cell", "component": "component", "variant": "variant",
         "workload": "workload", "params": "parameters, JSON", "n": "size", "meter": "meter"}
_SAMPLE = {
    "run": "id of the run", **_CELL, "role": "subject, aa, floor, roof or planted",
    "experiment": "experiment of the suite or claim", "block": "block of the sample",
    "pos": "place in the order of the block", "layout": "index of the link that ran",
    "planted": "share of extra time put in on purpose", "cpus": "CPUs it was pinned to, JSON",
    "t0": "start, UTC", "mono": "start, seconds on the monotonic clock",
    "wall_s": "life of the process in seconds", "cpu_s": "CPU time of the process",
    "rc": "exit code", "seed": "seed of the process", "pad": "bytes of padding in its environment",
    "binary": "sha256 of the program", "tags": "why the sample is suspect, JSON",
    "steal_ticks": "ticks the host took", "psi_cpu_us": "microseconds of CPU pressure",
    "ops": "operations measured", "ns_per_op": "nanoseconds an operation",
    "iter_ns": "nanoseconds an operation, by batch, JSON",
    "instructions": "instructions in the measured region, all operations",
    "main_ns": "from main() to the answer", "warmup_ns": "spent on runs not kept",
    "work": "counted work, JSON", "values": "what the workload reports, JSON",
    "sw": "switches, migrations, faults, JSON", "counters": "hardware and software counters, JSON",
    "latency": "open-loop histograms, JSON", "threads": "operations by thread, JSON",
    "system": "allocations and system calls, JSON", "result_hash": "digest of the results",
    "error": "why the sample failed"}
_PAIR = {
    **{k: v for k, v in _CELL.items() if k != "meter"}, "reference": "variant it is compared with",
    "verdict": "FASTER, SLOWER, SAME, UNDECIDED, INVALID", "reason": "why", "basis": "time, or "
    "what was counted", "ratio": "median ratio to the reference", "low": "lower bound",
    "high": "upper bound", "coverage": "coverage attained", "level": "level asked for",
    "unit": "layout or block", "units": "units compared", "delta": "log ratio not told apart",
    "floor_share": "share of the harness", "p": "sign test", "p_holm": "the same, Holm in the "
    "group", "p_perm": "block permutation test", "q": "Benjamini-Hochberg over the run",
    "a12": "chance that the subject is faster", "a12_low": "lower bound", "a12_high":
    "upper bound", "tost_p": "two one-sided tests", "power": "power for the planned difference",
    "lag1": "autocorrelation inside a process", "autocorrelated": "whether that is tagged",
    "more_blocks": "blocks still needed", "unit_ratios": "ratio by unit, JSON",
    "ns": "median time with interval, JSON"}
_COUNTED = {**_CELL, "samples": "samples", "figure": "what was counted", "value": "per operation; "
            "values.* as the workload reports them"}
_CLAIM = {"id": "id of the claim", "component": "component", "key": "source", "where": "place in "
          "the source", "title": "title", "verdict": "verdict", "sentence": "the verdict in words",
          "file": "claim file", "sha256": "hash of the file when planned",
          "edited_after_plan": "whether it changed after the plan"}
COLUMNS = {"samples": _SAMPLE, "pairs": _PAIR, "counted": _COUNTED, "claims": _CLAIM}
TABLES = tuple(COLUMNS)


def _row(columns, *sources):
    """The columns, each from the first source that has it."""
    return {name: next((s[name] for s in sources if s.get(name) is not None), None)
            for name in columns}


def sample_rows(run):
    """One flat row a sample, in the order they were taken."""
    cells = {c["id"]: c | {"cell": c["id"]} for c in run.plan()["cells"]}
    return [_row(_SAMPLE, sample, cells.get(sample["cell"], {}), sample.get("result") or {})
            for sample in run.samples()]


def analysis_rows(analysis):
    """pairs, counted (long: one row a figure) and claims of an analysis."""
    counted = [_row(_COUNTED, row, {"figure": name, "value": value})
               for row in analysis.get("counted", [])
               for name, value in sorted(row["figures"].items())]
    return {"pairs": [_row(_PAIR, row) for row in analysis.get("pairs", [])],
            "counted": counted,
            "claims": [_row(_CLAIM, row) for row in analysis.get("claims", [])]}


def tables(run):
    """Every table of a run, by name."""
    path = run.path / "analysis.json"
    if not path.is_file():
        raise CycloneError(f"{run.id} is not analysed", str(path), f"cyclone analyse {run.id}",
                           NO_INPUT)
    return {"samples": sample_rows(run), **analysis_rows(read_json(path))}


def plain(value):
    """A value a table cell can hold: nested ones become JSON, in one spelling."""
    if isinstance(value, (dict, list, tuple)):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return value


def csv_bytes(name, rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS[name], lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: plain(v) for k, v in row.items()} for row in rows)
    return stream.getvalue().encode()


def json_bytes(run, held):
    value = {"schema": 1, "run": run.id, "environment": read_json(run.path / "environment.json"),
             "columns": COLUMNS, **held}
    return (json.dumps(value, indent=1) + "\n").encode()


def sqlite_write(path, held):
    """One table each, and `columns` that says what every column means."""
    with sqlite3.connect(path) as base:
        base.execute('CREATE TABLE columns ("table" TEXT, "column" TEXT, meaning TEXT)')
        for name, columns in COLUMNS.items():
            names = ", ".join(f'"{c}"' for c in columns)
            base.execute(f'CREATE TABLE "{name}" ({names})')
            base.executemany('INSERT INTO columns VALUES (?, ?, ?)',
                             [(name, c, meaning) for c, meaning in columns.items()])
            marks = ", ".join("?" * len(columns))
            base.executemany(f'INSERT INTO "{name}" VALUES ({marks})',
                             [[plain(row[c]) for c in columns] for row in held[name]])
    base.close()


def bundle_files(run):
    """The files of a run that travel, by name: no link, no lock, nothing half written."""
    found = [p for p in run.path.rglob("*") if p.is_file() and not p.is_symlink()]
    return {str(p.relative_to(run.path)): p for p in sorted(found)
            if not any(part.startswith(".") for part in p.relative_to(run.path).parts)}


def tar_write(path, run):
    files = bundle_files(run)
    lines = run.samples_file.read_bytes().count(b"\n") if run.samples_file.exists() else 0
    manifest = {"schema": 1, "run": run.plan().get("run") or run.id, "sample_lines": lines,
                "files": {name: sha256_file(file) for name, file in files.items()}}
    top = manifest["run"]
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", mtime=0, fileobj=raw) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, f"{top}/{MANIFEST}", json.dumps(manifest, indent=1).encode())
        for name, file in files.items():
            if name != MANIFEST:
                _add(archive, f"{top}/{name}", file.read_bytes())
    return {"files": len(files), "samples": lines}


def _add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))


def _fill(temp, run, form, table):
    """Writes the file; returns how many rows of what it holds."""
    if form == "tar":
        return tar_write(temp, run)
    held = tables(run)
    if form == "csv":
        Path(temp).write_bytes(csv_bytes(table, held[table]))
        return {table: len(held[table])}
    if form == "json":
        Path(temp).write_bytes(json_bytes(run, held))
    else:
        sqlite_write(temp, held)
    return {name: len(rows) for name, rows in held.items()}


def write(run, form, target, table="samples"):
    """Writes beside, then links: a file that is there stays, a new one is whole."""
    target = Path(target)
    taken = CycloneError("the file is there already", str(target), "name another file",
                         CANNOT_CREATE)
    if target.exists():
        raise taken
    with os_errors(target, "cannot write"), \
            tempfile.TemporaryDirectory(prefix=".part-", dir=target.parent) as folder:
        temp = os.path.join(folder, "out")
        rows = _fill(temp, run, form, table)
        os.chmod(temp, 0o644)
        try:
            os.link(temp, target)
        except FileExistsError:
            raise taken from None
    return {"schema": 1, "run": run.id, "format": form, "file": str(target), "rows": rows,
            "bytes": target.stat().st_size, "sha256": _digest(target)}


def _digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
