"""What must hold of the slot arithmetic: what the Coq proofs rest on, here for the shifts and masks
of the C++ on 64-bit words, and the absence of overflow within the declared horizons.

A lemma may have a case a level. Names are those of the Coq theorems where there is one.
"""

from dataclasses import dataclass

import z3

from timer.model import K_TICK_MAX, WIDTH, Digits, Distances, bit_width, value

DIGITS = Digits(bits=6, levels=11)
DISTANCES = Distances(bits=6, shift=3, levels=21, horizon=2**62)

DEADLINE, CURSOR, OTHER, LATER = z3.BitVecs("deadline cursor other later", WIDTH)
NOW, DISTANCE, TICK = z3.BitVecs("now distance tick", WIDTH)


@dataclass(frozen=True)
class Lemma:
    name: str
    case: str
    variables: tuple
    given: tuple
    holds: z3.BoolRef
    may_be_empty: bool = False  # a level that nothing in this case can be on


def _tick(*terms):
    return [z3.ULE(t, value(K_TICK_MAX)) for t in terms]


def _ahead(deadline, cursor):
    return [*_tick(deadline), z3.ULT(cursor, deadline)]


def digit_lemmas(m):
    """About hierarchical_wheel: m is a Digits or something with its functions."""
    yield from _digit_levels(m)
    for level in range(m.levels):
        yield from _digit_slots(m, level)
        yield from _digit_order(m, level)


def _digit_levels(m):
    both = (DEADLINE, CURSOR)
    difference = DEADLINE ^ CURSOR
    yield Lemma("bit_width is the number of bits", "all", both, tuple(_tick(*both)), z3.And(
        *[(bit_width(difference) == w) == z3.And(z3.LShR(difference, w) == 0,
                                                 z3.LShR(difference, w - 1) != 0)
          for w in range(1, WIDTH)]))
    yield Lemma("level_is_bit_width", "all", both, tuple(_tick(*both)),
                m.level(*both) == m.level_by_definition(*both))
    yield Lemma("level_bound", "all", both, tuple(_tick(*both)),
                z3.ULT(m.level(*both), m.levels))


def _digit_slots(m, level):
    """A timer on `level`, its deadline ahead of the cursor."""
    here = (*_ahead(DEADLINE, CURSOR), m.level(DEADLINE, CURSOR) == level)
    slot = m.digit(DEADLINE, level)
    start = m.slot_start(CURSOR, level, slot)
    case, both = f"level {level}", (DEADLINE, CURSOR)
    yield Lemma("the shift is below 64", case, both, here, z3.BoolVal(level * m.bits < WIDTH))
    yield Lemma("slot_start <= deadline", case, both, here, z3.ULE(start, DEADLINE))
    yield Lemma("slot_start > cursor", case, both, here, z3.UGT(start, CURSOR))
    ahead = slot - m.digit(CURSOR, level)
    yield Lemma("no_lap_aliasing", case, both, here,
                z3.And(z3.UGE(ahead, 1), z3.ULE(ahead, 2**m.bits - 1)))
    yield Lemma("base | slot << shift loses no bit", case, both, here,
                z3.LShR(slot << (level * m.bits), level * m.bits) == slot)
    if level > 0:
        yield Lemma("cascade_lowers", case, both, here, z3.ULT(m.level(DEADLINE, start), level))
    else:
        yield Lemma("the finest wheel is exact", case, both, here, start == DEADLINE)


def _digit_order(m, level):
    here = (*_ahead(DEADLINE, CURSOR), m.level(DEADLINE, CURSOR) == level)
    start = m.slot_start(CURSOR, level, m.digit(DEADLINE, level))
    case = f"level {level}"
    yield Lemma("the level stays until the slot is entered", case, (DEADLINE, CURSOR, LATER),
                (*here, z3.UGE(LATER, CURSOR), z3.ULT(LATER, start)),
                m.level(DEADLINE, LATER) == level)
    finer = (*here, *_ahead(OTHER, CURSOR), z3.ULT(m.level(OTHER, CURSOR), level))
    yield Lemma("a finer wheel comes first", case, (DEADLINE, OTHER, CURSOR), finer,
                z3.ULT(OTHER, start), may_be_empty=level == 0)
    same = (*here, *_ahead(OTHER, CURSOR), m.level(OTHER, CURSOR) == level,
            z3.ULT(m.digit(OTHER, level), m.digit(DEADLINE, level)))
    yield Lemma("of one wheel the lower slot comes first", case, (DEADLINE, OTHER, CURSOR), same,
                z3.ULT(m.slot_start(CURSOR, level, m.digit(OTHER, level)), start),
                may_be_empty=False)


