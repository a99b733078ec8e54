"""The command that recommends: `cyclone advise COMPONENT`."""

import math
import sys

import click

from lab import doctor, registry
from lab.advise import lookup, measure, queue, screen, timer
from lab.advise.recommend import advise as recommended
from lab.cli_base import (SEED_MAX, Answer, complete_variant, json_option, out_option, results_of,
                          variants_option)
from lab.errors import NO_INPUT, USAGE, CycloneError
from lab.tree import Tree

COMPONENTS = (timer, queue)  # a component joins with a module of its questions


def _say(text):
    print(f"cyclone: {text}", file=sys.stderr, flush=True)


def _check_seconds(_ctx, _param, value):
    """nan passes every comparison of a range."""
    if not math.isfinite(value):
        raise click.BadParameter(f"{value} is no number of seconds")
    return value


def _check_only(entries, only):
    for name in only:
        if entries.find(name) is None:
            raise CycloneError(f"--only {name}: no such variant", "the command line",
                               "see: cyclone list variants", NO_INPUT)


def _answer(module, tree, results, given, how):
    """(options that are left, Findings, name -> why not), measured or looked up."""
    question = module.question(given)
    entries = registry.load(tree, question.component)
    _check_only(entries, how["only"])
    run = None
    if not how["measure_it"]:
        run = lookup.find_run(tree, results, question, exact=not how["look_up"])
        if run is None and how["look_up"]:
            raise lookup.none_found(question)
    if run is None:
        _say(f"measuring for {how['budget']:g} s")
    if run is not None:
        known = lookup.carry_out(run, module, question, entries, how["only"],
                                 doctor.examine()["fingerprint"])
    else:
        known = measure.carry_out(tree, module, question, how["only"], how["budget"], how["seed"],
                                  _say)
    return recommended(question, *known)


def _command(module):
    """`cyclone advise NAME`, with the options that the component's module asks for."""
    def ask(variants_dir, out, look_up, measure_it, budget, seed, only, **given):
        if look_up and measure_it:
            raise CycloneError("--lookup and --measure exclude each other", "the command line",
                               "give one of them, or neither", USAGE)
        tree = Tree.here(variants_dir)
        how = {"look_up": look_up, "measure_it": measure_it, "budget": budget, "seed": seed,
               "only": only}
        value = _answer(module, tree, results_of(tree, out), given, how)
        return Answer(value, lambda: screen.show(value))

    ask.__doc__ = module.HELP
    common = (
        click.option("--lookup", "look_up", is_flag=True, help="Only look it up in a run."),
        click.option("--measure", "measure_it", is_flag=True, help="Measure, whatever runs hold."),
        click.option("--budget", type=click.FloatRange(5, 3600), default=60, show_default=True,
                     callback=_check_seconds, metavar="SECONDS",
                     help="Seconds of measuring, builds apart."),
        click.option("--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True),
        click.option("--only", multiple=True, metavar="VARIANT", shell_complete=complete_variant,
                     help="Consider only this; may be given again."),
        variants_option, out_option, json_option)
    for option in reversed((*module.OPTIONS, *common)):
        ask = option(ask)
    return click.command(module.NAME)(ask)


@click.group("advise")
def advise():
    """Which variant to take, why, and what a mistake costs.

    \b
    cyclone advise timer --n 1e5 --cancel 0.99 --ttl lognormal:30s --slack 1%
    cyclone advise timer --n 4096 --lookup
    cyclone advise queue --producers 4 --consumers 1 --bounded --strict-empty
    """


for _module in COMPONENTS:
    advise.add_command(_command(_module))

COMMANDS = (advise,)
