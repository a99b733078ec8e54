"""What the proofs share: how a proof says that it failed, its remedy, and its line of evidence."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class ProofError(Exception):
    """A proof that does not hold, or cannot be tried; the text says what to do."""


def run(command, timeout, **options):
    """(exit code, output and errors in one text); a tool that is missing or hangs is an error."""
    try:
        done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False, timeout=timeout,
                              **options)
    except FileNotFoundError as error:
        raise ProofError(f"{command[0]} is not there\n  remedy: scripts/setup test") from error
    except subprocess.TimeoutExpired as error:
        raise ProofError(f"{command[0]} took longer than {timeout} s") from error
    return done.returncode, done.stdout


def record(component, variant, tool, tool_version, preset, passed, cases, detail):
    """Appends one line of evidence, suite "proof", to the file that CYCLONE_EVIDENCE names, if it
    names one. One write, so that lines do not mix."""
    target = os.environ.get("CYCLONE_EVIDENCE")
    if not target:
        return
    line = json.dumps({"component": component, "variant": variant, "suite": "proof", "tool": tool,
                       "preset": preset, "compiler": tool_version, "passed": passed,
                       "cases": cases, "seed": 0, "detail": detail})
    with open(target, "ab", buffering=0) as file:
        file.write((line + "\n").encode())


def arguments(about, *more):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--preset", default="none", help="name of the build's preset")
    for name, text in more:
        parser.add_argument(name, required=True, help=text)
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return given


def finish(work):
    """Runs `work` and leaves with 0, or with 1 and the words of what does not hold."""
    try:
        work()
    except ProofError as error:
        print(f"proof: error: {error}", file=sys.stderr)
        sys.exit(1)
