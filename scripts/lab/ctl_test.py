"""`cyclone test`: builds and runs every test, in stages; a red stage does not stop the others."""

import os
import re
import shutil
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

from lab import build, evidence, registry, runfolder
from lab.errors import FAILURE, OK, USAGE, CycloneError

# Stage: preset, what ctest selects, the targets that are built.
_STAGES = {
    "dev": ("dev", [], ("cyclone_tests",)),
    "asan": ("asan", ["-L", "sanitize"], ("cyclone_tests",)),
    "ubsan": ("ubsan", ["-L", "sanitize"], ("cyclone_tests",)),
    "tsan": ("tsan", ["-L", "threads"], ("base_tests", "counter_tests", "counter_weak_orders",
                                         "timer_sharded_stress", "timer_weak_orders",
                                         "sleep_tests", "queue_tests", "wake_tests",
                                         "reclamation_tests", "history_tests")),
    "fuzz": ("fuzz", ["-L", "fuzz"], ("cyclone_tests",)),
}


def _stage(tree, name, label, environment):
    """(passed, detail). The output of ctest goes to the screen as it is."""
    preset, select, targets = _STAGES[name]
    if name == "fuzz" and not shutil.which("clang++-19"):
        return None, "not run: clang++-19 is not installed"
    try:
        build.configure(tree, preset)
        if label and not _count(tree, preset, [*select, "-L", label]):
            return None, f"not run: no test here has the label '{label}'"
        build.build(tree, preset, targets)
    except CycloneError as error:
        print(error.text(), flush=True)
        return False, "the build failed"
    command = ["ctest", "--test-dir", str(tree.preset(preset)), "--output-on-failure", "-j2",
               "--no-tests=error", *select, *(["-L", label] if label else [])]
    done = subprocess.run(command, cwd=tree.root, env=environment, check=False)
    return done.returncode == 0, "" if done.returncode == 0 else "repro: " + " ".join(
        ["ctest", "--test-dir", f"build/{preset}", "--output-on-failure", *select])


def _listed(tree, preset, words):
    """What ctest answers to a question about its tests."""
    command = ["ctest", "--test-dir", str(tree.preset(preset)), *words]
    done = subprocess.run(command, cwd=tree.root, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


def _count(tree, preset, select):
    """How many tests the words choose."""
    found = re.search(r"^Total Tests: (\d+)", _listed(tree, preset, ["-N", *select]), re.M)
    return int(found.group(1)) if found else 0


def _labels(tree):
    lines = _listed(tree, "dev", ["--print-labels"]).splitlines()
    return sorted({x.strip() for x in lines if x.startswith("  ")})


def _pytest(tree, environment):
    environment = environment | {"PYTHONPATH": f"{tree.root / 'scripts'}:{tree.root}"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                           "tests"], cwd=tree.root, env=environment, check=False)
    return done.returncode == 0


def _summary(results):
    table = Table(title="stages before the Python tests", title_justify="left")
    for column in ("stage", "result", "seconds", ""):
        table.add_column(column)
    for name, passed, seconds, detail in results:
        word = {True: "passed", False: "FAILED", None: "not run"}[passed]
        table.add_row(name, word, f"{seconds:.0f}", detail)
    Console().print(table)


def _keep_evidence(tree, rows_file, registries, before):
    after = evidence.all_hashes(tree, registries)
    rows = evidence.read_rows(rows_file)
    stamped = evidence.stamp(rows, before, after)
    evidence.merge(tree, stamped, after)
    if len(stamped) < len(rows):
        print(f"cyclone: {len(rows) - len(stamped)} evidence rows are not kept: "
              "their sources changed while the tests ran", flush=True)


def carry_out(tree, full, label, told=None):
    """Runs all stages; the exit code is 1 when one of them is red. `told` is filled with what the
    stages came to. A run that measures would be disturbed, and would disturb: one at a time."""
    lock = runfolder.Lock(tree.build)
    try:
        return _all_stages(tree, full, label, {} if told is None else told)
    finally:
        lock.release()


def _all_stages(tree, full, label, told):
    rows_file = tree.build / "evidence.rows.jsonl"
    rows_file.unlink(missing_ok=True)
    environment = os.environ | {"CYCLONE_EVIDENCE": str(rows_file)}
    if full:
        environment["CYCLONE_FULL"] = "1"
    registries = [registry.load(tree, c) for c in tree.components()]
    before = evidence.all_hashes(tree, registries)
    results = []
    for name in _STAGES:
        print(f"cyclone: {name}: building and testing", flush=True)
        began = time.monotonic()
        passed, detail = _stage(tree, name, label, environment)
        results.append((name, passed, time.monotonic() - began, detail))
    try:
        _keep_evidence(tree, rows_file, registries, before)
    except CycloneError as error:
        print(error.text(), flush=True)
        results.append(("evidence", False, 0, error.message))
    _summary(results)
    told["stages"] = [{"stage": name, "passed": passed, "seconds": round(seconds, 1),
                       "detail": detail} for name, passed, seconds, detail in results]
    if label and all(passed is None for _, passed, _, _ in results):
        raise CycloneError(f"no test has the label '{label}'", "the command line",
                           "labels: " + ", ".join(_labels(tree)), USAGE)
    green = all(passed is not False for _, passed, _, _ in results)
    # The Python tests have no labels: a label asks for a part of the C++ tests only.
    if not label:
        told["python"] = _pytest(tree, environment)
        green = told["python"] and green
    return OK if green else FAILURE
