"""What a rich made-up run holds beyond the plain one: see the docstring of synthetic.py."""

import hashlib
import math
import random

k_plain = {"layouts": 0, "repeats": 1, "layout_effect": 0.02, "planted": None,
           "planted_real": None, "roof": False, "probes": False, "quiet": True, "system": False,
           "account": False, "pilot": False, "looks": False, "explain": False, "latency": False,
           "pitfalls": False, "threads": (), "cpus": 2, "batches": 9, "shapes": False,
           "wander": 0.08, "drift": 0.0, "rungs": False, "carry": 0.0, "load": 0.0,
           "late_share": 0.0}
k_rich = k_plain | {"layouts": 11, "repeats": 2, "layout_effect": 0.006, "planted": 0.06,
                    "roof": True, "probes": True, "system": True, "account": True, "pilot": True,
                    "looks": True, "explain": True, "latency": True, "pitfalls": True,
                    "threads": (1, 2, 3, 4, 6, 8), "cpus": 8, "batches": 32, "shapes": True,
                    "rungs": True}
k_noise, k_rich_noise = 0.02, 0.008  # sd of log ns between processes
# Made-up counters: gamma (operations a second of one thread), alpha, beta of Gunther's law, and how
# much slower the slowest thread is than the fastest.
k_counters = {"mutex_oracle": (20e6, 0.45, 0.030, 0.50), "fetch_add": (95e6, 0.08, 0.012, 0.85),
              "cas_loop": (80e6, 0.30, 0.022, 0.30), "sharded": (70e6, 0.01, 0.0, 0.97)}
k_oracle = "mutex_oracle"
k_rate = 200_000
k_n = 1000


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def counter_cell(variant, workload, params, meter="time", role="subject", blocks=1, planted=None):
    extra = "".join(f",{k}={v}" for k, v in sorted(params.items()))

    def ident(name):
        return f"counter/{name}/{workload}{extra}/n={k_n}/{meter}"
    mark = {"aa": "#aa", "planted": "#planted"}.get(role, "")
    compared = role in ("subject", "aa", "planted")
    placement = "all_cpus" if workload == "next" else "one_cpu"
    return {"id": ident(variant) + mark, "component": "counter", "variant": variant,
            "workload": workload, "params": params, "n": k_n, "meter": meter, "role": role,
            "experiment": "counters", "blocks": blocks, "placement": placement, "planted": planted,
            "reference": ident(k_oracle) if compared else None, "min_time": 0.01}


def counter_cells(world):
    """Every thread count is a group of its own: its variants, twin, plant, floor and roof."""
    groups = [("next", {"threads": str(t)}) for t in world.threads]
    groups += [("paced", {"rate": str(k_rate)})] if world.latency else []
    out = []
    for workload, params in groups:
        def add(variant, workload=workload, params=params, **more):
            out.append(counter_cell(variant, workload, params, blocks=world.blocks, **more))
        for variant in k_counters:
            add(variant)
        add(k_oracle, role="aa")
        add("floor", role="floor")
        if world.planted:
            add(k_oracle, role="planted", planted=world.planted)
        if world.roof:
            add("roof", role="roof")
    return out


def counter_ns(variant, workload, params):
    """Nanoseconds an operation: the truth. A paced operation costs what one thread pays."""
    if variant == "floor":
        return 0.4
    if variant == "roof":
        return 4.0
    gamma, alpha, beta, _ = k_counters[variant]
    n = int(params.get("threads", 1))
    return 1e9 * (1 + alpha * (n - 1) + beta * n * (n - 1)) / (gamma * n)


def threads_of(rng, variant, params):
    count = int(params.get("threads", 1))
    least = k_counters.get(variant, (0, 0, 0, 1.0))[3]
    shares = [1 - (1 - least) * i / max(1, count - 1) for i in range(count)]
    return [{"cpu": i, "ops": max(1, round(1e5 * s * math.exp(rng.gauss(0, 0.03)))), "failed": 0,
             "ns": 10_000_000} for i, s in enumerate(shares)]


