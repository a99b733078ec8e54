"""The report's figures, put in order: per experiment and workload, each with title and caption.

Intervals are always drawn. Lines carry their own names at their ends, or below where the page is
narrow. Colours tell variants apart in curves and verdicts in rows; marks, dashes and words say the
same again without colour. What was not measured has no figure.
"""

from __future__ import annotations

import re

from reports.page import figures_rows as rows_of, svg
from reports.page.figures_curves import against_n, style_of, usl_figure
from reports.page.figures_spread import ccdf_figure, order_figure, over_median, quantile_table
from reports.tables import findings
from reports.tables.matrix import row_key

k_bound_look = {"look": "s dash", "shape": 5}  # what is no variant is drawn in grey
k_own_axis = "threads"  # a parameter that is an axis of its figures, not a name of its own


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def place_of(row: dict) -> tuple[str, str]:
    """Component and workload with its parameters: the heading under which a row is drawn."""
    params = {k: v for k, v in (row.get("params") or {}).items() if k != k_own_axis}
    return row.get("component") or "", row_key(row | {"params": params})


def grouped(rows: list[dict], key=row_key) -> dict:
    out: dict = {}
    for row in rows:
        out.setdefault(key(row), []).append(row)
    return out


def matrices(analysis: dict) -> list[dict]:
    return analysis.get("matrices") or [analysis["matrix"]]


def looks_of(analysis: dict) -> dict[str, dict]:
    """A look for every name that a figure may draw; each family begins anew, its reference in
    ink."""
    out: dict[str, dict] = {}
    for matrix in matrices(analysis):
        for name, look in style_of([r["name"] for r in matrix["rows"]]).items():
            out.setdefault(name, look)
    rest = [r["variant"] for table in ("pairs", "tails", "usl", "growth")
            for r in analysis.get(table) or [] if r["variant"] not in out]
    return out | style_of(rest) | {k: k_bound_look for k in ("floor", "roof")}


def caption(name: str, rows) -> str:
    """The sentence the analysis writes about these rows, or none where it has none."""
    writer = getattr(findings, name, None)
    return writer(rows) if writer else ""


def figure(kind: str, title: str, html: str, words: str) -> dict:
    return {"kind": kind, "title": title, "html": html, "caption": words}


