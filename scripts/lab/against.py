"""`cyclone compare --against REV`: old and new programs of each variant, interleaved in one run.

The old revision is checked out and built beside this tree. Then one run measures, for every
variant, a cell `name` and a cell `name@sha`; the new one is the reference, with its A/A twin, a
planted slowdown, floor and roof, and both sides are linked in the same layouts. So a difference is
one of the code, not of the hour or of where the linker put it.
"""

import contextlib
import dataclasses
import hashlib
import json
import shlex
import shutil
import sys

from rich.console import Console
from rich.table import Table

from reports.groups import k_controls
from reports.groups import label as group_label

from lab import (build, ctl_run, gate, measure, plan, registry, relink, runfolder, show, suite,
                 worktrees)
from lab.cli_base import Answer
from lab.errors import BAD_DATA, NO_INPUT, OK, CycloneError, os_errors
from lab.files import read_json, sha256_file, write_json
from lab.interrupt import Interrupt
from lab.progress import Progress

FRAME = 3  # what a program must say of its frame for today's lab to measure it
_METERS = ("time", "work", "instructions")
_MORE = 1.02
_PIPE_WIDTH = 140


@dataclasses.dataclass(frozen=True)
class Question:
    revision: str
    suite: str = "quick"
    only: tuple = ()
    seed: int = 1
    blocks: int | None = None
    budget: float | None = None


@dataclasses.dataclass
class Prepared:
    plan: dict
    facts: dict
    options: ctl_run.Options
    budget: float


def old_name(variant, short):
    return f"{variant}@{short}"


def _rename(ident, variant, short):
    component, _, rest = ident.partition("/")
    return f"{component}/{old_name(variant, short)}/{rest.removeprefix(variant + '/')}"


def lay_out(laid, short, old_described, wanted):
    """From the plan of this tree to the plan of the comparison. Pure.

    `old_described`: (component, variant) -> what the old program says; `wanted`: the variants to
    compare. Every cell of a variant gets its old twin, and every timed group its controls.
    """
    cells, given_up = {}, list(laid["given_up"])
    for cell in laid["cells"]:
        if cell["role"] in k_controls:
            cells[cell["id"]] = dict(cell)
        if cell["role"] != "subject" or cell["meter"] not in _METERS \
                or cell["variant"] not in wanted:
            continue
        said = old_described.get((cell["component"], cell["variant"]))
        if said is None or cell["workload"] not in said["workloads"]:
            lacks = cell["workload"] if said else cell["variant"]
            given_up.append({"cell": cell["id"], "why": f"{short} has no {lacks}"})
            continue
        _add_pair(cells, cell, short)
    timed = {group_label(c) for c in cells.values()
             if c["meter"] == "time" and c["role"] == "subject"}
    kept = [c for c in cells.values() if c["role"] not in k_controls or c["meter"] != "time"
            or group_label(c) in timed]
    return _body(laid, kept, given_up, short)


def _add_pair(cells, cell, short):
    timed = cell["meter"] == "time"
    new = cell | {"reference": cell["id"] if timed else None}
    old = new | {"id": _rename(cell["id"], cell["variant"], short),
                 "variant": old_name(cell["variant"], short)}
    cells[new["id"]], cells[old["id"]] = new, old
    for role, planted in (("aa", None), ("planted", plan.pilot.PLANT_LEAST)) if timed else ():
        ident = f"{new['id']}#{role}"
        cells[ident] = new | {"id": ident, "role": role, "planted": planted}


def _body(laid, cells, given_up, short):
    most = {group_label(c): c["blocks"] for c in cells if c["meter"] == "time"}
    rule = laid.get("stop_rule")
    body = {"suite": f"against-{short}", "cells": cells, "claims": {}, "given_up": given_up,
            "placements": laid.get("placements") or {},
            "stop_rule": rule | {"units_max": most} if rule and most else None}
    key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return body | {"plan_key": key, "blocks": max(most.values(), default=0)}


