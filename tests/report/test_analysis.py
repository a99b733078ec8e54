"""The analysis of a rich run: units, effects, tables, and that it stays quick and repeatable."""

import json
import math
import shutil
import subprocess
import sys

import numpy as np
import pytest
import synthetic
import synthetic_more as more
from statsmodels.stats.multitest import multipletests

from reports import analyse, units
from reports.samples import load_run
from reports.stats.autocorrelation import lag1, lag1_many
from reports.stats.warmup import classify_many
from reports.tables import findings, headline, tails

SMALL = {"sizes": (512, 4096), "with_claims": False, "timed": ("timeouts",),
         "variants": ("multimap_oracle", "binary_heap", "hashed_wheel")}


@pytest.fixture(scope="module")
def rich(tmp_path_factory):
    """One rich run and its analysis."""
    folder = synthetic.write(tmp_path_factory.mktemp("rich"), synthetic.World(rich=True, **SMALL))
    return folder, analyse.analyse(folder)


def pair(analysis, variant, workload="timeouts", n=4096):
    return next(r for r in analysis["pairs"]
                if (r["variant"], r["workload"], r["n"]) == (variant, workload, n))


def test_a_rich_run_has_every_table_and_passes_its_controls(rich):
    _, analysis = rich
    assert analysis["controls"]["ok"], analysis["controls"]["failed"]
    for table in ("pairs", "floors", "roofs", "counted", "tails", "order", "usl",
                  "fairness", "latency", "system", "looks", "pitfalls", "statistics"):
        assert analysis[table], table
    assert analysis["account"] == more.ACCOUNT and analysis["pilot"]["planted"] == 0.06
    assert analysis["layouts"]["count"] == 11 and analysis["probes"]["blocks"] == 22
    rung = analysis["counters"]["software"]
    assert rung["samples"] > 500 and rung["why"] == more.COUNTERS["why"]
    json.dumps(analysis, allow_nan=False)


def test_the_layout_is_the_unit(rich):
    folder, analysis = rich
    row = pair(analysis, "binary_heap")
    assert (row["unit"], row["units"]) == ("layout", 11)
    assert len(row["unit_ratios"]) == len(row["ns"]["units"]) == 11
    assert math.exp(np.median(np.log(row["unit_ratios"]))) == pytest.approx(row["ratio"])
    run = load_run(folder)
    cell = run.index.cells[row["cell"]]
    reference = run.index.cells[cell.reference]
    blocks = units.paired_blocks(run.index, cell, reference)
    by_unit = units.paired(run.index, cell, reference)
    assert len(blocks) == 22 and sorted(by_unit) == list(range(11))
    assert by_unit[3] == pytest.approx((blocks[3] + blocks[14]) / 2)
    assert all(r["units"] == 11 for r in analysis["controls"]["aa"])


def test_without_layouts_the_block_is_the_unit(make_run):
    row = pair(analyse.analyse(make_run()), "binary_heap")
    assert (row["unit"], row["units"], len(row["unit_ratios"])) == ("block", 11, 11)


def test_many_processes_of_few_layouts_do_not_narrow_the_interval(make_run):
    """Pseudo-replication: forty processes of ten links are ten units, and the interval shows what
    the links do, not how often they were run."""
    row = pair(analyse.analyse(make_run(layouts=10, repeats=4, layout_effect=0.05, noise=0.002,
                                        timed=("timeouts",))), "binary_heap")
    assert row["units"] == 10
    assert math.log(row["high"] / row["low"]) > 0.03
    logs = np.log(row["unit_ratios"])
    assert row["low"] == pytest.approx(math.exp(np.sort(logs)[1]), rel=0.01)


def test_every_new_field_of_a_pair(rich):
    _, analysis = rich
    truth = {"binary_heap": 1.0, "hashed_wheel": 1.0}  # both far faster than the oracle
    for variant, wins in truth.items():
        row = pair(analysis, variant)
        assert row["verdict"] == "FASTER" and row["a12"] == pytest.approx(wins)
        assert row["a12_low"] is None or row["a12_low"] > 0.7
        assert row["p_perm"] <= 0.002 and row["p"] <= row["p_holm"] <= 1 and row["q"] <= 0.05
        assert row["tost_p"] == 1.0 and row["power"] > 0.5 and row["level"] == 0.95
        assert set(row["steady"]) == {"warmed", "flat", "slowing", "none", "short"}
        assert sum(row["steady"].values()) == 22 and row["autocorrelated"] is False
        assert row["redo"].endswith(row["cell"]) and 0 < row["overhead"] < 0.2
    reference = pair(analysis, "multimap_oracle")
    assert reference["verdict"] == "reference" and reference["a12"] is None
    assert set(pair(analysis, "binary_heap")) == set(reference)