def histogram(values):
    """Log-linear buckets, 64 to an octave, as the bench prints them."""
    buckets = {}
    for v in values:
        upper = max(1, math.ceil(2 ** (math.ceil(math.log2(max(v, 1)) * 64) / 64)))
        buckets[upper] = buckets.get(upper, 0) + 1
    return {"buckets": [[k, buckets[k]] for k in sorted(buckets)],
            "max": math.ceil(max(values)), "mean": sum(values) / len(values)}


def latency_of(rng, variant, late_share):
    """An open loop of 2000 operations: where one stalls, those behind it wait as well."""
    service = 1e3 * {"mutex_oracle": 0.9, "fetch_add": 0.3, "cas_loop": 0.35}.get(variant, 0.4)
    raw, intended, late, free = [], [], [], 0.0
    for i in range(2000):
        due = i * 1e9 / k_rate
        start = max(due, free) + abs(rng.gauss(0, 60)) + (200_000 if rng.random() < late_share
                                                          else 0)
        cost = service * math.exp(rng.gauss(0, 0.25)) + (120_000 if rng.random() < 0.0015 else 0)
        free = start + cost
        raw.append(cost)
        intended.append(free - due)
        late.append(start - due)
    missed = sum(v > 100_000 for v in late) if late_share else 0
    return {"unit": "ns", "count": 2000, "intended": histogram(intended), "raw": histogram(raw),
            "lateness": histogram(late), "missed": missed, "rate_per_s": k_rate}


def system_of(rng, variant):
    """Allocations and system calls over 8192 operations; one variant cannot be traced."""
    per = {"multimap_oracle": 1.0, "libuv_heap": 0.25}.get(variant, 0.0)
    blind = variant == "libev_heap"
    why = {"syscalls": "no tracefs is mounted"} if blind else {}
    return {"allocations": round(8192 * per), "allocated_bytes": round(8192 * per * 72),
            "syscalls": "unavailable" if blind else 0, "why": why}


def series(world, rng, level):
    """The batches of one process around a level; one of four shapes where shapes are wanted."""
    shape = "flat"
    if world.shapes:
        shape = rng.choices(("flat", "warmed", "slowing", "none"), (80, 15, 3, 2))[0]
    out, before = [], 0.0
    for i in range(world.batches):
        before = world.carry * before + rng.gauss(0, 0.01)
        part = i / world.batches
        factor = {"warmed": 1.25 if part < 0.2 else 1.0, "slowing": 1.0 if part < 0.4 else 1.12,
                  "none": 1.0 if part < 0.85 else 1.3}.get(shape, 1.0)
        out.append(round(level * factor * math.exp(before), 4))
    return out


def layout_factor(world, cell, block):
    """What the link of this block does to a binary; a twin is another link of the same code."""
    if not world.layouts:
        return 1.0
    who = cell["variant"] + ("#aa" if cell["role"] == "aa" else "")
    rng = random.Random(f"{world.seed}/{who}/{block % world.layouts}")
    return math.exp(rng.gauss(0, world.layout_effect))


def binary_of(world, cell, block):
    if not world.layouts or cell["meter"] != "time":
        return sha(cell["variant"])
    kind = "twin" if cell["role"] == "aa" else "layout"
    return sha(f"{cell['variant']}/{kind}/{block % world.layouts}")


def links_of(world, variant):
    """The links of one binary, as plan.binaries names them."""
    if not world.layouts:
        return {}
    def links(kind):
        return [{"seed": 100 + i, "path": f"build/layout/{variant}.{kind}{i}",
                 "sha256": sha(f"{variant}/{kind}/{i}")} for i in range(world.layouts)]
    twins = links("twin") if variant in ("multimap_oracle", k_oracle) else []
    return {"layouts": links("layout"), "twins": twins}


