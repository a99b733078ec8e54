"""`cyclone run`: doctor, build, gate, plan, measure, analyse, report."""

import contextlib
import dataclasses
import shutil
import sys
import textwrap
import time

from reports.groups import binary_key, k_controls

from lab import (build, claims, doctor, evidence, gate, look, measure, pitfalls, plan,
                 registry, relink, runfolder, source, suite)
from lab.errors import BAD_DATA, CONFIG, NO_INPUT, CycloneError, os_errors
from lab.files import read_json, sha256_file, write_json
from lab.interrupt import Interrupt
from lab.progress import Progress


@dataclasses.dataclass
class Options:
    suite: str
    seed: int
    blocks: int | None
    budget: float | None
    only: tuple
    fresh: bool
    command: str
    trace: str | None = None  # a file to replay; the suite is then the component's name
    baseline: str | None = None  # name of a saved baseline; None: the suite's own, if there is one


# What a run needs beside the programs it measures.
_HELPERS = ("probe", "cyclone_allocations")


def say(text):
    print(f"cyclone: {text}", file=sys.stderr, flush=True)


def _needed(tree, the_suite, chosen):
    names = {e.component for e in the_suite.experiments}
    names |= {c["component"] for c in chosen.values()}
    return {name: registry.load(tree, name) for name in sorted(names)}


def _wanted_names(entries, the_suite, options, component):
    """The variants to build: all, or what --only leaves of them with their references."""
    picked = {o for o in options.only if ":" not in o}
    if not picked or any(":" in o for o in options.only):
        return entries.names()
    picked |= {e.reference or entries.oracle for e in the_suite.experiments
               if e.component == component}
    return [n for n in entries.names() if n in picked]


def build_binaries(tree, registries, the_suite, options):
    """Builds what the run needs; returns (component, variant) -> path of what could be built."""
    build.configure(tree, "release")
    targets = build.known_targets(tree, "release")
    wanted, tests = {}, []
    for component, entries in registries.items():
        for name in [*_wanted_names(entries, the_suite, options, component), *k_controls]:
            target = build.bench_target(component, name)
            entry = entries.find(name)
            if target in targets:
                wanted[component, name] = target
            elif name in k_controls:
                say(f"{component} has no {name}: that control is absent")
            elif entry is None or entry.role != "peer":
                raise CycloneError(f"the build has no target {target}",
                                   entry.place if entry else f"experiments/{component}",
                                   "cyclone clean, then the same command again", CONFIG)
            else:
                say(f"peer {name} is left out: {entry.source} was not found by the build")
        tests.append(f"{component}_tests")
    say(f"building {len(wanted)} programs and their tests (release)")
    build.build(tree, "release", [*wanted.values(), *tests, *_HELPERS])
    return {key: tree.bench(*key) for key in wanted}


def pass_gate(tree, registries, paths, seed):
    """variant -> {passed, detail}; what is red is said at once."""
    verdicts = {}
    gate.begin_log(tree)
    for component, entries in registries.items():
        say(f"gate: checking the programs of {component}")
        mine = {v: p for (c, v), p in paths.items() if c == component and v not in k_controls}
        verdicts.update(gate.judge(tree, entries, mine, seed))
    _say_red(verdicts)
    return verdicts


def _say_red(verdicts):
    for variant, verdict in verdicts.items():
        if not verdict["passed"]:
            say(f"gate: {variant} FAILED and is not measured: {verdict['detail']}")
            print(textwrap.indent(verdict["output"], "    "), file=sys.stderr, flush=True)


def _role(entries, variant):
    """variant, peer or wrapper; a control is none of them."""
    entry = entries.find(variant)
    return entry.role if entry else variant


def _explain(tree, component, variant):
    """The words at the head of a variant's file, for the report."""
    path = evidence.variant_file(tree, component, variant)
    return look.header_comment(path) if path is not None else ""


