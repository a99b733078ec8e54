"""Workloads as data: what a suite's `workloads = ["W1"]` becomes, and what a bad file says."""

import shutil

import pytest
from fakes import ROOT

from lab import suite, workloads
from lab.errors import CONFIG, NO_INPUT, CycloneError
from lab.tree import Tree

SUITE = """
schema = 1
name = "s"
title = "t"
budget_minutes = 1
[[experiment]]
id = "cost"
component = "timer"
meter = "time"
workloads = ["hold", "W2"]
n = [64]
"""
GOOD = """
schema = 1
id = "W9"
component = "timer"
title = "t"
source = "Key2000"
workload = "hold"
n = [16, 64]
[params]
worst = "1"
[sweep]
dist = ["exp", "camel"]
"""


def fresh(tmp_path, text, name="W9"):
    folder = tmp_path / "experiments" / "timer" / "workloads"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.toml").write_text(text)
    return Tree(tmp_path)


def refused(call, *args):
    with pytest.raises(CycloneError) as caught:
        call(*args)
    return caught.value


def test_a_named_workload_becomes_an_experiment_of_its_own(tmp_path):
    shutil.copytree(ROOT / "experiments" / "timer" / "workloads",
                    tmp_path / "experiments" / "timer" / "workloads")
    plain, named = workloads.expand(Tree(tmp_path), suite.parse(SUITE, "s.toml").experiments)
    assert plain.workloads == ["hold"] and plain.id == "cost"
    assert named.id == "cost-W2" and named.workloads == ["restart"] and named.n == [64]
    assert [p["ratio"] for p in named.param_sets()] == ["10", "100", "1000", "10000"]


def test_sizes_come_from_the_file_unless_the_suite_has_them(tmp_path):
    tree = fresh(tmp_path, GOOD)
    text = SUITE.replace('["hold", "W2"]', '["W9"]').replace("n = [64]\n", "")
    one, = workloads.expand(tree, suite.parse(text, "s.toml").experiments)
    assert one.n == [16, 64] and len(one.param_sets()) == 2
    assert refused(suite.parse, SUITE.replace("n = [64]\n", ""), "s.toml").code == CONFIG


@pytest.mark.parametrize("old, new, words", [
    ('id = "W9"', 'id = "W8"', 'write id = "W9"'),
    ("schema = 1", "schema = 2", "schema = 1"),
    ("n = [16, 64]", "n = [0]", "above 0"),
    ("n = [16, 64]", "", "a workload needs"),
    ("workload =", "wrokload =", "did you mean 'workload'?"),
    ('dist = ["exp", "camel"]', 'dist = "exp"', "a list of values"),
    ('worst = "1"', 'dist = "exp"', "fix it or sweep it"),
    ("schema = 1", "schema =", "mend the line"),
])
def test_a_bad_file_is_refused_with_its_place(tmp_path, old, new, words):
    error = refused(workloads.load, fresh(tmp_path, GOOD.replace(old, new, 1)), "timer", "W9", "x")
    assert error.code == CONFIG and words in error.remedy
    assert error.at == "experiments/timer/workloads/W9.toml"


def test_an_unknown_workload_names_those_that_are_there(tmp_path):
    error = refused(workloads.load, fresh(tmp_path, GOOD), "timer", "W77", "x")
    assert error.code == NO_INPUT and "W9" in error.remedy


def test_every_file_of_the_tree_can_be_read():
    tree = Tree(ROOT)
    found = [p.stem for p in ROOT.glob("experiments/*/workloads/W*.toml")]
    assert sorted(found) == ["W1", "W2", "W3", "W4", "W5", "W6"]
    keys = (ROOT / "experiments" / "bibliography.toml").read_text()
    for name in found:
        assert f"[{workloads.load(tree, 'timer', name, 'x')['source']}]" in keys
