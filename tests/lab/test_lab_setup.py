"""scripts/setup and scripts/cyclone as a user meets them: help, not root, a bad list, symlinks."""

import os
import shutil
import stat
import subprocess

import pytest
from fakes import ROOT

SCRIPTS = ROOT / "scripts"


def command(path, *args, path_first=None, cwd="/"):
    environment = os.environ | ({"PATH": f"{path_first}:{os.environ['PATH']}"}
                                if path_first else {})
    return subprocess.run([str(path), *args], capture_output=True, text=True, cwd=cwd,
                          env=environment, check=False, timeout=60)


def tool(folder, name, text):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def copy(tmp_path):
    """scripts/setup beside a package list that names one package which is not there."""
    folder = tmp_path / "scripts"
    folder.mkdir()
    for name in ("setup", "cyclone"):
        shutil.copy(SCRIPTS / name, folder / name)
    (folder / "packages").write_text("cyclone-no-such-package run # only for this test\n")
    return folder


def test_help_needs_no_package_and_works_through_a_link(copy, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(copy / "cyclone")
    for path, args in ((copy / "cyclone", ["--help"]), (link, []), (link, ["help"])):
        done = command(path, *args)
        assert done.returncode == 0 and "usage: cyclone COMMAND" in done.stdout


def test_not_root_prints_the_one_line_to_run(copy, tmp_path):
    tool(tmp_path / "bin", "id", "echo 1000\n")
    done = command(copy / "cyclone", "doctor", path_first=tmp_path / "bin")
    assert done.returncode == 69
    assert "apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends " \
        "cyclone-no-such-package" in done.stderr
    assert "at: scripts/packages" in done.stderr


def test_check_only_says_what_is_missing(copy):
    done = command(copy / "setup", "--check", "run")
    assert (done.returncode, done.stdout) == (69, "missing: cyclone-no-such-package\n")


def test_apt_that_fails_names_the_package(copy, tmp_path):
    tools, calls = tmp_path / "bin", tmp_path / "calls"
    tool(tools, "id", "echo 0\n")
    tool(tools, "apt-cache", "exit 1\n")
    tool(tools, "apt-get", f'echo "$*" >> {calls}; echo "E: no luck"; exit 100\n')
    done = command(copy / "setup", "run", path_first=tools)
    assert done.returncode == 69
    assert "E: no luck" in done.stderr
    assert "could not install: cyclone-no-such-package" in done.stderr
    assert "remedy: " in done.stderr
    assert calls.read_text().splitlines()[0].endswith(" update")


def test_apt_is_called_once_when_it_works(copy, tmp_path):
    tools, calls = tmp_path / "bin", tmp_path / "calls"
    tool(tools, "id", "echo 0\n")
    tool(tools, "apt-cache", "exit 0\n")
    tool(tools, "apt-get", f'echo "$*" >> {calls}\n')
    tool(tools, "dpkg-query", f'[ -e {calls} ] && echo installed; exit 0\n')
    done = command(copy / "setup", "run", path_first=tools)
    assert done.returncode == 0, done.stderr
    assert calls.read_text().count("\n") == 1
    assert "--no-install-recommends cyclone-no-such-package" in calls.read_text()


@pytest.mark.parametrize(("line", "words"), [
    ("g++ # no group\n", "bad line 'g++ #'"),
    ("g++ run\n", "package 'g++' has no reason"),
])
def test_a_bad_line_of_the_list_is_named(copy, line, words):
    (copy / "packages").write_text("# one\n" + line)
    done = command(copy / "setup", "run")
    assert done.returncode == 78
    assert words in done.stderr and "scripts/packages:2" in done.stderr


def test_an_unknown_argument_is_usage():
    assert command(SCRIPTS / "setup", "--nonsense").returncode == 64


def test_the_list_names_what_the_lab_needs():
    rows = [line.split(" ", 2) for line in (SCRIPTS / "packages").read_text().splitlines()
            if not line.startswith("#")]
    assert {group for _, group, _ in rows} == {"run", "test"}
    names = [name for name, _, _ in rows]
    assert len(names) == len(set(names))
    assert {"g++-12", "valgrind", "python3-scipy"} <= {n for n, g, _ in rows if g == "run"}


@pytest.mark.parametrize(("args", "code"), [
    (["no-such-command"], 64), (["run"], 64), (["run", "quick", "--blocks", "3"], 64),
    (["run", "no-such-suite"], 66), (["report", "no-such-run", "--out", "/nowhere"], 66),
    (["new-variant", "timer", "Bad-Name"], 64), (["run", "quick", "--variants", "/nowhere"], 66),
])
def test_misuse_has_a_place_a_remedy_and_a_code(args, code):
    done = command(SCRIPTS / "cyclone", *args)
    assert done.returncode == code
    assert done.stderr.startswith("cyclone: error: ")
    assert "\n  at: " in done.stderr and "\n  remedy: " in done.stderr
    assert "Traceback" not in done.stderr