def link_layouts(tree, laid, seed, note=say):
    """Links what is timed under as many seeds as there are blocks. Returns (what the plan keeps of
    it, (component, variant) -> {"layouts": [...], "twins": [...]}), or (None, {}) with a reason
    among what was given up."""
    count = laid["blocks"]
    folder, version = relink.linker()
    if not count or folder is None:
        if count:
            laid["given_up"].append({"cell": "layouts", "why": version})
            note(f"layouts are given up: {version}")
        return None, {}
    seeds, twin_seeds = relink.seeds(count, seed)
    wanted, twins = plan.links_wanted(laid, seeds, twin_seeds)
    links = {key: [*its, *twins.get(key, [])] for key, its in wanted.items()}
    total = sum(map(len, links.values()))
    note(f"linking {len(links)} programs in {count} layouts")
    began = time.monotonic()
    made = relink.make(tree, links)
    spent = time.monotonic() - began
    kept = {key: {"layouts": found[:count], "twins": found[count:]} for key, found in made.items()}
    return {"count": count, "seeds": seeds, "twin_seeds": twin_seeds, "linker": version,
            "seconds_a_link": round(spent / total, 4)}, kept


def _binaries(tree, registries, paths, described, linked):
    """plan["binaries"]: what every program is, and its links."""
    return {binary_key(component, variant): {
        "path": tree.relative(path), "sha256": sha256_file(path),
        "role": _role(registries[component], variant),
        "explain": _explain(tree, component, variant),
        "describe": described[component, variant], **linked.get((component, variant), {})}
        for (component, variant), path in paths.items()}


def prepare(tree, options, with_gate=True):
    """Everything before the first sample: (plan, environment, suite, chosen claims)."""
    the_suite = suite.wanted(tree, options.suite, options.trace)
    chosen = claims.choose(claims.load_all(tree), the_suite.claims, the_suite.place)
    registries = _needed(tree, the_suite, chosen)
    plan.split_only(options.only, registries, chosen)  # a wrong word must not wait for the build
    facts = doctor.examine()
    paths = build_binaries(tree, registries, the_suite, options)
    described = {key: gate.describe(path, tree.relative(path)) for key, path in paths.items()}
    verdicts = pass_gate(tree, registries, paths, options.seed) if with_gate else {}
    unmet = {ident: claims.unmet(claim, facts) for ident, claim in chosen.items()}

    def lay_out():
        red = {v for v, verdict in verdicts.items() if not verdict["passed"]}
        laid = plan.make(the_suite, registries,
                         {key: d for key, d in described.items() if key[1] not in red},
                         chosen, unmet, options.blocks, options.only)
        for variant in sorted(red):
            laid["given_up"].append({"cell": f"*/{variant}/*",
                                     "why": f"gate red: {verdicts[variant]['detail']}"})
        return laid

    laid, layouts, linked = lay_out(), None, {}
    if with_gate:
        layouts, linked = link_layouts(tree, laid, options.seed)
        if worse := gate.check_links(tree, linked, options.seed):
            verdicts |= worse
            _say_red(worse)
            laid = lay_out()
    full = {"schema": 1, "seed": options.seed, **laid, "gate": verdicts, "layouts": layouts,
            "binaries": _binaries(tree, registries, paths, described, linked),
            "title": the_suite.title, "command": options.command,
            "source": source.state(tree.root)}
    return full, facts, the_suite, {k: chosen[k] for k in laid["claims"]}


def _copies(tree, options, results, facts):
    """Files the analysis reads beside the samples; what is not there is left out."""
    saved = tree.root / "reports" / "baselines" / facts["fingerprint"]
    baseline = saved / f"{options.baseline or options.suite}.json"
    if options.baseline and not baseline.is_file():
        raise CycloneError(f"no baseline '{options.baseline}' of this machine",
                           tree.relative(saved), "see: cyclone baseline list", NO_INPUT)
    copies = {"bibliography.toml": tree.root / "experiments" / "bibliography.toml",
              "baseline.json": baseline}
    shown = pitfalls.latest(results, facts["fingerprint"])
    return copies | ({"pitfalls.json": shown} if shown else {})