def _wanted(tree, asked):
    """component -> the variants the suite measures, or what --only leaves of them."""
    the_suite = suite.load(tree, asked.suite)
    out = {}
    for exp in the_suite.experiments:
        entries = registry.load(tree, exp.component)
        own = entries.names("variant") + entries.names("wrapper")
        names = own if exp.variants == ["*"] else [n for n in exp.variants if n in own]
        names = [n for n in own if n in asked.only] if asked.only else names
        out.setdefault(exp.component, []).extend(n for n in names if n not in out.get(
            exp.component, []))
    known = {n for c in out for n in registry.load(tree, c).names()}
    for word in asked.only:
        if word not in known:
            raise CycloneError(f"--only {word}: no such variant", "the command line",
                               "see: cyclone list variants", NO_INPUT)
    if not any(out.values()):
        raise CycloneError("nothing is left to compare", the_suite.place,
                           "choose a variant of this tree: peers do not change with a revision",
                           NO_INPUT)
    return the_suite, out


def build_old(old, wanted, sha):
    """Builds the old programs of the variants that the old tree has; (component, variant) ->
    (path, what it says of itself). Programs of an older frame are refused: they cannot be
    measured by this lab."""
    build.configure(old, "release")
    targets = build.known_targets(old, "release")
    there = {(c, v): build.bench_target(c, v) for c, names in wanted.items() for v in names
             if build.bench_target(c, v) in targets}
    if not there:
        raise CycloneError(f"{sha[:worktrees.SHORT]} has none of these variants", str(old.root),
                           "choose a later revision, or others with --only", NO_INPUT)
    build.build(old, "release", list(there.values()))
    found = {key: (old.bench(*key), gate.describe(old.bench(*key), old.relative(old.bench(*key))))
             for key in there}
    stale = [v for (_, v), (_, said) in found.items() if said.get("frame") != FRAME]
    if stale:
        raise CycloneError(f"the programs of {sha[:worktrees.SHORT]} are of another frame "
                           f"({', '.join(stale[:3])}): this lab cannot measure them",
                           str(old.root), "choose a revision whose programs say "
                           f"\"frame\": {FRAME} in --describe", BAD_DATA)
    return found


def check_old(found, seed):
    """The replay of the old programs; one that is wrong is not compared."""
    for (_, variant), (path, _) in found.items():
        verdict = gate.check_binary(path, seed)
        if not verdict["passed"]:
            raise CycloneError(f"the old {variant} is wrong: {verdict['detail']}", str(path),
                               "choose a revision that works, or others with --only", BAD_DATA)


def _binaries(tree, laid, current, found, short):
    """plan["binaries"] of both sides; paths are those of this tree's root."""
    used = {c["variant"] for c in laid["cells"]}
    out = {k: v for k, v in current.items() if k.rsplit("/", 1)[-1] in used}
    for (component, variant), (path, said) in found.items():
        if old_name(variant, short) in used:
            out[old_name(variant, short)] = {
                "path": tree.relative(path), "sha256": sha256_file(path), "role": "variant",
                "explain": f"{variant} as it was at {short}", "describe": said}
    return out


def link(tree, old, laid, seed, short):
    """Links both sides under the same seeds and puts that into the plan."""
    folder, version = relink.linker()
    if not laid["blocks"] or folder is None:
        if laid["blocks"]:
            laid["given_up"].append({"cell": "layouts", "why": version})
        return
    count = laid["blocks"]
    seeds, twin_seeds = relink.seeds(count, seed)
    wanted, twins = plan.links_wanted(laid, seeds, twin_seeds)
    links = {key: [*its, *twins.get(key, [])] for key, its in wanted.items()}
    new = {k: s for k, s in links.items() if not k[1].endswith(f"@{short}")}
    older = {(c, v.removesuffix(f"@{short}")): s for (c, v), s in links.items()
             if v.endswith(f"@{short}")}
    for (component, variant), made in relink.make(tree, new).items():
        key = f"{component}/{variant}" if variant in k_controls else variant
        _keep_links(laid["binaries"][key], made, count)
    for (_, variant), made in relink.make(old, older).items():
        moved = [m | {"path": tree.relative(old.root / m["path"])} for m in made]
        _keep_links(laid["binaries"][old_name(variant, short)], moved, count)
    laid["layouts"] = {"count": count, "seeds": seeds, "twin_seeds": twin_seeds,
                       "linker": version}


