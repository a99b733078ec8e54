"""When a run may look at its results and stop: alpha is spent, look by look, never more than once.

Looking at a 95 % interval after every block and stopping at the first that excludes 1 makes two to
three times the false verdicts. Here the looks are fixed before the run, each has an alpha of its
own, and the alphas sum to no more than the whole: by the union bound all intervals of a run cover
at once with 1 - alpha. The bound takes no credit for looks being alike, so it errs to the safe
side.

Sign intervals are discrete: n units can only spend 2 P(Binomial(n, 1/2) < r) for whole r. A look
takes the largest of these that its share allows; what it leaves passes on to the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

from reports.stats.intervals import k_level

k_alpha = 1.0 - k_level
k_growth = 1.4  # units between looks grow so: a look that adds little costs alpha all the same
k_last_share = 0.5  # of alpha that is kept for the end, where most comparisons are decided
k_digits = 6


@dataclass(frozen=True)
class Look:
    """units: when; alpha: what it may spend; level: of the interval taken then."""

    units: int
    alpha: float
    level: float


def _spendable(n: int, share: float) -> float:
    """The largest error that a sign interval over n units can have within the share."""
    best, tail, term, all_of_them = 0.0, 0, 1, 2**n
    for r in range(1, n // 2 + 1):
        tail, term = tail + term, term * (n - r + 1) // r  # term: C(n, r - 1), then C(n, r)
        error = 2.0 * (tail / all_of_them)
        if error > share * (1.0 + 1e-12):
            break
        best = error
    return best


def _look(n: int, share: float) -> Look:
    """Rounded down in the last place, so that text and back never loses the rank."""
    spent = _spendable(n, share)
    scale = 10.0**k_digits
    return Look(n, spent, math.floor((1.0 - spent) * scale) / scale if spent else 1.0)


def schedule_at(units: Sequence[int], alpha: float = k_alpha) -> list[Look]:
    """Looks after fixed numbers of units, e.g. rounds over the same 11 layouts: [11, 11, 11]. The
    last has up to half of alpha, the others share the rest. A look whose share is too small to be
    spent at all has level 1: nothing is decided there."""
    if not units or min(units) < 1 or not 0.0 < alpha < 1.0:
        raise ValueError("looks need units, and an alpha between 0 and 1")
    if len(units) == 1:
        return [Look(units[0], alpha, 1.0 - alpha)]
    last = _spendable(units[-1], alpha * k_last_share)
    share, left, looks = (alpha - last) / (len(units) - 1), 0.0, []
    for n in units[:-1]:
        left += share
        looks.append(_look(n, left))
        left -= looks[-1].alpha
    return [*looks, _look(units[-1], left + last)]


def schedule(units_max: int, first: int = 10, alpha: float = k_alpha) -> list[Look]:
    """The looks of a run of at most units_max units: at `first`, then whenever the units have grown
    by k_growth, and at the end; only at the end where that is at most one unit later."""
    if units_max <= first + 1:
        return schedule_at([units_max], alpha)
    at = [first]
    while math.ceil(at[-1] * k_growth) * math.sqrt(k_growth) <= units_max:
        at.append(math.ceil(at[-1] * k_growth))
    return schedule_at([*at, units_max], alpha)


def look_at(looks: Sequence[Look], units: int) -> Look | None:
    """The look that is due after exactly so many units, if one is."""
    return next((look for look in looks if look.units == units), None)


def levels_of(plan: dict, state: str | None) -> dict[str, float]:
    """group -> level of its last look. Whoever analyses an unfinished run before its first look
    peeks: such a group has the level of that look, or each interruption were another chance."""
    rule = plan.get("stop_rule") if state != "complete" else None
    early = {group: schedule(most, rule["first"])[0].level
             for group, most in rule["units_max"].items()} if rule else {}
    return early | {e["group"]: e["level"] for e in plan.get("looks") or []}
