"""Every command: an example in its help, one JSON object with --json, errors as JSON too."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from fakes import ROOT

from lab import cli, cli_run, ctl_run, ctl_test, runfolder
from lab.errors import FAILURE, NO_INPUT, OK, UNAVAILABLE, USAGE
from lab.tree import Tree

PUBLISHED = ROOT / "reports/published/quick"


def walk(group=cli.cli, prefix=()):
    """(words, command) of every command that does something."""
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from walk(found, (*prefix, name))
        else:
            yield (*prefix, name), found


ALL = dict(walk())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_an_example_and_json(words, capsys):
    assert cli.main([*words, "--help"]) == OK
    said = capsys.readouterr().out
    examples = [x for x in said.splitlines() if f"cyclone {' '.join(words)}" in x
                and not x.startswith("Usage")]
    assert examples, f"no example in the help of {' '.join(words)}"
    assert "--json" in said


def test_the_shell_script_knows_every_command():
    text = (ROOT / "scripts/cyclone").read_text()
    shown = subprocess.run([ROOT / "scripts/cyclone", "--help"], capture_output=True, text=True,
                           check=True).stdout
    for name in {words[0] for words in ALL}:
        assert f"\n  {name}" in shown, f"cyclone --help does not name {name}"
        assert re.search(rf"(?m)^(.*\| |    )?{name}( \||\))", text), f"it refuses {name}"


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A tree of its own that holds one small run, `latest`."""
    root = tmp_path / "tree"
    for name in ("variants", "src", "experiments"):
        shutil.copytree(ROOT / name, root / name)
    run = json.loads((PUBLISHED / "plan.json").read_text()).get("run") or "quick-x"
    folder = root / "reports/out" / run
    shutil.copytree(PUBLISHED, folder)
    os.symlink(run, root / "reports/out/latest")
    monkeypatch.setenv("CYCLONE_ROOT", str(root))
    monkeypatch.chdir(tmp_path)
    outcome = {"run": run, "claims": [], "pairs": [], "gate": {"code": 0, "why": []}}
    monkeypatch.setattr(ctl_run, "conclude", lambda found: (outcome, found.path / "report.html"))
    monkeypatch.setattr("reports.page.report.write", lambda path: Path(path) / "report.html")
    monkeypatch.setattr(ctl_test, "carry_out", lambda *_: OK)
    return root


# Words that make each command answer at once; where that needs a build, an error is the answer.
CALLS = {
    ("advise", "timer"): (["--n", "1e3", "--lookup"], OK),
    ("advise", "queue"): (["--producers", "4", "--lookup"], NO_INPUT),
    ("analyse",): (["latest"], OK), ("asm",): (["no_such"], NO_INPUT),
    ("baseline", "list"): ([], OK), ("baseline", "remove"): (["none"], NO_INPUT),
    ("baseline", "save"): (["x", "latest", "--force"], OK), ("clean",): ([], OK),
    ("compare",): (["latest", "latest"], OK), ("completion",): (["bash"], OK),
    ("doctor",): ([], OK), ("explain",): (["timers:T2"], OK),
    ("export",): (["latest", "--format", "csv", "--out", "x.csv"], OK),
    ("import",): (["nowhere"], NO_INPUT), ("list",): (["runs"], OK),
    ("merge",): (["latest"], USAGE), ("new-variant",): (["timer", "json_test"], OK),
    ("pitfalls",): (["--list"], OK), ("redo",): (["latest", "no/such/cell"], NO_INPUT),
    ("record",): (["x.trace", "no_such_program"], NO_INPUT),
    ("report",): (["latest"], OK), ("resume",): (["no-such-run"], NO_INPUT),
    ("prove",): (["no_such.hpp"], NO_INPUT), ("run",): (["no_such_suite"], NO_INPUT),
    ("test",): ([], OK),
}


def test_no_command_is_forgotten_here():
    assert set(CALLS) == set(ALL)


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_one_json_object_and_nothing_else(world, capfd, words):
    arguments, code = CALLS[words]
    assert cli.main([*words, *arguments, "--json"]) == code
    value = json.loads(capfd.readouterr().out)
    assert isinstance(value, dict)
    if code != OK:
        assert set(value["error"]) == {"message", "at", "remedy", "code"}
        assert value["error"]["code"] == code and value["error"]["remedy"]
    else:
        assert "error" not in value and value["schema"] == 1


