"""Figures made of rows: words at both sides, a strip with interval and point between them. The
words are text of the page, so they stay readable at any width and can be searched and copied."""

from __future__ import annotations

import math

from reports.page import svg
from reports.tables.matrix import ratio_text, row_key

k_verdict_look = {"FASTER": "v-f", "SLOWER": "v-s", "SAME": "v-e", "UNDECIDED": "v-u",
                  "INVALID": "v-x", "reference": "v-r"}


def frame(rows: list[str], axis: str, ticks: str, kind: str = "") -> str:
    foot = (f'<li class="foot" aria-hidden="true"><span></span>{ticks}<span class="axis">{axis}'
            f"</span></li>")
    return f'<ul class="rows {kind}">{"".join(rows)}{foot}</ul>'


def row(name: str, strip: str, figure: str, interval: str, said: str = "", look: str = "") -> str:
    last = f'<span class="said {look}">{svg.escape(said)}</span>' if said else ""
    return (f'<li><span class="name">{svg.escape(name)}</span>{strip}'
            f'<span class="told"><b>{svg.escape(figure)}</b> <span class="range">'
            f"{svg.escape(interval)}</span> {last}</span></li>")


def axis_strip(x, ticks: list[float], shown=svg.plain) -> str:
    strip = svg.Strip(x, 18)
    for tick in ticks:
        strip.words(tick, shown(tick))
    return strip.finish()


def ruled(x, ticks: list[float]) -> svg.Strip:
    strip = svg.Strip(x)
    for tick in ticks:
        strip.rule(tick, "grid")
    return strip


def span(low, high, shown=ratio_text) -> str:
    return "" if low is None or high is None else f"[{shown(low)}, {shown(high)}]"


def forest_row(pair: dict, x, ticks: list[float]) -> str:
    """A ratio: the band of plus or minus delta, the line at 1, the interval, the point."""
    strip = svg.Strip(x)
    if pair.get("delta"):
        strip.band(math.exp(-pair["delta"]), math.exp(pair["delta"]))
    for tick in ticks:
        strip.rule(tick, "one" if tick == 1 else "grid")
    look = k_verdict_look.get(pair["verdict"], "v-u")
    timed = pair["basis"] == "time"
    if pair["ratio"]:
        if timed and pair["low"] is not None:
            strip.interval(pair["low"], pair["high"], look)
        strip.point(pair["ratio"], look, shape=0 if timed else 2)
    said = pair["verdict"].lower() + ("" if timed or not pair["ratio"] else ", counted")
    bounds = span(pair["low"], pair["high"]) if timed else ""
    return row(pair["variant"], strip.finish(), ratio_text(pair["ratio"]) if pair["ratio"] else "–",
               bounds, said, look)


def thinned(x, ticks: list[float], keep: float, gap: float) -> list[float]:
    """Ticks whose labels do not touch; the one at `keep` stays."""
    out = [keep]
    for tick in ticks:
        if all(abs(x.at(tick) - x.at(t)) >= gap for t in out):
            out.append(tick)
    return sorted(out)


def forest(rows: list[dict], wide: bool = True) -> str:
    """Ratios to the reference of one workload at one size."""
    bounds = [v for r in rows for v in (r["ratio"], r["low"], r["high"]) if v]
    x = svg.Log(min(bounds + [0.8]) / 1.12, max(bounds + [1.25]) * 1.12)
    ticks = thinned(x, x.ticks(8 if wide else 5), 1.0, 0.06 if wide else 0.2)
    told = sorted(rows, key=lambda r: (r["ratio"] is None, r["ratio"] or 0, r["variant"]))
    return frame([forest_row(r, x, ticks) for r in told], "ratio to the reference, log",
                 axis_strip(x, ticks), "forest") + reasons(told)


