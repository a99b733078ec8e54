"""The claims as a paper: abstract, themes, what was done, figures, references; goals and bounds."""

import json

import pytest
from reports.errors import ReportError
from reports.judge import claims, rules
from reports.page import claim_figures, paper, report
from test_rules import judge

CONTROLS = {"ok": True}


def claim(ident="c:1", verdict="SUPPORTED", key="K", theme="costs", tests=()):
    return {"id": ident, "verdict": verdict, "key": key, "theme": theme, "title": f"Title {ident}",
            "tests": list(tests), "citation": f"Author, {key}"}


def a_trial(rule="growth", metric="instructions", evidence=(), **more):
    return {"id": "t", "rule": rule, "metric": metric, "as": "", "evidence": list(evidence),
            "verdict": "SUPPORTED", "figure": "O(1)", "published": "O(1)", "strands": []} | more


def test_the_abstract_counts_every_verdict_once():
    told = paper.abstract({"controls": CONTROLS, "claims": [
        claim("a"), claim("b"), claim("c", "REFUTED", "L"), claim("d", "UNDECIDED", "L")]})
    assert told[0] == ("This run tests four claims from two works: two hold on this machine as "
                       "printed; one does not hold; one is not decided by what was measured.")
    assert told[1] == "The one that does not hold: Title c." and "sound" in told[2]
    bad = paper.abstract({"controls": {"ok": False}, "claims": [claim()]})
    assert bad[0].startswith("This run tests one claim from one work: one holds")
    assert "none of its times decides" in bad[-1]
    assert paper.abstract({"controls": CONTROLS, "claims": []}) == []


def test_themes_stand_in_their_order_and_an_unknown_one_is_kept():
    analysis = {"pairs": [], "counted": [], "claims": [
        claim("a", theme="my_own"), claim("b", theme="peers"), claim("c", theme="costs"),
        claim("d", theme="other", key="Z")]}
    drawn = paper.sections(analysis, {})
    assert [s["title"] for s in drawn] == ["Costs of the operations",
                                           "Against what servers run on", "My own", "Other claims"]
    assert [c["number"] for s in drawn for c in s["claims"]] == [1, 1, 1, 2]
    told = paper.references(analysis | {"references": {"K": "no", "Y": "Yet another"}})
    assert [(r["number"], r["key"], r["text"]) for r in told] == [
        (1, "K", "Author, K"), (2, "Z", "Author, Z"), (3, "Y", "Yet another")]


def counted(variant, n, value):
    return {"cell": f"{variant}/{n}", "variant": variant, "workload": "start", "params": {}, "n": n,
            "figures": {"instructions": value}}


def test_what_was_done_names_what_there_is():
    cells = {r["cell"]: r for r in (counted("a", 64, 3), counted("b", 4096, 3))}
    one = claim(tests=[a_trial(evidence=cells)])
    assert paper.done(one, cells) == ("Instructions of a and b on start at n = 64 to 4,096; one "
                                      "test decides, by how they grow.")
    assert paper.done(claim(tests=[a_trial(evidence=["gone"])]), cells) == ""


def test_a_growth_claim_is_drawn_and_two_sizes_are_not():
    rows = {r["cell"]: r for r in (counted("a", n, 3) for n in (64, 512, 4096))}
    drawn = claim_figures.of_claim(claim(tests=[a_trial(evidence=rows)]), rows, {})
    assert len(drawn) == 1 and drawn[0]["kind"] == "claim-curve" and "<svg" in drawn[0]["html"]
    few = dict(list(rows.items())[:2])
    assert claim_figures.of_claim(claim(tests=[a_trial(evidence=rows)]), few, {}) == []


def test_a_ratio_claim_draws_every_comparison():
    found = ("p", "0.2", [0.1, 0.3]), ("q", "0.25", [0.2, 0.3])
    strands = [{"name": f"v over {p}", "figure": f, "interval": i, "verdict": "SUPPORTED",
                "sentence": ""} for p, f, i in found]
    figure = claim_figures.comparisons(claim(), [a_trial("ratio", "ns", strands=strands,
                                                        published="1/3 or less")])
    assert ">over p<" in figure["html"] and ">over q<" in figure["html"]
    assert figure["title"] == "t: ratio of costs of v, published 1/3 or less"
    assert figure["html"].count('class="limit"') == 2




