"""Fixtures: one good made-up run for the whole session, and a maker of others."""

import sys
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE), str(Path(__file__).resolve().parent)]

import synthetic  # noqa: E402  the paths above are needed first

from reports.page import report  # noqa: E402


@pytest.fixture(scope="session")
def good_run(tmp_path_factory):
    """A whole good run with its report written."""
    folder = synthetic.write(tmp_path_factory.mktemp("good"))
    report.write(folder)
    return folder


@pytest.fixture
def make_run(tmp_path):
    """Writes a run of a given world; small unless told otherwise."""
    def make(**options):
        small = {"sizes": (512, 4096), "with_claims": False,
                 "variants": ("multimap_oracle", "binary_heap", "hashed_wheel")}
        return synthetic.write(tmp_path, synthetic.World(**(small | options)))
    return make