def _keep_links(binary, made, count):
    binary |= {"layouts": made[:count], "twins": made[count:]}


def prepare(tree, asked, measuring=False):
    """Checks out, builds and lays out; when measuring, gates and links too."""
    the_suite, wanted = _wanted(tree, asked)
    sha = worktrees.resolve(tree.root, asked.revision)
    short = sha[:worktrees.SHORT]
    names = tuple(dict.fromkeys(v for its in wanted.values() for v in its))
    command = shlex.join(["scripts/cyclone", *sys.argv[1:]])
    options = ctl_run.Options(suite=asked.suite, seed=asked.seed, blocks=asked.blocks,
                              budget=asked.budget, only=names, fresh=False, command=command)
    ctl_run.say(f"checking out {short}")
    old = worktrees.checkout(tree, sha)
    current, facts, _, _ = ctl_run.prepare(tree, options, with_gate=False)
    ctl_run.say(f"building the programs of {short}")
    found = build_old(old, wanted, sha)
    laid = lay_out(current, short, {k: said for k, (_, said) in found.items()}, names)
    laid = {"schema": 1, "seed": asked.seed, **laid, "layouts": None, "gate": {},
            "binaries": _binaries(tree, laid, current["binaries"], found, short),
            "title": f"This tree against {short}", "command": command,
            "source": current["source"], "against": {"revision": asked.revision, "sha": sha}}
    if measuring:
        _gate_and_link(tree, old, laid, found, asked.seed, short)
    return Prepared(laid, facts, dataclasses.replace(options, suite=laid["suite"]),
                    asked.budget or the_suite.budget_minutes)


def _gate_and_link(tree, old, laid, found, seed, short):
    check_old(found, seed)
    registries, paths = {}, {}
    for cell in laid["cells"]:
        if cell["variant"] not in k_controls and "@" not in cell["variant"]:
            component = cell["component"]
            registries.setdefault(component, registry.load(tree, component))
            paths[component, cell["variant"]] = tree.bench(component, cell["variant"])
    laid["gate"] = ctl_run.pass_gate(tree, registries, paths, seed)
    red = sorted(v for v, verdict in laid["gate"].items() if not verdict["passed"])
    if red:
        raise CycloneError("the gate is red for " + ", ".join(red), tree.relative(gate.log_file(
            tree)), "mend it, or compare others with --only")
    laid["gate"] |= {old_name(v, short): {"passed": True, "detail": "--check"}
                     for _, v in found}
    link(tree, old, laid, seed, short)


def carry_out(tree, asked, results):
    """The whole comparison. Returns (run, analysis, path of the report)."""
    with contextlib.ExitStack() as held_locks:
        for folder in (results, tree.build):
            held_locks.callback(runfolder.Lock(folder).release)
        made = prepare(tree, asked, measuring=True)
        run, laid = ctl_run._open_run(tree, results, made.options, made.plan, made.facts, {})
        ctl_run.copy_evidence(tree, run, laid)
        with os_errors(run.path / "gate.log", "cannot keep the log of the gate"):
            shutil.copyfile(gate.log_file(tree), run.path / "gate.log")
        with Interrupt() as interrupt:
            held = measure.measure(run, laid, tree.root, made.budget, Progress(), interrupt)
        environment = read_json(run.path / "environment.json")
        environment["volatile"] |= held
        write_json(run.path / "environment.json", environment)
        ctl_run.say("analysing")
        return (run, *ctl_run.conclude(run))


# What the run says of old and new. In the analysis the old program is the subject and the new one
# the reference; people ask for the new one over the old.

def _over(pair):
    """The ratio new over old, with its bounds, from that of old over new."""
    if pair["ratio"] is None:
        return None, None, None
    low, high = pair["low"], pair["high"]
    return 1 / pair["ratio"], 1 / high if high else None, 1 / low if low else None


_TURNED = {"FASTER": "SLOWER", "SLOWER": "FASTER"}


