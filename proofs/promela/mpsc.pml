/* Vyukov's queue of many producers and one consumer, two producers with two items each: the steps
   of variants/queue/vyukov_mpsc.hpp, one shared access a step, on a memory that is sequentially
   consistent. What weaker orders do is for the explorer; see verdicts.txt.

   Checked in every state: each item is popped once and those of a producer in their order (S1, S2
   of src/queue/queue.hpp); empty is not said while an item whose push has ended is inside;
   would_block only while a push is under way, so that when all have ended a pop takes (S3). No
   process stops before its end.

   MUTANT is a seeded bug, by the number it has in variants/queue/registry.def; 0 is what ships. */

#ifndef MUTANT
#define MUTANT 0
#endif
#define K 2                /* items of a producer */
#define ITEMS 4
#define STUB 0             /* nodes 1 .. ITEMS carry the item of their number */
#define NIL 255

mtype = { an_item, nothing, later };   /* item, empty, would_block */

byte next[5] = NIL;
byte last = STUB;
byte first = STUB;         /* the consumer's alone */
byte began = 0;            /* pushes */
byte ended = 0;
byte taken = 0;
byte expected[2] = 0;      /* by producer: which of its items comes next */

inline append(node) {
#if MUTANT == 1
    before = last;
    next[before] = node;
    last = node;
#else
    d_step { before = last; last = node };   /* the exchange */
    next[before] = node;
#endif
}

proctype producer(byte me) {
    byte n = 1;
    byte before;
    do
    :: n > K -> break
    :: else ->
        began++;
        append(me * K + n);
        ended++;
        n++
    od
}

inline pop() {
    here = first;
    behind = next[here];
    if
    :: here == STUB ->
        if
        :: behind == NIL ->
#if MUTANT == 5
            said = nothing;
#else
            if
            :: last == STUB -> said = nothing
            :: else -> said = later
            fi;
#endif
            goto answered
        :: else -> first = behind; here = behind; behind = next[here]
        fi
    :: else -> skip
    fi;
    if
    :: behind == NIL ->
        if
        :: last != here -> said = later; goto answered
        :: else -> skip
        fi;
#if MUTANT == 6
        behind = STUB
#else
        next[STUB] = NIL;
        append(STUB);
        behind = next[here];
        if
        :: behind == NIL -> said = later; goto answered
        :: else -> skip
        fi
#endif
    :: else -> skip
    fi;
    first = behind;
    said = an_item;
answered:
    skip
}

proctype consumer() {
    byte here, behind, before, ended_then;
    mtype said;
    do
    :: taken == ITEMS -> break
    :: else ->
        ended_then = ended;
        pop();
        if
        :: said == an_item ->
            assert(here != STUB);
            assert((here - 1) % K == expected[(here - 1) / K]);
            expected[(here - 1) / K]++;
            taken++
        :: said == nothing -> assert(ended_then <= taken)
        :: said == later -> assert(began > ended_then)
        fi
    od;
    assert(first == STUB && last == STUB && next[STUB] == NIL)
}

init {
    atomic { run producer(0); run producer(1); run consumer() }
}
