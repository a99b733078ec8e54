"""The matrix without dashes that could be words, what a variant declares, and the worst tick."""

import json

import pytest
from reports.page import figures_rows, matrix_table, report
from reports.tables import matrix_words as words, worst

DASH = {"text": "–", "status": "absent", "sort": None, "title": "no data"}
FIGURE = {"text": "3", "status": "ok", "sort": 3, "title": ""}
TRAITS = {"start": "o1", "stop": "log_n", "tick": "n", "order": "by_deadline",
          "next": "lower_bound", "late": "bounded", "late_share": "12.5"}


def variant(**more):
    return {"name": "v", "role": "variant", "kind": "seq", "traits": dict(TRAITS)} | more


def test_a_word_says_why_and_a_figure_stays():
    peer = variant(role="peer")
    assert words.proof(DASH, True)["text"] == "none" and words.proof(DASH, False) == DASH
    assert words.proof(FIGURE, True) == FIGURE
    assert words.counted_work(FIGURE, peer)["text"] == "closed box"
    assert words.counted_work(FIGURE, variant()) == FIGURE
    red = FIGURE | {"status": "failed"}
    assert words.counted_work(red, peer) == red
    assert words.mutants(DASH, peer, True)["text"] == "closed box"
    assert words.mutants(DASH, variant(), True) == DASH == words.mutants(DASH, peer, False)
    assert words.threads(DASH, variant())["text"] == "one thread"
    assert words.threads(DASH, variant(kind="shared")) == DASH
    assert words.beside_reference(DASH, True)["text"] == "reference"
    assert words.beside_reference(DASH, False) == DASH


def test_what_is_declared_is_shown_as_it_is_declared():
    assert words.declared(variant(), "order")["text"] == "deadline"
    assert words.declared(variant(), "next")["text"] == "bound"
    assert words.declared(variant(traits={}), "next") == DASH
    assert words.lateness(variant())["text"] == "12.5 %"
    exact = variant(traits={"late": "exact"})
    assert words.lateness(exact)["text"] == "0" and words.lateness(exact)["sort"] == 0.0
    assert words.lateness(variant(traits={"late": "bounded"}))["status"] == words.k_word
    assert words.lateness(variant(traits={})) == DASH


def grown(op, kind, metric="instructions", **params):
    return {"workload": op, "class": kind, "metric": metric, "params": params}


@pytest.mark.parametrize(("found", "status"), [
    ([grown("start", "1"), grown("stop", "log n")], "plain"),
    ([grown("stop", "1")], "plain"),
    ([grown("start", "log n")], "differs"),
    ([grown("start", "cannot tell"), grown("start", "n", "work.total")], "plain"),
    ([grown("tick", "n", mode="expire")], "plain")])
def test_declared_growth_is_held_against_what_was_found(found, status):
    got = words.declared_growth(variant(), found)
    assert got["text"] == "1 · log n · n" and got["status"] == status
    assert ("found worse" in got["title"]) == (status == "differs")


def test_a_cell_that_nobody_measured_says_who_left_it_out(good_run):
    analysis = json.loads((good_run / "analysis.json").read_text(encoding="utf-8"))
    rows = {r["name"]: r for r in analysis["matrix"]["rows"]}
    assert rows["multimap_oracle"]["a12"]["text"] == "reference"
    table = matrix_table.table(analysis, analysis["matrix"], 0)
    shown = {x["text"] for r in table["rows"] for x in r["cells"]
             if x["status"] == words.k_word}
    assert shown >= {"reference"}


def test_a_column_of_words_only_is_left_out():
    cells = [words.word("one thread", "why")] * 3
    assert matrix_table._column("g", "l", cells)["absent"]
    assert not matrix_table._column("g", "l", [*cells, FIGURE])["absent"]


def storm(name, ns, work=5, n=64, units=11, **more):
    return {"component": "timer", "variant": name, "workload": "storm", "params": {"kind": "level"},
            "n": n, "cell": name, "ns": ns, "low": (ns or 0) * 0.9, "high": (ns or 0) * 1.1,
            "units": units,
            "work": work, "fired": 1} | more


def test_the_worst_tick_of_all_is_drawn_in_its_order():
    rows = [storm("slow", 5e6), storm("fast", 900.0, None), storm("alone", 4e4, units=1, low=None,
                                                                  high=None)]
    assert worst.shown([*rows, storm("few", 1.0, n=4096)]) == rows
    told = worst.sentence(rows)
    assert "900 ns in fast" in told and "5 ms in slow" in told
    assert "1 row rests on one process" in told
    drawn = report.storms(rows)
    assert len(drawn) == 1 and "n = 64" in drawn[0]["title"]
    html = drawn[0]["html"]
    assert html.index("fast") < html.index("alone") < html.index("slow")
    assert "closed box" in html and "one process" in html
    assert report.storms([]) == [] == report.storms([storm("x", None, low=None, high=None)])
    assert figures_rows.duration(5e6) == worst.duration(5e6)


def test_the_worst_tick_is_read_from_samples(make_run):
    def told(lines):
        for line in lines:
            if "/timeouts/" in line["cell"] and line.get("result"):
                line["result"]["values"] = {"worst_advance_ns": 1000.0 + line["block"],
                                            "worst_advance_work": 7, "worst_advance_fired": 2}
        return lines

    folder = make_run(sizes=(512,), with_claims=False)
    path = folder / "samples.jsonl"
    lines = told([json.loads(x) for x in path.read_text(encoding="utf-8").splitlines()])
    path.write_text("".join(json.dumps(x) + "\n" for x in lines), encoding="utf-8")
    report.write(folder)
    rows = json.loads((folder / "analysis.json").read_text(encoding="utf-8"))["worst"]
    assert {r["variant"] for r in rows} >= {"hashed_wheel", "binary_heap"}
    for row in (r for r in rows if r["n"] == 512):
        assert row["work"] == 7 and row["fired"] == 2 and row["units"] == 11
        assert row["low"] <= row["ns"] <= row["high"] and 1000 <= row["ns"] <= 1011
