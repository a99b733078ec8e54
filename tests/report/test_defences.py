"""What must not help a verdict: absent controls, counts near the harness, foreign samples."""

import json

import pytest
from test_report import by_id, change, edit_lines, read
from test_rules import BOUND, RATIO, WITNESS, context, index_of, judge, timed

from reports import analyse
from reports.errors import ReportError
from reports.judge import baseline, rules
from reports.page import report
from reports.samples import load_run
from reports.stats import ratios as stats


def without(text):
    return lambda lines: [x for x in lines if text not in x["cell"]]


def add_counted_floor(folder, per_op):
    """The harness of timeouts at 4096, counted as a real plan has it."""
    plan = read(folder, "plan.json")
    ident = "timer/floor/timeouts/n=4096/instructions"
    like = next(c for c in plan["cells"] if c["id"] == ident.replace("floor", "binary_heap"))
    cell = like | {"id": ident, "variant": "floor", "role": "floor"}
    change(folder, "plan.json", cells=[*plan["cells"], cell])

    def more(lines):
        old = next(x for x in lines if x["cell"] == like["id"])
        new = old | {"cell": ident, "role": "floor", "instructions": per_op * 8192,
                     "binary": plan["binaries"]["floor"]["sha256"],
                     "result": old["result"] | {"variant": "floor"}}
        return [*lines, new]
    edit_lines(folder, more)


def high_floor(make_run, per_op):
    folder = make_run(floor_ns=60.0, sizes=(4096,), timed=("timeouts",))
    add_counted_floor(folder, per_op)
    report.write(folder)
    return {r["variant"]: r for r in read(folder, "analysis.json")["pairs"]}, folder


def test_a_counted_floor_is_not_timed_and_is_taken_off_counts(make_run):
    rows, folder = high_floor(make_run, 20)
    row = rows["hashed_wheel"]  # 27 here, 4 * (18 + 6 * 12) = 360 in the reference
    assert row["verdict"] == "FASTER" and row["ratio"] == pytest.approx(7 / 340)
    assert "7 over 340 instructions" in row["reason"] and "net of the harness" in row["reason"]
    floors = [f for f in read(folder, "analysis.json")["floors"] if f["n"] == 4096]
    assert len(floors) == 1 and floors[0]["ns"]["median"] > 50
    assert ">counted</i>" in (folder / "report.html").read_text()


@pytest.mark.parametrize("per_op", [25, 26, 27, 400])
def test_counts_near_the_harness_are_not_told(make_run, per_op):
    row = high_floor(make_run, per_op)[0]["hashed_wheel"]
    assert row["verdict"] == "UNDECIDED" and row["ratio"] is None
    assert "too close to the harness" in row["reason"]


@pytest.mark.parametrize("gone,why", [("#aa", "no A/A control"), ("/floor/", "no floor control")])
def test_an_absent_control_leaves_pairs_undecided(make_run, gone, why):
    folder = make_run()
    edit_lines(folder, lambda lines: [x for x in lines if not (
        gone in x["cell"] and "timeouts/n=512/time" in x["cell"])])
    analysis = analyse.analyse(folder)
    rows = [r for r in analysis["pairs"] if r["verdict"] != "reference"]
    bare = [r for r in rows if (r["workload"], r["n"]) == ("timeouts", 512)]
    assert {(r["verdict"], r["reason"]) for r in bare} == {("UNDECIDED", why)}
    assert not any(r["reason"] == why for r in rows if r not in bare)
    edit_lines(folder, without(gone))
    analysis = analyse.analyse(folder)
    assert not analysis["controls"]["ok"] and analysis["gate"]["code"] == 3
    assert {r["verdict"] for r in analysis["pairs"]} == {"reference", "UNDECIDED"}


def test_spoiled_counts_are_invalid_and_times_alone_are_not():
    counted = RATIO | {"metric": "instructions"}
    cells = [("v", "w", 10, "instructions", [50]), ("u", "w", 10, "instructions", [100])]
    assert judge(counted, cells, counts_ok=False)["verdict"] == "INVALID"
    assert judge(counted, cells, controls_ok=False)["verdict"] == "SUPPORTED"
    assert judge(RATIO, timed(0.5), absent=["A/A"])["verdict"] == "UNDECIDED"
    assert judge(RATIO, timed(0.5)[:2])["verdict"] == "UNDECIDED"


def test_both_sides_of_a_pair_and_tags_are_looked_at():
    assert judge(RATIO, timed(0.5), gate={"u": False})["verdict"] == "INVALID"
    index = index_of(timed(0.5))
    index.by_cell["timer/u/w/n=10/time"] = [
        type(s)(s.cell, s.block, ("contended",), None, s.result, None)
        for s in index.by_cell["timer/u/w/n=10/time"]]
    assert rules.judge(RATIO, index, context())["verdict"] == "INVALID"


