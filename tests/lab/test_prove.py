"""prove: the file, the program made of it, and what becomes of the program's end."""

import stat

import pytest

from lab import cli, prove
from lab.errors import BAD_DATA, NO_INPUT, CycloneError
from lab.tree import Tree


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "mine.hpp"
    path.write_text("// a scenario\n", encoding="utf-8")
    return path


def program(tmp_path, text):
    path = tmp_path / "program"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CycloneError) as caught:
        prove.prove(Tree(tmp_path), tmp_path / "none.hpp", [])
    assert caught.value.code == NO_INPUT and "none.hpp" in caught.value.at


@pytest.mark.parametrize("code", [0, 1, 2, 64])
def test_the_programs_exit_code_is_ours(tmp_path, monkeypatch, scenario, code):
    made = program(tmp_path, f'[ "$1" = --list ] && exit {code}')
    monkeypatch.setattr(prove, "compile_scenarios", lambda tree, file: made)
    assert prove.prove(Tree(tmp_path), scenario, ["--list"]) == code


def test_a_program_that_dies_is_an_error_that_names_it(tmp_path, monkeypatch, scenario):
    made = program(tmp_path, "kill -SEGV $$")
    monkeypatch.setattr(prove, "compile_scenarios", lambda tree, file: made)
    with pytest.raises(CycloneError) as caught:
        prove.prove(Tree(tmp_path), scenario, [])
    assert "signal 11" in caught.value.message and str(made) in caught.value.remedy


def test_what_does_not_compile_shows_the_first_errors(tmp_path, monkeypatch, scenario):
    tree = Tree(tmp_path)
    cache = tree.preset("release") / "CMakeCache.txt"
    cache.parent.mkdir(parents=True)
    fake = program(tmp_path, "echo 'mine.hpp:1:1: error: no such thing' >&2; exit 1")
    cache.write_text(f"CMAKE_CXX_COMPILER:STRING={fake}\n", encoding="utf-8")
    (cache.parent / "build.ninja").touch()
    monkeypatch.setattr(prove.build, "build", lambda *_: None)
    monkeypatch.setattr(prove.shutil, "which", lambda _: None)
    with pytest.raises(CycloneError) as caught:
        prove.prove(tree, scenario, [])
    assert caught.value.code == BAD_DATA and "no such thing" in caught.value.message
    assert str(scenario) == caught.value.at


def test_options_of_the_program_are_passed_on(tmp_path, monkeypatch, scenario):
    seen = []
    monkeypatch.setattr(prove, "prove", lambda tree, file, options: seen.append(options) or 2)
    assert cli.main(["prove", str(scenario), "--only", "one", "--weaken"]) == 2
    assert seen == [("--only", "one", "--weaken")]
