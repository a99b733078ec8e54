"""The report's figures: cost against n, and a forest of ratios at one size.

Intervals are always drawn. Lines carry their own names at their ends. Colours tell variants apart
in curves and verdicts in forests; markers and dashes say the same again without colour.
"""

from __future__ import annotations

import math
import re

from matplotlib.ticker import FuncFormatter, NullFormatter, NullLocator

from reports import svg
from reports.matrix import ratio_text, row_key

k_markers = "osD^vPX"
k_label_gap = 0.045  # of the height of the axes, between two names


def style_of(names: list[str]) -> dict[str, dict]:
    """One look per variant, the same in every figure; the first, the reference, is in ink."""
    out = {}
    for i, name in enumerate(names):
        c = len(svg.k_series)
        out[name] = {"color": svg.k_series[i % c], "marker": k_markers[i % len(k_markers)],
                     "linestyle": "-" if i < c else (0, (4, 2))}
    return out


def bytes_of(text) -> int | None:
    match = re.fullmatch(r"(\d+)\s*([KMG]?)i?B?", str(text or ""))
    if not match:
        return None
    return int(match.group(1)) << {"": 0, "K": 10, "M": 20, "G": 30}[match.group(2)]


def plain(value, _position=None) -> str:
    if value >= 10000:
        return f"{value / 1000:g}k"
    return f"{value:g}"


def size_ticks(axes, sizes: list[int]) -> None:
    axes.set_xscale("log", base=2)
    step = max(1, math.ceil(len(sizes) / 8))
    axes.set_xticks(sizes[::-1][::step])  # the largest size is always named
    axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:,.0f}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlim(min(sizes) / 1.25, max(sizes) * 1.25)


def cost_ticks(axes, low: float, high: float) -> None:
    """A log axis with labels at 1, 2, 5 where the range is short, at decades where it is long."""
    axes.set_yscale("log")
    axes.set_ylim(low, high)
    steps = (1, 2, 5) if high / low < 2000 else (1,)
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [s * 10.0**e for e in exponents for s in steps if low <= s * 10.0**e <= high]
    axes.set_yticks(ticks)
    axes.yaxis.set_major_formatter(FuncFormatter(plain))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_formatter(NullFormatter())


def name_ends(axes, ends: list[tuple[str, float, float, str]]) -> None:
    """Writes (name, x, y, colour) beside the axes, spread apart, with a hair line to each end."""
    low, high = (math.log(v) for v in axes.get_ylim())
    left, right = (math.log(v) for v in axes.get_xlim())
    spots = sorted(((math.log(y) - low) / (high - low), (math.log(x) - left) / (right - left),
                    name, colour) for name, x, y, colour in ends)
    places: list[float] = []
    for spot in spots:
        places.append(max(spot[0], places[-1] + k_label_gap) if places else spot[0])
    if places and places[-1] > 1.0:  # push the stack down from the top
        places[-1] = 1.0
        for i in range(len(places) - 2, -1, -1):
            places[i] = min(places[i], places[i + 1] - k_label_gap)
    for place, (y, x, name, colour) in zip(places, spots):
        axes.plot([x + 0.008, 1.0, 1.02], [y, y, place], transform=axes.transAxes, color=colour,
                  linewidth=0.6, alpha=0.55, clip_on=False, solid_capstyle="butt")
        axes.text(1.027, place, name, transform=axes.transAxes, va="center", fontsize=9,
                  color=colour)


def cache_lines(axes, caches: dict, bytes_per_timer: int | None) -> None:
    """Where n timers fill a cache, for the median size of a timer."""
    if not bytes_per_timer:
        return
    left, right = axes.get_xlim()
    for name, size in sorted(caches.items()):
        n = (bytes_of(size) or 0) / bytes_per_timer
        if left < n < right:
            axes.axvline(n, color=svg.k_rule, linewidth=1, zorder=0)
            axes.text(n, 1.01, f"{name} full", transform=axes.get_xaxis_transform(), ha="center",
                      va="bottom", fontsize=8, color=svg.k_soft)


