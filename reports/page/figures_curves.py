"""Curves: cost against n with a dot a layout, counts against n, throughput against threads."""

from __future__ import annotations

import math
import re

from reports.page import svg

k_height = 330
k_bottom, k_left = 44, 50
k_fan = 0.45  # of the way to the next size is taken by the dots of one size's layouts
k_dash_from = 7  # looks repeat from here on, dashed


def look_of(index: int) -> str:
    return f"s s{index % k_dash_from}" + (" dash" if index >= k_dash_from else "")


def style_of(names: list[str]) -> dict[str, dict]:
    """One look per variant, the same in every figure; the first, the reference, is in ink."""
    return {name: {"look": look_of(i), "shape": i % len(svg.k_marks)}
            for i, name in enumerate(dict.fromkeys(names))}


def swatch(look: dict) -> str:
    """A line with its mark, for a legend and for the name of a row."""
    return (f'<svg class="swatch" width="26" height="12" aria-hidden="true">'
            f'<g class="{look["look"]}"><line class="line" x1="0" y1="6" x2="26" y2="6"/>'
            f'<use href="#mark{look["shape"]}" x="13" y="6"/></g></svg>')


def legend(names: list[str], looks: dict, when: str = "") -> str:
    """Names with their looks, below the drawing: where it is narrow, or always."""
    rows = "".join(f"<li>{swatch(looks[n])}{svg.escape(n)}</li>" for n in names)
    return f'<ul class="legend {when}">{rows}</ul>'


def right_of(names: list[str]) -> int:
    """Room for the names at the right edge."""
    return 30 + math.ceil(svg.k_letter * max((len(n) for n in names), default=0))


def bytes_of(text) -> int | None:
    match = re.fullmatch(r"(\d+)\s*([KMG]?)i?B?", str(text or ""))
    if not match:
        return None
    return int(match.group(1)) << {"": 0, "K": 10, "M": 20, "G": 30}[match.group(2)]


def cache_ticks(plot: svg.Plot, caches: dict, item_bytes: int | None) -> None:
    """Where n items fill a cache, for the median size of an item."""
    for name, size in sorted(caches.items()) if item_bytes else []:
        n = (bytes_of(size) or 0) / item_bytes
        if plot.x.low < n < plot.x.high:
            at = plot.x.at(n)
            plot.add(plot.line(at, plot.pad[0], at, plot.height - plot.pad[2], "cache"))
            plot.add(plot.text(at, plot.pad[0] - 1, f"{name} full", "tick", 0, "middle"))


def bound_band(plot: svg.Plot, rows: list[dict], words: str, look: str) -> None:
    """What nothing can go below (the harness alone) or hardly anything (the machine's own cost)."""
    rows = sorted((r for r in rows if r["median"]), key=lambda r: r["n"])
    if not rows:
        return
    points = [(r["n"], r["median"]) for r in rows]
    if len(points) == 1:
        points = [(plot.x.low, points[0][1]), (plot.x.high, points[0][1])]
    else:  # the outer sizes reach the edges
        points = [(plot.x.low, points[0][1]), *points, (plot.x.high, points[-1][1])]
    closed = points + [(plot.x.high, plot.y.low), (plot.x.low, plot.y.low)]
    plot.add(plot.curve(closed, look, closed=True))
    bars = [plot.upright(r["n"], r["low"], r["high"]) for r in rows if r["low"] and r["high"]]
    plot.add(f'<g class="s">{"".join(bars)}</g>')
    base = plot.height - plot.pad[2]
    plot.add(plot.text(1, min(plot.px(points[-1][1]) + 13, base - 4), words, "tick on", -6, "end"))


def units_of(point: dict) -> list[float]:
    """The median of every unit; an older analysis says only how many there were."""
    found = point.get("units")
    return [v for v in found if v] if isinstance(found, list) else []


def fan(n: int, units: list[float], step: float) -> list[tuple[float, float]]:
    """The layouts of one size side by side, in their order, so that no dot hides another."""
    part = step ** (k_fan / max(1, len(units) - 1))
    return [(n * part ** (i - (len(units) - 1) / 2), v) for i, v in enumerate(units)]


def series_of(plot: svg.Plot, name: str, points: list[dict], look: dict, step: float) -> str:
    """One variant, an open group: layouts as dust, intervals, the line through the medians, marks;
    the caller adds the name and closes it."""
    points = sorted(points, key=lambda p: p["n"])
    dust = [spot for p in points for spot in fan(p["n"], units_of(p), step)]
    out = [plot.dust(dust)]
    if len(points) > 1:
        out.append(plot.curve([(p["n"], p["median"]) for p in points]))
    for p in points:
        if p.get("low") and p.get("high"):
            out.append(plot.upright(p["n"], p["low"], p["high"]))
    out += [plot.mark(p["n"], p["median"], look["shape"], "hollow" if p.get("void") else "")
            for p in points]
    return (f'<g class="{look["look"]}"><title>{svg.escape(name)}</title>'
            f'{"".join(out)}')


def spanned(low: float, high: float, least: float) -> svg.Log:
    """A log axis over [low, high], opened to both sides where it spans less than `least`."""
    more = max(1.0, math.sqrt(least / (high / low)))
    return svg.Log(low / more, high * more)


