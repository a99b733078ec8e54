"""Words where a figure of the matrix cannot be: what does not apply, was not asked, or was capped.

A dash stays what it is, data that should be there and is not. A word is a fact about the row; the
title says the fact in full.
"""

from __future__ import annotations

from reports import given_up
from reports.samples import Run

k_word = "word"  # the status of a cell that holds such a word
k_told = {"order": {"fifo": "fifo", "by_deadline": "deadline", "unordered": "any"},
          "next": {"exact": "exact", "lower_bound": "bound", "none": "cannot tell"}}
k_why = {
    "fifo": "by deadline, equal deadlines in the order of their starts",
    "deadline": "by deadline, equal deadlines in any order",
    "any": "those that one advance fires come in any order",
    "exact": "next_deadline() is the tick of the first firing",
    "bound": "next_deadline() may be earlier: a loop wakes, finds nothing due, and asks again",
    "cannot tell": "the scheme has no next_deadline(): a loop has to tick",
}
# What a queue declares (src/queue/queue.hpp), a column each, and what its words mean.
k_promises = {"serves": "threads", "order": "order", "empty": "says empty", "full": "says full",
              "capacity": "capacity", "push": "push", "pop": "pop", "reclamation": "memory"}
k_promised = {
    "spsc": "one thread pushes, one pops", "mpsc": "any number push, one pops",
    "mpmc": "any number push, any number pop",
    "fifo": "items leave in the order in which they came, one order for all threads",
    "fifo_per_producer": "the items of one producer are seen in their order",
    "lifo": "the latest first",
    "strict": "only when there was such an instant in the call",
    "weak": "also while a call under way hides an item, or holds a place",
    "three_valued": "never wrongly: where a push under way hides items it says so",
    "never": "unbounded", "exact": "as many as were asked for",
    "power_of_two": "the next power of two", "unbounded": "the memory of the process",
    "wait_free": "ends in a bounded number of its own steps",
    "lock_free": "some call always ends", "blocking": "a thread stopped inside stops others",
    "none": "all memory is there from the beginning",
    "consumer": "who pops gives the item's memory back",
    "reuse": "used again by the queue, given back at its end",
    "hazard_pointers": "given back when no hazard pointer is on it",
    "epochs": "given back two epochs later",
}
k_sides = {"spsc": 1, "mpsc": 2, "mpmc": 3}
k_growth = {"o1": "1", "log_n": "log n", "n": "n"}
k_classes = ("1", "log n", "n")
k_operations = ("start", "stop", "tick")


def word(text: str, title: str) -> dict:
    return {"text": text, "status": k_word, "sort": None, "title": title}


def missing(cell: dict) -> bool:
    return cell["status"] == "absent"


def is_shared(v: dict) -> bool:
    return v.get("kind") == "shared" or v.get("kind") in k_sides


def is_closed(v: dict) -> bool:
    """A library as it is shipped: it does not count its own work."""
    return v["role"] == "peer" or (v.get("traits") or {}).get("counts_work") == "no"


def proof(cell: dict, known: bool) -> dict:
    return word("none", "no machine-checked proof of this scheme: it rests on its tests") \
        if missing(cell) and known else cell


def counted_work(cell: dict, v: dict) -> dict:
    return word("closed box", "a library that does not count its own work; its instructions are "
                "counted instead") if is_closed(v) and cell["status"] != "failed" else cell


def mutants(cell: dict, v: dict, known: bool) -> dict:
    return word("closed box", "no bug is seeded in a library as it is shipped") \
        if missing(cell) and known and v["role"] == "peer" else cell


def threads(cell: dict, v: dict) -> dict:
    """Fairness and stress are of variants that threads share."""
    return word("one thread", "the contract is of one thread: callers who share it serialise") \
        if missing(cell) and v.get("kind") and not is_shared(v) else cell


