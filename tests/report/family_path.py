"""One made-up family through the path of a verdict: paired ratios, delta from the family's own A/A,
interval, verdict, Holm over the family, at the looks of the stopping rule. Only functions of
`reports` decide anything here; this file counts."""

import math
from dataclasses import dataclass, field

import numpy as np

from reports.stats import families, ratios as stats, sequential

ALPHA = 0.05
CALLED = ("FASTER", "SLOWER")


def shape_of(law, units, cells=8, repeats=None):
    if repeats is None:
        repeats = 3 if law == "layouts" else 1
    return families.Shape(cells=cells, units=units, repeats=repeats)


def unit_ratios(ns, cell, reference=0):
    """Log ratio of each unit: the median over its blocks, paired inside the block."""
    _, units, repeats = ns.shape
    blocks = range(units * repeats)
    subject, other = ({b: ns[c, b % units, b // units] for b in blocks} for c in (cell, reference))
    logs = np.array(stats.paired_log_ratios(subject, other)).reshape(repeats, units)
    return logs[0] if repeats == 1 else np.median(logs, axis=0)


@dataclass
class Tally:
    """Counts over many families."""

    families: int = 0
    pairs: int = 0
    false_pairs: int = 0  # equal code called FASTER or SLOWER, at whichever look
    false_families: int = 0  # at least one such pair
    false_holm: int = 0  # at least one that Holm over the family lets stand
    same: int = 0  # pairs called SAME when the run stopped
    stopped: list = field(default_factory=list)  # units at which each family was decided
    missed: list = field(default_factory=list)  # share of intervals over all units without 1
    ever_missed: list = field(default_factory=list)  # the same, over all looks together
    sides: list = field(default_factory=list)  # of the first pair: side of the interval that misses

    def rate(self, name):
        """Share of families, and its Monte-Carlo standard error."""
        share = getattr(self, name) / self.families
        return share, math.sqrt(max(share * (1 - share), 1.0 / self.families) / self.families)

    def coverage(self, name="missed"):
        """Mean over families, with its standard error: pairs of a family share their reference."""
        share = 1.0 - np.array(getattr(self, name))
        return float(share.mean()), float(share.std(ddof=1) / math.sqrt(share.size))


def at_look(look, aa, pairs):
    """Verdict and Holm's p of each pair, on the units that this look has."""
    delta = stats.delta_of(aa[:look.units])
    seen = [logs[:look.units] for logs in pairs]
    intervals = [stats.median_interval(logs, look.level) for logs in seen]
    adjusted = stats.holm([stats.sign_p(logs) for logs in seen])
    return [(stats.pair_verdict(i, delta).verdict, i, p) for i, p in zip(intervals, adjusted)]


def excludes_one(interval):
    return interval.low is not None and (interval.low > 0 or interval.high < 0)


def count(tally, aa, pairs, looks):
    """Adds a family of equal code. A false verdict counts at any look, also where the run would go
    on: that is harsher than the rule, which publishes the last look only."""
    called, held, ever, stopped = set(), set(), set(), None
    for look in looks:
        judged = at_look(look, aa, pairs)
        for k, (verdict, interval, p) in enumerate(judged):
            ever |= {k} if excludes_one(interval) else set()
            called |= {k} if verdict in CALLED else set()
            held |= {k} if verdict in CALLED and p <= 1.0 - look.level + 1e-9 else set()
        if stopped is None and all(v in (*CALLED, "SAME") for v, _, _ in judged):
            stopped = look.units
            tally.same += sum(v == "SAME" for v, _, _ in judged)
    full = [stats.median_interval(logs) for logs in pairs]
    tally.families, tally.pairs = tally.families + 1, tally.pairs + len(pairs)
    tally.false_pairs += len(called)
    tally.false_families += bool(called)
    tally.false_holm += bool(held)
    tally.stopped.append(stopped or looks[-1].units)
    tally.missed.append(np.mean([excludes_one(i) for i in full]))
    tally.ever_missed.append(len(ever) / len(pairs))
    tally.sides += [np.sign(full[0].point)] if excludes_one(full[0]) else []


def run(law, units, families_count, looks=None, cells=8, sd=families.k_noise):
    """Many A/A families of one law."""
    tally, looks = Tally(), looks or sequential.schedule(units)
    for seed in range(families_count):
        ns = families.family(law, seed, shape_of(law, units, cells), sd)
        count(tally, unit_ratios(ns, 1), [unit_ratios(ns, c) for c in range(2, cells)], looks)
    return tally


def power(law, units, families_count, sd=families.k_noise, level=0.95, repeats=None):
    """Share of families whose subject, slowed by max(5 %, 1.5 delta), is called SLOWER; delta is
    that of the same family."""
    seen = 0
    for seed in range(families_count):
        ns = families.family(law, seed, shape_of(law, units, 3, repeats), sd)
        delta = stats.delta_of(unit_ratios(ns, 1))
        ns[2] *= math.exp(max(math.log(1.05), 1.5 * delta))
        interval = stats.median_interval(unit_ratios(ns, 2), level)
        seen += stats.pair_verdict(interval, delta).verdict == "SLOWER"
    return seen / families_count
