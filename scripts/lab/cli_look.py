"""The commands that only look: doctor, list, explain, completion, and new-variant."""

from pathlib import Path

import click

from lab import completion, doctor, envdiff, look, newvariant, runfolder, show
from lab.cli_base import (Answer, complete_claim_or_variant, complete_run, json_option,
                          out_option, results_of, variants_option)
from lab.errors import BAD_DATA, CycloneError
from lab.files import read_json
from lab.tree import Tree


def environment_of(results, name):
    """environment.json of a run, of a file, or of this machine now ("here")."""
    if name == "here":
        return doctor.examine()
    path = Path(name)
    path = path if path.is_file() else runfolder.find(results, name).path / "environment.json"
    found = read_json(path)
    if not isinstance(found.get("fingerprint"), str) or not all(
            isinstance(found.get(part) or {}, dict) for part in envdiff.PARTS):
        raise CycloneError("this is no environment of a run", str(path),
                           "name a run, its environment.json, or \"here\"", BAD_DATA)
    return found


@click.command("doctor")
@click.option("--diff", nargs=2, metavar="A B", shell_complete=complete_run,
              help="How two environments differ: runs, environment.json files, or \"here\".")
@out_option
@json_option
def doctor_command(diff, out):
    """What this machine is, and what it can and cannot decide.

    \b
    cyclone doctor
    cyclone doctor --json
    cyclone doctor --diff latest here
    """
    if not diff:
        facts = doctor.examine()
        return Answer(facts, lambda: print(show.doctor_text(facts)))
    results = results_of(Tree.here(), out)
    found = envdiff.diff(*(environment_of(results, name) for name in diff))
    return Answer(found, "\n".join(envdiff.lines(found)))


@click.command("list")
@click.argument("what", default="suites",
                type=click.Choice(["suites", "variants", "claims", "runs"]))
@variants_option
@out_option
@json_option
def list_command(what, variants_dir, out):
    """Suites, variants, claims or runs.

    \b
    cyclone list variants
    cyclone list runs --json
    """
    tree = Tree.here(variants_dir)
    rows = look.list_runs(results_of(tree, out)) if what == "runs" else {
        "suites": look.list_suites, "variants": look.list_variants,
        "claims": look.list_claims}[what](tree)
    return Answer(look.as_objects(what, rows), lambda: look.print_table(what, rows))


@click.command()
@click.argument("name", metavar="CLAIM|VARIANT", shell_complete=complete_claim_or_variant)
@variants_option
@json_option
def explain(name, variants_dir):
    """One claim or one variant in words, with its evidence.

    \b
    cyclone explain timers:T2
    cyclone explain hashed_wheel --json
    """
    facts, text = look.explain(Tree.here(variants_dir), name)
    return Answer(facts, text)


@click.command("completion")
@click.argument("shell", type=click.Choice(completion.SHELLS))
@json_option
def completion_command(shell):
    """The script that makes TAB complete it all.

    Commands, suites, variants, claims, runs and cells, as they are when asked.

    \b
    source <(scripts/cyclone completion bash)
    scripts/cyclone completion fish > ~/.config/fish/completions/cyclone.fish
    """
    script = completion.script(shell)
    return Answer({"schema": 1, "shell": shell, "script": script}, script)


@click.command("new-variant")
@click.argument("component")
@click.argument("name")
@click.option("--kind", type=click.Choice(["seq"]), default="seq", show_default=True)
@click.option("--dir", "folder", metavar="DIR", help="Write it outside the tree, for --variants.")
@json_option
def new_variant(component, name, kind, folder):
    """Write a working variant to start from, and its registry lines.

    \b
    cyclone new-variant timer my_wheel
    cyclone new-variant timer my_wheel --dir ~/my-variants
    """
    tree = Tree.here()
    header, lines = newvariant.create(tree, component, name, kind, folder)
    extra = f" --variants {folder}" if folder else ""
    after = f"cyclone run quick --only {name}{extra}"
    value = {"schema": 1, "header": tree.relative(header), "registry": tree.relative(lines),
             "next": after}
    return Answer(value, f"wrote {value['header']} and its lines in {value['registry']}\n"
                         f"next: {after}")


COMMANDS = (doctor_command, list_command, explain, completion_command, new_variant)
