/* Sleeping and waking by an eventcount: the steps of variants/wake/eventcount.hpp and of await() in
   src/wake/wake.hpp, one shared access a step, on a memory that is sequentially consistent (there a
   fence is nothing). The kernel's futex is two steps: compare and fall asleep in one, wake.

   Two settings: two producers bring one item each and notify_one, one consumer takes both; and,
   with ALL, one producer brings two items at once and says notify_all, two consumers take one each.

   Checked: every consumer gets its items, so that none sleeps for ever (a state in which a process
   waits and none can move is an error of the search), none is made up, and nobody stays counted.

   MUTANT is a seeded bug, by the number it has in variants/wake/registry.def; 0 is what ships; 9 is
   the user's: no second look between prepare() and sleep(). */

#ifndef MUTANT
#define MUTANT 0
#endif
#ifdef ALL
#define CONSUMERS 2
#define PRODUCERS 1
#define BROUGHT 2          /* items of a producer */
#define WANTED 1           /* items of a consumer */
#else
#define CONSUMERS 1
#define PRODUCERS 2
#define BROUGHT 1
#define WANTED 2
#endif

byte items = 0;
byte waiters = 0;
byte epoch = 0;
bool asleep[CONSUMERS] = false;

inline wake_one() {
    atomic {
        if
        :: asleep[0] -> asleep[0] = false
        :: asleep[CONSUMERS - 1] -> asleep[CONSUMERS - 1] = false
        :: else -> skip
        fi
    }
}
inline wake_all() {
    d_step {
        asleep[0] = false;
        asleep[CONSUMERS - 1] = false
    }
}

proctype producer() {
    items = items + BROUGHT;
    if
    :: waiters == 0 -> skip
    :: else ->
#if MUTANT != 5
        epoch++;
#endif
#if defined(ALL) && MUTANT != 7
        wake_all()
#else
        wake_one()
#endif
    fi
}

inline take() {
    if
    :: atomic { items > 0 -> items-- }; got++; found = true
    :: atomic { items == 0 -> found = false }
    fi
}

inline sleep() {
#if MUTANT == 3
    waiters++;
#endif
#if MUTANT == 4
    key = epoch;
#endif
    do
    :: epoch != key -> break
    :: epoch == key ->
        if
        :: atomic { epoch == key -> asleep[me] = true };
           !asleep[me]
        :: epoch != key -> skip
        fi
    od;
    waiters--
}

proctype consumer(byte me) {
    byte got = 0;
    byte key;
    bool found;
    do
    :: got == WANTED -> break
    :: else ->
        take();
        if
        :: found -> skip
        :: else ->
            key = epoch;
#if MUTANT != 3
            waiters++;
#endif
#if MUTANT == 9
            sleep()
#else
            take();
            if
            :: found ->
#if MUTANT == 6 || MUTANT == 3
                skip
#else
                waiters--
#endif
            :: else -> sleep()
            fi
#endif
        fi
    od
}

init {
    byte n = 0;
    atomic {
        do
        :: n < CONSUMERS -> run consumer(n); n++
        :: else -> break
        od;
        n = 0;
        do
        :: n < PRODUCERS -> run producer(); n++
        :: else -> break
        od
    }
    /* Also the producers have ended. */
    _nr_pr == 1;
    assert(waiters == 0 && items == 0)
}