def explain_of(world, variant):
    return {"explain": f"{variant}: a made-up scheme.\n\nIt shows where the header comment of a "
            "variant goes: what it does, which paper it is from, and what it pays for."} \
        if world.explain else {}


def plan_more(world, cells):
    """What a plan says beyond its cells."""
    from reports.groups import label
    count = world.layouts
    out = {"layouts": {"count": count, "seeds": [100 + i for i in range(count)],
                       "twin_seeds": [300 + i for i in range(count)], "linker": "LLD 19.1.7"}
           if count else None, "repeats": world.repeats, "pilot": None, "looks": [],
           "stop_rule": None, "placements": {"one_cpu": {"cpus": [0]},
                                             "all_cpus": {"cpus": list(range(world.cpus))},
                                             "smt_siblings": {"unavailable": "no SMT here"}}}
    groups = sorted({label(c) for c in cells if c["meter"] == "time"})
    units = world.blocks  # one look, at the end: looks count blocks
    if world.pilot:
        out["pilot"] = {"rows": [
            {"group": g, "reference": "multimap_oracle", "layout_var": world.layout_effect**2,
             "process_var": world.noise**2, "batch_var": 1e-4, "cost_layout_s": 0.8,
             "cost_process_s": 0.02, "cost_batch_s": 0.002, "processes": world.repeats,
             "batches": world.batches, "predicted_half_width": 0.021} for g in groups],
            "chosen": {"repeats": world.repeats, "blocks": world.blocks, "min_time": 0.01},
            "planted": world.planted, "delta_expected": 0.03, "seconds": 31.0, "eta_s": 402.0,
            "budget_s": 600.0}
    if world.looks:
        out["looks"] = [{"group": g, "units": units, "units_max": units, "level": 0.95,
                         "decided": True, "why": ""} for g in groups]
        out["stop_rule"] = {"first": units, "units_max": {g: units for g in groups}}
    return out


def probe_lines(world, run):
    """Gaps before and after each block; on a loud machine most blocks lose a tenth of the time."""
    rng = random.Random(f"{world.seed}/probes")
    lost = 0.004 if world.quiet else 0.1
    return [{"schema": 1, "run": run, "block": block, "when": when,
             "t0": f"2026-03-01T10:{block:02d}:00.000+00:00", "seconds": 0.05,
             "gaps": rng.randint(2, 9), "lost_share": round(lost * math.exp(rng.gauss(0, 0.4)), 6),
             "max_us": round(120 * math.exp(rng.gauss(0, 0.5)), 1), "threshold_us": 20,
             "psi_cpu_us": 40, "steal_ticks": 0, "load": 0.2}
            for block in range(world.blocks) for when in ("before", "after")]


COUNTERS = {"rung": "software", "why": "no hardware counter device",
            "instructions": "unavailable", "cycles": "unavailable",
            "branch_misses": "unavailable", "cache_misses": "unavailable", "task_clock_ns": 9000}
ACCOUNT = {"wall_s": 420.0, "timed_s": 330.0, "processes_s": 300.0, "start_s": 22.0,
           "measured_s": 255.0, "pilot_s": 31.0, "counted_s": 44.0, "build_s": 12.0,
           "waste_share": 0.061}


def pitfalls_of(world):
    """The appendix: identical code, whose wrong face leans by 4 %."""
    from reports.pitfalls import rows as pitfalls
    rng, samples = random.Random(f"{world.seed}/pitfalls"), []
    for face in pitfalls.k_faces:
        for block in range(12):
            for subject in "ab":
                lean = 1.04 if (face, subject) == ("wrong", "b") else 1.0
                samples.append({"schema": 1, "pitfall": "fixed_order", "face": face,
                                "subject": subject, "block": block, "n": 0, "part": 0,
                                "error": None, "result": {
                                    "ns_per_op": 50 * lean * math.exp(rng.gauss(0, 0.004))}})
    return {"schema": 1, "rows": pitfalls.rows(samples, ["fixed_order"], world.seed)}
