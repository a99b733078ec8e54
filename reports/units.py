"""The unit of all statistics on time: a layout where the binaries were relinked, else a block.

One link of a binary is one sample of its layout: processes of one link share its luck, and taking
them as independent is pseudo-replication. So the blocks of a layout are reduced to their median
first, and everything that follows (interval, delta, sign test, A12, permutation, TOST, power)
counts layouts.
"""

from __future__ import annotations

import math
from typing import Mapping, Sequence

import numpy as np

from reports.samples import Cell, SampleIndex
from reports.stats.ratios import FlooredRatio, Interval, k_floor_share, k_level, median_interval

k_floor_reason = "the harness floor is more than a fifth of the signal"


def kind(index: SampleIndex) -> str:
    return "layout" if index.layouts else "block"


def many(index: SampleIndex, count: int) -> str:
    """"1 layout", "10 blocks"."""
    return f"{count} {kind(index)}{'' if count == 1 else 's'}"


def level_of(index: SampleIndex, cell: Cell) -> float:
    """The level of the look at which the group of a cell stopped; 0.95 where nobody looked."""
    return index.levels.get(cell.group, k_level)


def median_of(values: Sequence[float]) -> float:
    """Median of a few values; much quicker than numpy's for so few."""
    xs = sorted(values)
    half = len(xs) // 2
    return xs[half] if len(xs) % 2 else 0.5 * (xs[half - 1] + xs[half])


def medians(index: SampleIndex, by_block: Mapping[int, float]) -> dict[int, float]:
    """One value a unit, units in order: the median over the blocks of the unit."""
    if not index.layouts:
        return dict(by_block)
    gathered: dict[int, list[float]] = {}
    for block, value in by_block.items():
        gathered.setdefault(block % index.layouts, []).append(value)
    return {unit: median_of(gathered[unit]) for unit in sorted(gathered)}


def values(index: SampleIndex, cell: Cell, metric: str = "ns") -> dict[int, float]:
    """unit -> median of a metric over the blocks of the unit."""
    return medians(index, index.by_block(cell, metric))


def paired_blocks(index: SampleIndex, subject: Cell, reference: Cell, floor: float = 0.0,
                  metric: str = "ns") -> dict[int, float] | None:
    """block -> log((s - floor) / (r - floor)) where both were measured; None where the floor eats
    a whole measurement."""
    mine, other = index.by_block(subject, metric), index.by_block(reference, metric)
    out = {}
    for block, value in mine.items():
        if block in other:
            s, r = value - floor, other[block] - floor
            if s <= 0 or r <= 0:
                return None
            out[block] = math.log(s / r)
    return out


def paired(index: SampleIndex, subject: Cell, reference: Cell, floor: float = 0.0,
           metric: str = "ns") -> dict[int, float] | None:
    """unit -> median of the paired log ratios of its blocks."""
    blocks = paired_blocks(index, subject, reference, floor, metric)
    return None if blocks is None else medians(index, blocks)


def floor_levels(floor: Sequence[float]) -> list[float]:
    """The floor's median and the ends of its interval."""
    if not floor:
        return [0.0]
    f = median_interval(floor)
    return [f.point] + ([f.low, f.high] if f.has_bounds() else [min(floor), max(floor)])


def floored(index: SampleIndex, subject: Cell, reference: Cell, floor: Sequence[float],
            level: float = k_level) -> tuple[FlooredRatio, dict[int, float]]:
    """The ratio with the harness floor taken off, and its log ratio of each unit.

    The floor's own interval is carried through: the ratio is formed at its lower end, its median
    and its upper end, and the bounds are the widest of the three.
    """
    mine, other = index.by_block(subject, "ns"), index.by_block(reference, "ns")
    shared = [b for b in mine if b in other]
    if not shared:
        return FlooredRatio(None, None, None, False, "no block holds both"), {}
    signal = min(median_of([mine[b] for b in shared]), median_of([other[b] for b in shared]))
    levels = floor_levels(floor)
    share = (levels[0] / signal if signal > 0 else math.inf) if floor else None
    logs = [paired(index, subject, reference, f) for f in levels]
    if logs[0] is None or share is not None and share > k_floor_share:
        raw = paired(index, subject, reference) or {}
        li = median_interval(list(raw.values()), level) if raw else None
        return FlooredRatio(li.mapped(math.exp) if li else None, li, share, False,
                            k_floor_reason), raw
    intervals = [median_interval(list(entry.values()), level) for entry in logs if entry]
    middle = intervals[0]
    if middle.has_bounds():
        middle = Interval(middle.point, min(i.low for i in intervals),
                          max(i.high for i in intervals), middle.coverage, middle.units)
    return FlooredRatio(middle.mapped(math.exp), middle, share, True, ""), logs[0]


def compared(index: SampleIndex, group: str) -> list[Cell]:
    """The cells of a group that run the subject's code: all but floor and roof."""
    return [c for role in ("subject", "aa", "planted")
            for c in index.by_group.get((group, role), [])]


def block_drift(index: SampleIndex, group: str) -> dict[int, float]:
    """block -> median over the cells of a group of log(ns / the cell's own median): what the
    machine did to everybody in that block."""
    logs: dict[int, list[float]] = {}
    for cell in compared(index, group):
        series = index.by_block(cell, "ns")
        if series:
            own = math.log(median_of(series.values()))
            for block, value in series.items():
                logs.setdefault(block, []).append(math.log(value) - own)
    return {block: median_of(logs[block]) for block in sorted(logs)}


def steadied(index: SampleIndex, cell: Cell, drift: Mapping[int, float]) -> dict[int, float]:
    """unit -> log ns with the drift common to a block taken off; for comparisons of unpaired
    values, which drift between blocks would drown."""
    series = index.by_block(cell, "ns")
    return medians(index, {b: math.log(v) - drift.get(b, 0.0) for b, v in series.items()})


def components(index: SampleIndex, group: str) -> tuple[float, float] | None:
    """Standard deviations of the log ratios to the reference, between layouts and between the
    processes of one layout, pooled over the cells of a group (one-way analysis of variance). None
    without layouts or without repeats."""
    if not index.layouts:
        return None
    between, within, cells = 0.0, 0.0, 0
    for cell in index.by_group.get((group, "subject"), []):
        reference = index.cells.get(cell.reference or "")
        if reference is None or reference.id == cell.id:
            continue
        found = _anova(index, paired_blocks(index, cell, reference) or {})
        if found is not None:
            between, within, cells = between + found[0], within + found[1], cells + 1
    if not cells:
        return None
    return math.sqrt(max(0.0, between / cells)), math.sqrt(within / cells)


def _anova(index: SampleIndex, blocks: Mapping[int, float]) -> tuple[float, float] | None:
    """Variance components of one cell: between layouts, within one."""
    by_unit: dict[int, list[float]] = {}
    for block, value in blocks.items():
        by_unit.setdefault(index.unit(block), []).append(value)
    repeated = [np.asarray(v) for v in by_unit.values() if len(v) > 1]
    if len(repeated) < 2:
        return None
    size = float(np.mean([v.size for v in repeated]))
    within = float(np.mean([v.var(ddof=1) for v in repeated]))
    between = float(np.var([v.mean() for v in repeated], ddof=1)) - within / size
    return between, within
