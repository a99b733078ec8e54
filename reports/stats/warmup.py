"""Where a process settles: change points of its series of batches, and the class they make.

The classes are those of Barrett et al., "Virtual Machine Warmup Blows Hot and Cold" (OOPSLA 2017,
section 4), for series of some dozens of batches: instead of PELT's pruning the exact search over
all segmentations is affordable (optimal partitioning, Jackson et al. 2005; PELT finds the same
minimum). Cost: squared distance of the logarithms from their segment's mean. Penalty of a change:
k_penalty * sigma^2 * log n, sigma from first differences, which a change of level does not disturb.
Single spikes (a preemption) are cut to k_clip sigma around the running median first: they are
noise, and are counted as such by the tail tables, but no level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Sequence

import numpy as np

k_batches_min = 8  # a shorter series has no class
k_batches_max = 512  # beyond this the search would not be quick; longer series are averaged down
k_same = math.log(1.05)  # levels closer than this are one level
k_cov_max = 0.15  # a last segment that varies more is no steady state
k_penalty, k_clip, k_sigma_floor = 4.0, 3.0, 1e-3
k_segment_min = 3  # batches: a shorter stay is no level
k_halves_errors = 3.0  # the halves differ beyond this many standard errors of their difference
k_chunk = 1 << 18  # numbers of a cost table held at once


@dataclass(frozen=True)
class Warmup:
    """changes: batches at which another level begins, levels closer than 5 % joined. steady_from
    and steady_median belong to the last level, and are None without a steady state."""

    kind: str  # warmed, flat, slowing, no steady state, short
    changes: list[int]
    steady_from: int | None
    steady_median: float | None  # in the unit of the series


def noise_of(logs: np.ndarray) -> np.ndarray:
    """Robust standard deviation of the noise of each row, from its first differences."""
    steps = np.diff(logs, axis=1)
    spread = 1.4826 * np.median(np.abs(steps - np.median(steps, axis=1, keepdims=True)), axis=1)
    return np.maximum(spread / math.sqrt(2.0), k_sigma_floor)


def clipped(logs: np.ndarray, sigma: np.ndarray) -> np.ndarray:
    """Each row with its spikes cut to the running median of five and k_clip sigma."""
    padded = np.pad(logs, ((0, 0), (2, 2)), mode="reflect")
    a, b, c, d, e = (padded[:, i:i + logs.shape[1]] for i in range(5))
    low = np.maximum(np.minimum(a, b), np.minimum(d, e))
    high = np.minimum(np.maximum(a, b), np.maximum(d, e))
    centre = np.maximum(np.minimum(low, high), np.minimum(np.maximum(low, high), c))
    reach = (k_clip * sigma)[:, None]
    return np.clip(logs, centre - reach, centre + reach)


def _costs(logs: np.ndarray) -> np.ndarray:
    """cost[s, a, b]: squared distances of logs[s, a:b] from their mean, infinite if short."""
    rows, n = logs.shape
    centred = logs - logs.mean(axis=1, keepdims=True)
    zero = np.zeros((rows, 1))
    total = np.concatenate([zero, np.cumsum(centred, axis=1)], axis=1)
    squares = np.concatenate([zero, np.cumsum(centred**2, axis=1)], axis=1)
    length = np.arange(n + 1)[None, :] - np.arange(n + 1)[:, None]
    inverse = np.where(length >= k_segment_min, 1.0 / np.maximum(length, 1), np.nan)
    cost = (squares[:, None, :] - squares[:, :, None]
            - (total[:, None, :] - total[:, :, None]) ** 2 * inverse[None])
    return np.where(np.isnan(cost), np.inf, np.maximum(cost, 0.0))


def segments(logs: np.ndarray, penalty: np.ndarray) -> list[list[int]]:
    """Starts of the segments of each row, first 0, that minimise cost + penalty * changes, by
    optimal partitioning: O(n^2) a row."""
    rows, n = logs.shape
    cost, every = _costs(logs), np.arange(rows)
    best = np.full((rows, n + 1), np.inf)
    best[:, 0] = -penalty
    last = np.zeros((rows, n + 1), dtype=int)
    for end in range(k_segment_min, n + 1):
        options = best[:, :end] + cost[:, :end, end] + penalty[:, None]
        last[:, end] = options.argmin(axis=1)
        best[:, end] = options[every, last[:, end]]
    out = []
    for row in last:
        starts, end = [], n
        while end > 0:
            end = int(row[end])
            starts.append(end)
        out.append(starts[::-1])
    return out


def _levels(values: np.ndarray, starts: list[int]) -> list[tuple[int, float]]:
    """(start, median log) of each level; neighbours closer than 5 % become one."""
    found = [(a, float(np.median(values[a:b])))
             for a, b in zip(starts, [*starts[1:], len(values)])]
    while len(found) > 1:
        gaps = [abs(b[1] - a[1]) for a, b in zip(found, found[1:])]
        i = int(np.argmin(gaps))
        if gaps[i] > k_same:
            break
        end = found[i + 2][0] if i + 2 < len(found) else len(values)
        found[i:i + 2] = [(found[i][0], float(np.median(values[found[i][0]:end])))]
    return found


def _unsteady(xs: np.ndarray) -> bool:
    """The last level varies by 15 %, or its halves differ by more than 5 % and more than noise."""
    if xs.size < 2 or float(xs.std(ddof=1)) >= k_cov_max * float(xs.mean()):
        return True
    logs, half = np.log(xs), xs.size // 2
    gap = abs(float(np.median(logs[half:]) - np.median(logs[:half])))
    error = 1.2533 * float(logs.std(ddof=1)) * math.sqrt(1.0 / half + 1.0 / (xs.size - half))
    return gap > max(k_same, k_halves_errors * error)


def _judged(xs: np.ndarray, ratio: int, cut: np.ndarray, starts: list[int]) -> Warmup:
    levels = _levels(cut, starts)
    last_start, last = levels[-1]
    changes = [a * ratio for a, _ in levels[1:]]
    if last_start > 0.75 * xs.size or _unsteady(np.exp(cut[last_start:])):
        return Warmup("no steady state", changes, None, None)
    kind = "flat"
    if len(levels) > 1:
        fastest = min(level for _, level in levels[:-1])
        kind = "warmed" if last <= fastest + k_same else "slowing"
    return Warmup(kind, changes, last_start * ratio, float(np.median(xs[last_start:])))


def _shortened(series: Sequence[float]) -> tuple[np.ndarray, int]:
    """The series, or medians of as many neighbours as bring it under k_batches_max."""
    xs = np.asarray(series, dtype=float)
    ratio = -(-xs.size // k_batches_max) if xs.size else 1
    if ratio > 1:
        xs = np.median(xs[:xs.size // ratio * ratio].reshape(-1, ratio), axis=1)
    return xs, ratio


def _classified(rows: list[tuple[np.ndarray, int]]) -> list[Warmup]:
    """Rows of one length, none of them short."""
    logs = np.log(np.stack([xs for xs, _ in rows]))
    sigma = noise_of(logs)
    cut = clipped(logs, sigma)
    out = [Warmup("flat", [], 0, m) for m in map(float, np.exp(np.median(logs, axis=1)))]
    # A range under 5 % holds neither two levels nor a drift, whatever the search would say.
    wide = np.flatnonzero(cut.max(axis=1) - cut.min(axis=1) > k_same)
    penalty = k_penalty * sigma**2 * math.log(logs.shape[1])
    step = max(1, k_chunk // (logs.shape[1] + 1) ** 2)
    for chunk in (wide[i:i + step] for i in range(0, wide.size, step)):
        for i, starts in zip(chunk, segments(cut[chunk], penalty[chunk])):
            out[i] = _judged(*rows[i], cut[i], starts)
    return out


def classify_many(series: Sequence[Sequence[float]]) -> list[Warmup]:
    """Warm-up of many series at once, in their order; as `classify` of each, and much quicker."""
    out = [Warmup("short", [], None, None)] * len(series)
    by_length: dict[int, list] = {}
    for i, one in enumerate(series):
        xs, ratio = _shortened(one)
        if xs.size >= k_batches_min and np.isfinite(xs).all() and (xs > 0).all():
            by_length.setdefault(xs.size, []).append((i, xs, ratio))
    for rows in by_length.values():
        for (i, _, _), found in zip(rows, _classified([(xs, r) for _, xs, r in rows])):
            out[i] = found
    return out


def classify(iter_ns: Sequence[float]) -> Warmup:
    """Class of one process's series of batches (time an operation, in running order).

    flat: one level. warmed: the last level is the fastest, within 5 %. slowing: an earlier level
    was faster. no steady state: the level changes in the last quarter, or the last level varies by
    15 % or drifts by more than 5 % (and 3 standard errors) between its halves. short: fewer than 8
    batches, or times that are not positive.
    """
    return classify_many([iter_ns])[0]