def test_tail_bound_and_witness_want_all_their_samples():
    tail = RATIO | {"rule": "tail", "metric": "values.p99", "meter": "time",
                    "cases": "values.count", "min_cases": 10}
    cells = [("v", "w", 10, "time", [{"p99": 50}] * 11),
             ("u", "w", 10, "time", [{"p99": 100, "count": 99}] * 11)]
    assert judge(tail, cells)["verdict"] == "UNDECIDED"
    assert judge(BOUND, [("v", "w", 10, "work", [{"late": 0.1}])])["verdict"] == "UNDECIDED"
    seen = [("v", "w", 10, "work", [{"bad": 1}] * 3), ("u", "w", 10, "work", [{"bad": 0}] * 2)]
    got = judge(WITNESS | {"seeds": 3}, seen)
    assert got["verdict"] == "UNDECIDED" and "1 are missing" in got["sentence"]


def test_one_of_many_aa_pairs_off_by_half_is_seen():
    quiet = [[0.01 * (-1) ** b for b in range(10)] for _ in range(35)]
    verdicts = [v["passed"] for v in stats.aa_family([*quiet, [0.4 + 0.01 * b for b in range(10)]])]
    assert verdicts == [True] * 35 + [False]
    assert stats.aa_error_bound([10] * 36) == pytest.approx(36 / 512)
    assert stats.aa_error_bound([11] * 10) == pytest.approx(0.05)


def test_claim_files_match_the_plan(make_run):
    folder = make_run(with_claims=True)
    path = next((folder / "claims").glob("*t2*"))
    told = read(folder, "plan.json")["claims"]
    change(folder, "plan.json", claims={k: v for k, v in told.items() if k != "timers:T2"})
    report.write(folder)
    row = {c["id"]: c for c in read(folder, "report.json")["claims"]}["timers:T2"]
    assert row["edited"] == "added after the run was planned" and row["edited"] in row["sentence"]
    change(folder, "plan.json", claims=told)
    path.unlink()
    with pytest.raises(ReportError, match="timers:T2 was planned") as caught:
        analyse.analyse(folder)
    assert caught.value.code == 65


@pytest.mark.parametrize("line,result", [
    ({"block": "0"}, {}), ({"block": 11}, {}), ({"block": -1}, {}), ({"block": True}, {}),
    ({}, {"ns_per_op": float("nan")}), ({}, {"ns_per_op": "9"}), ({}, {"iter_ns": [1, "x"]}),
    ({}, {"ops": 0}), ({}, {"variant": "other"}), ({}, {"n": 1}), ({}, {"workload": "stop"}),
    ({}, {"seed": 1})])
def test_foreign_results_are_refused_by_line(make_run, line, result):
    folder = make_run()
    edit_lines(folder, lambda lines: [lines[0], lines[1] | line | {
        "result": lines[1]["result"] | result}])
    with pytest.raises(ReportError) as caught:
        analyse.analyse(folder)
    assert caught.value.code == 65 and caught.value.place.endswith("samples.jsonl:2")


@pytest.mark.parametrize("text", ["{", "[]", '{"schema": 1}', '{"schema": 1, "run": "r", '
                                  '"claims": [{}], "counted": [], "pairs": []}'])
def test_a_broken_baseline_is_refused(make_run, text):
    folder = make_run()
    (folder / "baseline.json").write_text(text)
    with pytest.raises(ReportError) as caught:
        analyse.analyse(folder)
    assert caught.value.code == 65 and "baseline.json" in caught.value.place


def test_gate_codes(good_run):
    good = read(good_run, "analysis.json")

    def code(now, before):
        return baseline.compare(now, before, "here")["code"]

    def spoilt(**more):
        return json.loads(json.dumps(good)) | more

    assert code(good, good) == 0
    for field in ("failed", "absent", "red"):
        assert code(spoilt(controls=good["controls"] | {field: ["x"]}), good) == 3
    assert code(spoilt(counted=good["counted"][1:]), good) == 3
    assert code(spoilt(counted=[], pairs=[]), {}) == 3
    for verdict, wanted in (("UNDECIDED", 3), ("INVALID", 3), ("REFUTED", 2)):
        now = spoilt()
        by_id(now)["timers:T1"]["verdict"] = verdict
        assert code(now, good) == wanted
    assert code(spoilt(claims=good["claims"][1:]), good) == 3
    dear = spoilt()
    row = next(r for r in dear["counted"] if r["meter"] == "instructions")
    row["figures"]["instructions"] *= 1.05
    assert code(dear, good) == 1


def test_a_renamed_run_keeps_its_name(make_run, tmp_path):
    folder = make_run()
    plan = json.loads((folder / "plan.json").read_text())
    plan["run"] = folder.name
    (folder / "plan.json").write_text(json.dumps(plan))
    moved = folder.rename(tmp_path / "kept")
    assert load_run(moved).name == plan["run"]
