"""What is asked about queues: who pushes, who pops, what "empty" has to mean, and how much memory
is there."""

import click

from lab.advise import ask
from lab.advise.ask import Part, Question, Scenario

NAME = "queue"
HELP = """Which queue to take, why, and what it costs to be mistaken.

    Every variant that does not qualify by what it declares is ruled out with its reason. The
    others are measured, for --budget seconds, with so many threads at both ends and no more items
    inside than --capacity; or looked up in the newest run that has such a workload (--lookup).
    Without either: looked up where a run has this very workload, else measured. What is measured
    is items a second where all threads do nothing else, so a difference here is the largest there
    can be; where a thread has work of its own, less of it is left.

    \b
    cyclone advise queue --producers 4 --consumers 1 --bounded --strict-empty
    cyclone advise queue --producers 1 --consumers 1 --capacity 64 --progress wait_free --lookup
    cyclone advise queue --producers 2 --consumers 2 --order fifo --budget 120 --measure
    """
TIE_RULE = ("bytes an item, then progress of both ends, then how exact empty is, then no library")
_ITEMS = 50000  # in a batch of a measurement; as in the suite, so that runs can be looked up
_CAPACITY = 4096
_CAPACITY_MOST = 2**22
_THREADS_MOST = 62
_PLACE = "all_cpus"
_ORDERS = ("any", "fifo_per_producer", "fifo")
_ORDER_MET_BY = {"any": ("lifo", "fifo_per_producer", "fifo"),
                 "fifo_per_producer": ("fifo_per_producer", "fifo"), "fifo": ("fifo",)}
_PROGRESS = ("any", "lock_free", "wait_free")
_PROGRESS_MET_BY = {"any": ("blocking", "lock_free", "wait_free"),
                    "lock_free": ("lock_free", "wait_free"), "wait_free": ("wait_free",)}
_RANK = {"wait_free": 0, "lock_free": 1, "blocking": 2}
_EXACT = {"strict": 0, "three_valued": 1, "weak": 2}
_ENDS = {"spsc": (1, 1), "mpsc": (None, 1), "mpmc": (None, None)}  # None: any number

_option = click.option
OPTIONS = (
    _option("--producers", metavar="COUNT", required=True, help="Threads that push."),
    _option("--consumers", metavar="COUNT", default="1", show_default=True,
            help="Threads that pop."),
    _option("--bounded", is_flag=True, help="It must refuse what does not fit."),
    _option("--capacity", metavar="COUNT", help=f"Items inside at most [{_CAPACITY}]."),
    _option("--strict-empty", is_flag=True, help="Empty is said of an empty queue only, and "
            "nothing else is said."),
    _option("--no-false-empty", is_flag=True, help="The same, but it may say that an item is on "
            "its way."),
    _option("--order", type=click.Choice(_ORDERS), default="fifo_per_producer", show_default=True,
            help="What must be kept of the order of the pushes."),
    _option("--progress", type=click.Choice(_PROGRESS), default="any", show_default=True,
            help="Of both ends, whatever other threads do in theirs."),
    _option("--any-item", is_flag=True, help="Items are more than a word that is copied."),
    _option("--no-allocation", is_flag=True, help="All memory is there from the beginning."),
    _option("--memory", metavar="BYTES", help="Of the queue for each item inside, at most."),
    _option("--sleeps", is_flag=True, help="The consumer sleeps while there is nothing."),
)


def ends_rule(producers, consumers):
    def rule(option):
        most = _ENDS.get(option.traits.get("serves"))
        if most is None:
            return "does not say how many threads it serves"
        for wanted, served, verb in ((producers, most[0], "push"), (consumers, most[1], "pop")):
            if served is not None and wanted > served:
                return f"lets one thread {verb}, not {wanted}"
        return None
    return rule


def bounded_rule(option):
    return "unbounded: it refuses nothing" if option.traits.get("capacity") == "unbounded" else None


def empty_rule(three_values):
    def rule(option):
        says = option.traits.get("empty")
        if says == "strict" or says == "three_valued" and three_values:
            return None
        if says == "three_valued":
            return "says would_block where a push under way hides items"
        return "may say empty while a push under way hides items"
    return rule


def order_rule(wanted):
    def rule(option):
        keeps = option.traits.get("order")
        return None if keeps in _ORDER_MET_BY[wanted] else f"keeps {keeps}, not {wanted}"
    return rule


def progress_rule(wanted):
    def rule(option):
        for end in ("push", "pop"):
            has = option.traits.get(end)
            if has not in _PROGRESS_MET_BY[wanted]:
                return f"its {end} is {has}, not {wanted}"
        return None
    return rule


def visible_rule(option):
    """A loop that is told nothing until a flush has to be written for it."""
    if option.traits.get("visible") == "at_flush":
        return "keeps items from sight until a flush"
    return None


def items_rule(option):
    return "takes words only, and not every word" if option.traits.get("items") == "word" else None


def allocation_rule(option):
    frees = option.traits.get("reclamation")
    return None if frees == "none" else f"takes memory as it goes (reclamation: {frees})"


def memory_rule(most):
    def rule(option):
        if option.node_bytes is None:
            return "does not say what an item takes"
        if option.node_bytes > most:
            return f"{option.node_bytes} bytes an item, more than {most}"
        return None
    return rule


def workload_rule(workloads):
    def rule(option):
        missing = [w for w in workloads if w not in option.workloads]
        return f"does not offer {', '.join(missing)}" if missing else None
    return rule


