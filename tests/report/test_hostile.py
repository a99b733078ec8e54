"""Runs and plans of somebody who wants the report to say what is not so."""

import json
import math
import random

import pytest
import synthetic
import synthetic_more
from test_analysis_controls import TIMED, control, verdicts
from test_report import edit_lines, read
from test_rules import RATIO, index_of, judge, timed

from reports import analyse
from reports.errors import ReportError
from reports.judge.claims import claim_sentence
from reports.judge.rules_common import Outcome
from reports.page import report
from reports.pitfalls import rows as pitfalls
from reports.samples import load_run
from reports.stats import intervals, permutation, sequential
from reports.stats.ratios import aa_error_bound
from reports.tables import findings, order_strip, stopping


def rewrite(path, edit):
    path.write_text(json.dumps(edit(json.loads(path.read_text()))))


# -- looks ---------------------------------------------------------------------------------------

SMALL = {"rich": True, "sizes": (512,), "timed": ("hold",)}
LOOKED = TIMED | {"looks": True, "sizes": (512,), "timed": ("hold",), "layouts": 22}


def with_looks(folder, looks, most=22, first=11):
    """The plan's stopping rule and looks, of every timed group."""
    def told(plan):
        groups = list(plan["stop_rule"]["units_max"])
        plan["stop_rule"] = {"first": first, "units_max": dict.fromkeys(groups, most)}
        plan["looks"] = [{"group": g, "units": u, "units_max": m, "level": level, "decided": False,
                          "why": ""} for g in groups for u, m, level in looks]
        return plan
    rewrite(folder / "plan.json", told)
    return stopping.control(load_run(folder))


def planned(most=22, first=11):
    return [(e.units, most, e.level) for e in sequential.schedule(most, first)]


def test_looks_as_planned_pass(make_run):
    folder = make_run(**LOOKED)
    assert with_looks(folder, planned())["status"] == "ok"
    left = 0.05 - sum(1 - level for _, _, level in planned()[:-1])
    assert with_looks(folder, [*planned()[:-1], (22, 22, 1 - left)])["status"] == "ok"


@pytest.mark.parametrize("looks,words", [
    ([(11, 22, 0.95), *planned()[1:]], "a look at 11 units at level 0.95"),
    ([*planned()[:-1], (22, 22, 0.96)], "looks that spend"),
    ([(11, 33, planned()[0][2]), *planned()[1:]], "33 units at most"),
    ([planned()[0], (12, 22, 0.999), *planned()[1:]], "12 units was not planned"),
    ([planned()[0], planned()[0], *planned()[1:]], "a second look at 11"),
    ([(22, 22, 0.95)], "no look at 11 units is recorded"),
    ([], "no look at 11 units is recorded")])
def test_looks_that_were_not_planned_void_the_times(make_run, looks, words):
    folder = make_run(**LOOKED)
    told = with_looks(folder, looks)
    assert told["status"] == "failed" and words in told["sentence"]
    analysis = analyse.analyse(folder)
    assert analysis["controls"]["failed"] == ["stopping rule"] and analysis["gate"]["code"] == 3
    assert {r["verdict"] for r in analysis["pairs"]} <= {"INVALID", "reference"}


def test_more_units_than_were_planned_are_seen(make_run):
    """units_max set lower once the data are there: the looks still say what it was."""
    told = with_looks(make_run(**LOOKED), planned(), most=16)
    assert told["status"] == "failed" and "22 units at most, the plan has 16" in told["sentence"]


# -- plants --------------------------------------------------------------------------------------

@pytest.mark.parametrize("real,status,words", [(0.06, "ok", "planted 6 %, arrived"),
                                               (0.12, "warn", "arrived larger than planned"),
                                               (0.5, "failed", "6 % were planted, ")])
def test_a_plant_larger_than_planned_is_told(make_run, real, status, words):
    analysis = analyse.analyse(make_run(**TIMED, planted_real=real))
    told = control(analysis, "planted slowdown")
    assert told["status"] == status and words in told["sentence"]
    assert (verdicts(analysis) == {"INVALID"}) == (status == "failed")


def test_a_plant_in_the_result_is_held_against_the_plan(make_run):
    folder = make_run(**TIMED)

    def larger(lines):
        for x in lines:
            if x["cell"].endswith("#planted"):
                x["result"]["planted"] = 0.5
        return lines
    edit_lines(folder, larger)
    with pytest.raises(ReportError, match="planned was 0.06"):
        analyse.analyse(folder)


# -- claims on time ------------------------------------------------------------------------------

