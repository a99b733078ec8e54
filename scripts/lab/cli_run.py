"""The commands that build and measure: run, resume, redo, test, clean."""

import json
import shlex
import shutil
import sys

import click

from lab import against, ctl_run, ctl_test, redo, resume, runfolder, show
from lab.cli_base import (SEED_MAX, Answer, blocks_option, budget_option, complete_cell,
                          complete_claim_or_variant, complete_suite, json_option, out_option,
                          results_of, run_argument, variants_option)
from lab.errors import FAILURE, OK
from lab.tree import Tree


def gate_option(command):
    return click.option("--gate", "gated", is_flag=True, help="Exit 1 on a regression, 2 on a "
                        "refuted claim, 3 on an invalid run.")(command)


def dry_option(command):
    return click.option("--dry-run", is_flag=True,
                        help="Build, show the plan, measure nothing.")(command)


def options_of(params, words):
    """What `run` was asked, for ctl_run; `words` are those after `cyclone`."""
    names = {"suite", "seed", "blocks", "budget", "only", "fresh"}
    more = {k: v for k, v in params.items() if k in ctl_run.Options.__dataclass_fields__}
    return ctl_run.Options(**{k: params[k] for k in names}, command=shlex.join(
        ["scripts/cyclone", *words]), **{k: v for k, v in more.items() if k not in names})


def planned(tree, options):
    """The answer of a dry run."""
    laid = ctl_run.prepare(tree, options, with_gate=False)[0]
    return Answer(laid, lambda: print(show.plan_text(laid)))


def measured(tree, options, results, gated):
    """Runs, and answers with the verdicts."""
    done, analysis, page = ctl_run.carry_out(tree, options, results)
    return show.answer(tree, done, analysis, page, gated)


@click.command()
@click.argument("suite", shell_complete=complete_suite)
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True,
              help="Every random choice of the run follows from it.")
@blocks_option
@budget_option
@click.option("--only", multiple=True, metavar="CLAIM|VARIANT",
              shell_complete=complete_claim_or_variant, help="Measure only this; may be given "
              "again.")
@click.option("--baseline", metavar="NAME", help="Judge against this baseline of this machine "
              "(default: the one named like SUITE, if there is one).")
@click.option("--trace", metavar="FILE", type=click.Path(), help="Replay this trace of a program "
              "(`cyclone record`) on everything; SUITE is then the component, timer.")
@variants_option
@out_option
@dry_option
@gate_option
@click.option("--fresh", is_flag=True, help="Begin a new run, do not continue an unfinished one.")
@json_option
def run(variants_dir, out, dry_run, gated, **params):
    """Gate, measure, analyse and report the cells of SUITE.

    Ctrl-C keeps what was measured; the same command, or `cyclone resume`, goes on from there.

    \b
    cyclone run quick
    cyclone run quick --only timers:T2 --only timers:T8
    cyclone run quick --only hashed_wheel --budget 3
    cyclone run quick --variants ~/my-variants
    cyclone run quick --baseline before --gate
    cyclone run full --dry-run
    cyclone run timer --trace experiments/timer/traces/nginx.trace
    """
    tree = Tree.here(variants_dir)
    options = options_of(params, sys.argv[1:])
    if dry_run:
        return planned(tree, options)
    return measured(tree, options, results_of(tree, out), gated)


@click.command("resume")
@run_argument(default="latest")
@out_option
@dry_option
@gate_option
@json_option
def resume_command(run_name, out, dry_run, gated):
    """Go on with an unfinished RUN.

    As its own command would. Refused, with what differs, when the plan, a program or the
    machine is not what it was.

    \b
    cyclone resume
    cyclone resume quick-20260301-100000-5d1c0ffe
    cyclone resume latest --dry-run
    """
    found = runfolder.find(results_of(Tree.here(), out), run_name)
    params = resume.params_of(run, found.plan())
    tree = Tree.here(params.pop("variants_dir"))
    options = options_of(params | {"fresh": False}, resume.words_of(found.plan()))
    resume.check(tree, found, options)
    if dry_run:
        laid = found.plan()
        return Answer(laid, lambda: print(show.plan_text(laid)))
    return measured(tree, options, found.path.parent, gated)


@click.command("redo")
@run_argument()
@click.argument("cell", shell_complete=complete_cell)
@click.option("--block", type=click.IntRange(0), default=0, show_default=True,
              help="The block whose seed and layout are used.")
@out_option
@json_option
def redo_command(run_name, cell, block, out):
    """Measure one CELL of RUN again.

    The sample is printed; nothing is written.

    \b
    cyclone redo latest timer/hashed_wheel/timeouts/n=4096/time
    cyclone redo latest timer/hashed_wheel/timeouts/n=4096/time --block 3 --json
    """
    tree = Tree.here()
    sample = redo.again(tree, runfolder.find(results_of(tree, out), run_name), cell, block)
    return Answer(sample, json.dumps(sample, indent=1),
                  OK if sample["error"] is None else FAILURE)


@click.command()
@click.option("--full", is_flag=True, help="Long fuzzing and the exhaustive cases too.")
@click.option("--label", metavar="L", help="Only C++ tests with this label, e.g. a variant.")
@variants_option
@json_option
def test(full, label, variants_dir):
    """Build and run every test.

    C++ plainly, under sanitizers and fuzzed; then Python.

    \b
    cyclone test
    cyclone test --label hashed_wheel
    cyclone test --full
    """
    told = {}
    code = ctl_test.carry_out(Tree.here(variants_dir), full, label, told)
    return Answer({"schema": 1, "passed": code == OK, **told}, None, code)


@click.command()
@click.option("--results", is_flag=True, help="Remove the runs in reports/out too.")
@json_option
def clean(results):
    """Remove what was built. Runs stay, unless --results is given. Refused while a run measures.

    \b
    cyclone clean
    cyclone clean --results
    """
    tree = Tree.here()
    removed = remove([tree.build] + ([tree.results] if results else []))
    against.forget_worktrees(tree)
    names = [tree.relative(path) for path in removed]
    return Answer({"schema": 1, "removed": names},
                  "\n".join(f"removed {name}" for name in names) or "nothing was there")


def remove(folders):
    """Takes all the locks before it removes anything; returns what is gone."""
    there = [f for f in folders if f.exists()]
    locks = []
    try:
        locks += [runfolder.Lock(folder) for folder in there]
        for folder in there:
            shutil.rmtree(folder)
    finally:
        for lock in locks:
            lock.release()
    return there


COMMANDS = (run, resume_command, redo_command, test, clean)
