"""The commands on a run that is measured: analyse, report, asm, export, import, merge."""

import click

from lab import asm, ctl_run, export, importing, merging, runfolder, show
from lab.cli_base import (Answer, complete_variant, json_option, out_option, results_of,
                          run_argument, variants_option)
from lab.tree import Tree


@click.command()
@run_argument(default="latest")
@click.option("--evidence", is_flag=True,
              help="Take in what the tests have shown since, of the same sources.")
@out_option
@json_option
def analyse(run_name, evidence, out):
    """Judge the samples of RUN again, and write its report.

    \b
    cyclone analyse latest
    cyclone analyse latest --evidence
    """
    tree = Tree.here()
    found = runfolder.find(results_of(tree, out), run_name)
    if evidence:
        ctl_run.renew_evidence(tree, found)
    analysis, page = ctl_run.conclude(found)
    return show.answer(tree, found, analysis, page)


@click.command()
@run_argument(default="latest")
@out_option
@json_option
def report(run_name, out):
    """Write the report of RUN again from its analysis.

    \b
    cyclone report latest
    """
    from reports.page import report as pages

    tree = Tree.here()
    found = runfolder.find(results_of(tree, out), run_name)
    page = pages.write(found.path)
    return Answer({"schema": 1, "run": found.id, "report": str(page)}, tree.relative(page))


@click.command("asm")
@click.argument("variant", shell_complete=complete_variant)
@click.option("--workload", metavar="W", help="Default: the first that the variant offers.")
@click.option("--n", type=click.IntRange(1, 1 << 20), default=4096, show_default=True)
@click.option("--param", "params", multiple=True, metavar="KEY=VALUE",
              help="A parameter of the workload; may be given again.")
@click.option("--symbol", metavar="S", help="Show this function instead of the hottest one.")
@click.option("--syntax", type=click.Choice(["intel", "att"]), default="intel", show_default=True)
@click.option("--source", is_flag=True, help="Source lines between the instructions.")
@click.option("--lines", type=click.IntRange(1, 20000), default=400, show_default=True,
              help="At most so many lines of machine code.")
@variants_option
@json_option
def asm_command(variant, variants_dir, **params):
    """The machine code of a variant's hot function.

    The function is the one that callgrind sees most in, inside the measured region.

    \b
    cyclone asm hashed_wheel
    cyclone asm quad_heap --workload hold --n 32768 --source
    cyclone asm hashed_wheel --symbol cyclone_measured_region
    """
    found = asm.look(Tree.here(variants_dir), variant, asm.Question(**params))
    return Answer(found, lambda: print(asm.text(found)))


@click.command("export")
@run_argument()
@click.option("--format", "form", type=click.Choice(export.FORMATS), required=True)
@click.option("--out", "target", metavar="FILE", required=True, type=click.Path(dir_okay=False),
              help="The file to write; never one that is there already.")
@click.option("--table", type=click.Choice(export.TABLES), default="samples", show_default=True,
              help="Which table a CSV file holds; the other formats hold all.")
@click.option("--results", metavar="DIR", help="Where runs are kept (default: reports/out).")
@json_option
def export_command(run_name, form, target, table, results):
    """Write RUN as CSV, JSON or SQLite, or bundle it.

    One row a sample; what each column means is in the table "columns" (SQLite, JSON). The tar
    bundle is what `cyclone import` takes on another machine.

    \b
    cyclone export latest --format csv --out samples.csv
    cyclone export latest --format csv --table pairs --out pairs.csv
    cyclone export latest --format sqlite --out run.sqlite
    cyclone export latest --format tar --out run.tar.gz
    """
    found = runfolder.find(results_of(Tree.here(), results), run_name)
    value = export.write(found, form, target, table)
    return Answer(value, f"wrote {target}: " + ", ".join(
        f"{rows} {name}" for name, rows in value["rows"].items()))


@click.command("import")
@click.argument("source", metavar="FOLDER|ARCHIVE", type=click.Path())
@out_option
@json_option
def import_command(source, out):
    """Take in a run made on another machine.

    Its folder, or the tar.gz that `export` wrote. Everything is checked before anything is
    kept; a run that is here is never overwritten. The samples are judged again by this tree.

    \b
    cyclone import quick-big-machine.tar.gz
    cyclone import /mnt/usb/quick-20260301-100000-5d1c0ffe
    """
    tree = Tree.here()
    taken = importing.take(source, results_of(tree, out))
    analysis, page = ctl_run.conclude(taken)
    return show.answer(tree, taken, analysis, page)


@click.command("merge")
@run_argument("run_names", "RUN...", nargs=-1, required=True)
@out_option
@json_option
def merge(run_names, out):
    """One page over several runs, by machine.

    Every run keeps its own column: samples are never pooled, times never compared.

    \b
    cyclone merge quick-20260301-100000-5d1c0ffe quick-20260302-090000-4c95fe5a
    """
    tree = Tree.here()
    results = results_of(tree, out)
    value = merging.write([runfolder.find(results, name) for name in run_names], results)
    return Answer(value, lambda: print(merging.text(value, tree)))


COMMANDS = (analyse, report, asm_command, export_command, import_command, merge)