@pytest.mark.parametrize("published,ratio,spread,verdict", [
    (1.2, 0.93, 0.001, "REFUTED"),  # inside the tolerance, on the other side of 1
    (1.2, 1.0, 0.001, "UNDECIDED"), (1.2, 1.01, 0.001, "UNDECIDED"),  # not beyond delta
    (1.2, 1.15, 0.001, "SUPPORTED"), (0.5, 0.99, 0.001, "UNDECIDED"),
    (0.5, 1.01, 0.001, "UNDECIDED"), (0.5, 1.05, 0.001, "REFUTED")])
def test_a_tolerance_never_turns_a_side(published, ratio, spread, verdict):
    test = RATIO | {"ratio": published}
    assert judge(test, timed(ratio, spread=spread))["verdict"] == verdict


@pytest.mark.parametrize("ratio", [1, "1", 0, -2])
def test_a_ratio_without_a_side_is_refused(ratio):
    with pytest.raises(ReportError, match="has no side"):
        judge(RATIO | {"ratio": ratio}, timed(0.5))


def test_a_claim_needs_of_its_group_what_a_pair_does():
    cells = timed(0.9, spread=0.001)
    assert judge(RATIO, cells, deltas={})["verdict"] == "UNDECIDED"
    assert "no A/A control" in judge(RATIO, cells, deltas={})["sentence"]
    group = judged_group(cells)
    assert judge(RATIO, cells, deltas={group: 0.02})["verdict"] != "UNDECIDED"
    assert judge(RATIO, cells, deltas={group: 0.2})["verdict"] == "UNDECIDED"
    missed = judge(RATIO, cells, deltas={group: 0.02}, missed={group: "plant not seen"})
    assert missed["verdict"] == "INVALID" and "plant not seen" in missed["sentence"]


def judged_group(cells):
    return next(iter(index_of(cells).cells.values())).group


def test_a_crossover_not_told_at_some_sizes_is_not_refuted():
    test = {k: v for k, v in RATIO.items() if k != "ratio"} | {
        "rule": "crossover", "band": [10, 100], "n": [10, 100]}
    cells = timed(0.5) + [(v, w, 100, m, x) for v, w, _, m, x in timed(1.001, spread=0.001)]
    assert judge(test, cells)["verdict"] == "UNDECIDED"


def test_an_undecided_claim_is_short(make_run):
    folder = make_run(with_claims=True, sizes=synthetic.World().sizes)
    edit_lines(folder, lambda lines: [x for x in lines if x["cell"].endswith("/time")])
    told = [c for c in analyse.analyse(folder)["claims"] if c["verdict"] == "UNDECIDED"]
    assert told and all(len(c["sentence"]) < 400 for c in told)
    assert any("tests lack their cells, first " in c["sentence"] for c in told)


def test_what_lacks_and_what_does_not_tell_are_two_things():
    tests = [{"id": str(i), "as": "", "verdict": "UNDECIDED", "sentence": "s", "figure": "",
              "published": "", "strands": [vars(Outcome("UNDECIDED", "", f"v{i}: missing: c",
                                                        lacking=i < 2))]} for i in range(3)]
    assert claim_sentence("UNDECIDED", tests) == (
        "Not decided: 2 of 3 tests lack their cells, first v0: c; in 1 of 3 tests the figures do "
        "not tell, first v2: missing: c.")


# -- bad figures ---------------------------------------------------------------------------------

@pytest.mark.parametrize("field,value,words", [
    ("iter_ns", [-5.0] * 5, "cannot be"), ("iter_ns", [0.0] * 5, "cannot be"),
    ("iter_ns", [None] * 5, "not a sample"), ("ops", float("inf"), "not a count"),
    ("latency", 5, "not what the benchmark prints"), ("iter_ns", [1.0, 10**400], "not a ")])
def test_times_that_cannot_be_are_refused_by_line(make_run, field, value, words):
    folder = make_run(**TIMED)

    def spoil(lines):
        one = next(x for x in lines if "/binary_heap/" in x["cell"] and "iter_ns" in x["result"])
        one["result"][field] = value
        return lines
    edit_lines(folder, spoil)
    with pytest.raises(ReportError, match=words) as caught:
        analyse.analyse(folder)
    assert "samples.jsonl:" in caught.value.place


def test_a_floor_of_nothing_is_a_floor(make_run):
    folder = make_run(**TIMED)

    def spoil(lines):
        for x in lines:
            if x["role"] == "floor" and x["cell"].endswith("/time"):
                x["result"]["iter_ns"] = [0.0] * 5
        return lines
    edit_lines(folder, spoil)
    assert verdicts(analyse.analyse(folder)) == {"FASTER"}


def test_equal_times_are_the_same_and_few_layouts_never_decide(make_run):
    def level(lines):
        for x in lines:
            if x["cell"].partition("#")[0].endswith("/time") and x["role"] in ("subject", "aa"):
                x["result"]["iter_ns"] = [50.0] * 5
        return lines
    folder = make_run(**(TIMED | {"planted": None}))
    edit_lines(folder, level)
    assert verdicts(analyse.analyse(folder)) == {"SAME"}


