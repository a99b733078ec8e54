"""The evidence matrix: one row a variant, what is shown about it beside what it costs.

A cell is a dict of text, status and a number to sort by; absent data is a dash and never a zero.
"""

from __future__ import annotations

import math
from collections import Counter

from reports.groups import binary_key, k_controls
from reports.judge.rules_common import redo
from reports.samples import Run
from reports.tables import headline, matrix_words as words, proven, tails, worst
from reports.tables.controls import k_sanitizers

k_dash = {"text": "–", "status": "absent", "sort": None, "title": "no data"}


def cell(shown: str, status: str = "plain", sort=None, title: str = "") -> dict:
    return {"text": shown, "status": status, "sort": sort, "title": title}


def _named(run: Run) -> dict[tuple[str, str], None]:
    """(component, variant) of everything that the run knows, in the order of the plan."""
    found = []
    for key, entry in (run.plan.get("binaries") or {}).items():
        found.append(((entry.get("describe") or {}).get("component"), key.rsplit("/", 1)[-1]))
    found += [(c.component, c.variant) for c in run.index.cells.values()]
    found += [(r.get("component"), r.get("variant")) for r in run.evidence]
    known = {v: c for c, v in reversed(found) if c}
    found += [(None, v) for v in run.plan.get("gate") or {}]
    return dict.fromkeys((c or known.get(v, ""), v) for c, v in found
                         if v and v not in k_controls)


def variants_of(run: Run) -> list[dict]:
    """Every variant the run knows, variants before peers, in the order of the plan."""
    out = []
    for component, name in _named(run):
        entry = (run.plan.get("binaries") or {}).get(binary_key(component, name)) or {}
        said = entry.get("describe") or {}
        source = said.get("source", "")
        role = entry.get("role") or ("peer" if source and source == source.lower() else "variant")
        out.append({"name": name, "component": component, "role": role, "kind": said.get("kind"),
                    "note": said.get("note", ""), "source": source,
                    "bytes": said.get("bytes_per_timer", said.get("bytes_per_item")),
                    "fixed": said.get("fixed_bytes"),
                    "traits": said.get("traits", {}), "explain": entry.get("explain", "")})
    return sorted(out, key=lambda v: v["role"] == "peer")


def components_of(run: Run) -> list[str]:
    return list(dict.fromkeys(v["component"] for v in variants_of(run))) or [""]


def amount(count: int) -> str:
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return str(count)


def _of(run: Run, v: dict) -> list[dict]:
    """Evidence of one variant; lines without a component are of an older run with one."""
    return [r for r in run.evidence if r.get("variant") == v["name"]
            and r.get("component", v["component"]) == v["component"]]


def _rows(run: Run, v: dict, suite: str) -> list[dict]:
    return [r for r in _of(run, v) if r.get("suite") == suite]


def suite_cell(run: Run, v: dict, suite: str) -> dict:
    rows = _rows(run, v, suite)
    if not rows:
        return k_dash
    red = [r for r in rows if not r.get("passed")]
    if red:
        return cell("FAILED", "failed", -1, red[0].get("detail", ""))
    cases = sum(int(r.get("cases") or 0) for r in rows)
    where = ", ".join(sorted({f"{r.get('tool', '')} {r.get('preset', '')}".strip() for r in rows}))
    return cell(amount(cases) if cases else "passed", "ok", cases, where)


def mutants_cell(run: Run, v: dict) -> dict:
    rows = [r["mutants"] for r in _rows(run, v, "mutants") if r.get("mutants")]
    if not rows:
        return k_dash
    best = max(rows, key=lambda m: (m.get("total", 0), m.get("killed", 0)))
    killed, total = best.get("killed", 0), best.get("total", 0)
    if not total:
        return k_dash
    by = ", ".join(f"{k}: {v}" for k, v in sorted((best.get("by") or {}).items()))
    return cell(f"{killed}/{total}", "ok" if killed == total else "failed", killed / total, by)