def _open_run(tree, results, options, laid, facts, chosen):
    """Continues an unfinished run of the same thing, or makes a new one."""
    if not options.fresh:
        run, notes = runfolder.unfinished(results, options.suite, options.seed,
                                          facts["fingerprint"], laid)
        for note in notes:
            say(note)
        if run is not None:
            if run.rejected:
                say(f"a last line that was cut short is now in {run.path / 'samples.rejected'}")
            say(f"continuing {run.id}: {len(run.done)} samples are there")
            run.withdraw()
            runfolder.point_latest(run)
            return run, run.plan()
    run = runfolder.create(results, options.suite, facts["fingerprint"], laid, facts,
                           [c["path"] for c in chosen.values()],
                           _copies(tree, options, results, facts))
    say(f"new run {run.id}")
    return run, laid


def _refuse_an_empty_plan(laid, the_suite):
    """A reference alone is compared with nothing: with all others red there is no run."""
    references = {c["variant"] for c in laid["cells"] if c["id"] == c["reference"]}
    red = {v for v, verdict in laid["gate"].items() if not verdict["passed"]}
    asked = set(laid["gate"]) - references
    if not laid["cells"] or (asked and asked <= red):
        why = "the gate is red for " + ", ".join(sorted(red)) if red else "nothing is built"
        raise CycloneError(f"nothing is left to measure: {why}", the_suite.place,
                           "mend what the lines above name, then give the same command again")


def copy_evidence(tree, run, laid):
    """The rows that still speak of these sources go into the run; those of the checkers only where
    something was explored."""
    components = {c["component"] for c in laid["cells"]}
    hashes = evidence.all_hashes(tree, [registry.load(tree, c) for c in sorted(components)])
    rows = evidence.fresh(evidence.load(tree), hashes)
    if not any(r["suite"] == "explored" and r["component"] != "model" for r in rows):
        rows = [r for r in rows if r["component"] != "model"]
    write_json(run.path / "evidence.json", {"schema": 1, "rows": rows})


def renew_evidence(tree, run):
    """What the tests have shown since goes into a run, if its sources are still what they were."""
    laid = read_json(run.path / "plan.json")
    told = laid.get("source") or {}
    components = sorted({c["component"] for c in laid["cells"]})
    decide = ["src/base", *(f"{room}/{c}" for c in components for room in ("src", "variants"))]
    changed = source.changed(tree.root, told.get("git"), decide)
    if told.get("diff_sha256") or changed is None:
        raise CycloneError(f"{run.id} was measured from sources that no commit has",
                           str(run.path), "measure again from a commit: evidence of other "
                           "sources says nothing about this run", BAD_DATA)
    if changed:
        raise CycloneError("the sources have changed since this run: " + ", ".join(changed[:3]),
                           str(run.path), "check the commit of the run out, test there, and give "
                           "the same command again", BAD_DATA)
    copy_evidence(tree, run, laid)


def conclude(run):
    """Analysis and report; both read nothing but the run folder."""
    from reports import analyse
    from reports.page import report

    try:
        return analyse.analyse(run.path), report.write(run.path)
    except BaseException:
        run.withdraw()
        raise


def carry_out(tree, options, results):
    """The whole command. Returns (run, analysis, path of the report)."""
    suite.wanted(tree, options.suite, options.trace)  # a wrong name must not leave a folder behind
    with contextlib.ExitStack() as held_locks:
        for folder in (results, tree.build):
            held_locks.callback(runfolder.Lock(folder).release)
        laid, facts, the_suite, chosen = prepare(tree, options)
        _refuse_an_empty_plan(laid, the_suite)
        run, laid = _open_run(tree, results, options, laid, facts, chosen)
        copy_evidence(tree, run, laid)
        with os_errors(run.path / "gate.log", "cannot keep the log of the gate"):
            shutil.copyfile(gate.log_file(tree), run.path / "gate.log")
        with Interrupt() as interrupt:
            held = measure.measure(run, laid, tree.root, options.budget or
                                   the_suite.budget_minutes, Progress(), interrupt)
        environment = read_json(run.path / "environment.json")
        environment["volatile"] |= held
        write_json(run.path / "environment.json", environment)
        say("analysing")
        return (run, *conclude(run))
