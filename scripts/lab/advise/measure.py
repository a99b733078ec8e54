"""Measures what is asked, in the seconds there are: every program that qualifies once, then the
cheapest in blocks of balanced order, each block in a layout of its own, then the scenarios.

A block is one sample of each of the few that are compared. What has no room in the budget is left
out and said. The first Ctrl-C ends it after the sample in flight; what is there is the answer.
"""

import contextlib
import math
import statistics
import time

from reports.stats.intervals import k_interval_min

from lab import build, gate, order, placement, plan, registry, relink, runfolder, sample
from lab.advise.qualify import Option, sort_out
from lab.advise.recommend import Findings, advise
from lab.errors import INTERRUPTED, UNAVAILABLE, CycloneError
from lab.interrupt import Interrupt
from lab.measure import low_latency, pad_of

BLOCKS = 11  # of what was asked; a scenario gets the fewest that give an interval
_NEAR = 2.0  # the first look drops what costs more than so many times the cheapest
_MOST, _MOST_BESIDE = 6, 3  # compared in blocks: of what was asked, and beside it in a scenario
_MAIN_SHARE = 0.6  # of the budget, at most, unless the fewest blocks take more
_MIN_TIME_S = 0.02
_COUNT_S = 0.3  # a guess of what counting takes where nothing was timed
_TWIN = "#aa"


class _Stopped(Exception):
    """Ctrl-C."""


def _absence(entry):
    if entry.role == "peer":
        return f"not built here: {entry.source} was not found"
    return "the build has no program of it"


def build_programs(tree, component, only, say):
    """Builds the benchmark programs; (Registry, name -> path, name -> why it has none)."""
    entries = registry.load(tree, component)
    build.configure(tree, "release")
    targets = build.known_targets(tree, "release")
    wanted, absent = {}, {}
    for name in [*entries.names(), "floor"]:
        if only and name not in only and name != "floor":
            continue
        target = build.bench_target(component, name)
        if target in targets:
            wanted[name] = target
        elif name != "floor":
            absent[name] = _absence(entries.find(name))
    say(f"building {len(wanted)} programs (release)")
    build.build(tree, "release", list(wanted.values()))
    return entries, {name: tree.bench(component, name) for name in wanted}, absent


class Table:
    """Takes the samples. `paths`: name -> program; `links`: name -> its relinked programs."""

    def __init__(self, tree, component, paths, interrupt, seed, ends):
        self.tree, self.component, self.paths = tree, component, paths
        self.interrupt, self.seed, self.ends = interrupt, seed, ends
        self.links, self.failed, self.values, self.cost_s = {}, {}, {}, {}
        self.children = sample.Children()

    def _cpus(self, part):
        """Where a part runs; a machine that has no such place is a value with its reason."""
        found = placement.resolve(part.placement)
        if "unavailable" in found:
            raise CycloneError(f"{part.placement}: {found['unavailable']}", "this machine",
                               "--lookup finds what a run of another machine has", UNAVAILABLE)
        return found["cpus"]

    def left_s(self):
        return self.ends - time.monotonic()

    def cell(self, name, part, meter="time"):
        variant = name.removesuffix(_TWIN)
        return {"id": plan.cell_id(self.component, variant, part.workload, part.params, part.n,
                                   meter, part.placement),
                "component": self.component, "variant": variant,
                "workload": part.workload, "params": part.params, "n": part.n, "meter": meter,
                "min_time": _MIN_TIME_S, "planted": None, "placement": part.placement}

    def _program(self, name, block):
        links = self.links.get(name)
        return self.tree.root / links[block % len(links)]["path"] if links else \
            self.paths[name.removesuffix(_TWIN)]

    def take(self, name, part, block, meter="time"):
        """The result of one process, or None: then `failed` says why."""
        if self.interrupt.wanted:
            raise _Stopped
        cell, seed = self.cell(name, part, meter), self.seed + block
        got = sample.take(cell, self._program(name, block), seed, pad_of(cell, seed),
                          self.children, self._cpus(part) if meter == "time" else ())
        if got["error"]:
            self.failed[name] = f"failed on {part.workload}: {got['error']}"
            return None
        self.cost_s[name, part.workload, part.n] = got["wall_s"]
        return got["result"]

    def ns(self, name, part, block):
        result = self.take(name, part, block)
        if result is None:
            return None
        self.values[name, part.workload, part.n] = result.get("values") or {}
        batches = result.get("iter_ns")
        return statistics.median(batches) if batches else result.get("ns_per_op")

    def whole(self, name, parts, block):
        """The parts' costs added, or None."""
        taken = [self.ns(name, part, block) for part in parts]
        return None if any(ns is None for ns in taken) else sum(taken)

    def block(self, names, parts, block, into):
        ordered = order.block_order({"asked": list(names)}, block, self.seed)
        for name in ordered:
            ns = self.whole(name, parts, block)
            if ns is not None:
                into.setdefault(name, {})[block] = ns

    def link(self, names, twin, count):
        """Links the programs that are compared, a layout for each block, and replays each link
        against the model; what is red in some layout is failed. Why there is no linker, or None."""
        if relink.linker()[0] is None:
            return relink.linker()[1]
        seeds, twins = relink.seeds(count, self.seed)
        wanted = {(self.component, n): seeds + (twins if n == twin else []) for n in names
                  if n not in self.links or n == twin}
        made = relink.make(self.tree, wanted) if wanted else {}
        for (_, name), links in made.items():
            self.links[name] = links[:count]
            if name == twin:
                self.links[name + _TWIN] = links[count:]
        red = gate.check_links(self.tree, {k: {"layouts": v, "twins": []} for k, v in made.items()},
                               self.seed)
        self.failed |= {v: f"the gate is red {verdict['detail']}" for v, verdict in red.items()}
        return None


