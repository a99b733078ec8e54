"""The command that goes through all executions of a file of scenarios: prove."""

import click

from lab import prove
from lab.tree import Tree


@click.command("prove", context_settings={"ignore_unknown_options": True})
@click.argument("file", metavar="FILE.hpp", type=click.Path(dir_okay=False))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def prove_command(file, options):
    """Go through every execution of the scenarios in FILE.hpp that C++ allows.

    A scenario is CYCLONE_PROVE(name) { ... } on a structure of yours that is a template over its
    atomics; proofs/tutorial has one to follow. OPTIONS are the program's: --list, --only NAME,
    --weaken (which memory orders are needed?), --random N, --seconds S, --events N, --graphs N,
    --replay TEXT, --dot FILE, --cxx11, --no-leaks.

    Exit code 0: nothing found in any execution; 1: a counterexample; 2: a bound was hit.

    \b
    cyclone prove proofs/tutorial/handoff.hpp
    cyclone prove proofs/tutorial/handoff.hpp --only repaired --weaken
    """
    return prove.prove(Tree.here(), file, options)


COMMANDS = (prove_command,)
