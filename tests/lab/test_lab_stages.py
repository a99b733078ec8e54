"""`cyclone test`: stages go on after a red one, the summary names it, pytest has the last word."""

import stat
import subprocess
import sys

import pytest
from fakes import ROOT

from lab.errors import USAGE

_RUN = """
import sys
sys.path[:0] = [{scripts!r}, {root!r}]
from lab import ctl_test
from lab.errors import CycloneError
from lab.tree import Tree
try:
    sys.exit(ctl_test.carry_out(Tree(sys.argv[1]), False, sys.argv[2] or None))
except CycloneError as error:
    print(error.text(), file=sys.stderr)
    sys.exit(error.code)
"""


@pytest.fixture
def tools(tmp_path):
    """cmake and ctest that note their calls; ctest fails for the presets named in `red`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    texts = {"cmake": f'echo "cmake $*" >> {tmp_path}/calls',
             "ctest": 'case " $* " in *" --print-labels "*) echo "All Labels:"; '
                      'echo "  hashed_wheel"; exit;; *" -N "*) case " $* " in *" -L fuzz "*) '
                      'echo "Total Tests: 0";; *hashed_wheel*) echo "Total Tests: 3";; '
                      '*) echo "Total Tests: 0";; esac; exit;; esac; '
                      f'echo "ctest $*" >> {tmp_path}/calls; echo "100% tests passed"; '
                      f'! grep -qx "$(basename "$2")" {tmp_path}/red'}
    for name, text in texts.items():
        path = folder / name
        path.write_text("#!/bin/sh\n" + text + "\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return folder


def run_stages(tmp_path, tools, red="", label="", python="assert True"):
    (tmp_path / "red").write_text(red + "\n")
    (tmp_path / "tree" / "tests").mkdir(parents=True)
    (tmp_path / "tree" / "tests" / "test_one.py").write_text(f"def test_one():\n    {python}\n")
    code = _RUN.format(scripts=str(ROOT / "scripts"), root=str(ROOT))
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "tree"), label],
                          capture_output=True, text=True, check=False,
                          env={"PATH": f"{tools}:/usr/bin:/bin", "COLUMNS": "120"})
    return done, (tmp_path / "calls").read_text()


def test_all_green(tmp_path, tools):
    done, calls = run_stages(tmp_path, tools)
    assert done.returncode == 0, done.stdout + done.stderr
    for preset in ("dev", "asan", "ubsan", "tsan", "fuzz"):
        assert f"cmake --preset {preset} " in calls
        assert f"cmake --build --preset {preset} " in calls
    assert "-L sanitize" in calls and "-L fuzz" in calls
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("1 passed")
    assert done.stdout.index("100% tests passed") < done.stdout.index(last)


def test_a_red_stage_is_named_and_the_others_still_run(tmp_path, tools):
    done, calls = run_stages(tmp_path, tools, red="asan")
    assert done.returncode == 1
    assert calls.count("ctest ") == 5
    line = next(x for x in done.stdout.splitlines() if "asan" in x and "FAILED" in x)
    assert "repro: ctest --test-dir build/asan" in line
    assert done.stdout.strip().splitlines()[-1].startswith("1 passed")


def test_red_python_is_red(tmp_path, tools):
    done, _ = run_stages(tmp_path, tools, python="assert False")
    assert done.returncode == 1
    assert done.stdout.strip().splitlines()[-1].startswith("1 failed")


def test_a_label_asks_for_a_part_of_the_cpp_tests(tmp_path, tools):
    done, calls = run_stages(tmp_path, tools, label="hashed_wheel")
    assert done.returncode == 0
    assert calls.count("-L hashed_wheel") == 4 and "passed in" not in done.stdout
    assert calls.count("--no-tests=error") == 4
    assert "no test here has the label" in " ".join(done.stdout.split())


def test_a_label_no_test_has_is_a_usage_error(tmp_path, tools):
    done, calls = run_stages(tmp_path, tools, label="hashed_weel")
    assert done.returncode == USAGE
    assert "no test has the label 'hashed_weel'" in done.stderr
    assert "labels: hashed_wheel" in done.stderr and "--build" not in calls
