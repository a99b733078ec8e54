"""A made-up run folder: the files of a real one, written from formulas and a seed.

Costs and noise are known here, so a test can say what the analysis must find. The claims are the
real ones of the tree, and their cells are laid out from `cells_needed`, as a real plan does.

`World(rich=True)` switches everything on that a run can hold: layouts (a link a layout, twin links
for A/A), planted slowdowns, roof, gap probes, threads (component `counter`, workload `next`: USL,
fairness), paced cells (workload `paced`: latency), meter `system`, pilot, looks, account of time,
explain texts, series of 32 batches with every class of warm-up, pitfalls. Each has its own option,
off by default; any may be given beside rich=True to override it: World(rich=True, probes=False).
    layouts=11, repeats=2, layout_effect=0.006   links, blocks a link, sd of log ns between links
    noise=0.008                                  sd of log ns between processes (0.02 if not rich)
    planted=0.06, planted_real=None              what the plan says, what the sample really does
    roof, probes, system, account, pilot, looks, explain, latency, pitfalls = True
    threads=(1, 2, 3, 4, 6, 8), cpus=8           thread counts; cores of the machine
    batches=32, shapes=True                      length of a series; not all are flat
    wander=0.08, drift=0.0                       sd of log ns between blocks, slope a block
    carry=0.0, load=0.0                          AR(1) inside a process; share of samples that a
                                                 neighbour slows and tags
The components of a rich run are timer and counter: analysis["matrices"] holds one matrix each
(analysis["matrix"] stays the first of them).
"""

import hashlib
import json
import math
import random
from pathlib import Path

import synthetic_more as more
from reports.judge import claims, rules

TREE = Path(__file__).resolve().parents[2]
CLAIMS = TREE / "experiments/timer/claims"
# The claims whose truth this world knows; others that the tree holds are no part of it.
KNOWN = ("gleixner2016-t7-accuracy", "gleixner2016-t8-cascade", "requirements-a2-growth",
         "varghese1987-t1-cost-table", "varghese1987-t2-tick-law",
         "varghese1987-t5-sorted-insertion")
LINEAR = {"unsorted_list": ("tick", "hold"), "sorted_list": ("start", "hold", "timeouts"),
          "sorted_list_rear": ("start", "hold", "timeouts")}
VARIANTS = ("multimap_oracle", "unsorted_list", "sorted_list", "sorted_list_rear", "binary_heap",
            "quad_heap", "hashed_wheel", "hierarchical_wheel", "noncascading_wheel")
PEERS = ("libuv_heap", "libev_heap")
SCALE = {"multimap_oracle": 4.0, "unsorted_list": 1.0, "sorted_list": 1.2, "sorted_list_rear": 1.1,
         "binary_heap": 2.0, "quad_heap": 1.6, "hashed_wheel": 1.0, "hierarchical_wheel": 1.5,
         "noncascading_wheel": 1.45, "libuv_heap": 2.6, "libev_heap": 1.9}
LOG = ("multimap_oracle", "binary_heap", "quad_heap", "libuv_heap", "libev_heap")
# What a START passes in a sorted list: the derived law, not the printed one.
PASSED = {("sorted_list", "exp"): 1 / 2, ("sorted_list", "uniform"): 2 / 3,
          ("sorted_list_rear", "exp"): 1 / 2, ("sorted_list_rear", "uniform"): 1 / 3}


def instructions(variant, workload, params, n):
    """Instructions per operation: the truth of this made-up world."""
    if workload == "tick" and variant == "hashed_wheel":
        return 4.2 + (13.0 if params.get("mode") == "expire" else 6.0) * n / 4096
    if workload in LINEAR.get(variant, ()):
        return 22 + 2.5 * n
    if variant in LOG and not (workload == "tick" or variant == "multimap_oracle"
                               and workload == "stop"):
        return SCALE[variant] * (18 + 6.0 * math.log2(n))
    return SCALE[variant] * (14 if workload == "stop" else 27)


def values(variant, workload, params, n, rng):
    if workload == "poisson":
        share = PASSED.get((variant, params.get("dist")), 0)
        return {"nodes_per_start": (1 + share * n) * rng.gauss(1, 0.004) if share else 1.0}
    if workload == "boundary":
        return {"worst_tick_relinks": n if variant == "hierarchical_wheel" else 0}
    if workload == "accuracy":
        late = variant == "noncascading_wheel"
        return {"cases": n + 2048000, "early": 0, "violations": 0, "relinks_after_start": 0,
                "max_relative_lateness": 0.12698 if late else 0,
                "pairs_out_of_order": 1000 if late else 0}
    return {}