def test_q_is_over_all_pairs_and_holm_inside_a_group(rich):
    _, analysis = rich
    rows = [r for r in analysis["pairs"] if r["p"] is not None]
    wanted = multipletests([r["p"] for r in rows], method="fdr_bh")[1]
    assert [r["q"] for r in rows] == pytest.approx(list(wanted))
    for group in {r["group"] for r in rows}:
        mine = [r for r in rows if r["group"] == group]
        wanted = multipletests([r["p"] for r in mine], method="holm")[1]
        assert [r["p_holm"] for r in mine] == pytest.approx(list(wanted))


def test_equal_code_wins_half_the_time(make_run, monkeypatch):
    monkeypatch.setitem(synthetic.SCALE, "twin", 4.0)
    monkeypatch.setattr(synthetic, "LOG", (*synthetic.LOG, "twin"))
    row = pair(analyse.analyse(make_run(variants=("multimap_oracle", "twin"), noise=0.004,
                                        layouts=20, layout_effect=0.003, planted=0.05)), "twin")
    assert row["verdict"] == "SAME" and row["tost_p"] <= 0.025
    assert 0.25 < row["a12"] < 0.75 and row["a12_low"] < 0.5 < row["a12_high"]
    assert row["p_perm"] > 0.05


def test_undecided_says_how_many_more_units_would_tell(make_run, monkeypatch):
    monkeypatch.setitem(synthetic.SCALE, "near", 4.16)
    monkeypatch.setattr(synthetic, "LOG", (*synthetic.LOG, "near"))
    row = pair(analyse.analyse(make_run(variants=("multimap_oracle", "near"), noise=0.03,
                                        layouts=11, planted=0.2)), "near")
    assert row["verdict"] == "UNDECIDED"
    assert row["more_blocks"] is None or \
        f"about {row['more_blocks']} more layout" in row["reason"]
    assert "would" in row["reason"]


def test_the_level_of_a_look_widens_the_interval(make_run):
    folder = make_run(layouts=11, looks=True, planted=0.06)
    plain = pair(analyse.analyse(folder), "binary_heap")
    plan = json.loads((folder / "plan.json").read_text())
    for look in plan["looks"]:
        look["level"] = 0.9985
    (folder / "plan.json").write_text(json.dumps(plan))
    strict = pair(analyse.analyse(folder), "binary_heap")
    assert strict["level"] == 0.9985 and strict["coverage"] > 0.9985 > plain["coverage"]
    assert strict["low"] < plain["low"] and plain["high"] < strict["high"]


def test_tails_are_taken_inside_a_unit(rich):
    _, analysis = rich
    kinds = {r["kind"] for r in analysis["tails"]}
    assert kinds == {"batches", "latency intended", "latency raw"}
    for row in analysis["tails"]:
        values = [q["value"] for q in row["quantiles"]]
        assert values == sorted(values) and len(row["ccdf"]) <= 80
        assert all(q["low"] <= q["value"] <= q["high"] for q in row["quantiles"])
        shares = [p[1] for p in row["ccdf"]]
        assert shares == sorted(shares, reverse=True) and 0 < shares[-1] <= shares[0] < 1
    batches = next(r for r in analysis["tails"] if r["kind"] == "batches")
    assert [q["q"] for q in batches["quantiles"]] == [0.5, 0.9, 0.95]  # 64 batches a unit


def test_weighted_quantiles_and_distributions_against_plain_ones():
    rng = np.random.default_rng(5)
    values = np.sort(rng.integers(1, 50, 400)).astype(float)
    for q in (0.5, 0.9, 0.99):
        assert tails.weighted_quantile(values, np.ones(400), q) \
            == np.quantile(values, q, method="inverted_cdf")
    for value, share in tails.ccdf(values, np.ones(400)):
        assert share == pytest.approx((values > value).mean())
    uppers, counts = np.unique(values, return_counts=True)
    assert tails.ccdf(uppers, counts.astype(float)) == tails.ccdf(values, np.ones(400))


