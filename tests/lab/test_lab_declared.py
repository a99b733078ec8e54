"""Registry, suites and claims: a bad line is named with its place and the form it should have."""

import pytest
from fakes import ROOT

from lab import claims, registry, suite
from lab.errors import CONFIG, NO_INPUT, CycloneError
from lab.tree import Tree

GOOD = 'VARIANT(a, seq, "first", "Key1")  // the oracle\n'


def parse(text):
    got = registry.Registry("timer")
    registry.parse(got, text, "registry.def")
    return got


def refused(call, *args, code=CONFIG):
    with pytest.raises(CycloneError) as caught:
        call(*args)
    assert caught.value.code == code and caught.value.at and caught.value.remedy
    return caught.value


def test_all_four_forms_are_read():
    got = parse(GOOD + '// a comment\n\nPEER(p, seq, "lib", "lib-dev")\n'
                'WRAPPER(w, a, "locked", "Key2")\nMUTANT(a, 2, "drops a slot")\n')
    assert got.names() == ["a", "p", "w"] and got.oracle == "a"
    assert got.names("peer") == ["p"] and got.find("w").kind == "a"
    assert got.mutants == [("a", 2, "drops a slot")]


@pytest.mark.parametrize(("line", "form"), [
    ('VARIANT(b seq, "x", "K")', "VARIANT(name, kind,"),
    ('VARIANT(B, seq, "x", "K")', "VARIANT(name, kind,"),
    ('MUTANT(a, 0, "x")', "MUTANT(variant, number,"),
    ('VARIENT(b, seq, "x", "K")', "VARIANT(name, kind,"),
    ('MUTANT(b, 1, "x")', "below the VARIANT line"),
    ('VARIANT(a, seq, "again", "K")', "registry.def:1"),
])
def test_a_bad_registry_line_is_named(line, form):
    error = refused(parse, GOOD + line + "\n")
    assert error.at == "registry.def:2" and form in error.remedy


def test_the_registry_of_this_tree_is_read():
    got = registry.load(Tree(ROOT), "timer")
    assert "hashed_wheel" in got.names("variant") and got.names("peer")
    refused(registry.load, Tree(ROOT), "no_such_component", code=NO_INPUT)


def test_variants_outside_the_tree_join_in(tmp_path):
    (tmp_path / "timer").mkdir()
    with pytest.raises(CycloneError) as caught:
        Tree(ROOT, tmp_path)
    assert caught.value.code == NO_INPUT and "DIR/timer/registry.def" in caught.value.remedy
    (tmp_path / "timer" / "registry.def").write_text('VARIANT(mine, seq, "x", "K")\n')
    error = refused(registry.load, Tree(ROOT, tmp_path), "timer")
    assert error.at.endswith("registry.def:1") and "mine.hpp" in error.message
    (tmp_path / "timer" / "mine.hpp").touch()
    got = registry.load(Tree(ROOT, tmp_path), "timer")
    assert got.names()[-1] == "mine" and got.oracle != "mine"


SUITE = """
schema = 1
name = "s"
title = "t"
budget_minutes = 1
[[experiment]]
id = "cost"
component = "timer"
meter = "time"
workloads = ["hold"]
n = [64]
"""


def test_a_suite_has_defaults():
    got = suite.parse(SUITE, "s.toml").experiments[0]
    assert (got.variants, got.blocks, got.min_time) == (["*"], 11, 0.05)


@pytest.mark.parametrize(("old", "new", "words"), [
    ("workloads =", "workload =", "did you mean 'workloads'?"),
    ("n = [64]", "n = []", "list of int"),
    ("n = [64]", "n = [0]", "1 or more"),
    ("n = [64]", "n = [64, 64]", "name each once"),
    ('meter = "time"', 'meter = "clock"', "time, work, instructions"),
    ("n = [64]", "n = [64]\nblocks = 5", "at least 10"),
    ("n = [64]", "n = [64]\nblocks = true", "type int"),
    ("n = [64]", "n = [64]\ncaps = { a = 0 }", "above 0"),
    ('id = "cost"\n', "", "every experiment needs"),
    ("schema = 1", "schema = 2", "schema = 1"),
    ("budget_minutes = 1\n", "", "budget_minutes"),
    ("schema = 1", "schema = ", "mend the line"),
    ("[[experiment]]", "[experiment]", "type list"),
])
def test_a_bad_suite_is_named(old, new, words):
    assert old in SUITE
    error = refused(suite.parse, SUITE.replace(old, new), "s.toml")
    assert error.at.startswith("s.toml")
    assert words in error.remedy