def ratio_rows(analysis):
    """One row a timed pair: how much longer the new program takes than the old one."""
    rows = []
    for pair in analysis["pairs"]:
        if "@" in pair["variant"]:
            ratio, low, high = _over(pair)
            variant = pair["variant"].partition("@")[0]
            rows.append({"variant": variant, "basis": pair.get("basis"),
                         "cell": pair["cell"].replace(pair["variant"], variant, 1),
                         **{k: pair[k] for k in ("workload", "params", "n", "reason")},
                         "ratio": ratio, "low": low, "high": high,
                         "verdict": _TURNED.get(pair["verdict"], pair["verdict"])})
    return rows


def counted_rows(analysis):
    """Instructions and counted work an operation, old and new."""
    held = {r["cell"]: r for r in analysis["counted"]}
    rows = []
    for cell, row in held.items():
        variant, _, short = row["variant"].partition("@")
        new = held.get(cell.replace(f"{variant}@{short}", variant, 1)) if short else None
        for figure in ("instructions", "work.total"):
            a, b = (_figure(r, figure) if r else None for r in (row, new))
            if a and b:
                verdict = "MORE" if b > a * _MORE else "LESS" if a > b * _MORE else "SAME"
                rows.append({"variant": variant, "cell": new["cell"], "figure": figure,
                             "before": a, "now": b, "verdict": verdict})
    return rows


def _figure(row, name):
    if name != "work.total":
        return row["figures"].get(name)
    return sum(v for k, v in row["figures"].items() if k.startswith("work.")) or None


def judged(analysis):
    """(exit code under --gate, reasons): 3 where the run cannot say, 1 where the new is worse."""
    checked = analysis["controls"]
    why = [f"control {word}: {name}" for word in ("failed", "absent")
           for name in checked.get(word) or []]
    rows, counts = ratio_rows(analysis), counted_rows(analysis)
    why += [f"{r['cell']} is INVALID: {r['reason']}" for r in rows if r["verdict"] == "INVALID"]
    if not rows and not counts:
        why.append("nothing was measured on both sides")
    worse = [r["cell"] for r in rows if r["verdict"] == "SLOWER"]
    worse += [f"{r['cell']} ({r['figure']})" for r in counts if r["verdict"] == "MORE"]
    code = 3 if why else 1 if worse else OK
    return code, why + [f"regression: {name}" for name in worse]


def answer(tree, run, analysis, page, gated):
    code, why = judged(analysis)
    laid = run.plan()
    value = {"schema": 1, "run": run.id, "report": str(page), "against": laid.get("against"),
             "ratios": ratio_rows(analysis), "counted": counted_rows(analysis),
             "gate": {"code": code, "why": why}, "redo": show.redo_command(tree, run)}
    return Answer(value, lambda: _print(tree, page, value), code if gated else OK)


def _print(tree, page, value):
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    table = Table(title="times: this tree over " + value["against"]["sha"][:worktrees.SHORT],
                  title_justify="left")
    for column in ("variant", "workload", "n", "ratio", "interval", "verdict"):
        table.add_column(column)
    for r in value["ratios"]:
        timed = r["low"] is not None and r["basis"] == "time"
        between = f"{r['low']:.3f} to {r['high']:.3f}" if timed else r["basis"] or "-"
        ratio = "-" if r["ratio"] is None else f"{r['ratio']:.3f}"
        table.add_row(r["variant"], r["workload"], str(r["n"]), ratio, between, r["verdict"])
    console.print(table)
    moved = [r for r in value["counted"] if r["verdict"] != "SAME"]
    console.print(f"counted figures: {len(value['counted'])} compared, {len(moved)} moved")
    for r in moved[:20]:
        console.print(f"  {r['cell']}: {r['figure']} {r['before']:.4g} -> {r['now']:.4g}",
                      markup=False, soft_wrap=True)
    for line in value["gate"]["why"]:
        console.print(line, markup=False, soft_wrap=True)
    console.print(f"report: {tree.relative(page)}", markup=False, soft_wrap=True)


forget_worktrees = worktrees.prune