def test_a_stall_shows_in_intended_latency_only(rich):
    _, analysis = rich
    for row in analysis["latency"]:
        assert row["verdict"] == "ok" and row["rate_per_s"] == more.k_rate
        assert row["p999_intended"] > 20 * row["p50_raw"]
        assert row["p99_intended"] > row["p99_raw"] and row["lateness_p99"] is not None
    assert "intended start" in findings.of_latency(analysis["latency"])


def test_a_late_generator_is_named(make_run):
    folder = make_run(latency=True, late_share=0.05, timed=(), sizes=(512,))
    rows = analyse.analyse(folder)["latency"]
    assert {r["verdict"] for r in rows} == {"generator late"} and rows[0]["late_share"] > 0.01
    assert "generator itself was late" in findings.of_latency(rows)


def test_usl_finds_the_law_and_says_where_it_ends(rich, make_run):
    _, analysis = rich
    rows = {r["variant"]: r for r in analysis["usl"]}
    for variant in ("mutex_oracle", "cas_loop"):
        gamma, alpha, beta, _ = more.k_counters[variant]
        row = rows[variant]
        assert row["threads"] == [1, 2, 3, 4, 6, 8] and row["status"] == "scaling"
        assert row["gamma"] == pytest.approx(gamma, rel=0.1)
        assert row["alpha"] == pytest.approx(alpha, abs=0.1)
        assert row["beta"] == pytest.approx(beta, abs=0.02)
        assert row["peak"] == pytest.approx(math.sqrt((1 - alpha) / beta), rel=0.25)
        assert row["peak_low"] < row["peak"] < row["peak_high"]
    few = make_run(threads=(1, 2, 3), timed=(), sizes=(512,))
    assert {r["status"] for r in analyse.analyse(few)["usl"]} == {"refused"}


def test_more_threads_than_processors_is_contention(make_run):
    rows = analyse.analyse(make_run(threads=(1, 2, 3, 4, 6, 8), cpus=2, timed=(),
                                    sizes=(512,)))["usl"]
    assert {r["status"] for r in rows} == {"contention curve, not scaling"}
    assert "contention, not scaling" in findings.of_usl(rows)


def test_fairness_over_units(rich):
    _, analysis = rich
    rows = {(r["variant"], r["threads"]): r for r in analysis["fairness"]}
    assert ("mutex_oracle", 1) not in rows
    for variant, (_, _, _, least) in more.k_counters.items():
        row = rows[variant, 8]
        assert row["ratio_min_max"] == pytest.approx(least, abs=0.08) and row["units"] == 11
        assert row["ratio_low"] <= row["ratio_min_max"] <= row["ratio_high"]
        assert 1 / 8 <= row["jain"] <= 1 and row["placement"] == "all_cpus"
    assert "cas_loop" in findings.of_fairness(analysis["fairness"])


def test_what_cannot_be_counted_is_a_word(make_run):
    folder = make_run(system=True, variants=("multimap_oracle", "hashed_wheel", "libev_heap"))
    analysis = analyse.analyse(folder)
    rows = {(r["variant"], r["workload"]): r for r in analysis["system"]}
    assert rows["multimap_oracle", "start"]["allocations_per_op"] == 1.0
    assert rows["hashed_wheel", "start"]["allocations_per_op"] == 0.0
    blind = rows["libev_heap", "start"]
    assert blind["syscalls_per_op"] == "unavailable" and "tracefs" in blind["why"]["syscalls"]
    cells = {r["name"]: r for r in analysis["matrix"]["rows"]}
    assert cells["libev_heap"]["syscalls"]["text"] == "–"
    assert "tracefs" in cells["libev_heap"]["syscalls"]["title"]
    assert cells["hashed_wheel"]["syscalls"]["text"] == "0"
    assert not any(r["meter"] == "system" for r in analysis["counted"])
    assert "unavailable whether libev_heap" in findings.of_system(analysis["system"])


