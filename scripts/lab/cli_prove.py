"""The command that goes through all executions of a file of scenarios: prove."""

import click

from lab import prove
from lab.cli_base import Answer, json_option
from lab.tree import Tree

_SAID = {0: "passed", 1: "failed", 2: "partial"}


@click.command("prove", context_settings={"ignore_unknown_options": True})
@click.argument("file", metavar="FILE.hpp", type=click.Path(dir_okay=False))
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
@json_option
def prove_command(file, options):
    """Go through every execution of the scenarios in FILE.hpp that C++20 allows.

    A scenario is CYCLONE_PROVE(name) { ... } on a structure of yours that is a template over its
    atomics; proofs/tutorial has one to follow. OPTIONS are the program's: --list, --only NAME,
    --weaken (which memory orders are needed?), --random N, --seconds S, --events N, --graphs N,
    --spurious N, --replay TEXT, --dot FILE, --cxx11, --no-leaks.

    What is left out of "every execution": load buffering; a weak compare-exchange that fails for no
    reason more often than --spurious at one place; wake-ups of a condvar or futex that nobody sent;
    what a loop with pause() in it does once it has waited in vain, should it end by itself.

    Exit code 0: nothing found in any execution; 1: a counterexample; 2: a bound was hit.

    \b
    cyclone prove proofs/tutorial/handoff.hpp
    cyclone prove proofs/tutorial/handoff.hpp --only repaired --weaken
    """
    code = prove.prove(Tree.here(), file, options)
    return Answer({"schema": 1, "file": str(file), "said": _SAID.get(code, "stopped"),
                   "code": code}, code=code)


COMMANDS = (prove_command,)
