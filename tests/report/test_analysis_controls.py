"""Controls that bite: each fault is planted in a made-up run, and the analysis must name it."""

import json

import pytest
import synthetic
from test_report import change, edit_lines, read

from reports import analyse
from reports.errors import ReportError
from reports.samples import load_run
from reports.tables import control_rows

TIMED = {"sizes": (512, 4096), "timed": ("timeouts", "hold"), "layouts": 11, "planted": 0.06,
         "layout_effect": 0.004, "noise": 0.006}


def control(analysis, name):
    return next(r for r in analysis["controls"]["rows"] if r["name"] == name)


def verdicts(analysis):
    return {r["verdict"] for r in analysis["pairs"] if r["verdict"] != "reference"}


# -- planted slowdown ----------------------------------------------------------------------------

def test_a_planted_slowdown_is_seen(make_run):
    analysis = analyse.analyse(make_run(**TIMED))
    rows = analysis["controls"]["planted"]
    assert len(rows) == 4 and all(r["seen"] and r["verdict"] == "SLOWER" for r in rows)
    for row in rows:
        assert row["ratio"] == pytest.approx(1.06, abs=0.02) and row["planted"] == 0.06
        assert row["low"] <= row["ratio"] <= row["high"] and row["delta"] >= 0.0198
    assert control(analysis, "planted slowdown")["status"] == "ok"


def test_no_plant_is_absent_and_nothing_more(make_run):
    analysis = analyse.analyse(make_run(**(TIMED | {"planted": None})))
    assert control(analysis, "planted slowdown")["status"] == "absent"
    assert analysis["controls"]["ok"] and verdicts(analysis) == {"FASTER"}


def test_plants_that_did_not_arrive_fail_the_run(make_run):
    analysis = analyse.analyse(make_run(**TIMED, planted_real=0.0))
    assert analysis["controls"]["failed"] == ["planted slowdown"]
    assert verdicts(analysis) == {"INVALID"} and analysis["gate"]["code"] == 3
    assert "0 of 4 seen" in control(analysis, "planted slowdown")["figure"]


def unplant(lines):
    """The plant of one group runs as quick as its reference."""
    for x in lines:
        if x["cell"].endswith("#planted") and "timeouts/n=512" in x["cell"]:
            x["result"]["iter_ns"] = [v / 1.06 for v in x["result"]["iter_ns"]]
    return lines


def test_one_missed_plant_spoils_its_own_group(make_run):
    folder = make_run(**TIMED)
    edit_lines(folder, unplant)
    analysis = analyse.analyse(folder)
    row = control(analysis, "planted slowdown")
    assert row["status"] == "warn" and "3 of 4 seen" in row["figure"]
    assert analysis["controls"]["ok"]
    for pair in analysis["pairs"]:
        if pair["verdict"] != "reference":
            here = (pair["workload"], pair["n"]) == ("timeouts", 512)
            assert pair["verdict"] == ("INVALID" if here else "FASTER"), pair
            assert not here or pair["reason"] == "a planted slowdown of 6 % was not seen here"


def test_a_plant_with_few_units_is_not_judged(make_run):
    analysis = analyse.analyse(make_run(**(TIMED | {"layouts": 9})))
    assert [r["seen"] for r in analysis["controls"]["planted"]] == [None] * 4
    assert control(analysis, "planted slowdown")["status"] == "warn"
    assert verdicts(analysis) == {"UNDECIDED"}
    assert "9 layouts, 10 are needed" in analysis["pairs"][1]["reason"]


@pytest.mark.parametrize("missed,of,status", [(1, 1, "warn"), (2, 2, "failed"), (2, 10, "warn"),
                                              (5, 10, "failed"), (4, 10, "warn")])
def test_more_misses_than_the_power_explains(missed, of, status):
    rows = [{"seen": i >= missed, "cell": f"c{i}", "reason": "r", "planted": 0.05,
             "group": f"g{i}"} for i in range(of)]
    assert control_rows.planted(rows)["status"] == status
    assert len(control_rows.missed_groups(rows)) == missed


# -- noise ---------------------------------------------------------------------------------------

def test_a_loud_machine_fails_the_run(make_run):
    analysis = analyse.analyse(make_run(**TIMED, probes=True, quiet=False))
    assert "gap probe" in analysis["controls"]["failed"] and verdicts(analysis) == {"INVALID"}
    assert analysis["probes"]["loud"] > 5


