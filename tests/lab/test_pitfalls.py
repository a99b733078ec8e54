"""The pitfalls: both faces judged on samples made by hand, also where nothing misleads; the order
of the processes; what a failing program leaves; the appendix; one program, compiled and run."""

import json
import math
import random
import re
import shutil
import stat
import subprocess

import jinja2
import pytest
from click.testing import CliRunner
from fakes import ROOT

from lab import pitfalls
from lab.errors import USAGE, CycloneError
from reports.errors import ReportError
from reports.pitfalls import rows as judged
from reports.pitfalls.catalogue import entry, k_catalogue, k_names
from reports.pitfalls.drawing import axis_of, drawing

FINGERPRINT = "abcd1234"


def sample(name, job, ns, iter_ns=None, **values):
    result = {"schema": 1, "pitfall": name, "face": job.face, "subject": job.subject,
              "seed": job.seed, "n": job.n, "ns_per_op": ns, "iter_ns": iter_ns or [ns],
              "values": values}
    return {"schema": 1, "pitfall": name, **vars(job), "result": result, "error": None}


def made(name, time_of, **more):
    """Samples in the driver's own order; time_of(job, noise) -> ns, with 0.5 % of noise."""
    noise = random.Random(f"{name} made")
    return [sample(name, job, time_of(job, math.exp(noise.gauss(0, 0.005))), **more)
            for job in pitfalls.jobs_of(name, 1)]


def pair(wrong, right):
    """Times of b over a, by face; a takes 10 ns."""
    ratio = {"wrong": wrong, "right": right}
    return lambda job, noise: 10 * noise * (ratio[job.face] if job.subject == "b" else 1)


def row(name, samples):
    return judged.row(entry(name), samples, 1)


# Ratios -----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("name", "wrong", "right"), [
    ("dead_code", 1.0, 8.0), ("shared_rng", 1.05, 1.95), ("warm_cache", 0.3, 1.8),
    ("no_overlap", 1.0, 4.0), ("failed_ops", 0.35, 2.7), ("fixed_order", 0.5, 1.0),
    ("two_sessions", 1.9, 1.0), ("heap_state", 1.03, 1.0)])
def test_a_wrong_face_that_misses_the_truth_misleads(name, wrong, right):
    got = row(name, made(name, pair(wrong, right)))
    assert got["misled"] is True and not got["wrong"]["holds"] and got["right"]["holds"]
    assert got["wrong"]["ratio"] == pytest.approx(wrong, rel=0.01)
    assert got["wrong"]["low"] <= got["wrong"]["ratio"] <= got["wrong"]["high"]
    assert got["sentence"].startswith("It misleads: done wrong, b takes")
    units = pitfalls.UNITS * (4 if name == "heap_state" else 1)
    assert len(got["points"]["wrong"]) == len(got["points"]["right"]) == units
    assert "--seed 1" in got["command"]


@pytest.mark.parametrize(("name", "right"), [
    ("dead_code", 8.0), ("warm_cache", 1.8), ("fixed_order", 1.0), ("no_overlap", 2.2)])
def test_where_the_mistake_does_no_harm_the_row_says_so(name, right):
    got = row(name, made(name, pair(right, right)))
    assert got["misled"] is False
    assert got["sentence"].startswith("It did not mislead here")


def test_where_the_right_face_fails_too_nothing_is_claimed():
    got = row("dead_code", made("dead_code", pair(1.0, 3.0)))
    assert got["misled"] is False and got["sentence"].startswith("Not shown here")


def test_a_wide_interval_does_not_make_the_right_face_right():
    noise = random.Random(3)
    wide = made("warm_cache", lambda job, _: 10 * math.exp(noise.gauss(0, 1.5)) if job.face ==
                "right" and job.subject == "b" else 10 * (0.3 if job.subject == "b" else 1.3))
    for s in wide:
        if s["face"] == "right" and s["subject"] == "a":
            s["result"]["ns_per_op"] = 20.0
    got = row("warm_cache", wide)
    assert got["right"]["low"] < 1 < got["right"]["high"] and got["right"]["ratio"] < 1
    assert got["misled"] is False and got["sentence"].startswith("Not shown here")


