"""Timed blocks: each runs its layout, a probe stands around it, and looks are few and kept."""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from fakes import make_cell, write_fake

from lab import measure, probe, runfolder, sample
from lab.interrupt import Interrupt
from lab.progress import Progress
from reports import looks
from reports.groups import label
from reports.stats import sequential

ENVIRONMENT = {"schema": 1, "fingerprint": "0badcafe"}


def go(tmp_path, plan, root, minutes=5.0, run=None):
    run = run or runfolder.create(tmp_path / "out", "quick", "0badcafe", plan, ENVIRONMENT, [])
    with Interrupt() as interrupt:
        measure.measure(run, plan, root, minutes, Progress(), interrupt)
    return run


def lines_of(run, name="samples.jsonl"):
    return [json.loads(line) for line in (run.path / name).read_text().splitlines()]


def links(root, variant, count, prefix, behaviour=":"):
    """`count` programs that answer as `variant` and differ in one comment."""
    out = []
    for i in range(count):
        path = write_fake(root / prefix / str(i) / variant, f"# {prefix} {i}\n{behaviour}")
        out.append({"seed": i, "path": str(path.relative_to(root)),
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest()})
    return out


def with_layouts(plan, root, count, variants=("a", "b"), behaviour=":"):
    plan["layouts"] = {"count": count, "seeds": list(range(count)), "twin_seeds": [], "linker": "x"}
    plan["pilot"] = {"rows": []}  # as if it had been taken
    for variant in variants:
        plan["binaries"][variant] |= {
            "layouts": links(root, variant, count, "layouts", behaviour),
            "twins": links(root, variant, count, "twins", behaviour)}
    return plan


def test_a_block_runs_its_layout_and_the_twin_another_link(tmp_path, root, make_plan):
    cells = [make_cell("a", blocks=4), make_cell("b", blocks=4),
             make_cell("a", role="aa", blocks=4), make_cell("a", meter="work", blocks=1)]
    plan = with_layouts(make_plan(cells), root, 3)
    run = go(tmp_path, plan, root)
    for line in lines_of(run):
        binary = plan["binaries"]["b" if "/b/" in line["cell"] else "a"]
        if line["cell"].endswith("/work"):
            assert line["layout"] is None and line["binary"] == binary["sha256"]
            continue
        which = "twins" if line["role"] == "aa" else "layouts"
        assert line["layout"] == line["block"] % 3
        assert line["binary"] == binary[which][line["layout"]]["sha256"]


def test_a_run_goes_on_by_the_hash_of_the_layout(tmp_path, root, make_plan):
    plan = with_layouts(make_plan([make_cell("a", blocks=3)]), root, 3, ("a",))
    run = go(tmp_path, plan, root)
    whole = lines_of(run)
    run.load_done()
    assert len(run.done) == 3
    run.done["timer/a/start/n=64/time", 1] = "of another build"
    go(tmp_path, plan, root, run=run)
    assert [s["block"] for s in lines_of(run)[len(whole):]] == [1]


def test_a_planted_cell_is_told_how_much(tmp_path, root, make_plan):
    said = tmp_path / "said"
    cell = make_cell("a", blocks=1) | {"role": "planted", "planted": 0.075}
    plan = make_plan([cell], {"a": f'echo "$@" >> {said}'})
    run = go(tmp_path, plan, root)
    assert "--plant 0.075" in said.read_text() and lines_of(run)[0]["planted"] == 0.075
    assert f"--cpus {max(os.sched_getaffinity(0))} " in said.read_text()


def test_a_timed_program_starts_with_an_allocator_of_its_own():
    """One option more left other free chunks behind, and moved a figure by 3 to 12 %."""
    for meter, noisy in (("time", True), ("work", False), ("instructions", False)):
        words = sample.command_line("bin", make_cell("a", meter=meter), 7, (1,), "F", 99, pad=41)
        assert ("--heap-noise" in words) == noisy
        assert not noisy or words[words.index("--heap-noise") + 1] == "42"


def test_a_probe_stands_before_and_after_each_block(tmp_path, root, make_plan):
    path = root / probe.PROGRAM
    path.parent.mkdir(parents=True)
    path.write_text('#!/bin/sh\necho \'{"schema":1,"seconds":0.05,"gaps":3,"lost_share":0.01,'
                    '"max_us":44.5,"threshold_us":20}\'\n')
    path.chmod(0o755)
    run = go(tmp_path, make_plan([make_cell("a", blocks=2), make_cell("b", blocks=2)]), root)
    got = [(p["block"], p["when"], p["gaps"], p["max_us"]) for p in lines_of(run, "probes.jsonl")]
    assert got == [(b, w, 3, 44.5) for b in (0, 1) for w in ("before", "after")]


def test_a_probe_that_cannot_run_is_a_reason_and_no_zero(tmp_path, root, make_plan):
    run = go(tmp_path, make_plan([make_cell("a", blocks=1)]), root)
    line = lines_of(run, "probes.jsonl")[0]
    assert "did not run" in line["unavailable"] and "gaps" not in line


# -- looks -----------------------------------------------------------------------------------


def looked_at(plan, first, most):
    plan["stop_rule"] = {"first": first, "units_max": {
        label(c): most for c in plan["cells"] if c["meter"] == "time"}}
    return plan


