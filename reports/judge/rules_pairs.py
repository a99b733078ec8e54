"""Rules on two variants: `ratio`, `equivalence`, `tail` (a ratio of tail figures), `crossover`.

Counted metrics repeat to the last digit, so one sample is enough. What is timed is compared inside
a block only, its unit is the layout (or the block), it needs ten of them, and has the harness floor
taken off. Every timed comparison leaves the p value of what it says, for Holm over the whole claim.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace

from reports import units
from reports.judge.rules_common import (Gathered, Outcome, Strand, gather, interval_text, joint,
                                        config_error, k_refuted, k_shape, k_supported,
                                        k_undecided, number, spoiled, text, undecided)
from reports.stats.equivalence import tost
from reports.stats.multiplicity import holm
from reports.stats.intervals import binomial_tail
from reports.stats.ratios import (Interval, k_delta_floor, k_units_min, median_interval,
                                  paired_log_ratios, sign_p)

k_ratio_keys = ("against", "ratio")
k_equivalence_keys = ("against",)
k_tail_keys = ("against", "ratio", "min_cases", "cases")
k_crossover_keys = ("against", "band")


@dataclass(frozen=True)
class Compared:
    """Two variants at one size: the ratio, and the log ratio of each unit where it was timed."""

    interval: Interval
    logs: tuple[float, ...] | None = None
    level: float = 0.95
    delta: float = 0.0  # equal code strays so far: nothing nearer to 1 is a difference
    with_harness: bool = False  # the floor is in both: nearer to 1 than the truth

    def above(self) -> bool:
        return self.low > 1 and math.log(self.point) > self.delta

    def below(self) -> bool:
        return self.high < 1 and math.log(self.point) < -self.delta

    @property
    def low(self) -> float:
        return self.interval.low

    @property
    def high(self) -> float:
        return self.interval.high

    @property
    def point(self) -> float:
        return self.interval.point

    def part(self, n: int, verdict: str, p) -> list[dict]:
        """The entry for Holm; nothing for what was counted. `p` gets the log ratios."""
        return [] if self.logs is None else [
            {"n": n, "verdict": verdict, "p": p(self.logs), "alpha": 1.0 - self.level}]


def against(test: dict, strand: Strand) -> Strand:
    return replace(strand, variant=test["against"])


def _floor(mine, index) -> list[float]:
    """The floor that was measured beside a cell, not one of another placement."""
    cell = index.beside(mine, "floor")
    return list(units.values(index, cell).values()) if cell else []


def _control(strand: Strand, mine, other, context: dict) -> tuple[float, str]:
    """(delta, why two timed cells cannot be compared): a claim needs of its own group what a pair
    does, and tells nothing that is nearer to 1 than equal code strays there."""
    if mine.group != other.group:
        return 0.0, f"{mine.id} and {other.id} were not measured side by side"
    known = context.get("deltas")
    if strand.metric != "ns" or known is None:
        return k_delta_floor, ""
    return known.get(mine.group, 0.0), "" if mine.group in known else "no A/A control beside it"


def _timed(strand: Strand, mine, other, index,
           as_bound: bool) -> tuple[Compared | None, str]:
    level, with_harness = units.level_of(index, mine), False
    if strand.metric == "ns":
        floor = _floor(mine, index)
        if len(floor) < min(k_units_min, len(units.values(index, mine))):
            return None, f"the floor has {units.many(index, len(floor))}" if floor else \
                "no floor control"
        ratio, logs = units.floored(index, mine, other, floor, level)
        with_harness = as_bound and ratio.reason == units.k_floor_reason and bool(logs)
        if not ratio.usable and not with_harness:
            return None, ratio.reason
        log_interval = ratio.log_interval
    else:
        logs = units.paired(index, mine, other, metric=strand.metric)
        if not logs:
            return None, "no block holds both, or a figure is zero"
        log_interval = median_interval(list(logs.values()), level)
    if len(logs) < k_units_min or not log_interval.has_bounds():
        return None, f"{units.many(index, len(logs))}, {k_units_min} are needed"
    return Compared(log_interval.mapped(math.exp), tuple(logs.values()), level,
                    with_harness=with_harness), ""


def ratio_at(strand: Strand, n: int, mine: Gathered, other: Gathered,
             index, as_bound: bool = False) -> tuple[Compared | None, str]:
    """Subject over the other at one size, or None and why there is none. As a bound: where the
    floor is too much of the signal to be taken off, the ratio with the floor in both, which lies
    nearer to 1 than the one without."""
    if strand.meter == "time":
        return _timed(strand, mine.cells[n], other.cells[n], index, as_bound)
    logs = paired_log_ratios(mine.values[n], other.values[n])
    if not logs:
        return None, "no block holds both, or a count is zero"
    interval = median_interval(logs)
    if not interval.has_bounds():  # counted: the spread over the seeds is all there is
        interval = Interval(interval.point, min(logs), max(logs), None, len(logs))
    return Compared(interval.mapped(math.exp)), ""


def _each(test: dict, strand: Strand, index, context: dict, as_bound: bool = False):
    """(ratios by size, ids, outcome when something is missing)."""
    other = against(test, strand)
    if bad := spoiled(other, index, context):
        return {}, bad.evidence, bad
    mine, theirs = gather(strand, index), gather(other, index)
    ids = mine.ids() + theirs.ids()
    for s, g in ((strand, mine), (other, theirs)):
        if g.missing:
            return {}, ids, undecided(s, g)
    ratios = {}
    for n in strand.n:
        delta, why = 0.0, ""
        if strand.meter == "time":
            delta, why = _control(strand, mine.cells[n], theirs.cells[n], context)
        found, why = (None, why) if why else ratio_at(strand, n, mine, theirs, index, as_bound)
        if found is None:
            return {}, ids, Outcome(k_undecided, "", f"{strand.label()} at n = {n}: {why}",
                                    evidence=ids)
        ratios[n] = replace(found, delta=delta)
    return ratios, ids, None


def check_pair(test: dict, place: str) -> None:
    for key in ("ratio", "tolerance", "margin", "min_cases", "max"):
        if key in test:
            number(test[key], place)
    if number(test.get("ratio", 2)) in (0, 1) or number(test.get("ratio", 2)) < 0:
        raise config_error(f"ratio = {test['ratio']} has no side", place,
                           'a ratio above 0 and not 1; for "the same" rule = "equivalence"')
    for end in test.get("band", []):
        number(end, place)


def judge_ratio(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """R1: reproduced inside the tolerance and on the right side of 1, right side only, wrong side,
    or not decided. A tolerance that reaches across 1 never makes the wrong side right. With
    `max` below 1 all up to it is inside, and then the harness may be in both: what holds with it
    holds without."""
    goal = "max" in test and number(test["max"]) < 1
    ratios, ids, missing = _each(test, strand, index, context, as_bound=goal)
    if missing:
        return missing
    wanted, tolerance = number(test["ratio"]), number(test.get("tolerance", 0.25))
    verdicts, shown, parts = [], [], []
    for n, r in ratios.items():
        edges = wanted * (1 - tolerance), wanted * (1 + tolerance)
        if "max" in test:  # a goal: less is as good
            edges = 0.0, number(test["max"])
        inside = edges[0] <= r.low and r.high <= edges[1]
        if r.with_harness and not inside:
            return Outcome(k_undecided, "", f"{strand.label()} at n = {n}: "
                           f"{units.k_floor_reason}", evidence=ids)
        right, wrong = (r.below(), r.above()) if wanted < 1 else (r.above(), r.below())
        if r.logs is None and not right:  # counts: as many is not fewer
            wrong = r.low >= 1 if wanted < 1 else r.high <= 1
        verdicts.append(k_refuted if wrong else k_undecided if not right else
                        k_supported if inside else k_shape)
        shown.append(f"{text(r.point)}{interval_text(r.low, r.high)} at n = {n}"
                     + ", harness in both" * r.with_harness)
        parts += r.part(n, verdicts[-1], sign_p if verdicts[-1] != k_supported else
                        lambda logs, e=edges: max(sign_p(logs), _inside_p(logs, *e)))
    first = next(iter(ratios.values()))
    return Outcome(joint(verdicts), text(first.point), f"{strand.label()} over "
                   f"{test['against']}: {'; '.join(shown)}; published {text(wanted)}",
                   [first.low, first.high], text(wanted), ids, parts)


def _inside_p(logs: tuple[float, ...], low: float, high: float) -> float:
    """Two-sided p of `the median ratio lies outside [low, high]`."""
    under = sum(v < math.log(low) for v in logs) if low > 0 else 0
    outside = max(under, sum(v > math.log(high) for v in logs))
    return min(1.0, 2.0 * binomial_tail(outside, len(logs)))


def judge_tail(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """A ratio of tail figures, refused where the tail rests on too few observations."""
    for s in (strand, against(test, strand)):
        cases, figures = gather(s, index, test["cases"]), gather(s, index)
        few = [v for blocks in cases.values.values() for v in blocks.values()
               if v < number(test["min_cases"])]
        bare = [n for n, blocks in figures.values.items()
                if set(blocks) - set(cases.values.get(n, ()))]
        if not few and bare:
            return Outcome(k_undecided, "", f"{s.label()} at n = {bare[0]}: samples without "
                           f"{test['cases']}", evidence=cases.ids())
        if not few and cases.missing:
            return undecided(s, cases)
        if few:
            return Outcome(k_undecided, "", f"{s.label()}: a tail of {few[0]:,.0f} observations; "
                           f"{number(test['min_cases']):,.0f} are needed")
    return judge_ratio(test, strand, index, context)


def judge_equivalence(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """R5: the same when the whole interval lies inside the margin; otherwise when it lies wholly
    outside. An interval that reaches across says nothing. With `max` there is one edge only: not
    dearer than so many times, however much cheaper."""
    ratios, ids, missing = _each(test, strand, index, context)
    if missing:
        return missing
    one_sided = "max" in test
    edge = math.log(number(test["max"])) if one_sided else \
        math.log1p(number(test.get("margin", 0.05)))
    verdicts, shown, parts = [], [], []
    for n, r in ratios.items():
        low, high = math.log(r.low), math.log(r.high)
        least = low if one_sided else -edge
        verdicts.append(k_supported if least <= low and high <= edge else
                        k_refuted if low > edge or high < least else k_undecided)
        shown.append(f"{text(r.point)}{interval_text(r.low, r.high)} at n = {n}")
        parts += r.part(n, verdicts[-1], lambda logs, v=verdicts[-1]: sign_p(
            [v - edge for v in logs]) if one_sided else _margin_p(logs, edge, v))
    first = next(iter(ratios.values()))
    wanted = f"at most {test['max']} times" if one_sided else f"margin {test.get('margin', 0.05)}"
    return Outcome(joint(verdicts), text(first.point), f"{strand.label()} over "
                   f"{test['against']}: {'; '.join(shown)}; {wanted}",
                   [first.low, first.high], wanted if one_sided else "equal", ids, parts)


def _margin_p(logs: tuple[float, ...], edge: float, verdict: str) -> float:
    """Two-sided p of what was said: inside the margin (both one-sided tests), or beyond its nearer
    edge."""
    if verdict == k_refuted:
        nearer = math.copysign(edge, statistics.median(logs))
        return sign_p([v - nearer for v in logs])
    return min(1.0, 2.0 * tost(logs, edge))


def _told_apart(ratios: dict[int, Compared]) -> set[int]:
    """Sizes whose ratio differs from 1 after Holm over the sizes; counts need no test."""
    timed = [n for n, r in ratios.items() if r.logs is not None]
    adjusted = holm([sign_p(ratios[n].logs) for n in timed])
    return {n for n in ratios if n not in timed} | {
        n for n, p in zip(timed, adjusted) if p <= 1.0 - ratios[n].level + 1e-12}


def judge_crossover(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """One change of sign of log(subject / other) over the sizes, and where it lies."""
    ratios, ids, missing = _each(test, strand, index, context)
    if missing:
        return missing
    low, high = (number(v) for v in test["band"])
    printed = f"between {text(low)} and {text(high)}"
    told = _told_apart(ratios)
    clear = [(n, 1 if r.above() else -1) for n, r in sorted(ratios.items())
             if n in told and (r.above() or r.below())]
    turns = [(a[0], b[0]) for a, b in zip(clear, clear[1:]) if a[1] != b[1]]
    base = dict(published=printed, evidence=ids)
    if not clear or len(turns) > 1:
        return Outcome(k_undecided, "", f"{strand.label()}: {len(turns)} changes of sign", **base)
    side = "dearer" if clear[0][1] > 0 else "cheaper"
    if not turns and len(clear) < len(ratios):
        return Outcome(k_undecided, "", f"{strand.label()} is {side} than {test['against']} at "
                       f"{len(clear)} of {len(ratios)} sizes, not told at the others", **base)
    if not turns:
        return Outcome(k_refuted, "none", f"{strand.label()} is {side} than {test['against']} at "
                       "every size", **base)
    a, b = turns[0]
    at = math.exp(statistics.fmean((math.log(a), math.log(b))))
    verdict = k_supported if a <= high and b >= low else k_shape
    return Outcome(verdict, text(at), f"{strand.label()} crosses {test['against']} between n = {a} "
                   f"and {b}; published {printed}", [float(a), float(b)], **base)
