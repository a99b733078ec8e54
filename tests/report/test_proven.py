"""What the explorer went through: the table, the cells of the matrix, its part of the page."""

import json
import types

from reports.page import report
from reports.tables import matrix, proven


def scenario(name="one of each", said="passed", **more):
    return {"name": name, "said": said, "bound": "", "complete": 9, "blocked": 1,
            "events_most": 28, "interleavings": 252.0, "seconds": 0.01} | more


def line(variant="ring", suite="explored", preset="dev", **more):
    return {"component": "queue", "variant": variant, "suite": suite, "preset": preset,
            "passed": True} | more


def run_of(*rows):
    return types.SimpleNamespace(evidence=list(rows))


def test_scenarios_are_rows_and_totals_count_what_is_not_whole():
    [table] = proven.table(run_of(line(scenarios=[
        scenario(), scenario("two", "partial", bound="20 s", complete=100),
        scenario("three", "failed", complete=0)])))
    assert [(r["name"], r["said"], r["complete"]) for r in table["rows"]] == [
        ("one of each", "passed", 9), ("two", "partial", 100), ("three", "failed", 0)]
    assert (table["graphs"], table["partial"], table["failed"]) == (109, 1, 1)
    assert table["rows"][1]["bound"] == "20 s"


def test_the_line_that_says_most_counts_and_components_stay_apart():
    tables = proven.table(run_of(
        line(scenarios=[scenario()], preset="asan"), line(scenarios=[scenario()] * 2),
        line("futex", scenarios=[scenario()], component="wake")))
    assert [(t["component"], len(t["rows"])) for t in tables] == [("queue", 2), ("wake", 1)]


def test_facts_are_listed_by_what_they_are_of():
    [table] = proven.table(run_of(line(suite="progress", facts={
        "push": "wait-free", "pop": "blocking"})))
    assert [(f["suite"], f["of"], f["what"]) for f in table["facts"]] == [
        ("progress", "pop", "blocking"), ("progress", "push", "wait-free")]
    cell = proven.facts_cell(run_of(line(suite="progress", facts={"push": "wait-free"})),
                             "queue", "ring", "progress")
    assert cell["text"] == "push: wait-free" and cell["status"] == "ok"


def test_evidence_without_either_makes_no_table_and_no_cell():
    run = run_of(line(suite="conformance"), line(scenarios=[]))
    assert proven.table(run) == []
    assert proven.cell_of(run, "queue", "ring") is None
    assert proven.facts_cell(run, "queue", "ring", "progress") is None


def test_a_cell_says_whether_it_is_whole():
    whole = proven.cell_of(run_of(line(scenarios=[scenario()])), "queue", "ring")
    assert (whole["text"], whole["status"]) == ("9", "ok")
    part = proven.cell_of(run_of(line(scenarios=[scenario("x", "partial")])), "queue", "ring")
    assert part["status"] == "partial" and "x" in part["title"]
    red = proven.cell_of(run_of(line(scenarios=[scenario("x", "failed")])), "queue", "ring")
    assert red["text"] == "FAILED" and "x" in red["title"]


def test_large_numbers_of_interleavings_are_powers_of_ten():
    assert proven.power_of_ten(0) == "–"
    assert proven.power_of_ten(252) == "252"
    assert proven.power_of_ten(3.2e21) == "3.2 × 10²¹"


def test_the_page_and_the_matrix_show_it(make_run):
    folder = make_run()
    path = folder / "evidence.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"rows": []}
    rows = kept["rows"] if isinstance(kept, dict) else kept
    assert rows, "the made-up run has evidence"
    component, variant = rows[0]["component"], rows[0]["variant"]
    rows.append(rows[0] | {"suite": "explored", "preset": "dev", "passed": True,
                           "scenarios": [scenario("two producers")]})
    path.write_text(json.dumps(kept), encoding="utf-8")
    report.write(folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert '<section id="proven">' in html and "two producers" in html
    from reports.samples import load_run
    shown = next(v for v in matrix.variants_of(load_run(folder)) if v["name"] == variant)
    assert proven.cell_of(load_run(folder), component, shown["name"])["text"] == "9"