class World:
    """Options of a made-up run; the defaults are a good run of a quiet machine."""

    def __init__(self, seed=7, blocks=11, sizes=(64, 512, 4096, 32768, 262144),
                 timed=("timeouts", "hold"), noise=None, aa_shift=0.0, floor_ns=1.6,
                 with_claims=True, slow=None, tagged=0.05, variants=VARIANTS + PEERS, rich=False,
                 **options):
        self.__dict__.update({k: v for k, v in locals().items() if k not in ("self", "options")})
        unknown = set(options) - set(more.k_plain)
        assert not unknown, f"no option {sorted(unknown)}"
        self.__dict__.update((more.k_rich if rich else more.k_plain) | options)
        if noise is None:
            self.noise = more.k_rich_noise if rich else more.k_noise
        if self.layouts:
            self.blocks = self.layouts * self.repeats
        self.rng = random.Random(seed)

    def cap(self, variant, workload, n):
        return workload in LINEAR.get(variant, ()) and n > 4096

    def ns(self, variant, workload, n):
        cache = 1 + 0.35 * max(0, math.log2(n * 48 / 32768)) / 6
        slow = (self.slow or {}).get(variant, 1.0)
        return self.floor_ns + 0.3 * instructions(variant, workload, {}, n) * cache * slow


def cell_id(variant, workload, params, n, meter):
    extra = "".join(f",{k}={v}" for k, v in sorted(params.items()))
    return f"timer/{variant}/{workload}{extra}/n={n}/{meter}"


def _cell(variant, workload, params, n, meter, experiment, blocks, role="subject", reference=None,
          **extra):
    ident = cell_id(variant, workload, params, n, meter)
    return {"id": ident + {"aa": "#aa", "planted": "#planted"}.get(role, ""), "component": "timer",
            "variant": variant, "workload": workload, "params": params, "n": n, "meter": meter,
            "role": role, "experiment": experiment, "reference": reference,
            "blocks": blocks} | extra


def lay_out(world):
    cells = {}

    def add(*args, **kw):
        cell = _cell(*args, **kw)
        cells.setdefault(cell["id"], cell)

    for workload in world.timed:
        params = {"dist": "exp"} if workload == "hold" else {}
        for n in world.sizes:
            reference = cell_id("multimap_oracle", workload, params, n, "time")
            for variant in world.variants:
                if not world.cap(variant, workload, n):
                    add(variant, workload, params, n, "time", "cost", world.blocks,
                        reference=reference)
            add("multimap_oracle", workload, params, n, "time", "cost", world.blocks, role="aa",
                reference=reference)
            if world.planted:
                add("multimap_oracle", workload, params, n, "time", "cost", world.blocks,
                    role="planted", reference=reference, planted=world.planted)
            if world.roof:
                add("roof", workload, params, n, "time", "cost", world.blocks, role="roof")
            if world.floor_ns:
                add("floor", workload, params, n, "time", "cost", world.blocks, role="floor")
    for workload in ("start", "stop", "timeouts"):
        for variant in world.variants:
            add(variant, workload, {}, 4096, "instructions", "count", 1)
            if variant not in PEERS:
                add(variant, workload, {}, 4096, "work", "count", 1)
            if world.system:
                add(variant, workload, {}, 4096, "system", "count", 1)
    for cell in more.counter_cells(world):
        cells[cell["id"]] = cell
    offered = [{"name": v, "role": "peer" if v in PEERS else "variant"} for v in world.variants]
    for path in [CLAIMS / f"{k}.toml" for k in KNOWN] if world.with_claims else []:
        claim = claims.load_claim(path)
        for test in claim["test"]:
            for c in rules.cells_needed(test, offered):
                if c["variant"] in world.variants:
                    add(c["variant"], c["workload"], c["params"], c["n"], c["meter"],
                        f"{claim['id']}/{test['id']}", c["seeds"])
    return list(cells.values())


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def process_ns(world, cell, block, shift):
    """What one process takes for an operation: cost, link, block, plant, neighbour and noise."""
    rng, variant = world.rng, cell["variant"]
    if cell["component"] == "counter":
        base = more.counter_ns(variant, cell["workload"], cell["params"])
    elif variant in ("floor", "roof"):
        base = world.floor_ns * (1 if variant == "floor" else 2)
    else:
        base = world.ns(variant, cell["workload"], cell["n"])
    if cell["role"] == "aa":
        base *= 1 + world.aa_shift
    if cell["role"] == "planted":
        base *= 1 + (world.planted if world.planted_real is None else world.planted_real)
    base *= more.layout_factor(world, cell, block) * math.exp(world.drift * block)
    return base * shift * math.exp(rng.gauss(0, world.noise))


