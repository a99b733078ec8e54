"""What the commands share: how they answer, their common options, and what completes a word."""

import contextlib
import dataclasses
import json
import math
import os
import sys
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from lab import claims, registry, runfolder
from lab.errors import OK, CycloneError
from lab.tree import Tree

SEED_MAX = 2**63 - 1


@dataclasses.dataclass
class Answer:
    """What a command found. `value` is the object that --json prints; `show`, a text or a function
    that prints, is for people. `code` is the exit code."""

    value: dict
    show: object = None
    code: int = OK

    def tell(self):
        if callable(self.show):
            self.show()
        elif self.show:
            print(self.show)


def wants_json(arguments):
    return "--json" in (arguments[:arguments.index("--")] if "--" in arguments else arguments)


def print_json(value):
    print(json.dumps(value, indent=1, default=str))


@contextlib.contextmanager
def only_the_answer_on_stdout():
    """While open, everything that this process and its children say goes to standard error."""
    sys.stdout.flush()
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def check_minutes(_ctx, _param, value):
    """nan passes every comparison of a range, and JSON has no word for it or for infinity."""
    if value is not None and not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of minutes")
    return value


# Every block is a link of every program: more than these would fill a disk before they measured.
blocks_option = click.option("--blocks", type=click.IntRange(10, 1000),
                             help="Timed blocks (default: the suite's).")
budget_option = click.option(
    "--budget", type=click.FloatRange(0, min_open=True), metavar="MIN", callback=check_minutes,
    help="Minutes of measuring; blocks that do not fit are given up, never below 10.")


def results_of(tree, out):
    return Path(out).resolve() if out else tree.results


def json_option(command):
    return click.option("--json", "as_json", is_flag=True, expose_value=False,
                        help="Print one JSON object and nothing else.")(command)


def _begins(words, incomplete):
    return [CompletionItem(w) for w in sorted(set(words)) if w.startswith(incomplete)]


def _completes(list_words):
    """A click callback; a tree that cannot be read completes nothing and says nothing."""
    def complete(ctx, _param, incomplete):
        try:
            tree = Tree.here(ctx.params.get("variants_dir"))
            return _begins(list_words(tree, ctx.params), incomplete)
        except (CycloneError, OSError):
            return []
    return complete


def _variants(tree, _params):
    return [n for c in tree.components() for n in registry.load(tree, c).names()]


def _claims(tree, _params):
    return list(claims.load_all(tree))


def _cells(tree, params):
    found = runfolder.find(results_of(tree, params.get("out")), params.get("run_name") or "latest")
    return [c["id"] for c in found.plan()["cells"]]


def _runs(tree, params):
    return ["latest"] + [r.id for r in runfolder.list_runs(results_of(tree, params.get("out")))]


complete_suite = _completes(lambda tree, _: [p.stem for p in tree.suite_files()])
complete_run = _completes(_runs)
complete_cell = _completes(_cells)
complete_variant = _completes(_variants)
complete_claim_or_variant = _completes(lambda t, p: _claims(t, p) + _variants(t, p))

variants_option = click.option(
    "--variants", "variants_dir", metavar="DIR", type=click.Path(file_okay=False),
    help="Variants kept outside the tree: DIR/COMPONENT/registry.def and the headers beside it. "
         "They join every \"*\".")
out_option = click.option("--out", metavar="DIR", type=click.Path(file_okay=False),
                          help="Where runs are kept (default: reports/out).")


def run_argument(name="run_name", metavar="RUN", **more):
    return click.argument(name, metavar=metavar, shell_complete=complete_run, **more)
