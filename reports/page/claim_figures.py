"""The figures that show a claim: one idea each, drawn from the cells its tests rest on.

growth, law, crossover: the counted figure against n, both axes logarithmic. ratio, equivalence,
tail: every comparison with its interval, beside the line of what was published. bound and witness
are one figure each and need no drawing.
"""

from __future__ import annotations

import math

from reports.errors import ReportError
from reports.judge.rules_common import number
from reports.page import figures_rows as rows_of, svg
from reports.page.figures_curves import against_n, style_of
from reports.tables.matrix import ratio_text, row_key

k_curves = ("growth", "law", "crossover")
k_ratios = ("ratio", "equivalence", "tail")
k_least = 3  # sizes without which a curve is no curve
k_height, k_span = 230, 20.0  # pixels; a factor of the axis of cost
k_most = 8  # curves in one figure: more are another table


def slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower()).strip("-")


def _value(row: dict, metric: str) -> float | None:
    if metric == "ns":
        return (row.get("ns") or {}).get("median")
    return (row.get("figures") or {}).get(metric)


def _series(test: dict, cells: dict[str, dict]) -> dict[str, list[dict]]:
    """Points by name; the workload belongs to the name where there are several."""
    rows = [cells[i] for i in test["evidence"] if i in cells]
    many = len({row_key(r) for r in rows}) > 1
    out: dict[str, list[dict]] = {}
    for r in rows:
        value = _value(r, test["metric"])
        if value is not None and value > 0:
            name = f"{r['variant']} {row_key(r)}" if many else r["variant"]
            out.setdefault(name, []).append({"n": r["n"], "median": value})
    return {k: sorted(v, key=lambda p: p["n"]) for k, v in out.items()
            if len({p["n"] for p in v}) >= k_least}


def curve(claim: dict, test: dict, cells: dict[str, dict], looks: dict) -> dict | None:
    series = _series(test, cells)
    if not series or len(series) > k_most:
        return None
    what = test["metric"].split(".", 1)[-1].replace("_", " ")
    own = {k: looks[k] for k in series if k in looks}
    own = own if len(own) == len(series) else style_of(list(series))
    html = against_n(f"claim-{slug(claim['id'])}-{slug(test['id'])}",
                     f"{claim['title']}, {test['id']}: {what} against n", series, own, what,
                     height=k_height, least=k_span)
    return {"kind": "claim-curve", "title": f"{test['id']}: {what} against n", "html": html,
            "caption": f"{test['figure'] or 'no figure'}; published {test['published'] or '–'}."}


def _published(test: dict) -> float | None:
    """The figure at the beginning of what was published: "1/3 or less", "0.5"."""
    try:
        return number(str(test["published"]).split()[0])
    except (ReportError, IndexError):
        return None


k_looks = {"SUPPORTED": "v-f", "SUPPORTED IN SHAPE": "v-e", "REFUTED": "v-s"}


def comparisons(claim: dict, tests: list[dict]) -> dict | None:
    """Every comparison of a claim: the ratio with its interval, and the line of what is wanted."""
    found = []
    for t in tests:
        for s in t["strands"]:
            if s["interval"] and s["figure"]:
                found.append((t, s, float(s["figure"].replace(",", "")), s["interval"]))
    if not found:
        return None
    wanted = {_published(t) for t in tests} - {None}
    values = [v for _, _, p, i in found for v in (p, *i) if v and v > 0] + [1.0, *wanted]
    x = svg.Log(min(values) / 1.15, max(values) * 1.15)
    ticks = rows_of.thinned(x, x.ticks(6), 1.0, 0.12)
    one_subject = len({(s.get("name") or "").split(" over ", 1)[0] for _, s, _, _ in found}) == 1
    lines = []
    for t, s, point, (low, high) in found:
        strip = svg.Strip(x)
        for tick in ticks:
            strip.rule(tick, "one" if tick == 1 else "grid")
        if (edge := _published(t)) and edge > 0:
            strip.rule(edge, "limit")
        look = k_looks.get(s["verdict"], "v-u")
        strip.interval(low, high, look)
        strip.point(point, look)
        name = s.get("name") or s["sentence"].split(":", 1)[0]
        if one_subject:
            name = f"over {name.split(' over ', 1)[-1]}"
        lines.append(rows_of.row(f"{name}" + (f", {t['id']}" if len(tests) > 1 else ""),
                                 strip.finish(), ratio_text(point), rows_of.span(low, high),
                                 s["verdict"].lower(), look))
    html = rows_of.frame(lines, "ratio, log; the broken line is what was published",
                         rows_of.axis_strip(x, ticks), "forest")
    subject = (found[0][1].get("name") or "").split(" over ", 1)[0] if one_subject else ""
    title = f"Ratio of costs{f' of {subject}' if subject else ''}"
    if len(tests) == 1:
        title = f"{tests[0]['id']}: {title.lower()}, published {tests[0]['published']}"
    return {"kind": "claim-ratios", "title": title, "html": html, "caption": ""}


def of_claim(claim: dict, cells: dict[str, dict], looks: dict) -> list[dict]:
    """Figures of a claim, the most telling first: a test with the claim's own verdict leads."""
    tests = [t for t in claim["tests"] if not t["as"]]
    order = sorted(tests, key=lambda t: t["verdict"] != claim["verdict"])
    out = [curve(claim, t, cells, looks) for t in order if t["rule"] in k_curves]
    groups = [t for t in order if t["rule"] in k_ratios]
    few = sum(len(t["strands"]) for t in groups) <= k_most
    out += [comparisons(claim, g) for g in ([groups] if few else [[t] for t in groups]) if g]
    return [f for f in out if f is not None]


def both(low: float, high: float) -> str:
    """Two durations, their unit once where it is the same."""
    a, b = rows_of.duration(low), rows_of.duration(high)
    return f"[{a.split()[0] if a.split()[-1] == b.split()[-1] else a}, {b}]"


def worst_rows(rows: list[dict]) -> str:
    """The worst tick of a storm: nanoseconds on a log axis, the steps of work as words."""
    held = [r for r in rows if r["ns"]]
    values = [v for r in held for v in (r["ns"], r["low"], r["high"]) if v]
    if not values:
        return ""
    x = svg.Log(min(values) / 1.4, max(values) * 1.4)
    ticks = [t for t in x.ticks(7) if math.log10(t).is_integer()] or x.ticks(4)
    lines = []
    for r in sorted(held, key=lambda r: (r["ns"], r["variant"])):
        strip = rows_of.ruled(x, ticks)
        sure = r["low"] is not None and r["high"] is not None
        if sure:
            strip.interval(r["low"], r["high"], "v-r")
        strip.point(r["ns"], "v-r" if sure else "v-raw")
        bounds = both(r["low"], r["high"]) if sure else "one process"
        work = "closed box" if r["work"] is None else f"{r['work']:,.0f} steps"
        lines.append(rows_of.row(r["variant"], strip.finish(), rows_of.duration(r["ns"]), bounds,
                                 work))
    return rows_of.frame(lines, "worst single tick, log",
                         rows_of.axis_strip(x, ticks, rows_of.duration), "late")