NET = {"id": "t", "rule": "bound", "metric": "instructions", "workload": "start", "plus": "stop",
       "net": True, "variants": ["w"], "n": [1000], "max": 45}


def counts(start, floor=True):
    cells = [("w", "start", 1000, "instructions", [start]),
             ("w", "stop", 1000, "instructions", [20])]
    return cells + [("floor", "start", 1000, "instructions", [10]),
                    ("floor", "stop", 1000, "instructions", [5])][:2 if floor else 0]


@pytest.mark.parametrize(("start", "verdict"), [(40, "SUPPORTED"), (41, "REFUTED")])
def test_a_bound_takes_the_harness_off_and_adds_both_operations(start, verdict):
    got = judge(NET, counts(start))
    assert got["verdict"] == verdict and got["figure"] == f"{start + 20 - 15} instructions"
    assert len(got["evidence"]) == 2
    alone = judge(NET | {"net": False, "plus": "", "max": 40}, counts(start))
    assert alone["figure"] == f"{start} instructions"


def test_a_net_bound_without_a_counted_harness_is_not_decided():
    got = judge(NET, counts(40, floor=False))
    assert got["verdict"] == "UNDECIDED"
    assert judge(NET, counts(40)[1:])["verdict"] == "UNDECIDED"


GOAL = {"id": "g", "rule": "ratio", "metric": "ns", "workload": "w", "variants": ["v"], "n": [10],
        "against": ["p", "q"], "ratio": "1/3", "max": "1/3", "printed": "1/3 or less"}


@pytest.mark.parametrize(("p", "q", "verdict"), [
    (0.1, 0.3, "SUPPORTED"), (0.1, 0.5, "SUPPORTED IN SHAPE"), (0.1, 1.5, "REFUTED")])
def test_a_goal_holds_against_every_other_and_less_is_as_good(p, q, verdict):
    blocks = [100.0 + b for b in range(11)]
    cells = [("v", "w", 10, "time", blocks), ("floor", "w", 10, "time", [0.001] * 11),
             ("p", "w", 10, "time", [b / p for b in blocks]),
             ("q", "w", 10, "time", [b / q for b in blocks])]
    got = judge(GOAL, cells)
    assert got["verdict"] == verdict and got["published"] == "1/3 or less"
    assert [s["name"] for s in got["strands"]] == ["v w over p", "v w over q"]
    assert f"over p {p}" in got["figure"] and f"over q {q}" in got["figure"]
    asked = {c["variant"] for c in rules.cells_needed(GOAL, [])}
    assert asked == {"v", "p", "q"}
    drawn = claim_figures.comparisons(claim(), [got | {"id": "g", "published": "1/3 or less"}])
    assert drawn["html"].count('class="limit"') == 2


def test_a_net_bound_asks_for_the_floor_and_for_both_workloads():
    test = {"id": "t", "rule": "bound", "metric": "instructions", "workload": "start",
            "plus": "stop", "net": True, "variants": ["w"], "n": [10], "max": 45}
    asked = {(c["variant"], c["workload"]) for c in rules.cells_needed(test, [])}
    assert asked == {("w", "start"), ("w", "stop"), ("floor", "start"), ("floor", "stop")}
    with pytest.raises(ReportError, match="of instructions"):
        rules.check_test(test | {"metric": "ns"}, "a file")


def test_the_theme_of_a_claim_is_a_text():
    bad = {"schema": 1, "id": "c", "component": "timer", "key": "K", "where": "w", "title": "t",
           "claim": "c", "theme": 3, "test": [{}]}
    with pytest.raises(ReportError, match="not a text"):
        claims.check_claim(bad, "a file")


def test_the_page_reads_as_a_paper(good_run):
    report.write(good_run)
    text = (good_run / "report.html").read_text(encoding="utf-8")
    analysis = json.loads((good_run / "analysis.json").read_text(encoding="utf-8"))
    assert '<p class="abstract">This run tests six claims from three works' in text
    for c in analysis["claims"]:
        assert f'id="claim-{c["id"]}"' in text
    for title in ("Costs of the operations", "Accuracy", "Cascades and storms", "References"):
        assert f">{title}</h" in text
    assert text.count('class="f-claim-curve"') >= 3 and 'href="#ref-1"' in text
