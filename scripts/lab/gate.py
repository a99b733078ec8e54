"""No variant is timed unless it passed, a moment ago, the checks of the very binary to be timed."""

import json
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import evidence
from lab.errors import BAD_DATA, CycloneError

_DESCRIBE_S = 20
_CHECK_S = 300
_SUITE_S = 900
_CORRECTNESS = ("conformance", "property", "fuzz")
_DESCRIBE_KEYS = ("variant", "kind", "traits", "workloads")


def describe(path, place):
    """What a bench binary says of itself."""
    try:
        done = subprocess.run([str(path), "--describe"], capture_output=True, text=True,
                              timeout=_DESCRIBE_S, check=False)
        said = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, ValueError):
        said = None
    missing = [k for k in _DESCRIBE_KEYS if k not in (said or {})]
    if missing:
        raise CycloneError("the program does not describe itself (" + ", ".join(missing) + ")",
                           place, "rebuild it: cyclone clean, then the same command", BAD_DATA)
    return said


def check_binary(path, seed):
    """(passed, detail) of the lock-step replay inside the binary."""
    try:
        done = subprocess.run([str(path), "--check", "--seed", str(seed)], capture_output=True,
                              text=True, timeout=_CHECK_S, check=False)
    except OSError as error:
        return False, f"cannot start: {error.strerror}"
    except subprocess.TimeoutExpired:
        return False, f"the check did not end in {_CHECK_S} s"
    if done.returncode == 0:
        return True, ""
    lines = done.stderr.strip().splitlines()
    repro = [x for x in lines if x.startswith("repro:")]
    return False, " / ".join(lines[:2] + repro[:1]) or f"exit {done.returncode}"


def check_binaries(paths, seed):
    """variant -> {passed, detail}, two at a time: nothing is timed yet."""
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda path: check_binary(path, seed), paths.values())
        return {v: {"passed": ok, "detail": why}
                for v, (ok, why) in zip(paths, results, strict=True)}


def run_suite(tree, registry, preset="release"):
    """Runs the component's tests for their evidence, unless it is there for these sources."""
    before = evidence.all_hashes(tree, [registry])
    proven = {r["variant"] for r in evidence.fresh(evidence.load(tree), before)
              if r["suite"] == "conformance" and r["preset"] == preset and r["passed"]}
    if set(registry.names("variant")) <= proven:
        return True
    with tempfile.TemporaryDirectory(prefix="cyclone-") as folder:
        rows_file = Path(folder) / "evidence.jsonl"
        environment = os.environ | {"CYCLONE_EVIDENCE": str(rows_file)}
        log = tree.preset(preset) / "gate.log"
        with open(log, "w", encoding="utf-8") as stream:
            try:
                done = subprocess.run([str(tree.test_binary(registry.component, preset))],
                                      cwd=tree.root, env=environment, stdout=stream,
                                      stderr=subprocess.STDOUT, timeout=_SUITE_S, check=False)
                passed = done.returncode == 0
            except (OSError, subprocess.TimeoutExpired):
                passed = False
        rows = evidence.read_rows(rows_file)
    after = evidence.all_hashes(tree, [registry])
    evidence.merge(tree, evidence.stamp(rows, before, after), after)
    return passed


def judge(tree, registry, binaries, seed):
    """The gate of a component: variant -> {passed, detail}. Red means that no time is taken."""
    suite_passed = run_suite(tree, registry)
    verdicts = check_binaries(binaries, seed)
    hashes = evidence.all_hashes(tree, [registry])
    red = [r for r in evidence.fresh(evidence.load(tree), hashes)
           if r["component"] == registry.component and not r["passed"]]
    for row in red:
        # A mutant that lives or a cost above its bound is shown, but the times are still of a
        # program that works.
        if row["suite"] in _CORRECTNESS and row["variant"] in verdicts:
            verdicts[row["variant"]] = {"passed": False,
                                        "detail": f"{row['suite']}: {row['detail']}"}
    if not suite_passed and not red:
        # The tests failed without naming a variant: the contract itself is in doubt.
        log = tree.relative(tree.preset("release") / "gate.log")
        verdicts = {v: {"passed": False, "detail": f"the component's tests failed: {log}"}
                    for v in verdicts}
    return verdicts
