"""The doctor, new-variant, redo, the build's messages, and what the commands print."""

import json
import shutil

import pytest
from fakes import ROOT, make_cell, write_fake

from lab import build, cli, doctor, look, newvariant, redo, registry, runfolder, show
from lab.errors import CANNOT_CREATE, FAILURE, NO_INPUT, UNAVAILABLE, CycloneError
from lab.files import sha256_file
from lab.tree import Tree


def test_the_fingerprint_is_made_of_stable_fields_only():
    one, two = doctor.examine(), doctor.examine()
    assert one["fingerprint"] == two["fingerprint"] == doctor.fingerprint(one["stable"])
    assert one["fingerprint"] != doctor.fingerprint(one["stable"] | {"cpu": "other"})
    assert not set(one["stable"]) & set(one["volatile"])
    assert all(reason for reason in one["absent"].values())


def test_what_is_not_there_has_a_reason(monkeypatch):
    monkeypatch.setattr(doctor.Path, "exists", lambda self: False)
    monkeypatch.setattr(doctor.Path, "glob", lambda self, pattern: iter(()))
    absent = doctor.absent_facts({"numa_nodes": 1, "governor": None, "smt": False},
                                 {"valgrind": None})
    assert {"pmu", "numa", "cpufreq", "smt", "psi", "valgrind"} <= set(absent)


@pytest.fixture
def tree(tmp_path):
    """A copy of the real contract and registry."""
    for name in ("variants", "src"):
        shutil.copytree(ROOT / name / "timer", tmp_path / name / "timer")
    return Tree(tmp_path)


def test_a_new_variant_is_registered_and_never_overwritten(tree):
    header, lines = newvariant.create(tree, "timer", "my_wheel", "seq", None)
    assert "class my_wheel {" in header.read_text() and "@NAME@" not in header.read_text()
    entries = registry.load(tree, "timer")
    assert entries.names("variant")[-1] == "my_wheel"
    assert ("my_wheel", 1, "a new timer goes before its equals") in entries.mutants
    before = header.read_bytes(), lines.read_bytes()
    with pytest.raises(CycloneError) as caught:
        newvariant.create(tree, "timer", "my_wheel", "seq", None)
    assert caught.value.code == CANNOT_CREATE
    assert (header.read_bytes(), lines.read_bytes()) == before


def test_a_new_variant_may_live_outside_the_tree(tree, tmp_path):
    outside = tmp_path / "outside"
    newvariant.create(tree, "timer", "mine", "seq", outside)
    newvariant.create(tree, "timer", "mine_too", "seq", outside)
    joined = registry.load(Tree(tree.root, outside), "timer")
    assert joined.names()[-2:] == ["mine", "mine_too"]
    with pytest.raises(CycloneError):
        newvariant.create(tree, "timer", "mine", "seq", outside)
    with pytest.raises(CycloneError) as caught:
        newvariant.create(tree, "kettle", "mine", "seq", None)
    assert caught.value.code == NO_INPUT


def test_a_failed_build_shows_its_first_errors_and_the_log(tmp_path):
    tree = Tree(tmp_path)
    script = "echo fine; echo 'x.cpp:3: error: no such thing'; echo more; exit 2"
    with pytest.raises(CycloneError) as caught:
        build._run_logged(tree, "dev", ["sh", "-c", script], "w", "building dev")
    assert caught.value.code == FAILURE and caught.value.at == "build/dev/build.log"
    assert "x.cpp:3: error: no such thing" in caught.value.message
    assert "fine" not in caught.value.message
    assert "more" in (tmp_path / "build/dev/build.log").read_text()


def test_redo_takes_the_same_sample_again(tmp_path, root, make_plan, capsys):
    plan = make_plan([make_cell("a")])
    run = runfolder.create(tmp_path / "out", "quick", "0badcafe", plan, {"schema": 1}, [])
    got = redo.again(Tree(root), run, "timer/a/start/n=64/time", 1)
    assert got["error"] is None and got["result"]["seed"] == 2 and not run.samples_file.exists()
    assert "--workload start --n 64" in capsys.readouterr().err
    with pytest.raises(CycloneError) as caught:
        redo.find_cell(plan, "timer/a/start/n=65/time")
    assert "n=64" in caught.value.remedy


