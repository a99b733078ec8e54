"""What is asked about timers: how many, how often cancelled, for how long, how exact."""

import click

from lab import plan
from lab.advise import ask
from lab.advise.ask import Part, Question, Scenario
from lab.advise.qualify import Unknown

NAME = "timer"
HELP = """Which timer to take, why, and what it costs to be mistaken.

    Every variant that does not qualify is ruled out with its reason. The others are measured, for
    --budget seconds, on requests of this size, cancelled as often, of these times to live; or
    looked up in the newest run that holds sizes on both sides of --n (--lookup). Without either:
    looked up where a run has this very workload, else measured. Ctrl-C ends the measuring after
    the sample in flight, and what is known by then is the answer.

    \b
    cyclone advise timer --n 1e5 --cancel 0.99 --ttl lognormal:30s --slack 1%
    cyclone advise timer --n 4096 --lookup
    cyclone advise timer --n 1e4 --restart 50 --exact --order fifo --memory 4M --budget 120
    """
TIE_RULE = ("bytes a timer, then the worst tick, then simplicity (exact, all memory in the node, "
            "no wrapper, no library)")
_ORDERS = ("any", "by_deadline", "fifo")
_MET_BY = {"any": ("unordered", "by_deadline", "fifo"), "by_deadline": ("by_deadline", "fifo"),
           "fifo": ("fifo",)}
_TICK_S = 1e-3
_SAME_BYTES = 8  # a difference of less is none
_GROWN = 1.0  # bytes a timer beside the node from which a structure counts as growing with n
_ACCURACY = Part("accuracy", 2000)
_SPARSE_N = 16

_option = click.option
OPTIONS = (
    _option("--n", "n", metavar="COUNT", required=True, help="Timers pending, as 1e5 or 100k."),
    _option("--cancel", metavar="SHARE", help="Share that is cancelled before it expires, as 0.99 "
            "or 99 % [almost all]."),
    _option("--ttl", metavar="DIST", help="Times to live: const:30s, exp:30s, lognormal:30s, "
            "pareto:1.5,10ms and more (src/timer/ttl.hpp) [lognormal:0.2s..30s]."),
    _option("--slack", metavar="SHARE", default="0", show_default=True,
            help="How late a timer may fire, as a share of its time: 1 %."),
    _option("--restart", metavar="RATIO", help="Timers that traffic restarts, so many times for "
            "each that expires: measured too, and added."),
    _option("--exact", is_flag=True, help="The same as --slack 0."),
    _option("--order", type=click.Choice(_ORDERS), default="any", show_default=True,
            help="The order in which timers of one advance must fire."),
    _option("--intrusive", is_flag=True, help="No memory but the nodes that grows with n."),
    _option("--memory", metavar="BYTES", help="Nodes and structure at most this, as 64M."),
)


def late_rule(slack):
    """Passes exact variants, and others whose counted lateness the slack covers."""
    def rule(option):
        if option.traits.get("late") == "exact":
            return None
        if slack == 0:
            return "may fire late, and no slack is given"
        late = option.facts.get("late_share")
        if late is None:
            return Unknown("how late it may fire")
        if late > slack:
            return f"up to {100 * late:.1f} % late, more than the slack of {100 * slack:g} %"
        return None
    return rule


def order_rule(wanted):
    def rule(option):
        has = option.traits.get("order")
        return None if has in _MET_BY[wanted] else f"fires {has}, not {wanted}"
    return rule


def next_rule(option):
    """A loop that sleeps asks for the next deadline."""
    if option.traits.get("next") == "none":
        return "cannot tell its next deadline: a loop cannot sleep"
    return None


def growth_rule(n):
    def rule(option):
        slow = [op.upper() for op in ("start", "stop", "tick") if option.traits.get(op) == "n"]
        if n > plan.LINEAR_CAP and slow:
            return f"{' and '.join(slow)} linear: not above {plan.LINEAR_CAP} timers"
        return None
    return rule


def horizon_rule(longest_s):
    """Where a program declares its horizon, in ticks."""
    def rule(option):
        horizon = option.traits.get("horizon")
        if horizon is not None and longest_s / _TICK_S > int(horizon):
            return f"takes deadlines up to {int(horizon):.3g} ticks only"
        return None
    return rule


def workload_rule(workloads):
    def rule(option):
        missing = [w for w in workloads if w not in option.workloads]
        return f"does not offer {', '.join(missing)}" if missing else None
    return rule


def _grown(option):
    """Bytes a timer that the structure has grown by; None where it is not known. What a library
    holds is its own affair and not counted, so it is not known."""
    held, n = option.facts.get("held_bytes"), option.facts.get("held_at")
    if held is None or not n or option.empty_bytes is None or option.role == "peer":
        return None
    return max(0.0, held - option.empty_bytes) / n


def intrusive_rule(option):
    grown = _grown(option)
    if grown is None:
        return Unknown("what it holds beside the nodes")
    if grown > _GROWN:
        return f"holds {grown:.0f} bytes a timer beside the nodes"
    return None


def total_bytes(option, n):
    """Nodes and structure at n timers, or None."""
    per, held = option.facts.get("bytes_a_timer"), option.facts.get("held_bytes")
    return None if per is None or held is None else per * n


def memory_rule(most, n):
    def rule(option):
        total = total_bytes(option, n)
        if total is None:
            return Unknown("how much memory it takes")
        if total > most:
            return f"takes {total / 2**20:.1f} MiB, more than {most / 2**20:.1f} MiB"
        return None
    return rule


def learn(option, held, n):
    """Notes what the structure held at n timers, apart from the nodes."""
    if held is None or option.node_bytes is None:
        return
    option.facts |= {"held_bytes": held, "held_at": n,
                     "bytes_a_timer": option.node_bytes + held / n,
                     "bytes_at_least": option.role == "peer"}


