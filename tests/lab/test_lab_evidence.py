"""Evidence counts only for the sources it was shown for; the gate acts on it."""

import json
import re
from pathlib import Path

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
    files = {"variants/timer/a.hpp": '#include "variants/timer/piece.hpp"\n'
                                     '#include "variants/ground/g.hpp"\n',
             "variants/ground/g.hpp": "// what a is built on\n",
             "variants/timer/b.hpp": "// b\n", "variants/timer/piece.hpp": "// piece\n",
             "variants/timer/registry.def": "".join(f'VARIANT({v}, seq, "x", "K")\n'
                                                    for v in "ab"),
             "src/timer/timer.hpp": "// contract\n", "src/base/rng.hpp": "// rng\n",
             "src/lab/other.hpp": "// other\n", "tests/timer/suite.cpp": "// suite\n",
             "tests/timer/known/a.hpp": "// known\n"}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(tmp_path)


@pytest.mark.parametrize(("name", "variant", "changes"), [
    ("variants/timer/a.hpp", "a", True), ("variants/timer/piece.hpp", "a", True),
    ("variants/ground/g.hpp", "a", True), ("variants/ground/g.hpp", "b", False),
    ("variants/timer/piece.hpp", "b", False), ("variants/timer/b.hpp", "a", False),
    ("variants/timer/registry.def", "a", True), ("src/timer/timer.hpp", "a", True),
    ("src/base/rng.hpp", "a", True), ("tests/timer/suite.cpp", "a", True),
    ("tests/timer/known/a.hpp", "a", True),
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


def test_rows_of_components_that_nobody_asked_about_stay(tree):
    hashes = evidence.all_hashes(tree, [registry.load(tree, "timer")])
    other = ROW | {"component": "queue", "sources": "1" * 64, "at": "2026-01-01"}
    tree.build.mkdir(parents=True, exist_ok=True)
    tree.evidence.write_text(json.dumps({"schema": 1, "rows": [other]}))
    kept, stale = evidence.merge(tree, evidence.stamp([ROW], hashes, hashes), hashes)
    assert [r["component"] for r in kept] == ["queue", "timer"] and stale == 0


def test_the_checkers_have_evidence_too(tree):
    hashes = evidence.all_hashes(tree, [registry.load(tree, "timer")])
    row = ROW | {"component": "model", "variant": "explorer"}
    [kept] = evidence.stamp([row], hashes, hashes)
    (tree.root / "src/model").mkdir(parents=True)
    (tree.root / "src/model/new.hpp").write_text("// new\n")
    changed = evidence.all_hashes(tree, [registry.load(tree, "timer")])
    assert evidence.fresh([kept], hashes) == [kept] and evidence.fresh([kept], changed) == []


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
    assert gate.check_binary(good, 7)["passed"]
    assert not gate.check_binary(tmp_path / "gone", 7)["passed"]
    got = gate.check_binary(bad, 7)
    assert not got["passed"] and got["output"].startswith("early")
    assert got["output"].splitlines()[-1] == "repro: bad --seed 7" in got["detail"]


def test_the_first_failing_assertion_is_shown_with_its_repro_line():
    noise = [f"noise {i}" for i in range(50)]
    text = "\n".join([*noise, "x.cpp:3: FAILED:", *noise, "repro: CYCLONE_SEED=1 timer_tests"])
    shown = gate.first_failure(text).splitlines()
    assert shown[gate._LINES_BEFORE] == "x.cpp:3: FAILED:" and len(shown) < 25
    assert shown[-1].startswith("repro:")
    assert gate.first_failure("\n".join(noise)).endswith("noise 49")


def test_a_crash_makes_only_its_own_variant_red(tree, tmp_path):
    said, calls = tmp_path / "said", tmp_path / "calls"
    said.write_text("".join(json.dumps(ROW | {"variant": v}) + "\n" for v in "ab"))
    suite_program(tree, f"""grep "variant.: .$CYCLONE_VARIANT" {said} >> "$CYCLONE_EVIDENCE"
        echo $CYCLONE_VARIANT >> {calls}; [ $CYCLONE_VARIANT = a ] || kill -SEGV $$\n""")
    binaries = {v: write_fake(tmp_path / "bin" / v) for v in "ab"}
    for _ in range(2):
        verdicts = gate.judge(tree, registry.load(tree, "timer"), binaries, 1)
        assert verdicts["a"]["passed"] and not verdicts["b"]["passed"]
        assert "SIGSEGV" in verdicts["b"]["detail"]
        assert "CYCLONE_VARIANT=b" in verdicts["b"]["output"]
    # What passed before the crash does not spare it the next check.
    assert sorted(calls.read_text().split()) == ["a", "b", "b"]
    assert "== tests of b" in gate.log_file(tree).read_text()


def suite_program(tree, text):
    program = tree.test_binary("timer")
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n" + text)
    program.chmod(0o755)


@pytest.mark.parametrize(("rows", "rc", "passed"), [
    ([ROW, ROW | {"variant": "b"}], 0, {"a": True, "b": True}),
    ([ROW, ROW | {"variant": "b", "passed": False}], 1, {"a": True, "b": False}),
    ([ROW, ROW | {"suite": "mutants", "passed": False},
      ROW | {"variant": "b", "suite": "counted_work", "passed": False}], 1, {"a": True, "b": True}),
    ([], 1, {"a": False, "b": False})])
def test_red_evidence_closes_the_gate(tree, tmp_path, rows, rc, passed):
    said = tmp_path / "said"
    said.write_text("".join(json.dumps(r) + "\n" for r in rows))
    suite_program(tree, f"""grep "variant.: .$CYCLONE_VARIANT" {said} >> "$CYCLONE_EVIDENCE"
        [ $CYCLONE_VARIANT = a ] && [ -s {said} ] && grep -q b {said} || exit {rc}\n""")
    binaries = {v: write_fake(tmp_path / "bin" / v) for v in "ab"}
    verdicts = gate.judge(tree, registry.load(tree, "timer"), binaries, 1)
    assert {v: got["passed"] for v, got in verdicts.items()} == passed


def test_evidence_for_the_same_sources_is_not_made_again(tree, tmp_path):
    said, calls = tmp_path / "said", tmp_path / "calls"
    said.write_text("".join(json.dumps(ROW | {"variant": v}) + "\n" for v in "ab"))
    suite_program(tree, f'cat {said} >> "$CYCLONE_EVIDENCE"; echo x >> {calls}\n')
    entries = registry.load(tree, "timer")
    assert set(gate.run_suite(tree, entries, ["a", "b"])) == {"a", "b"}
    assert gate.run_suite(tree, entries, ["a", "b"]) == {}
    assert calls.read_text() == "x\nx\n"
    (tree.root / "src/timer/timer.hpp").write_text("// changed\n")
    assert gate.run_suite(tree, entries, ["a"])["a"]["passed"]
    assert calls.read_text() == "x\nx\nx\n"


def test_a_program_that_does_not_describe_itself(tmp_path):
    with pytest.raises(CycloneError) as caught:
        gate.describe(write_fake(tmp_path / "mute", "exit 1"), "bin/mute")
    assert caught.value.code == BAD_DATA


def _cases_with_rows(text):
    """The first tag of every test case that has sections named after variants: its suite."""
    for body in re.split(r"^TEST_CASE\(", text, flags=re.M)[1:]:
        tag = re.search(r'"\[([^]]+)\]', body)
        if tag and re.search(r"\bon_each(_of)?\(", body):
            yield tag.group(1)


def test_every_suite_that_leaves_evidence_is_known():
    """`run` starts a whole test program: a row of a suite that nobody knows would end the run."""
    root = Path(__file__).resolve().parents[2]
    tags = {tag: file for file in sorted((root / "tests").glob("*/*.cpp"))
            for tag in _cases_with_rows(file.read_text(encoding="utf-8"))}
    assert "conformance" in tags
    unknown = {tag: file.name for tag, file in tags.items()
               if tag not in evidence.SUITES and not tag.startswith(".")}
    assert unknown == {}
