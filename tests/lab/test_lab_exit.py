"""Exit codes: full disks, read-only folders, gates, seeds; each with a message, never a trace."""

import os
import subprocess
import sys

import pytest
from fakes import ROOT, make_cell

from lab import build, cli, ctl_run, newvariant, runfolder, show
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
    monkeypatch.setattr(cli.look, "list_suites", fail)
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


GREEN = {"controls": {"ok": True}, "gate": {"invalid": False, "refuted": [], "regressions": []}}


@pytest.mark.parametrize(("gate", "error", "analysis", "code"), [
    ({"a": {"passed": True}}, None, GREEN, OK),
    ({"a": {"passed": True}}, None, GREEN | {"gate": {"invalid": False, "refuted": ["x"]}}, 2),
    ({"a": {"passed": True}}, None, GREEN | {"gate": {"invalid": False, "regressions": [1]}}, 1),
    ({"a": {"passed": False}}, None, GREEN, 3),
    ({"a": {"passed": True}}, "exit 3", GREEN, 3),
    ({"a": {"passed": True}}, None, GREEN | {"controls": {"ok": False}}, 3),
    ({"a": {"passed": True}}, None, {"gate": GREEN["gate"]}, 3),
    ({"a": {"passed": True}}, None, {"controls": {"ok": True}}, 3)])
def test_what_was_not_checked_does_not_pass_the_gate(tmp_path, make_plan, gate, error, analysis,
                                                    code):
    laid = make_plan([make_cell("a")]) | {"gate": gate}
    run = runfolder.create(tmp_path / "out", "quick", "0", laid, {"schema": 1}, [])
    run.append({"schema": 1, "run": run.id, "cell": "c", "block": 0, "binary": "x",
                "error": error})
    assert show.gate_code(run, analysis) == code


def test_without_a_sample_the_gate_is_closed(tmp_path, make_plan):
    laid = make_plan([make_cell("a")]) | {"gate": {"a": {"passed": True}}}
    run = runfolder.create(tmp_path / "out", "quick", "0", laid, {"schema": 1}, [])
    assert show.gate_code(run, GREEN) == 3


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
