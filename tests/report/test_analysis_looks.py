"""Looks at a run in progress, the baseline's ratios, and Holm over the strands of a claim."""

import json
import math
import time

import pytest
import synthetic
from test_report import edit_lines, read
from test_rules import CLAIM, RATIO, context, index_of, judge, timed

from reports import analyse, looks, units
from reports.groups import label
from reports.judge import baseline, claims
from reports.samples import SampleIndex

PLANNED = {"layouts": 20, "planted": 0.06, "layout_effect": 0.004, "noise": 0.006,
           "sizes": (512, 4096)}
LEVEL = 0.9883


def groups_of(folder):
    return sorted({label(c) for c in read(folder, "plan.json")["cells"] if c["meter"] == "time"})


def looked(folder, level=LEVEL):
    return looks.undecided(folder, dict.fromkeys(groups_of(folder), level))


def keep_blocks(folder, blocks):
    edit_lines(folder, lambda lines: [x for x in lines if x["block"] < blocks])


def test_a_clear_run_is_decided_at_its_first_look(make_run):
    folder = make_run(**PLANNED)
    keep_blocks(folder, 11)
    found = looked(folder)
    assert set(found) == set(groups_of(folder)) and len(found) == 4
    assert all(reasons == [] for reasons in found.values()), found


def test_a_stricter_level_decides_later(make_run):
    folder = make_run(**PLANNED)
    keep_blocks(folder, 10)
    assert all(looked(folder, 0.9999).values())


def test_too_few_units_are_not_decided(make_run):
    folder = make_run(**PLANNED)
    keep_blocks(folder, 8)
    for reasons in looked(folder).values():
        assert any("8 layouts, 10 are needed" in r for r in reasons)
        assert any("planted slowdown is not seen yet" in r for r in reasons)


def test_a_pair_that_cannot_be_told_keeps_its_group_open(make_run, monkeypatch):
    monkeypatch.setitem(synthetic.SCALE, "near", 4.1)
    monkeypatch.setattr(synthetic, "LOG", (*synthetic.LOG, "near"))
    folder = make_run(**(PLANNED | {"noise": 0.03}), variants=("multimap_oracle", "near",
                                                               "hashed_wheel"))
    for reasons in looked(folder).values():
        assert any(r.startswith("near: UNDECIDED") for r in reasons)
        assert not any(r.startswith("hashed_wheel") for r in reasons)


def test_an_unseen_plant_keeps_its_group_open(make_run):
    folder = make_run(**PLANNED, planted_real=0.0)
    assert all(looked(folder).values())


def test_a_red_variant_does_not_keep_a_group_open(make_run):
    folder = make_run(**PLANNED)
    plan = read(folder, "plan.json")
    plan["gate"]["hashed_wheel"]["passed"] = False
    (folder / "plan.json").write_text(json.dumps(plan))
    assert not any(looked(folder).values())


