"""`cyclone compare`: two runs, or a run and a baseline; across machines only when asked."""

import collections
import sys

from rich.console import Console
from rich.table import Table

from reports.judge import compare as pure

from lab import baselines, envdiff, runfolder
from lab.errors import BAD_DATA, NO_INPUT, USAGE, CycloneError
from lab.files import read_json

_PIPE_WIDTH = 140
_ROWS_MAX = 60


def analysis_of(tree, results, name):
    """The analysis of a run, or a baseline where the name begins with "@"."""
    if name.startswith("@"):
        return baselines.load(tree, name[1:])
    path = runfolder.find(results, name).path / "analysis.json"
    if not path.is_file():
        raise CycloneError(f"{name} is not analysed", str(path), f"cyclone analyse {name}",
                           NO_INPUT)
    return read_json(path)


def environment_of(analysis):
    return {"fingerprint": analysis.get("fingerprint"), **(analysis.get("environment") or {})}


def two(tree, results, before, now, cross):
    """Compares; refuses across machines unless that was asked for."""
    one, other = (analysis_of(tree, results, name) for name in (before, now))
    found = envdiff.diff(environment_of(one), environment_of(other))
    if not found["same_machine"] and not cross:
        fields = ", ".join(r["field"] for r in found["stable"][:6]) or "unknown fields"
        raise CycloneError("the two were measured on different machines (fingerprint "
                           + " and ".join(map(str, found["fingerprints"])) + f"; {fields})",
                           f"{before}, {now}", "--cross compares what does not depend on the "
                           "machine; doctor --diff shows how they differ", USAGE)
    try:
        return pure.compare(one, other, found)
    except (KeyError, TypeError, AttributeError) as error:
        raise CycloneError(f"one of the two is no analysis of this tree: {error!r}",
                           f"{before}, {now}", "cyclone analyse RUN judges a run again",
                           BAD_DATA) from error


def _interval(side):
    if side["ratio"] is None:
        return "-"
    bounds = "" if side["low"] is None else f" [{side['low']:.3f}, {side['high']:.3f}]"
    return f"{side['ratio']:.3f}{bounds}"


def _table(title, columns, rows):
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows[:_ROWS_MAX]:
        table.add_row(*map(str, row))
    if len(rows) > _ROWS_MAX:
        table.caption = f"{len(rows) - _ROWS_MAX} more rows: --json has all"
    return table


def tables(found):
    """What there is to see: the environment, claims, counts that moved, ratios."""
    claims = [(c["id"], c["before"] or "-", c["now"] or "-", "changed" if c["changed"] else "")
              for c in found["claims"]]
    counts = [(r["cell"], r["figure"], _number(r["before"]), _number(r["now"]), r["verdict"])
              for r in found["counted"] if r["verdict"] != "SAME"]
    ratios = [(r["cell"], _interval(r["before"]), _interval(r["now"]), _interval(r), r["verdict"])
              for r in found["ratios"]]
    out = []
    if claims:
        out.append(_table("claims", ("claim", "before", "now", ""), claims))
    if counts:
        out.append(_table("counted figures that differ", ("cell", "figure", "before", "now",
                                                           "verdict"), counts))
    if ratios:
        mark = " (across machines: side by side, not compared)" if found["across_machines"] else ""
        out.append(_table("ratios to the reference inside each run" + mark,
                          ("cell", "before", "now", "now / before", "verdict"), ratios))
    return out


def _number(value):
    return "-" if value is None else f"{value:,.4g}"


def show(found):
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    console.print("\n".join(envdiff.lines(found["environment"])), markup=False, soft_wrap=True)
    for table in tables(found):
        console.print(table)
    for title, rows in (("counted", found["counted"]), ("ratios", found["ratios"])):
        counts = collections.Counter(r["verdict"] for r in rows)
        if counts:
            console.print(f"{title}: " + ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    for reason, n in collections.Counter(r["reason"] for r in found["ratios"]
                                         if r["verdict"] == "UNDECIDED").most_common(3):
        console.print(f"  {n} UNDECIDED: {reason}", markup=False, soft_wrap=True)
    for side, names in (("before", found["only_before"]), ("now", found["only_now"])):
        if names:
            console.print(f"only {side}: {len(names)} cells, first {names[0]}", soft_wrap=True,
                          markup=False)
    for line in [*found["notes"], *found["gate"]["why"]]:
        console.print(line, soft_wrap=True, markup=False)
