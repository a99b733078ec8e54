"""What an interruption leaves behind is gone on with, and what is then said of the run is true."""

import io
import json
import threading
import time

import pytest
from fakes import make_cell

from lab import files, measure, pool, runfolder, sample, show
from lab.cli import main
from lab.errors import BAD_DATA, USAGE
from lab.interrupt import Interrupt
from lab.progress import Progress
from lab.tree import Tree
from reports import looks, samples
from reports.groups import label
from reports.stats import sequential

ENVIRONMENT = {"schema": 1, "fingerprint": "0badcafe"}


def begin(tmp_path, plan):
    return runfolder.create(tmp_path / "out", "quick", "0badcafe", plan, ENVIRONMENT, [])


def go(run, plan, root, minutes=5.0):
    with Interrupt() as interrupt:
        measure.measure(run, plan, root, minutes, Progress(), interrupt)
    return run


def lines_of(run, name="samples.jsonl"):
    return [json.loads(line) for line in (run.path / name).read_text().splitlines()]


def test_a_torn_probe_is_put_aside_before_the_next_one(tmp_path, root, make_plan):
    """The next line was appended to the torn one, and no analysis of the run was possible."""
    plan = make_plan([make_cell("a")])
    run = begin(tmp_path, plan)
    (run.path / "probes.jsonl").write_text('{"schema":1,"run":"x"}\n{"schema":1,"ru')
    go(run, plan, root)
    assert len(lines_of(run, "probes.jsonl")) == 1 + 2 * 2
    assert (run.path / "probes.rejected").read_text() == '{"schema":1,"ru\n'


def test_a_line_of_a_pilot_is_put_aside_too(tmp_path):
    path = tmp_path / "pilot.jsonl"
    path.write_text("torn")
    appender = files.Appender(path)
    appender.append({"a": 1})
    appender.close()
    assert path.read_text() == '{"a":1}\n' and (tmp_path / "pilot.rejected").exists()


def test_a_probe_that_could_not_run_is_no_error_of_the_analysis(tmp_path, root, make_plan):
    """It ended the run at its first look: there is no probe program in a tree of fakes."""
    plan = make_plan([make_cell("a", blocks=1)])
    run = go(begin(tmp_path, plan), plan, root)
    assert all("unavailable" in line for line in lines_of(run, "probes.jsonl"))
    assert samples.load_run(run.path).probes == []


def test_what_hung_is_not_started_again_by_a_resumed_run(tmp_path, root, make_plan, monkeypatch):
    monkeypatch.setitem(sample.TIMEOUT_S, "time", 0.3)
    plan = make_plan([make_cell("hang", blocks=3), make_cell("good", blocks=3)],
                     {"hang": "sleep 60"})
    run = go(begin(tmp_path, plan), plan, root)
    before, given_up = len(lines_of(run)), run.plan()["given_up"]
    run.load_done()
    go(run, run.plan(), root)
    assert len(lines_of(run)) == before and run.plan()["given_up"] == given_up


def test_the_account_and_the_budget_are_those_of_all_sittings(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a", blocks=14)], {"a": "sleep 0.02"})
    run = begin(tmp_path, plan)
    earlier = {"samples": 9, "wall_s": 290.0, "timed_s": 200.0, "processes_s": 190.0,
               "measured_s": 80.0, "start_s": 3.0, "waste_share": 0.05}
    run.write_status("interrupted", 14, earlier)
    go(run, plan, root, minutes=4.8)  # of which 290 s are gone: the fewest blocks only
    account = run.status()["account"]
    assert account["samples"] == 9 + 10 and account["sittings"] == 2
    assert 290 < account["wall_s"] < 300 and account["processes_s"] > 190.15
    assert "4 of 14 blocks given up" in run.plan()["given_up"][0]["why"]


def test_a_killed_sitting_keeps_the_account_of_those_before(tmp_path, root, make_plan):
    seen = []
    plan = make_plan([make_cell("a", blocks=1)])
    run = begin(tmp_path, plan)
    run.write_status("interrupted", 1, {"samples": 3, "wall_s": 7.0})

    class Look(Progress):
        def add(self, cell, got):
            seen.append(run.status())

    with Interrupt() as interrupt:
        measure.measure(run, plan, root, 5, Look(), interrupt)
    assert seen[0]["state"] == "measuring" and seen[0]["account"]["wall_s"] == 7.0


# -- looks -----------------------------------------------------------------------------------


def looked_at(plan, first, most):
    plan["stop_rule"] = {"first": first, "units_max": {
        label(c): most for c in plan["cells"] if c["meter"] == "time"}}
    return plan


def test_a_look_that_turns_out_to_be_the_last_spends_all(tmp_path, root, make_plan, monkeypatch):
    """A budget that ended at an interim look left the intervals at the level of that look."""
    plan = looked_at(make_plan([make_cell("a", blocks=40)]), 10, 40)
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, ["no"]))
    run = go(begin(tmp_path, plan), plan, root, minutes=1e-6)
    assert sequential.schedule(40, 10)[0].level > 0.98
    assert [(e["units"], round(e["level"], 9)) for e in run.plan()["looks"]] == [(10, 0.95)]
    kept = run.plan()["looks"]
    run.load_done()
    go(run, run.plan(), root)
    assert run.plan()["looks"] == kept


