"""What was asked, in numbers: 1e5, 1 %, 30s, 64M. What cannot be read names its option and an
example of what can."""

import math
import re
from dataclasses import dataclass, field

from lab.errors import USAGE, CycloneError
from lab.placement import DEFAULT

_NUMBER = r"(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
_TIMES = {"": 1e-3, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_COUNTS = {"": 1, "k": 10**3, "m": 10**6}


@dataclass(frozen=True)
class Part:
    """One workload that belongs to what is asked; the costs of the parts are added."""

    workload: str
    n: int
    params: dict = field(default_factory=dict)
    placement: str = DEFAULT  # where it runs: a name of placement.py


@dataclass(frozen=True)
class Scenario:
    """What is asked, or what might turn out to be true instead. `strict`: figures of workloads
    with other parameters say nothing about it."""

    key: str
    words: str
    parts: tuple
    strict: bool = False


@dataclass(frozen=True)
class Question:
    """`scenarios`: the first is what was asked. `rules`: see qualify; `rules_at(scenario)`:
    those that depend on it. `tie(option)`: what decides between equals, smallest first; `tie_rule`
    says it."""

    component: str
    n: int
    asked: dict
    words: tuple
    scenarios: tuple
    rules: tuple
    rules_at: object
    tie: object
    tie_rule: str


def wrong(flag, text, why, example):
    return CycloneError(f"{flag} {text}: {why}", "the command line",
                        f"write it as in: {flag} {example}", USAGE)


def _scaled(text, units):
    """The number and its unit as one number, or None."""
    match = re.fullmatch(_NUMBER + r"\s*([a-zA-Z]*)", text.strip())
    if not match or match[2].lower() not in units:
        return None
    value = float(match[1]) * units[match[2].lower()]
    return value if math.isfinite(value) else None


def count(flag, text, most=2**24, example="1e5"):
    """A size: 100000, 1e5 or 100k."""
    value = _scaled(text, _COUNTS)
    if value is None:
        raise wrong(flag, text, "not a number", example)
    if value != int(value) or not 1 <= value <= most:
        raise wrong(flag, text, f"not a whole number from 1 to {most}", example)
    return int(value)


def share(flag, text, example="1%"):
    """A part of one: 1%, 1 % or 0.01."""
    match = re.fullmatch(_NUMBER + r"\s*(%?)", text.strip())
    value = float(match[1]) / (100 if match[2] else 1) if match else -1
    if not 0 <= value <= 1:
        raise wrong(flag, text, "not a share from 0 to 1, nor from 0 % to 100 %", example)
    return value


def size(flag, text, example="64M"):
    """Bytes: 64M, 1.5G, 65536. Powers of 1024."""
    stem = re.sub(r"(?i)(?:(?<=[kmg])i?b|(?<=[\d\s])b)$", "", text.strip())
    value = _scaled(stem, _BYTES)
    if value is None or value < 1:
        raise wrong(flag, text, "not a number of bytes", example)
    return int(value)


def number(flag, text, least, most, example):
    value = _scaled(text, {"": 1})
    if value is None or not least <= value <= most:
        raise wrong(flag, text, f"not a number from {least:g} to {most:g}", example)
    return value


def duration(flag, text):
    """Seconds of 30s, 10ms, 2m; a bare number is ticks of a millisecond."""
    value = _scaled(text, _TIMES)
    if value is None or value <= 0:
        raise wrong(flag, text, "not a time: a number with us, ms, s, m, h or d", "const:30s")
    return value


def _pair(flag, text, shape, separator):
    ends = text.split(separator)
    if len(ends) != 2:
        raise wrong(flag, f"{shape}:{text}", f"two times with {separator} between are needed",
                     f"{shape}:1s{separator}30s")
    return [duration(flag, end) for end in ends]


def ttl_median(flag, text):
    """The median of a distribution of times, in seconds; src/timer/ttl.hpp has the grammar."""
    shape, colon, rest = text.partition(":")
    known = ("const", "exp", "uniform", "lognormal", "loguniform", "mix", "bimodal", "pareto")
    if not colon or shape not in known:
        raise wrong(flag, text, "not one of " + ", ".join(known) + " with a time",
                     "lognormal:30s")
    if shape == "uniform":
        return sum(_pair(flag, rest, shape, "..")) / 2
    if shape == "loguniform" or shape == "lognormal" and ".." in rest:
        return math.sqrt(math.prod(_pair(flag, rest, shape, "..")))
    words = rest.split(",")
    if shape == "pareto":
        if len(words) != 2:
            raise wrong(flag, text, "a shape and the shortest time are needed", "pareto:1.5,10ms")
        return duration(flag, words[1]) * 2 ** (1 / number(flag, words[0], 0.1, 100,
                                                           "pareto:1.5,10ms"))
    if shape == "mix":
        return sorted(duration(flag, word) for word in words)[len(words) // 2]
    first = duration(flag, words[0])
    return first * math.log(2) if shape == "exp" else first


def time_text(seconds):
    """A time, to two figures, in the largest unit that leaves it above one; a tick at least."""
    for unit in ("d", "h", "m", "s", "ms"):
        if seconds >= _TIMES[unit] or unit == "ms":
            return f"{float(f'{max(seconds, 1e-3) / _TIMES[unit]:.2g}'):g}{unit}"
    return None
