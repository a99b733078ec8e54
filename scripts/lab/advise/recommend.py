"""The recommendation, from figures alone. Pure: no file, no clock, no draw.

Figures are ns an operation by unit (a layout, or a block where nothing was relinked), so that two
variants are compared inside a unit, as everywhere in the lab. One is dearer than another when the
interval of their ratio excludes 1 and the ratio lies beyond delta. Equals are those than which
nothing is shown to be cheaper; between them a stated rule decides.
"""

import math
import statistics
from dataclasses import dataclass, field

from reports.stats import ratios
from reports.stats.intervals import k_interval_min, k_level, median_interval


@dataclass
class Findings:
    """What was measured or looked up. `costs`: scenario -> variant -> unit -> ns an operation."""

    how: str
    costs: dict = field(default_factory=dict)
    floors: dict = field(default_factory=dict)  # scenario -> unit -> ns of the harness alone
    single: dict = field(default_factory=dict)  # variant -> ns, of those that got no more than one
    aa: list = field(default_factory=list)  # log ratios of the same code in other layouts
    unknown: dict = field(default_factory=dict)  # scenario -> why it has no figures
    failed: dict = field(default_factory=dict)  # variant -> why it has none
    notes: list = field(default_factory=list)
    level: float = k_level


def ratio(mine, other, level=k_level):
    """The paired ratio of two variants: {ratio, low, high, units}, or None."""
    logs = ratios.paired_log_ratios(mine, other)
    if not logs:
        return None
    found = median_interval(logs, level).mapped(math.exp)
    return {"ratio": found.point, "low": found.low, "high": found.high, "units": found.units}


def dearer(mine, other, delta, level=k_level):
    """Whether it is shown that the first costs more than the second."""
    found = ratio(mine, other, level)
    return bool(found and found["low"] is not None and found["low"] > 1
                and math.log(found["ratio"]) > delta)


def middle(by_unit):
    return statistics.median(by_unit.values())


def without_floor(costs, floor):
    """(costs with the harness taken off, its share). Where it is more than a fifth of the cheapest
    the figures are left as they are: what would remain is the error of a difference."""
    if not floor or not costs:
        return costs, None
    empty = middle(floor)
    share = empty / min(middle(c) for c in costs.values())
    if share > ratios.k_floor_share:
        return costs, share
    return {v: {u: ns - empty for u, ns in by_unit.items()} for v, by_unit in costs.items()}, share


def unbeaten(costs, delta, level=k_level):
    """The variants than which none is shown to be cheaper, the cheapest first."""
    names = sorted(costs, key=lambda v: (middle(costs[v]), v))
    found = [v for v in names
             if not any(dearer(costs[v], costs[u], delta, level) for u in names if u != v)]
    return found or names[:1]


def _candidate(option, costs, chosen, level):
    by_unit = costs[option.name]
    own = median_interval(list(by_unit.values()), level)
    return {"variant": option.name, "role": option.role, "ns": own.point, "low": own.low,
            "high": own.high, "units": own.units, "order": option.traits.get("order"),
            "late": option.traits.get("late"), "traits": option.traits,
            "node_bytes": option.node_bytes, **option.facts,
            "against_recommended": ratio(by_unit, costs[chosen], level)}


def regret(scenario, chosen, costs, found):
    """What the recommended one costs where the scenario is true instead, against the best there."""
    row = {"scenario": scenario.key, "words": scenario.words, "best": None, "known": False}
    here = costs.get(scenario.key) or {}
    if scenario.key in found.unknown:
        return row | {"why": found.unknown[scenario.key]}
    if chosen not in here:
        return row | {"why": f"{chosen} has no figure there"}
    best = min(here, key=lambda v: (middle(here[v]), v))
    against = ratio(here[chosen], here[best], found.level)
    if against is None or against["low"] is None:
        return row | {"why": f"fewer than {k_interval_min} units"}
    return row | {"known": True, "best": best, "of": len(here), **against,
                  "ns": middle(here[chosen]), "best_ns": middle(here[best])}


def _reasons(question, chosen, equals, costs, delta, level):
    """Why this one, in a line or two."""
    names = sorted(costs, key=lambda v: (middle(costs[v]), v))
    said = []
    if len(names) == 1:
        said.append("the only one that qualifies and has figures")
    elif equals:
        said.append(f"nothing is shown to be cheaper; not told apart from {', '.join(equals)}: "
                    f"the tie is broken by {question.tie_rule}")
    else:
        said.append("the cheapest that qualifies")
    rest = [v for v in names if v != chosen and v not in equals]
    if rest:
        against = ratio(costs[rest[0]], costs[chosen], level)
        if against and against["low"] is not None:
            said.append(f"the next, {rest[0]}, costs {against['ratio']:.2f} times as much "
                        f"[{against['low']:.2f}, {against['high']:.2f}]")
    said.append(f"differences below {100 * (math.exp(delta) - 1):.1f} % are not called differences")
    return said


def _notes(found, share, count):
    notes = list(found.notes)
    if share is not None and share > ratios.k_floor_share:
        notes.append(f"the harness is {100 * share:.0f} % of the cheapest figure, so differences "
                     "are larger than they look; instructions decide better: cyclone run")
    elif share is not None:
        notes.append(f"the harness, {100 * share:.0f} % of the cheapest figure, is taken off")
    if count > 2:
        notes.append(f"each interval holds by itself ({100 * found.level:.3g} %); they are not "
                     f"widened for the {count} variants that are compared")
    return notes


def advise(question, options, found, ruled_out):
    """The answer as one value. `recommended` is None where nothing qualifies, and `why` says so."""
    delta = ratios.delta_of(found.aa)
    asked = question.scenarios[0]
    mine = {o.name: o for o in options}
    costs, share = {}, None
    for scenario in question.scenarios:
        kept = {v: c for v, c in (found.costs.get(scenario.key) or {}).items() if v in mine and c}
        costs[scenario.key], taken = without_floor(kept, found.floors.get(scenario.key))
        share = taken if scenario is asked else share
    out = {**ruled_out, **{v: why for v, why in found.failed.items() if v not in ruled_out}}
    value = {"schema": 1, "component": question.component, "asked": question.asked,
             "words": list(question.words), "how": found.how, "recommended": None, "equals": [],
             "tie_rule": question.tie_rule, "why": [], "candidates": [], "single": {},
             "ruled_out": [{"variant": v, "why": why} for v, why in sorted(out.items())],
             "regret": [], "notes": [], "delta": math.exp(delta) - 1}
    here = costs[asked.key]
    if not here:
        why = "every variant is ruled out" if not mine else "nothing that qualifies has figures"
        return value | {"why": [why], "notes": list(found.notes)}
    best = unbeaten(here, delta, found.level)
    chosen = min(best, key=lambda v: question.tie(mine[v]))
    equals = [v for v in best if v != chosen]
    rows = [_candidate(mine[v], here, chosen, found.level) for v in here]
    rows.sort(key=lambda r: (r["variant"] != chosen, r["ns"], r["variant"]))
    return value | {
        "recommended": chosen, "equals": equals, "candidates": rows,
        "single": {v: ns for v, ns in found.single.items() if v in mine and v not in here},
        "why": _reasons(question, chosen, equals, here, delta, found.level),
        "regret": [regret(s, chosen, costs, found) for s in question.scenarios[1:]],
        "units": {s: {v: {str(u): ns for u, ns in c.items()} for v, c in by.items()}
                  for s, by in costs.items()},
        "notes": _notes(found, share, len(here))}
