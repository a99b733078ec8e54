"""Classic mistakes in the slot arithmetic, as models with one function wrong. Each names the lemmas
that it may break; if it breaks none of them, the lemmas are worth nothing."""

from dataclasses import dataclass

import z3

from timer.lemmas import DIGITS, DISTANCES, digit_lemmas, distance_lemmas
from timer.model import Digits, Distances, bit_width, value


@dataclass(frozen=True)
class Mistake:
    name: str
    lemmas_of: object
    model: object
    breaks: tuple

    def lemmas(self):
        return (x for x in self.lemmas_of(self.model) if x.name in self.breaks)


class FromDistance(Digits):
    def level(self, deadline, cursor):
        return Digits.level(self, deadline - cursor, value(0))


class OneTooHigh(Digits):
    """`<=` for `<` at 64^k: the power itself goes a wheel too high."""
    def level(self, deadline, cursor):
        return z3.UDiv(bit_width(deadline ^ cursor), value(self.bits))


class TopWraps(Digits):
    """No special case for the top wheel: x86 shifts by the amount modulo 64."""
    def slot_start(self, cursor, level, slot):
        lap = (level + 1) * self.bits % 64
        return z3.LShR(cursor, lap) << lap | slot << (level * self.bits)


class FromCursor(Digits):
    """The slot counted from the cursor's own digit, as in a wheel without laps."""
    def digit(self, tick, level):
        return z3.LShR(tick + 1, level * self.bits) & self.mask


class RoundsDown(Distances):
    def rounded_up(self, deadline, level):
        return self.rounded_down(deadline, level)


class WholeGranule(Distances):
    """Adds a whole granule where one less a tick is enough."""
    def rounded_up(self, deadline, level):
        return z3.LShR(deadline + self.granule(level), level * self.shift)


class WholeLap(Distances):
    """A level takes distances of all its slots: rounding up then reaches beyond the lap."""
    @property
    def fit(self):
        return 2**self.bits


class OneLevelEarly(Distances):
    """`<=` for `<` at 63 * 8^l."""
    def level(self, distance):
        return z3.If(distance == self.limit(1), value(1), Distances.level(self, distance))


class Narrow(Distances):
    """Rounds up in 32 bits."""
    def rounded_up(self, deadline, level):
        low = z3.Extract(31, 0, deadline + self.granule(level) - 1)
        return z3.LShR(z3.ZeroExt(32, low), level * self.shift)


def of_digits():
    bits, levels = DIGITS.bits, DIGITS.levels
    def wrong(name, model, *breaks):
        return Mistake(name, digit_lemmas, model, breaks)
    return [
        wrong("level from the distance, not from the differing digit", FromDistance(bits, levels),
              "no_lap_aliasing"),
        wrong("one wheel too high at 64^k", OneTooHigh(bits, levels), "no_lap_aliasing"),
        wrong("the top wheel's base shifts by more than a word", TopWraps(bits, levels),
              "slot_start <= deadline"),
        wrong("ten wheels for 63 bits", Digits(bits, levels - 1), "level_bound"),
        wrong("the digit of the tick after", FromCursor(bits, levels), "slot_start <= deadline"),
    ]


def of_distances():
    same = (DISTANCES.bits, DISTANCES.shift, DISTANCES.levels, DISTANCES.horizon)
    def wrong(name, model, *breaks):
        return Mistake(name, distance_lemmas, model, breaks)
    return [
        wrong("rounds down", RoundsDown(*same), "never_early"),
        wrong("rounds up a whole granule", WholeGranule(*same), "lateness"),
        wrong("a whole lap on one level", WholeLap(*same), "turn_ahead"),
        wrong("`<=` for `<` at 63 * 8^l", OneLevelEarly(*same), "level_is_the_finest"),
        wrong("rounds in 32 bits", Narrow(*same), "never_early"),
        wrong("a horizon of 63 bits", Distances(*same[:3], 2**63 - 1),
              "no overflow within the horizon"),
    ]
