"""Fixtures: one rich page, one browser, and a maker of pages with a planted fault."""

import shutil
import sys
import tempfile
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TREE), str(TREE / "tests/report"), str(Path(__file__).resolve().parent)]

import browser  # noqa: E402  the paths above are needed first
import synthetic  # noqa: E402

from reports.page import report  # noqa: E402


@pytest.fixture(scope="session")
def page(tmp_path_factory):
    """The report of a run that has everything a run can have."""
    return report.write(synthetic.write(tmp_path_factory.mktemp("page"),
                                        synthetic.World(rich=True)))


@pytest.fixture(scope="session")
def small_page(tmp_path_factory):
    """A page with few figures, which is quick to open: faults are planted in it."""
    world = synthetic.World(sizes=(512, 4096))
    return report.write(synthetic.write(tmp_path_factory.mktemp("small"), world))


@pytest.fixture(scope="session")
def invalid_page(tmp_path_factory):
    """A page whose controls failed, with the long names that come with it."""
    world = synthetic.World(sizes=(512, 4096), aa_shift=0.2, with_claims=False)
    return report.write(synthetic.write(tmp_path_factory.mktemp("invalid"), world))


@pytest.fixture(scope="session")
def driver():
    profile = tempfile.mkdtemp(prefix="cyclone-browser.")
    made = browser.start(profile)
    yield made
    made.quit()
    shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="session")
def axe():
    return browser.axe_source()


@pytest.fixture
def spoiled(small_page, tmp_path):
    """Writes the small page with one text exchanged for another and returns its path."""
    def make(old, new):
        text = small_page.read_text(encoding="utf-8")
        assert old in text, f"the page has no {old!r} to spoil"
        path = tmp_path / "spoiled.html"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return path
    return make
