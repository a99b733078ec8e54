"""Every rule on data that supports it, refutes it, and leaves it open; and mistakes in a claim."""

import math

import pytest

from reports.errors import ReportError
from reports.judge import claims, rules
from reports.samples import Cell, Sample, SampleIndex, params_key


def index_of(cells):
    """cells: (variant, n, values of metric by block) -> an index. Metrics as the bench reports."""
    known, samples = {}, {}
    for variant, workload, n, meter, blocks in cells:
        cell = Cell(f"timer/{variant}/{workload}/n={n}/{meter}", "timer", variant, workload,
                    params_key({}), n, meter, "floor" if variant == "floor" else "subject", "x",
                    None, len(blocks))
        known[cell.id] = cell
        samples[cell.id] = []
        for b, figure in enumerate(blocks):
            result = {"ops": 100, "values": figure if isinstance(figure, dict) else {},
                      "ns_per_op": figure if meter == "time" else None}
            samples[cell.id].append(Sample(cell, b, (), None, result,
                                           figure * 100 if meter == "instructions" else None))
    return SampleIndex(known, samples)


def context(**more):
    return {"gate": {}, "controls_ok": True, "environment": {}, "run": "r"} | more


def judge(test, cells, **more):
    rules.check_test(test, "here")
    return rules.judge(test, index_of(cells), context(**more))


GROWTH = {"id": "g", "rule": "growth", "metric": "instructions", "workload": "w", "variants": ["v"],
          "n": [64, 256, 1024, 4096, 16384], "expect": ["log n"]}


def series(f, ns=(64, 256, 1024, 4096, 16384), meter="instructions", variant="v"):
    return [(variant, "w", n, meter, [f(n)]) for n in ns]


@pytest.mark.parametrize("f,verdict", [(lambda n: 20 + 3 * math.log2(n), "SUPPORTED"),
                                       (lambda n: 40.0, "REFUTED"), (lambda n: 3.0 * n, "REFUTED"),
                                       (lambda n: math.sqrt(n), "UNDECIDED")])
def test_growth(f, verdict):
    got = judge(GROWTH, series(f))
    assert got["verdict"] == verdict
    assert got["published"] == "O(log n)"
    assert len(got["evidence"]) == 5
    assert got["redo"] == "scripts/cyclone redo r timer/v/w/n=64/instructions"


def test_growth_names_what_is_missing():
    got = judge(GROWTH, series(lambda n: 1.0)[:-1])
    assert got["verdict"] == "UNDECIDED" and "n = 16384" in got["sentence"]
    nothing = judge(GROWTH, [])
    assert nothing["verdict"] == "UNDECIDED" and "(and 4 more)" in nothing["sentence"]


def test_growth_of_many_is_the_worst_of_them():
    test = GROWTH | {"variants": ["v", "u"]}
    good = series(lambda n: 20 + 3 * math.log2(n))
    bad = series(lambda n: 2.0 * n, variant="u")
    mixed = judge(test, good + bad)
    assert mixed["verdict"] == "REFUTED" and mixed["figure"] == "v O(log n), u O(n)"
    fine = judge(test, good + series(lambda n: 9 + 2 * math.log2(n), variant="u"))
    assert fine["verdict"] == "SUPPORTED" and "all 2 hold" in fine["sentence"]
    assert judge(test, good)["verdict"] == "UNDECIDED"


LAW = {"id": "l", "rule": "law", "metric": "instructions", "workload": "w", "variants": ["v"],
       "n": [1024, 4096, 16384], "x": "n/4096", "slope": [10, 20]}


@pytest.mark.parametrize("f,decides,verdict", [
    (lambda n: 4 + 15 * n / 4096, "form", "SUPPORTED"),
    (lambda n: 4 + 30 * n / 4096, "form", "SUPPORTED IN SHAPE"),
    (lambda n: 4 + 30 * n / 4096, "slope", "REFUTED"),
    (lambda n: 4 + 15 * (n / 4096) ** 2, "form", "REFUTED")])
def test_law(f, decides, verdict):
    got = judge(LAW | {"decides": decides}, series(f, LAW["n"]))
    assert got["verdict"] == verdict
    assert "intercept" in got["sentence"] and "slope" in got["figure"]


def seeds(slope, spread, ns=(50, 400, 3200), count=8):
    return [("v", "w", n, "work", [{"nodes": 1 + n * (slope + spread * (b - (count - 1) / 2))}
                                   for b in range(count)]) for n in ns]


