"""The page's own parts: scales, labels, palette, columns, and a page of an older analysis."""

import csv
import json
import math
import re
import subprocess
import sys

import pytest
import synthetic

from reports.errors import ReportError
from reports.page import (figures, figures_curves, figures_rows, matrix_table as page_matrix,
                          report, svg)

TREE = synthetic.TREE


# --- the drawing layer

def test_scales_keep_order_and_end_at_the_edges():
    for scale, values in ((svg.Log(0.1, 1000), (0.1, 1, 30, 1000)),
                          (svg.Linear(-2, 8), (-2, 0, 3, 8))):
        shares = [scale.at(v) for v in values]
        assert shares == sorted(shares) and shares[0] == 0 and shares[-1] == 1
        assert scale.at(values[-1] * 2) == 1  # nothing leaves the drawing
    assert svg.Log(1, 100).at(10) == pytest.approx(0.5)


@pytest.mark.parametrize(("low", "high"), [(0.9, 1.1), (0.5, 2), (0.01, 300), (1e-3, 1e9), (3, 4)])
def test_log_ticks_are_few_and_inside(low, high):
    ticks = svg.Log(low, high).ticks(7)
    assert 1 <= len(ticks) <= 8 and all(low <= t <= high for t in ticks)
    assert ticks == sorted(ticks)


def test_linear_ticks_are_round():
    assert svg.Linear(0, 8.2).ticks(6) == [0, 2, 4, 6, 8]
    assert svg.Linear(0, 0.07).ticks(4) == pytest.approx([0, 0.02, 0.04, 0.06])


def test_labels_are_spread_and_stay_inside():
    places = svg.spread([10, 11, 12, 90, 200, 201], 14, 0, 200)
    assert all(b - a >= 14 - 1e-9 for a, b in zip(places, places[1:]))
    assert places[0] >= 0 and places[-1] <= 200
    assert svg.spread([5, 100], 14, 0, 200) == [5, 100]  # what is apart is left alone


def test_names_are_escaped_and_coordinates_short():
    plot = svg.Plot("x", "a < b", svg.Linear(0, 1), svg.Linear(0, 1))
    plot.add(plot.text(1 / 3, 10, "<script>"))
    text = plot.finish()
    assert "<script>" not in text and "&lt;script&gt;" in text and "a &lt; b" in text
    assert 'x="33.33%"' in text and svg.short(-0.001) == "0"


def test_every_layout_has_a_dot():
    points = [{"n": n, "median": n, "low": n * 0.9, "high": n * 1.1,
               "units": [n * (1 + 0.01 * i) for i in range(11)]} for n in (64, 512, 4096)]
    looks = figures_curves.style_of(["wheel"])
    html = figures_curves.against_n("t", "t", {"wheel": points}, looks, "ns")
    dust = re.search(r'<path class="dust" d="([^"]+)"', html).group(1)
    spots = dust.split("M")[1:]
    assert len(spots) == 33 and len(set(spots)) == 33  # no dot hides another


# --- rows of words and strips

PAIR = {"variant": "wheel", "ratio": 0.5, "low": 0.4, "high": 0.6, "delta": 0.02, "basis": "time",
        "verdict": "FASTER"}


def test_a_forest_keeps_the_line_at_one_and_draws_every_interval():
    rows = [PAIR, PAIR | {"variant": "heap", "verdict": "UNDECIDED", "high": 1.1},
            PAIR | {"variant": "counted", "basis": "instructions"},
            PAIR | {"variant": "nothing", "ratio": None, "low": None, "high": None,
                    "verdict": "INVALID"}]
    html = figures_rows.forest(rows)
    assert html.count('class="one"') == 4 and html.count('class="ci"') == 2
    assert "faster, counted" in html and "[0.400, 0.600]" in html and "<b>–</b>" in html


def test_an_account_of_time_is_whole():
    account = {"wall_s": 100.0, "timed_s": 70.0, "processes_s": 60.0, "start_s": 10.0,
               "measured_s": 40.0, "pilot_s": 5.0, "counted_s": 15.0, "build_s": 4.0}
    parts = {p["name"]: p["seconds"] for p in figures_rows.account_parts(account)}
    assert parts["measured regions"] == 40 and parts["between the processes"] == 10
    assert sum(parts.values()) == pytest.approx(100) and parts["the rest"] == pytest.approx(6)
    assert figures_rows.account_parts({}) == []