def test_identical_code_is_judged_by_the_noise_of_its_right_face():
    """A difference inside the noise floor of the day misleads nobody."""
    noise = random.Random(5)
    quiet = made("fixed_order", pair(1.1, 1.0))
    loud = made("fixed_order", lambda job, _: 10 * math.exp(noise.gauss(0, 0.2))
                * (1.1 if job.face == "wrong" and job.subject == "b" else 1))
    assert row("fixed_order", quiet)["misled"] is True
    assert row("fixed_order", loud)["misled"] is False


def test_the_client_that_waits_is_held_against_the_known_percentile():
    def times(wrong):
        return lambda job, noise: noise * (wrong if job.face == "wrong" else 9.7e6)

    got = row("closed_loop", made("closed_loop", times(1e4), known_ns=9.6e6))
    assert got["misled"] is True and got["wrong"]["verdict"] == "CONTRADICTS"
    assert got["wrong"]["ratio"] == pytest.approx(1e4 / 9.6e6, rel=0.01)
    assert row("closed_loop", made("closed_loop", times(9.6e6), known_ns=9.6e6))["misled"] is False


@pytest.mark.parametrize(("lucky_costs", "misled"), [(1, True), (2, False)])
def test_the_best_of_five_hides_what_four_of_five_get(lucky_costs, misled):
    def times(job, noise):
        slow = job.subject == "b"
        return 10 * noise * ((lucky_costs if job.seed % 5 == 0 else 2) if slow else 1)

    got = row("best_of_n", made("best_of_n", times))
    assert got["misled"] is misled
    assert got["right"]["ratio"] == pytest.approx(2, rel=0.02)


# Growth -----------------------------------------------------------------------------------------

@pytest.mark.parametrize(("shape", "name"), [
    (lambda n: 5.0, "O(1)"), (lambda n: 3 * math.log2(n), "O(lg n)"), (lambda n: 0.1 * n, "O(n)"),
    (lambda n: n * math.log2(n), "O(n lg n)"), (lambda n: n * n, "O(n^2)")])
def test_the_fit_finds_pure_shapes(shape, name):
    assert judged.fitted_class(pitfalls.SIZES, [shape(n) for n in pitfalls.SIZES]) == name


def test_a_cache_step_makes_the_fit_wrong_and_the_count_right():
    def step(job, noise):
        return noise * (2.0 if job.n < 4096 else 12.0)

    got = row("cache_step", made("cache_step", step, lines_per_op=1.0))
    assert got["misled"] is True and got["wrong"]["fit"] == "O(lg n)"
    assert got["right"]["ratio"] == got["right"]["low"] == got["right"]["high"] == 1.0
    flat = row("cache_step", made("cache_step", lambda job, noise: 2.0, lines_per_op=1.0))
    assert flat["misled"] is False and flat["wrong"]["fit"] == "O(1)"


# Rates ------------------------------------------------------------------------------------------

def interrupted(share):
    noise = random.Random(7)
    out = []
    for job in pitfalls.jobs_of("mean_outliers", 1):
        batches = [5 * math.exp(noise.gauss(0, 0.003)) for _ in range(21)]
        if noise.random() < share:
            batches[3] += 150
        out.append(sample("mean_outliers", job, 5.0, batches))
    return out


def test_means_of_interrupted_processes_call_equal_code_different():
    got = row("mean_outliers", interrupted(0.3))
    assert got["misled"] is True and got["scale"] == "rate"
    assert got["wrong"]["low"] > 0.2 and got["right"]["high"] < 0.05
    assert row("mean_outliers", interrupted(0.0))["misled"] is False


def linked(spread):
    noise, layout = random.Random(9), random.Random(11)
    effect = {link: layout.gauss(0, spread) for link in range(1, 2 * pitfalls.UNITS + 1)}
    return [sample("pooled_layouts", job, 70 * math.exp(effect[job.part] + noise.gauss(0, 0.004)))
            for job in pitfalls.jobs_of("pooled_layouts", 1)]


