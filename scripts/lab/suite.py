"""Reads and checks `experiments/suites/*.toml`: which cells a run measures."""

import difflib
import itertools
import tomllib
from dataclasses import dataclass, field

from lab import placement, workloads
from lab.errors import CONFIG, NO_INPUT, CycloneError

METERS = ("time", "work", "instructions", "system")
MIN_BLOCKS = 10  # fewer units cannot carry a family-wise verdict

_NUMBER = (int, float)
_TOP = {"schema": int, "name": str, "title": str, "budget_minutes": _NUMBER, "claims": list,
        "experiment": list}
_EXPERIMENT = {"id": str, "component": str, "meter": str, "workloads": list, "n": list,
               "variants": list, "peers": bool, "reference": str, "blocks": int,
               "blocks_max": int, "min_time": _NUMBER, "params": dict, "sweep": dict,
               "placement": str, "caps": dict}
_NEEDED = ("id", "component", "meter", "workloads")  # and n, unless every workload has its own


@dataclass
class Experiment:
    id: str
    component: str
    meter: str
    workloads: list
    n: list = field(default_factory=list)  # empty: what the named workload says
    variants: list = field(default_factory=lambda: ["*"])
    peers: bool = False
    reference: str | None = None
    blocks: int = 11  # the fewest timed blocks, where the first look is taken
    blocks_max: int | None = None  # the most; each has a layout of its own
    min_time: float = 0.05
    params: dict = field(default_factory=dict)
    sweep: dict = field(default_factory=dict)  # parameter -> values: one cell each
    placement: str = placement.DEFAULT
    caps: dict = field(default_factory=dict)

    def most_blocks(self):
        return max(self.blocks, self.blocks_max or 0)

    def param_sets(self):
        """Every combination of the sweep, over the fixed parameters."""
        names = sorted(self.sweep)
        return [self.params | dict(zip(names, values, strict=True))
                for values in itertools.product(*(self.sweep[k] for k in names))]


@dataclass
class Suite:
    name: str
    title: str
    budget_minutes: float
    claims: list
    experiments: list
    place: str


def _fail(place, message, remedy):
    raise CycloneError(message, place, remedy, CONFIG)


def check_keys(table, allowed, place):
    """Unknown keys and wrong types are errors that name the key and the nearest known one."""
    for key, value in table.items():
        if key not in allowed:
            near = difflib.get_close_matches(key, allowed, 1)
            hint = f"did you mean '{near[0]}'?" if near else "known: " + ", ".join(allowed)
            _fail(place, f"unknown key '{key}'", hint)
        kind = allowed[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            name = "number" if kind is _NUMBER else kind.__name__
            _fail(place, f"'{key}' is {value!r}", f"write a value of type {name}")


def _check_list(values, kind, place, key, least=1):
    good = all(isinstance(v, kind) and not isinstance(v, bool) for v in values)
    if len(values) < least or not good:
        _fail(place, f"'{key}' is {values!r}", f"write a list of {kind.__name__}, not empty")
    if len(set(values)) != len(values):
        _fail(place, f"'{key}' names something twice", "name each once")


def _experiment(table, place):
    check_keys(table, _EXPERIMENT, place)
    for key in _NEEDED:
        if key not in table:
            _fail(place, f"'{key}' is missing", f"every experiment needs {', '.join(_NEEDED)}")
    named = [w for w in table["workloads"] if isinstance(w, str) and workloads.NAMED.match(w)]
    if "n" not in table and named != table["workloads"]:
        _fail(place, "'n' is missing", "only workloads with a file of their own know their sizes")
    got = Experiment(**table)
    if got.meter not in METERS:
        _fail(place, f"meter '{got.meter}'", "one of " + ", ".join(METERS))
    _check_list(got.workloads, str, place, "workloads")
    _check_list(got.variants, str, place, "variants")
    if "n" in table:
        _check_list(got.n, int, place, "n")
    if got.n and min(got.n) < 1:
        _fail(place, "'n' has a value below 1", "a size counts something: 1 or more")
    if got.meter == "time" and got.blocks < MIN_BLOCKS:
        _fail(place, f"{got.blocks} blocks", f"at least {MIN_BLOCKS}: fewer decide nothing")
    if got.blocks < 1 or got.min_time <= 0:
        _fail(place, "'blocks' and 'min_time' must be above 0", "write positive numbers")
    if got.blocks_max is not None and got.blocks_max < got.blocks:
        _fail(place, f"'blocks_max' is {got.blocks_max}", f"at least 'blocks', {got.blocks}")
    if got.placement not in placement.NAMES:
        _fail(place, f"placement '{got.placement}'", "one of " + ", ".join(placement.NAMES))
    for name, values in got.sweep.items():
        if not isinstance(values, list) or not values or name in got.params:
            _fail(place, f"sweep of '{name}' is {values!r}",
                  "write a list of values, of a parameter that 'params' does not fix")
    for name, cap in got.caps.items():
        if not isinstance(cap, int) or isinstance(cap, bool) or cap < 1:
            _fail(place, f"cap of '{name}' is {cap!r}", "write a whole number above 0")
    return got


def parse(text, place):
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        _fail(place, f"not TOML: {error}", "mend the line that is named")
    check_keys(table, _TOP, place)
    if table.get("schema") != 1:
        _fail(place, f"schema {table.get('schema')!r}", "this tree reads: schema = 1")
    for key in ("name", "title", "budget_minutes"):
        if key not in table:
            _fail(place, f"'{key}' is missing", "a suite needs name, title, budget_minutes")
    experiments = []
    for index, entry in enumerate(table.get("experiment", []), 1):
        label = entry.get("id", f"number {index}") if isinstance(entry, dict) else index
        where = f"{place}, experiment {label}"
        if not isinstance(entry, dict):
            _fail(where, "an experiment must be a table", "write [[experiment]]")
        experiments.append(_experiment(entry, where))
    ids = [e.id for e in experiments]
    for name in ids:
        if ids.count(name) > 1:
            _fail(place, f"two experiments have the id '{name}'", "give each its own id")
    claims = table.get("claims", [])
    _check_list(claims, str, place, "claims", 0)
    if not experiments and not claims:
        _fail(place, "the suite measures nothing", "add [[experiment]] or claims")
    return Suite(table["name"], table["title"], float(table["budget_minutes"]), claims,
                 experiments, place)


def load(tree, name):
    """A suite by name; the file's name and the name inside must agree."""
    known = {path.stem: path for path in tree.suite_files()}
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'?" if near else "one of: " + ", ".join(known)
        raise CycloneError(f"no suite '{name}'", "experiments/suites/", hint, NO_INPUT)
    place = tree.relative(known[name])
    try:
        text = known[name].read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        _fail(place, f"not UTF-8: {error}", "save the file as UTF-8")
    suite = parse(text, place)
    if suite.name != name:
        _fail(place, f"the suite calls itself '{suite.name}'", f'write name = "{name}"')
    suite.experiments = workloads.expand(tree, suite.experiments)
    return suite


def wanted(tree, name, trace=None):
    """The suite that a run is of: a file's, or with a trace the one that replays it."""
    if trace is None:
        return load(tree, name)
    return workloads.of_trace(tree, name, trace, Suite, Experiment)