SEEDED = {"id": "s", "rule": "law", "metric": "values.nodes", "workload": "w", "variants": ["v"],
          "n": [50, 400, 3200], "seeds": 8, "x": "n", "slope": "1/2", "tolerance": 0.02,
          "decides": "slope", "residual_rel": 0.05}


@pytest.mark.parametrize("slope,spread,verdict", [(0.5, 0.001, "SUPPORTED"),
                                                  (2 / 3, 0.001, "REFUTED"),
                                                  (0.52, 0.004, "UNDECIDED")])
def test_law_with_units(slope, spread, verdict):
    got = judge(SEEDED, seeds(slope, spread))
    assert got["verdict"] == verdict
    low, high = got["interval"]
    assert low < slope < high


def test_law_wants_all_its_samples_and_three_sizes():
    assert judge(SEEDED, seeds(0.5, 0.001)[:2])["verdict"] == "UNDECIDED"
    cells = seeds(0.5, 0.001)
    cells[0] = (*cells[0][:4], [{}] * 8)
    got = judge(SEEDED, cells)
    assert got["verdict"] == "UNDECIDED" and "does not report values.nodes" in got["sentence"]


BOUND = {"id": "b", "rule": "bound", "metric": "values.late", "workload": "w", "variants": ["v"],
         "n": [10], "max": 0.125, "shape_max": "8/63", "cases": "values.cases", "min_cases": 1000}


@pytest.mark.parametrize("late,cases,verdict", [
    (0.1, 2000, "SUPPORTED"), (0.1265, 2000, "SUPPORTED IN SHAPE"), (0.127, 2000, "REFUTED"),
    (0.127, 2, "REFUTED"), (0.1, 900, "UNDECIDED")])
def test_bound(late, cases, verdict):
    got = judge(BOUND, [("v", "w", 10, "work", [{"late": late, "cases": cases}])])
    assert got["verdict"] == verdict


def test_bound_of_zero_says_how_much_it_excludes():
    test = BOUND | {"max": 0}
    test.pop("shape_max")
    got = judge(test, [("v", "w", 10, "work", [{"late": 0, "cases": 3000}])])
    assert got["verdict"] == "SUPPORTED" and "0.001" in got["sentence"]
    assert judge(test, [])["verdict"] == "UNDECIDED"


WITNESS = {"id": "w", "rule": "witness", "metric": "values.bad", "workload": "w",
           "variants": ["v"], "control": ["u"], "n": [10]}


@pytest.mark.parametrize("seen,control,verdict", [(3, 0, "SUPPORTED"), (3, 1, "INVALID"),
                                                  (0, 0, "UNDECIDED")])
def test_witness(seen, control, verdict):
    cells = [("v", "w", 10, "work", [{"bad": seen}]), ("u", "w", 10, "work", [{"bad": control}])]
    assert judge(WITNESS, cells)["verdict"] == verdict
    assert judge(WITNESS, cells[:1])["verdict"] == "UNDECIDED"


def timed(ratio, blocks=11, spread=0.0, n=10):
    drift = [100.0 * 1.1**b for b in range(blocks)]
    mine = [d * ratio * (1 + spread * (-1) ** b) for b, d in enumerate(drift)]
    return [("v", "w", n, "time", mine), ("u", "w", n, "time", drift),
            ("floor", "w", n, "time", [0.001] * blocks)]


RATIO = {"id": "r", "rule": "ratio", "metric": "ns", "workload": "w", "variants": ["v"],
         "against": "u", "n": [10], "ratio": 0.5}


@pytest.mark.parametrize("ratio,spread,verdict", [
    (0.5, 0.02, "SUPPORTED"), (0.8, 0.02, "SUPPORTED IN SHAPE"), (1.2, 0.02, "REFUTED"),
    (0.99, 0.2, "UNDECIDED")])
def test_ratio(ratio, spread, verdict):
    assert judge(RATIO, timed(ratio, spread=spread))["verdict"] == verdict