def test_pooling_processes_of_one_link_calls_equal_code_different():
    got = row("pooled_layouts", linked(0.05))
    assert got["misled"] is True
    assert got["wrong"]["low"] > 0.2 and got["right"]["low"] <= 0.05
    assert row("pooled_layouts", linked(0.0))["misled"] is False


# What is missing --------------------------------------------------------------------------------

def test_what_was_not_measured_is_said_with_its_reason():
    got = row("dead_code", [])
    assert got["misled"] is None and got["wrong"] is None
    assert got["sentence"].startswith("Not measured here: no block holds both")
    crashed = made("dead_code", pair(1, 8))
    crashed[3] |= {"result": None, "error": "exit 1: boom"}
    assert "1 of 48 processes failed, the first: exit 1: boom" in row("dead_code", crashed)[
        "sentence"]
    few = [s for s in made("dead_code", pair(1, 8)) if s["block"] < 4]
    assert "too few" in row("dead_code", few)["sentence"]
    zero = made("dead_code", lambda job, noise: 0.0 if job.face == "wrong" else noise)
    assert "Not measured here" in row("dead_code", zero)["sentence"]
    links = [s for s in linked(0.05) if s["part"] < 9]
    assert "8 links" in row("pooled_layouts", links)["sentence"]


def test_rows_come_in_the_order_of_the_catalogue_and_are_the_same_twice():
    samples = made("fixed_order", pair(0.5, 1)) + made("dead_code", pair(1, 8)) + linked(0.05)
    names = ["pooled_layouts", "fixed_order", "dead_code"]
    first, second = (json.dumps(judged.rows(samples, names, 1)) for _ in range(2))
    assert first == second
    assert [r["name"] for r in json.loads(first)] == ["dead_code", "fixed_order",
                                                      "pooled_layouts"]


# The order of the processes ---------------------------------------------------------------------

@pytest.mark.parametrize("name", k_names)
def test_the_order_follows_from_the_seed(name):
    jobs = pitfalls.jobs_of(name, 1)
    assert jobs == pitfalls.jobs_of(name, 1) != pitfalls.jobs_of(name, 2)
    assert len(set(jobs)) == len(jobs) < 400


def test_blocks_are_whole_and_their_order_is_not_always_the_same():
    jobs = pitfalls.jobs_of("fixed_order", 1)
    blocks = [jobs[i:i + 4] for i in range(0, len(jobs), 4)]
    assert all(len({j.block for j in b}) == 1 and len({(j.face, j.subject) for j in b}) == 4
               for b in blocks)
    assert len({tuple((j.face, j.subject) for j in b) for b in blocks}) > 4


def test_the_wrong_sessions_are_one_after_the_other_and_the_right_one_is_mixed():
    jobs = pitfalls.jobs_of("two_sessions", 1)
    wrong = [(j.subject, j.busy) for j in jobs if j.face == "wrong"]
    assert wrong == [("a", False)] * pitfalls.UNITS + [("b", True)] * pitfalls.UNITS
    right = [j for j in jobs if j.face == "right"]
    for subject in "ab":
        assert sum(j.busy for j in right if j.subject == subject) == pitfalls.UNITS // 2


@pytest.mark.parametrize("seed", [0, 1, 7])
def test_one_try_in_five_is_lucky_in_every_block(seed):
    for block in range(pitfalls.UNITS):
        seeds = [j.seed for j in pitfalls.jobs_of("best_of_n", seed)
                 if j.block == block and j.subject == "b"]
        assert sum(s % 5 == 0 for s in seeds) == 1 and len(seeds) == pitfalls.TRIES


# One process ------------------------------------------------------------------------------------

JOB = pitfalls.Job("wrong", "b", 0, 7)
GOOD = {"schema": 1, "pitfall": "dead_code", "face": "wrong", "subject": "b", "seed": 7, "n": 0,
        "ns_per_op": 1.5, "iter_ns": [1.5], "values": {}}


def program(folder, body, name="dead_code"):
    path = folder / name
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def says(text):
    return f"cat <<'X'\n{text}\nX\n"