def test_redo_knows_no_block_the_run_never_had(tmp_path, root, make_plan):
    plan = make_plan([make_cell("a")])
    run = runfolder.create(tmp_path, "quick", "0badcafe", plan, {"schema": 1}, [])
    with pytest.raises(CycloneError, match="there is no block 2"):
        redo.again(Tree(root), run, "timer/a/start/n=64/time", 2)



def test_explain_names_the_nearest_thing():
    tree = Tree(ROOT)
    facts, text = look.explain(tree, "hashed_wheel")
    assert "kind seq" in text and facts["file"] == "variants/timer/hashed_wheel.hpp"
    claim, text = look.explain(tree, "timers:T2")
    assert claim["what"] == "claim" and claim["test"] and claim["title"] in text
    with pytest.raises(CycloneError) as caught:
        look.explain(tree, "hashed_weel")
    assert "hashed_wheel" in caught.value.remedy


def test_the_doctor_speaks_json_and_words(capsys):
    assert cli.main(["doctor", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == 1
    assert facts["fingerprint"] in show.doctor_text(facts)


def test_a_plan_is_told_in_a_few_lines(make_plan):
    laid = make_plan([make_cell("a", blocks=11), make_cell("b", blocks=11)])
    laid |= {"title": "t", "blocks": 11, "stop_rule": {"first": 11, "units_max": {}},
             "placements": {"one_cpu": {"cpus": [1]}, "cross_node": {"unavailable": "one node"}},
             "given_up": [{"cell": "x", "why": "too large"}] * 2,
             "claims": {"timers:X": {"unmet": ["needs 8 cores, here 2"]}}}
    text = show.plan_text(laid)
    assert "2 cells    22 samples" in text
    assert "given up: 2 cells: too large" in text
    assert "11 blocks at most" in text and "placement one_cpu: CPU 1" in text
    assert "placement cross_node: one node" in text
    assert "not testable here: timers:X: needs 8 cores, here 2" in text


def test_redo_runs_the_layout_of_the_block_and_links_it_again(tmp_path, root, make_plan, capsys,
                                                              monkeypatch):
    plan = make_plan([make_cell("a")])
    links = []
    for seed in (11, 12):
        path = write_fake(root / f"layouts/{seed}/a")
        links.append({"seed": seed, "path": f"layouts/{seed}/a", "sha256": sha256_file(path)})
    plan["layouts"] = {"count": 2, "seeds": [11, 12]}
    plan["binaries"]["a"] |= {"layouts": links, "twins": []}
    run = runfolder.create(tmp_path / "out", "quick", "0badcafe", plan, {"schema": 1}, [])
    tree, cell = Tree(root), "timer/a/start/n=64/time"
    assert redo.again(tree, run, cell, 1)["binary"] == links[1]["sha256"]
    said = capsys.readouterr().err
    assert "+ layouts/12/a" in said and "rebuilt since" not in said
    (root / "layouts/12/a").unlink()
    write_fake(tree.bench("timer", "a"))
    seen = []

    def link(_tree, wanted):
        seen.append(wanted)
        write_fake(root / "layouts/12/a", "true  # another build")
    monkeypatch.setattr(redo.relink, "make", link)
    held = runfolder.Lock(tree.build)
    with pytest.raises(CycloneError) as caught:  # a run measures: its links stay as they are
        redo.again(tree, run, cell, 1)
    held.release()
    assert caught.value.code == UNAVAILABLE and not seen
    assert redo.again(tree, run, cell, 1)["error"] is None
    assert seen == [{("timer", "a"): [11, 12]}]
    assert "rebuilt since the run" in capsys.readouterr().err
