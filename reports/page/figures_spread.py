"""How samples spread: tails as complementary distributions, and samples in the order they ran."""

from __future__ import annotations

import math

from reports.page import svg
from reports.page.figures_curves import k_bottom, k_left, legend
from reports.tables.matrix import ratio_text

k_strip_height = 190
k_named = 5  # tails told apart by colour; more cannot be followed by eye
k_column = 480  # pixels a drawing is wide at least where names stand inside it
k_behind = {"look": "s behind", "shape": 0}


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
    """The share of figures above x: both axes logarithmic, quantiles with their intervals. The
    longest tails carry colour and stand by name in the corner that such curves leave empty, with
    their farthest quantile; the others are drawn in grey behind them."""
    values = [x for r in rows for x, _ in r["ccdf"] if x]
    values += [v for r in rows for q in r["quantiles"] for v in (q["low"], q["high"]) if v]
    least, ticks = _shares(rows)
    room = (max(values) / min(values)) ** 0.18  # for the names at the right
    plot = svg.Plot(name, title, svg.Log(min(values) / 1.03, max(values) * max(1.02, room)),
                    svg.Log(least / 1.3, 1.0), 330, (30, 14, k_bottom, k_left + 12))
    plot.y_axis("share above", ticks, share_words)
    plot.x_axis(words, grid=True)
    head = longest(rows)
    apart = [r for r in rows if r not in head] + head[::-1]  # the longest tail on top
    for i, r in enumerate(apart):
        look = looks[r["variant"]] if r in head else k_behind
        shift = min(3.0, 26 / len(rows)) * (i - (len(rows) - 1) / 2)  # so that none hides another
        points = [(x, s) for x, s in r["ccdf"] if x and s > 0]
        out = [plot.curve(_steps(points), "line thin")] if len(points) > 1 else []
        quantiles = [q for q in r["quantiles"] if q["q"] < 1 and q["value"]] if r in head else []
        out += [plot.level(1 - q["q"], q["low"], q["high"], shift=shift) for q in quantiles
                if q["low"] and q["high"]]
        out += [plot.mark(q["value"], 1 - q["q"], look["shape"], shift=shift) for q in quantiles]
        kind = look["look"] + (" raw" if r.get("kind", "").endswith("raw") else "")
        plot.add(f'<g class="{kind}"><title>{svg.escape(row_name(r))}</title>{"".join(out)}</g>')
    names = corner(plot, head, looks, rows)
    plot.add(names)
    shown = {r["variant"]: looks[r["variant"]] for r in head}
    if len(head) < len(rows):
        shown["the others"] = k_behind
    return plot.finish(legend(list(shown), shown, "" if names else "always"))


def farthest(row: dict) -> dict | None:
    """The quantile farthest out that has a figure."""
    found = [q for q in row["quantiles"] if 0.5 < q["q"] < 1 and q["value"]]
    return max(found, key=lambda q: q["q"], default=None)


def longest(rows: list[dict]) -> list[dict]:
    """The rows that are named, longest tail first: all where the variants are few, else those that
    reach farthest over their own median, and the shortest to compare them with. A variant's
    latency from the intended and from the real start stay together."""
    def reach(r: dict) -> float:
        far, half = farthest(r), next((q["value"] for q in r["quantiles"] if q["q"] == 0.5), None)
        return far["value"] / half if far and half else 0.0

    reached: dict[str, float] = {}
    for r in rows:
        reached[r["variant"]] = max(reach(r), reached.get(r["variant"], 0.0))
    order = sorted(reached, key=lambda v: (-reached[v], v))
    if len(order) > k_named:
        told = [v for v in order if reached[v]] or order
        order = [*told[:k_named - 1], told[-1]] if len(told) > k_named else told
    return sorted((r for r in rows if r["variant"] in order),
                  key=lambda r: (order.index(r["variant"]), row_name(r)))


def corner(plot: svg.Plot, head: list[dict], looks: dict, rows: list[dict]) -> str:
    """Names at the upper right, longest tail first, each with its farthest quantile; nothing where
    a curve would run through a name."""
    out, top = [], plot.pad[0] + 12
    for i, r in enumerate(head):
        far, look = farthest(r), looks[r["variant"]]
        said = row_name(r) + (f", p{100 * far['q']:g} {number_of(far['value'])}" if far else "")
        y = top + i * (svg.k_line + 1)
        if not _free(plot, rows, y, said):
            return ""
        out.append(f'<g class="{look["look"]}"><g class="end {look["look"]}">'
                   f'{plot.text(1, y, said, "on", -22, "end")}</g>'
                   f'<svg x="100%" overflow="visible"><use href="#mark{look["shape"]}" x="-9" '
                   f'y="{svg.short(y - 4, 1)}"/></svg></g>')
    if len(rows) > len(head):
        y = top + len(head) * (svg.k_line + 1)
        words = f"grey: {len(rows) - len(head)} more"
        if not _free(plot, rows, y, words):
            return ""
        out.append(f'<g class="end s behind">{plot.text(1, y, words, "on", -22, "end")}</g>')
    return f'<g class="end">{"".join(out)}</g>'


def _free(plot: svg.Plot, rows: list[dict], y: float, words: str) -> bool:
    """Whether no curve and no interval of a quantile crosses a label, at the width of a column."""
    left = 1 - (24 + svg.k_letter * len(words)) / k_column
    for r in rows:
        lines = [(q["high"], 1 - q["q"]) for q in r["quantiles"] if q["high"] and q["q"] < 1]
        lines = [[line, line] for line in lines]
        stairs = _steps([(x, s) for x, s in r["ccdf"] if x and s > 0] or [(plot.x.low, 1.0)])
        for (x0, s0), (x1, s1) in [*lines, *zip(stairs, stairs[1:])]:
            if max(plot.x.at(x0), plot.x.at(x1)) > left and plot.px(s0) < y + 5 \
                    and plot.px(s1) > y - 12:
                return False
    return True


def number_of(value: float) -> str:
    return ratio_text(value) if value < 1000 else f"{value:,.0f}"


def quantile_table(rows: list[dict], name: str) -> str:
    """Every quantile with its interval: what the drawing shows, as text."""
    names = sorted({q["q"] for r in rows for q in r["quantiles"] if q["q"] < 1})
    heads = "".join(f'<th scope="col">p{100 * q:g}</th>' for q in names)
    lines = []
    for r in rows:
        known = {q["q"]: q for q in r["quantiles"]}
        cells = "".join(f"<td>{_quantile(known.get(q))}</td>" for q in names)
        lines.append(f'<tr><th scope="row">{svg.escape(row_name(r))}</th>{cells}</tr>')
    return ('<details><summary>Every quantile with its interval</summary><div class="scroll" '
            f'tabindex="0" role="region" aria-label="Quantiles, {svg.escape(name)}">'
            '<table class="numbers"><thead><tr>'
            f'<th scope="col">variant</th>{heads}</tr></thead><tbody>{"".join(lines)}</tbody>'
            "</table></div></details>")


def _quantile(q: dict | None) -> str:
    if not q or not q["value"]:
        return "–"
    bounds = f' <small>[{number_of(q["low"])}, {number_of(q["high"])}]</small>' \
        if q["low"] and q["high"] else ""
    return number_of(q["value"]) + bounds


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
    edge = max(1.06, 1.04 * max(ratios), 1.04 / min(ratios))
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