def curve_figure(name: str, title: str, series: dict[str, list[dict]], looks: dict,
                 unit: str, caches: dict, timer_bytes: int | None, floor: list[dict]) -> str:
    """Cost against n on log axes. `series`: points of n, median, low, high per variant."""
    sizes = sorted({p["n"] for points in series.values() for p in points})
    fig, grid = svg.figure(8.6, 4.5)
    axes = grid[0][0]
    fig.subplots_adjust(left=0.075, right=0.79, top=0.93, bottom=0.125)
    values = [v for points in series.values() for p in points
              for v in (p["median"], p["low"], p["high"]) if v]
    values += [f["median"] for f in floor if f["median"]]
    size_ticks(axes, sizes)
    cost_ticks(axes, min(values) / 1.3, max(values) * 1.3)
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    cache_lines(axes, caches, timer_bytes)
    floor = sorted((f for f in floor if f["median"] and f["n"] in sizes), key=lambda f: f["n"])
    if floor:
        axes.fill_between([f["n"] for f in floor], axes.get_ylim()[0], [f["median"] for f in floor],
                          color=svg.k_band, linewidth=0)
        axes.text(floor[0]["n"], floor[0]["median"] * 0.96, " harness floor", va="top", fontsize=8,
                  color=svg.k_soft)
    ends = []
    for variant, points in series.items():
        points = sorted(points, key=lambda p: p["n"])
        look = looks[variant]
        x, y = [p["n"] for p in points], [p["median"] for p in points]
        axes.plot(x, y, color=look["color"], linestyle=look["linestyle"], linewidth=1.5)
        axes.plot(x, y, color=look["color"], linestyle="none", marker=look["marker"], markersize=4)
        for p in points:
            if p["low"] is not None and p["high"] is not None:
                axes.plot([p["n"]] * 2, [p["low"], p["high"]], color=look["color"], linewidth=2.6,
                          alpha=0.45, solid_capstyle="butt")
        ends.append((variant, x[-1], y[-1], look["color"]))
    name_ends(axes, ends)
    axes.set_xlabel("n, timers pending")
    axes.set_ylabel(unit)
    return svg.finish(fig, name, title)


def forest_figure(name: str, title: str, groups: dict[str, list[dict]]) -> str:
    """Ratios to the reference at one size, a panel a workload; the line at 1 is always there."""
    bounds = [v for rows in groups.values() for r in rows
              for v in (r["ratio"], r["low"], r["high"]) if v]
    low, high = min(bounds + [0.8]) / 1.15, max(bounds + [1.25]) * 1.15
    heights = [len(rows) + 1.8 for rows in groups.values()]
    fig, grid = svg.figure(8.6, 0.27 * sum(heights) + 0.55, len(groups), 1, sharex=True,
                           gridspec_kw={"height_ratios": heights})
    fig.subplots_adjust(left=0.2, right=0.74, top=1 - 0.25 / fig.get_figheight(),
                        bottom=0.42 / fig.get_figheight(), hspace=0.3)
    for axes, (workload, rows) in zip(grid[:, 0], groups.items()):
        _forest_panel(axes, workload, rows, (low, high))
    last = grid[-1][0]
    last.set_xlabel("ratio to the reference (log), of time per operation unless marked counted")
    return svg.finish(fig, name, title)


def _ratio_ticks(low: float, high: float) -> list[float]:
    steps = (1, 2, 5) if high / low < 300 else (1,)
    return [s * 10.0**e for e in range(-5, 6) for s in steps if low <= s * 10.0**e <= high]


