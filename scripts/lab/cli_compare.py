"""The commands that set one thing against another: compare, baseline."""

import click
from rich.console import Console
from rich.table import Table

from lab import against, baselines, compare, runfolder, show
from lab.cli_base import (SEED_MAX, Answer, blocks_option, budget_option, complete_suite,
                          complete_variant, json_option, out_option, results_of, run_argument,
                          variants_option)
from lab.errors import OK, USAGE, CycloneError
from lab.tree import Tree


def _one_question(names, revision, suite, only):
    """Two runs, or a revision: not both, not half."""
    remedy = "cyclone compare BEFORE NOW, or cyclone compare --against REV"
    if revision is None and (suite or only):
        raise CycloneError("--suite and --only choose what --against measures", "the command line",
                           remedy, USAGE)
    if (revision is None) == (len(names) != 2) or (revision is not None and names):
        raise CycloneError(f"{len(names)} runs" + (" and --against" if revision else "")
                           + ": what is to be compared?", "the command line", remedy, USAGE)


@click.command("compare")
@run_argument("names", "[BEFORE NOW]", nargs=-1)
@click.option("--cross", is_flag=True, help="Across machines too: counted figures and claims; "
              "ratios only side by side.")
@click.option("--against", "revision", metavar="REV",
              help="Build REV beside this tree and measure both, interleaved, in one run.")
@click.option("--suite", shell_complete=complete_suite, help="Suite for --against [quick].")
@click.option("--only", multiple=True, metavar="VARIANT", shell_complete=complete_variant,
              help="For --against: only this variant; may be given again.")
@click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True)
@blocks_option
@budget_option
@variants_option
@out_option
@click.option("--dry-run", is_flag=True, help="For --against: build both, show the plan.")
@click.option("--gate", "gated", is_flag=True, help="Exit 1 on a regression, 2 on a claim that "
              "held and is refuted, 3 when a side is invalid.")
@json_option
def compare_command(names, cross, revision, suite, only, variants_dir, out, gated, **more):
    """Two runs, or an older revision and this tree.

    Two runs of one machine: claims, counted figures, and the ratios each run measured for itself;
    never nanoseconds of one against nanoseconds of the other. @NAME is a baseline. For times,
    --against builds the old revision and interleaves it with this tree.

    \b
    cyclone compare quick-20260301-100000-5d1c0ffe latest
    cyclone compare @before latest --gate
    cyclone compare old-machine-run latest --cross
    cyclone compare --against HEAD~1 --only hashed_wheel
    cyclone compare --against v1.0 --suite quick --dry-run
    """
    _one_question(names, revision, suite, only)
    tree = Tree.here(variants_dir)
    results = results_of(tree, out)
    if revision is None:
        found = compare.two(tree, results, *names, cross)
        return Answer(found, lambda: compare.show(found), found["gate"]["code"] if gated else OK)
    asked = against.Question(revision, suite or "quick", only, more["seed"], more["blocks"],
                             more["budget"])
    if more["dry_run"]:
        laid = against.prepare(tree, asked).plan
        return Answer(laid, lambda: print(show.plan_text(laid)))
    done, analysis, page = against.carry_out(tree, asked, results)
    return against.answer(tree, done, analysis, page, gated)


@click.group("baseline")
def baseline():
    """What later runs are judged by.

    \b
    cyclone baseline save before latest
    cyclone baseline list
    """


@baseline.command("save")
@click.argument("name")
@run_argument(default="latest")
@click.option("--force", is_flag=True, help="Also an unsound run, also over another baseline.")
@out_option
@json_option
def save(name, run_name, force, out):
    """Keep what RUN came to under NAME.

    Claims, counted figures and ratios inside the run; no times.

    \b
    cyclone baseline save before latest
    cyclone baseline save quick quick-20260301-100000-5d1c0ffe
    """
    tree = Tree.here()
    found = runfolder.find(results_of(tree, out), run_name)
    path, forced = baselines.save(tree, found, name, force)
    value = {"schema": 1, "name": name, "run": found.id, "file": tree.relative(path),
             "forced": forced}
    return Answer(value, "\n".join([f"saved {value['file']}",
                                    *(f"although: {why}" for why in forced)]))


@baseline.command("list")
@json_option
def list_baselines():
    """The baselines of every machine; those of this one are marked.

    \b
    cyclone baseline list
    """
    rows = baselines.listed(Tree.here())
    return Answer({"schema": 1, "baselines": rows}, lambda: _print(rows))


def _print(rows):
    table = Table(title="baselines", title_justify="left")
    for column in ("name", "machine", "run", "saved", "claims", "counted", "ratios"):
        table.add_column(column)
    for r in rows:
        mark = " (this one)" if r["here"] else ""
        rest = [r["error"], "", "", "", ""] if "error" in r else [
            r["run"], r["saved"], r["claims"], r["counted"], r["pairs"]]
        table.add_row(r["name"], r["fingerprint"] + mark, *map(str, rest))
    Console().print(table)


@baseline.command("remove")
@click.argument("name")
@json_option
def remove(name):
    """Remove the baseline NAME of this machine.

    \b
    cyclone baseline remove before
    """
    tree = Tree.here()
    place = tree.relative(baselines.remove(tree, name))
    return Answer({"schema": 1, "removed": place}, f"removed {place}")


COMMANDS = (compare_command, baseline)
