"""The command line: options and help. What a command does is in the modules it calls."""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import click

from reports.errors import ReportError

from lab import ctl_run, ctl_test, doctor, look, newvariant, redo, runfolder, show
from lab.errors import INTERRUPTED, OK, USAGE, CycloneError, from_os_error
from lab.tree import Tree

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_SEED_MAX = 2**63 - 1
_VARIANTS = click.option("--variants", "variants_dir", metavar="DIR",
                         help="Variants kept outside the tree: DIR/COMPONENT/registry.def and "
                              "the headers beside it. They join every \"*\".")
_OUT = click.option("--out", metavar="DIR", help="Where runs are kept (default: reports/out).")


def _results(tree, out):
    return Path(out).resolve() if out else tree.results


@click.group(context_settings=_CONTEXT)
def cli():
    """Proves, attacks, measures and judges variants of the parts servers are made of."""


@cli.command()
@click.argument("suite")
@click.option("--seed", type=click.IntRange(0, _SEED_MAX), default=1, show_default=True,
              help="Every random choice of the run follows from it.")
@click.option("--blocks", type=click.IntRange(10), help="Timed blocks (default: the suite's).")
@click.option("--budget", type=click.FloatRange(0, min_open=True), metavar="MIN",
              help="Minutes of measuring; blocks that do not fit are given up, never below 10.")
@click.option("--only", multiple=True, metavar="CLAIM|VARIANT",
              help="Measure only this; may be given again.")
@_VARIANTS
@_OUT
@click.option("--dry-run", is_flag=True, help="Build, show the plan, measure nothing.")
@click.option("--gate", "gated", is_flag=True,
              help="Exit 1 on a regression, 2 on a refuted claim, 3 on an invalid run.")
@click.option("--fresh", is_flag=True, help="Begin a new run, do not continue an unfinished one.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def run(suite, seed, blocks, budget, only, variants_dir, out, dry_run, gated, fresh, as_json):
    """Gate, measure, analyse and report the cells of SUITE.

    Ctrl-C keeps what was measured; the same command goes on from there.

    \b
    cyclone run quick
    cyclone run quick --only timers:T2 --only timers:T8
    cyclone run quick --only hashed_wheel --budget 3
    cyclone run quick --variants ~/my-variants
    cyclone run full --dry-run
    """
    tree = Tree.here(variants_dir)
    options = ctl_run.Options(suite, seed, blocks, budget, only, fresh,
                              shlex.join(["scripts/cyclone", *sys.argv[1:]]))
    if dry_run:
        laid = ctl_run.prepare(tree, options, with_gate=False)[0]
        print(json.dumps(laid, indent=1) if as_json else show.plan_text(laid))
        return OK
    done, analysis, page = ctl_run.carry_out(tree, options, _results(tree, out))
    show.outcome(tree, done, analysis, page, as_json)
    return show.gate_code(done, analysis) if gated else OK


@cli.command()
@click.option("--full", is_flag=True, help="Long fuzzing and the exhaustive cases too.")
@click.option("--label", metavar="L", help="Only C++ tests with this label, e.g. a variant.")
@_VARIANTS
def test(full, label, variants_dir):
    """Build and run every test: C++ plainly, under sanitizers, fuzzed; then Python.

    \b
    cyclone test
    cyclone test --label hashed_wheel
    cyclone test --full
    """
    return ctl_test.carry_out(Tree.here(variants_dir), full, label)


@cli.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="The whole environment as JSON.")
def doctor_command(as_json):
    """What this machine is, and what it can and cannot decide.

    \b
    cyclone doctor
    cyclone doctor --json
    """
    facts = doctor.examine()
    print(json.dumps(facts, indent=1) if as_json else show.doctor_text(facts))
    return OK


@cli.command("list")
@click.argument("what", default="suites",
                type=click.Choice(["suites", "variants", "claims", "runs"]))
@_VARIANTS
@_OUT
def list_command(what, variants_dir, out):
    """Suites, variants, claims or runs.

    \b
    cyclone list variants
    cyclone list runs
    """
    tree = Tree.here(variants_dir)
    if what == "runs":
        look.list_runs(tree, _results(tree, out))
    else:
        {"suites": look.list_suites, "variants": look.list_variants,
         "claims": look.list_claims}[what](tree)
    return OK


