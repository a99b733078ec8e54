"""The evidence matrix: one row a variant, what is shown about it beside what it costs.

A cell is a dict of text, status and a number to sort by; absent data is a dash and never a zero.
"""

from __future__ import annotations

from collections import Counter

from reports.controls import k_sanitizers
from reports.samples import Run

k_dash = {"text": "–", "status": "absent", "sort": None, "title": "no data"}


def cell(shown: str, status: str = "plain", sort=None, title: str = "") -> dict:
    return {"text": shown, "status": status, "sort": sort, "title": title}


def variants_of(run: Run) -> list[dict]:
    """Every variant the run knows, variants before peers, in the order of the plan."""
    names = [v for v in run.plan.get("binaries") or {} if v != "floor"]
    names += [c.variant for c in run.index.cells.values()]
    names += [r.get("variant") for r in run.evidence] + list(run.plan.get("gate") or {})
    out = []
    for name in dict.fromkeys(n for n in names if n and n != "floor"):
        entry = (run.plan.get("binaries") or {}).get(name) or {}
        said = entry.get("describe") or {}
        source = said.get("source", "")
        role = entry.get("role") or ("peer" if source and source == source.lower() else "variant")
        out.append({"name": name, "role": role, "note": said.get("note", ""), "source": source,
                    "bytes": said.get("bytes_per_timer"), "fixed": said.get("fixed_bytes"),
                    "traits": said.get("traits", {})})
    return sorted(out, key=lambda v: v["role"] == "peer")


def headline_n(pairs: list[dict], counted: list[dict]) -> int | None:
    """The size the matrix shows: the largest at which the most variants have data."""
    seen = Counter()
    for variant, n in {(r["variant"], r["n"]) for r in (pairs or counted)}:
        seen[n] += 1
    return max(seen, key=lambda n: (seen[n], n)) if seen else None


def amount(count: int) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)


def _rows(run: Run, variant: str, suite: str) -> list[dict]:
    return [r for r in run.evidence if r.get("variant") == variant and r.get("suite") == suite]


def suite_cell(run: Run, variant: str, suite: str) -> dict:
    rows = _rows(run, variant, suite)
    if not rows:
        return k_dash
    red = [r for r in rows if not r.get("passed")]
    if red:
        return cell("FAILED", "failed", -1, red[0].get("detail", ""))
    cases = sum(int(r.get("cases") or 0) for r in rows)
    where = ", ".join(sorted({f"{r.get('tool', '')} {r.get('preset', '')}".strip() for r in rows}))
    return cell(amount(cases) if cases else "passed", "ok", cases, where)


def mutants_cell(run: Run, variant: str) -> dict:
    rows = [r["mutants"] for r in _rows(run, variant, "mutants") if r.get("mutants")]
    if not rows:
        return k_dash
    best = max(rows, key=lambda m: (m.get("total", 0), m.get("killed", 0)))
    killed, total = best.get("killed", 0), best.get("total", 0)
    if not total:
        return k_dash
    by = ", ".join(f"{k}: {v}" for k, v in sorted((best.get("by") or {}).items()))
    return cell(f"{killed}/{total}", "ok" if killed == total else "failed", killed / total, by)


def sanitizer_cell(run: Run, variant: str) -> dict:
    rows = [r for r in run.evidence
            if r.get("variant") == variant and r.get("preset") in k_sanitizers]
    if not rows:
        return k_dash
    red = [r for r in rows if not r.get("passed")]
    if red:
        return cell("FAILED", "failed", -1, f"{red[0]['preset']}: {red[0].get('detail', '')}")
    names = [s for s in k_sanitizers if any(r["preset"] == s for r in rows)]
    return cell(" ".join(names), "ok", len(names),
                ", ".join(names))


