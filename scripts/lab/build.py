"""Builds only what is needed, quietly: the log is a file, a failure shows its first errors."""

import os
import re
import subprocess

from lab.errors import FAILURE, IO_ERROR, CycloneError, os_errors
from lab.files import make_folder

_ERROR_LINE = re.compile(r"error:|^FAILED:|^CMake Error|undefined reference|No space left")
_ERROR_LINES = 6


def _run_logged(tree, preset, command, mode, doing):
    folder = tree.preset(preset)
    make_folder(folder)
    log = folder / "build.log"
    with os_errors(log, f"{doing} failed"), open(log, mode, encoding="utf-8") as stream:
        stream.write("+ " + " ".join(command) + "\n")
        stream.flush()
        done = subprocess.run(command, cwd=tree.root, stdin=subprocess.DEVNULL, stdout=stream,
                              stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        text = log.read_text(encoding="utf-8", errors="replace")
        lines = text.splitlines()
        telling = []
        for number, line in enumerate(lines):
            if not _ERROR_LINE.search(line) or line.startswith("+ "):
                continue
            telling.append(line)
            if line.startswith("CMake Error"):  # what is wrong stands in the lines that follow
                telling += [x for x in lines[number + 1:number + 6] if x.strip()]
        shown = telling[:_ERROR_LINES] or lines[-3:]
        full = "No space left" in text
        raise CycloneError(f"{doing} failed\n    " + "\n    ".join(shown), tree.relative(log),
                           "free some disk space" if full else "the log has the whole output",
                           IO_ERROR if full else FAILURE)


def configure(tree, preset):
    extra = tree.extra_variants or ""
    _run_logged(tree, preset, ["cmake", "--preset", preset, f"-DCYCLONE_VARIANTS_DIR={extra}"],
                "w", f"configuring {preset}")


def build(tree, preset, targets=()):
    """Builds the targets (all of the preset without any); every failure names the log."""
    command = ["cmake", "--build", "--preset", preset, "--parallel", str(os.cpu_count() or 1)]
    if targets:
        command += ["--target", *targets]
    _run_logged(tree, preset, command, "a", f"building {preset}")


def known_targets(tree, preset):
    """Names of the targets; a peer whose library is not there has none."""
    done = subprocess.run(["cmake", "--build", "--preset", preset, "--target", "help"],
                          cwd=tree.root, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CycloneError("cannot list the build targets", tree.relative(tree.preset(preset)),
                           "cyclone clean, then the same command again")
    return set(re.findall(r"^(?:\.\.\. )?([\w.]+)(?::| |$)", done.stdout, re.M))


def bench_target(component, variant):
    return f"bench_{component}_{variant}"