@pytest.mark.parametrize("name,spoil", [
    ("plan.json", lambda p: p | {"gate": 5}), ("plan.json", lambda p: p | {"looks": [3]}),
    ("plan.json", lambda p: p | {"stop_rule": {"first": None, "units_max": {"g": "x"}}}),
    ("environment.json", lambda e: e | {"stable": {"cpus": [1]}}),
    ("evidence.json", lambda e: e | {"rows": [7]})])
def test_files_with_words_for_figures_are_bad_input(make_run, name, spoil):
    folder = make_run(**SMALL, with_claims=True)
    rewrite(folder / name, spoil)
    try:
        analyse.analyse(folder)
    except ReportError as error:
        assert error.remedy


# -- what goes into the page ---------------------------------------------------------------------

def test_a_drawing_is_never_taken_from_a_file(make_run):
    folder = make_run(**SMALL)
    whole = read(folder, "pitfalls.json")
    assert pitfalls.rows_of(folder) == whole["rows"]  # the same drawing, made again

    def inject(document):
        for face in pitfalls.k_faces:
            document["rows"][0][face]["svg"] = "<svg onload=alert(1)></svg><script>x</script>"
            document["rows"][0][face]["text"] = "\"><script>alert(2)</script>"
        return document
    rewrite(folder / "pitfalls.json", inject)
    html = report.page(analyse.analyse(folder))
    assert "alert(1)" not in html and "<script>alert(2)" not in html


@pytest.mark.parametrize("key,value", [("low", "<script>"), ("high", None), ("ratio", [1]),
                                       ("low", -1), ("low", float("nan")), ("ratio", True)])
def test_a_drawing_of_no_figures_is_refused(tmp_path, key, value):
    document = synthetic_more.pitfalls_of(synthetic.World())
    document["rows"][0]["wrong"][key] = value
    (tmp_path / "pitfalls.json").write_text(json.dumps(document))
    with pytest.raises(ReportError, match="not a file of pitfalls"):
        pitfalls.rows_of(tmp_path)


BAD = '"\'><script>zz()</script><b onx=1>'


@pytest.mark.parametrize("word", ["binary_heap", "hold", "LLD 19.1.7", "all_cpus"])
def test_names_of_an_imported_run_are_text(make_run, word):
    folder = make_run(**SMALL)
    for path in [*folder.glob("*.json"), *folder.glob("*.jsonl")]:
        if path.name != "pitfalls.json":
            text = path.read_text().replace(word, word + json.dumps(BAD)[1:-1])
            path.write_text(text)
    html = report.page(analyse.analyse(folder))
    assert "zz()" in html and "<script>zz" not in html and "<b onx" not in html


# -- sentences and size --------------------------------------------------------------------------

def test_an_account_does_not_call_set_up_nothing():
    told = findings.of_account(synthetic_more.ACCOUNT)
    assert "6.1 % of the timed part passed outside of any process" in told
    silent = findings.of_account(synthetic_more.ACCOUNT | {"waste_share": None})
    assert silent.endswith("starting processes.")


def test_tails_are_compared_at_one_quantile():
    def row(name, quantiles):
        return {"variant": name, "workload": "w", "params": {}, "kind": "batches", "units": 9,
                "quantiles": [{"q": q, "value": v, "low": None, "high": None}
                              for q, v in quantiles]}
    told = findings.of_tails([row("shallow", [(0.5, 1.0), (0.9, 3.0)]),
                              row("deep", [(0.5, 1.0), (0.9, 2.0), (0.99, 9.0)])])
    assert "that of shallow: the 90th percentile" in told and "(deep)" in told


def test_the_chance_that_equal_code_fails_adds_up():
    assert aa_error_bound([20] + [6] * 9) == pytest.approx(0.05 + 9 / 32)
    assert aa_error_bound([10] * 36) == pytest.approx(36 / 512)


def test_many_units_cost_little():
    assert intervals.binomial_tail(49_000, 100_000) == pytest.approx(1.3e-10, rel=0.1)
    assert len(sequential.schedule(3000)) > 10
    rng = random.Random(3)
    logs = [rng.gauss(0.0008, 0.02) for _ in range(1200)]
    few = permutation.block_permutation_p(logs[:1000])
    assert abs(few - permutation.block_permutation_p(logs[:1000] + [0.0])) < 0.02
    drift = {b: 0.001 * b + rng.gauss(0, 0.01) for b in range(5000)}
    found = order_strip.of_blocks(drift)
    assert found["slope_percent_per_block"] == pytest.approx(100 * math.expm1(0.001), rel=0.01)
    assert found["blocks"] == 5000