def test_a_group_that_is_decided_at_a_look_stops_and_the_others_go_on(tmp_path, root, make_plan,
                                                                      monkeypatch):
    plan = looked_at(make_plan([make_cell("a", n=8, blocks=22), make_cell("a", n=64, blocks=22)]),
                     10, 22)
    small = label(plan["cells"][0])
    asked = []

    def undecided(run_dir, levels):
        asked.append(dict(levels))
        return {group: [] if group == small else ["a: UNDECIDED"] for group in levels}

    monkeypatch.setattr(looks, "undecided", undecided)
    run = go(tmp_path, plan, root)
    planned = [e.units for e in sequential.schedule(22, 10)]
    taken = {n: sum(f"n={n}/" in s["cell"] for s in lines_of(run)) for n in (8, 64)}
    assert taken == {8: planned[0], 64: 22}
    kept = run.plan()["looks"]
    assert [e["units"] for e in kept if e["group"] != small] == planned
    assert [e["decided"] for e in kept if e["group"] == small] == [True]
    assert len(asked) == len(planned)  # nobody peeks between the looks
    for group in {e["group"] for e in kept}:
        assert sum(1 - e["level"] for e in kept if e["group"] == group) <= 0.05 + 1e-12
    assert "a: UNDECIDED" in kept[-1]["why"]


def test_one_look_has_the_whole_level(tmp_path, root, make_plan, monkeypatch):
    plan = looked_at(make_plan([make_cell("a", blocks=10)]), 10, 10)
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, []))
    run = go(tmp_path, plan, root)
    assert [(e["units"], e["level"]) for e in run.plan()["looks"]] == [(10, 0.95)]


def test_a_budget_that_ends_gives_the_last_look_what_is_left(tmp_path, root, make_plan,
                                                             monkeypatch):
    plan = looked_at(make_plan([make_cell("a", blocks=40)]), 10, 40)
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, ["no"]))
    run = go(tmp_path, plan, root, minutes=1e-6)
    assert len(lines_of(run)) == 10
    assert "30 of 40 blocks given up" in run.plan()["given_up"][0]["why"]
    spent = sum(1 - e["level"] for e in run.plan()["looks"])
    assert 0 < spent <= 0.05 + 1e-12


def test_a_resumed_run_does_not_look_twice(tmp_path, root, make_plan, monkeypatch):
    plan = looked_at(make_plan([make_cell("a", blocks=12)]), 10, 12)
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, ["no"]))
    run = go(tmp_path, plan, root)
    before = run.plan()["looks"]
    run.load_done()
    go(tmp_path, run.plan(), root, run=run)
    assert run.plan()["looks"] == before


# -- what disturbs ---------------------------------------------------------------------------

_BUSY = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done"


def spin_on(cpu):
    code = f"import os\nos.sched_setaffinity(0, {{{cpu}}})\nwhile True: pass"
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_neighbour_on_the_processor_is_tagged(tmp_path, root, make_plan):
    """A load that takes half of the processor: the samples say so."""
    cpu = max(os.sched_getaffinity(0))
    behaviour = f"taskset -pc {cpu} $$ > /dev/null\n{_BUSY}"
    plan = make_plan([make_cell("a", blocks=4)], {"a": behaviour})
    neighbour = spin_on(cpu)
    try:
        run = go(tmp_path, plan, root)
    finally:
        neighbour.kill()
        neighbour.wait()
    assert all("preempted" in s["tags"] for s in lines_of(run))


def test_a_clock_that_is_set_is_seen_and_durations_do_not_feel_it(tmp_path, root, make_plan,
                                                                  monkeypatch):
    plan = make_plan([make_cell("a", blocks=3)])
    real, calls = measure.time.time, []

    def stepped():
        calls.append(1)
        return real() - (3600 if len(calls) > 2 else 0)

    monkeypatch.setattr(measure.time, "time", stepped)
    run = go(tmp_path, plan, root)
    got = lines_of(run)
    assert sum("clock_stepped" in s["tags"] for s in got) == 1
    assert all(0 < s["wall_s"] < 10 for s in got)
    assert [s["mono"] for s in got] == sorted(s["mono"] for s in got)


def test_the_account_says_where_the_time_went(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a", blocks=5)], {"a": "sleep 0.05"})
    run = go(tmp_path, plan, root)
    account = run.status()["account"]
    assert account["samples"] == 5
    assert account["wall_s"] >= account["timed_s"] >= account["processes_s"] >= 0.25
    assert account["start_s"] == pytest.approx(account["processes_s"] - 5e-3, abs=1e-6)
    assert account["measured_s"] == pytest.approx(5 * 12.5e-6, abs=1e-4)
    assert 0 <= account["waste_share"] < 1


def test_the_system_meter_preloads_the_counter_beside_the_program(monkeypatch):
    cell = make_cell("a", meter="system")
    preload = "LD_PRELOAD=/t/build/release/bench/lab/libcyclone_allocations.so"
    monkeypatch.setattr(os.path, "exists", lambda path: False)
    for user, shell in ((1000, False), (0, True)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        words = sample.command_line("/t/build/release/bench/timer/a", cell, 3)
        assert preload in words and ("unshare" in words) == shell
    assert not any("LD_PRELOAD" in w for w in sample.command_line("/t/a", make_cell("a"), 3))
