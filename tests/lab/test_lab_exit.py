"""Exit codes: full disks, read-only folders, gates, seeds; each with a message, never a trace."""

import os
import subprocess
import sys

import pytest
from fakes import ROOT, make_cell

from lab import build, cli, ctl_run, look, newvariant, runfolder, show
from lab.errors import (CONFIG, FAILURE, IO_ERROR, NO_INPUT, NO_PERMISSION, OK, UNAVAILABLE,
                        USAGE, CycloneError)
from lab.tree import Tree


def lab(arguments, output):
    return subprocess.run([sys.executable, "-m", "lab", *arguments], stdout=output,
                          stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT,
                          env=os.environ | {"PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}"})


@pytest.mark.parametrize("arguments", [["list"], ["doctor", "--json"], ["explain", "hashed_wheel"],
                                       ["--help"]])
def test_output_that_cannot_be_written(arguments):
    with open("/dev/full", "w") as full:
        done = lab(arguments, full)
    assert done.returncode == IO_ERROR and done.stderr.startswith("cyclone: error:")
    assert "Traceback" not in done.stderr and "Exception ignored" not in done.stderr


@pytest.mark.parametrize("arguments", [["list"], ["doctor", "--json"]])
def test_a_reader_that_went_away_hears_nothing(arguments):
    reading, writing = os.pipe()
    os.close(reading)
    done = lab(arguments, writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (OK, "")


@pytest.mark.parametrize(("number", "code"), [(28, IO_ERROR), (5, IO_ERROR), (13, NO_PERMISSION),
                                              (1, NO_PERMISSION), (30, NO_PERMISSION),
                                              (2, NO_INPUT)])
def test_a_system_error_has_a_place_and_a_code(monkeypatch, capsys, number, code):
    def fail(_tree):
        raise OSError(number, os.strerror(number), "/some/place")
    monkeypatch.setattr(look, "list_suites", fail)
    assert cli.main(["list"]) == code
    said = capsys.readouterr().err
    assert "at: /some/place" in said and "remedy:" in said


def test_a_build_folder_that_is_not_writable(tmp_path):
    (tmp_path / "build/dev/build.log").mkdir(parents=True)
    with pytest.raises(CycloneError) as caught:
        build._run_logged(Tree(tmp_path), "dev", ["true"], "w", "building dev")
    assert caught.value.code == IO_ERROR and "build.log" in caught.value.at


def test_the_seed_has_an_upper_bound(capsys):
    assert cli.main(["run", "quick", "--seed", str(2**63)]) == USAGE
    assert str(2**63 - 1) in capsys.readouterr().err


@pytest.mark.parametrize(("gate", "code", "reason"), [
    ({"code": 0, "why": []}, OK, None),
    ({"code": 1, "why": ["slower than before: x"]}, 1, "slower than before: x"),
    ({"code": 2, "why": ["refuted: timers:T1"]}, 2, "refuted: timers:T1"),
    ({"code": 3, "why": ["control failed: A/A"]}, 3, "control failed: A/A"),
    (None, 3, "the analysis has no gate"), ({}, 3, "the analysis has no gate"),
    ({"code": "0"}, 3, "the analysis has no gate")])
def test_the_analysis_decides_the_gate_and_the_reason_is_said(tmp_path, make_plan, capsys, gate,
                                                             code, reason):
    laid = make_plan([make_cell("a")])
    run = runfolder.create(tmp_path / "out", "quick", "0", laid, {"schema": 1}, [])
    found = show.answer(Tree(tmp_path), run, {"gate": gate, "claims": [], "pairs": []},
                        tmp_path / "report.html", gated=True)
    assert found.code == code == found.value["gate"]["code"]
    found.tell()
    said = capsys.readouterr().out
    assert "report: report.html" in said and (reason is None or f"gate: {reason}" in said)
    assert show.answer(Tree(tmp_path), run, {"gate": gate}, "x").code == OK  # without --gate


def pair(variant, verdict, ratio, n=64):
    return {"variant": variant, "workload": "start", "params": {}, "n": n, "verdict": verdict,
            "reference": "oracle", "ratio": ratio, "low": ratio and ratio * 0.9,
            "high": ratio and ratio * 1.1}


def test_one_line_a_group_with_the_verdicts_of_the_page():
    rows = show.group_rows({"pairs": [
        pair("oracle", "reference", 1.0), pair("a", "FASTER", 0.5), pair("b", "FASTER", 0.4),
        pair("c", "UNDECIDED", 0.1), pair("d", "INVALID", None), pair("a", "SLOWER", 2.0, 512)]})
    assert [(r["n"], r["best"] and r["best"]["variant"]) for r in rows] == [(64, "b"), (512, None)]
    assert rows[0]["verdicts"] == {"FASTER": 2, "INVALID": 1, "UNDECIDED": 1}


def test_a_plan_that_is_all_red_is_refused(make_plan):
    oracle = make_cell("oracle") | {"reference": "timer/oracle/start/n=64/time"}
    laid = make_plan([oracle, make_cell("wheel")])
    laid["gate"] = {"oracle": {"passed": True}, "wheel": {"passed": True}}
    place = type("Suite", (), {"place": "s.toml"})
    ctl_run._refuse_an_empty_plan(laid, place)
    laid["cells"].pop()
    laid["gate"]["wheel"]["passed"] = False
    with pytest.raises(CycloneError) as caught:
        ctl_run._refuse_an_empty_plan(laid, place)
    assert caught.value.code == FAILURE and "red for wheel" in caught.value.message


def test_an_unknown_word_and_a_second_run_are_refused_before_the_build(tmp_path, monkeypatch):
    monkeypatch.setattr(ctl_run, "build_binaries", lambda *_: pytest.fail("it was built"))
    options = ctl_run.Options("quick", 1, None, None, ("weel",), False, "x")
    with pytest.raises(CycloneError) as caught:
        ctl_run.prepare(Tree(ROOT), options)
    assert caught.value.code == NO_INPUT and "weel" in caught.value.message
    tree = Tree(ROOT)
    monkeypatch.setattr(Tree, "build", tmp_path / "build")
    held = runfolder.Lock(tree.build)
    with pytest.raises(CycloneError) as caught:
        ctl_run.carry_out(tree, options, tmp_path / "other")
    held.release()
    assert caught.value.code == UNAVAILABLE and caught.value.at == str(tmp_path / "build")


def test_a_new_variant_in_a_read_only_tree_goes_elsewhere(monkeypatch):
    def denied(*_args, **_kwargs):
        raise OSError(30, "Read-only file system")
    monkeypatch.setattr("tempfile.mkstemp", denied)
    with pytest.raises(CycloneError) as caught:
        newvariant.create(Tree(ROOT), "timer", "never_there", "seq", None)
    assert caught.value.code == NO_PERMISSION and "--dir DIR" in caught.value.remedy


def test_a_suite_that_names_an_unknown_claim(tmp_path):
    folder = tmp_path / "experiments" / "suites"
    folder.mkdir(parents=True)
    (folder / "s.toml").write_text('schema = 1\nname = "s"\ntitle = "t"\nbudget_minutes = 1\n'
                                   'claims = ["timers:none"]\n')
    options = ctl_run.Options("s", 1, None, None, (), False, "x")
    with pytest.raises(CycloneError) as caught:
        ctl_run.prepare(Tree(tmp_path), options)
    assert caught.value.code == CONFIG and caught.value.at == "experiments/suites/s.toml"