def timed_result(world, cell, block, shift, loaded):
    """The parts of a result that a timed process adds."""
    level = process_ns(world, cell, block, shift) * (1.6 if loaded else 1.0)
    out = {"iter_ns": more.series(world, world.rng, level)}
    if world.rungs:
        out["counters"] = more.COUNTERS
    out["ns_per_op"] = round(sum(out["iter_ns"]) / len(out["iter_ns"]), 4)
    if cell["component"] == "counter":
        paced = cell["workload"] == "paced"
        out["latency"] = more.latency_of(world.rng, cell["variant"], world.late_share) \
            if paced else None
        out["threads"] = None if paced else more.threads_of(world.rng, cell["variant"],
                                                            cell["params"])
    return out


def sample(world, run, cell, block, pos, shift):
    rng, meter = world.rng, cell["meter"]
    variant, workload, n, params = (cell[k] for k in ("variant", "workload", "n", "params"))
    result = {"schema": 1, "component": cell["component"], "variant": variant,
              "workload": workload, "n": n,
              "params": params, "seed": 40 + block, "meter": meter, "ops": 8192, "ns_per_op": None,
              "iter_ns": None, "work": None, "values": values(variant, workload, params, n, rng),
              "result_hash": sha(f"{variant}{workload}{params}{n}{block}")[:16],
              "sw": {"ctx_voluntary": 0, "ctx_involuntary": 0, "faults_minor": 3, "cpu_ns": 9}}
    total, tags = None, []
    if meter == "time":
        loaded = world.load > 0 and rng.random() < world.load
        result |= timed_result(world, cell, block, shift, loaded)
        tags = ["contended"] if rng.random() < world.tagged or loaded else []
    elif meter == "system":
        result["system"] = more.system_of(rng, variant)
    elif meter == "instructions":
        total = round(instructions(variant, workload, params, n) * 8192)
    elif variant not in PEERS:
        per = 0 if workload != "tick" else min(1, n / 4096)
        nodes = per or instructions(variant, workload, params, n + 512) / 9
        result["work"] = {"nodes": round(nodes * 8192), "comparisons": round(nodes * 8000),
                          "relinks": 0, "slots": 8192}
    line = {"schema": 1, "run": run, "cell": cell["id"], "role": cell["role"], "block": block,
            "pos": pos, "t0": f"2026-03-01T10:{block:02d}:{pos % 60:02d}.000+00:00", "wall_s": 0.06,
            "binary": more.binary_of(world, cell, block), "rc": 0, "seed": 40 + block, "tags": tags,
            "steal_ticks": 0, "psi_cpu_us": 120, "result": result, "instructions": total,
            "error": None}
    if world.layouts:
        line |= {"layout": block % world.layouts if meter == "time" else None, "cpus": [0],
                 "mono": round(60.0 * block + 0.1 * pos, 3), "planted": cell.get("planted")}
    return line


def evidence(world):
    rows = []

    def add(variant, suite, preset, cases, **more):
        rows.append({"component": "timer", "variant": variant, "suite": suite, "tool": "Catch2",
                     "preset": preset, "compiler": "g++ 12.2.0", "passed": True, "cases": cases,
                     "seed": 1, "detail": "", "sources": "ab" * 32,
                     "at": "2026-03-01T09:00:00+00:00"} | more)

    for i, variant in enumerate(world.variants):
        add(variant, "conformance", "release", 412)
        if variant in PEERS:
            continue
        add(variant, "property", "dev", 20000)
        add(variant, "conformance", "asan", 412)
        add(variant, "conformance", "ubsan", 412)
        if i % 4 != 3:
            add(variant, "fuzz", "fuzz", 4100000 + i * 1000)
        total = i % 5
        if total:
            add(variant, "mutants", "dev", 0, mutants={
                "killed": total, "total": total,
                "by": {str(k + 1): "never_early" for k in range(total)},
                "checkers": ["lock step", "audit"],
                "killers": {str(k + 1): {"lock step": "never_early", "audit": "I2"}
                            if k % 2 else {"audit": "I1"} for k in range(total)},
                "breaks": {str(k + 1): f"made-up bug {k + 1}" for k in range(total)}})
    return rows


