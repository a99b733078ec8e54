"""Who finds which seeded bug: the table, its totals, and its part of the page."""

import types

import synthetic

from reports.page import report
from reports.samples import load_run
from reports.tables import kills


def run_of(*scores, component="timer"):
    rows = [{"component": component, "variant": variant, "suite": "mutants", "mutants": score}
            for variant, score in scores]
    return types.SimpleNamespace(evidence=rows)


def score(killers, checkers=("lock step", "audit", "corpus")):
    return {"killed": sum(bool(k) for k in killers.values()), "total": len(killers),
            "checkers": list(checkers), "killers": killers,
            "breaks": {n: f"bug {n}" for n in killers}}


def test_rows_say_who_found_what_and_who_alone():
    [table] = kills.table(run_of(("wheel", score({
        "1": {"lock step": "never_late", "audit": "I1"}, "2": {"audit": "I2"}, "3": {}}))))
    assert [(r["number"], r["state"], r["count"]) for r in table["rows"]] == [
        (1, "by several", 2), (2, "by one", 1), (3, "survived", 0)]
    assert table["rows"][0]["signs"] == {"lock step": "never_late", "audit": "I1"}
    assert table["rows"][0]["breaks"] == "bug 1"
    assert table["survived"] == 1
    assert table["totals"] == [{"checker": "lock step", "found": 1, "alone": 0},
                               {"checker": "audit", "found": 2, "alone": 1},
                               {"checker": "corpus", "found": 0, "alone": 0}]


def test_numbers_are_in_the_order_of_numbers():
    [table] = kills.table(run_of(("wheel", score({"10": {}, "9": {}, "1": {}}))))
    assert [r["number"] for r in table["rows"]] == [1, 9, 10]


def test_a_score_without_checkers_makes_no_table():
    assert kills.table(run_of(("wheel", {"killed": 1, "total": 1, "by": {"1": "order"}}))) == []


def test_the_larger_of_two_scores_of_a_variant_counts_and_components_stay_apart():
    run = run_of(("wheel", score({"1": {}})), ("wheel", score({"1": {"audit": "I1"}, "2": {}})))
    run.evidence += run_of(("faa", score({"1": {"audit": "I1"}}, ["audit"])),
                           component="counter").evidence
    timer, counter = kills.table(run)
    assert len(timer["rows"]) == 2 and counter["checkers"] == ["audit"]


def test_the_page_has_the_table_and_an_older_run_goes_without(make_run):
    folder = make_run()
    report.write(folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    rows = sum(len(t["rows"]) for t in kills.table(load_run(folder)))
    assert rows > 0 and html.count('data-more="kill-') == rows
    assert '<section id="kills">' in html and 'href="#kills"' in html
    assert "made-up bug 1" in html and f"All {rows} are found." in html
    old = [r for r in synthetic.evidence(synthetic.World()) if r["suite"] != "mutants"]
    synthetic.dump(folder / "evidence.json", {"schema": 1, "rows": old})
    report.write(folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert '<section id="kills">' not in html and 'href="#kills"' not in html


def test_a_survivor_is_said_and_shown_open(make_run):
    folder = make_run()
    rows = synthetic.evidence(synthetic.World())
    hit = next(r for r in rows if r["suite"] == "mutants")
    hit["mutants"]["killers"]["1"] = {}
    synthetic.dump(folder / "evidence.json", {"schema": 1, "rows": rows})
    report.write(folder)
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert "1 of" in html and "survived.</b>" in html and "<details open>" in html
    assert "no checker found it" in html