def test_two_experiments_with_one_id():
    twice = SUITE + SUITE[SUITE.index("[[experiment]]"):]
    assert "two experiments" in refused(suite.parse, twice, "s.toml").message


@pytest.mark.parametrize("name", ["quick", "full"])
def test_the_suites_of_this_tree_are_read(name):
    tree = Tree(ROOT)
    got = suite.load(tree, name)
    known = registry.load(tree, "timer").names()
    for experiment in got.experiments:
        assert set(experiment.variants) - {"*"} <= set(known)
    assert "quick" in refused(suite.load, tree, "quik", code=NO_INPUT).remedy


CLAIM = """
schema = 1
id = "timers:X1"
component = "timer"
key = "K"
where = "p. 1"
title = "t"
claim = "c"
[preconditions]
tools = ["valgrind"]
min_cores = 8
pmu = true
[[test]]
id = "x"
rule = "bound"
"""


def claim_tree(tmp_path, *texts):
    folder = tmp_path / "experiments" / "timer" / "claims"
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.toml").write_text(text)
    return Tree(tmp_path)


def test_a_claim_tells_what_it_lacks_here(tmp_path):
    claim = claims.load_all(claim_tree(tmp_path, CLAIM))["timers:X1"]
    small = {"tools": {"valgrind": None}, "stable": {"cpus": 2, "numa_nodes": 1},
             "absent": {"pmu": "no device"}}
    assert claims.unmet(claim, small) == ["valgrind is not installed", "needs 8 cores, here 2",
                                          "needs hardware counters: no device"]
    large = {"tools": {"valgrind": "3"}, "stable": {"cpus": 64, "numa_nodes": 1}, "absent": {}}
    assert claims.unmet(claim, large) == []


def test_bad_claims_are_named(tmp_path):
    refused(claims.load_all, claim_tree(tmp_path / "a", CLAIM, CLAIM))
    refused(claims.load_all, claim_tree(tmp_path / "b", CLAIM.replace("bound", "guess")))
    refused(claims.load_all, claim_tree(tmp_path / "c", CLAIM.replace('key = "K"\n', "")))
    known = claims.load_all(claim_tree(tmp_path / "d", CLAIM))
    assert list(claims.choose(known, ["*"], "s")) == ["timers:X1"]
    assert "timers:X1" in refused(claims.choose, known, ["timer:X1"], "s").remedy


@pytest.mark.parametrize(("old", "new", "words"), [
    ("[[test]]", "[test]", "write [[test]]"),
    ("min_cores = 8", 'min_cores = "8"', "type int"),
    ('title = "t"', "title = 1", "text in quotes"),
    ("[preconditions]", "[preconditions.x]", None),
    ("schema = 1", "schema = ", "mend the line")])
def test_a_claim_of_the_wrong_shape_is_named(tmp_path, old, new, words):
    tree = claim_tree(tmp_path, CLAIM.replace(old, new))
    if words is None:
        assert claims.load_all(tree)
    else:
        error = refused(claims.load_all, tree)
        assert words in error.remedy and error.at.startswith("experiments/timer/claims/0.toml")


def test_a_file_that_is_no_text_is_named(tmp_path):
    tree = claim_tree(tmp_path)
    for where in ("experiments/timer/claims/x.toml", "experiments/suites/x.toml"):
        (tmp_path / where).parent.mkdir(exist_ok=True)
        (tmp_path / where).write_bytes(b"\xff\xfe")
    assert refused(claims.load_all, tree).at == "experiments/timer/claims/x.toml"
    assert refused(suite.load, tree, "x").at == "experiments/suites/x.toml"