def test_words_on_the_screen_do_not_come_between(world, capfd, monkeypatch):
    def noisy(*_):
        print("a line")
        os.write(1, b"of a child\n")
        return FAILURE
    monkeypatch.setattr(ctl_test, "carry_out", noisy)
    assert cli.main(["test", "--json"]) == FAILURE
    out, err = capfd.readouterr()
    assert json.loads(out) == {"schema": 1, "passed": False}
    assert "a line" in err and "of a child" in err


def test_a_misused_option_is_json_too(capfd):
    assert cli.main(["list", "--nonsense", "--json"]) == USAGE
    assert json.loads(capfd.readouterr().out)["error"]["code"] == USAGE


@pytest.mark.parametrize("words", [["clean"], ["clean", "--results"], ["test"]])
def test_nothing_is_pulled_from_under_a_run(tmp_path, monkeypatch, capsys, words):
    monkeypatch.setenv("CYCLONE_ROOT", str(tmp_path))
    tree = Tree(tmp_path)
    held = runfolder.Lock(tree.build)
    (tree.build / "program").write_text("measured now")
    assert cli.main(words) == UNAVAILABLE
    assert "another run is measuring" in capsys.readouterr().err
    assert (tree.build / "program").exists()
    held.release()
    if words[0] == "clean":
        assert cli.main(words) == OK and not tree.build.exists()


def test_locks_are_all_taken_before_anything_goes(tmp_path):
    for name in ("build", "out"):
        (tmp_path / name).mkdir()
    held = runfolder.Lock(tmp_path / "out")
    with pytest.raises(Exception, match="another run"):
        cli_run.remove([tmp_path / "build", tmp_path / "out"])
    held.release()
    assert (tmp_path / "build").exists()


COMPLETE = r"""
source <("$PYTHON" -m lab completion bash)
for line in "$@"; do
    COMP_LINE=$line COMP_POINT=${#line} COMPREPLY=()
    _cyclone_completion
    echo "${COMPREPLY[*]}"
done
"""


def completed(*lines):
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'scripts'}:{ROOT}",
                                "PYTHON": sys.executable, "CYCLONE_ROOT": str(ROOT)}
    done = subprocess.run(["bash", "--norc", "-c", COMPLETE, "x", *lines], cwd=ROOT, check=True,
                          env=environment, capture_output=True, text=True, timeout=60)
    return [line.split() for line in done.stdout.splitlines()]


def test_bash_completes_commands_suites_variants_claims():
    commands, suites, variants, claims, options, nothing = completed(
        "scripts/cyclone re", "scripts/cyclone run qu", "scripts/cyclone explain hierarchical_w",
        "scripts/cyclone run quick --only timers:T", "scripts/cyclone run --bud",
        "scripts/cyclone explain no_such_thing_")
    assert {"record", "redo", "report", "resume"} == set(commands)
    assert suites == ["queues", "queues-latency", "quick"] and variants == ["hierarchical_wheel"]
    # bash has taken "timers:" for a word of its own: only what follows it is replaced.
    assert {"T2", "T8"} <= set(claims) and not any(":" in c for c in claims)
    assert options == ["--budget"] and nothing == []


def test_completion_knows_the_runs_and_cells_of_a_folder(world, monkeypatch, capsys):
    def ask(*words):
        monkeypatch.setenv("_CYCLONE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", " ".join(("cyclone", *words)))
        monkeypatch.setenv("COMP_CWORD", str(len(words)))
        with pytest.raises(SystemExit):
            cli.main([])
        return capsys.readouterr().out.split()
    assert "plain,latest" in ask("analyse", "la")
    cells = ask("redo", "latest", "timer/hashed_wheel/timeouts/n=64/")
    assert cells and all(c.startswith("plain,timer/hashed_wheel/timeouts/n=64/") for c in cells)


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_have_their_scripts(shell, capsys):
    assert cli.main(["completion", shell]) == OK
    said = capsys.readouterr().out
    assert "_CYCLONE_COMPLETE" in said and "%(" not in said
