"""What the report says of queues: whether threads met, what is declared, how long items waited."""

import csv
import io
import json
import types

import pytest
import synthetic

from reports import given_up
from reports.errors import ReportError
from reports.judge import claims, rules
from reports.page import figures_rows, matrix_table, report
from reports.samples import Cell, Sample, SampleIndex, params_key
from reports.tables import concurrency, findings, latency, matrix_words as words, meetings

BLOCKS = 11


def cell(variant, workload="fan_in", params=None, meter="time", role="subject",
         placement="all_cpus", n=50000):
    params = {"capacity": 64} if params is None else params
    key = params_key(params)
    extra = "".join(f",{k}={v}" for k, v in key)
    at = "" if placement == "one_cpu" else f"@{placement}"
    group = f"queue/{workload}/{extra}/{n}/{meter}{at}"
    return Cell(f"queue/{variant}/{workload}{extra}{at}/n={n}/{meter}", "queue", variant, workload,
                key, n, meter, role, "x", None, BLOCKS, placement, None, group)


def run_of(*cells):
    """(cell, result of a block) pairs -> what a table needs of a run."""
    index = SampleIndex({c.id: c for c, _ in cells})
    for c, result in cells:
        index.by_cell[c.id] = [
            Sample(c, b, (), None, {"ops": 10, "ns_per_op": 5.0} | result(b), None)
            for b in range(BLOCKS)]
    return types.SimpleNamespace(index=index)


def values(**told):
    return lambda b: {"values": {k: v(b) if callable(v) else v for k, v in told.items()}}


def met(**more):
    return values(**{"overlap_min": 1.0, "threads": 2, "cpus": 2, "oversubscribed": 0,
                     "full_per_item": 0.25, "empty_per_item": lambda b: 0.5 + b,
                     "blocked_per_item": 0, "bytes_per_item": 8} | more)


# -- threads that met ----------------------------------------------------------------------------

def test_a_row_says_whether_threads_met_and_what_did_not_succeed():
    run = run_of((cell("ring"), met()),
                 (cell("list", params={"producers": 4}), met(
                     threads=5, overlap_min=lambda b: 0.5 if b == 3 else 1.0, jain=0.75,
                     sleeps_per_item=0.5, kernel_asks_per_item=0.125)),
                 (cell("ring", "pair", placement="one_cpu"), values(bytes_per_item=8)),
                 (cell("ring", meter="work"), met()), (cell("floor", role="floor"), met()))
    ring, crowd = meetings.table(run)
    assert (ring["variant"], ring["overlap"], ring["crowded"]) == ("ring", 1.0, False)
    assert (ring["full"], ring["empty"], ring["bytes"], ring["jain"]) == (0.25, 5.5, 8, None)
    assert (crowd["overlap"], crowd["crowded"], crowd["jain"]) == (0.5, True, 0.75)
    assert (crowd["sleeps"], crowd["kernel"]) == (0.5, 0.125)
    text = findings.of_meetings([ring, crowd])
    assert "In 1 of 2 cells" in text and "50 % (list" in text and "In 1 there are more" in text
    assert findings.of_meetings([]) == ""


def test_the_page_and_the_csv_show_them(make_run):
    folder = make_run()
    report.write(folder)
    analysis = json.loads((folder / "analysis.json").read_text(encoding="utf-8"))
    assert analysis["meetings"] == [] and "Threads that met" not in report.page(analysis)
    rows = meetings.table(run_of((cell("ring", params={"producers": 4}), met(
        threads=5, overlap_min=0.9))))
    analysis["meetings"] = rows
    text = report.page(analysis)
    assert "Threads that met" in text and "5 on 2, crowded" in text and "90 %" in text
    told = [r for r in csv.DictReader(io.StringIO(report.csv_text(analysis)))
            if r["kind"] == "meetings"]
    assert {r["metric"] for r in told} == set(meetings.k_metrics)
    assert {r["value"] for r in told if r["metric"] == "full"} == {"0.25"}


def test_producers_are_compared_with_each_other():
    threads = [{"cpu": 0, "ops": 100, "failed": 0, "ns": 1000},
               {"cpu": 1, "ops": 50, "failed": 9, "ns": 1000}]
    run = run_of((cell("ring", params={"producers": 2}), lambda b: {"threads": threads}),
                 (cell("ring", params={"producers": 1}), lambda b: {"threads": None}),
                 (cell("ring", "mix", {"threads": 2}), lambda b: {"threads": threads}))
    rows = concurrency.fairness_table(run)
    assert [(r["workload"], r["threads"], r["ratio_min_max"]) for r in rows] == [
        ("fan_in", 2, 0.5), ("mix", 2, 0.5)]


# -- how long items waited -----------------------------------------------------------------------

def waited(rate, missed=0):
    told = {"buckets": [[100, 900], [200, 99], [900, 1]], "mean": 110.0}

    def of(b):
        return {"latency": {"unit": "ns", "count": 1000, "intended": told | {"max": 850 + b},
                            "raw": told | {"max": 800}, "lateness": {"buckets": [], "max": 0},
                            "missed": missed, "rate_per_s": rate}}
    return of


def test_the_longest_wait_is_told_beside_the_quantiles():
    run = run_of((cell("ring", "paced"), waited(200000)),
                 (cell("list", "paced"), waited(200000, missed=20)))
    good, late = latency.table(run)
    assert (good["p50_intended"], good["p99_intended"], good["max_intended"]) == (100, 200, 855)
    assert good["max_intended_low"] <= 855 <= good["max_intended_high"]
    assert good["verdict"] == "ok" and late["verdict"] == "generator late"
    html = figures_rows.latency([good, late])
    assert "longest 855 ns" in html and "generator late" in html
    assert "200,000 operations a second" in findings.of_latency([good, late])


