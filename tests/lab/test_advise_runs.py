"""The advice from a run made by hand, and from programs that answer at once; then, where they are
built, from real ones."""

import json
import math
import signal
import stat
import types

import pytest
from fakes import ROOT

from lab import build, cli, gate, registry, relink, sample
from lab.advise import lookup, measure, timer
from lab.advise.recommend import advise
from lab.errors import INTERRUPTED, NO_INPUT, OK, USAGE, CycloneError
from lab.tree import Tree

NS = {"oracle": 100.0, "wheel": 10.0, "heap": 20.0, "late_wheel": 8.0, "slow": 5.0}
TRAITS = {"order": "fifo", "next": "exact", "late": "exact", "start": "o1", "stop": "o1",
          "tick": "o1"}
GIVEN = {"n": "1000", "cancel": None, "ttl": None, "slack": "0", "restart": None, "exact": False,
         "order": "any", "intrusive": False, "memory": None}


def described(name):
    traits = TRAITS | ({"late": "bounded"} if name.startswith("late") else {})
    traits |= {"start": "n"} if name == "slow" else {}
    return {"schema": 1, "component": "timer", "variant": name, "kind": "seq", "traits": traits,
            "workloads": ["timeouts", "restart", "sparse", "accuracy", "hold"],
            "bytes_per_timer": 40, "fixed_bytes": 64}


def cell(name, n, meter="time", workload="timeouts", params=None):
    return {"id": f"timer/{name}/{workload}/n={n}/{meter}", "component": "timer", "variant": name,
            "workload": workload, "params": params or {}, "n": n, "meter": meter,
            "role": "floor" if name == "floor" else "subject", "experiment": "cost",
            "reference": f"timer/oracle/{workload}/n={n}/{meter}" if meter == "time" else None,
            "blocks": 11, "min_time": 0.01, "placement": "one_cpu", "planted": None}


def line(run, c, block, values):
    timed = c["meter"] == "time"
    ns = NS.get(c["variant"], 1.0) * math.sqrt(c["n"]) * (1 + 0.01 * (block % 3))
    return {"schema": 1, "run": run, "cell": c["id"], "role": c["role"], "block": block, "pos": 0,
            "layout": None, "binary": "x", "tags": [], "rc": 0, "seed": 1 + block, "error": None,
            "t0": "2026-01-01T00:00:00.000+00:00", "instructions": None,
            "result": {"schema": 1, "variant": c["variant"], "workload": c["workload"],
                       "n": c["n"], "meter": c["meter"], "ops": 10, "seed": 1 + block,
                       "ns_per_op": ns if timed else None, "iter_ns": [ns] if timed else None,
                       "values": values, "work": None, "params": c["params"]}}