@cli.command()
@click.argument("name", metavar="CLAIM|VARIANT")
@_VARIANTS
def explain(name, variants_dir):
    """One claim or one variant in words, with its evidence.

    \b
    cyclone explain timers:T2
    cyclone explain hashed_wheel
    """
    print(look.explain(Tree.here(variants_dir), name))
    return OK


@cli.command()
@click.argument("run_name", metavar="RUN", default="latest")
@_OUT
def analyse(run_name, out):
    """Judge the samples of RUN again, and write its report.

    \b
    cyclone analyse latest
    """
    tree = Tree.here()
    found = runfolder.find(_results(tree, out), run_name)
    analysis, page = ctl_run.conclude(found)
    show.outcome(tree, found, analysis, page, False)
    return OK


@cli.command()
@click.argument("run_name", metavar="RUN", default="latest")
@_OUT
def report(run_name, out):
    """Write the report of RUN again from its analysis.

    \b
    cyclone report latest
    """
    from reports import report as pages

    tree = Tree.here()
    found = runfolder.find(_results(tree, out), run_name)
    print(tree.relative(pages.write(found.path)))
    return OK


@cli.command("redo")
@click.argument("run_name", metavar="RUN")
@click.argument("cell")
@click.option("--block", type=click.IntRange(0), default=0, show_default=True,
              help="The block whose seed is used.")
@_OUT
def redo_command(run_name, cell, block, out):
    """Measure one CELL of RUN again and print the sample. Nothing is written.

    \b
    cyclone redo latest timer/hashed_wheel/timeouts/n=4096/time
    """
    tree = Tree.here()
    sample = redo.again(tree, runfolder.find(_results(tree, out), run_name), cell, block)
    print(json.dumps(sample, indent=1))
    return OK if sample["error"] is None else 1


@cli.command("new-variant")
@click.argument("component")
@click.argument("name")
@click.option("--kind", type=click.Choice(["seq"]), default="seq", show_default=True)
@click.option("--dir", "folder", metavar="DIR", help="Write it outside the tree, for --variants.")
def new_variant(component, name, kind, folder):
    """Write a working variant to start from, and its registry lines.

    \b
    cyclone new-variant timer my_wheel
    cyclone new-variant timer my_wheel --dir ~/my-variants
    """
    tree = Tree.here()
    header, lines = newvariant.create(tree, component, name, kind, folder)
    extra = f" --variants {folder}" if folder else ""
    print(f"wrote {tree.relative(header)} and its lines in {tree.relative(lines)}")
    print(f"next: cyclone run quick --only {name}{extra}")
    return OK


@cli.command()
@click.option("--results", is_flag=True, help="Remove the runs in reports/out too.")
def clean(results):
    """Remove what was built. Runs stay, unless --results is given."""
    tree = Tree.here()
    for folder in [tree.build] + ([tree.results] if results else []):
        if folder.exists():
            shutil.rmtree(folder)
            print(f"removed {tree.relative(folder)}")
    return OK


def _give_up_output():
    """What cannot be written must not fail a second time when the interpreter ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, sys.stdout.fileno())
        os.close(quiet)


def _call(arguments):
    """The exit code of a command whose output has left this process."""
    try:
        code = cli.main(arguments, prog_name="cyclone", standalone_mode=False) or OK
        sys.stdout.flush()
        return code
    except SystemExit as left:
        # The libraries leave this way when whoever read our output has gone.
        if isinstance(left.__context__, BrokenPipeError):
            raise BrokenPipeError from left
        raise


def _shown(error):
    print(error.text(), file=sys.stderr)
    return error.code


def main(arguments):
    """Runs a command; every error has a place, a remedy and an exit code."""
    try:
        return _call(arguments)
    except CycloneError as error:
        return _shown(error)
    except ReportError as error:
        return _shown(CycloneError(error.message, error.place, error.remedy, error.code))
    except click.ClickException as error:
        return _shown(CycloneError(error.format_message(), "the command line",
                                   "cyclone COMMAND --help", USAGE))
    except (click.Abort, KeyboardInterrupt):
        print("cyclone: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say to them.
        return OK
    except OSError as error:
        return _shown(from_os_error(error, error.filename or "the output", "the command stopped"))
    finally:
        _give_up_output()
