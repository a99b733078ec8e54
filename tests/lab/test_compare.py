"""Two runs compared: ratios of ratios, counts, claims; what is refused; the checks bite."""

import copy
import functools
import json
import math
import random

import pytest
from fakes import ROOT

from reports.judge import compare as pure
from reports.page import merge

from lab import baselines, cli, compare, envdiff
from lab.errors import BAD_DATA, CANNOT_CREATE, NO_INPUT, OK, USAGE, CycloneError
from lab.tree import Tree

SAME = {"same_machine": True, "fingerprints": ["aa11", "aa11"]}
OTHER = {"same_machine": False, "fingerprints": ["aa11", "bb22"]}


def pair(name, ratio, rng, noise=0.02, units=11, **more):
    ratios = sorted(ratio * math.exp(rng.gauss(0, noise)) for _ in range(units))
    return {"cell": f"timer/{name}/start/n=64/time", "component": "timer", "variant": name,
            "workload": "start", "params": {}, "n": 64, "reference": "oracle",
            "verdict": "FASTER", "reason": "", "basis": "time", "ratio": ratios[units // 2],
            "low": ratios[1], "high": ratios[-2], "units": units, "unit": "layout",
            "delta": 0.02, "unit_ratios": ratios, "ns": {"median": 50.0, "units": [50.0] * units},
            **more}


def analysis(seed=1, slow=1.0, run="r1", names=("a", "b", "c"), instructions=100.0, **more):
    rng = random.Random(seed)
    pairs = [pair(n, 0.5 * (slow if n == "a" else 1.0), rng) for n in names]
    counted = [{"cell": "timer/a/start/n=64/instructions", "variant": "a", "workload": "start",
                "component": "timer", "params": {}, "n": 64, "meter": "instructions", "samples": 1,
                "figures": {"instructions": instructions, "values.fired": 3.0}}]
    return {"schema": 1, "run": run, "suite": "quick", "fingerprint": "aa11", "claims": [
        {"id": "timers:T1", "verdict": "SUPPORTED", "title": "one", "sentence": "Holds."}],
        "counted": counted, "pairs": pairs, "controls": {"ok": True, "failed": [], "absent": []},
        "status": {"state": "complete"}, "binaries": {"oracle": {"sha256": "1"}},
        "environment": {"stable": {"cpu": "x"}, "absent": {}, "tools": {}, "volatile": {}},
        "measured": ["2026-01-01T00:00:00+00:00", "2026-01-01T00:10:00+00:00"], "gate": {}} | more


def verdict(found, name):
    return next(r for r in found["ratios"] if r["variant"] == name)["verdict"]


def test_a_planted_slowdown_is_a_regression_and_the_rest_is_not():
    found = pure.compare(analysis(1), analysis(2, slow=1.12, run="r2"), SAME)
    assert verdict(found, "a") == "SLOWER"
    assert {verdict(found, n) for n in "bc"} <= {"SAME", "UNDECIDED"}
    row = found["ratios"][0]
    assert row["low"] < 1.12 < row["high"] and row["low"] > 1 and row["method"] == "BCa"
    assert found["gate"]["code"] == pure.k_code_regression
    assert found["gate"]["why"] == ["regression: timer/a/start/n=64/time"]
    back = pure.compare(analysis(2, slow=1.12), analysis(1, run="r2"), SAME)
    assert verdict(back, "a") == "FASTER" and back["gate"]["code"] == OK


def test_nanoseconds_of_two_runs_are_never_compared():
    """A machine that became half as fast changes every time, and nothing here."""
    one, two = analysis(1), analysis(2, run="r2")
    slow = copy.deepcopy(two)
    for row in slow["pairs"]:
        row["ns"] = {"median": 100.0, "units": [100.0] * 11}
    assert pure.compare(one, slow, SAME) == pure.compare(one, two, SAME)


def test_equal_code_is_rarely_a_regression(monkeypatch):
    """60 comparisons of two runs with 12 equal pairs each: at most 5 % of families, and 3 of its
    standard errors, may show a change. Without Holm and delta the same data exceeds that."""
    monkeypatch.setattr(pure, "bca2", functools.partial(pure.bca2, resamples=999))
    alarms = plain = 0
    for k in range(60):
        rng = random.Random(1000 + k)
        rows = [[pair(f"v{i}", 1.0, rng, 0.05, delta=0.0) for i in range(12)] for _ in range(2)]
        found = [pure.compare_pair(a, b) | {"delta": 0.0} for a, b in zip(*rows, strict=True)]
        for row, adjusted in zip(found, pure.holm([r["p"] for r in found]), strict=True):
            row["p_holm"] = adjusted
        alarms += any(pure.judge(r)["verdict"] in ("SLOWER", "FASTER") for r in found)
        plain += any(r["low"] > 1 or r["high"] < 1 for r in found)
    bound = 60 * 0.05 + 3 * math.sqrt(60 * 0.05 * 0.95)
    assert alarms <= bound < plain


def test_same_needs_an_interval_inside_the_noise():
    rng = random.Random(3)
    quiet = [pair("a", 1.0, rng, 0.002) for _ in range(2)]
    noisy = [pair("a", 1.0, rng, 0.2) for _ in range(2)]
    for rows, expected in ((quiet, "SAME"), (noisy, "UNDECIDED")):
        assert pure.judge(pure.compare_pair(*rows) | {"p_holm": 1.0})["verdict"] == expected


@pytest.mark.parametrize(("change", "word"), [
    ({"unit_ratios": None}, "unavailable"), ({"unit_ratios": [1.0] * 9}, "9 of 10 units"),
    ({"verdict": "INVALID", "reason": "loud"}, "INVALID now: loud"),
    ({"reference": "other"}, "the reference was oracle, is other"),
    ({"unit": "block"}, "the unit was the layout"), ({"unit_ratios": [0.0] * 11}, "unavailable")])
def test_what_cannot_be_compared_says_why(change, word):
    one = pair("a", 1.0, random.Random(1))
    row = pure.judge(pure.compare_pair(one, one | change))
    assert row["verdict"] == "UNDECIDED" and word in row["reason"] and row["ratio"] is None


def test_the_gate_names_the_worst():
    lost = analysis(2, run="r2", claims=[{"id": "timers:T1", "verdict": "REFUTED"}])
    assert pure.compare(analysis(1), lost, SAME)["gate"]["code"] == pure.k_code_refuted
    bad = lost | {"controls": {"ok": False, "failed": ["A/A"], "absent": []}}
    gate = pure.compare(analysis(1), bad, SAME)["gate"]
    assert gate["code"] == pure.k_code_invalid and "r2: control failed: A/A" in gate["why"]
    more = pure.compare(analysis(1), analysis(1, run="r2", instructions=103.0), SAME)
    assert more["gate"]["code"] == pure.k_code_regression
    assert [r["verdict"] for r in more["counted"]] == ["MORE"]
    assert pure.compare(analysis(1), analysis(1, run="r2", instructions=101.0), SAME)[
        "gate"]["code"] == OK
    spoilt = analysis(2, run="r2")
    spoilt["pairs"][0] |= {"verdict": "INVALID", "reason": "a planted slowdown was not seen"}
    gate = pure.compare(analysis(1), spoilt, SAME)["gate"]
    assert gate["code"] == pure.k_code_invalid and "planted slowdown" in gate["why"][0]
    nothing = {"pairs": [], "counted": [], "claims": []}
    gate = pure.compare(analysis(1) | nothing, analysis(2, run="r2") | nothing, SAME)["gate"]
    assert gate["code"] == pure.k_code_invalid


def test_a_rebuilt_reference_is_said():
    other = analysis(2, run="r2", binaries={"oracle": {"sha256": "2"}})
    assert "reference oracle was rebuilt" in pure.compare(analysis(1), other, SAME)["notes"][0]


def test_across_machines_ratios_stand_side_by_side():
    found = pure.compare(analysis(1), analysis(2, slow=3.0, run="r2"), OTHER)
    assert {r["verdict"] for r in found["ratios"]} == {"ACROSS MACHINES"}
    assert all(r["ratio"] is None and r["now"]["ratio"] for r in found["ratios"])
    assert found["gate"]["code"] == OK and found["across_machines"]


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A tree with three analysed runs: r1 and r2 of one machine, r3 of another."""
    monkeypatch.setenv("CYCLONE_ROOT", str(tmp_path))
    facts = {"fingerprint": "aa11"}
    monkeypatch.setattr("lab.doctor.examine", lambda: facts)
    made = {"r1": analysis(1), "r2": analysis(2, slow=1.3, run="r2"),
            "r3": analysis(3, run="r3", fingerprint="bb22",
                           environment={"stable": {"cpu": "y"}, "absent": {}, "tools": {},
                                        "volatile": {}})}
    for name, held in made.items():
        folder = tmp_path / "reports/out" / name
        folder.mkdir(parents=True)
        (folder / "plan.json").write_text(json.dumps({"schema": 1, "suite": "quick", "cells": []}))
        (folder / "analysis.json").write_text(json.dumps(held))
        (folder / "environment.json").write_text(json.dumps(
            {"schema": 1, "fingerprint": held["fingerprint"]} | held["environment"]))
    return tmp_path


def test_the_command_and_its_exit_codes(runs, capsys):
    assert cli.main(["compare", "r1", "r2"]) == OK
    said = capsys.readouterr().out
    assert "SLOWER" in said and "regression: timer/a/start/n=64/time" in said
    assert cli.main(["compare", "r1", "r2", "--gate"]) == 1
    assert cli.main(["compare", "r1", "r1", "--gate"]) == OK
    assert cli.main(["compare", "r1", "r3"]) == USAGE
    assert "different machines (fingerprint aa11 and bb22; cpu)" in capsys.readouterr().err
    assert cli.main(["compare", "r1", "r3", "--cross"]) == OK
    assert "side by side, not compared" in capsys.readouterr().out


@pytest.mark.parametrize("words", [[], ["r1"], ["r1", "r2", "r3"], ["r1", "r2", "--against", "x"],
                                   ["r1", "r2", "--suite", "quick"]])
def test_half_a_question_is_misuse(runs, words):
    assert cli.main(["compare", *words]) == USAGE


def test_a_baseline_is_saved_listed_compared_removed(runs, capsys):
    assert cli.main(["baseline", "save", "before", "r1"]) == OK
    path = runs / "reports/baselines/aa11/before.json"
    held = json.loads(path.read_text())
    assert all("ns" not in p and p["unit_ratios"] for p in held["pairs"])
    assert held["counted"] and held["claims"][0]["verdict"] == "SUPPORTED"
    assert cli.main(["baseline", "save", "before", "r2"]) == CANNOT_CREATE
    assert json.loads(path.read_text())["run"] == "r1"
    assert cli.main(["compare", "@before", "r2", "--gate"]) == 1
    capsys.readouterr()
    assert cli.main(["baseline", "list", "--json"]) == OK
    rows = json.loads(capsys.readouterr().out)["baselines"]
    assert [(r["name"], r["here"], r["run"]) for r in rows] == [("before", True, "r1")]
    assert cli.main(["baseline", "remove", "before"]) == OK and not path.exists()
    assert cli.main(["compare", "@before", "r2"]) == NO_INPUT


def test_the_reader_of_baselines_takes_what_is_saved(runs):
    from reports.judge import baseline
    cli.main(["baseline", "save", "before", "r1"])
    path = runs / "reports/baselines/aa11/before.json"
    assert baseline.read(path)["run"] == "r1"


def test_an_unsound_run_is_no_measure_for_others(runs, capsys):
    folder = runs / "reports/out/r1"
    bad = analysis(1) | {"controls": {"failed": ["A/A"], "absent": []},
                         "status": {"state": "interrupted"}}
    (folder / "analysis.json").write_text(json.dumps(bad))
    assert cli.main(["baseline", "save", "before", "r1"]) == BAD_DATA
    assert "control failed: A/A; the run is not complete" in capsys.readouterr().err
    assert cli.main(["baseline", "save", "before", "r1", "--force"]) == OK
    assert "although: control failed: A/A" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 80])
def test_a_baseline_stays_in_its_folder(runs, name):
    with pytest.raises(CycloneError) as caught:
        baselines.path_of(Tree(runs), "aa11", name)
    assert caught.value.code == USAGE
    with pytest.raises(CycloneError):
        baselines.load(Tree(runs), "../../etc/" + (name or "x"))


def test_environments_differ_field_by_field():
    one = {"fingerprint": "a", "stable": {"cpu": "x", "caches": {"L2": "1M", "L1": "32K"}},
           "volatile": {"load": [1]}, "tools": {"g++": "12"}, "absent": {}}
    two = {"fingerprint": "b", "stable": {"cpu": "x", "caches": {"L2": "2M", "L1": "32K"}},
           "volatile": {"load": [2]}, "tools": {}, "absent": {"pmu": "none here"}}
    found = envdiff.diff(one, two)
    assert found["stable"] == [{"field": "caches.L2", "before": "1M", "now": "2M"}]
    assert found["tools"] == [{"field": "g++", "before": "12", "now": "none"}]
    assert found["absent"][0]["field"] == "pmu" and not found["same_machine"]
    assert "two machines" in envdiff.lines(found)[0]
    again = envdiff.diff(one, copy.deepcopy(one))
    assert again["same_machine"] and not any(again[p] for p in envdiff.PARTS)


def test_doctor_diffs_runs_files_and_here(runs, capsys):
    path = runs / "reports/out/r3/environment.json"
    assert cli.main(["doctor", "--diff", "r1", str(path), "--json"]) == OK
    found = json.loads(capsys.readouterr().out)
    assert found["stable"] == [{"field": "cpu", "before": "x", "now": "y"}]
    assert cli.main(["doctor", "--diff", "r1", "here"]) == OK
    assert "one machine" in capsys.readouterr().out


def test_merged_runs_keep_their_columns(runs, capsys):
    assert cli.main(["merge", "r2", "r1", "r3", "--json"]) == OK
    value = json.loads(capsys.readouterr().out)
    assert [(c["run"], c["fingerprint"]) for c in value["runs"]] == [
        ("r1", "aa11"), ("r2", "aa11"), ("r3", "bb22")]
    first = value["ratios"][0]["ratios"]
    assert first[1]["ratio"] / first[0]["ratio"] > 1.2  # not pooled: each is its run's own
    page = open(value["page"], encoding="utf-8").read()
    assert page.count("<th scope=\"col\">x<small>aa11") == 4 and "http" not in page
    assert page == merge.page(merge.merge([analysis(1), analysis(2, slow=1.3, run="r2"), analysis(
        3, run="r3", fingerprint="bb22", environment={"stable": {"cpu": "y"}})]))
    assert cli.main(["merge", "r1"]) == USAGE
    assert cli.main(["merge", "r1", "r1"]) == BAD_DATA


def test_merged_claims_that_differ_are_named():
    one = analysis(1)
    two = analysis(2, run="r2", claims=[{"id": "timers:T1", "verdict": "REFUTED", "title": "one"}])
    found = merge.merge([one, two])
    assert found["sentence"].endswith("1 of 1 claims differ between runs: timers:T1.")
    assert "the runs differ" in merge.page(found)
    undecided = analysis(2, run="r2", claims=[{"id": "timers:T1", "verdict": "UNDECIDED"}])
    found = merge.merge([one, undecided])
    assert found["claims"][0]["agree"] and "no claim could be told by two" in found["sentence"]
    same = merge.merge([one, analysis(2, run="r2")])
    assert same["sentence"] == "2 runs of 1 machine: they agree on all 1 claims that two of them " \
                               "could tell."


def test_the_tables_are_bounded(capsys):
    names = tuple(f"v{i}" for i in range(70))
    found = pure.compare(analysis(1, names=names), analysis(2, run="r2", names=names),
                         envdiff.diff({"fingerprint": "a"}, {"fingerprint": "a"}))
    compare.show(found)
    assert "10 more rows" in capsys.readouterr().out


def test_this_tree_has_the_template():
    assert (ROOT / "reports/page/templates/merged.html.j2").is_file()
