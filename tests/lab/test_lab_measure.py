"""Measuring: what is kept, what is tried again, and what a crash, a hang or Ctrl-C leaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from fakes import ROOT, make_cell, write_fake

from lab import measure, runfolder, sample
from lab.errors import BAD_DATA, INTERRUPTED, IO_ERROR, CycloneError
from lab.interrupt import Interrupt
from lab.progress import Progress, sign_interval_width

ENVIRONMENT = {"schema": 1, "fingerprint": "0badcafe"}


def start(tmp_path, plan):
    return runfolder.create(tmp_path / "out", "quick", "0badcafe", plan, ENVIRONMENT, [])


def go_on(run, plan, root, minutes=5.0):
    with Interrupt() as interrupt:
        measure.measure(run, plan, root, minutes, Progress(), interrupt)


def lines_of(run):
    return [json.loads(line) for line in run.samples_file.read_text().splitlines()]


def test_every_cell_is_sampled_once_per_block(tmp_path, root, make_plan):
    cells = [make_cell("a"), make_cell("b"), make_cell("a", role="aa"), make_cell("floor"),
             make_cell("a", meter="work", blocks=1)]
    plan = make_plan(cells)
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    got = [(s["cell"], s["block"]) for s in lines_of(run)]
    assert sorted(got) == sorted((c["id"], b) for c in cells for b in range(c["blocks"]))
    assert run.status()["state"] == "complete"
    assert all(s["rc"] == 0 and s["result"]["ops"] == 1000 for s in lines_of(run))
    timed = [s for s in lines_of(run) if s["cell"].endswith(("/time", "#aa"))]
    assert {s["seed"] for s in timed if s["block"] == 1} == {2}
    assert len({s["pad"] for s in timed}) > 1


@pytest.mark.parametrize(("behaviour", "rc", "words"), [
    ("echo broken >&2; exit 3", 3, "exit 3: broken"),
    ("kill -SEGV $$", -signal.SIGSEGV, "SIGSEGV"),
    ("echo nonsense; exit 0", 0, "not one JSON object"),
    ("n=65", 0, "asked for n 64, got 65"),
    ("seed=7", 0, "asked for seed "),
])
def test_a_failure_is_a_sample_and_the_run_goes_on(tmp_path, root, make_plan, behaviour, rc,
                                                   words):
    plan = make_plan([make_cell("bad"), make_cell("good")], {"bad": behaviour})
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    bad = [s for s in lines_of(run) if s["cell"].startswith("timer/bad")]
    assert len(lines_of(run)) == 4 and len(bad) == 2
    assert all(s["rc"] == rc and words in s["error"] and s["result"] is None for s in bad)


def test_a_hang_is_killed_with_its_children_and_not_started_again(tmp_path, root, make_plan,
                                                                  monkeypatch):
    monkeypatch.setitem(sample.TIMEOUT_S, "time", 0.4)
    child = tmp_path / "child"
    plan = make_plan([make_cell("hang", blocks=3), make_cell("good", blocks=3)],
                     {"hang": f"sleep 60 & echo $! > {child}; wait"})
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    hung = [s for s in lines_of(run) if s["cell"].startswith("timer/hang")]
    assert len(hung) == 1 and "no end after 0.4 s" in hung[0]["error"]
    assert len(lines_of(run)) == 4
    assert run.plan()["given_up"][0]["cell"] == "timer/hang/start/n=64/time"
    state = f"/proc/{child.read_text().strip()}/stat"
    assert not os.path.exists(state) or open(state).read().split()[2] == "Z"


def test_a_resumed_run_takes_only_what_is_missing(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a"), make_cell("b")])
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    whole = run.samples_file.read_bytes()
    kept = whole.splitlines(keepends=True)[:2]
    run.samples_file.write_bytes(b"".join(kept) + whole.splitlines(keepends=True)[2][:25])
    run.write_status("measuring", 4)
    again, why = runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", plan)
    assert why == [] and again.id == run.id and again.rejected == 1 and len(again.done) == 2
    go_on(again, plan, root)
    assert run.samples_file.read_bytes().startswith(b"".join(kept))
    keys = [(s["cell"], s["block"]) for s in lines_of(run)]
    assert len(keys) == 4 and len(set(keys)) == 4
    assert (run.path / "samples.rejected").read_bytes().count(b"\n") == 1
    (run.path / "analysis.json").write_text("{}")
    assert runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", plan) == (None, [])


def test_a_failed_sample_is_tried_again_on_resume(tmp_path, root, make_plan):
    flag = tmp_path / "mended"
    plan = make_plan([make_cell("a", blocks=1)], {"a": f"[ -e {flag} ] || exit 3"})
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    run.write_status("interrupted", 1)
    flag.touch()
    again, _ = runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", plan)
    go_on(again, plan, root)
    assert [s["rc"] for s in lines_of(run)] == [3, 0]


def test_the_budget_takes_whole_blocks_but_leaves_ten(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a", blocks=40)])
    run = start(tmp_path, plan)
    go_on(run, plan, root, minutes=1e-6)
    assert len(lines_of(run)) == 10
    assert run.plan()["cells"][0]["blocks"] == 10
    assert "30 of 40 blocks given up" in run.plan()["given_up"][0]["why"]


def test_a_program_rebuilt_meanwhile_stops_the_run(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a", blocks=50)], {"a": "sleep 0.05"})
    run = start(tmp_path, plan)
    timer = threading.Timer(0.3, lambda: write_fake(root / "bin" / "a", "sleep 0"))
    timer.start()
    with pytest.raises(CycloneError) as caught:
        go_on(run, plan, root)
    timer.join()
    assert caught.value.code == BAD_DATA
    assert run.status()["state"] == "failed"


_DRIVER = """
import json, sys
sys.path[:0] = sys.argv[3:]
from lab import measure, runfolder
from lab.interrupt import Interrupt
from lab.progress import Progress
import pathlib
run = runfolder.RunFolder(sys.argv[1])
run.load_done()
try:
    with Interrupt() as interrupt:
        plan = run.plan()
        measure.measure(run, plan, pathlib.Path(sys.argv[2]), 5, Progress(), interrupt)