def median_bytes(matrix: dict) -> int | None:
    sizes = sorted(r["bytes"] for r in matrix["rows"] if r["bytes"])
    return sizes[len(sizes) // 2] if sizes else None


def _bounds(rows: list[dict]) -> list[dict]:
    return [{"n": r["n"], **{k: (r.get("ns") or {}).get(k) for k in ("median", "low", "high")}}
            for r in rows]


def cost(analysis: dict, rows: list[dict], looks: dict, ident: str) -> list[dict]:
    """Time against n, where at least two sizes were timed: a figure a thread count."""
    out = []
    caches = analysis["environment"].get("stable", {}).get("caches") or {}
    for key, timed in grouped(rows).items():
        series: dict[str, dict[int, dict]] = {}
        for r in timed:
            if r["ns"]["median"]:
                series.setdefault(r["variant"], {}).setdefault(
                    r["n"], {"n": r["n"], "void": r["verdict"] == "INVALID", **r["ns"]})
        if len({n for s in series.values() for n in s}) < 2:
            continue
        beside = {t: _bounds(grouped(analysis.get(t) or []).get(key, []))
                  for t in ("floors", "roofs")}
        html = against_n(f"{ident}-{slug(key)}-time", f"{key}: time per operation against n",
                         {v: list(s.values()) for v, s in series.items()}, looks,
                         "ns per operation", caches, item_bytes(analysis, timed[0]),
                         beside["floors"], beside["roofs"])
        out.append(figure("cost", title_of("Time against n", key, rows), html + void_sizes(timed),
                          findings.of_cost(timed)))
    return out


def void_sizes(rows: list[dict]) -> str:
    """What the hollow points of a curve are: at which sizes a pair is INVALID, and why."""
    found: dict[str, dict[int, list[str]]] = {}
    for r in rows:
        if r["verdict"] == "INVALID":
            found.setdefault(r.get("reason") or "", {}).setdefault(r["n"], []).append(r["variant"])
    compared = {n: sum(r["n"] == n and r["verdict"] != "reference" for r in rows)
                for sizes in found.values() for n in sizes}

    def told(n: int, names: list[str]) -> str:
        who = "every pair" if len(names) == compared[n] else ", ".join(names)
        return f"{who} at n = {n:,}"

    lines = []
    for why, sizes in found.items():
        where = "; ".join(told(n, names) for n, names in sorted(sizes.items()))
        lines.append('<b class="v-x">INVALID</b> (hollow) '
                     + svg.escape(where + (f": {why}" if why else "")))
    return rows_of.whys(lines)


def item_bytes(analysis: dict, row: dict) -> int | None:
    """The median size of an item in the family that a row belongs to."""
    for matrix in matrices(analysis):
        if row["variant"] in {r["name"] for r in matrix["rows"]}:
            return median_bytes(matrix)
    return None


def title_of(words: str, key: str, rows: list[dict]) -> str:
    """A figure's own heading; with the thread count where there are several."""
    several = len({(r.get("params") or {}).get(k_own_axis) for r in rows}) > 1
    return f"{words}, {key}" if several else words


def instructions(rows: list[dict], looks: dict, ident: str) -> list[dict]:
    """Instructions against n, exact, so without intervals."""
    out = []
    for key, group in grouped(rows).items():
        series = {g["variant"]: [{"n": n, "median": c} for n, c in zip(g["n"], g["cost"]) if c > 0]
                  for g in group}
        series = {v: p for v, p in series.items() if p}
        if series:
            html = against_n(f"{ident}-{slug(key)}-count",
                             f"{key}: instructions per operation against n", series, looks,
                             "instructions per operation")
            out.append(figure("count", "Instructions against n", html,
                              findings.of_instructions(group)))
    return out


def forests(rows: list[dict], n: int | None) -> list[dict]:
    """Ratios at one size, a figure a column of the matrix."""
    out = []
    for key, group in grouped([r for r in rows if r["verdict"] != "reference"]).items():
        sizes = {r["n"] for r in group}
        at = n if n in sizes else max(sizes)
        group = [r for r in group if r["n"] == at]
        title = title_of("Ratios", key, rows) + f" at n = {at:,}"
        out.append((title, group))
    wide = len(out) == 1  # takes the width of the page
    return [figure("forest whole" if wide else "forest", title, rows_of.forest(group, wide),
                   findings.of_pairs(group)) for title, group in out]


def tails(rows: list[dict], n: int | None, looks: dict, ident: str) -> list[dict]:
    """Batches over their own median, because fast and slow stand side by side; latency as it is."""
    out = []
    for (key, kind), group in grouped(rows, lambda r: (
            row_key(r), "latency" if "latency" in r["kind"] else "batches")).items():
        sizes = {r["n"] for r in group}
        at = n if n in sizes else max(sizes)
        group = [r for r in group if r["n"] == at and r["ccdf"]]
        if not group:
            continue
        title, words = "Tails of latency", "ns an operation, log"
        drawn = group
        if kind == "batches":
            title, words = "Tails of batches", "time of a batch over its own median, log"
            drawn = [over_median(r) for r in group]
        html = ccdf_figure(f"{ident}-{slug(key)}-{kind}", f"{key}: share above a cost", drawn,
                           looks, words)
        out.append(figure("tails", f"{title_of(title, key, rows)} at n = {at:,}", html,
                          caption("of_tails", group)) | {"head": most_threads(group[0], rows),
                                                      "after": quantile_table(
                                                          group, f"{key}, {kind}")})
    return out


def most_threads(row: dict, rows: list[dict]) -> bool:
    """Whether a row has the largest thread count of all: of many, that one is shown first."""
    def count(r):
        return int((r.get("params") or {}).get(k_own_axis, 0))
    return count(row) == max(count(r) for r in rows)


def orders(rows: list[dict], n: int | None, ident: str) -> list[dict]:
    out = []
    for r in rows:
        if len(r["points"]) > 1:
            key = rows_of.pair_name(r)
            html = order_figure(f"{ident}-{slug(key)}-order", f"{key}: samples in order", r)
            shown = r["n"] == n and most_threads(r, rows) or len(rows) == 1
            out.append(figure("order", f"In the order they ran: {key}", html,
                              caption("of_order", r)) | {"head": shown})
    return out


def threads(analysis: dict, place, looks: dict, ident: str) -> list[dict]:
    """What only concurrent workloads have: scaling, fairness, latency."""
    def mine(table: str) -> list[dict]:
        return [r for r in analysis.get(table) or [] if place_of(r) == place
                or not r.get("component") and place_of(r)[1] == place[1]]

    out = []
    usl = [r for r in mine("usl") if r["threads"]]
    if usl:
        html = usl_figure(f"{ident}-usl", "throughput against threads", usl, looks)
        out.append(figure("usl", "Scaling with threads", html, caption("of_usl", usl)))
    if fair := mine("fairness"):
        out.append(figure("fairness whole", "Fairness between threads", rows_of.fairness(fair),
                          caption("of_fairness", fair)))
    if late := mine("latency"):
        paced = any(r["rate_per_s"] for r in late)
        title = "Latency at a fixed rate" if paced else "Latency of single calls"
        out.append(figure("latency whole", title, rows_of.latency(late),
                          caption("of_latency", late)))
    return out


k_tables = ("pairs", "growth", "tails", "order", "usl", "fairness", "latency")


def places(analysis: dict) -> dict[tuple[str, str], dict[str, list[dict]]]:
    """Where there is something to draw, timed workloads first. A row that names no component
    belongs to the one whose workload it names."""
    known: dict[str, str] = {}
    out: dict[tuple[str, str], dict[str, list[dict]]] = {}
    for table in k_tables:
        for row in analysis.get(table) or []:
            if table == "growth" and (row["metric"] != "instructions" or len(row["n"]) < 3):
                continue
            component, key = place_of(row)
            component = component or known.get(key, "")
            known.setdefault(key, component)
            out.setdefault((component, key), {}).setdefault(table, []).append(row)
    return out


def filled(figures: list[dict]) -> list[dict]:
    """Figures stand in pairs; one that would stand alone in its row takes the whole width."""
    alone: dict | None = None
    for f in [*figures, None]:
        if f is None or f["kind"].endswith(" whole"):
            if alone is not None:
                alone["kind"] += " whole"
            alone = None
        else:
            alone = f if alone is None else None
    return figures


def sections(analysis: dict) -> list[dict]:
    """One entry a workload: its heading, its large figures, and small ones folded away."""
    looks, out = looks_of(analysis), []
    heads = {r["name"]: m.get("n") for m in matrices(analysis) for r in m["rows"]}
    for place, tables in places(analysis).items():
        component, key = place
        ident = slug(f"{component} {key}")
        pairs = tables.get("pairs", [])
        first = next(iter(tables.values()))[0]
        n = heads.get(first.get("variant"), analysis["matrix"]["n"])
        figures = forests(pairs, n)
        figures += cost(analysis, pairs, looks, ident)
        figures += instructions(tables.get("growth", []), looks, ident)
        spread = tails(tables.get("tails", []), n, looks, ident) \
            + orders(tables.get("order", []), n, ident)
        figures += [f for f in spread if f["head"]]
        more = [f for f in spread if not f["head"]]
        figures += threads(analysis, place, looks, ident)
        if figures or more:
            names = list(dict.fromkeys(r["experiment"] for r in pairs if r.get("experiment")))
            out.append({"id": f"at-{ident}", "key": key, "component": component,
                        "experiments": names, "figures": filled(figures), "more": filled(more),
                        "timed": any(t != "growth" for t in tables)})
    return sorted(out, key=lambda s: not s["timed"])