def learn(_option, _held, _n):
    """What it takes for an item is declared, and nothing else is kept."""


def counted_before(_asked, _options):
    return []


def counted_after(_asked, _options):
    return []


def tie(option):
    """Smallest first; what is not known comes last."""
    traits, kinds = option.traits, ("variant", "wrapper", "peer")
    return (float("inf") if option.node_bytes is None else option.node_bytes,
            sum(_RANK.get(traits.get(end), len(_RANK)) for end in ("push", "pop")),
            _EXACT.get(traits.get("empty"), len(_EXACT)),
            kinds.index(option.role) if option.role in kinds else len(kinds), option.name)


def part_of(producers, consumers, capacity, sleeps=False, **more):
    """The workload with these threads at the ends."""
    params = {"capacity": capacity} | more
    if consumers > 1:
        return Part("mix", _ITEMS, params | {"threads": producers + consumers}, _PLACE)
    params |= {"wake": "eventfd"} if sleeps else {}
    wake = "_wake" if sleeps else ""
    if producers == 1:
        return Part(f"transfer{wake}", _ITEMS, params, _PLACE)
    return Part(f"fan_in{wake}", _ITEMS, params | {"producers": producers}, _PLACE)


def scenarios(producers, consumers, capacity, sleeps):
    """What was asked, then what might be true instead."""
    def one(key, words, *ends, **more):
        return Scenario(key, words, (part_of(*ends, **more),), True)

    here = producers, consumers, capacity
    found = [Scenario("asked", "as asked", (part_of(*here, sleeps),))]
    if 2 * producers + consumers <= _THREADS_MOST:
        found.append(one("producers_more", f"{2 * producers} threads push", 2 * producers,
                         consumers, capacity, sleeps))
    if producers > 2:
        found.append(one("producers_less", f"{producers // 2} threads push", producers // 2,
                         consumers, capacity, sleeps))
    if capacity >= 256:
        found.append(one("capacity_less", f"{capacity // 64} items fit", producers, consumers,
                         capacity // 64, sleeps))
    found.append(one("one_core", "all threads share one processor", *here, sleeps, cores=1))
    if consumers == 1:
        found.append(one("awake" if sleeps else "asleep",
                         "the consumer spins" if sleeps else "the consumer sleeps", *here,
                         not sleeps))
    return tuple(found)


def _rules(given, producers, consumers, memory):
    rules = [ends_rule(producers, consumers), order_rule(given["order"]),
             progress_rule(given["progress"]), visible_rule]
    rules += [bounded_rule] if given["bounded"] else []
    if given["strict_empty"] or given["no_false_empty"]:
        rules.append(empty_rule(not given["strict_empty"]))
    rules += [items_rule] if given["any_item"] else []
    rules += [allocation_rule] if given["no_allocation"] else []
    return rules + ([memory_rule(memory)] if memory else [])


def _words(given, producers, consumers, capacity, memory):
    """What was asked, as it is repeated at the top of the answer."""
    def many(count, verb):
        return f"{count} thread{'s push' if count > 1 else ' pushes'}" if verb == "push" else \
            f"{count} {'pop' if count > 1 else 'pops'}"

    words = [many(producers, "push"), many(consumers, "pop"),
             f"{capacity} items inside at most" + (", bounded" if given["bounded"] else "")]
    words += [] if given["order"] == "any" else [f"order {given['order']}"]
    words += [] if given["progress"] == "any" else [f"{given['progress']} at both ends"]
    for key, text in (("strict_empty", "strictly empty"), ("no_false_empty", "never falsely empty"),
                      ("any_item", "any item"), ("no_allocation", "no memory taken later"),
                      ("sleeps", "the consumer sleeps")):
        words += [text] if given[key] else []
    return words + ([f"{memory} bytes an item at most"] if memory else [])


def question(given):
    """The Question of the options of the command; CycloneError for what cannot be read."""
    producers = ask.count("--producers", given["producers"], _THREADS_MOST, "4")
    consumers = ask.count("--consumers", given["consumers"], _THREADS_MOST, "1")
    capacity = _CAPACITY if given["capacity"] is None else \
        ask.count("--capacity", given["capacity"], _CAPACITY_MOST, "4096")
    memory = None if given["memory"] is None else ask.size("--memory", given["memory"], "16")
    if given["sleeps"] and consumers > 1:
        raise ask.wrong("--consumers", given["consumers"], "--sleeps is of one consumer", "1")
    if producers + consumers > _THREADS_MOST:
        raise ask.wrong("--producers", given["producers"],
                        f"with the consumers more than {_THREADS_MOST} threads", "4")
    told = scenarios(producers, consumers, capacity, given["sleeps"])
    rules = [*_rules(given, producers, consumers, memory),
             workload_rule([p.workload for p in told[0].parts])]
    asked = {k: given[k] for k in ("bounded", "strict_empty", "no_false_empty", "order", "progress",
                                   "any_item", "no_allocation", "sleeps")}
    asked |= {"producers": producers, "consumers": consumers, "capacity": capacity,
              "memory": memory}
    return Question(NAME, _ITEMS, asked, tuple(_words(given, producers, consumers, capacity,
                                                      memory)),
                    told, tuple(rules),
                    lambda scenario: (workload_rule([p.workload for p in scenario.parts]),),
                    tie, TIE_RULE)
