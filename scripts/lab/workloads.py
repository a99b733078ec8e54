"""Workloads as data, `experiments/*/workloads/*.toml`: what a suite means by `workloads = ["W1"]`,
and the suite that `run COMPONENT --trace FILE` makes of a trace."""

import dataclasses
import difflib
import re
import tomllib
from pathlib import Path

from lab import record
from lab.errors import CONFIG, NO_INPUT, CycloneError

NAMED = re.compile(r"W[0-9]+$")
_KEYS = {"schema": int, "id": str, "component": str, "title": str, "source": str, "workload": str,
         "n": list, "params": dict, "sweep": dict}
_NEEDED = ("schema", "id", "component", "title", "source", "workload", "n")


def _fail(place, message, remedy):
    raise CycloneError(message, place, remedy, CONFIG)


def _grid(table, place):
    for name, values in table.items():
        if not isinstance(values, list) or not values:
            _fail(place, f"sweep of '{name}' is {values!r}", "write a list of values")


def read(path, place):
    """One file, checked; every error names the place and the remedy."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        _fail(place, f"not TOML: {error}", "mend the line that is named")
    for key, value in table.items():
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, 1)
            _fail(place, f"unknown key '{key}'",
                  f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(_KEYS))
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            _fail(place, f"'{key}' is {value!r}", f"write a value of type {_KEYS[key].__name__}")
    for key in _NEEDED:
        if key not in table:
            _fail(place, f"'{key}' is missing", "a workload needs " + ", ".join(_NEEDED))
    if table["schema"] != 1:
        _fail(place, f"schema {table['schema']}", "this tree reads: schema = 1")
    if table["id"] != path.stem:
        _fail(place, f"the workload calls itself '{table['id']}'", f'write id = "{path.stem}"')
    sizes = table["n"]
    if not sizes or any(not isinstance(n, int) or isinstance(n, bool) or n < 1 for n in sizes):
        _fail(place, f"'n' is {sizes!r}", "write a list of whole numbers above 0")
    _grid(table.get("sweep", {}), place)
    if both := set(table.get("sweep", {})) & set(table.get("params", {})):
        _fail(place, f"'{min(both)}' is in params and in sweep", "fix it or sweep it")
    return table


def load(tree, component, name, place):
    """The named workload of a component."""
    folder = tree.root / "experiments" / component / "workloads"
    path = folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("W*.toml"))) or "none"
        raise CycloneError(f"no workload '{name}' of {component}", place,
                           f"{tree.relative(folder)} has: {known}", NO_INPUT)
    return read(path, tree.relative(path))


def expand(tree, experiments):
    """Every named workload becomes an experiment of its own: its grid under the experiment's
    params, its sizes unless the experiment has sizes. Others stay as they are."""
    out = []
    for exp in experiments:
        plain = [w for w in exp.workloads if not NAMED.match(w)]
        if plain:
            out.append(dataclasses.replace(exp, workloads=plain))
        for name in exp.workloads:
            if name in plain:
                continue
            data = load(tree, exp.component, name, f"experiment {exp.id}")
            sweep = {k: v for k, v in data.get("sweep", {}).items() if k not in exp.params}
            out.append(dataclasses.replace(
                exp, id=f"{exp.id}-{name}", workloads=[data["workload"]], n=exp.n or data["n"],
                params=data.get("params", {}) | exp.params, sweep=sweep | exp.sweep))
    return out


def of_trace(tree, component, file, make_suite, make_experiment):
    """The suite that replays a trace on everything: time, and instructions, of one group each."""
    path = Path(file).resolve()
    if not path.is_file():
        raise CycloneError(f"no trace {file}", "the command line",
                           "cyclone record OUT.trace -- PROGRAM makes one", NO_INPUT)
    if component != "timer":
        raise CycloneError(f"--trace replays timers, not {component}", "the command line",
                           "cyclone run timer --trace FILE", NO_INPUT)
    record.build_tools(tree, ("timer_trace",))
    told = record.ask_tool(tree, ["describe", str(path)], file)
    if not told["events"]:
        raise CycloneError("the trace has no events", str(file), "record it again, under load",
                           NO_INPUT)
    common = {"component": component, "workloads": ["trace"], "n": [told["timers"]],
              "peers": True, "params": {"file": str(path)}}
    return make_suite(
        name=component, title=f"{told['program']}: {told['events']} events of its timers",
        budget_minutes=10.0, claims=[], place=str(file), experiments=[
            make_experiment(id="trace", meter="time", blocks=11, blocks_max=22, **common),
            make_experiment(id="trace-instructions", meter="instructions", **common)])