def test_a_program_that_answers_is_a_sample(tmp_path):
    program(tmp_path, says(json.dumps(GOOD)))
    got = pitfalls.measure(tmp_path, "dead_code", JOB, 0)
    assert got["result"] == GOOD and got["error"] is None


@pytest.mark.parametrize(("body", "words"), [
    ("echo no memory >&2; exit 3\n", "exit 3: no memory"),
    ("kill -SEGV $$\n", "exit -11"),
    ("sleep 30\n", "no end after 0.3 s"),
    ("echo hello\n", "the output is not a result: 'hello'"),
    (says(json.dumps(GOOD | {"face": "right"})), "asked for face 'wrong', got 'right'"),
    (says(json.dumps({k: v for k, v in GOOD.items() if k != "iter_ns"})), "not a result"),
    (says(json.dumps(GOOD | {"schema": 2})), "asked for schema 1"),
])
def test_a_program_that_fails_leaves_a_sample_that_says_so(tmp_path, body, words):
    program(tmp_path, body)
    got = pitfalls.measure(tmp_path, "dead_code", JOB, 0, timeout=0.3)
    assert got["result"] is None and words in got["error"]


def test_a_program_that_was_not_built_is_said(tmp_path):
    assert "was not built" in pitfalls.measure(tmp_path, "dead_code", JOB, 0)["error"]


def test_the_command_line_asks_for_what_the_job_says(tmp_path):
    job = pitfalls.Job("right", "a", 3, 9, n=64, part=5, busy=True)
    words = " ".join(pitfalls.command_line(tmp_path, "two_sessions", job, 1))
    assert words.endswith("two_sessions --right --subject a --seed 9 --n 64 --busy")
    assert "taskset -c 1" in words
    assert "taskset" not in " ".join(pitfalls.command_line(tmp_path, "no_overlap", job, 1))
    assert pitfalls.program_of(tmp_path, "pooled_layouts", job).name == "pooled_layouts.5"


def test_the_time_for_all_of_them_is_bounded_and_the_rest_is_said(tmp_path):
    told = []
    samples = pitfalls.collect(tmp_path, ["dead_code", "fixed_order"], 1, told.append, total_s=-1)
    assert [s["pitfall"] for s in samples] == ["dead_code", "fixed_order"]
    rows = judged.rows(samples, ["dead_code", "fixed_order"], 1)
    assert all("were over" in r["sentence"] and r["misled"] is None for r in rows)


# What is kept -----------------------------------------------------------------------------------

def kept(results, stamp, fingerprint=FINGERPRINT, complete=True):
    folder = results / f"pitfalls-{stamp}-{fingerprint}"
    folder.mkdir(parents=True)
    document = {"schema": 1, "fingerprint": fingerprint, "complete": complete, "seed": 1,
                "rows": judged.rows(made("dead_code", pair(1, 8)), ["dead_code"], 1)}
    (folder / "pitfalls.json").write_text(json.dumps(document))
    return folder / "pitfalls.json"


def test_latest_is_the_newest_whole_one_of_this_machine(tmp_path):
    assert pitfalls.latest(tmp_path, FINGERPRINT) is None
    kept(tmp_path, "20260101-000000")
    wanted = kept(tmp_path, "20260102-000000")
    kept(tmp_path, "20260103-000000", complete=False)
    kept(tmp_path, "20260104-000000", fingerprint="ffff0000")
    broken = kept(tmp_path, "20260105-000000")
    broken.write_text("{")
    assert pitfalls.latest(tmp_path, FINGERPRINT) == wanted
    assert pitfalls.latest(tmp_path, "*") is None


def test_a_run_folder_may_have_rows_or_none_or_a_broken_file(tmp_path):
    assert judged.rows_of(tmp_path) is None
    path = kept(tmp_path, "20260101-000000")
    assert judged.rows_of(path.parent)[0]["name"] == "dead_code"
    for text in ("{", '{"schema": 2, "rows": []}', '{"schema": 1}', "[]"):
        path.write_text(text)
        with pytest.raises(ReportError, match="not a file of pitfalls"):
            judged.rows_of(path.parent)