def sanitizer_cell(run: Run, v: dict) -> dict:
    rows = [r for r in _of(run, v) if r.get("preset") in k_sanitizers]
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
        "interval": basis or interval, "a12": row["a12"], "redo": row["redo"]}


def listed_cell(rows: list[tuple[dict, float]], shown, worst=max) -> dict:
    """One figure for several columns: the worst of them, all of them in the title."""
    if not rows:
        return k_dash
    value = worst(v for _, v in rows)
    every = "; ".join(f"{row_key(r)}: {shown(v)}" for r, v in rows)
    return cell(shown(value), "plain", value, every)


def a12_cell(pairs: list[dict]) -> dict:
    """Of several workloads the one that is least clear; 0.5 is a coin."""
    rows = [(r, r["a12"]) for r in pairs if r["a12"] is not None]
    return listed_cell(rows, lambda v: f"{v:.2f}", lambda vs: min(vs, key=lambda v: abs(v - 0.5)))


def overhead_cell(pairs: list[dict]) -> dict:
    rows = [(r, r["overhead"]) for r in pairs if r["overhead"] is not None]
    return listed_cell(rows, lambda v: f"{100 * v:.1f} %")


def tail_cell(pairs: list[dict], shares: dict[str, dict]) -> dict:
    rows = [(r, shares[r["cell"]]["ratio"]) for r in pairs if r["cell"] in shares]
    return listed_cell(rows, ratio_text)


def fairness_cell(rows: list[dict]) -> dict:
    return listed_cell([(r, r["ratio_min_max"]) for r in rows], lambda v: f"{v:.2f}", min)


def per_op_cell(rows: list[dict], name: str) -> dict:
    """A count an operation; a dash that says why where it could not be had."""
    told = [(r, r[f"{name}_per_op"]) for r in rows]
    held = [(r, v) for r, v in told if not isinstance(v, str)]
    if not held:
        why = next((r["why"].get(name, "") for r, _ in told), "")
        return k_dash | {"title": f"unavailable: {why}" if why else k_dash["title"]}
    return listed_cell(held, lambda v: f"{v:.3g}")


def ratio_text(value: float) -> str:
    """Three significant digits, so that an interval of a per cent can be told from a point."""
    if not value or not math.isfinite(value):
        return f"{value:.2f}"
    return f"{value:,.{min(6, max(0, 2 - math.floor(math.log10(abs(value)))))}f}"


def bytes_cell(size: int | None) -> dict:
    return k_dash if size is None else cell(f"{size:,}", "plain", size)


def count_cell(figure: float) -> dict:
    return cell(f"{figure:,.4g}" if figure < 1000 else f"{figure:,.0f}", "plain", figure)


def row_key(row: dict) -> str:
    """A workload with the parameters that make it a column of its own."""
    extra = ", ".join(v if k in ("dist", "mode") else f"{k} {v}"
                      for k, v in sorted(row["params"].items()))
    return row["workload"] + (f" {extra}" if extra else "")


def build_all(run: Run, tables: dict) -> list[dict]:
    """One matrix a component. `tables`: pairs, counted, growth, tails, fairness, system."""
    return [build(run, {k: [r for r in rows if r["component"] == c] for k, rows in tables.items()},
                  c) for c in components_of(run)]


def build(run: Run, tables: dict, component: str) -> dict:
    pairs, counted = tables["pairs"], tables["counted"]
    n = headline.of_rows(pairs or counted)
    timed = list(dict.fromkeys(row_key(r) for r in pairs if r["n"] == n))
    priced = [r for r in counted if r["meter"] == "instructions" and r["n"] == n]
    known = Counter(row_key(r) for r in priced)
    half = max(known.values(), default=0) / 2  # what only a claim asked of a few is no column
    ops = [op for op in known if known[op] >= half]
    asked = {row_key(r): (r["workload"], r["params"]) for r in (*pairs, *priced)}
    shown = {"n": n, "timed": timed, "asked": asked, "ops": ops,
             "reference": next((r["reference"] for r in pairs), None),
             "priced": {(r["variant"], row_key(r)): r for r in priced},
             "worst": {r["variant"]: r for r in worst.shown(tables["worst"])},
             "tails": tails.share_of(tables["tails"])}
    rows = [_row(run, v, tables, shown) for v in variants_of(run) if v["component"] == component]
    return {"component": component, "n": n, "timed": timed, "ops": ops, "rows": rows,
            "reference": shown["reference"]}