def _count(table, jobs, found):
    """Counted figures beside the times; one that fails leaves its fact unknown. All or none: a tie
    is not broken by what is known of some only."""
    needs = sum(table.cost_s.get((o.name, p.workload, p.n), _COUNT_S) for o, p, _ in jobs)
    if jobs and needs > table.left_s():
        found.notes.append("the worst tick and the like were not counted: no room in the budget")
        return
    for option, part, note in jobs:
        before = table.failed.pop(option.name, None)
        result = table.take(option.name, part, 0, "work")
        table.failed.pop(option.name, None)
        if before:
            table.failed[option.name] = before
        if result:
            note(result.get("values") or {}, result.get("ops") or 0)


def _look(table, names, parts):
    """One sample of each: name -> ns, the cheapest first."""
    seen = {}
    for name in names:
        ns = table.whole(name, parts, 0)
        if ns is not None:
            seen[name] = ns
    return dict(sorted(seen.items(), key=lambda item: item[1]))


def near(seen, most):
    """The cheapest of a first look, and those within reach of it."""
    least = next(iter(seen.values()), 0)
    return [v for v, ns in seen.items() if ns <= _NEAR * least][:most]


def _blocks(table, names, parts, fewest, most, ends):
    """Blocks until `most`, or, after the fewest, until there is no room for one more."""
    costs, block = {}, 0
    try:
        while block < most:
            began = time.monotonic()
            table.block(names, parts, block, costs)
            block += 1
            if block >= fewest and time.monotonic() + (time.monotonic() - began) > ends:
                break
    except _Stopped:
        if block < k_interval_min:
            raise
    return {v: by for v, by in costs.items() if v.removesuffix(_TWIN) not in table.failed}


def _few_enough(table, question, names, found):
    """As many of the cheapest as the fewest blocks have room for, but three where there are."""
    parts = question.scenarios[0].parts

    def needs(some):
        return k_interval_min * sum(table.cost_s.get((v, p.workload, p.n), 0) for v in some
                                    for p in parts)
    while len(names) > _MOST_BESIDE and needs(names) > table.left_s():
        names = names[:-1]
    if needs(names) > table.left_s():
        found.notes.append(f"the budget was exceeded: the fewest blocks take about "
                           f"{needs(names):.0f} s")
    return names


def _main(table, question, names, found, budget_s, say):
    scenario = question.scenarios[0]
    say(f"comparing {', '.join(names)}")
    missing = table.link(names, None, BLOCKS)
    names = [v for v in names if v not in table.failed]  # some layout may be red
    if missing:
        found.notes.append(f"one layout only: {missing}")
    elif names:
        table.link(names[:1], names[0], BLOCKS)
    if not names:
        return
    beside = [names[0] + _TWIN] if not missing else []
    beside += ["floor"] if "floor" in table.paths else []
    ends = table.ends - (1 - _MAIN_SHARE) * budget_s
    costs = _blocks(table, [*names, *beside], scenario.parts, k_interval_min, BLOCKS, ends)
    twin, floor = costs.pop(names[0] + _TWIN, {}), costs.pop("floor", None)
    if floor:
        found.floors[scenario.key] = floor
    own = costs.get(names[0], {})
    found.aa = [math.log(twin[b] / own[b]) for b in sorted(set(twin) & set(own))]
    found.costs[scenario.key] = costs
    if len(found.single) > len(names):
        found.notes.append("a first look at each; compared in blocks: the cheapest, within "
                           f"{_NEAR:g} times the cheapest of all, {_MOST} at most")
    done = max(map(len, costs.values()), default=0)
    if done < BLOCKS:
        found.notes.append(f"{done} of {BLOCKS} blocks: the intervals are wide")


