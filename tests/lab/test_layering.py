"""Arrows point down: base <- {sys, model} <- {lab, sim} <- contracts <- variants <- {experiments,
tests, fuzz}. Read from the include lines, and shown to bite by planted violations."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import ROOT

from lab import registry
from lab.tree import Tree

_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.M)
_IMPORT = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.M)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
_ATOMIC = re.compile(r"\bstd::atomic\b|<atomic>|\b__atomic_|\b_Atomic\b")
_CLOCK = re.compile(r"\b(?:clock_gettime|gettimeofday|__rdtscp?|_rdtsc)\s*\(|"
                    r"\b(?:steady|system|high_resolution)_clock\b")
_SOURCES = (".hpp", ".cpp", ".h", ".c", ".in")
_SERVICES = ("sys", "sim", "model", "lab")
_TOPS = ("experiments", "tests", "fuzz")
# Components whose variants are built on variants of another one, which is then part of them.
_BUILT_ON = {("queue", "reclamation")}


def sources(root, *tops):
    return [p for top in tops for p in sorted((root / top).rglob("*"))
            if p.suffix in _SOURCES and p.is_file()]


def target_of(root, file, name):
    """The file of the tree that an include names, or None for the world outside."""
    for base in (root / "src", root, file.parent):
        if (base / name).is_file():
            return (base / name).resolve().relative_to(root)
    return None


def allowed(here, there):
    """Whether a file may include another, by where both live."""
    top, other = here.parts[0], there.parts[0]
    if top == "src":
        if other != "src":
            return False
        room, theirs = here.parts[1], there.parts[1]
        if room == theirs or theirs == "base":
            return True
        if room == "base":
            return False
        if room in _SERVICES:
            return (room, theirs) in (("lab", "sys"), ("sim", "model"))
        return theirs in _SERVICES
    if top == "variants":
        return other == "src" or (other == "variants" and (
            here.parts[1] == there.parts[1] or (here.parts[1], there.parts[1]) in _BUILT_ON))
    return True


def registered_files(root):
    tree = Tree(root)
    return {Path("variants", c, f"{name}.hpp") for c in tree.components()
            for name in registry.load(tree, c).names()}


def include_violations(root):
    variants, found = registered_files(root), []
    for file in sources(root, "src", "variants", *_TOPS):
        here = file.relative_to(root)
        for name in _INCLUDE.findall(file.read_text(encoding="utf-8")):
            there = target_of(root, file, name)
            if there is None:
                continue
            if not allowed(here, there):
                found.append(f"{here} includes {there}: arrows point down")
            elif (here.parts[0] == "variants" and there in variants and there != here
                  and here.parts[1] == there.parts[1]):
                found.append(f"{here} includes the variant {there}")
    return found


def home_violations(root):
    """What has one home: memory orders in src/base/sync*, clocks in src/base/clock.hpp."""
    found = []
    for file in sources(root, "src", "variants", "experiments", "fuzz"):
        here = file.relative_to(root).as_posix()
        text = _COMMENT.sub("", file.read_text(encoding="utf-8"))
        if _ATOMIC.search(text) and not here.startswith("src/base/sync"):
            found.append(f"{here} uses atomics: only src/base/sync* may")
        if _CLOCK.search(text) and here != "src/base/clock.hpp":
            found.append(f"{here} reads a clock: only src/base/clock.hpp may")
    return found


def python_violations(root):
    """reports is pure: of this tree it imports itself only."""
    return [f"{file.relative_to(root)} imports {name}"
            for file in sorted((root / "reports").rglob("*.py"))
            for name in _IMPORT.findall(file.read_text(encoding="utf-8"))
            if name.split(".")[0] in ("lab", "scripts")]


def violations(root):
    return include_violations(root) + home_violations(root) + python_violations(root)


def test_this_tree_keeps_its_arrows():
    assert violations(ROOT) == []


_PLANTED = {
    "src/base/bad.hpp": '#include "timer/timer.hpp"\n',
    "src/timer/bad.hpp": '#include "variants/timer/a.hpp"\n',
    "src/sys/bad.hpp": '#include "lab/meter.hpp"\n',
    "src/model/bad.hpp": '#include "sim/processors.hpp"\n',
    "variants/timer/bad.hpp": '#include "variants/timer/a.hpp"\n',
    "variants/timer/worse.hpp": '#include "tests/timer/t.hpp"\n',
    "variants/timer/racy.hpp": "std::atomic<int> x;\n",
    "experiments/timer/late.cpp": "auto t = std::chrono::steady_clock::now();\n",
    "reports/bad.py": "from lab import cli\n",
}
_GOOD = {
    "variants/timer/registry.def": 'VARIANT(a, seq, "x", "K")\n',
    "variants/timer/a.hpp": '#include "timer/timer.hpp"\n#include "variants/timer/piece.hpp"\n',
    "variants/timer/piece.hpp": '#include "base/bits.hpp"  // no std::atomic here\n',
    "src/timer/timer.hpp": '#include "base/bits.hpp"\n#include <vector>\n',
    "src/base/bits.hpp": "", "src/base/sync.hpp": "#include <atomic>\n",
    "src/base/clock.hpp": "int s = ::clock_gettime(id, &now);\n",
    "src/lab/meter.hpp": '#include "sys/process.hpp"\n', "src/sys/process.hpp": "",
    "src/sim/processors.hpp": '#include "model/subject.hpp"\n', "src/model/subject.hpp": "",
    "tests/timer/t.hpp": '#include "variants/timer/a.hpp"\n', "reports/good.py": "import json\n",
}


def plant(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("name", _PLANTED)
def test_a_planted_violation_is_found(tmp_path, name):
    plant(tmp_path, _GOOD)
    assert violations(tmp_path) == []
    plant(tmp_path, {name: _PLANTED[name]})
    found = violations(tmp_path)
    assert len(found) == 1 and found[0].startswith(name)


def test_the_lab_reads_reports_and_never_the_reverse():
    assert not any(m.split(".")[0] == "lab" for m in imported_by_reports())


def imported_by_reports():
    """Modules of the tree that importing the reports brings in, in a fresh interpreter."""
    code = "import sys, reports.analyse; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          check=True, env={"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"})
    return done.stdout.split()
