"""One live line while measuring; a plain line every ten seconds where nobody watches."""

import math
import statistics
import sys
import time

_PLAIN_EVERY_S = 10.0
_LIVE_EVERY_S = 0.2
_PACE_FROM = 10  # samples: the pace of fewer is that of what went before the first


def sign_interval_width(values):
    """Relative width of the order-statistic interval of the median; None below six values."""
    count = len(values)
    if count < 6:
        return None
    ordered = sorted(values)
    rank, tail = 0, 0.0
    while rank < count // 2:
        tail += math.comb(count, rank) / 2**count
        if 2 * tail > 0.05:
            break
        rank += 1
    middle = statistics.median(ordered)
    return (ordered[count - rank] - ordered[rank - 1]) / middle if middle and rank else None


def clock(seconds):
    seconds = max(0, int(seconds))
    return f"{seconds // 60}:{seconds % 60:02d}"


class Progress:
    """Told of each sample; knows how wide the widest interval still is."""

    def __init__(self, stream=None):
        self.planned = 0
        self.done = 0
        self._values = {}
        self._widest = None
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._last = -math.inf
        self._shown = 0
        self.begin_stage()

    def begin_stage(self):
        """The time left is told from the pace of this stage: the next has another."""
        self._began, self._before = time.monotonic(), self.done

    def add(self, cell, sample):
        self.done += 1
        value = (sample["result"] or {}).get("ns_per_op")
        if value:
            self._values.setdefault(cell["id"], []).append(value)

    def end_block(self):
        widths = [sign_interval_width(v) for v in self._values.values()]
        self._widest = max((w for w in widths if w is not None), default=None)

    def show(self, stage, left_s=None, force=False):
        now = time.monotonic()
        wait = _LIVE_EVERY_S if self._live else _PLAIN_EVERY_S
        if not force and now - self._last < wait:
            return
        self._last = now
        taken = self.done - self._before
        if left_s is None and taken >= _PACE_FROM:
            left_s = (now - self._began) / taken * (self.planned - self.done)
        parts = [stage, f"samples {self.done}/{self.planned}"]
        if self._widest is not None:
            parts.append(f"widest interval {100 * self._widest:.0f} %")
        if left_s is not None:
            parts.append(f"{clock(left_s)} left")
        self._write("  ".join(parts))

    def _write(self, text):
        if self._live:
            pad = " " * max(0, self._shown - len(text))
            self._stream.write("\r" + text + pad)
            self._shown = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def say(self, text):
        """A line of its own, above the live line."""
        if self._live and self._shown:
            self._stream.write("\r" + " " * self._shown + "\r")
            self._shown = 0
        self._stream.write(text + "\n")
        self._stream.flush()
