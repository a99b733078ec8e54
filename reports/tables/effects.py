"""What stands beside the verdict of a pair: effect size, other tests, power. None of it decides."""

from __future__ import annotations

import math

from reports import units
from reports.samples import Cell, Run
from reports.stats.effect import a12
from reports.stats.equivalence import tost
from reports.stats.permutation import block_permutation_p
from reports.stats.power import power_of

k_nothing = {"a12": None, "a12_low": None, "a12_high": None, "p_perm": None, "tost_p": None,
             "power": None, "net_of_floor": False}


def of_pair(run: Run, cell: Cell, reference: Cell, logs: dict[int, float], drift: dict[int, float],
            delta: float | None, planted: float | None) -> dict:
    """A12 on times with the drift common to a block taken off; the permutation test swaps labels
    inside a unit; TOST against delta; power to see the planted slowdown with this n and noise."""
    if len(logs) < 2:
        return dict(k_nothing)
    values = list(logs.values())
    mine, other = (list(units.steadied(run.index, c, drift).values()) for c in (cell, reference))
    size = a12(mine, other)
    out = k_nothing | {"a12": size.value, "a12_low": size.low, "a12_high": size.high,
                       "p_perm": block_permutation_p(values, statistic="mean")}
    if delta is not None:
        out["tost_p"] = tost(values, delta)
        effect = math.log1p(planted) if planted else max(math.log(1.05), 1.5 * delta)
        out["power"] = power_of(values, effect, len(values), units.level_of(run.index, cell), delta)
    return out
