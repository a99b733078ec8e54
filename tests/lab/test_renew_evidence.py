"""Evidence that comes after a run joins it only while the sources are what they were."""

import json
import subprocess
import types

import pytest

from lab import ctl_run, evidence, registry, source
from lab.errors import BAD_DATA, CycloneError
from lab.tree import Tree

ROW = {"component": "timer", "variant": "a", "suite": "proof", "tool": "coqc", "preset": "dev",
       "compiler": "g++ 12", "passed": True, "cases": 10, "seed": 1, "detail": ""}


def git(root, *args):
    done = subprocess.run(["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@t",
                           *args], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path):
    for name, text in {"variants/timer/a.hpp": "// a\n", "src/base/rng.hpp": "// rng\n",
                       "variants/timer/registry.def": 'VARIANT(a, seq, "x", "K")\n',
                       "README.md": "text\n", ".gitignore": "build\nrun\n"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "first")
    tree = Tree(tmp_path)
    hashes = evidence.all_hashes(tree, [registry.load(tree, "timer")])
    evidence.merge(tree, evidence.stamp([ROW], hashes, hashes), hashes)
    return tree


def run_at(tree, revision, diff=None):
    path = tree.root / "run"
    path.mkdir()
    plan = {"schema": 1, "cells": [{"component": "timer"}],
            "source": {"git": revision, "diff_sha256": diff}}
    (path / "plan.json").write_text(json.dumps(plan))
    return types.SimpleNamespace(path=path, id="run")


def test_new_rows_join_a_run_of_the_same_sources(tree):
    (tree.root / "README.md").write_text("other words\n")  # decides nothing
    run = run_at(tree, git(tree.root, "rev-parse", "HEAD"))
    ctl_run.renew_evidence(tree, run)
    rows = json.loads((run.path / "evidence.json").read_text())["rows"]
    assert [(r["variant"], r["suite"]) for r in rows] == [("a", "proof")]


@pytest.mark.parametrize("name", ["variants/timer/a.hpp", "src/base/rng.hpp", "src/timer/new.hpp"])
def test_a_change_of_what_decides_is_named(tree, name):
    run = run_at(tree, git(tree.root, "rev-parse", "HEAD"))
    (tree.root / name).parent.mkdir(parents=True, exist_ok=True)
    (tree.root / name).write_text("// new\n")
    with pytest.raises(CycloneError) as caught:
        ctl_run.renew_evidence(tree, run)
    assert caught.value.code == BAD_DATA and name in str(caught.value)
    assert not (run.path / "evidence.json").exists()


@pytest.mark.parametrize(("revision", "diff"), [("f" * 40, None), (None, None), ("HEAD", "0" * 64)])
def test_sources_that_no_commit_has_are_refused(tree, revision, diff):
    with pytest.raises(CycloneError) as caught:
        ctl_run.renew_evidence(tree, run_at(tree, revision, diff))
    assert caught.value.code == BAD_DATA


def test_outside_a_checkout_nothing_is_known(tmp_path):
    assert source.changed(tmp_path, "HEAD", ["src"]) is None
