"""Fixtures over the fakes: a tree, a plan."""

import hashlib
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from fakes import write_fake  # noqa: E402  the path above is needed first


@pytest.fixture
def root(tmp_path):
    """The root of a tree of fakes."""
    folder = tmp_path / "tree"
    folder.mkdir()
    return folder


@pytest.fixture
def make_plan(root):
    """make_plan(cells, {variant: behaviour}) -> a plan whose programs exist."""
    def build(cells, behaviours=None, seed=1):
        behaviours = behaviours or {}
        binaries = {}
        for variant in sorted({c["variant"] for c in cells}):
            path = write_fake(root / "bin" / variant, behaviours.get(variant, ":"))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            binaries[variant] = {"path": f"bin/{variant}", "sha256": digest, "describe": {}}
        return {"schema": 1, "suite": "quick", "seed": seed, "cells": cells, "blocks": 2,
                "plan_key": "key", "given_up": [], "binaries": binaries, "claims": {},
                "command": "scripts/cyclone run quick --fresh"}
    return build
