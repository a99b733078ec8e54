"""Rules `growth` (which of O(1), O(log n), O(n)) and `law` (a straight line and its slope)."""

from __future__ import annotations

import re

from reports.judge.rules_common import (Gathered, Outcome, Strand, as_list, config_error, gather,
                                        interval_text, k_refuted, k_shape, k_supported, k_undecided,
                                        number, text, undecided)
from reports.stats import growth
from reports.stats.ratios import median_interval

k_growth_keys = ("expect",)
k_law_keys = ("x", "slope")
k_law_rel, k_law_abs = 0.02, 1.0  # R3: a residual of one instruction, or 2 % of the fit


def check_growth(test: dict, place: str) -> None:
    for kind in as_list(test["expect"]):
        if kind not in growth.k_classes:
            raise config_error(f"no growth class '{kind}'", place,
                               "one of " + ", ".join(f'"{c}"' for c in growth.k_classes))
    if test["metric"] == "ns":
        raise config_error("growth is not decided on time", place,
                           "use instructions, work.<counter> or values.<name>")


def judge_growth(test: dict, strand: Strand, index, context: dict) -> Outcome:
    got = gather(strand, index)
    expect = as_list(test["expect"])
    printed = " or ".join(growth.phrase(e) for e in expect)
    if got.missing:
        return undecided(strand, got)
    medians = got.medians()
    found = growth.classify(list(medians), list(medians.values()))
    ends = list(medians.items())
    span = (f"{text(ends[0][1])} at n = {ends[0][0]}, {text(ends[-1][1])} at n = {ends[-1][0]}")
    figure = growth.phrase(found.kind)
    if found.kind == growth.k_cannot_tell:
        return Outcome(k_undecided, figure, f"{strand.label()}: {found.by} ({span})",
                       published=printed, evidence=got.ids())
    verdict = k_supported if found.kind in expect else k_refuted
    link = "as published" if verdict == k_supported else f"published {printed}"
    return Outcome(verdict, figure,
                   f"{strand.label()}: {test['metric']} {figure} by {found.by}, {link} ({span})",
                   published=printed, evidence=got.ids())


def check_law(test: dict, place: str) -> None:
    band(test, place)
    if test.get("decides", "form") not in ("form", "slope"):
        raise config_error(f"decides = '{test['decides']}'", place, '"form" or "slope"')
    evaluate(test["x"], {"n": 1, **{k: 1 for k in test.get("params", {})}}, place)


def band(test: dict, place: str = "") -> tuple[float, float, float | None]:
    """(low, high, printed value): either two ends, or one figure with its tolerance."""
    slope = test["slope"]
    if isinstance(slope, (list, tuple)):
        if len(slope) != 2:
            raise config_error("slope needs two ends", place, "slope = [10, 20]")
        return number(slope[0], place), number(slope[1], place), None
    value, tolerance = number(slope, place), number(test.get("tolerance", 0.02), place)
    return value - tolerance, value + tolerance, value


def evaluate(expression: str, values: dict, place: str = "") -> float:
    """Products and quotients of `n`, parameters and numbers: "n", "n/table"."""
    result, sign = 1.0, "*"
    for token in re.findall(r"[A-Za-z_]\w*|[\d.]+|[*/]|\S", expression):
        if token in "*/":
            sign = token
            continue
        try:
            v = float(values[token]) if token in values else float(token)
        except ValueError:
            raise config_error(f"x = '{expression}': '{token}' is no parameter", place,
                               "use n, the names under params, * and /") from None
        result = result * v if sign == "*" else result / v
    return result


def _slopes(got: Gathered, x: dict[int, float]) -> list[float]:
    """One slope a unit: a unit is a block (a seed) that was measured at every size."""
    common = set.intersection(*(set(v) for v in got.values.values()))
    return [growth.ols([x[n] for n in got.values], [got.values[n][b] for n in got.values])[1]
            for b in sorted(common)]


def judge_law(test: dict, strand: Strand, index, context: dict) -> Outcome:
    got = gather(strand, index)
    low, high, printed = band(test)
    wanted = test["slope"] if printed is not None else f"{text(low)} to {text(high)}"
    shown = str(test.get("printed", f"slope {wanted}"))
    if got.missing or len(got.values) < 3:
        got.missing = got.missing or ["a line needs three sizes"]
        return undecided(strand, got)
    x = {n: evaluate(test["x"], {"n": n, **strand.params}) for n in got.values}
    medians = got.medians()
    a, b, residuals = growth.ols([x[n] for n in medians], list(medians.values()))
    off, worst_n = max((abs(r) / max(number(test.get("residual_abs", k_law_abs)),
                                     number(test.get("residual_rel", k_law_rel))
                                     * abs(a + b * x[n])), n)
                       for n, r in zip(medians, residuals))
    misfit = medians[worst_n] - a - b * x[worst_n]
    slopes = _slopes(got, x)
    point, bounds = b, None
    if len(slopes) > 1:
        interval = median_interval(slopes)
        point = interval.point
        bounds = ([interval.low, interval.high] if interval.has_bounds()
                  else [min(slopes), max(slopes)])
    figure = f"slope {text(point)}{interval_text(*(bounds or (None, None)))}"
    detail = f"{figure}, intercept {text(a)}, over {test['x']} = {text(min(x.values()))} to " \
             f"{text(max(x.values()))}; largest misfit {text(misfit)} of " \
             f"{text(medians[worst_n])} at n = {worst_n}; published {shown}"
    if off > 1.0:
        figure += ", but not straight"
    verdict, why = _law_verdict(test, off <= 1.0, point, bounds or [point, point],
                                (low, high, printed))
    return Outcome(verdict, figure, f"{strand.label()}: {why}: {detail}", bounds, shown, got.ids())


def _law_verdict(test: dict, straight: bool, point: float, bounds: list, wanted: tuple):
    low, high, printed = wanted
    if not straight:
        return k_refuted, "not a straight line"
    inside = low <= bounds[0] and bounds[1] <= high
    hit = printed is not None and bounds[0] <= printed <= bounds[1] and low <= point <= high
    if inside or hit:
        return k_supported, "a straight line with the published slope"
    if bounds[0] > high or bounds[1] < low:
        if test.get("decides", "form") == "form":
            return k_shape, "a straight line with another slope"
        return k_refuted, "another slope"
    return k_undecided, "the interval of the slope reaches across the edge of what was published"
