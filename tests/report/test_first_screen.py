"""What a reader sees first, and what may not be overlooked: counts, reasons, hollow points."""

import json
import re

import pytest

from reports.judge.rules_common import text
from reports.page import figures, figures_curves, figures_rows, figures_spread, glance, report, svg
from reports.tables.matrix import ratio_text

PAIR = {"variant": "wheel", "component": "timer", "workload": "hold", "params": {}, "n": 64,
        "ratio": 0.5, "low": 0.4, "high": 0.6, "delta": 0.02, "basis": "time", "reason": "",
        "verdict": "FASTER", "ns": {"median": 5.0, "low": 4.0, "high": 6.0}}
VOID = PAIR | {"verdict": "INVALID", "reason": "a planted slowdown was not seen"}


def test_the_glance_says_what_the_page_says(good_run):
    analysis = json.loads((good_run / "analysis.json").read_text(encoding="utf-8"))
    seen = glance.of(analysis, figures.matrices(analysis))
    assert {p["word"]: p["count"] for p in seen["claims"]} == {
        "SUPPORTED": 4, "SUPPORTED IN SHAPE": 1, "REFUTED": 1}
    assert sum(p["count"] for p in seen["pairs"]) == sum(
        r["verdict"] != "reference" for r in analysis["pairs"])
    assert sum(p["count"] for p in seen["controls"]) == len(analysis["controls"]["rows"])
    for first in seen["fastest"]:
        same = [r for r in analysis["pairs"] if r["workload"] == first["where"].split()[0]
                and r["n"] == first["n"] and r["verdict"] == "FASTER"]
        assert first["figure"] == ratio_text(min(r["ratio"] for r in same))
    text = report.page(analysis)
    assert 0 < text.index('class="glance"') < text.index('id="claims"')


def test_nobody_is_named_fastest_without_a_verdict():
    analysis = {"pairs": [VOID, PAIR | {"verdict": "reference", "variant": "oracle"}]}
    matrix = {"rows": [{"name": "wheel"}, {"name": "oracle"}], "n": 64, "reference": "oracle"}
    told = glance.fastest(analysis, [matrix])
    assert [(t["who"], t["figure"]) for t in told] == [("", "invalid")]
    analysis["pairs"][0] = PAIR | {"verdict": "SLOWER", "ratio": 2.0}
    assert glance.fastest(analysis, [matrix])[0]["figure"] == "nobody is faster"


def test_of_several_thread_counts_the_largest_is_shown():
    rows = [PAIR | {"params": {"threads": str(t)}, "ratio": r} for t, r in ((2, 0.1), (10, 0.3))]
    matrix = {"rows": [{"name": "wheel"}], "n": 64, "reference": "oracle"}
    assert [t["figure"] for t in glance.fastest({"pairs": rows}, [matrix])] == ["0.300"]


def test_how_long_a_run_lasted():
    start = "2026-03-01T10:00:00.000+00:00"
    assert glance.lasted([start, "2026-03-01T10:00:42.400Z"]) == "42 s"
    assert glance.lasted([start, "2026-03-01T10:07:10+00:00"]) == "7 min"
    assert glance.lasted([start, "2026-03-01T12:05:00+00:00"]) == "2 h 5 min"
    assert glance.lasted(None) == glance.lasted([start]) == glance.lasted([start, None]) == ""


def test_ratios_have_three_significant_digits():
    """Two digits made a point of an interval: 0.19 [0.19, 0.19]."""
    assert [ratio_text(v) for v in (0.0509, 0.19, 0.7541, 1.0, 94.43, 189.2, 3570.4, 0)] == [
        "0.0509", "0.190", "0.754", "1.00", "94.4", "189", "3,570", "0.00"]


def test_long_names_break_after_a_slash_and_nowhere_else():
    text = str(report.breaks("cell timer/x/n=32768/time#planted isn't 1 / 2 <b>"))
    assert text.count("<wbr>") == 4 and "timer/<wbr>x/<wbr>n=32768/<wbr>time<wbr>#planted" in text
    assert "&#39;" in text and "&lt;b&gt;" in text and "1 / 2" in text
    assert report.breaks("5 % of 0.337 ms, 3 samples") == "5\u00a0% of 0.337\u00a0ms, 3 samples"


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (0.97, 1.06), (95, 120), (0.8, 1.25)])
def test_a_narrow_log_axis_has_more_than_one_tick(low, high):
    ticks = svg.Log(low, high).ticks(7)
    assert 3 <= len(ticks) <= 8 and all(low <= t <= high for t in ticks)


