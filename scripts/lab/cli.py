"""The command line: the group, and how every command answers, fails and leaves.

What the commands are is in cli_run, cli_look, cli_after and cli_compare; what they do is in the
modules those call.
"""

import os
import sys

import click

from reports.errors import ReportError

from lab import (cli_advise, cli_after, cli_compare, cli_look, cli_prove, cli_record, cli_run,
                 pitfalls)
from lab.cli_base import Answer, only_the_answer_on_stdout, print_json, wants_json
from lab.errors import INTERRUPTED, OK, USAGE, CycloneError, from_os_error

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_CONTEXT)
def cli():
    """Proves, attacks, measures and judges variants of the parts servers are made of.

    \b
    cyclone run quick
    cyclone COMMAND --help
    """


for _command in (*cli_run.COMMANDS, *cli_look.COMMANDS, *cli_after.COMMANDS,
                 *cli_compare.COMMANDS, *cli_record.COMMANDS, *cli_advise.COMMANDS,
                 *cli_prove.COMMANDS, pitfalls.command):
    cli.add_command(_command)


def _give_up_output():
    """What cannot be written must not fail a second time when the interpreter ends."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, sys.stdout.fileno())
        os.close(quiet)


def _ask(arguments):
    return cli.main(arguments, prog_name="cyclone", standalone_mode=False)


def _answered(arguments):
    """The exit code of a command. Its answer is printed when it is whole, as words or as JSON."""
    if wants_json(arguments) and arguments[0] != "pitfalls":  # that one speaks JSON by itself
        with only_the_answer_on_stdout():
            answer = _ask(arguments)
        if isinstance(answer, Answer):
            print_json(answer.value)
    else:
        answer = _ask(arguments)
        if isinstance(answer, Answer):
            answer.tell()
    return answer.code if isinstance(answer, Answer) else answer or OK


def _call(arguments):
    """The exit code of a command whose output has left this process."""
    try:
        code = _answered(arguments)
        sys.stdout.flush()
        return code
    except SystemExit as left:
        # The libraries leave this way when whoever read our output has gone.
        if isinstance(left.__context__, BrokenPipeError):
            raise BrokenPipeError from left
        raise


def _shown(error, as_json):
    print(error.text(), file=sys.stderr)
    if as_json:
        # A disk or a pipe that took the output away has no room for the error either.
        try:
            print_json({"error": {"message": error.message, "at": error.at,
                                  "remedy": error.remedy, "code": error.code}})
            sys.stdout.flush()
        except (OSError, ValueError):
            pass
    return error.code


def main(arguments):
    """Runs a command; every error has a place, a remedy and an exit code."""
    as_json = wants_json(arguments)
    try:
        return _call(arguments)
    except CycloneError as error:
        return _shown(error, as_json)
    except ReportError as error:
        return _shown(CycloneError(error.message, error.place, error.remedy, error.code), as_json)
    except click.ClickException as error:
        return _shown(CycloneError(error.format_message(), "the command line",
                                   "cyclone COMMAND --help", USAGE), as_json)
    except (click.Abort, KeyboardInterrupt):
        return _shown(CycloneError("interrupted", None, "give the same command again",
                                   INTERRUPTED), as_json)
    except BrokenPipeError:
        # Whoever read our output has gone; nothing is left to say to them.
        return OK
    except OSError as error:
        return _shown(from_os_error(error, error.filename or "the output", "the command stopped"),
                      as_json)
    finally:
        _give_up_output()