def test_ratio_needs_blocks_controls_and_a_low_floor():
    assert judge(RATIO, timed(0.5, blocks=9))["verdict"] == "UNDECIDED"
    assert judge(RATIO, timed(0.5), controls_ok=False)["verdict"] == "INVALID"
    assert judge(RATIO, timed(0.5), gate={"v": False})["verdict"] == "INVALID"
    floor = [("floor", "w", 10, "time", [60.0] * 11)]
    got = judge(RATIO, timed(0.5)[:2] + floor)
    assert got["verdict"] == "UNDECIDED" and "floor" in got["sentence"]
    # A goal that holds with the harness in both holds without; one that does not is not decided.
    held = judge(RATIO | {"max": 0.6}, timed(0.5)[:2] + floor)
    assert held["verdict"] == "SUPPORTED" and "harness in both" in held["sentence"]
    got = judge(RATIO | {"max": 0.45}, timed(0.5)[:2] + floor)
    assert got["verdict"] == "UNDECIDED" and "floor" in got["sentence"]
    counted = RATIO | {"metric": "instructions"}
    cells = [("v", "w", 10, "instructions", [50]), ("u", "w", 10, "instructions", [100])]
    assert judge(counted, cells, controls_ok=False)["verdict"] == "SUPPORTED"


@pytest.mark.parametrize("ratio,spread,verdict", [(1.01, 0.01, "SUPPORTED"),
                                                  (1.2, 0.01, "REFUTED"),
                                                  (1.05, 0.04, "UNDECIDED")])
def test_equivalence(ratio, spread, verdict):
    test = {k: v for k, v in RATIO.items() if k != "ratio"} | {"rule": "equivalence"}
    assert judge(test, timed(ratio, spread=spread))["verdict"] == verdict


@pytest.mark.parametrize("cases,tail,verdict", [(10**6, 50, "SUPPORTED"), (10**6, 150, "REFUTED"),
                                                (10**5, 50, "UNDECIDED")])
def test_tail(cases, tail, verdict):
    test = RATIO | {"rule": "tail", "metric": "values.p99", "meter": "time",
                    "cases": "values.count", "min_cases": 10**6}
    cells = [("v", "w", 10, "time", [{"p99": tail, "count": cases}] * 11),
             ("u", "w", 10, "time", [{"p99": 100, "count": cases}] * 11)]
    for c in cells:
        for figure in c[4]:
            assert set(figure) == {"p99", "count"}
    assert judge(test, cells)["verdict"] == verdict


@pytest.mark.parametrize("cross,verdict", [(1000, "SUPPORTED"), (100, "SUPPORTED IN SHAPE"),
                                           (10**9, "REFUTED")])
def test_crossover(cross, verdict):
    ns = [64, 256, 1024, 4096]
    test = {"id": "c", "rule": "crossover", "metric": "instructions", "workload": "w",
            "variants": ["v"], "against": "u", "n": ns, "band": [500, 2000]}
    cells = series(lambda n: 10.0 * n, ns) + series(lambda n: 10.0 * cross, ns, variant="u")
    assert judge(test, cells)["verdict"] == verdict
    wavy = series(lambda n: 10.0 if n in (64, 1024) else 30.0, ns)
    assert judge(test, wavy + series(lambda n: 20.0, ns, variant="u"))["verdict"] == "UNDECIDED"


@pytest.mark.parametrize("change,words", [
    ({"rule": "vibes"}, ("vibes", "growth, law, ratio")),
    ({"metric": "joules"}, ("joules", "instructions")),
    ({"metric": "ns"}, ("not decided on time",)),
    ({"expect": ["n^2"]}, ("n^2", "log n")),
    ({"n": [0]}, ("whole numbers",)),
    ({"expects": 1}, ("expects",)),
    ({"variants": None}, ("'variants' is missing",)),
])
def test_mistakes_in_a_test_are_named(change, words):
    test = {k: v for k, v in (GROWTH | change).items() if v is not None}
    with pytest.raises(ReportError) as caught:
        rules.check_test(test, "a-claim.toml")
    assert caught.value.code == 78
    assert "a-claim.toml" in caught.value.place
    for word in words:
        assert word in caught.value.text()


def test_cells_needed():
    offered = [{"name": "v", "role": "variant"}, {"name": "u", "role": "variant"},
               {"name": "p", "role": "peer"}]
    cells = rules.cells_needed(GROWTH | {"variants": ["*"]}, offered)
    assert {c["variant"] for c in cells} == {"v", "u"} and len(cells) == 10
    assert cells[0] == {"variant": "v", "workload": "w", "meter": "instructions", "params": {},
                        "n": 64, "seeds": 1}
    peers = rules.cells_needed(GROWTH | {"variants": ["peers"]}, offered)
    assert {c["variant"] for c in peers} == {"p"}
    # A name that is not offered keeps its cells: the plan says why it cannot have them.
    assert {c["variant"] for c in rules.cells_needed(GROWTH | {"variants": ["gone"]}, offered)} \
        == {"gone"}
    controlled = rules.cells_needed(WITNESS, offered)
    assert [c["variant"] for c in controlled] == ["v", "u"]
    assert [c["variant"] for c in rules.cells_needed(RATIO, offered)] == ["v", "u"]