def worst_cell(row: dict | None) -> dict:
    """The worst single tick of the storm: nanoseconds where there are any, the work beside."""
    if row is None or row["ns"] is None and row["work"] is None:
        return k_dash
    beside = [f"{row_key(row)} at n = {row['n']:,}"]
    beside += [f"{k} {row[k]:,.0f}" for k in ("work", "fired") if row[k] is not None]
    if row["ns"] is None:
        return cell(f"{row['work']:,.0f} steps", "plain", row["work"], "; ".join(beside))
    if not worst.sure(row):
        beside.append("one process: no interval")
    return cell(worst.duration(row["ns"]), "plain", row["ns"], "; ".join(beside))


def _evidence(run: Run, v: dict) -> dict:
    known = bool(_of(run, v))
    return {
        "conformance": suite_cell(run, v, "conformance"),
        "property": suite_cell(run, v, "property"), "fuzz": suite_cell(run, v, "fuzz"),
        "counted_work": words.counted_work(suite_cell(run, v, "counted_work"), v),
        "stress": words.threads(suite_cell(run, v, "stress"), v),
        "mutants": words.mutants(mutants_cell(run, v), v, known),
        "sanitizers": sanitizer_cell(run, v),
        "proof": words.proof(suite_cell(run, v, "proof"), known),
        "explored": proven.cell_of(run, v["component"], v["name"]) or k_dash,
        "linearizable": suite_cell(run, v, "linearizable"),
        "progress": proven.facts_cell(run, v["component"], v["name"], "progress") or k_dash,
        "coherence": proven.facts_cell(run, v["component"], v["name"], "coherence") or k_dash}


def _row(run: Run, v: dict, tables: dict, shown: dict) -> dict:
    name = v["name"]
    mine = {k: [r for r in rows if r["variant"] == name] for k, rows in tables.items()}
    pairs = [r for r in mine["pairs"] if r["n"] == shown["n"]]
    by_key = {}
    for r in pairs:
        by_key.setdefault(row_key(r), r)
    instructions = {}
    for op in shown["ops"]:
        row = shown["priced"].get((name, op))
        figure = row["figures"].get("instructions") if row else None
        instructions[op] = count_cell(figure) if figure else words.of_plan(
            k_dash, run, v, (*shown["asked"][op], shown["n"], "instructions"))
    ratios = {w: words.of_plan(ratio_cell(by_key.get(w)), run, v,
                               (*shown["asked"][w], shown["n"], "time")) for w in shown["timed"]}
    alone = name == shown["reference"]
    return v | _evidence(run, v) | {
        "growth": growth_cell(mine["growth"]), "instructions": instructions, "ratios": ratios,
        "declared": words.declared_growth(v, mine["growth"]), "lateness": words.lateness(v),
        "order": words.declared(v, "order"), "next": words.declared(v, "next"),
        "a12": words.beside_reference(a12_cell(pairs), alone), "overhead": overhead_cell(pairs),
        "tail": tail_cell(pairs, shown["tails"]),
        "fairness": words.fairness(fairness_cell(mine["fairness"]), v),
        "promises": words.promises(v),
        "worst": worst_cell(shown["worst"].get(name)),
        "allocations": per_op_cell(mine["system"], "allocations"),
        "syscalls": per_op_cell(mine["system"], "syscalls"),
        "redo": redo(run.name, pairs[0]["cell"]) if pairs else
        redo(run.name, mine["counted"][0]["cell"]) if mine["counted"] else "",
        "bytes_cell": bytes_cell(v["bytes"]), "fixed_cell": bytes_cell(v["fixed"])}