def _guess_s(table, scenario, names, asked):
    """Seconds that a scenario will take, from the samples of what was asked."""
    total = 0.0
    for part, known in zip(scenario.parts, asked.parts, strict=True):
        scale = max(1.0, part.n / known.n)
        costs = [table.cost_s.get((v, part.workload, known.n), 0.2) for v in names]
        total += scale * (sum(costs) + statistics.fmean(costs or [0]) * k_interval_min
                          * (1 + _MOST_BESIDE))
    return total


def _scenario(table, question, scenario, kept, chosen, found, say):
    """A look at everything that qualifies, then the fewest blocks of the best and the chosen."""
    reachable, _ = sort_out(kept, question.rules_at(scenario), False)
    names = [o.name for o in reachable if o.name not in table.failed]
    if chosen not in names:
        found.unknown[scenario.key] = f"{chosen} does not qualify there"
        return
    needs = _guess_s(table, scenario, names, question.scenarios[0])
    if needs > table.left_s():
        found.unknown[scenario.key] = (f"no room in the budget: it takes about {needs:.0f} s, "
                                       f"{max(0, table.left_s()):.0f} s are left (--budget)")
        return
    say(f"if {scenario.words}")
    before = dict(table.failed)
    seen = _look(table, names, scenario.parts)
    few = near(seen, _MOST_BESIDE)
    few += [chosen] if chosen in seen and chosen not in few else []
    table.link(few, None, BLOCKS)
    floor = ["floor"] if "floor" in table.paths else []
    costs = _blocks(table, [*few, *floor], scenario.parts, k_interval_min, k_interval_min, math.inf)
    table.failed = before  # what fails there may still do what was asked
    if taken := costs.pop("floor", None):
        found.floors[scenario.key] = taken
    found.costs[scenario.key] = costs


def _learn(table, module, question, them):
    part = question.scenarios[0].parts[0]
    for option in them:
        values = table.values.get((option.name, part.workload, part.n)) or {}
        module.learn(option, values.get("fixed_bytes"), part.n)


def _run(table, module, question, options, found, budget_s, say):
    """(options that qualify, name -> why not). The order of everything that is measured."""
    kept, out = sort_out(options, question.rules, False)
    if not kept:
        return kept, out
    for option in kept:
        verdict = gate.check_binary(table.paths[option.name], table.seed)
        if not verdict["passed"]:
            table.failed[option.name] = f"the gate is red: {verdict['detail']}"
    kept = [o for o in kept if o.name not in table.failed]
    table.ends = time.monotonic() + budget_s
    _count(table, module.counted_before(question, kept), found)
    say(f"a first look at {len(kept)} programs")
    seen = found.single = _look(table, [o.name for o in kept], question.scenarios[0].parts)
    _learn(table, module, question, kept)
    measured = [o for o in kept if o.name in seen]
    kept, late = sort_out(measured, question.rules, True)
    out |= late
    seen = {v: ns for v, ns in seen.items() if v in {o.name for o in kept}}
    if not kept:
        return kept, out
    names = _few_enough(table, question, near(seen, _MOST), found)
    _main(table, question, names, found, budget_s, say)
    with contextlib.suppress(_Stopped):
        _count(table, module.counted_after(question, [o for o in kept if o.name in names]),
               found)
        chosen = advise(question, kept, found, {})["recommended"]
        for scenario in question.scenarios[1:] if chosen else ():
            _scenario(table, question, scenario, kept, chosen, found, say)
    return kept, out


def carry_out(tree, module, question, only, budget_s, seed, say):
    """(options that are left, Findings, name -> why ruled out)."""
    found = Findings(f"measured here, {budget_s:g} s")
    lock = runfolder.Lock(tree.build)
    try:
        entries, paths, absent = build_programs(tree, question.component, only, say)
        if not [v for v in paths if v != "floor"]:
            raise CycloneError("nothing is built that could be measured", "the command line",
                               "see: cyclone list variants", UNAVAILABLE)
        options = [Option.of(e.name, e.role, gate.describe(paths[e.name],
                                                           tree.relative(paths[e.name])))
                   for e in entries.entries if e.name in paths]
        with Interrupt() as interrupt, low_latency():
            table = Table(tree, question.component, paths, interrupt, seed,
                          time.monotonic() + budget_s)
            try:
                kept, out = _run(table, module, question, options, found, budget_s, say)
            except (_Stopped, KeyboardInterrupt):
                table.children.kill_all()
                raise CycloneError("interrupted before anything was known", "measuring",
                                   "give the same command again", INTERRUPTED) from None
            if interrupt.wanted:
                found.notes.append("interrupted: what was measured until then is the answer")
    finally:
        lock.release()
    for scenario in question.scenarios[1:]:
        if scenario.key not in found.costs:
            found.unknown.setdefault(scenario.key, "interrupted")
    found.failed = {v: why for v, why in table.failed.items() if v in {o.name for o in options}}
    return kept, found, absent | out