def reasons(rows: list[dict]) -> str:
    """Why a row was not decided, beside the figure that shows it: one line a reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for r in rows:
        if r["verdict"] in ("INVALID", "UNDECIDED") and r.get("reason"):
            found.setdefault((r["verdict"], r["reason"]), []).append(r["variant"])
    lines = []
    for (verdict, why), names in found.items():
        who = ", ".join(names) if len(names) < max(3, len(rows)) else "every pair"
        lines.append(f'<b class="v-{"x" if verdict == "INVALID" else "u"}">{verdict}</b> '
                     + svg.escape(f"{who}: {why}"))
    return whys(lines)


def whys(lines: list[str]) -> str:
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<ul class="whys">{items}</ul>' if items else ""


def fairness(rows: list[dict]) -> str:
    """The slowest thread's share over the fastest one's: 1 is fair."""
    x, ticks = svg.Linear(0, 1), [0, 0.25, 0.5, 0.75, 1]
    out = []
    for r in rows:
        strip = ruled(x, ticks).rule(1, "one")
        low, high = (r.get(f"ratio_{e}", r.get(e)) for e in ("low", "high"))
        if low is not None and high is not None:
            strip.interval(low, high, "v-r")
        if r["ratio_min_max"] is not None:
            strip.point(r["ratio_min_max"], "v-r")
        jain = f"Jain {r['jain']:.3f}" if r.get("jain") is not None else ""
        jain += f" {span(r.get('jain_low'), r.get('jain_high'), lambda v: f'{v:.3f}')}"
        shown = "–" if r["ratio_min_max"] is None else ratio_text(r["ratio_min_max"])
        out.append(row(f"{r['variant']}, {r['threads']} threads", strip.finish(), shown,
                       span(low, high), jain.strip()))
    return frame(out, "slowest thread over fastest", axis_strip(x, ticks), "fair")


def duration(ns: float | None) -> str:
    """Nanoseconds in the unit a reader would choose."""
    if ns is None:
        return "–"
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "µs")):
        if ns >= size:
            return f"{ns / size:.3g} {unit}"
    return f"{ns:.3g} ns"


k_quantiles = {"p50": "half", "p99": "99 in 100", "p999": "999 in 1000"}
k_starts = (("intended", "v-r", 10.0), ("raw", "v-raw", 19.0))  # name, look, pixels from the top


def _latency_row(r: dict, name: str, x, ticks: list[float]) -> str:
    strip = ruled(x, ticks)
    both = [r[f"{name}_{start}"] for start, _, _ in k_starts]
    for start, look, y in k_starts:
        low, high = (r.get(f"{name}_{start}_{end}") for end in ("low", "high"))
        if low is not None and high is not None:
            strip.interval(low, high, look, y)
        strip.point(r[f"{name}_{start}"], look, y)
    late = "" if r["verdict"] == "ok" or name != "p50" else r["verdict"]
    said = f"raw {duration(both[1])}" if r["rate_per_s"] else ""
    if name == "p999" and r.get("max_intended") is not None:
        said += f"{', ' if said else ''}longest {duration(r['max_intended'])}"
    return row(f"{r['variant']}, {k_quantiles[name]}", strip.finish(), duration(both[0]), said,
               late, "v-x" if late else "")


def latency(rows: list[dict]) -> str:
    """Quantiles from the intended start (full, above) and from the real one (hollow, below)."""
    found = [(r, name) for name in k_quantiles for r in rows
             if all(r.get(f"{name}_{start}") is not None for start, _, _ in k_starts)]
    keys = [f"{name}_{start}{end}" for name in k_quantiles for start, _, _ in k_starts
            for end in ("", "_low", "_high")]
    values = [r[k] for r in rows for k in keys if r.get(k)] or [1.0]
    x = svg.Log(min(values) / 1.3, max(values) * 1.3)
    ticks = x.ticks(6)
    return frame([_latency_row(r, name, x, ticks) for r, name in found],
                 "full: from the intended start; hollow: from the real one, log",
                 axis_strip(x, ticks, duration), "late")


def account_parts(account: dict) -> list[dict]:
    """Where the wall time went, as shares of all of it; what no part explains is the last one."""
    def got(key):
        value = account.get(key)
        return float(value) if isinstance(value, (int, float)) else None

    wall = got("wall_s")
    if not wall:
        return []
    processes, start, measured = got("processes_s"), got("start_s"), got("measured_s")
    timed = got("timed_s")
    inside = None
    if processes is not None and measured is not None:
        inside = max(0.0, processes - measured - (start or 0.0))
    own = max(0.0, timed - processes) if timed is not None and processes is not None else None
    parts = [("measured regions", measured), ("set-up and warm-up in the processes", inside),
             ("process start", start), ("between the processes", own),
             ("counting", got("counted_s")), ("pilot", got("pilot_s")), ("build", got("build_s"))]
    told = [{"name": n, "seconds": s, "share": s / wall} for n, s in parts if s is not None]
    rest = wall - sum(p["seconds"] for p in told)
    if rest > 0.005 * wall:
        told.append({"name": "the rest", "seconds": rest, "share": rest / wall})
    total = sum(p["seconds"] for p in told) or 1.0
    for p in told:
        p["width"] = p["seconds"] / max(total, wall)
    return told


def probe_rows(probes: dict | None) -> list[dict]:
    return [r for r in (probes or {}).get("rows") or [] if r.get("lost_share") is not None]


def probe_figure(probes: dict | None) -> str | None:
    """Time lost to others in a spin before (left) and after (right) each block."""
    rows = probe_rows(probes)
    if len(rows) < 2:
        return None
    top = max(0.06, 1.15 * max(r["lost_share"] for r in rows))
    plot = svg.Plot("probes", "share of a spin lost to others, before and after each block",
                    svg.Linear(-0.5, len(rows) - 0.5), svg.Linear(0, 100 * top), 150,
                    (22, 12, 38, 44))
    plot.y_axis("% lost", plot.y.ticks(4))
    plot.x_axis("gap probes, in the order taken", [])
    plot.add(plot.line(0, plot.px(5), 1, plot.px(5), "limit"))
    for i, r in enumerate(rows):
        look = "stem bad" if r["lost_share"] > 0.05 else "stem"
        plot.add(plot.line(plot.x.at(i), plot.px(0), plot.x.at(i), plot.px(100 * r["lost_share"]),
                           look))
    return plot.finish()


def pair_name(row_: dict) -> str:
    return f"{row_key(row_)}, n = {row_['n']:,}"