def test_single_calls_have_no_rate_and_say_so():
    row, = latency.table(run_of((cell("ring", "bursts"), waited(0))))
    text = findings.of_latency([row])
    assert "Of single calls those of ring" in text and "a second" not in text
    assert ">raw " not in figures_rows.latency([row])
    assert ">raw " in figures_rows.latency(latency.table(run_of((cell("ring", "paced"),
                                                                 waited(200000)))))


# -- what is declared ----------------------------------------------------------------------------

QUEUE = {"name": "ring", "role": "variant", "kind": "spsc", "component": "queue",
         "traits": {"serves": "spsc", "order": "fifo", "empty": "three_valued", "full": "weak",
                    "capacity": "power_of_two", "push": "wait_free", "pop": "wait_free",
                    "reclamation": "none"}}
DASH = {"text": "–", "status": "absent", "sort": None, "title": "no data"}


def test_a_queue_shows_its_traits_and_a_timer_does_not():
    told = words.promises(QUEUE)
    assert list(told) == list(words.k_promises.values())
    assert told["says empty"]["text"] == "three valued" and told["says empty"]["title"]
    assert all(c["title"] for c in told.values())
    assert words.promises({"traits": {"order": "fifo"}}) == DASH
    assert words.declared(QUEUE, "order") == DASH  # a timer's word with a timer's meaning
    columns = matrix_table._spread([{"promises": told}], "promises", "declared", "declared")
    assert [c["label"] for c in columns] == list(words.k_promises.values())
    assert {c["group"] for c in columns} == {"declared"}


def test_one_producer_has_nobody_to_be_fair_to():
    assert words.fairness(DASH, QUEUE)["text"] == "nobody beside"
    assert words.fairness(DASH, QUEUE | {"kind": "mpsc"}) == DASH
    assert words.fairness(DASH, QUEUE | {"kind": "seq"})["text"] == "one thread"
    assert words.threads(DASH, QUEUE) == DASH  # its stress suite may be missing


# -- placements in claims ------------------------------------------------------------------------

RATIO = {"id": "r", "rule": "ratio", "metric": "values.ns_per_item", "meter": "time",
         "workload": "fan_in", "variants": ["ring"], "against": "list", "n": [50000],
         "params": {"capacity": 64}, "ratio": "1/2", "max": "1/2"}


def judged(test, ring, other, placement="all_cpus"):
    run = run_of((cell("ring", placement=placement), values(ns_per_item=ring)),
                 (cell("list", placement=placement), values(ns_per_item=other)))
    rules.check_test(test, "here")
    return rules.judge(test, run.index, {"gate": {}, "controls_ok": True, "environment": {},
                                         "run": "r"})


def noisy(level):
    return lambda b: level * (1 + 0.01 * (b % 3))


def test_a_claim_names_the_place_where_its_cells_run():
    asked = RATIO | {"placement": "all_cpus"}
    assert all(c["placement"] == "all_cpus" for c in rules.cells_needed(asked, []))
    assert all("placement" not in c for c in rules.cells_needed(RATIO, []))
    assert judged(asked, noisy(4), noisy(10))["verdict"] == "SUPPORTED"
    assert judged(asked, noisy(8), noisy(10))["verdict"] == "SUPPORTED IN SHAPE"
    assert judged(asked, noisy(12), noisy(10))["verdict"] == "REFUTED"
    assert judged(asked, noisy(4), noisy(10), "two_cores")["verdict"] == "UNDECIDED"
    assert judged(RATIO, noisy(4), noisy(10), "two_cores")["verdict"] == "SUPPORTED"
    with pytest.raises(ReportError, match="no placement 'everywhere'"):
        rules.check_test(RATIO | {"placement": "everywhere"}, "here")


NOT_DEARER = {k: v for k, v in RATIO.items() if k not in ("ratio", "max")} | {
    "rule": "equivalence", "max": 1.5, "placement": "all_cpus"}


@pytest.mark.parametrize(("level", "verdict"), [
    (14, "SUPPORTED"), (2, "SUPPORTED"), (16, "REFUTED"), (15, "UNDECIDED")])
def test_not_dearer_than_so_many_times_however_much_cheaper(level, verdict):
    got = judged(NOT_DEARER, lambda b: level * (1 + 0.01 * (b % 3 - 1)), lambda b: 10.0)
    assert got["verdict"] == verdict and "at most 1.5 times" in got["sentence"]


def test_what_was_given_up_is_found_wherever_it_would_have_run():
    index = SampleIndex({}, given_up={
        "queue/ring/fan_in,capacity=64@all_cpus/n=50000/time": "ring does not offer fan_in",
        "queue/ring/pair/n=50000/time": "not built"})
    assert given_up.why(index, "ring", "fan_in", {"capacity": 64}, 50000, "time") \
        == "ring does not offer fan_in"
    assert given_up.why(index, "ring", "pair", {}, 50000, "time") == "not built"
    assert given_up.why(index, "ring", "fan_in", {"capacity": 6}, 50000, "time") is None
    assert given_up.why(index, "ring", "fan_in", {"capacity": 64}, 5000, "time") is None


def test_the_claims_of_queues_are_claims():
    folder = synthetic.TREE / "experiments/queue/claims"
    found = [claims.load_claim(p) for p in sorted(folder.glob("*.toml"))]
    assert "req:B-speed" in {c["id"] for c in found}
    assert len({c["id"] for c in found}) == len(found)
