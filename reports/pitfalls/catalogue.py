"""The pitfalls in words: the question, what is known of the answer, the mistake and the remedy.

`estimate` names the estimator of rows.py that judges both faces. `band` is where the true
ratio lies by construction; None means identical code, where the truth is 1 and the band is the
noise floor that the right face shows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

k_identical = "None: both are the same code."


@dataclass(frozen=True)
class Pitfall:
    name: str
    title: str
    question: str
    truth: str
    what_is_wrong: str
    remedy: str
    estimate: str = "pairs"
    band: tuple[float, float] | None = None


k_catalogue = (
    Pitfall("dead_code", "Code nobody reads",
            "What does b cost over a?",
            "Eight times as much: b does eight rounds, each waiting for the last, where a does "
            "one.",
            "The result is not used, so the compiler removes the loop and the clock times itself.",
            "Use every result (keep), and look at the machine code: cyclone asm VARIANT.",
            band=(6.0, 10.0)),
    Pitfall("shared_rng", "One generator for all threads",
            "What does b cost over a, on two threads?",
            "Twice as much: b does twice the rounds for every key, and the threads share nothing "
            "else.",
            "Every key comes from rand(), whose lock all threads want; the lock is measured.",
            "A generator for each thread, or keys made before the clock starts.",
            band=(1.6, 2.5)),
    Pitfall("closed_loop", "The client that waits",
            "How long do the slowest 1 % of requests wait?",
            "9.6 ms: the server stalls for 10 ms in every 50 ms, and requests are due every 50 us. "
            "The figure is the face's 99th percentile over that.",
            "The next request is sent when the last is answered: during a stall nobody asks, so "
            "nobody is seen to wait (coordinated omission).",
            "Send on a schedule and measure from the intended start (open loop).",
            "known", (0.8, 1.25)),
    Pitfall("warm_cache", "A working set that fits",
            "Is b slower than a on a table of 64 MiB?",
            "Yes: b waits for two far lines where a waits for one and computes eight rounds.",
            "The benchmark's table has 16 KiB and never leaves the first cache; the real one has "
            "64 MiB.",
            "Measure at the real size, and at sizes on both sides of every cache.",
            band=(1.02, math.inf)),
    Pitfall("cache_step", "The clock decides O(.)",
            "How does the cost of one step grow with n?",
            "Not at all, O(1): every step reads one line, whatever n. The figure is the growth "
            "from the smallest n to the largest.",
            "A curve is fitted to times; where n outgrows a cache, it takes the step for growth.",
            "Decide growth on counted work; let time say by how much it grew here.",
            "growth", (1 / 1.02, 1.02)),
    Pitfall("no_overlap", "Threads that never meet",
            "What does one lock for two threads cost over a lock for each?",
            "Twice as much or more: under one lock only one thread works at a time.",
            "Threads begin as they are made and do so little that the first has ended before the "
            "second begins.",
            "A start line, enough work for each, and the overlap printed beside the result.",
            band=(1.9, math.inf)),
    Pitfall("failed_ops", "Failures that count",
            "Does b, a ring of 8 places, carry items faster than a, the same ring with 64?",
            "No: an item costs both the same instructions, and b refuses 56 pushes in 64.",
            "Time is divided by attempts; a refusal is quick and counts as an operation.",
            "Divide by what came through, and print the share that failed.",
            band=(1.0, math.inf)),
    Pitfall("fixed_order", "Always a, then b",
            "Is there a difference between a and b?", k_identical,
            "Both run in one process, a first: it pays for the memory, and b finds it warm.",
            "A process a sample, in balanced random order."),
    Pitfall("two_sessions", "This morning against this afternoon",
            "Is there a difference between a and b?", k_identical,
            "All of a was measured on a quiet machine, all of b beside a neighbour.",
            "Measure in pairs, in one run, and compare inside a block only."),
    Pitfall("mean_outliers", "The mean, and whom the neighbour hit",
            "Is there a difference between a and b?",
            k_identical + " The figure is how often they are called different.",
            "Means of a few batches are compared: one interrupted batch in a process decides.",
            "Medians in each process, then the median of paired ratios with its interval.",
            "means"),
    Pitfall("best_of_n", "The best of five",
            "What does b cost over a?",
            "Twice as much for its user: in four processes of five b's keys collide and it does "
            "twice the rounds.",
            "Of five processes the fastest is kept, and what a process draws at its start goes "
            "with the rest.",
            "Keep every process; report the median, and the tail beside it.",
            "best", (1.8, 2.2)),
    Pitfall("pooled_layouts", "One link, many runs",
            "Is there a difference between a and b?",
            k_identical + " The figure is how often they are called different.",
            "Twelve processes of one link of each are taken as twelve samples; they share one "
            "layout, and it is measured twelve times.",
            "Many links; the layout is the unit of analysis.",
            "layouts"),
    Pitfall("heap_state", "An option more on the command line",
            "Is there a difference between a and b?",
            k_identical + " b's command line has one option more, which nobody reads.",
            "Parsing it leaves the allocator in another state, the same in every process, and the "
            "nodes of the map lie across two cache lines instead of in one.",
            "A random state of the allocator in each process (lab/heap_noise.hpp), so that it is "
            "noise, which the interval shows."),
)

k_names = tuple(p.name for p in k_catalogue)


def entry(name: str) -> Pitfall:
    return next(p for p in k_catalogue if p.name == name)
