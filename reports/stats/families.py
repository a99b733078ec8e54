"""Made-up families of comparisons: noise of known kinds, on which the statistics are tested.

A family is one group of a run: a reference, its A/A twin and some subjects, measured side by side
in blocks. Times come in ns, shaped (cell, unit, repeat); cell 0 is the reference, cell 1 the twin.
Every law has nearly the same size of noise, so that they differ in shape alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable

import numpy as np
from scipy.signal import lfilter

k_ns = 50.0  # an operation of the reference
k_noise = 0.03  # standard deviation of a process's log time
k_tick = 0.02  # of a quantised clock, as a share of the time
k_autocorrelation = 0.6
k_batches = 24  # inside a process, where they are made one by one


@dataclass(frozen=True)
class Shape:
    cells: int = 8  # reference, twin, six subjects
    units: int = 22
    repeats: int = 1  # processes a unit, where the unit is a layout


def normal(rng: np.random.Generator, shape: tuple, sd: float) -> np.ndarray:
    return rng.normal(0.0, sd, shape)


def lognormal(rng, shape, sd):
    """Skewed to the right like times: a lognormal of log scale 0.8, brought to the same sd."""
    s = 0.8
    spread = math.sqrt((math.exp(s * s) - 1.0) * math.exp(s * s))
    return np.log1p(sd * np.clip((rng.lognormal(0.0, s, shape) - 1.0) / spread, -5.0, None))


def bimodal(rng, shape, sd):
    """Two states of the machine 2 sd apart, drawn anew for every process."""
    return sd * (rng.choice((-1.0, 1.0), shape) + rng.normal(0.0, 0.3, shape))


def ties(rng, shape, sd):
    """A coarse clock: times are whole ticks, so that many log ratios are exactly 0."""
    whole = np.round(np.exp(normal(rng, shape, sd)) / k_tick)
    return np.log(np.maximum(1.0, whole) * k_tick)


def layouts(rng, shape, sd):
    """Each link of each variant has a speed of its own; processes of it vary little around that."""
    cells, units, _ = shape
    return rng.normal(0.0, sd, (cells, units, 1)) + rng.normal(0.0, sd / 3.0, shape)


def drift(rng, shape, sd):
    """The machine wanders by 10 % from block to block, the same for all cells of it."""
    _, units, repeats = shape
    walk = np.cumsum(rng.normal(0.0, 0.1, units * repeats)).reshape(1, repeats, units)
    return walk.transpose(0, 2, 1) + normal(rng, shape, sd)


def batches(rng, shape, sd, rho=k_autocorrelation, count=k_batches) -> np.ndarray:
    """log times of the batches of each process, shaped (*shape, count), AR(1) with this rho."""
    noise = rng.normal(0.0, sd * math.sqrt(1.0 - rho * rho), (*shape, count + 40))
    return lfilter([1.0], [1.0, -rho], noise, axis=-1)[..., 40:]


def autocorrelated(rng, shape, sd):
    """Batches inside a process depend on each other; a process reports their median."""
    return np.median(batches(rng, shape, 2.0 * sd), axis=-1)


def preempted(rng, shape, sd):
    """One process in eight loses up to twice its time to others."""
    hit = rng.random(shape) < 0.125
    return normal(rng, shape, sd) + hit * np.log1p(rng.exponential(0.6, shape))


k_laws: dict[str, Callable] = {
    "normal": normal, "lognormal": lognormal, "bimodal": bimodal, "ties": ties,
    "layouts": layouts, "drift": drift, "autocorrelated": autocorrelated, "preempted": preempted}


def family(law: str, seed: int, shape: Shape = Shape(), sd: float = k_noise) -> np.ndarray:
    """One A/A family: ns shaped (cells, units, repeats). The same seed, the same family."""
    rng = np.random.default_rng([20240229, list(k_laws).index(law), seed])
    size = (shape.cells, shape.units, shape.repeats)
    return k_ns * np.exp(k_laws[law](rng, size, sd))