def _forest_panel(axes, workload: str, rows: list[dict], limits: tuple[float, float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(*limits)
    axes.set_xticks(_ratio_ticks(*limits))
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.tick_params(axis="x", labelbottom=True)  # a shared axis names its ticks only once
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    delta = max((r["delta"] for r in rows if r["delta"]), default=0)
    if delta:
        axes.axvspan(math.exp(-delta), math.exp(delta), color=svg.k_band, linewidth=0)
    axes.axvline(1, color=svg.k_ink, linewidth=1)
    axes.text(0, 1.0, workload, transform=axes.transAxes, va="bottom", fontsize=9.5,
              color=svg.k_ink, fontweight="bold")
    for y, row in enumerate(rows):
        colour = svg.k_verdict[row["verdict"]]
        hollow = row["verdict"] in ("UNDECIDED", "INVALID")
        if row["ratio"]:
            if row["low"] is not None and row["basis"] == "time":
                axes.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=2.2,
                          solid_capstyle="butt")
                axes.plot([row["low"], row["high"]], [y, y], color=colour, linestyle="none",
                          marker="|", markersize=9, markeredgewidth=1.2)
            axes.plot([row["ratio"]], [y], marker="x" if row["verdict"] == "INVALID" else "o",
                      markersize=4.5, color=colour, linestyle="none",
                      markerfacecolor=svg.k_paper if hollow else colour)
        axes.text(1.03, y, _forest_text(row), transform=axes.get_yaxis_transform(), va="center",
                  fontsize=9, color=svg.k_soft)
    axes.set_yticks(range(len(rows)), [r["variant"] for r in rows])
    axes.tick_params(axis="y", length=0, labelcolor=svg.k_ink)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.spines["left"].set_visible(False)


def _forest_text(row: dict) -> str:
    if row["ratio"] is None:
        return f"–  {row['verdict'].lower()}"
    bounds = ""
    if row["low"] is not None and row["basis"] == "time":
        bounds = f" [{ratio_text(row['low'])}, {ratio_text(row['high'])}]"
    basis = "" if row["basis"] == "time" else ", counted"
    return f"{ratio_text(row['ratio'])}{bounds}  {row['verdict'].lower()}{basis}"


def grouped(rows: list[dict]) -> dict[str, list[dict]]:
    out: dict[str, list[dict]] = {}
    for row in rows:
        out.setdefault(row_key(row), []).append(row)
    return out


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def median_bytes(matrix: dict) -> int | None:
    sizes = sorted(r["bytes"] for r in matrix["rows"] if r["bytes"])
    return sizes[len(sizes) // 2] if sizes else None


def time_curves(analysis: dict, looks: dict) -> list[dict]:
    """One figure a timed workload, with at least two sizes."""
    out = []
    caches = analysis["environment"].get("stable", {}).get("caches") or {}
    floors = grouped(analysis["floors"])
    for key, rows in grouped(analysis["pairs"]).items():
        series: dict[str, dict[int, dict]] = {}
        for r in rows:
            if r["ns"]["median"]:
                series.setdefault(r["variant"], {}).setdefault(r["n"], {"n": r["n"], **r["ns"]})
        if len({n for s in series.values() for n in s}) < 2:
            continue
        floor = [{"n": f["n"], "median": f["ns"]["median"]} for f in floors.get(key, [])]
        title = f"{key}: time per operation against n"
        out.append({"key": key, "title": title, "rows": rows, "svg": curve_figure(
            f"time-{slug(key)}", title, {v: list(s.values()) for v, s in series.items()}, looks,
            "ns per operation", caches, median_bytes(analysis["matrix"]), floor)})
    return out


def count_curves(analysis: dict, looks: dict) -> list[dict]:
    """One figure an operation: instructions against n, exact, so without intervals."""
    out = []
    rows = [g for g in analysis["growth"] if g["metric"] == "instructions" and len(g["n"]) > 2]
    for key, group in grouped(rows).items():
        series = {g["variant"]: [{"n": n, "median": c, "low": None, "high": None}
                                 for n, c in zip(g["n"], g["cost"]) if c > 0] for g in group}
        title = f"{key}: instructions per operation against n"
        out.append({"key": key, "title": title, "rows": group, "svg": curve_figure(
            f"count-{slug(key)}", title, {v: p for v, p in series.items() if p}, looks,
            "instructions per operation", {}, None, [])})
    return out


def forest(analysis: dict) -> str | None:
    n = analysis["matrix"]["n"]
    groups = {k: [r for r in rows if r["n"] == n and r["verdict"] != "reference"]
              for k, rows in grouped(analysis["pairs"]).items()}
    groups = {k: rows for k, rows in groups.items() if rows}
    if not groups:
        return None
    return forest_figure("forest", f"ratios to {analysis['matrix']['reference']} at n = {n}",
                         groups)