def tie(option):
    """Smallest first; what is not known comes last."""
    per, worst = option.facts.get("bytes_a_timer"), option.facts.get("worst_tick_work")
    grown = _grown(option)
    kinds = ("variant", "wrapper", "peer")
    return (float("inf") if per is None else round(per / _SAME_BYTES),
            float("inf") if worst is None else worst,
            option.traits.get("late") != "exact", grown is None or grown > _GROWN,
            kinds.index(option.role) if option.role in kinds else len(kinds), option.name)


def _changed(base, n=None, **params):
    return tuple(Part(p.workload, n or p.n, p.params | {k: v for k, v in params.items()
                                                        if k in _TAKES[p.workload]})
                 for p in base)


_TAKES = {"timeouts": ("ttl", "cancel"), "restart": ("ttl",)}


def scenarios(n, parts, cancel, ttl, median_s):
    """What was asked, then what might be true instead."""
    median = ask.time_text(median_s)
    tail = ask.time_text(median_s / 2 ** (1 / 1.1))  # the same median
    found = [Scenario("asked", "as asked", parts)]
    if 10 * n <= 2**24:
        found.append(Scenario("n_more", f"n is {10 * n}, ten times as many",
                              _changed(parts, 10 * n)))
    if n >= 10:
        found.append(Scenario("n_less", f"n is {n // 10}, a tenth", _changed(parts, n // 10)))
    if cancel != 0.5:
        found.append(Scenario("cancel_half", "half are cancelled, half expire",
                              _changed(parts, cancel=0.5), True))
    if not ttl.startswith("const:"):
        found.append(Scenario("ttl_const", f"every time to live is {median}",
                              _changed(parts, ttl=f"const:{median}"), True))
    if not ttl.startswith("pareto:1.1,"):
        found.append(Scenario("ttl_heavy", f"the times have a heavy tail (pareto:1.1,{tail})",
                              _changed(parts, ttl=f"pareto:1.1,{tail}"), True))
    return tuple(found)


def question(given):
    """The Question of the options of the command; CycloneError for what cannot be read."""
    n = ask.count("--n", given["n"])
    slack = ask.share("--slack", given["slack"])
    if given["exact"] and slack:
        raise ask.wrong("--slack", given["slack"], "--exact allows none", "0")
    cancel = None if given["cancel"] is None else ask.share("--cancel", given["cancel"], "0.99")
    params = {} if cancel is None else {"cancel": cancel}
    times = {} if given["ttl"] is None else {"ttl": given["ttl"].replace(" ", "")}
    ttl = times.get("ttl", "lognormal:0.2s..30s")
    median_s = ask.ttl_median("--ttl", ttl)
    parts = [Part("timeouts", n, params | times)]
    ratio = given["restart"]
    if ratio is not None:
        ratio = ask.number("--restart", ratio, 1, 1e6, "50")
        parts.append(Part("restart", n, times | {"ratio": ratio}))
    memory = None if given["memory"] is None else ask.size("--memory", given["memory"])
    rules = [workload_rule([p.workload for p in parts]), order_rule(given["order"]), next_rule,
             growth_rule(n), horizon_rule(1000 * median_s), late_rule(slack)]
    rules += [intrusive_rule] if given["intrusive"] else []
    rules += [memory_rule(memory, n)] if memory else []
    words = [f"{n} timers pending", "almost all cancelled" if cancel is None else
             f"{100 * cancel:g} % cancelled", f"times {ttl}",
             f"{100 * slack:g} % late allowed" if slack else "never late"]
    words += [f"fires {given['order']}"] if given["order"] != "any" else []
    words += [f"{ratio:g} restarts an expiry"] if ratio else []
    words += ["intrusive"] if given["intrusive"] else []
    words += [f"in {memory} bytes"] if memory else []
    asked = {"n": n, "cancel": cancel, "ttl": ttl, "slack": slack, "restart": ratio,
             "order": given["order"], "intrusive": given["intrusive"], "memory": memory}
    return Question(NAME, n, asked, tuple(words),
                    scenarios(n, tuple(parts), cancel, ttl, median_s), tuple(rules),
                    lambda scenario: (growth_rule(scenario.parts[0].n),), tie, TIE_RULE)


def counted_before(asked, options):
    """(option, part, note) of what must be counted before the rules can decide: how late those
    that may be late are. `note(values, ops)` keeps it."""
    if not asked.asked["slack"]:
        return []
    return [(o, _ACCURACY, _note_lateness(o)) for o in options
            if o.traits.get("late") != "exact" and "accuracy" in o.workloads]


def _note_lateness(option):
    def note(values, _ops):
        if not values.get("violations") and not values.get("early"):
            option.facts["late_share"] = values.get("max_relative_lateness")
    return note


def counted_after(asked, options):
    """The same of what is told beside the costs: the worst tick, and with slack the wake-ups."""
    main = asked.scenarios[0].parts[0]
    jobs = [(o, main, _note_worst(o)) for o in options]
    if asked.asked["slack"]:
        sleepy = Part("sparse", _SPARSE_N, {"ttl": asked.asked["ttl"]})
        jobs += [(o, sleepy, _note_wakeups(o)) for o in options if "sparse" in o.workloads]
    return jobs


def _note_worst(option):
    def note(values, _ops):
        for name in ("worst_advance_work", "worst_tick_work"):
            if name in values:
                option.facts["worst_tick_work"] = values[name]
    return note


def _note_wakeups(option):
    def note(values, ops):
        if values.get("fired"):
            option.facts["wakeups_an_expiry"] = values["wakeups"] * ops / values["fired"]
    return note