except runfolder.CycloneError as error:
    print(error.text())
    sys.exit(error.code)
"""


def interrupted(run, root, signals):
    """Measures in a process of its own and sends it SIGINT once the first sample is there."""
    process = subprocess.Popen([sys.executable, "-c", _DRIVER, str(run.path), str(root),
                                str(ROOT / "scripts"), str(ROOT)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while not (run.samples_file.exists() and run.samples_file.stat().st_size):
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.02)
    began = time.monotonic()
    for _ in range(signals):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err, time.monotonic() - began


def test_ctrl_c_ends_after_the_sample_in_flight(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a", blocks=99)], {"a": "sleep 0.3"})
    run = start(tmp_path, plan)
    rc, out, _, _ = interrupted(run, root, 1)
    assert rc == INTERRUPTED
    assert "go on with: scripts/cyclone run quick\n" in out
    assert run.status()["state"] == "interrupted"
    assert all(s["error"] is None for s in lines_of(run))
    assert run.status()["samples_done"] == len(lines_of(run)) < 99


def test_a_second_ctrl_c_ends_at_once(tmp_path, root, make_plan):
    flag = tmp_path / "slow"
    plan = make_plan([make_cell("a", blocks=99)],
                     {"a": f"[ -e {flag} ] && sleep 50; touch {flag}"})
    run = start(tmp_path, plan)
    rc, _, _, seconds = interrupted(run, root, 2)
    assert rc == INTERRUPTED and seconds < 10
    assert run.status()["state"] == "interrupted" and len(lines_of(run)) == 1


def test_a_full_disk_ends_the_run_and_it_is_not_complete(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a")])
    run = start(tmp_path, plan)
    run.samples_file.symlink_to("/dev/full")
    with pytest.raises(CycloneError) as caught:
        go_on(run, plan, root)
    assert caught.value.code == IO_ERROR and "No space left" in caught.value.message
    assert run.status()["state"] == "failed"


def test_failed_is_left_behind_where_no_new_file_can_be_made(tmp_path, make_plan, monkeypatch):
    run = start(tmp_path, make_plan([make_cell("a")]))
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    run.write_failed(2)
    assert run.status()["state"] == "failed"


def test_a_program_does_not_outlive_a_killed_lab(tmp_path, root, make_plan):
    pid = tmp_path / "pid"
    # A real program sees to it when told so (tests/lab/test_bench_output.py).
    plan = make_plan([make_cell("a")], {"a": f"echo $$ > {pid}.part; mv {pid}.part {pid}\n"
                                             "case $* in *--die-with-parent*) "
                                             "exec setpriv --pdeathsig KILL -- sleep 60 ;; esac\n"
                                             "exec sleep 60"})
    run = start(tmp_path, plan)
    lab = subprocess.Popen([sys.executable, "-c", _DRIVER, str(run.path), str(root),
                            str(ROOT / "scripts"), str(ROOT)], stderr=subprocess.DEVNULL)
    while not pid.exists():
        assert lab.poll() is None
        time.sleep(0.02)
    lab.kill()
    lab.wait()
    state, until = f"/proc/{pid.read_text().strip()}/stat", time.monotonic() + 30
    while os.path.exists(state) and open(state).read().split()[2] != "Z":
        assert time.monotonic() < until
        time.sleep(0.02)


def test_instructions_come_from_the_measured_region_only(tmp_path):
    profile = tmp_path / "callgrind.out"
    profile.write_text("events: Ir\nfn=(1) cyclone_measured_region\n12 34\ntotals: 123456\n")
    assert sample.instructions_of(profile) == 123456
    line = sample.command_line("bin", make_cell("a", meter="instructions"), 7, (), "F", 99)
    assert line[:4] == ["setpriv", "--pdeathsig", "KILL", "--"]
    assert line[4:8] == ["valgrind", "--tool=callgrind", "--collect-atstart=no",
                        "--toggle-collect=cyclone_measured_region"]
    assert line[-2:] == ["--seed", "7"] and "--min-time" not in line


def test_tags_name_what_disturbed_a_sample():
    cell = make_cell("a")
    assert sample._tags(cell, {}, cpu_s=0.095, wall_s=0.1, steal=0) == []
    assert sample._tags(cell, None, cpu_s=0.085, wall_s=0.1, steal=2) == ["preempted", "stolen"]
    assert sample._tags(cell, {"sw": {"migrations": 1}}, 0.1, 0.1, 0) == ["migrated"]
    assert sample._tags(cell, {"sw": {"migrations": None}}, 0.1, 0.1, 0) == []
    # A paced program waits on purpose, and threads use more than one processor.
    assert sample._tags(cell, {"latency": {"count": 9}}, 0.02, 0.1, 0) == []
    assert sample._tags(cell | {"placement": "all_cpus"}, {}, 0.02, 0.1, 1) == ["stolen"]


def test_a_process_that_waits_for_the_processor_is_tagged(tmp_path, root, make_plan):
    busy = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done"
    plan = make_plan([make_cell("idle")], {"idle": f"{busy}; sleep 0.3"})
    run = start(tmp_path, plan)
    go_on(run, plan, root)
    assert all("preempted" in s["tags"] for s in lines_of(run))
    assert all(0 < s["cpu_s"] < s["wall_s"] - 0.25 for s in lines_of(run))


def test_the_interval_of_the_progress_line():
    assert sign_interval_width([1.0] * 5) is None
    assert sign_interval_width([10, 10, 10, 10, 10, 11]) == pytest.approx(0.1)
    assert sign_interval_width([1, 9, 10, 10, 10, 10, 10, 10, 11, 99]) == pytest.approx(0.2)