def test_durations_have_the_unit_of_a_reader():
    assert [figures_rows.duration(v) for v in (None, 12.3, 4500, 7.2e6, 3e9)] == [
        "–", "12.3 ns", "4.5 µs", "7.2 ms", "3 s"]


# --- palette

def palettes():
    """The two palettes as the page has them: name -> colour."""
    text = report._environment().get_template("palette.css.j2").render()
    blocks = [dict(re.findall(r"(--[\w-]+):\s*(#[0-9a-f]{6})", b))
              for b in re.findall(r"\{([^{}]*--paper[^{}]*)\}", text)]
    assert len(blocks) == 3 and blocks[1] == blocks[2]  # dark by the system and by the button
    return {"light": blocks[0], "dark": blocks[1]}


def linear(colour):
    channels = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(a, b):
    """WCAG 2.1, section 1.4.3."""
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b_ for r, g, b_ in
                          (linear(a), linear(b))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


GROUNDS = {"--paper": ("--ink", "--soft", "--accent", "--good", "--bad", "--open", "--none",
                       "--faster", "--slower", "--same", "--undecided", "--invalid",
                       *(f"--c{i}" for i in range(7))),
           "--raised": ("--ink", "--soft", "--good", "--bad", "--open", "--accent", "--faster",
                        "--slower", "--same", "--undecided", "--invalid"),
           "--band": ("--ink", "--soft", "--faster", "--slower", "--same"),
           "--good-bg": ("--good",), "--shape-bg": ("--shape", "--soft"), "--bad-bg": ("--bad",),
           "--open-bg": ("--open",), "--none-bg": ("--none", "--ink", "--soft")}


@pytest.mark.parametrize("theme", ("light", "dark"))
def test_words_can_be_read_on_every_ground(theme):
    colours = palettes()[theme]
    weak = [f"{w} on {g}: {contrast(colours[w], colours[g]):.2f}"
            for g, words in GROUNDS.items() for w in words
            if contrast(colours[w], colours[g]) < 4.5]
    assert weak == []


def test_the_contrast_test_bites():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#9a9da2", "#fdfdfb") < 4.5  # a grey this page once had


# Machado, Oliveira, Fernandes 2009, severity 1: what is left of linear RGB.
BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216),
               (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413),
               (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602),
               (0.004733, 0.691367, 0.303900))}


def lab(rgb):
    """CIELAB (D65) of linear RGB."""
    to_xyz = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(m * min(1.0, max(0.0, c)) for m, c in zip(row, rgb)) / white
           for row, white in zip(to_xyz, (0.9505, 1.0, 1.089))]
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(a, b, blind):
    eyes = [[sum(m * c for m, c in zip(row, linear(x))) for row in BLIND[blind]] for x in (a, b)]
    return math.dist(lab(eyes[0]), lab(eyes[1]))


@pytest.mark.parametrize("theme", ("light", "dark"))
@pytest.mark.parametrize("blind", sorted(BLIND))
def test_verdicts_differ_for_colour_blind_readers(theme, blind):
    colours = palettes()[theme]
    for a, b in (("--faster", "--slower"), ("--good", "--bad"), ("--faster", "--same"),
                 ("--slower", "--same")):
        assert distance(colours[a], colours[b], blind) > 15, (a, b)


def test_the_colour_blind_test_bites():
    assert distance("#00a000", "#a06000", "deutan") < 15 < distance("#0067a6", "#b34700", "deutan")


# --- the matrix

def cell(text, sort=None):
    return {"text": text, "status": "plain", "sort": sort, "title": ""}


def matrix_of(**more):
    row = {"name": "wheel", "role": "variant", "note": "", "source": "", "traits": {}, "bytes": 8,
           "growth": None, "instructions": {}, "ratios": {}, "bytes_cell": cell("8", 8)} | more
    return {"rows": [row], "ops": [], "timed": [], "n": 64, "reference": None}


