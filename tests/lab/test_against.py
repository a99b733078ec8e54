"""`compare --against REV`: worktrees, the plan of old beside new, refusals, conclusions."""

import subprocess

import pytest
from fakes import make_cell, write_fake

from lab import against, build, plan, worktrees
from lab.errors import BAD_DATA, NO_INPUT, OK, CycloneError
from lab.tree import Tree

SHORT = "0123456789ab"


def git(root, *words):
    return subprocess.run(["git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=e@x",
                           *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A checkout with four commits; file.txt holds the number of the commit."""
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q")
    (root / ".gitignore").write_text("build/\n")
    for number in range(4):
        (root / "file.txt").write_text(str(number))
        git(root, "add", ".")
        git(root, "commit", "-q", "-m", f"commit {number}")
    return Tree(root)


def test_an_old_revision_stands_beside_the_tree(repository):
    sha = worktrees.resolve(repository.root, "HEAD~1")
    old = worktrees.checkout(repository, sha)
    assert old.root == repository.build / "against" / sha[:12]
    assert (old.root / "file.txt").read_text() == "2"
    assert (repository.root / "file.txt").read_text() == "3"
    (old.root / "build").mkdir()
    (old.root / "build/kept").write_text("built before")
    assert worktrees.checkout(repository, sha).root == old.root
    assert (old.root / "build/kept").exists()  # untouched: it need not be built again


def test_a_changed_or_broken_worktree_is_made_anew(repository):
    sha = worktrees.resolve(repository.root, "HEAD~2")
    path = worktrees.checkout(repository, sha).root
    (path / "file.txt").write_text("changed by hand")
    assert (worktrees.checkout(repository, sha).root / "file.txt").read_text() == "1"
    (path / ".git").unlink()
    assert (worktrees.checkout(repository, sha).root / "file.txt").read_text() == "1"


def test_old_worktrees_are_few_and_go_cleanly(repository):
    for word in ("HEAD", "HEAD~1", "HEAD~2", "HEAD~3"):
        worktrees.checkout(repository, worktrees.resolve(repository.root, word))
    assert len(list((repository.build / "against").iterdir())) == 3
    assert git(repository.root, "worktree", "list").count("\n") == 3
    for path in list((repository.build / "against").iterdir()):
        worktrees.remove(repository, path)
    assert "\n" not in git(repository.root, "worktree", "list")
    assert git(repository.root, "status", "--porcelain") == ""


@pytest.mark.parametrize("word", ["no-such-thing", "--help", "HEAD~99", "HEAD:file.txt"])
def test_a_word_that_is_no_commit(repository, word):
    with pytest.raises(CycloneError) as caught:
        worktrees.resolve(repository.root, word)
    assert caught.value.code == NO_INPUT and "git log" in caught.value.remedy


def test_a_tree_without_git(tmp_path):
    with pytest.raises(CycloneError) as caught:
        worktrees.resolve(tmp_path, "HEAD")
    assert caught.value.code == NO_INPUT and "not a git checkout" in caught.value.message


def laid_out():
    cells = [make_cell("a", blocks=11), make_cell("b", blocks=11),
             make_cell("oracle", blocks=11), make_cell("a", meter="instructions", blocks=1),
             make_cell("oracle", role="aa", blocks=11),
             make_cell("floor", role="floor", blocks=11),
             make_cell("floor", workload="hold", role="floor", blocks=11)]
    for cell in cells:
        cell["reference"] = "timer/oracle/start/n=64/time" if cell["meter"] == "time" else None
    laid = {"cells": cells, "given_up": [], "stop_rule": {"first": 10, "units_max": {}}}
    described = {("timer", v): {"workloads": ["start"]} for v in "ab"}
    return against.lay_out(laid, SHORT, described, ("a", "b"))


def test_old_and_new_stand_in_one_group_with_controls():
    laid = laid_out()
    cells = {c["id"]: c for c in laid["cells"]}
    old = cells[f"timer/a@{SHORT}/start/n=64/time"]
    new = cells["timer/a/start/n=64/time"]
    assert old["variant"] == f"a@{SHORT}" and old["reference"] == new["id"] == new["reference"]
    assert old["blocks"] == new["blocks"] == 11
    assert cells[new["id"] + "#aa"]["role"] == "aa"
    plant = cells[new["id"] + "#planted"]
    assert plant["planted"] == plan.pilot.PLANT_LEAST and plant["reference"] == new["id"]
    assert f"timer/a@{SHORT}/start/n=64/instructions" in cells
    assert "timer/floor/start/n=64/time" in cells
    # The oracle is not asked for, and a floor without a comparison measures nothing.
    assert not [i for i in cells if "oracle" in i or "floor/hold" in i]
    assert laid["claims"] == {} and laid["suite"] == f"against-{SHORT}" and laid["blocks"] == 11
    assert list(laid["stop_rule"]["units_max"].values()) == [11]


def test_the_plan_has_a_key_of_its_own():
    assert laid_out()["plan_key"] == laid_out()["plan_key"]
    fewer = against.lay_out(
        {"cells": [make_cell("a")], "given_up": []}, SHORT,
        {("timer", "a"): {"workloads": ["start"]}}, ("a",))
    assert fewer["plan_key"] != laid_out()["plan_key"]


def test_what_the_old_revision_lacks_is_given_up():
    cells = [make_cell("a"), make_cell("b", workload="hold")]
    laid = against.lay_out({"cells": cells, "given_up": []}, SHORT,
                           {("timer", "b"): {"workloads": ["start"]}}, ("a", "b"))
    assert laid["cells"] == []
    assert [g["why"] for g in laid["given_up"]] == [f"{SHORT} has no a", f"{SHORT} has no hold"]


def fake_build(monkeypatch, tree, describe, check="exit 0"):
    text = f"""case $1 in
--describe) echo '{describe}'; exit 0 ;;
--check) {check} ;;
esac"""
    write_fake(tree.bench("timer", "a"), text)
    monkeypatch.setattr(build, "configure", lambda *_: None)
    monkeypatch.setattr(build, "build", lambda *_: None)
    monkeypatch.setattr(build, "known_targets", lambda *_: {"bench_timer_a"})


SAID = '{"variant":"a","kind":"seq","traits":{},"workloads":["start"]%s}'


def test_programs_of_an_older_frame_are_refused(root, monkeypatch):
    tree = Tree(root)
    fake_build(monkeypatch, tree, SAID % "")
    with pytest.raises(CycloneError) as caught:
        against.build_old(tree, {"timer": ["a", "new"]}, SHORT)
    assert caught.value.code == BAD_DATA and "another frame (a)" in caught.value.message
    fake_build(monkeypatch, tree, SAID % ',"frame":3')
    found = against.build_old(tree, {"timer": ["a", "new"]}, SHORT)
    assert list(found) == [("timer", "a")] and found["timer", "a"][1]["frame"] == against.FRAME
    with pytest.raises(CycloneError) as caught:
        against.build_old(tree, {"timer": ["new"]}, SHORT)
    assert caught.value.code == NO_INPUT


def test_an_old_program_that_is_wrong_is_not_compared(root, monkeypatch):
    tree = Tree(root)
    fake_build(monkeypatch, tree, SAID % ',"frame":3', "echo early; exit 1")
    found = against.build_old(tree, {"timer": ["a"]}, SHORT)
    with pytest.raises(CycloneError) as caught:
        against.check_old(found, 1)
    assert "the old a is wrong" in caught.value.message


def pair(verdict, ratio, low, high, variant=f"a@{SHORT}"):
    return {"cell": f"timer/{variant}/start/n=64/time", "variant": variant, "workload": "start",
            "params": {}, "n": 64, "ratio": ratio, "low": low, "high": high, "verdict": verdict,
            "reason": "", "units": 11, "basis": "time"}


def counted(variant, instructions):
    return {"cell": f"timer/{variant}/start/n=64/instructions", "variant": variant,
            "figures": {"instructions": instructions}}


def concluded(pairs=(), counts=(), failed=()):
    return against.judged({"pairs": list(pairs), "counted": list(counts),
                           "controls": {"failed": list(failed), "absent": []}})


def test_the_old_faster_is_a_regression():
    row = against.ratio_rows({"pairs": [pair("FASTER", 0.8, 0.75, 0.85),
                                        pair("SAME", 1, 1, 1, "a")]})
    assert row[0]["cell"] == "timer/a/start/n=64/time"
    assert len(row) == 1 and row[0]["verdict"] == "SLOWER" and row[0]["variant"] == "a"
    assert (row[0]["ratio"], row[0]["low"], row[0]["high"]) == (1.25, 1 / 0.85, 1 / 0.75)
    assert concluded([pair("FASTER", 0.8, 0.75, 0.85)])[0] == 1
    assert concluded([pair("SLOWER", 1.2, 1.1, 1.3)])[0] == OK
    assert concluded([pair("UNDECIDED", None, None, None)])[0] == OK
    assert concluded([pair("SLOWER", 1.2, 1.1, 1.3)], failed=["A/A"]) == (
        3, ["control failed: A/A"])
    assert concluded([pair("INVALID", None, None, None)])[0] == 3
    assert concluded()[0] == 3  # what was not measured has not passed


def test_more_instructions_are_a_regression():
    code, why = concluded(counts=[counted(f"a@{SHORT}", 100.0), counted("a", 103.0)])
    assert code == 1 and why == ["regression: timer/a/start/n=64/instructions (instructions)"]
    assert concluded(counts=[counted(f"a@{SHORT}", 100.0), counted("a", 101.0)])[0] == OK
    assert concluded(counts=[counted("a", 101.0)])[0] == 3  # the old side is not there


def test_both_sides_are_linked_under_the_same_seeds(root, monkeypatch):
    tree, old = Tree(root), Tree(root)
    laid = laid_out()
    laid |= {"binaries": {name: {} for name in ("a", "b", f"a@{SHORT}", f"b@{SHORT}", "floor",
                                                "timer/floor")}}
    calls = []

    def make(_tree, wanted):
        calls.append(wanted)
        return {key: [{"seed": s, "path": f"{key[1]}/{s}", "sha256": "x"} for s in seeds]
                for key, seeds in wanted.items()}
    monkeypatch.setattr(against.relink, "make", make)
    monkeypatch.setattr(against.relink, "linker", lambda: ("/somewhere", "LLD 19"))
    against.link(tree, old, laid, 1, SHORT)
    seeds = laid["layouts"]["seeds"]
    assert len(seeds) == 11
    for name in ("a", f"a@{SHORT}"):
        assert [x["seed"] for x in laid["binaries"][name]["layouts"]] == seeds
    assert [x["seed"] for x in laid["binaries"]["a"]["twins"]] == laid["layouts"]["twin_seeds"]
    assert laid["binaries"][f"a@{SHORT}"]["twins"] == []
    assert set(calls[1]) == {("timer", "a"), ("timer", "b")}  # the old tree knows the bare names
