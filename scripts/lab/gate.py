"""No variant is timed unless it passed, a moment ago, the checks of the very binary to be timed."""

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path

from reports.groups import k_controls

from lab import evidence
from lab.errors import BAD_DATA, CycloneError, os_errors
from lab.pool import share_out

_DESCRIBE_S = 20
_CHECK_S = 300
_SUITE_S = 300
_AT_ONCE = 2
_SHOWN_LINES = 20
_LINES_BEFORE = 6
_CORRECTNESS = ("conformance", "property", "fuzz")
_DESCRIBE_KEYS = ("variant", "kind", "traits", "workloads")


def log_file(tree):
    """Everything the checks said, of every variant that ran."""
    return tree.preset("release") / "gate.log"


def begin_log(tree):
    with os_errors(log_file(tree), "cannot write the log of the gate"):
        log_file(tree).write_text("", encoding="utf-8")


def _add_to_log(tree, title, text):
    log = log_file(tree)
    with os_errors(log, "cannot write the log of the gate"), open(log, "a",
                                                                  encoding="utf-8") as stream:
        stream.write(f"== {title}\n{text.rstrip()}\n")


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


def _verdict(passed, detail="", output=""):
    return {"passed": passed, "detail": detail, "output": output}


def _ending(rc):
    if rc >= 0:
        return f"exit {rc}"
    known = {s.value: s.name for s in signal.Signals}
    return "killed by " + known.get(-rc, f"signal {-rc}")


def beginning(text):
    """The first lines, and below them a `repro:` line that stands further down."""
    lines = text.strip().splitlines()
    later = [x for x in lines[_SHOWN_LINES:] if "repro:" in x]
    return "\n".join(lines[:_SHOWN_LINES] + later[:1])


def first_failure(text):
    """The lines around the first failing assertion; without one, the last lines."""
    lines = text.strip().splitlines()
    for number, line in enumerate(lines):
        if "FAILED:" in line or "Falsifiable" in line:
            return beginning("\n".join(lines[max(0, number - _LINES_BEFORE):]))
    return "\n".join(lines[-_SHOWN_LINES:])


def _run(command, timeout, **more):
    """(exit code or None, all that was said). None: it did not start, or did not end."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              errors="replace", timeout=timeout, check=False, **more)
    except OSError as error:
        return None, f"cannot start: {error.strerror}"
    except subprocess.TimeoutExpired as error:
        said = (error.stdout or b"").decode(errors="replace")
        return None, f"did not end in {timeout} s\n{said}"
    return done.returncode, done.stdout


def check_binary(path, seed):
    """The verdict of the lock-step replay inside the binary."""
    rc, said = _run([str(path), "--check", "--seed", str(seed)], _CHECK_S)
    if rc == 0:
        return _verdict(True)
    lines = said.strip().splitlines()
    repro = [x for x in lines[2:] if x.startswith("repro:")]
    ending = "" if rc is None else _ending(rc) + ": "
    return _verdict(False, "--check: " + ending + " / ".join(lines[:2] + repro[:1]),
                    beginning(said))


def check_links(tree, linked, seed):
    """The replay again in every link that will be timed: (component, variant) -> its links. Returns
    the verdicts of variants that fail in some layout; the others are as they were."""
    jobs = [(key, link) for key, its in linked.items() if key[1] not in k_controls
            for link in [*its["layouts"], *its["twins"]]]
    red = {}
    checks = share_out(lambda job: check_binary(tree.root / job[1]["path"], seed), jobs, _AT_ONCE)
    for (key, link), check in zip(jobs, checks, strict=True):
        if not check["passed"]:
            _add_to_log(tree, f"--check of {link['path']}", check["output"])
            red.setdefault(key[1], _verdict(False, f"in layout {link['seed']}: {check['detail']}",
                                            check["output"]))
    return red


def _test_one(tree, component, variant, preset):
    """(exit code or None, output, evidence rows) of the component's tests for one variant."""
    with tempfile.TemporaryDirectory(prefix="cyclone-") as folder:
        rows_file = Path(folder) / "evidence.jsonl"
        environment = os.environ | {"CYCLONE_EVIDENCE": str(rows_file), "CYCLONE_VARIANT": variant}
        rc, said = _run([str(tree.test_binary(component, preset))], _SUITE_S, cwd=tree.root,
                        env=environment)
        return rc, said, evidence.read_rows(rows_file)


def _judge_tests(variant, rc, said, rows):
    """A mutant that lives or a cost above its bound is shown, but the times are still of a program
    that works; a crash, or a failure that no row explains, is red."""
    failed = [r for r in rows if not r["passed"]]
    wrong = [r for r in failed if r["suite"] in _CORRECTNESS]
    if rc == 0 and not wrong or rc is not None and rc > 0 and failed and not wrong:
        return _verdict(True)
    ending = "no end" if rc is None else _ending(rc)
    detail = f"{wrong[0]['suite']}: {wrong[0]['detail']}" if wrong else f"its tests: {ending}"
    repro = f"repro: CYCLONE_VARIANT={variant} {rows[0]['component']}_tests" if rows else ""
    shown = first_failure(said)
    return _verdict(False, detail, shown if "repro:" in shown else f"{shown}\n{repro}".strip())


def run_suite(tree, registry, variants, preset="release"):
    """Runs the component's tests, one process a variant so that a crash is of that one only,
    unless the evidence is there for these sources. Returns variant -> verdict."""
    before = evidence.all_hashes(tree, [registry])
    proven = {r["variant"] for r in evidence.fresh(evidence.load(tree), before)
              if r["suite"] == "conformance" and r["preset"] == preset and r["passed"]}
    waiting = [v for v in variants if v not in proven]
    ran = share_out(lambda v: _test_one(tree, registry.component, v, preset), waiting, _AT_ONCE)
    after = evidence.all_hashes(tree, [registry])
    verdicts, kept = {}, []
    for variant, (rc, said, rows) in zip(waiting, ran, strict=True):
        mine = [r for r in rows if r["variant"] == variant]
        verdicts[variant] = _judge_tests(variant, rc, said, mine)
        _add_to_log(tree, f"tests of {variant}", said)
        # Rows that passed before a crash prove nothing: they would spare it the next check.
        kept += mine if verdicts[variant]["passed"] else [r for r in mine if not r["passed"]]
    evidence.merge(tree, evidence.stamp(kept, before, after), after)
    return verdicts


def judge(tree, registry, binaries, seed):
    """The gate of a component: variant -> verdict. Red means that no time is taken."""
    tests = run_suite(tree, registry, list(binaries))
    checks = dict(zip(binaries, share_out(lambda p: check_binary(p, seed), binaries.values(),
                                          _AT_ONCE), strict=True))
    verdicts = {}
    for variant, check in checks.items():
        if not check["passed"]:
            _add_to_log(tree, f"--check of {variant}", check["output"])
        verdicts[variant] = check if not check["passed"] else tests.get(variant, check)
    hashes = evidence.all_hashes(tree, [registry])
    for row in evidence.fresh(evidence.load(tree), hashes):
        name = row["variant"]
        if (row["component"] == registry.component and not row["passed"]
                and row["suite"] in _CORRECTNESS and name in verdicts
                and verdicts[name]["passed"]):
            verdicts[name] = _verdict(False, f"{row['suite']}: {row['detail']}",
                                      "repro: scripts/cyclone test --label " + name)
    return verdicts