def describe(variant):
    size = {"multimap_oracle": 72, "binary_heap": 32, "quad_heap": 32}.get(variant, 48)
    source = {"libuv_heap": "libuv1-dev", "libev_heap": "libev-dev"}.get(variant, "Varghese1987")
    return {"schema": 1, "component": "timer", "variant": variant, "kind": "seq",
            "note": f"made-up {variant}", "source": source, "traits": {}, "bytes_per_timer": size,
            "fixed_bytes": 65552 if "wheel" in variant else 48, "workloads": [],
            "build": {"compiler": "g++ 12.2.0", "flags": "-O2", "type": "release", "check": 0}}


ENVIRONMENT = {
    "schema": 1, "fingerprint": "5d1c0ffe",
    "stable": {"arch": "x86_64", "cpu": "Made-up 9000", "cpus": 2, "numa_nodes": 1, "smt": False,
               "caches": {"L1": "32K", "L2": "512K", "L3": "8M"}, "memory_gib": 24,
               "hypervisor": "none such", "kernel": "6.1.0", "governor": None},
    "volatile": {"load": ["0.10", "0.20", "0.15"], "psi_cpu_us": 120, "steal_ticks": 0},
    "absent": {"pmu": "no hardware counter device; instructions are counted under valgrind",
               "numa": "one memory node: nothing to compare"},
    "tools": {"g++": "12.2.0", "valgrind": "3.19.0", "git": None}}


def binaries_of(world):
    """Controls have a key with their component where a run has two of them."""
    controls = ("floor", *(("roof",) if world.roof else ()))
    counters = bool(world.threads or world.latency)
    named = [("timer", v, v) for v in world.variants]
    named += [("timer", v, f"timer/{v}" if counters else v) for v in controls]
    named += [("counter", v, v) for v in more.k_counters if counters]
    named += [("counter", v, f"counter/{v}") for v in controls if counters]
    return {key: {"path": f"build/release/bench/{component}/{v}", "sha256": sha(v),
                  "describe": describe(v) | {"component": component},
                  **more.links_of(world, v), **more.explain_of(world, v)}
            for component, v, key in named}


def dump(path, data):
    path.write_text(json.dumps(data), encoding="utf-8")


def write(folder, world=None):
    """Writes a whole run folder and returns its path."""
    world = world or World()
    run = Path(folder) / "quick-20260301-100000-5d1c0ffe"
    (run / "claims").mkdir(parents=True)
    cells, told = lay_out(world), {}
    for path in [CLAIMS / f"{k}.toml" for k in KNOWN] if world.with_claims else []:
        data = path.read_bytes()
        (run / "claims" / path.name).write_bytes(data)
        claim = claims.load_claim(path)
        told[claim["id"]] = {"file": path.name, "sha256": hashlib.sha256(data).hexdigest(),
                             "unmet": []}
    dump(run / "plan.json", {
        "schema": 1, "suite": "quick", "title": "Quick look at the timers", "seed": 40,
        "claims": told, "cells": cells, "blocks": world.blocks,
        "given_up": [{"cell": "timer/unsorted_list/hold,dist=exp/n=32768/time",
                      "why": "TICK is O(n): n is capped at 4096"}],
        "gate": {v: {"passed": True, "detail": ""} for v in world.variants},
        "binaries": binaries_of(world),
        "command": "scripts/cyclone run quick --seed 40",
        "source": {"git": "0123abc", "dirty": False, "diff_sha256": None}}
         | more.plan_more(world, cells))
    dump(run / "environment.json",
         ENVIRONMENT | {"stable": ENVIRONMENT["stable"] | {"cpus": world.cpus}})
    dump(run / "evidence.json", {"schema": 1, "rows": evidence(world)})
    lines = []
    for block in range(max(c["blocks"] for c in cells)):
        # Absolute times wander from block to block.
        drift = math.exp(world.rng.gauss(0, world.wander))
        for pos, cell in enumerate(c for c in cells if block < c["blocks"]):
            lines.append(json.dumps(sample(world, run.name, cell, block, pos, drift)))
    (run / "samples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if world.probes:
        (run / "probes.jsonl").write_text("".join(
            json.dumps(x) + "\n" for x in more.probe_lines(world, run.name)), encoding="utf-8")
    if world.pitfalls:
        dump(run / "pitfalls.json", more.pitfalls_of(world))
    account = {"account": more.ACCOUNT} if world.account else {}
    dump(run / "status.json", account | {
        "schema": 1, "state": "complete", "samples_done": len(lines),
        "samples_planned": len(lines), "updated": "2026-03-01T10:11:00+00:00"})
    return run
