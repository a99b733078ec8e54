"""The evidence matrix as a table: which columns it has, cell by cell, and what a row unfolds.

A column in which no row has anything is left out and named below the table instead; proofs are the
exception, because their absence is worth a column.
"""

from __future__ import annotations

from reports.tables.matrix import k_dash
from reports.tables.matrix_words import k_word

k_evidence = (("proof", "proven"), ("explored", "executions explored"),
              ("linearizable", "lineari\u00adzable"), ("progress", "progress"),
              ("coherence", "cache lines"), ("conformance", "confor\u00admance"),
              ("property", "property"), ("counted_work", "counted work"), ("fuzz", "fuzz"),
              ("mutants", "mutants killed"), ("stress", "stress"),
              ("sanitizers", "sani\u00adtizers"))
k_declared = (("declared", "START · STOP · TICK"), ("lateness", "late by at most"),
              ("order", "order"), ("next", "next deadline"))
k_extra = (("promises", "declared", "declared"), ("a12", "A12", "chance to win"),
           ("tail", "p99 over p50", "tail"),
           ("worst", "worst tick", "storm"), ("fairness", "fairness", "threads"),
           ("allocations", "allocations per operation", "system"),
           ("syscalls", "system calls per operation", "system"),
           ("overhead", "harness overhead", "harness"))
k_memory = (("bytes_cell", "bytes an item"), ("fixed_cell", "bytes beside"))
k_nothing = ("–", "")


def _shown(cell: dict | None) -> dict:
    return k_dash if not cell else {"title": "", "sort": None, "status": "plain"} | cell


def _nothing(cell: dict) -> bool:
    """A cell without data; one with a word only says why there is none."""
    return cell.get("text") in k_nothing or cell.get("status") == k_word


def _column(group: str, label: str, cells: list[dict], kind: str = "plain") -> dict:
    return {"group": group, "label": label, "kind": kind, "cells": [_shown(c) for c in cells],
            "absent": all(_nothing(c or k_dash) for c in cells)}


def _spread(rows: list[dict], key: str, label: str, group: str) -> list[dict]:
    """One column, or one a workload where the cells are told apart by workload."""
    found = [r.get(key) for r in rows]
    if all(f is None or "text" in f for f in found):
        return [_column(group, label, found)]
    names = list(dict.fromkeys(w for f in found if f and "text" not in f for w in f))
    return [_column(label if len(names) > 1 else group, w if len(names) > 1 else label,
                    [(f or {}).get(w) if f and "text" not in f else f for f in found])
            for w in names]


def columns(matrix: dict) -> list[dict]:
    rows = matrix["rows"]
    out = [_column("evidence", label, [r.get(key) for r in rows]) for key, label in k_evidence]
    out += [_column("ratio of time", w, [r["ratios"].get(w) for r in rows], "ratio")
            for w in matrix["timed"]]
    out += [_column("declared", label, [r.get(key) for r in rows]) for key, label in k_declared]
    out.append(_column("counted", "growth", [r.get("growth") for r in rows], "growth"))
    out += [_column("instructions per operation", op, [r["instructions"].get(op) for r in rows])
            for op in matrix["ops"]]
    for key, label, group in k_extra:
        out += _spread(rows, key, label, group)
    return out + [_column("memory", label, [r.get(key) for r in rows]) for key, label in k_memory]


def _command(analysis: dict, row: dict) -> str:
    """What measures this row again; from its first cell where the analysis names none."""
    redo = row.get("redo")
    if redo:
        return redo if isinstance(redo, str) else redo.get("text") or str(redo)
    for cell in (*analysis["pairs"], *analysis["counted"]):
        if cell["variant"] == row["name"]:
            return f"scripts/cyclone redo {analysis['run']} {cell['cell']}"
    return ""


def _explain(row: dict) -> str:
    told = row.get("explain")
    return (told.get("text") or "" if isinstance(told, dict) else told or "").strip()


def table(analysis: dict, matrix: dict, index: int) -> dict:
    """All that the template needs of one family."""
    every = columns(matrix)
    kept = [c for c in every if not c["absent"] or c["label"] == "proven"]
    groups: list[list] = []
    for column in kept:
        column["first"] = not groups or groups[-1][0] != column["group"]
        if column["first"]:
            groups.append([column["group"], 0])
        groups[-1][1] += 1
    component = matrix.get("component") or next(
        (p["component"] for p in analysis["pairs"] + analysis["counted"]
         if p["variant"] in {r["name"] for r in matrix["rows"]}), "")
    rows = []
    for i, r in enumerate(matrix["rows"]):
        cells = [c["cells"][i] for c in kept]
        reasons = [f"{c['label']}: {x['status'].lower()}, {x['title']}"
                   for c, x in zip(kept, cells)
                   if x["status"] in ("INVALID", "UNDECIDED") and x["title"]]
        verdicts = {c["cells"][i]["status"].lower() for c in kept if c["kind"] == "ratio"}
        rows.append({"name": r["name"], "role": r["role"], "note": r["note"], "cells": cells,
                     "source": r.get("source") or "", "traits": r.get("traits") or {},
                     "find": " ".join([r["name"], r["role"], *sorted(verdicts - {"absent"})]),
                     "explain": _explain(r), "redo": _command(analysis, r),
                     "reasons": reasons,
                     "id": f"more-{index}-{i}"})
    return {"component": component, "n": matrix["n"], "reference": matrix["reference"],
            "columns": kept, "groups": groups, "rows": rows, "index": index,
            "roles": list(dict.fromkeys(r["role"] for r in rows)),
            "left_out": [c["label"].replace("\u00ad", "") for c in every if c not in kept]}