def test_order_strip_sees_drift_and_ratios_do_not(tmp_path):
    def made(name, **options):
        world = synthetic.World(layouts=11, repeats=2, planted=0.06, noise=0.01, wander=0.01,
                                **SMALL, **options)
        return analyse.analyse(synthetic.write(tmp_path / name, world))
    still, moved = made("still"), made("moved", drift=0.02)
    row = still["order"][0]
    assert len(row["points"]) == 22 * 5 and row["points"] == sorted(row["points"],
                                                                    key=lambda p: p[0])
    assert row["drift"]["low"] <= 0 <= row["drift"]["high"]
    assert "No drift" in findings.of_order(row)
    drift = moved["order"][0]["drift"]
    assert drift["low"] > 0 and drift["slope_percent_per_block"] == pytest.approx(2.0, abs=0.3)
    assert "grew slower" in findings.of_order(moved["order"][0])
    for a, b in zip(still["pairs"], moved["pairs"]):
        assert a["verdict"] == b["verdict"] and a["ratio"] == pytest.approx(b["ratio"], rel=0.05)


def test_one_matrix_a_component(rich):
    _, analysis = rich
    timer, counter = analysis["matrices"]
    assert (timer["component"], counter["component"]) == ("timer", "counter")
    assert analysis["matrix"] == timer and counter["n"] == more.k_n and timer["n"] == 4096
    assert [r["name"] for r in counter["rows"]] == list(more.k_counters)
    assert not {"floor", "roof"} & {r["name"] for m in analysis["matrices"] for r in m["rows"]}
    row = next(r for r in counter["rows"] if r["name"] == "cas_loop")
    assert row["fairness"]["sort"] == pytest.approx(0.3, abs=0.05)
    assert row["explain"].startswith("cas_loop") and "redo" in row["redo"]
    assert row["overhead"]["text"].endswith("%") and row["a12"]["sort"] is not None
    heap = next(r for r in timer["rows"] if r["name"] == "binary_heap")
    assert heap["allocations"]["sort"] == 0.0 and heap["fairness"]["text"] == "one thread"
    assert heap["ratios"]["timeouts"]["a12"] == pair(analysis, "binary_heap")["a12"]


def test_every_table_has_a_sentence_that_names_figures(rich):
    _, analysis = rich
    text = " ".join(analysis["findings"])
    for words in ("slowest thread", "intended start", "Inside what is",
                  "Fitted to throughput"):
        assert words in text, words
    assert "percentile" in findings.of_tails(analysis["tails"])
    assert "Half of the probes" in findings.of_probes(analysis["probes"])
    assert "starting processes" in findings.of_account(analysis["account"])
    for empty in (findings.of_tails, findings.of_usl, findings.of_fairness, findings.of_latency,
                  findings.of_system):
        assert empty([]).endswith(".")
    assert findings.of_probes(None) and findings.of_account(None)


def test_autocorrelation_of_many_is_that_of_each():
    rng = np.random.default_rng(3)
    series = [np.exp(rng.normal(0, 0.01, n)) * 50 for n in (5, 9, 12, 32, 32, 64)]
    series += [np.concatenate([np.full(10, 70.0), np.full(30, 50.0)]) * np.exp(
        rng.normal(0, 0.01, 40)), np.full(20, 5.0), np.array([1.0] * 15 + [-1.0])]
    found = lag1_many(series, classify_many(series))
    for one, (rho, tagged) in zip(series, found):
        wanted, beyond = lag1(one)
        assert tagged == beyond and (rho is None) == (wanted is None)
        assert rho is None or rho == pytest.approx(wanted, abs=1e-9)


def test_headline_is_the_size_most_variants_have():
    rows = [{"variant": v, "n": n} for v, n in (("a", 1), ("b", 1), ("a", 2), ("b", 2), ("a", 3))]
    assert headline.of_rows(rows) == 2 and headline.of_rows([]) is None


def test_two_analyses_are_byte_identical(rich, tmp_path):
    folder, _ = rich
    copy = tmp_path / folder.name
    shutil.copytree(folder, copy)
    (copy / "analysis.json").unlink()
    done = subprocess.run([sys.executable, "-c", "import sys; from reports import analyse; "
                           "analyse.analyse(sys.argv[1])", str(copy)], cwd=synthetic.TREE,
                          capture_output=True, text=True,
                          env={"PYTHONHASHSEED": "4242", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert (copy / "analysis.json").read_bytes() == (folder / "analysis.json").read_bytes()