def test_a_decided_group_keeps_the_level_it_was_decided_at(tmp_path, root, make_plan, monkeypatch):
    plan = looked_at(make_plan([make_cell("a", blocks=40)]), 10, 40)
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, []))
    run = go(begin(tmp_path, plan), plan, root, minutes=1e-6)
    assert [e["level"] for e in run.plan()["looks"]] == [sequential.schedule(40, 10)[0].level]


def test_an_interrupted_run_that_is_analysed_is_no_free_look(tmp_path, root, make_plan):
    """Before its first look its intervals had 95 %, and it could be analysed again and again."""
    plan = looked_at(make_plan([make_cell("a", blocks=2)]), 10, 40)
    run = begin(tmp_path, plan)
    run.samples_file.write_text("")
    group, first = label(plan["cells"][0]), sequential.schedule(40, 10)[0].level
    for state, levels in (("interrupted", {group: first}), ("complete", {})):
        run.write_status(state, 2)
        assert samples.load_run(run.path).index.levels == levels
    plan["looks"] = [{"group": group, "units": 14, "level": 0.97}]
    assert sequential.levels_of(plan, "interrupted") == {group: 0.97}


def test_layouts_that_ran_twice_are_not_counted_twice(tmp_path, root, make_plan, monkeypatch):
    plan = looked_at(make_plan([make_cell("a", blocks=20)]), 10, 10)
    link = {"seed": 1, **{k: plan["binaries"]["a"][k] for k in ("path", "sha256")}}
    plan |= {"layouts": {"count": 10, "seeds": [1] * 10}, "pilot": {"rows": []}}
    plan["binaries"]["a"] |= {"layouts": [link] * 10, "twins": []}
    monkeypatch.setattr(looks, "undecided", lambda run_dir, levels: dict.fromkeys(levels, ["no"]))
    run = go(begin(tmp_path, plan), plan, root)
    assert [(e["blocks"], e["units"], e["units_max"]) for e in run.plan()["looks"]] == [
        (20, 10, 10)]


@pytest.mark.parametrize(("name", "text"), [
    ("status.json", '{"schema": 1}'), ("status.json", '{"schema": 1, "state": "asleep"}'),
    ("plan.json", '{"schema": 1}'), ("plan.json", '{"schema": 1, "cells": [{}]}'),
    ("analysis.json", '{"schema": 1, "claims": [{}], "pairs": [], "counted": []}')])
def test_a_file_changed_by_hand_has_a_place_and_a_code(tmp_path, make_plan, capsys, name, text):
    run = begin(tmp_path, make_plan([make_cell("a")]))
    out = ["--out", str(run.path.parent)]
    (run.path / name).write_text(text)
    if name == "analysis.json":
        assert main(["compare", run.id, run.id, *out]) == BAD_DATA
        return
    assert main(["resume", run.id, *out]) == BAD_DATA
    assert str(run.path / name) in capsys.readouterr().err
    assert main(["list", "runs", *out]) == 0
    if name == "plan.json":
        assert main(["redo", run.id, "x", *out]) == BAD_DATA


@pytest.mark.parametrize("text", ['{"schema": 1}', '{"schema": 1, "fingerprint": "0badcafe", '
                                  '"stable": 5}'])
def test_what_is_no_environment_is_not_compared(tmp_path, text):
    path = tmp_path / "environment.json"
    path.write_text(text)
    assert main(["doctor", "--diff", str(path), "here"]) == BAD_DATA


def test_the_time_left_is_not_told_from_one_sample():
    """A resumed run said 13 minutes of one and a half: its first sample came after a look."""
    stream = io.StringIO()
    progress = Progress(stream)
    progress.planned = 1000
    for _ in range(10):
        progress.show("block", force=True)
        progress.add({"id": "a"}, {"result": None})
    assert "left" not in stream.getvalue()
    progress.show("block", force=True)
    assert "left" in stream.getvalue()


# -- other stages and words ------------------------------------------------------------------


def test_jobs_that_wait_are_not_begun_after_ctrl_c():
    """The gate went on through all the links that were left, each with its own time limit."""
    begun = []

    def work(job):
        begun.append(job)
        time.sleep(0.05)
        if job == 1:
            raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        pool.share_out(work, range(200), 2)
    assert len(begun) < 10 and threading.active_count() < 10
    assert pool.share_out(lambda x: x * x, range(5), 2) == [0, 1, 4, 9, 16]


@pytest.mark.parametrize("words", [["--budget", "nan"], ["--budget", "inf"], ["--budget", "-1"],
                                   ["--blocks", "100000"]])
def test_numbers_no_run_can_keep_to(words, capsys):
    assert main(["run", "quick", *words]) == USAGE
    assert main(["compare", "--against", "HEAD", *words]) == USAGE
    assert words[1] in capsys.readouterr().err


def test_the_command_to_redo_finds_a_run_kept_elsewhere(tmp_path, make_plan):
    run = begin(tmp_path, make_plan([make_cell("a")]))
    assert f"redo {run.path} " in show.redo_command(Tree(tmp_path), run)