ANALYSIS = {"run": "r", "pairs": [], "counted": []}


def test_columns_without_data_are_left_out_and_named():
    table = page_matrix.table(ANALYSIS, matrix_of(a12=cell("0.91", 0.91)), 0)
    labels = [c["label"] for c in table["columns"]]
    assert labels == ["proven", "A12", "bytes an item"]
    assert "fairness" in table["left_out"] and "A12" not in table["left_out"]


def test_cells_by_workload_become_columns():
    matrix = matrix_of(tail={"hold": cell("1.2", 1.2), "timeouts": cell("3", 3)})
    table = page_matrix.table(ANALYSIS, matrix, 0)
    assert [(c["group"], c["label"]) for c in table["columns"]][1:3] == [
        ("p99 over p50", "hold"), ("p99 over p50", "timeouts")]


# --- whole pages

def test_an_older_analysis_still_makes_a_page():
    path = TREE / "reports/published/quick/analysis.json"
    analysis = json.loads(path.read_text(encoding="utf-8"))
    for key in (*report.k_optional, "tails", "order", "usl", "fairness", "latency", "matrices",
                "roofs", "statistics"):
        analysis.pop(key, None)
    text = report.page(analysis)
    for word in ("No operation was issued at a fixed rate", "No workload ran on several threads",
                 "Not measured in this run"):
        assert word in text


def test_what_changed_since_the_baseline_is_on_the_page(good_run):
    analysis = json.loads((good_run / "analysis.json").read_text(encoding="utf-8"))
    assert "compared with no baseline" in report.page(analysis)
    analysis["environment_diff"] = [{"field": "kernel_name", "before": "6.1.0", "now": None}]
    text = report.page(analysis)
    assert '<th scope="row">kernel name</th><td class="left">6.1.0</td>' in text
    assert "compared with no baseline" not in text


def test_a_page_that_is_too_large_goes_without_dots_and_says_so(make_run, monkeypatch):
    folder = make_run(layouts=11)
    page = report.write(folder)
    whole = page.read_text(encoding="utf-8")
    assert 'class="dust"' in whole and report.k_slim not in whole
    monkeypatch.setattr(report, "k_size_max", len(whole.encode()) - 1)
    report.write(folder)
    thin = page.read_text(encoding="utf-8")
    assert 'class="dust"' not in thin and report.k_slim in thin
    monkeypatch.setattr(report, "k_size_max", 1000)
    with pytest.raises(ReportError, match="the page would have"):
        report.write(folder)


def test_a_rich_run_has_every_figure_and_twice_the_same_bytes(tmp_path):
    folder = synthetic.write(tmp_path, synthetic.World(rich=True))
    page = report.write(folder)
    first = page.read_bytes()
    analysis = json.loads((folder / "analysis.json").read_text(encoding="utf-8"))
    drawn = figures.sections(analysis)
    kinds = {f["kind"].split()[0] for s in drawn for f in (*s["figures"], *s["more"])}
    assert kinds == {"forest", "cost", "count", "tails", "order", "usl", "fairness", "latency"}
    bare = [(s["key"], f["title"]) for s in drawn for f in s["figures"] if not f["caption"]]
    assert bare == []
    assert len(first) < report.k_size_max
    rows = list(csv.DictReader((folder / "results.csv").open(encoding="utf-8")))
    assert {r["kind"] for r in rows} == {"time", "count", "latency", "system"}
    timed = [r for r in rows if r["kind"] == "time" and r["ratio_low"]]
    assert timed and all(r["a12"] and r["unit"] == "layout" for r in timed)
    assert not any(v in ("None", "nan", "inf", "unavailable") for r in rows for v in r.values())
    told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [m["component"] for m in told["matrices"]] == ["timer", "counter"]
    assert told["matrices"][1]["rows"][1]["fairness"] not in ("", "–")
    page.unlink()
    done = subprocess.run([sys.executable, "-m", "reports", str(folder)], cwd=TREE, timeout=120,
                          capture_output=True, text=True, check=False,
                          env={"PYTHONHASHSEED": "4711", "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert page.read_bytes() == first