def test_one_loud_block_is_tagged_and_kept(make_run):
    folder = make_run(**TIMED, probes=True, tagged=0.0)
    path = folder / "probes.jsonl"
    lines = [json.loads(x) for x in path.read_text().splitlines()]
    lines[3]["lost_share"] = 0.2
    path.write_text("".join(json.dumps(x) + "\n" for x in lines))
    run = load_run(folder)
    tagged = [s for samples in run.index.by_cell.values() for s in samples if s.tags]
    assert {s.block for s in tagged} == {1} and all(s.tags == ("loud block",) for s in tagged)
    assert all(s.cell.meter == "time" for s in tagged)
    analysis = analyse.analyse(folder)
    assert control(analysis, "gap probe")["status"] == "warn" and analysis["controls"]["ok"]
    assert verdicts(analysis) == {"FASTER"}


def test_a_neighbours_load_is_tagged(make_run):
    analysis = analyse.analyse(make_run(**TIMED, load=0.15, tagged=0.0))
    assert " tagged" in control(analysis, "quiet machine")["figure"]
    assert not control(analysis, "quiet machine")["figure"].startswith("0 %")
    assert analysis["controls"]["ok"] and "SLOWER" not in verdicts(analysis)


def test_a_large_load_voids_the_run(make_run):
    analysis = analyse.analyse(make_run(**TIMED, load=0.8, tagged=0.0))
    assert "quiet machine" in analysis["controls"]["failed"]
    assert verdicts(analysis) == {"INVALID"}


def test_a_clock_that_stepped_is_a_tag(make_run):
    folder = make_run(**TIMED, tagged=0.0)

    def step(lines):
        for x in lines:
            if x["cell"].startswith("timer/binary_heap/timeouts/n=512/time"):
                x["tags"] = ["clock_stepped"]
        return lines
    edit_lines(folder, step)
    bad = [r for r in analyse.analyse(folder)["pairs"] if r["verdict"] == "INVALID"]
    assert [(r["variant"], r["workload"], r["n"]) for r in bad] == [("binary_heap", "timeouts",
                                                                     512)]


# -- symmetry, layouts, series -------------------------------------------------------------------

def test_equal_code_that_leans_to_one_side_is_told(make_run):
    even = analyse.analyse(make_run(**TIMED))
    assert control(even, "symmetry")["status"] == "ok"


def test_a_lean_below_delta_is_still_seen(make_run):
    leaning = analyse.analyse(make_run(**(TIMED | {"layout_effect": 0.001, "noise": 0.003}),
                                       aa_shift=0.012))
    assert control(leaning, "A/A")["status"] == "ok"
    row = control(leaning, "symmetry")
    assert row["status"] == "warn" and row["figure"] == "11 slower, 0 faster"
    assert leaning["controls"]["ok"]


def test_layouts_control_splits_the_noise(make_run):
    analysis = analyse.analyse(make_run(**(TIMED | {"layouts": 30, "layout_effect": 0.03}),
                                        repeats=3))
    sentence = control(analysis, "layouts")["sentence"]
    between = float(sentence.split("spread by ")[1].split(" %")[0])
    within = float(sentence.split("layouts and ")[1].split(" %")[0])
    # Two programs are compared: each brings its own layout and its own process.
    assert between == pytest.approx(100 * 0.03 * 2**0.5, rel=0.35)
    assert within == pytest.approx(100 * 0.007 * 2**0.5, rel=0.35)


def test_shapes_of_series_are_counted(make_run):
    folder = make_run(**TIMED, batches=48, shapes=True)
    analysis = analyse.analyse(folder)
    total = {k: sum(r["steady"][k] for r in analysis["pairs"])
             for k in ("warmed", "flat", "slowing", "none", "short")}
    count = sum(total.values())
    assert count == 3 * 4 * 11 and total["short"] == 0
    for kind, share in (("flat", 0.8), ("warmed", 0.15), ("slowing", 0.03), ("none", 0.02)):
        assert total[kind] / count == pytest.approx(share, abs=0.09), kind
    assert f"{total['warmed']} warmed" in control(analysis, "steady state")["sentence"]