def against_n(name: str, title: str, series: dict[str, list[dict]], looks: dict, words: str,
              caches: dict | None = None, item_bytes: int | None = None, floors=(),
              roofs=(), height: int = k_height, least: float = 1.0) -> str:
    """Cost against n on log axes. `series`: points of n, median, low, high, units per variant.
    floors and roofs: rows of n and median; both are drawn as bands. least: the factor that the axis
    of cost spans at the least, so that what hardly changes is not drawn as a slope."""
    sizes = sorted({p["n"] for points in series.values() for p in points})
    floors = [f for f in floors if f["median"] and f["n"] in sizes]
    roofs = [r for r in roofs if r["median"] and r["n"] in sizes]
    values = [v for points in series.values() for p in points
              for v in (p["median"], p.get("low"), p.get("high"), *units_of(p)) if v]
    values += [v for r in (*floors, *roofs) for v in (r["median"], r["low"], r["high"]) if v]
    gap = min((b / a for a, b in zip(sizes, sizes[1:])), default=2.0)
    margin = max(1.2, gap ** (k_fan / 2) * 1.06)  # the dots of the outer sizes have room
    plot = svg.Plot(name, title, svg.Log(sizes[0] / margin, sizes[-1] * margin),
                    spanned(min(values) / 1.35, max(values) * 1.2, least), height,
                    (30, right_of(list(series)), k_bottom, k_left))
    bound_band(plot, roofs, "roof", "band roof")
    bound_band(plot, floors, "harness floor", "band")
    plot.y_axis(words)
    step = max(1, math.ceil(len(sizes) / 7))
    plot.x_axis("n", sizes[::-1][::step][::-1], lambda v: f"{v:,.0f}")
    cache_ticks(plot, caches or {}, item_bytes)
    last = {v: max(points, key=lambda p: p["n"]) for v, points in series.items() if points}
    ends = plot.ends([(v, p["n"], p["median"], looks[v]["look"]) for v, p in last.items()])
    for variant, points in series.items():
        plot.add(series_of(plot, variant, points, looks[variant], gap)
                 + ends.get(variant, "") + "</g>")
    return plot.finish(legend(list(series), looks))


def usl_law(row: dict, threads: float) -> float:
    """The universal scalability law: gamma n / (1 + alpha (n - 1) + beta n (n - 1))."""
    n = threads
    return row["gamma"] * n / (1 + row["alpha"] * (n - 1) + row["beta"] * n * (n - 1))


def _bounds(row: dict, key: str) -> list:
    found = row.get(key)
    return found if isinstance(found, list) and len(found) == len(row["threads"]) else []


def fitted(row: dict) -> bool:
    return all(row.get(k) is not None for k in ("gamma", "alpha", "beta"))


def peak(plot: svg.Plot, row: dict) -> list[str]:
    """Where the fit turns down, with its interval, if that is on the page."""
    at = row.get("peak")
    if not at or at > plot.x.high or not fitted(row):
        return []
    height = usl_law(row, at)
    low, high = row.get("peak_low"), row.get("peak_high")
    out = [plot.line(plot.x.at(at), plot.px(height), plot.x.at(at), plot.height - plot.pad[2],
                     "peak"),
           plot.text(plot.x.at(at), plot.px(height) - 8, f"peak at {at:.2g}", "tick", 0, "middle")]
    if low and high:
        out.append(plot.level(height, low, min(high, plot.x.high), "range"))
    return out


def usl_figure(name: str, title: str, rows: list[dict], looks: dict) -> str:
    """Throughput against threads: points with intervals, the fitted law, and where it peaks."""
    most = max(t for r in rows for t in r["threads"])
    top = max(v for r in rows for v in (*r["throughput"], *_bounds(r, "high")) if v)
    unit, words = next(((u, w) for u, w in ((1e9, "G"), (1e6, "M"), (1e3, "k")) if top >= u),
                       (1, ""))
    names = [r["variant"] for r in rows]
    plot = svg.Plot(name, title, svg.Linear(0, most * 1.06), svg.Linear(0, top * 1.12), k_height,
                    (30, right_of(names), k_bottom, k_left))
    plot.y_axis(f"{words} operations a second".strip(), shown=lambda v: svg.plain(v / unit))
    plot.x_axis("threads", sorted({t for r in rows for t in r["threads"]}))
    ends = plot.ends([(r["variant"], r["threads"][-1], r["throughput"][-1],
                       looks[r["variant"]]["look"]) for r in rows])
    for r in rows:
        look, out = looks[r["variant"]], []
        if fitted(r):
            steps = [1 + i * (most - 1) / 48 for i in range(49)]
            out.append(plot.curve([(t, usl_law(r, t)) for t in steps]))
        out += peak(plot, r)
        for t, low, high in zip(r["threads"], _bounds(r, "low"), _bounds(r, "high")):
            if low is not None and high is not None:
                out.append(plot.upright(t, low, high))
        out += [plot.mark(t, v, look["shape"]) for t, v in zip(r["threads"], r["throughput"]) if v]
        plot.add(f'<g class="{look["look"]}"><title>{svg.escape(r["variant"])}</title>'
                 + "".join(out) + ends[r["variant"]] + "</g>")
    return plot.finish(legend(names, looks))
