"""Prints the answer of `advise`, on one screen."""

import sys

from rich.console import Console
from rich.table import Table

_PIPE_WIDTH = 110
_ROWS = 8
_NAMES = 6


def _interval(row, digits=2):
    if row.get("low") is None:
        return ""
    return f"[{row['low']:.{digits}f}, {row['high']:.{digits}f}]"


def _bytes(row):
    per = row.get("bytes_a_timer")
    return "?" if per is None else f"{'>= ' if row.get('bytes_at_least') else ''}{per:.0f}"


def _late(row):
    if row["late"] == "exact":
        return "never"
    share = row.get("late_share")
    return "?" if share is None else f"{100 * share:.1f} %"


def _figure(row, key, form="{:.0f}"):
    return form.format(row[key]) if row.get(key) is not None else "-"


def _of_timer(value):
    """Columns of a timer, as (heading, what stands there)."""
    wake = any(r.get("wakeups_an_expiry") is not None for r in value["candidates"])
    return [("bytes", _bytes), ("late", _late),
            ("worst tick", lambda r: _figure(r, "worst_tick_work"))] + (
        [("wake-ups", lambda r: _figure(r, "wakeups_an_expiry", "{:.2f}"))] if wake else [])


def _of_queue(_value):
    def trait(name):
        return lambda r: r["traits"].get(name, "?").replace("_", " ")

    return [("bytes", lambda r: _figure(r, "node_bytes")), ("order", trait("order")),
            ("says empty", trait("empty")), ("push", trait("push")), ("pop", trait("pop"))]


_COLUMNS = {"timer": _of_timer, "queue": _of_queue}


def _candidates(value):
    own = _COLUMNS[value["component"]](value)
    table = Table(box=None, pad_edge=False)
    for name in ("", "ns an op", "95 %", "times it", "95 %", *(heading for heading, _ in own)):
        table.add_column(name, justify="left" if not name else "right", no_wrap=True)
    for row in value["candidates"][:_ROWS]:
        mark = "* " if row["variant"] == value["recommended"] else (
            "= " if row["variant"] in value["equals"] else "  ")
        against = row["against_recommended"] or {}
        same = row["variant"] == value["recommended"]
        cells = [mark + row["variant"], f"{row['ns']:.1f}", _interval(row, 1),
                 "1" if same or not against else f"{against['ratio']:.2f}",
                 "" if same else _interval(against)]
        table.add_row(*cells, *(shown(row) for _, shown in own))
    return table


def _regret(value):
    table = Table(box=None, pad_edge=False)
    for name, side in (("if", "left"), ("times the best", "right"), ("95 %", "right"),
                       ("the best then", "left")):
        table.add_column(name, justify=side, overflow="fold")
    for row in value["regret"]:
        if not row["known"]:
            table.add_row(row["words"], "not known", "", row["why"])
        elif row["best"] == value["recommended"]:
            table.add_row(row["words"], "1", "", "still this one")
        else:
            table.add_row(row["words"], f"{row['ratio']:.2f}", _interval(row), row["best"])
    return table


def _dearer(value, say):
    """Those that have no line in the table, in ns."""
    rest = ", ".join(f"{r['variant']} {r['ns']:.0f}" for r in value["candidates"][_ROWS:])
    once = ", ".join(f"{v} {ns:.0f}" for v, ns in sorted(value["single"].items(),
                                                         key=lambda item: item[1]))
    if rest:
        say(f"  and, in ns: {rest}", markup=False)
    if once:
        say(f"  looked at once, in ns, harness and all: {once}", markup=False)


def _names(names):
    shown = ", ".join(names[:_NAMES])
    return shown if len(names) <= _NAMES else f"{shown} and {len(names) - _NAMES} more"


def _ruled_out(value):
    """reason -> who, in the order in which they were found."""
    by_reason = {}
    for row in value["ruled_out"]:
        by_reason.setdefault(row["why"], []).append(row["variant"])
    return by_reason


def show(value):
    console = Console(highlight=False, soft_wrap=False,
                      width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    say = console.print
    say("asked: " + ", ".join(value["words"]) + f"  ({value['how']})", markup=False)
    say()
    if value["recommended"] is None:
        say(f"[bold]nothing can be recommended[/]: {'; '.join(value['why'])}")
    else:
        say(f"[bold]take {value['recommended']}[/]")
        for line in value["why"]:
            say(f"  {line}", markup=False)
        say()
        say(_candidates(value))
        if any(r.get("worst_tick_work") is not None for r in value["candidates"]):
            say("  worst tick: the most work counted in one advance()", markup=False)
        if any(r.get("wakeups_an_expiry") is not None for r in value["candidates"]):
            say("  wake-ups: of a loop that sleeps, for each timer that fires, 16 pending",
                markup=False)
        _dearer(value, say)
        say()
        say("the cost of being wrong")
        say(_regret(value))
    if value["ruled_out"]:
        say()
        say("ruled out")
        for why, names in _ruled_out(value).items():
            say(f"  {_names(names)}: {why}", markup=False)
    for note in value["notes"]:
        say(f"note: {note}", markup=False)