def test_carrying_out_keeps_samples_that_can_be_judged_again(tmp_path, monkeypatch):
    monkeypatch.setattr(pitfalls.build, "configure", lambda *a: None)
    monkeypatch.setattr(pitfalls.build, "build", lambda *a: None)
    monkeypatch.setattr(pitfalls.doctor, "examine",
                        lambda: {"fingerprint": FINGERPRINT, "stable": {}})
    monkeypatch.setattr(pitfalls, "collect", lambda *a: made("dead_code", pair(1, 8)))
    path, document = pitfalls.carry_out(pitfalls.Tree(tmp_path), ["dead_code"], 1, tmp_path)
    assert json.loads(path.read_text()) == json.loads(json.dumps(document))
    assert document["complete"] is False and document["rows"][0]["misled"] is True
    assert json.dumps(pitfalls.again(path.parent)) == json.dumps(document["rows"])
    assert pitfalls.latest(tmp_path, FINGERPRINT) is None  # one pitfall is not the appendix
    assert "1 of 1 misled" in pitfalls.outcome(document)
    text = (path.parent / "README.md").read_text()
    assert re.search(r"\| dead_code \| 1\.00 \[.*\] \| [78]\.\d+ \[.*\] \| yes \|", text)


def test_a_summary_says_what_was_not_measured():
    document = {"environment": {}, "command": "c", "measured": ["now"], "fingerprint": "f",
                "rows": judged.rows(linked(0.05), ["dead_code", "pooled_layouts"], 1)}
    text = pitfalls.summary(document)
    assert "| dead_code | – | – | not measured |" in text
    assert re.search(r"\| pooled_layouts \| \d+\.\d % \[", text)


def without_drawings(rows):
    for r in rows:
        for face in judged.k_faces:
            (r[face] or {}).pop("svg", None)
    return json.loads(json.dumps(rows))


def test_the_published_rows_follow_from_the_published_samples():
    folder = ROOT / "reports" / "published" / "pitfalls"
    published = judged.rows_of(folder)
    assert [r["name"] for r in published] == list(k_names)
    assert without_drawings(pitfalls.again(folder)) == without_drawings(published)
    text = (folder / "README.md").read_text()
    assert [r["name"] for r in published if f"| {r['name']} |" in text] == list(k_names)


# The command ------------------------------------------------------------------------------------

def test_the_command_lists_and_refuses_what_it_does_not_know():
    run = CliRunner().invoke
    assert run(pitfalls.command, ["--list"]).output.count("\n") == len(k_names)
    listed = json.loads(run(pitfalls.command, ["--list", "--json"]).output)
    assert [p["name"] for p in listed["pitfalls"]] == list(k_names)
    assert "cyclone pitfalls dead_code" in run(pitfalls.command, ["--help"]).output
    error = run(pitfalls.command, ["dead_cod"]).exception
    assert isinstance(error, CycloneError) and error.code == USAGE and error.remedy


# The appendix -----------------------------------------------------------------------------------

def page(rows):
    folder = ROOT / "reports" / "page" / "templates"
    env = jinja2.Environment(loader=jinja2.FileSystemLoader(folder),
                             autoescape=True, undefined=jinja2.StrictUndefined)
    return env.get_template("pitfalls.html.j2").render(pitfalls=json.loads(json.dumps(rows)))


def test_the_appendix_shows_both_faces_on_one_axis_and_what_is_missing():
    rows = judged.rows(made("dead_code", pair(1, 8)) + linked(0.05), k_names, 1)
    text = page(rows)
    assert text.count("<svg") == 4 and text.count("not measured") == len(k_names) - 2
    assert text.count('aria-label="') == 4 and "<script" not in text and "http" not in text
    assert f"2 of {len(k_names)} misled here" in re.sub(r"\s+", " ", text)
    for r in rows:
        assert f"pitfalls {r['name']} --seed 1" in text


