"""From a made-up run folder to the page: what it finds, what it refuses, and its bytes."""

import csv
import html.parser
import json
import shutil
import subprocess
import sys

import pytest
import synthetic

from reports import analyse
from reports.errors import ReportError
from reports.page import figures, report


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def change(folder, name, **fields):
    path = folder / name
    path.write_text(json.dumps(read(folder, name) | fields), encoding="utf-8")


def edit_lines(folder, f):
    path = folder / "samples.jsonl"
    lines = [json.loads(x) for x in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(x) + "\n" for x in f(lines)), encoding="utf-8")


def by_id(analysis):
    return {c["id"]: c for c in analysis["claims"]}


def test_claims_of_a_good_run(good_run):
    found = by_id(read(good_run, "analysis.json"))
    verdicts = {k: c["verdict"] for k, c in found.items()}
    assert verdicts == {"timers:T1": "SUPPORTED", "timers:T2": "SUPPORTED", "timers:T5": "REFUTED",
                        "timers:T7": "SUPPORTED IN SHAPE", "timers:T8": "SUPPORTED",
                        "req:A2-growth": "SUPPORTED"}
    sentence = found["timers:T5"]["sentence"]
    assert "published slope 2/3" in sentence and "marked derived, 4 of 4 hold" in sentence
    assert "0.127" in found["timers:T7"]["sentence"] and "12.5 %" in found["timers:T7"]["sentence"]


def test_pairs_of_a_good_run(good_run):
    pairs = read(good_run, "analysis.json")["pairs"]
    rows = {(r["variant"], r["workload"], r["n"]): r for r in pairs}
    world = synthetic.World()
    for (variant, workload, n), row in rows.items():
        if variant == "multimap_oracle":
            assert row["verdict"] == "reference"
            continue
        truth = ((world.ns(variant, workload, n) - world.floor_ns)
                 / (world.ns("multimap_oracle", workload, n) - world.floor_ns))
        assert row["verdict"] == ("FASTER" if truth < 1 else "SLOWER"), row
        assert row["ratio"] == pytest.approx(truth, rel=0.08)
        assert row["coverage"] >= 0.93 and row["units"] == 11


def test_growth_and_matrix_of_a_good_run(good_run):
    analysis = read(good_run, "analysis.json")
    assert analysis["controls"]["ok"]
    grown = {(g["variant"], g["workload"]): g["class"] for g in analysis["growth"]
             if g["metric"] == "instructions"}
    assert grown["hashed_wheel", "start"] == "1" and grown["sorted_list", "start"] == "n"
    assert grown["libev_heap", "stop"] == "log n"
    rows = {r["name"]: r for r in analysis["matrix"]["rows"]}
    assert list(rows) == [*synthetic.VARIANTS, *synthetic.PEERS]
    assert rows["libuv_heap"]["role"] == "peer" and rows["libuv_heap"]["fuzz"]["text"] == "–"
    assert rows["hashed_wheel"]["mutants"]["text"] == "1/1"
    assert rows["hashed_wheel"]["sanitizers"]["text"] == "asan ubsan"
    assert all(r["proof"]["text"] in ("none", "–") for r in rows.values())


def test_two_writes_are_byte_identical(good_run, tmp_path):
    copy = tmp_path / good_run.name
    shutil.copytree(good_run, copy)
    for name in ("analysis.json", "report.html", "report.json", "results.csv"):
        (copy / name).unlink()
    # In a process of its own: neither hash order nor what was drawn before may show.
    done = subprocess.run([sys.executable, "-m", "reports", str(copy)], cwd=synthetic.TREE,
                          capture_output=True, text=True, env={"PYTHONHASHSEED": "12345",
                                                               "PATH": "/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    for name in ("analysis.json", "report.html", "report.json", "results.csv"):
        assert (copy / name).read_bytes() == (good_run / name).read_bytes(), name


class Page(html.parser.HTMLParser):
    """Counts what opens and closes, and collects what would be loaded."""

    void = {"meta", "link", "br", "img", "input", "hr", "wbr"}

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.loads, self.links, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        for key in ("src", "srcset", "poster", "data", "action", "xlink:href"):
            if key in attrs:
                self.loads.append(attrs[key])
        if "href" in attrs:
            (self.loads if tag in ("link", "script") else self.links).append(attrs["href"])
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.void:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-3:]}"
        self.open.pop()

    def handle_data(self, data):
        self.text.append(data)