def fairness(cell: dict, v: dict) -> dict:
    """Of variants that several threads share the same end of."""
    if missing(cell) and v.get("kind") == "spsc":
        return word("nobody beside", "one thread pushes and one pops: there is none to be fair to")
    return threads(cell, v)


def promises(v: dict) -> dict:
    """A queue's traits, by column; a dash for a component that has no such."""
    traits = v.get("traits") or {}
    if "serves" not in traits:
        return {"text": "–", "status": "absent", "sort": None, "title": "no data"}
    return {label: {"text": traits[key].replace("_", " "), "status": "plain",
                    "sort": k_sides.get(traits[key]), "title": k_promised.get(traits[key], "")}
            for key, label in k_promises.items() if key in traits}


def beside_reference(cell: dict, is_reference: bool) -> dict:
    return word("reference", "every other row is compared with this one") \
        if missing(cell) and is_reference else cell


def of_plan(cell: dict, run: Run, v: dict, like: tuple[str, dict, int | None, str]) -> dict:
    """Why there is no figure of (workload, params, n, meter): what the plan gave up, or that
    nobody asked. A cell that was planned and has no sample keeps its dash."""
    if not missing(cell):
        return cell
    workload, params, n, meter = like
    if n is None or run.index.find(v["name"], workload, params, n, meter) is not None:
        return cell
    why = given_up.why(run.index, v["name"], workload, params, n, meter)
    if why is None:
        return word("not asked", "no experiment of this suite and no claim asks for it")
    return word("capped" if "capped" in why else "not offered", why)


def declared(v: dict, key: str) -> dict:
    """Order and next kind as the variant declares them; the tests hold it to every line."""
    traits = v.get("traits") or {}
    told = None if "serves" in traits else traits.get(key)  # a queue's words are its promises()
    text = k_told[key].get(told, told)
    if not text:
        return {"text": "–", "status": "absent", "sort": None, "title": "no data"}
    return {"text": text, "status": "plain", "sort": list(k_told[key].values()).index(text)
            if text in k_told[key].values() else None, "title": k_why.get(text, "")}


def lateness(v: dict) -> dict:
    """The bound a variant declares: exact, or a share of the interval."""
    traits = v.get("traits") or {}
    told, share = traits.get("late"), traits.get("late_share")
    if told == "exact":
        return {"text": "0", "status": "plain", "sort": 0.0, "title": "exact: fires on its tick"}
    if told is None:
        return {"text": "–", "status": "absent", "sort": None, "title": "no data"}
    if share is None:
        return word("bounded", "late by no more than it declares, lateness_max() in its header")
    if share == "unbounded":
        return word("no bound", "how late a timer fires depends on what its callers do")
    return {"text": f"{float(share):.3g} %", "status": "plain", "sort": float(share),
            "title": "at most that share of its interval, as the variant declares and tests hold"}


def declared_growth(v: dict, rows: list[dict]) -> dict:
    """START, STOP and PER_TICK as declared, beside what was found where that is worse."""
    traits = v.get("traits") or {}
    told = {op: k_growth.get(traits.get(op)) for op in k_operations}
    if not all(told.values()):
        return {"text": "–", "status": "absent", "sort": None, "title": "no data"}
    worse, seen = [], 0
    for row in rows:
        op, found = row["workload"], row["class"]
        if row["metric"] != "instructions" or op not in told or found not in k_classes \
                or row["params"].get("mode") == "expire":
            continue
        seen += 1
        if k_classes.index(found) > k_classes.index(told[op]):
            worse.append(f"{op} O({found})")
    text = " · ".join(told[op] for op in k_operations)
    title = "; ".join(f"{op} O({g})" for op, g in told.items())
    title += f"; found worse on instructions: {', '.join(worse)}" if worse else \
        f"; nothing worse was found in {seen} series" if seen else ""
    return {"text": text, "status": "differs" if worse else "plain", "title": title,
            "sort": sum(10 ** i * k_classes.index(told[op])
                        for i, op in enumerate(reversed(k_operations)))}