def growth_cell(rows: list[dict]) -> dict:
    """Classes with their operations, instructions where both were counted."""
    best: dict[str, dict] = {}
    if any(r["metric"] == "instructions" for r in rows):
        rows = [r for r in rows if r["metric"] == "instructions"]
    else:  # counted work of a claim's own workload says little where it says nothing
        rows = [r for r in rows if r["class"] != "cannot tell"]
    for row in sorted(rows, key=lambda r: -len(r["n"])):  # the series with the most sizes
        if row["params"].get("mode") != "expire":  # a law of its own, judged by its claim
            best.setdefault(row["workload"], row)
    if not best:
        return k_dash
    groups: dict[str, list[str]] = {}
    for name, row in sorted(best.items()):
        groups.setdefault(row["class"], []).append(name)
    order = ("1", "log n", "n", "cannot tell")
    lines = [{"class": "?" if k == "cannot tell" else f"O({k})", "ops": ", ".join(groups[k])}
             for k in order if k in groups]
    worst = max((order.index(k) for k in groups if k in order[:3]), default=3)
    return cell("; ".join(f"{x['class']}: {x['ops']}" for x in lines), "plain", worst) | {
        "lines": lines}


def ratio_cell(row: dict | None) -> dict:
    if row is None:
        return k_dash
    if row["verdict"] == "reference":
        return cell("1", "reference", 1.0, "the reference of this column")
    if row["ratio"] is None:
        return cell("–", row["verdict"], None, row["reason"])
    interval = "" if row["low"] is None or row["basis"] != "time" else \
        f"{ratio_text(row['low'])}–{ratio_text(row['high'])}"
    basis = {"instructions": "counted", "work.total": "counted work"}.get(row["basis"])
    return cell(ratio_text(row["ratio"]), row["verdict"], row["ratio"], row["reason"]) | {
        "interval": basis or interval}


def ratio_text(value: float) -> str:
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}"


def count_cell(figure: float) -> dict:
    return cell(f"{figure:,.4g}" if figure < 1000 else f"{figure:,.0f}", "plain", figure)


def row_key(row: dict) -> str:
    """A workload with the parameters that make it a column of its own."""
    extra = ", ".join(v if k in ("dist", "mode") else f"{k} {v}"
                      for k, v in sorted(row["params"].items()))
    return row["workload"] + (f" {extra}" if extra else "")


def build(run: Run, pairs: list[dict], counted: list[dict], growth: list[dict]) -> dict:
    n = headline_n(pairs, counted)
    timed = list(dict.fromkeys(row_key(r) for r in pairs if r["n"] == n))
    priced = [r for r in counted if r["meter"] == "instructions" and r["n"] == n]
    known = Counter(row_key(r) for r in priced)
    half = max(known.values(), default=0) / 2  # what only a claim asked of a few is no column
    ops = [op for op in known if known[op] >= half]
    by_pair, by_op = {}, {(r["variant"], row_key(r)): r for r in priced}
    for r in pairs:
        if r["n"] == n:
            by_pair.setdefault((r["variant"], row_key(r)), r)
    rows = []
    for v in variants_of(run):
        name = v["name"]
        instructions = {}
        for op in ops:
            row = by_op.get((name, op))
            figure = row["figures"].get("instructions") if row else None
            instructions[op] = count_cell(figure) if figure else k_dash
        rows.append(v | {
            "conformance": suite_cell(run, name, "conformance"),
            "property": suite_cell(run, name, "property"),
            "fuzz": suite_cell(run, name, "fuzz"),
            "mutants": mutants_cell(run, name),
            "sanitizers": sanitizer_cell(run, name),
            "proof": k_dash,
            "growth": growth_cell([g for g in growth if g["variant"] == name]),
            "instructions": instructions,
            "ratios": {w: ratio_cell(by_pair.get((name, w))) for w in timed},
            "bytes_cell": cell(str(v["bytes"]), "plain", v["bytes"],
                               f"{v['fixed']:,} bytes beside" if v["fixed"] else "")
            if v["bytes"] is not None else k_dash})
    return {"n": n, "timed": timed, "ops": ops, "rows": rows,
            "reference": next((r["reference"] for r in pairs), None)}