def parsed(folder):
    page = Page()
    page.feed((folder / "report.html").read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def test_page_is_whole_and_loads_nothing(good_run):
    page = parsed(good_run)
    raw = (good_run / "report.html").read_text(encoding="utf-8")
    assert 50_000 < len(raw.encode()) < 2_000_000
    order = ["claims", "controls", "matrix", "experiments", "environment", "redo", "words"]
    assert [i for i in page.ids if i in order] == order
    assert len(page.ids) == len(set(page.ids))
    assert page.loads == ["data:,"]
    assert "http://" not in raw and "https://" not in raw and "url(http" not in raw
    assert "@import" not in raw and "src=" not in raw
    for link in page.links:
        inside = link.startswith("#") and link[1:] in page.ids
        assert inside or (good_run / link).is_file(), link


def test_page_says_what_the_analysis_says(good_run):
    text = " ".join(parsed(good_run).text)
    analysis = read(good_run, "analysis.json")
    for claim in analysis["claims"]:
        assert claim["sentence"].replace("'", "'") in text
    for finding in analysis["findings"]:
        assert finding in text
    assert synthetic.ENVIRONMENT["absent"]["pmu"] in text
    assert "scripts/cyclone redo" in text and analysis["command"] in text


def test_figures_draw_intervals_floor_caches_and_the_line_at_one(good_run):
    sections = figures.sections(read(good_run, "analysis.json"))
    drawn = {(s["key"], f["kind"].split()[0]): f for s in sections for f in s["figures"]}
    for key in ("timeouts", "hold exp"):
        html = drawn[key, "cost"]["html"]
        for word in ("harness floor", "L1 full", "L2 full", *synthetic.VARIANTS[:2], 'class="ci"'):
            assert word in html, word
        forest = drawn[key, "forest"]["html"]
        rows = forest.count('<span class="name">')
        assert rows == len(synthetic.VARIANTS + synthetic.PEERS) - 1
        assert forest.count('class="one"') == rows == forest.count('class="band"')
        assert "v-f" in forest and "v-s" in forest and forest.count('class="ci"') >= rows / 2
    assert all(f["caption"] for f in drawn.values())
    assert sections == figures.sections(read(good_run, "analysis.json"))


def test_csv_has_every_cell(good_run):
    rows = list(csv.DictReader((good_run / "results.csv").open(encoding="utf-8")))
    analysis = read(good_run, "analysis.json")
    assert len([r for r in rows if r["kind"] == "time"]) == len(analysis["pairs"])
    counted = {r["cell"] for r in rows if r["kind"] == "count"}
    assert counted == {r["cell"] for r in analysis["counted"]}
    assert not any(v in ("None", "nan", "inf") for r in rows for v in r.values())


def test_failed_aa_makes_the_run_invalid(make_run):
    folder = make_run(aa_shift=0.2)
    report.write(folder)
    analysis = read(folder, "analysis.json")
    assert not analysis["controls"]["ok"] and analysis["controls"]["failed"] == ["A/A"]
    verdicts = {r["verdict"] for r in analysis["pairs"]}
    assert verdicts == {"reference", "INVALID"}
    assert analysis["gate"]["invalid"] is True
    raw = (folder / "report.html").read_text(encoding="utf-8")
    assert '<header class="invalid">' in raw and '<p class="stamp">INVALID</p>' in raw


def test_few_blocks_never_make_a_verdict(make_run):
    rows = analyse.analyse(make_run(blocks=9))["pairs"]
    assert {r["verdict"] for r in rows} == {"reference", "UNDECIDED"}
    assert all(r["more_blocks"] == 1 for r in rows if r["verdict"] == "UNDECIDED")


def test_planted_slowdown_is_found_and_equal_variants_are_not_told_apart(make_run):
    quiet = {"noise": 0.004, "variants": ("multimap_oracle", "twin", "slower"), "tagged": 0}
    synthetic.SCALE.update(twin=4.0, slower=4.0)
    synthetic_log = synthetic.LOG
    try:
        synthetic.LOG = (*synthetic_log, "twin", "slower")
        rows = analyse.analyse(make_run(slow={"slower": 1.08}, **quiet))["pairs"]
    finally:
        synthetic.LOG = synthetic_log
    assert {r["verdict"] for r in rows if r["variant"] == "slower"} == {"SLOWER"}
    assert {r["verdict"] for r in rows if r["variant"] == "twin"} == {"SAME"}


def test_high_floor_is_decided_on_instructions(make_run):
    folder = make_run(floor_ns=60.0, sizes=(4096,), timed=("timeouts",))
    analysis = analyse.analyse(folder)
    rows = {r["variant"]: r for r in analysis["pairs"]}
    assert rows["hashed_wheel"]["basis"] == "instructions"
    assert rows["hashed_wheel"]["verdict"] == "FASTER" and "floor" in rows["hashed_wheel"]["reason"]
    assert "decided on counts" in " ".join(analysis["findings"])


def test_disturbed_cells_are_invalid_one_by_one(make_run):
    folder = make_run(tagged=0)
    def tag(lines):
        for x in lines:
            if x["cell"].startswith("timer/binary_heap/timeouts/n=512"):
                x["tags"] = ["contended"]
        return lines
    edit_lines(folder, tag)
    analysis = analyse.analyse(folder)
    bad = [r for r in analysis["pairs"] if r["verdict"] == "INVALID"]
    assert [(r["variant"], r["n"]) for r in bad] == [("binary_heap", 512)]
    assert analysis["controls"]["ok"]


def test_a_disturbed_machine_makes_the_run_invalid(make_run):
    analysis = analyse.analyse(make_run(tagged=0.9))
    assert analysis["controls"]["failed"] == ["quiet machine"]
    assert {r["verdict"] for r in analysis["pairs"]} == {"reference", "INVALID"}


def test_red_gate_is_invalid(make_run):
    folder = make_run()
    rows = read(folder, "evidence.json")["rows"]
    for row in rows:
        if row["variant"] == "hashed_wheel" and row["suite"] == "conformance":
            row.update(passed=False, detail="fires early")
    change(folder, "evidence.json", rows=rows)
    analysis = analyse.analyse(folder)
    hashed = [r for r in analysis["pairs"] if r["variant"] == "hashed_wheel"]
    assert {r["verdict"] for r in hashed} == {"INVALID"}
    row = next(r for r in analysis["matrix"]["rows"] if r["name"] == "hashed_wheel")
    assert row["conformance"]["text"] == "FAILED"


def test_missing_data_gives_dashes(make_run):
    folder = make_run(with_claims=True)
    edit_lines(folder, lambda lines: [x for x in lines if "/hashed_wheel/" not in x["cell"]])
    (folder / "evidence.json").unlink()
    report.write(folder)
    analysis = read(folder, "analysis.json")
    row = next(r for r in analysis["matrix"]["rows"] if r["name"] == "hashed_wheel")
    for key in ("conformance", "property", "fuzz", "mutants", "sanitizers", "growth"):
        assert row[key]["text"] == "–" and row[key]["sort"] is None
    assert all(c["text"] == "–" for c in row["ratios"].values())
    assert by_id(analysis)["timers:T2"]["verdict"] == "UNDECIDED"
    assert "no sample" in by_id(analysis)["timers:T2"]["sentence"]
    parsed(folder)


def test_empty_run_still_makes_a_page(make_run):
    folder = make_run()
    (folder / "samples.jsonl").write_text("")
    report.write(folder)
    assert "0 of" in (folder / "report.html").read_text(encoding="utf-8")
    parsed(folder)


def test_counts_that_do_not_repeat_fail_the_controls(make_run):
    folder = make_run()
    def spoil(lines):
        for x in lines:
            if x["cell"] == "timer/hashed_wheel/start/n=4096/work":
                x["result"]["result_hash"] = "0" * 16
        return lines
    edit_lines(folder, spoil)
    assert analyse.analyse(folder)["controls"]["failed"] == ["repeatable counts"]


def test_failed_samples_are_told(make_run):
    folder = make_run()
    def fail(lines):
        for x in lines:
            if x["cell"] == "timer/hashed_wheel/timeouts/n=512/time":
                x.update(rc=1, result=None, error="exit 1: boom")
        return lines
    edit_lines(folder, fail)
    analysis = analyse.analyse(folder)
    cell = "timer/hashed_wheel/timeouts/n=512/time"
    row = next(r for r in analysis["pairs"] if r["cell"] == cell)
    assert row["verdict"] == "UNDECIDED" and "boom" in row["reason"]
    assert any("boom" in r["sentence"] for r in analysis["controls"]["rows"])


def test_edited_claim_is_stamped(make_run):
    folder = make_run(with_claims=True)
    path = next((folder / "claims").glob("*t2*"))
    path.write_text(path.read_text() + "\n# an afterthought\n")
    report.write(folder)
    assert by_id(read(folder, "analysis.json"))["timers:T2"]["edited_after_plan"] is True
    assert "edited after the run was planned" in (folder / "report.html").read_text()


def spoil_line(text):
    return lambda f: (f / "samples.jsonl").write_text(
        (f / "samples.jsonl").read_text() + text)


@pytest.mark.parametrize("spoil,code,words", [
    (spoil_line('{"schema": 1, "run'), 65, "not a sample"),
    (lambda f: edit_lines(f, lambda x: [x[0] | {"schema": 2}]), 65, "schema 2"),
    (lambda f: edit_lines(f, lambda x: [x[0] | {"run": "other"}]), 65, "another run"),
    (lambda f: edit_lines(f, lambda x: [x[0] | {"cell": "timer/x"}]), 65, "not planned"),
    (lambda f: edit_lines(f, lambda x: [x[0] | {"binary": "00"}]), 65, "another build"),
    (lambda f: edit_lines(f, lambda x: [x[0], x[0]]), 65, "twice"),
    (lambda f: change(f, "plan.json", schema=9), 65, "schema 9"),
    (lambda f: (f / "environment.json").write_text("[]"), 65, "not a JSON object"),
    (lambda f: (f / "environment.json").write_text("{"), 65, "not JSON"),
    (lambda f: (f / "plan.json").unlink(), 66, "missing"),
    (lambda f: (f / "samples.jsonl").unlink(), 66, "missing"),
    (lambda f: (f / "claims" / "x.toml").write_text("schema = 3"), 78, "schema 3"),
])
def test_foreign_or_broken_files_are_refused(make_run, spoil, code, words):
    folder = make_run()
    spoil(folder)
    with pytest.raises(ReportError) as caught:
        report.write(folder)
    assert caught.value.code == code and words in caught.value.message
    assert caught.value.place and caught.value.remedy
    assert not (folder / "report.html").exists() and not (folder / "analysis.json").exists()


def test_command_line(tmp_path):
    def call(*arguments):
        return subprocess.run([sys.executable, "-m", "reports", *arguments], cwd=synthetic.TREE,
                              capture_output=True, text=True)
    assert call().returncode == 64
    gone = call(str(tmp_path / "gone"))
    assert gone.returncode == 66 and "remedy" in gone.stderr


def test_baseline_gate(make_run):
    folder = make_run(with_claims=True, variants=synthetic.VARIANTS + synthetic.PEERS)
    first = analyse.analyse(folder)
    assert first["gate"]["refuted"] == ["timers:T5"] and first["gate"]["regressions"] == []
    before = json.loads(json.dumps(first))
    for row in before["counted"]:
        if row["cell"] == "timer/hashed_wheel/start/n=4096/instructions":
            row["figures"]["instructions"] /= 1.05
    (folder / "baseline.json").write_text(json.dumps(before))
    gate = analyse.analyse(folder)["gate"]
    assert gate["refuted"] == []  # it was refuted before: nothing is worse
    assert [r["cell"] for r in gate["regressions"]] == [
        "timer/hashed_wheel/start/n=4096/instructions"]
    change(folder, "baseline.json", fingerprint="other")
    with pytest.raises(ReportError, match="another machine"):
        analyse.analyse(folder)
