"""How samples spread: tails as complementary distributions, and samples in the order they ran."""

from __future__ import annotations

import math

from reports.page import svg
from reports.page.figures_curves import k_bottom, k_left, legend

k_strip_height = 190


def share_words(share: float) -> str:
    """A share of operations above a cost, in words a tick can hold."""
    if share >= 0.1:
        return f"{100 * share:.0f} %"
    return f"1 in {svg.plain(round(1 / share))}"


def _shares(rows: list[dict]) -> tuple[float, list[float]]:
    least = min([s for r in rows for _, s in r["ccdf"] if s > 0]
                + [1 - q["q"] for r in rows for q in r["quantiles"] if 0 < q["q"] < 1] + [0.5])
    ticks = [1.0, 0.5, 0.1] + [10.0 ** -e for e in range(2, 9)]
    return least, [t for t in ticks if t >= least * 0.8]


def ccdf_figure(name: str, title: str, rows: list[dict], looks: dict, words: str) -> str:
    """The share of figures above x: both axes logarithmic, quantiles with their intervals. Names
    stand below: curves that end at one share cannot carry them."""
    values = [x for r in rows for x, _ in r["ccdf"] if x]
    values += [v for r in rows for q in r["quantiles"] for v in (q["low"], q["high"]) if v]
    least, ticks = _shares(rows)
    plot = svg.Plot(name, title, svg.Log(min(values) / 1.03, max(values) * 1.05),
                    svg.Log(least / 1.3, 1.0), 330, (30, 14, k_bottom, k_left + 12))
    plot.y_axis("share above", ticks, share_words)
    plot.x_axis(words, grid=True)
    for i, r in enumerate(rows):
        look = looks[r["variant"]]
        shift = min(3.0, 26 / len(rows)) * (i - (len(rows) - 1) / 2)  # so that none hides another
        points = [(x, s) for x, s in r["ccdf"] if x and s > 0]
        out = [plot.curve(_steps(points), "line thin")] if len(points) > 1 else []
        quantiles = [q for q in r["quantiles"] if q["q"] < 1 and q["value"]]
        out += [plot.level(1 - q["q"], q["low"], q["high"], shift=shift) for q in quantiles
                if q["low"] and q["high"]]
        out += [plot.mark(q["value"], 1 - q["q"], look["shape"], shift=shift) for q in quantiles]
        kind = look["look"] + (" raw" if r.get("kind", "").endswith("raw") else "")
        plot.add(f'<g class="{kind}"><title>{svg.escape(row_name(r))}</title>{"".join(out)}</g>')
    return plot.finish(legend(list(dict.fromkeys(r["variant"] for r in rows)), looks, "always"))


def over_median(row: dict) -> dict:
    """The same tail in units of its own median, so that tails of fast and slow can be compared."""
    half = next((q["value"] for q in row["quantiles"] if q["q"] == 0.5), None)
    if not half:
        return row
    return row | {"ccdf": [[x / half, s] for x, s in row["ccdf"]],
                  "quantiles": [q | {k: q[k] / half if q[k] else q[k]
                                     for k in ("value", "low", "high")}
                                for q in row["quantiles"]]}


def row_name(row: dict) -> str:
    kind = row.get("kind", "")
    return row["variant"] + (f", {kind.removeprefix('latency ')}" if "latency" in kind else "")


def _steps(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """A distribution of samples is a stair, not a slope."""
    out = [points[0]]
    for (_, s0), (x1, s1) in zip(points, points[1:]):
        out += [(x1, s0), (x1, s1)]
    return out


def order_figure(name: str, title: str, row: dict) -> str:
    """Every sample over its cell's own median, in the order it was taken; blocks as bands, the
    drift as a line. Disturbed samples are hollow."""
    points = [(p[0], p[1], p[2], bool(p[3])) for p in row["points"] if p[1]]
    ratios = [p[1] for p in points]
    edge = max(1.25, 1.08 * max(ratios), 1.08 / min(ratios))
    plot = svg.Plot(name, title, svg.Linear(min(p[0] for p in points), max(p[0] for p in points)),
                    svg.Log(1 / edge, edge), k_strip_height, (22, 12, 40, k_left))
    starts: dict[int, list[int]] = {}
    for sequence, _, block, _ in points:
        starts.setdefault(block, []).append(sequence)
    for i, block in enumerate(sorted(starts)):
        if i % 2:
            plot.add(plot.box(min(starts[block]), max(starts[block]), 1 / edge, edge, "stripe"))
    plot.y_axis("over its own median")
    plot.x_axis("samples in the order taken")
    plot.add(plot.line(0, plot.px(1), 1, plot.px(1), "one"))
    plot.add('<g class="s quiet">'
             + plot.dust([(s, r) for s, r, _, tagged in points if not tagged], "dust mid") + "</g>")
    hollow = [plot.mark(s, r, 0, "hollow") for s, r, _, tagged in points if tagged]
    plot.add(f'<g class="s tagged">{"".join(hollow)}</g>' if hollow else "")
    plot.add(_drift(plot, row.get("drift") or {}, starts))
    return plot.finish()


def _drift(plot: svg.Plot, drift: dict, starts: dict[int, list[int]]) -> str:
    """The drift with its interval, as a wedge about the middle block."""
    if drift.get("slope_percent_per_block") is None or len(starts) < 2:
        return ""
    blocks = sorted(starts)
    middle = blocks[len(blocks) // 2]
    ends = [(sum(starts[b]) / len(starts[b]), b - middle) for b in (blocks[0], middle, blocks[-1])]

    def at(slope: float) -> list[tuple[float, float]]:
        return [(x, math.exp(math.log1p(slope / 100) * steps)) for x, steps in ends]

    out = ""
    if drift.get("low") is not None and drift.get("high") is not None:
        out = plot.curve(at(drift["low"]) + at(drift["high"])[::-1], "wedge", closed=True)
    return f'<g class="drift">{out}{plot.curve(at(drift["slope_percent_per_block"]))}</g>'