def test_a_forest_is_in_the_order_of_its_ratios_and_says_why_not():
    rows = [PAIR | {"variant": "slow", "ratio": 3.0}, VOID | {"variant": "void", "ratio": 0.9},
            PAIR | {"variant": "none", "ratio": None, "low": None, "high": None,
                    "verdict": "UNDECIDED", "reason": "about <4> more"}, PAIR]
    html = figures_rows.forest(rows)
    assert re.findall(r'class="name">(\w+)', html) == ["wheel", "void", "slow", "none"]
    assert "void: a planted slowdown was not seen" in html
    assert "none: about &lt;4&gt; more" in html
    assert "whys" not in figures_rows.forest([PAIR])
    assert "every pair: a planted" in figures_rows.forest(
        [VOID | {"variant": v} for v in ("a", "b", "c")])


def test_an_invalid_point_is_hollow_and_explained_below_the_curve():
    points = [{"n": n, "median": n, "void": n == 512} for n in (64, 512, 4096)]
    html = figures_curves.against_n("t", "t", {"wheel": points},
                                    figures_curves.style_of(["wheel"]), "ns")
    assert html.count('class="hollow"') == 1
    heap = VOID | {"variant": "heap"}
    assert "every pair at n = 64: a planted" in figures.void_sizes([VOID, heap])
    assert "heap at n = 64: a planted" in figures.void_sizes([PAIR, heap])
    assert figures.void_sizes([PAIR]) == ""


def tail(name, far, quantile=True):
    ccdf = [[1.0, 1.0], [1.0 + far / 2, 0.1], [1.0 + far, 0.01]]
    known = [{"q": 0.5, "value": 1.0, "low": 0.9, "high": 1.1}]
    known += [{"q": 0.95, "value": 1.0 + far, "low": 1.0, "high": 1.1 + far}] if quantile else []
    return {"variant": name, "kind": "batches", "ccdf": ccdf, "quantiles": known}


def test_of_many_tails_the_longest_are_named_and_the_others_stay_visible():
    rows = [tail(f"v{i}", 0.1 * i) for i in range(12)] + [tail("short", 0.0, False)]
    looks = figures_curves.style_of([r["variant"] for r in rows])
    html = figures_spread.ccdf_figure("t", "t", rows, looks, "words")
    named = re.findall(r">(v\d+), p95 [\d.]+<", html)
    assert named == ["v11", "v10", "v9", "v8", "v0"] and "grey: 8 more" in html
    assert html.count('class="s behind"><title>') == 8  # drawn all the same
    assert [r["variant"] for r in figures_spread.longest(rows[:3])] == ["v2", "v1", "v0"]
    table = figures_spread.quantile_table(rows, "hold")
    assert table.count("<tr>") == 14 and "2.10 <small>[1.00, 2.20]</small>" in table
    assert 'scope="row">short</th><td>1.00' in table and "<td>–</td>" in table


def test_names_leave_the_corner_where_a_curve_runs_through_it():
    rows = [tail(f"v{i}", 0.1 * i) for i in range(3)]
    looks = figures_curves.style_of([r["variant"] for r in rows])
    assert 'class="legend "' in figures_spread.ccdf_figure("t", "t", rows, looks, "words")
    rows[2]["ccdf"] = [[1.0, 1.0], [3.0, 0.8], [3.0, 0.01]]
    html = figures_spread.ccdf_figure("t", "t", rows, looks, "words")
    assert 'class="legend always"' in html and ", p95" not in html


def test_latency_of_a_variant_stays_together():
    rows = [tail(f"v{i}", 0.1 * i) | {"kind": f"latency {start}"}
            for i in range(7) for start in ("intended", "raw")]
    told = [(r["variant"], r["kind"][8:]) for r in figures_spread.longest(rows)]
    assert told[:3] == [("v6", "intended"), ("v6", "raw"), ("v5", "intended")] and len(told) == 10


def test_a_claim_never_prints_an_exponent_for_a_large_figure():
    assert [text(v) for v in (10829.4, 24592.125, 155.44, 3e-7, 1024.0)] == [
        "10829", "24592", "155.4", "3e-07", "1024"]
