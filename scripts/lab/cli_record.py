"""The command that records the timers of a program: record."""

from pathlib import Path

import click

from lab import record
from lab.cli_base import Answer, json_option
from lab.tree import Tree


@click.command("record")
@click.argument("out", metavar="OUT.trace", type=click.Path(dir_okay=False))
@click.argument("command", metavar="-- PROGRAM [ARGS]...", nargs=-1, type=click.UNPROCESSED)
@click.option("--via", type=click.Choice(record.VIAS), default="auto", show_default=True,
              help="How: a preloaded library (libuv, libevent) or uprobes (nginx; needs root).")
@click.option("--for", "seconds", type=click.FloatRange(0.1, 86400), metavar="SECONDS",
              help="Interrupt the program after so long (default: until it ends, or Ctrl-C).")
@click.option("--events", type=click.IntRange(1), help="Keep the first so many events.")
@json_option
def record_command(out, command, via, seconds, events):
    """Run PROGRAM and write what it does with its timers to OUT.trace.

    Put it under load from elsewhere meanwhile. `cyclone run timer --trace OUT.trace` then replays
    the file on every variant.

    \b
    cyclone record memcached.trace --for 20 -- memcached -u nobody -p 11311 -o idle_timeout=60
    cyclone record session.trace -- tmux -L rec new-session 'sleep 20'
    cyclone record nginx.trace --via uprobe --for 10 -- nginx -c /tmp/nginx.conf
    """
    asked = record.Asked(Path(out), via, seconds, list(command), events)
    told = record.carry_out(Tree.here(), asked)
    return Answer(told, f"{out}: {told['events']} events of {told['timers']} timers over "
                  f"{told['ticks'] * told['tick_ns'] / 1e9:.1f} s, at most "
                  f"{told['peak_pending']} pending, {told['bytes']} bytes; of "
                  f"{told['loops']} loops the busiest\n"
                  f"replay it: scripts/cyclone run timer --trace {out}")


COMMANDS = (record_command,)