def test_batches_that_follow_each_other_are_tagged(make_run):
    loose = analyse.analyse(make_run(**TIMED, batches=64))
    assert not any(r["autocorrelated"] for r in loose["pairs"])


def test_a_chain_of_batches_is_tagged(make_run):
    analysis = analyse.analyse(make_run(**TIMED, batches=64, carry=0.7))
    assert all(r["autocorrelated"] and r["lag1"] > 0.4 for r in analysis["pairs"])
    assert "Batches depend on each other in 12 of 12" in \
        control(analysis, "steady state")["sentence"]


# -- what does not belong into the folder --------------------------------------------------------

def first_timed(lines, **change):
    i = next(i for i, x in enumerate(lines) if x["cell"].endswith("/time"))
    return [*lines[:i], lines[i] | change, *lines[i + 1:]]


@pytest.mark.parametrize("changed,words", [
    ({"layout": 3}, "block 0 has layout 0"),
    ({"layout": None}, "layout None"),
    ({"binary": synthetic.sha("multimap_oracle")}, "another build"),
    ({"binary": synthetic.sha("multimap_oracle/twin/0")}, "another build"),
    ({"fingerprint": "00000000"}, "another machine"),
    ({"schema": 2}, "schema 2"),
])
def test_samples_of_another_link_or_machine_are_refused(make_run, changed, words):
    folder = make_run(**TIMED)
    edit_lines(folder, lambda lines: first_timed(lines, **changed))
    with pytest.raises(ReportError, match=words) as caught:
        analyse.analyse(folder)
    assert caught.value.code == 65 and "samples.jsonl:1" in caught.value.place


@pytest.mark.parametrize("changed,words", [
    ({"schema": 7}, "schema 7"), ({"run": "other"}, "another run"),
    ({"fingerprint": "00000000"}, "another machine"), ({"lost_share": None}, "lost share"),
    ({"block": "x"}, "block")])
def test_foreign_probes_are_refused_by_line(make_run, changed, words):
    folder = make_run(**TIMED, probes=True)
    path = folder / "probes.jsonl"
    lines = [json.loads(x) for x in path.read_text().splitlines()]
    lines[4] |= changed
    path.write_text("".join(json.dumps(x) + "\n" for x in lines))
    with pytest.raises(ReportError, match=words) as caught:
        analyse.analyse(folder)
    assert caught.value.code == 65 and caught.value.place.endswith("probes.jsonl:5")


def test_a_twin_must_be_a_twin_link(make_run):
    folder = make_run(**TIMED)

    def own_link(lines):
        for x in lines:
            if x["cell"].endswith("#aa"):
                x["binary"] = synthetic.sha(f"multimap_oracle/layout/{x['layout']}")
        return lines
    edit_lines(folder, own_link)
    with pytest.raises(ReportError, match="another build"):
        analyse.analyse(folder)


@pytest.mark.parametrize("layouts", [{"count": 0}, {"count": "11"}, {}, 11])
def test_broken_layouts_in_a_plan_are_refused(make_run, layouts):
    folder = make_run(**TIMED)
    change(folder, "plan.json", layouts=layouts)
    with pytest.raises(ReportError, match="no count of links") as caught:
        analyse.analyse(folder)
    assert caught.value.place.endswith("plan.json")


def test_a_plant_of_another_size_is_refused(make_run):
    folder = make_run(**TIMED)

    def other(lines):
        for x in lines:
            x["planted"] = 0.5 if x["planted"] else None
        return lines
    edit_lines(folder, other)
    with pytest.raises(ReportError, match="planned was 0.06"):
        analyse.analyse(folder)


def test_an_old_run_reads_as_before(make_run):
    folder = make_run()
    plan = read(folder, "plan.json")
    for key in ("layouts", "repeats", "pilot", "looks", "stop_rule", "placements"):
        plan.pop(key)
    for cell in plan["cells"]:
        for key in ("placement", "planted", "min_time"):
            cell.pop(key, None)
    (folder / "plan.json").write_text(json.dumps(plan))
    analysis = analyse.analyse(folder)
    assert analysis["controls"]["ok"] and verdicts(analysis) == {"FASTER"}
    for table in ("usl", "fairness", "latency", "system", "pitfalls", "looks"):
        assert analysis[table] == []
    assert analysis["account"] is None and analysis["probes"] is None
