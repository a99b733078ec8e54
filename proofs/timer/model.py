"""variants/timer/slot_arithmetic.hpp as terms on 64-bit vectors: the same functions, shifts and
sums, with the constants as arguments, so that a wrong constant or function is another model.

Levels are Python integers: every lemma is tried on each level, with shifts by constants, which is
what the compiler sees as well and what the solver does in milliseconds.
"""

from dataclasses import dataclass

import z3

WIDTH = 64
K_TICK_MAX = 2**63 - 1


def value(number):
    return z3.BitVecVal(number, WIDTH)


def bit_width(x):
    """std::bit_width: how many bits x needs; 0 for 0."""
    width = value(0)
    for bit in range(WIDTH):
        width = z3.If(z3.LShR(x, bit) != 0, value(bit + 1), width)
    return width


@dataclass(frozen=True)
class Digits:
    """The family by digits: digit_of, level_of_difference, slot_start."""
    bits: int
    levels: int

    @property
    def mask(self):
        return value(2**self.bits - 1)

    def digit(self, tick, level):
        return z3.LShR(tick, level * self.bits) & self.mask

    def level(self, deadline, cursor):
        width = bit_width(deadline ^ cursor)
        return z3.If(width == 0, value(0), z3.UDiv(width - 1, value(self.bits)))

    def level_by_definition(self, deadline, cursor):
        """The highest level at which the digits differ, 0 if there is none: no bit tricks."""
        found = value(0)
        for level in range(-(-WIDTH // self.bits)):
            found = z3.If(self.digit(deadline, level) != self.digit(cursor, level),
                          value(level), found)
        return found

    def slot_start(self, cursor, level, slot):
        lap = (level + 1) * self.bits
        base = value(0) if lap >= WIDTH else z3.LShR(cursor, lap) << lap
        return base | slot << (level * self.bits)


@dataclass(frozen=True)
class Distances:
    """The family by distance: granule_of, level_of_distance, rounded_up, rounded_down, slot_of."""
    bits: int
    shift: int
    levels: int
    horizon: int

    @property
    def fit(self):
        """Slots of a level that a distance may take."""
        return 2**self.bits - 1

    def granule(self, level):
        return value(2**(level * self.shift))

    def limit(self, level):
        """tick{2^Bits - 1} << (level * Shift), with what 64 bits keep of it."""
        return value(self.fit * 2**(level * self.shift) % 2**WIDTH)

    def level_before_the_last_step(self, distance):
        width = bit_width(distance)
        guess = z3.UDiv(width - (self.bits - self.shift + 1), value(self.shift))
        return z3.If(z3.ULE(width, self.bits), value(0), guess)

    def level(self, distance):
        level = self.level_before_the_last_step(distance)
        limit = value(0)
        for number in range(WIDTH // self.shift + 1):
            limit = z3.If(level == number, self.limit(number), limit)
        return z3.If(z3.ULT(distance, limit), level, level + 1)

    def rounded_up(self, deadline, level):
        return z3.LShR(deadline + self.granule(level) - 1, level * self.shift)

    def rounded_down(self, deadline, level):
        return z3.LShR(deadline, level * self.shift)

    def slot_of(self, turn):
        return turn & value(2**self.bits - 1)

    def fires_at(self, deadline, level):
        return self.rounded_up(deadline, level) << (level * self.shift)
