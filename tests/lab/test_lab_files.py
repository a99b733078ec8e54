"""The run folder and its files: whole or refused, never half believed."""

import json
import os
import shutil
import subprocess

import pytest
from fakes import make_cell

from lab import ctl_run, files, runfolder
from lab.errors import (BAD_DATA, CANNOT_CREATE, IO_ERROR, NO_INPUT, NO_PERMISSION, UNAVAILABLE,
                        CycloneError)
from reports.errors import ReportError

ENVIRONMENT = {"schema": 1, "fingerprint": "0badcafe"}


@pytest.fixture
def run(tmp_path, make_plan):
    return runfolder.create(tmp_path / "out", "quick", "0badcafe", make_plan([make_cell("a")]),
                            ENVIRONMENT, [])


def line(run, changes=None):
    sample = {"schema": 1, "run": run.id, "cell": "c", "block": 0, "binary": "x"}
    return sample | (changes or {})


def refused(code, call, *args):
    with pytest.raises(CycloneError) as caught:
        call(*args)
    assert caught.value.code == code
    assert caught.value.at and caught.value.remedy
    return caught.value


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "x.json"
    files.write_json(target, {"schema": 1, "v": 1})
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    refused(IO_ERROR, files.write_json, target, {"schema": 1, "v": 2})
    assert files.read_json(target)["v"] == 1
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]


def test_broken_and_foreign_json_is_refused(tmp_path):
    target = tmp_path / "x.json"
    refused(NO_INPUT, files.read_json, target)
    target.write_text("{")
    refused(BAD_DATA, files.read_json, target)
    target.write_text('{"schema": 2}')
    assert "schema 2" in refused(BAD_DATA, files.read_json, target).message


def test_a_torn_last_line_is_put_aside(run):
    run.append(line(run))
    run.close()
    with open(run.samples_file, "a") as stream:
        stream.write('{"schema": 1, "ru')
    again = runfolder.RunFolder(run.path)
    again.load_done()
    assert again.rejected == 1 and again.done == {("c", 0): "x"}
    assert (run.path / "samples.rejected").read_text() == '{"schema": 1, "ru\n'
    assert run.samples_file.read_text().endswith("}\n")


@pytest.mark.parametrize(("changes", "words"), [
    ({"schema": 2}, "schema 2"), ({"run": "other"}, "another run")])
def test_foreign_samples_are_refused_with_their_line(run, changes, words):
    run.append(line(run))
    run.append(line(run, {"block": 1} | changes))
    error = refused(BAD_DATA, runfolder.RunFolder(run.path).load_done)
    assert words in error.message and error.at.endswith("samples.jsonl:2")


def test_a_line_that_is_no_sample_is_refused(run):
    run.samples_file.write_text("[1]\n")
    refused(BAD_DATA, runfolder.RunFolder(run.path).load_done)


def test_another_machine_begins_anew_and_another_plan_begins_anew(tmp_path, run):
    plan, out = run.plan(), tmp_path / "out"
    found, said = runfolder.unfinished(out, "quick", 1, "ffffffff", plan)
    assert found is None and run.id in said[0] and "another machine" in said[0]
    for changed in ({"plan_key": "other"}, {"binaries": {"a": {"sha256": "0"}}}):
        found, why = runfolder.unfinished(out, "quick", 1, "0badcafe", plan | changed)
        assert found is None and run.id in why[0]
    assert runfolder.unfinished(out, "quick", 2, "0badcafe", plan)[0] is None
    assert runfolder.unfinished(out, "full", 1, "0badcafe", plan) == (None, [])


def copy_of(run, stamp, state):
    """The same run begun at another time."""
    again = runfolder.RunFolder(run.path.parent / f"quick-{stamp}-0badcafe")
    shutil.copytree(run.path, again.path)
    again.write_status(state, 2)
    return again


@pytest.mark.parametrize("damage", [
    lambda r: (r.path / "status.json").unlink(),
    lambda r: (r.path / "status.json").write_text('{"schema": 1}'),
    lambda r: (r.path / "plan.json").write_text("{"),
    lambda r: (r.path / "plan.json").write_text('{"schema": 1}'),
    lambda r: (r.path / "environment.json").unlink(),
    lambda r: r.samples_file.write_text("foreign\n")])
def test_a_bad_folder_is_passed_over_and_named(tmp_path, run, damage):
    plan = run.plan()
    bad = copy_of(run, "29990101-000000", "interrupted")
    damage(bad)
    found, said = runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", plan)
    assert found.id == run.id
    assert len(said) == 1 and bad.id in said[0] and "remove" in said[0]


def test_a_whole_run_hides_what_is_older(tmp_path, run):
    (copy_of(run, "19990101-000000", "interrupted").path / "status.json").unlink()
    whole = copy_of(run, "29990101-000000", "complete")
    (whole.path / "analysis.json").write_text("{}")
    assert runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", run.plan()) == (None, [])


def test_an_old_page_is_withdrawn(run):
    for name in ("report.html", "analysis.json"):
        (run.path / name).write_text("old")
    (run.path / "plan.json").write_text("{")
    with pytest.raises(ReportError):
        ctl_run.conclude(run)
    assert not list(run.path.glob("report.*")) and not (run.path / "analysis.json").exists()


def test_two_runs_do_not_measure_at_once(tmp_path):
    lock = runfolder.Lock(tmp_path)
    refused(UNAVAILABLE, runfolder.Lock, tmp_path)
    lock.release()
    runfolder.Lock(tmp_path).release()


def test_a_file_in_the_place_of_the_folder(tmp_path, make_plan):
    (tmp_path / "out").write_text("")
    refused(CANNOT_CREATE, runfolder.Lock, tmp_path / "out")
    refused(CANNOT_CREATE, runfolder.create, tmp_path / "out", "quick", "0badcafe",
            make_plan([make_cell("a")]), ENVIRONMENT, [])


def test_read_only_results_are_no_permission(tmp_path, make_plan, monkeypatch):
    def denied(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")
    monkeypatch.setattr(os, "makedirs", denied)
    refused(NO_PERMISSION, runfolder.Lock, tmp_path / "out")


def test_a_real_disk_that_is_full(tmp_path, make_plan):
    """On a file system of 64 KiB where one may be mounted; else /dev/full gives the same error."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)],
                             capture_output=True, check=False).returncode == 0
    try:
        target = disk / "samples.jsonl"
        if not mounted:
            target.symlink_to("/dev/full")
        appender = files.Appender(target)
        error = None
        try:
            for block in range(100):
                appender.append({"block": block, "filler": "x" * 4000})
        except CycloneError as caught:
            error = caught
        appender.close()
        assert error is not None and error.code == IO_ERROR
        if mounted:
            refused(IO_ERROR, files.write_json, disk / "plan.json", {"x": "y" * 90_000})
            assert sorted(p.name for p in disk.iterdir()) == ["samples.jsonl"]
    finally:
        if mounted:
            subprocess.run(["umount", str(disk)], check=True)


def test_runs_are_found_by_id_beginning_and_latest(tmp_path, run):
    out = tmp_path / "out"
    for name in (run.id, run.id[:12], "latest", str(run.path)):
        assert runfolder.find(out, name).id == run.id
    refused(NO_INPUT, runfolder.find, out, "nothing")
    assert json.loads((run.path / "status.json").read_text())["state"] == "measuring"