def distance_lemmas(m):
    """About noncascading_wheel: m is a Distances or something with its functions."""
    small = (z3.ULE(DISTANCE, value(K_TICK_MAX)), z3.UGE(DISTANCE, 1))
    yield Lemma("every_distance_has_a_level", "all", (DISTANCE,), small,
                z3.ULT(m.level(DISTANCE), m.levels))
    for level in range(m.levels):
        yield from _distance_levels(m, level, small)
        yield from _distance_times(m, level)


def _distance_levels(m, level, small):
    case = f"level {level}"
    exact = m.fit * 2**(level * m.shift)  # as a number, without the end of a word
    here = (*small, m.level(DISTANCE) == level)
    fits = z3.ULT(z3.ZeroExt(WIDTH, DISTANCE), z3.BitVecVal(exact, 2 * WIDTH))
    below = m.fit * 2**((level - 1) * m.shift) if level else 0
    yield Lemma("level_is_the_finest", case, (DISTANCE,), here,
                z3.And(fits, z3.UGE(DISTANCE, value(below))))
    if exact <= K_TICK_MAX:
        edge = value(exact)
        yield Lemma("the level changes at 63 * 8^l", case, (DISTANCE,), (DISTANCE == edge,),
                    z3.And(m.level(edge - 1) == level, m.level(edge) == level + 1))
    yield Lemma("the limit does not overflow", case, (DISTANCE,),
                (*small, m.level_before_the_last_step(DISTANCE) == level),
                z3.BoolVal(exact < 2**WIDTH), may_be_empty=exact >= 2**63)


def _distance_times(m, level):
    """A timer on `level`: placed at NOW for DEADLINE, within the horizon."""
    case, both = f"level {level}", (DEADLINE, NOW)
    distance = DEADLINE - NOW
    here = (z3.ULT(NOW, DEADLINE), z3.ULE(DEADLINE, value(m.horizon)), m.level(distance) == level)
    shift, granule = level * m.shift, m.granule(level)
    turn, fires = m.rounded_up(DEADLINE, level), m.fires_at(DEADLINE, level)
    late = fires - DEADLINE
    empty = level > 0 and m.fit * 2**((level - 1) * m.shift) > m.horizon
    now_turn = z3.LShR(NOW, shift)
    def lemma(name, holds, variables=both, given=()):
        return Lemma(name, case, variables, (*here, *given), holds, may_be_empty=empty)
    yield lemma("no overflow within the horizon",
                z3.And(z3.UGE(DEADLINE + granule - 1, DEADLINE),
                       z3.LShR(turn << shift, shift) == turn, z3.ULE(fires, value(K_TICK_MAX))))
    yield lemma("never_early", z3.UGE(fires, DEADLINE))
    yield lemma("lateness", z3.ULT(late, granule))
    wide = [z3.ZeroExt(8, t) for t in (late, distance)]
    yield lemma("relative_lateness", z3.ULT(wide[0] * m.fit, wide[1] * 2**m.shift))
    yield lemma("turn_ahead", z3.And(z3.UGE(turn - now_turn, 1),
                                     z3.ULE(turn - now_turn, 2**m.bits)))
    yield lemma("next_deadline() names the turn",
                now_turn + 1 + m.slot_of(m.slot_of(turn) - m.slot_of(now_turn + 1)) == turn)
    yield lemma("entered_at_its_turn", TICK == fires, (*both, TICK),
                (z3.UGT(TICK, NOW), z3.ULE(TICK, fires), TICK & (granule - 1) == 0,
                 m.slot_of(z3.LShR(TICK, shift)) == m.slot_of(turn)))