def write_run(results, run="quick-20260101-000000-aaaaaaaa", controls_ok=True, state="complete"):
    """A whole run of W1 at n = 100 and 10 000, and of how late the late wheel may be."""
    folder = results / run
    folder.mkdir(parents=True)
    cells = [cell(v, n) for v in (*NS, "floor") for n in (100, 10000) if (v, n) != ("slow", 10000)]
    accuracy = cell("late_wheel", 2000, "work", "accuracy") | {"blocks": 1}
    plan = {"run": run, "schema": 1, "suite": "quick", "seed": 1, "cells": [*cells, accuracy],
            "claims": {}, "given_up": [], "gate": {}, "layouts": None, "blocks": 11,
            "command": "cyclone run quick", "title": "made by hand", "binaries": {
                v: {"path": v, "sha256": "x", "describe": described(v)} for v in NS} | {
                "timer/floor": {"path": "floor", "sha256": "x", "describe": {}}}}
    lines = [line(run, c, b, {"fixed_bytes": 64 + 8 * c["n"] * (c["variant"] == "heap")})
             for c in cells for b in range(11)]
    lines.append(line(run, accuracy, 0, {"max_relative_lateness": 0.125, "violations": 0.0,
                                         "early": 0.0}))
    written = {"plan.json": plan, "environment.json": {"schema": 1, "fingerprint": "aaaaaaaa"},
               "report.json": {"schema": 1, "controls_ok": controls_ok},
               "analysis.json": {"schema": 1},
               "status.json": {"schema": 1, "state": state, "samples_done": len(lines),
                               "samples_planned": len(lines),
                               "updated": f"2026-01-{len(list(results.iterdir())):02d}"}}
    for name, value in written.items():
        (folder / name).write_text(json.dumps(value))
    (folder / "samples.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    return folder


@pytest.fixture
def world(tmp_path):
    """(tree, results, registry) with one run."""
    entries = registry.Registry("timer", [registry.Entry("variant", v, "seq", v, "", "here")
                                          for v in (*NS, "new_one")])
    write_run(tmp_path / "out")
    (tmp_path / "tree").mkdir()
    return Tree(tmp_path / "tree"), tmp_path / "out", entries


def looked_up(world, fingerprint="aaaaaaaa", **more):
    tree, results, entries = world
    asked = timer.question(GIVEN | more)
    run = lookup.find_run(tree, results, asked, exact=False)
    return advise(asked, *lookup.carry_out(run, timer, asked, entries, (), fingerprint))


def test_a_lookup_between_two_sizes_is_on_the_scale_of_logarithms(world):
    got = looked_up(world, n="1000", intrusive=False)
    assert got["recommended"] == "wheel" and "looked up in quick-" in got["how"]
    rows = {r["variant"]: r for r in got["candidates"]}
    assert rows["heap"]["against_recommended"]["ratio"] == pytest.approx(19 / 9, rel=1e-6)
    # sqrt(n) is a line on those scales: halfway it is met exactly, the harness (1 in 10) apart.
    assert rows["wheel"]["ns"] == pytest.approx((10 - 1) * math.sqrt(1000) * 1.01, rel=0.02)
    assert any("between the measured n = 100 and n = 10000" in n for n in got["notes"])
    out = {r["variant"]: r["why"] for r in got["ruled_out"]}
    assert out["new_one"] == "not in the run" and "no slack" in out["late_wheel"]
    assert "no figure at this size" in out["slow"]


def test_a_lookup_at_a_measured_size_takes_it_and_slack_lets_the_late_in(world):
    got = looked_up(world, n="100", slack="13%")
    assert got["recommended"] == "slow" and got["candidates"][1]["variant"] == "late_wheel"
    assert got["candidates"][1]["late_share"] == 0.125
    assert any("n = 100 was measured" in n for n in got["notes"])
    assert looked_up(world, n="1000", slack="13%")["recommended"] == "late_wheel"
    out = {r["variant"]: r["why"] for r in looked_up(world, slack="1%")["ruled_out"]}
    assert "12.5 % late" in out["late_wheel"]


def test_a_lookup_knows_the_memory_and_says_what_it_does_not_know(world):
    out = {r["variant"]: r["why"] for r in looked_up(world, intrusive=True)["ruled_out"]}
    assert "8 bytes a timer beside the nodes" in out["heap"] and "wheel" not in out
    rows = {r["scenario"]: r for r in looked_up(world)["regret"]}
    assert rows["n_more"]["known"] and rows["n_less"]["known"]
    assert not rows["cancel_half"]["known"] and "not in the run" in rows["cancel_half"]["why"]


def test_a_run_of_another_workload_or_machine_is_said(world):
    notes = looked_up(world, fingerprint="bbbbbbbb", ttl="const:30s")["notes"]
    assert any("other ttl than asked" in n for n in notes)
    assert any("another machine (aaaaaaaa)" in n for n in notes)


@pytest.mark.parametrize("more", [{"n": "10"}, {"n": "20000"}, {"restart": "50"}])
def test_what_no_run_brackets_is_not_looked_up(world, more):
    tree, results, _ = world
    asked = timer.question(GIVEN | more)
    assert lookup.find_run(tree, results, asked, exact=False) is None
    assert lookup.none_found(asked).code == NO_INPUT


def test_the_newest_run_that_is_whole_and_whose_controls_held(world):
    tree, results, _ = world
    newer = write_run(results, "quick-20260102-000000-aaaaaaaa")
    write_run(results, "quick-20260103-000000-aaaaaaaa", controls_ok=False)
    write_run(results, "quick-20260104-000000-aaaaaaaa", state="interrupted")
    asked = timer.question(GIVEN)
    assert lookup.find_run(tree, results, asked, exact=True).path == newer
    assert lookup.find_run(tree, results, timer.question(GIVEN | {"ttl": "exp:1s"}), True) is None


# -- measured ------------------------------------------------------------------------------------

PROGRAM = r"""#!/bin/sh
for word in "$@"; do
    case $word in
    --describe) echo '@DESCRIBE@'; exit 0 ;;
    --check) exit @CHECK@ ;;
    esac
    case $previous in
    --workload) workload=$word ;; --n) n=$word ;; --meter) meter=$word ;; --seed) seed=$word ;;
    esac
    previous=$word
done
[ "$n" -le @MOST@ ] || { echo "it broke" >&2; exit 1; }
ns=$((@NS@ * (100 + seed % 5))) batches=null
[ "$meter" = time ] && batches="[$((ns / 100)).$(printf %02d $((ns % 100)))]"
cat <<JSON
{"schema": 1, "component": "timer", "variant": "@NAME@", "n": $n, "seed": $seed, "work": null,
 "workload": "$workload", "meter": "$meter", "ops": 1000, "params": {}, "iter_ns": $batches,
 "ns_per_op": null,
 "values": {"fixed_bytes": 64, "fired": 10, "wakeups": 0.01, "worst_advance_work": 7,
            "max_relative_lateness": 0.125, "violations": 0, "early": 0}}
JSON
"""
MOST = {"broken": 0, "fragile": 1000}  # timers with which a program still runs
PROGRAMS = {"wheel": 10, "heap": 14, "fragile": 10, "late_wheel": 8, "slow": 5, "far": 100,
            "broken": 1, "red": 1, "floor": 1}


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """A tree of programs that answer at once; without a linker, and nothing is built."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, ns in PROGRAMS.items():
        path = folder / name
        text = PROGRAM
        for word, value in (("NAME", name), ("NS", ns), ("MOST", MOST.get(name, 10**9)),
                            ("CHECK", int(name == "red")),
                            ("DESCRIBE", json.dumps(described(name)))):
            text = text.replace(f"@{word}@", str(value))
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    names = [v for v in PROGRAMS if v != "floor"]
    entries = registry.Registry("timer", [registry.Entry("variant", v, "seq", v, "", "here")
                                          for v in names])
    monkeypatch.setattr(measure, "build_programs", lambda *_: (
        entries, {v: folder / v for v in PROGRAMS}, {"absent": "not built here"}))
    monkeypatch.setattr(relink, "linker", lambda: (None, "no linker"))
    (tmp_path / "tree").mkdir()
    return Tree(tmp_path / "tree")


def measured(tree, budget=60, **more):
    asked = timer.question(GIVEN | {"n": "1e4"} | more)
    return advise(asked, *measure.carry_out(tree, timer, asked, (), budget, 1, lambda _: None))


def test_a_measured_answer_from_end_to_end(bench):
    got = measured(bench, slack="13%")
    assert got["recommended"] == "late_wheel" and got["equals"] == []
    rows = {r["variant"]: r for r in got["candidates"]}
    assert set(rows) == {"late_wheel", "wheel", "heap"} and rows["wheel"]["units"] == 11
    assert rows["wheel"]["against_recommended"]["ratio"] == pytest.approx(9 / 7, rel=0.01)
    assert rows["wheel"]["worst_tick_work"] == 7 and rows["wheel"]["bytes_a_timer"] > 40
    assert rows["wheel"]["wakeups_an_expiry"] == pytest.approx(1.0)
    assert set(got["single"]) == {"far"}
    out = {r["variant"]: r["why"] for r in got["ruled_out"]}
    assert "START linear" in out["slow"] and "gate is red" in out["red"]
    assert "it broke" in out["broken"] and "it broke" in out["fragile"] and "absent" in out
    assert all(r["known"] and r["ratio"] == 1 for r in got["regret"])
    assert any("one layout only: no linker" in n for n in got["notes"])


def test_what_breaks_in_a_scenario_only_still_does_what_was_asked(bench):
    got = measured(bench, n="1000")
    assert got["recommended"] == "slow"
    assert "fragile" in {r["variant"] for r in got["candidates"]} | set(got["single"])
    rows = {r["scenario"]: r for r in got["regret"]}
    assert not rows["n_more"]["known"] and "does not qualify there" in rows["n_more"]["why"]


def test_scenarios_that_do_not_fit_the_budget_are_said(bench):
    got = measured(bench, budget=1e-6)
    assert got["recommended"] == "wheel"
    assert got["candidates"][0]["units"] >= 6
    assert all("no room in the budget" in r["why"] for r in got["regret"])


@pytest.mark.parametrize(("after", "answered"), [(3, False), (60, True)])
def test_an_interrupted_measurement_answers_with_what_it_has_or_says_so(bench, monkeypatch, after,
                                                                        answered):
    taken = types.SimpleNamespace(count=0)
    real = sample.take

    def take(*words, **more):
        taken.count += 1
        if taken.count == after:
            signal.raise_signal(signal.SIGINT)
        return real(*words, **more)
    monkeypatch.setattr(sample, "take", take)
    if not answered:
        with pytest.raises(CycloneError) as error:
            measured(bench)
        assert error.value.code == INTERRUPTED and taken.count == after
        return
    got = measured(bench)
    assert got["recommended"] == "wheel" and any("interrupted" in n for n in got["notes"])
    assert not all(r["known"] for r in got["regret"]) and taken.count == after


# -- the command ---------------------------------------------------------------------------------

def test_the_screen_shows_the_answer_and_json_all_of_it(capfd):
    assert cli.main(["advise", "timer", "--n", "1e3", "--lookup", "--json"]) == OK
    value = json.loads(capfd.readouterr().out)
    assert cli.main(["advise", "timer", "--n", "1e3", "--lookup"]) == OK
    shown = capfd.readouterr().out
    assert f"take {value['recommended']}" in shown and "the cost of being wrong" in shown
    assert all(r["variant"] in shown for r in value["candidates"]) and "ruled out" in shown
    assert len(shown.splitlines()) < 60


@pytest.mark.parametrize(("words", "code", "part"), [
    (["--n", "lots"], USAGE, "--n lots"), ([], USAGE, "--n"),
    (["--n", "9", "--budget", "nan"], USAGE, "nan"),
    (["--n", "9", "--lookup", "--measure"], USAGE, "exclude"),
    (["--n", "9", "--lookup"], NO_INPUT, "--measure"),
    (["--n", "1e3", "--only", "nobody", "--lookup"], NO_INPUT, "--only nobody"),
])
def test_what_cannot_be_answered_says_why(capfd, words, code, part):
    assert cli.main(["advise", "timer", *words]) == code
    assert part in capfd.readouterr().err


def test_the_help_has_three_examples(capfd):
    assert cli.main(["advise", "timer", "--help"]) == OK
    assert capfd.readouterr().out.count("cyclone advise timer --n") == 3


def _built():
    """The benchmark programs of this tree that know the parameters, where they are built."""
    found = {v: ROOT / "build" / "release" / "bench" / "timer" / v
             for v in ("hierarchical_wheel", "quad_heap", "floor")}
    return found if all(p.is_file() for p in found.values()) else {}


def test_real_programs_where_they_are_built(tmp_path, monkeypatch):
    paths = _built()
    if not paths:  # nothing is built before `cyclone test` has built it
        return
    entries = registry.load(Tree(ROOT), "timer")
    monkeypatch.setattr(measure, "build_programs", lambda *_: (entries, paths, {}))
    monkeypatch.setattr(relink, "linker", lambda: (None, "not in this test"))
    monkeypatch.setattr(gate, "check_binary", lambda *_: {"passed": True})
    assert build.bench_target("timer", "floor") == "bench_timer_floor"
    (tmp_path / "tree").mkdir()
    got = measured(Tree(tmp_path / "tree"), budget=5, n="64", cancel="0.9")
    assert got["recommended"] in paths and got["candidates"][0]["units"] >= 6
    assert got["candidates"][0]["ns"] > 0 and got["candidates"][0]["bytes_a_timer"] >= 40