def test_a_block_that_is_not_whole_is_tolerated(make_run):
    folder = make_run(**PLANNED)
    lines = (folder / "samples.jsonl").read_text().splitlines(keepends=True)
    timed_lines = [i for i, x in enumerate(lines) if "/time" in x]
    (folder / "samples.jsonl").write_text("".join(lines[:timed_lines[len(timed_lines) * 3 // 4]]))
    assert set(looked(folder)) == set(groups_of(folder))


def test_a_look_before_the_first_sample_says_so(make_run):
    folder = make_run(**PLANNED)
    (folder / "samples.jsonl").write_text("")
    assert all("no A/A comparison yet" in r[0] for r in looked(folder).values())


def test_a_look_is_quick(tmp_path):
    """3000 samples; a look comes between two blocks and must not cost much of one."""
    folder = synthetic.write(tmp_path, synthetic.World(
        **(PLANNED | {"sizes": (64, 512, 4096, 32768, 262144)}), batches=32, with_claims=False))
    keep_blocks(folder, 20)
    count = sum(1 for _ in open(folder / "samples.jsonl", "rb"))
    looked(folder)
    began = time.process_time()
    looked(folder)
    assert count > 2300 and time.process_time() - began < 1.5


# -- baseline ------------------------------------------------------------------------------------

def against(now, before):
    return baseline.compare(now, before, "here")


def test_a_ratio_beyond_its_old_interval_is_a_regression(make_run):
    now = analyse.analyse(make_run(**PLANNED))
    assert against(now, now)["code"] == 0
    before = json.loads(json.dumps(now))
    row = next(r for r in before["pairs"] if r["variant"] == "hashed_wheel")
    for key in ("ratio", "low", "high"):
        row[key] /= 1.3
    got = against(now, before)
    assert got["code"] == 1 and [r["cell"] for r in got["regressions"]] == [row["cell"]]
    assert got["regressions"][0]["metric"] == "ratio of time"
    assert any("ratio of time" in w for w in got["why"]) and not got["invalid"]


@pytest.mark.parametrize("change", [
    {"low": None, "high": None}, {"basis": "instructions"}, {"verdict": "INVALID"},
    {"reference": "other"}])
def test_a_ratio_without_its_interval_is_no_regression(make_run, change):
    now = analyse.analyse(make_run(**PLANNED))
    before = json.loads(json.dumps(now))
    for row in before["pairs"]:
        if row["verdict"] != "reference":
            row |= {k: row[k] / 1.3 for k in ("ratio", "low", "high")} | change
    assert against(now, before)["regressions"] == []


def test_within_delta_or_overlapping_is_no_regression(make_run):
    now = analyse.analyse(make_run(**PLANNED))
    for factor in (1.005, 1 / 1.5):  # closer than delta; and better than before
        before = json.loads(json.dumps(now))
        for row in before["pairs"]:
            if row["verdict"] != "reference":
                row |= {k: row[k] / factor for k in ("ratio", "low", "high")}
        assert against(now, before)["regressions"] == []


def test_a_reduced_baseline_will_do(make_run):
    folder = make_run(**PLANNED)
    now = analyse.analyse(folder)
    keep = {"schema": 1, "run": now["run"], "fingerprint": now["fingerprint"], "claims": [],
            "counted": [{k: r[k] for k in ("cell", "figures")} for r in now["counted"]],
            "pairs": [{k: r[k] for k in ("cell", "units", "ratio", "low", "high", "delta",
                                         "verdict", "basis", "reference")} for r in now["pairs"]],
            "environment": {"stable": now["environment"]["stable"] | {"kernel": "6.0"},
                            "tools": now["environment"]["tools"]}}
    (folder / "baseline.json").write_text(json.dumps(keep))
    analysis = analyse.analyse(folder)
    assert analysis["gate"]["code"] == 0 and analysis["gate"]["baseline"] == now["run"]
    assert analysis["environment_diff"] == [{"field": "stable.kernel", "before": "6.0",
                                             "now": "6.1.0"}]


def test_without_a_baseline_nothing_has_got_worse(make_run):
    folder = make_run(with_claims=True, variants=synthetic.VARIANTS + synthetic.PEERS)
    analysis = analyse.analyse(folder)
    assert analysis["gate"]["refuted"] == ["timers:T5"] and analysis["gate"]["code"] == 0
    before = json.loads(json.dumps(analysis))
    next(c for c in before["claims"] if c["id"] == "timers:T5")["verdict"] = "SUPPORTED"
    got = against(analysis, before)
    assert got["code"] == 2 and got["why"] == ["claim refuted: timers:T5"]


def test_the_gate_says_why(make_run):
    analysis = analyse.analyse(make_run(**PLANNED, planted_real=0.0))
    assert analysis["gate"]["code"] == 3
    assert "control failed: planted slowdown" in analysis["gate"]["why"]


# -- claims --------------------------------------------------------------------------------------

def strands(ratios, blocks=11):
    """One variant a ratio, all against u, in one claim test."""
    drift = [100.0 * 1.1**b for b in range(blocks)]
    cells = [("u", "w", 10, "time", drift), ("floor", "w", 10, "time", [0.001] * blocks)]
    for i, logs in enumerate(ratios):
        cells.append((f"v{i}", "w", 10, "time", [d * math.exp(x) for d, x in zip(drift, logs)]))
    return cells, RATIO | {"variants": [f"v{i}" for i in range(len(ratios))], "ratio": 0.5}


def lean(up, blocks=11):
    """Log ratios of which `up` lie above 0: 10 of 11 is p = 0.012, 11 of 11 is 0.001."""
    return [0.2 + 0.001 * b if b < up else -0.1 for b in range(blocks)]


def test_one_wrong_strand_of_many_does_not_refute_by_chance():
    cells, test = strands([lean(10)] + [lean(6)] * 9)
    assert judge(test, cells)["verdict"] == "REFUTED"  # before Holm
    claim = claims.judge_claim(CLAIM | {"test": [test]}, index_of(cells), context())
    assert claim["family"] == 10 and claim["verdict"] == "UNDECIDED"
    assert "not beyond chance among 10 comparisons (Holm)" in claim["sentence"]
    part = claim["tests"][0]["strands"][0]["parts"][0]
    assert part["before_holm"] == "REFUTED" and part["p_holm"] > 0.05


def test_a_clear_refutation_survives_holm():
    cells, test = strands([lean(11)] + [[-0.69 + 0.001 * b for b in range(11)]] * 9)
    claim = claims.judge_claim(CLAIM | {"test": [test]}, index_of(cells), context())
    assert claim["verdict"] == "REFUTED" and claim["family"] == 10


def test_one_comparison_needs_no_holm():
    cells, test = strands([lean(10)])
    claim = claims.judge_claim(CLAIM | {"test": [test]}, index_of(cells), context())
    assert claim["verdict"] == "REFUTED" and claim["family"] == 1


def test_counts_are_no_family():
    test = RATIO | {"metric": "instructions"}
    cells = [("v", "w", 10, "instructions", [50]), ("u", "w", 10, "instructions", [100])]
    claim = claims.judge_claim(CLAIM | {"test": [test]}, index_of(cells), context())
    assert claim["verdict"] == "SUPPORTED" and claim["family"] == 0


def test_equivalence_survives_holm_where_it_is_clear():
    cells, test = strands([[0.001 * (-1) ** b for b in range(11)]] * 5)
    test = {k: v for k, v in test.items() if k != "ratio"} | {"rule": "equivalence"}
    claim = claims.judge_claim(CLAIM | {"test": [test]}, index_of(cells), context())
    assert claim["verdict"] == "SUPPORTED" and claim["family"] == 5


def test_a_claim_on_time_counts_layouts():
    cells = timed(0.5, blocks=22)
    index = index_of(cells)
    assert claims.judge_claim(CLAIM | {"test": [RATIO]}, index, context())["verdict"] \
        == "SUPPORTED"
    few = SampleIndex(index.cells, index.by_cell, layouts=5)
    got = claims.judge_claim(CLAIM | {"test": [RATIO]}, few, context())
    assert got["verdict"] == "UNDECIDED" and "5 layouts, 10 are needed" in got["sentence"]
    cell = next(c for c in few.cells.values() if c.variant == "v")
    assert len(units.values(few, cell)) == 5


def test_a_timed_crossover_is_told_after_holm():
    ns = [64, 256, 1024, 4096]
    test = {"id": "c", "rule": "crossover", "metric": "ns", "workload": "w", "variants": ["v"],
            "against": "u", "n": ns, "band": [256, 1024]}

    def cells(last):
        out = []
        for n, logs in zip(ns, ([-0.3] * 11, [-0.2] * 11, [0.2] * 11, last)):
            drift = [100.0 * 1.1**b for b in range(11)]
            out += [("u", "w", n, "time", drift), ("floor", "w", n, "time", [0.001] * 11),
                    ("v", "w", n, "time", [d * math.exp(x) for d, x in zip(drift, logs)])]
        return out
    assert judge(test, cells([0.3] * 11))["verdict"] == "SUPPORTED"
    wavy = judge(test, cells([-0.2] * 11))
    assert wavy["verdict"] == "UNDECIDED" and "2 changes of sign" in wavy["sentence"]


@pytest.mark.parametrize("tail,other,verdict", [(50, 100, "SUPPORTED"), (80, 100,
                                                                         "SUPPORTED IN SHAPE"),
                                                (150, 100, "REFUTED")])
def test_tail_in_shape(tail, other, verdict):
    test = RATIO | {"rule": "tail", "metric": "values.p99", "meter": "time",
                    "cases": "values.count", "min_cases": 10}
    cells = [("v", "w", 10, "time", [{"p99": tail, "count": 99}] * 11),
             ("u", "w", 10, "time", [{"p99": other, "count": 99}] * 11)]
    assert judge(test, cells)["verdict"] == verdict
    few = [(*c[:4], c[4][:9]) for c in cells]
    assert judge(test, few)["verdict"] == "UNDECIDED"


def test_a_claim_whose_preconditions_fail_is_not_judged(make_run):
    folder = make_run(with_claims=True)
    path = next((folder / "claims").glob("*t2*"))
    path.write_text(path.read_text().replace("[preconditions]", "[preconditions]\nmin_cores = 64"))
    analysis = analyse.analyse(folder)
    claim = next(c for c in analysis["claims"] if c["id"] == "timers:T2")
    assert claim["verdict"] == "NOT TESTABLE HERE" and "needs 64 cores" in claim["sentence"]
    assert claim["tests"] == [] and claim["edited_after_plan"]