def test_a_drawing_holds_the_truth_the_interval_and_every_unit():
    got = row("dead_code", made("dead_code", pair(1, 8)))
    axis = axis_of(got)
    for value in [got["wrong"]["low"], got["right"]["high"], *got["band"], 1.0]:
        assert 0 < axis.at(value) < 1
    text = drawing(got, "wrong")
    assert text == drawing(got, "wrong") != drawing(got, "right")
    assert text.count('class="unit"') == pitfalls.UNITS and text.count('class="known"') == 1
    got["title"] = '<b>"'
    assert "<b>" not in drawing(got, "wrong")


def test_a_band_without_an_end_reaches_the_edge():
    got = row("no_overlap", made("no_overlap", pair(1, 4)))
    assert got["band"] == [1.9, None]
    rect = re.search(r'class="known" x="([\d.]+)%" y="4" width="([\d.]+)%"', drawing(got, "right"))
    assert float(rect[1]) + float(rect[2]) == pytest.approx(100, abs=0.1)


# The programs -----------------------------------------------------------------------------------

def test_catalogue_programs_and_read_me_name_the_same_pitfalls():
    folder = ROOT / "experiments" / "pitfalls"
    listed = re.search(r"set\(CYCLONE_PITFALLS ([^)]*)\)",
                       (folder / "CMakeLists.txt").read_text())[1].split()
    assert sorted([*listed, "pooled_layouts"]) == sorted(k_names)
    assert re.findall(r"^\d+\. \*\*(\w+)\*\*", (folder / "README.md").read_text(), re.M) == list(
        k_names)
    for p in k_catalogue:
        text = (folder / f"{p.name}.cpp").read_text()
        assert text.startswith("// Pitfall: ") and "Known" in text.split("#include")[0]


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """Those of which something is true on a machine that is not quiet."""
    folder, source = tmp_path_factory.mktemp("pitfalls"), ROOT / "experiments" / "pitfalls"
    compiler = [shutil.which("g++-12") or "g++-12", "-std=c++23", "-O2", "-DCYCLONE_CHECK=0",
                f"-I{ROOT}", f"-I{ROOT / 'src'}"]
    subprocess.run([*compiler, "-c", source / "pitfall.cpp", "-o", folder / "frame.o"], check=True,
                   timeout=120)
    for name in ("dead_code", "failed_ops", "heap_state"):
        subprocess.run([*compiler, source / f"{name}.cpp", folder / "frame.o", "-lfmt", "-o",
                        folder / name], check=True, timeout=120)
    return folder


@pytest.mark.parametrize(("name", "wrong", "right"), [
    ("dead_code", (0.1, 4), (5, 12)), ("failed_ops", (0.05, 0.8), (1.2, 20))])
def test_a_real_program_shows_its_mistake(programs, name, wrong, right):
    for face, (low, high) in (("wrong", wrong), ("right", right)):
        a, b = (min(pitfalls.measure(programs, name, pitfalls.Job(face, s, 0, seed), 0)["result"]
                    ["ns_per_op"] for seed in range(5)) for s in "ab")
        assert low < b / a < high


def test_the_heap_is_the_same_in_every_process_until_it_is_drawn(programs):
    """What the wrong face repeats, and the right one does not: where a node lies in its line."""
    def places(face, subject):
        got = [pitfalls.measure(programs, "heap_state", pitfalls.Job(face, subject, 0, seed), 0)
               for seed in range(1, 9)]
        return {s["result"]["values"]["value_in_line"] for s in got}

    assert len(places("wrong", "a")) == len(places("wrong", "b")) == 1
    assert len(places("right", "a")) > 1 and len(places("right", "b")) > 1


@pytest.mark.parametrize("words", [[], ["--left"], ["--wrong", "--subject", "c"],
                                   ["--wrong", "--seed"], ["--right", "--n", "x"]])
def test_a_program_refuses_what_it_does_not_know(programs, words):
    done = subprocess.run([programs / "dead_code", *words], capture_output=True, text=True,
                          timeout=20, check=False)
    assert done.returncode == 64 and "usage:" in done.stderr and done.stdout == ""
