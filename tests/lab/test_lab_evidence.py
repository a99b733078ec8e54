"""Evidence counts only for the sources it was shown for; the gate acts on it."""

import json

import pytest
from fakes import write_fake

from lab import evidence, gate, registry
from lab.errors import BAD_DATA, CycloneError
from lab.tree import Tree

ROW = {"component": "timer", "variant": "a", "suite": "conformance", "tool": "catch2",
       "preset": "release", "compiler": "g++ 12", "passed": True, "cases": 10, "seed": 1,
       "detail": ""}


@pytest.fixture
def tree(tmp_path):
    files = {"variants/timer/a.hpp": '#include "variants/timer/piece.hpp"\n',
             "variants/timer/b.hpp": "// b\n", "variants/timer/piece.hpp": "// piece\n",
             "variants/timer/registry.def": "".join(f'VARIANT({v}, seq, "x", "K")\n'
                                                    for v in "ab"),
             "src/timer/timer.hpp": "// contract\n", "src/base/rng.hpp": "// rng\n",
             "src/lab/other.hpp": "// other\n", "tests/timer/suite.cpp": "// suite\n"}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(tmp_path)


@pytest.mark.parametrize(("name", "variant", "changes"), [
    ("variants/timer/a.hpp", "a", True), ("variants/timer/piece.hpp", "a", True),
    ("variants/timer/piece.hpp", "b", False), ("variants/timer/b.hpp", "a", False),
    ("variants/timer/registry.def", "a", True), ("src/timer/timer.hpp", "a", True),
    ("src/base/rng.hpp", "a", True), ("tests/timer/suite.cpp", "a", True),
    ("src/lab/other.hpp", "a", False)])
def test_the_hash_covers_what_decides_a_test(tree, name, variant, changes):
    before = evidence.sources_hash(tree, "timer", variant)
    path = tree.root / name
    path.write_text(path.read_text() + "// changed\n")
    assert (evidence.sources_hash(tree, "timer", variant) != before) == changes


def test_rows_are_replaced_and_stale_ones_dropped(tree):
    entries = registry.load(tree, "timer")
    hashes = evidence.all_hashes(tree, [entries])
    rows = evidence.stamp([ROW, ROW | {"variant": "b"}], hashes, hashes)
    evidence.merge(tree, rows, hashes)
    kept, stale = evidence.merge(tree, evidence.stamp([ROW | {"cases": 99}], hashes, hashes),
                                 hashes)
    assert [(r["variant"], r["cases"]) for r in kept] == [("a", 99), ("b", 10)] and stale == 0
    (tree.root / "variants/timer/a.hpp").write_text("// new\n")
    changed = evidence.all_hashes(tree, [entries])
    assert [r["variant"] for r in evidence.fresh(evidence.load(tree), changed)] == ["b"]
    assert evidence.merge(tree, [], changed) == ([kept[1]], 1)


def test_sources_that_change_while_tests_run_give_no_evidence():
    key = ("timer", "a")
    assert evidence.stamp([ROW], {key: "1"}, {key: "2"}) == []
    assert len(evidence.stamp([ROW], {key: "1"}, {key: "1"})) == 1


@pytest.mark.parametrize("line", ["{", "[]", json.dumps(ROW | {"suite": "luck"}),
                                  json.dumps({k: v for k, v in ROW.items() if k != "cases"})])
def test_a_line_that_is_no_row_is_refused(tmp_path, line):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW) + "\n" + line + "\n")
    with pytest.raises(CycloneError) as caught:
        evidence.read_rows(path)
    assert caught.value.code == BAD_DATA and caught.value.at.endswith(":2")


def test_the_gate_runs_each_program_and_keeps_the_repro_line(tmp_path):
    good = write_fake(tmp_path / "good")
    bad = write_fake(tmp_path / "bad", "echo early >&2; echo 'repro: bad --seed 7' >&2; exit 1")
    got = gate.check_binaries({"good": good, "bad": bad, "gone": tmp_path / "gone"}, 7)
    assert got["good"]["passed"] and not got["bad"]["passed"] and not got["gone"]["passed"]
    assert "repro: bad --seed 7" in got["bad"]["detail"]


def suite_program(tree, text):
    program = tree.test_binary("timer")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n" + text)
    program.chmod(0o755)


@pytest.mark.parametrize(("rows", "rc", "passed"), [
    ([ROW, ROW | {"variant": "b"}], 0, {"a": True, "b": True}),
    ([ROW, ROW | {"variant": "b", "passed": False}], 1, {"a": True, "b": False}),
    ([ROW, ROW | {"suite": "mutants", "passed": False}], 1, {"a": True, "b": True}),
    ([], 1, {"a": False, "b": False})])
def test_red_evidence_closes_the_gate(tree, tmp_path, rows, rc, passed):
    said = tmp_path / "said"
    said.write_text("".join(json.dumps(r) + "\n" for r in rows))
    suite_program(tree, f'cat {said} >> "$CYCLONE_EVIDENCE"; exit {rc}\n')
    binaries = {v: write_fake(tmp_path / "bin" / v) for v in "ab"}
    verdicts = gate.judge(tree, registry.load(tree, "timer"), binaries, 1)
    assert {v: got["passed"] for v, got in verdicts.items()} == passed


def test_evidence_for_the_same_sources_is_not_made_again(tree, tmp_path):
    said, calls = tmp_path / "said", tmp_path / "calls"
    said.write_text("".join(json.dumps(ROW | {"variant": v}) + "\n" for v in "ab"))
    suite_program(tree, f'cat {said} >> "$CYCLONE_EVIDENCE"; echo x >> {calls}\n')
    entries = registry.load(tree, "timer")
    assert gate.run_suite(tree, entries) and gate.run_suite(tree, entries)
    assert calls.read_text() == "x\n"
    (tree.root / "src/timer/timer.hpp").write_text("// changed\n")
    assert gate.run_suite(tree, entries)
    assert calls.read_text() == "x\nx\n"


def test_a_program_that_does_not_describe_itself(tmp_path):
    with pytest.raises(CycloneError) as caught:
        gate.describe(write_fake(tmp_path / "mute", "exit 1"), "bin/mute")
    assert caught.value.code == BAD_DATA
