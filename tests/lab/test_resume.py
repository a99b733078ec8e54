"""`cyclone resume`: the run's own command again, and every reason why not, by name."""

import copy
import os

import pytest
from fakes import make_cell

from lab import cli, cli_run, ctl_run, doctor, resume, runfolder
from lab.errors import BAD_DATA, OK, USAGE, CycloneError
from lab.tree import Tree

FACTS = {"schema": 1, "fingerprint": "0badcafe", "stable": {"cpu": "x", "kernel": "6.1"}}


@pytest.fixture
def begun(root, tmp_path, make_plan, monkeypatch):
    """An interrupted run in a tree of fakes, and a lab that would lay out the same plan now."""
    monkeypatch.setenv("CYCLONE_ROOT", str(root))
    laid = make_plan([make_cell("a"), make_cell("b")]) | {
        "title": "t",
        "command": f"scripts/cyclone run quick --fresh --blocks 12 --only a --out {tmp_path}/out"}
    run = runfolder.create(tmp_path / "out", "quick", "0badcafe", laid, FACTS, [])
    run.write_status("interrupted", 4)
    now = copy.deepcopy(laid)
    monkeypatch.setattr(doctor, "examine", lambda: FACTS)
    monkeypatch.setattr(ctl_run, "prepare", lambda *_, **__: (now, FACTS, None, {}))
    return run, now


def test_the_command_is_read_again(begun):
    run, _ = begun
    params = resume.params_of(cli_run.run, run.plan())
    assert (params["suite"], params["blocks"], params["only"]) == ("quick", 12, ("a",))
    assert resume.words_of(run.plan())[:2] == ["run", "quick"]
    assert "--fresh" not in resume.words_of(run.plan())


def test_it_goes_on_with_this_run(begun, tmp_path, monkeypatch):
    run, _ = begun
    seen = []

    def carry_out(tree, options, results):
        seen.append((options, results))
        return run, {"gate": {"code": 0}, "claims": [], "pairs": []}, run.path / "report.html"
    monkeypatch.setattr(ctl_run, "carry_out", carry_out)
    assert cli.main(["resume", run.id, "--out", str(tmp_path / "out")]) == OK
    options, results = seen[0]
    assert results == tmp_path / "out" and not options.fresh
    assert (options.suite, options.seed, options.blocks, options.only) == ("quick", 1, 12, ("a",))
    assert "--fresh" not in options.command
    assert cli.main(["resume", run.id, "--out", str(tmp_path / "out"), "--dry-run"]) == OK
    assert len(seen) == 1


def why_not(run):
    options = ctl_run.Options("quick", 1, 12, None, ("a",), False, "x")
    with pytest.raises(CycloneError) as caught:
        resume.check(Tree(os.environ["CYCLONE_ROOT"]), run, options)
    return caught.value


def test_a_whole_run_has_nothing_left(begun):
    run, _ = begun
    run.write_status("complete", 4)
    (run.path / "analysis.json").write_text("{}")
    error = why_not(run)
    assert error.code == USAGE and "is complete" in error.message


def test_a_run_that_was_interrupted_while_it_was_judged_goes_on_with_that(begun, tmp_path):
    """It was called complete, and the same command measured all of it again."""
    run, now = begun
    run.write_status("complete", 4)
    found, said = runfolder.unfinished(tmp_path / "out", "quick", 1, "0badcafe", now)
    assert found.id == run.id and said == []
    options = ctl_run.Options("quick", 1, 12, None, ("a",), False, "x")
    resume.check(Tree(os.environ["CYCLONE_ROOT"]), run, options)


def test_a_renamed_run_goes_on(begun, tmp_path):
    run, _ = begun
    run.append({"schema": 1, "run": run.id, "cell": "c", "block": 0, "binary": "x"})
    run.close()
    run.path.rename(tmp_path / "out" / "mine")
    moved = runfolder.find(tmp_path / "out", "mine")
    assert runfolder.find(tmp_path / "out", run.id).path == moved.path
    assert moved.first_name == run.id and len(moved.samples()) == 1
    options = ctl_run.Options("quick", 1, 12, None, ("a",), False, "x")
    resume.check(Tree(os.environ["CYCLONE_ROOT"]), moved, options)


def test_another_machine_is_named_field_by_field(begun, monkeypatch):
    other = FACTS | {"fingerprint": "1", "stable": {"cpu": "y", "kernel": "6.1"}}
    monkeypatch.setattr(doctor, "examine", lambda: other)
    error = why_not(begun[0])
    assert error.code == BAD_DATA and "cpu: x, now y" in error.message
    assert "kernel" not in error.message


@pytest.mark.parametrize(("change", "word"), [
    (lambda p: p["binaries"]["a"].update(sha256="0"), "rebuilt since: a"),
    (lambda p: p["binaries"].pop("b"), "not built any more: b"),
    (lambda p: p.update(seed=2), "seed 1, now 2"),
    (lambda p: (p["cells"].pop(), p.update(plan_key="k")), "1 cells gone, first timer/b/"),
    (lambda p: (p["cells"].append(make_cell("c")), p.update(plan_key="k")), "1 cells new"),
    (lambda p: p.update(plan_key="k"), "counts, claims or what was given up")])
def test_what_differs_is_named(begun, change, word):
    run, now = begun
    change(now)
    error = why_not(run)
    assert error.code == BAD_DATA and word in error.message and "--fresh" in error.remedy


def test_an_overtaken_run_does_not_go_on(begun, tmp_path, monkeypatch):
    run, _ = begun
    monkeypatch.setattr(runfolder, "unfinished", lambda *_: (None, []))
    assert "a newer run of its plan is whole" in why_not(run).message


@pytest.mark.parametrize("command", ["", "scripts/cyclone analyse latest", "scripts/cyclone run"])
def test_a_plan_without_its_command(command):
    with pytest.raises(CycloneError) as caught:
        resume.params_of(cli_run.run, {"command": command, "suite": "quick", "seed": 1})
    assert caught.value.at == "plan.json"


def test_a_comparison_with_a_revision_goes_on_by_its_own_command():
    command = "scripts/cyclone compare --against HEAD~1"
    with pytest.raises(CycloneError) as caught:
        resume.words_of({"command": command, "against": {"sha": "0"}})
    assert caught.value.code == USAGE and command in caught.value.remedy


def test_a_resumed_run_is_resumed_again():
    params = resume.params_of(cli_run.run, {"command": "scripts/cyclone resume x", "suite": "full",
                                            "seed": 9})
    assert (params["suite"], params["seed"]) == ("full", 9)