CLAIM = {"schema": 1, "id": "x:1", "component": "timer", "key": "K", "where": "p", "title": "t",
         "claim": "c", "test": [GROWTH]}


def test_claim_verdicts_combine():
    good = series(lambda n: 20 + 3 * math.log2(n))
    bad_law = LAW | {"workload": "w", "x": "n", "slope": [1, 2], "n": [64, 256, 1024]}
    one = claims.judge_claim(CLAIM, index_of(good), context())
    assert one["verdict"] == "SUPPORTED" and one["figure"] == "O(log n)"
    both = claims.judge_claim(CLAIM | {"test": [GROWTH, bad_law | {"id": "law"}]},
                              index_of(good), context())
    assert both["verdict"] == "REFUTED" and "1 of 2" in both["sentence"]
    aside = claims.judge_claim(
        CLAIM | {"test": [GROWTH, bad_law | {"id": "law", "as": "derived"}]},
        index_of(good), context())
    assert aside["verdict"] == "SUPPORTED" and "marked derived, 0 of 1 hold" in aside["sentence"]


def test_preconditions():
    claim = CLAIM | {"preconditions": {"min_cores": 8, "tools": ["valgrind"], "pmu": True}}
    here = {"stable": {"cpus": 2}, "tools": {"valgrind": None}, "absent": {"pmu": "no device"}}
    got = claims.judge_claim(claim, index_of([]), context(environment=here))
    assert got["verdict"] == "NOT TESTABLE HERE"
    for word in ("valgrind is not installed", "8 cores, here 2", "no device"):
        assert word in got["sentence"]
    rich = {"stable": {"cpus": 8}, "tools": {"valgrind": "3.19"}, "absent": {}}
    assert claims.unmet(claim, rich) == []


def test_claims_of_the_tree_are_well_formed():
    from synthetic import CLAIMS
    loaded = [claims.load_claim(p) for p in sorted(CLAIMS.glob("*.toml"))]
    assert {c["id"] for c in loaded} >= {"timers:T1", "timers:T2", "timers:T5", "timers:T7",
                                         "timers:T8", "req:A2-growth"}
    books = claims.load_bibliography()
    for claim in loaded:
        assert claim["key"] in books, claim["id"]
        assert claim["published"], claim["id"]
    assert "10.1145/41457.37504" in claims.citation(books["Varghese1987"])


def test_a_claim_that_nothing_decides_is_refused(tmp_path):
    claim = CLAIM | {"test": [GROWTH | {"as": "derived"}]}
    with pytest.raises(ReportError, match="must decide"):
        claims.check_claim(claim, "x.toml")
    bad = tmp_path / "x.toml"
    bad.write_text("id = ")
    with pytest.raises(ReportError) as caught:
        claims.load_claim(bad)
    assert caught.value.code == 78 and "x.toml" in caught.value.place


def test_law_names_its_largest_misfit():
    got = judge(LAW, series(lambda n: 10 + 15 * n / 4096 + (9 if n == 4096 else 0), LAW["n"]))
    assert got["verdict"] == "REFUTED"
    assert "not straight" in got["figure"]
    assert "largest misfit" in got["sentence"] and "at n = 4096" in got["sentence"]


EVERY = {"growth": GROWTH, "law": LAW, "ratio": RATIO, "bound": BOUND, "witness": WITNESS,
         "equivalence": {k: v for k, v in RATIO.items() if k != "ratio"} | {"rule": "equivalence"},
         "tail": RATIO | {"rule": "tail", "cases": "values.count", "min_cases": 1},
         "crossover": {k: v for k, v in RATIO.items() if k != "ratio"} | {
             "rule": "crossover", "band": [1, 2]}}


@pytest.mark.parametrize("rule", sorted(rules.k_rules))
def test_every_rule_is_invalid_on_a_red_gate_and_undecided_on_nothing(rule):
    test = EVERY[rule]
    assert test["rule"] == rule and set(EVERY) == set(rules.k_rules)
    assert judge(test, [], gate={"v": False})["verdict"] == "INVALID"
    nothing = judge(test, [])
    assert nothing["verdict"] == "UNDECIDED" and "is not in the plan" in nothing["sentence"]
