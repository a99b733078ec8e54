"""What a variant costs, out of a run that was made before: the newest that holds sizes on both
sides of what is asked. Between two sizes the logarithm of the time is interpolated over the
logarithm of n, unit by unit, so that variants are still compared inside a unit."""

import math
from pathlib import Path

from reports import units
from reports.samples import load_run, params_key

from lab import runfolder
from lab.advise.qualify import Option, sort_out
from lab.advise.recommend import Findings
from lab.errors import NO_INPUT, CycloneError
from lab.files import read_json
from lab.placement import DEFAULT


def runs(tree, results):
    """The runs that are whole and whose controls held, the newest first."""
    found = {}
    for folder in (results, tree.root / "reports" / "published"):
        for run in runfolder.list_runs(folder):
            try:
                status, judged = run.status(), read_json(run.path / "report.json")
                if run.is_whole() and judged.get("controls_ok"):
                    found.setdefault(run.first_name, (status.get("updated", ""), run))
            except CycloneError:
                continue
    return [run for _, run in sorted(found.values(), key=lambda f: f[0], reverse=True)]


def _timed(cells, component, part):
    """params -> the sizes that were measured there."""
    found = {}
    for cell in cells:
        if (cell["component"], cell["workload"], cell["meter"], cell["role"],
                cell.get("placement", DEFAULT)) == (
                    component, part.workload, "time", "subject", part.placement):
            found.setdefault(params_key(cell["params"]), set()).add(cell["n"])
    return found


def bracket(sizes, n):
    """(the largest measured size not above n, the smallest not below), or None."""
    below, above = [s for s in sizes if s <= n], [s for s in sizes if s >= n]
    return (max(below), min(above)) if below and above else None


def _differing(one, other):
    return sorted({k for k, _ in set(one) ^ set(other)})


def nearest(cells, component, part, strict):
    """(params in the run, sizes around n, names of the parameters that differ), or None."""
    wanted, offers = params_key(part.params), []
    for params, sizes in _timed(cells, component, part).items():
        around, differs = bracket(sizes, part.n), _differing(params, wanted)
        if around and not (strict and differs):
            offers.append((len(differs), params, around, differs))
    return min(offers)[1:] if offers else None


def find_run(tree, results, question, exact):
    """The newest run that brackets what is asked; `exact`: with these very parameters."""
    asked = question.scenarios[0]
    for run in runs(tree, results):
        cells = run.plan()["cells"]
        if all(nearest(cells, question.component, p, exact) for p in asked.parts):
            return run
    return None


def between(low, high, n):
    """A third dict of values by unit, at n between two sizes: ((n, by unit), (n, by unit))."""
    (n0, v0), (n1, v1) = low, high
    if n0 == n1:
        return dict(v0)
    t = math.log(n / n0) / math.log(n1 / n0)
    return {u: math.exp((1 - t) * math.log(v0[u]) + t * math.log(v1[u]))
            for u in sorted(set(v0) & set(v1))}


class Reader:
    """The figures of one run."""

    def __init__(self, run, component):
        self.run, self.component = load_run(run.path), component
        self.index = self.run.index

    def by_unit(self, variant, part, near, role="subject"):
        """Values by unit at the size that is asked, {} where a cell is missing."""
        params, around, _ = near
        ends = []
        for n in around:
            cell = self.index.find(variant, part.workload, dict(params), n, "time", role,
                                   part.placement)
            ends.append((n, units.values(self.index, cell) if cell else {}))
        return between(*ends, part.n)

    def levels(self, part, near):
        return [units.level_of(self.index, c) for c in self.index.cells.values()
                if (c.component, c.workload, c.params, c.meter, c.placement) == (
                    self.component, part.workload, near[0], "time", part.placement)
                and c.n in near[1]]

    def twins(self, part, near):
        """Log ratios of the same code in other layouts, at the larger size."""
        found = []
        for cell in self.index.by_cell:
            twin = self.index.cells[cell]
            if (twin.role, twin.component, twin.workload, twin.params, twin.n,
                    twin.placement) == ("aa", self.component, part.workload, near[0], near[1][1],
                                        part.placement):
                reference = self.index.cells.get(twin.reference or "")
                if reference:
                    found += list((units.paired(self.index, twin, reference) or {}).values())
        return found

    def value(self, variant, workload, name):
        """(n, value) of the samples of a variant that report it, whatever the meter."""
        return [(s.cell.n, v) for c in self.index.cells.values() if c.variant == variant
                and c.workload == workload and c.component == self.component
                for s in self.index.good(c)[:1]
                if (v := s.metric("values." + name)) is not None]


def options(reader, registry):
    """The variants whose programs the run had, and why the others are not among them."""
    binaries, gate = reader.run.plan.get("binaries") or {}, reader.run.plan.get("gate") or {}
    found, out = [], {}
    for entry in registry.entries:
        if entry.name not in binaries:
            out[entry.name] = "not in the run"
        elif not gate.get(entry.name, {"passed": True}).get("passed"):
            out[entry.name] = "red at the gate of the run"
        else:
            found.append(Option.of(entry.name, entry.role,
                                   binaries[entry.name].get("describe") or {}))
    return found, out


def learn(reader, module, question, them):
    """Facts that the run holds beside its times: bytes, lateness, the worst tick."""
    for option in them:
        held = reader.value(option.name, question.scenarios[0].parts[0].workload, "fixed_bytes")
        if held:
            n, value = min(held, key=lambda h: abs(math.log(h[0] / question.n)))
            module.learn(option, value, n)
        counted = module.counted_before(question, [option]) + \
            module.counted_after(question, [option])
        for _, part, note in counted:
            values = {name: v for name in ("max_relative_lateness", "violations", "early",
                                           "worst_advance_work")
                      for _, v in reader.value(option.name, part.workload, name)[-1:]}
            note(values, 0)


def _fill(reader, question, scenario, them, found):
    """The costs of one scenario, or why the run has none. Returns what differs."""
    cells, nears = reader.run.plan["cells"], []
    for part in scenario.parts:
        near = nearest(cells, question.component, part, scenario.strict)
        if near is None:
            found.unknown[scenario.key] = "not in the run; --measure"
            return set()
        nears.append((part, near))
    costs = {}
    for name in [o.name for o in them] + ["floor"]:
        parts = [reader.by_unit(name, part, near, "floor" if name == "floor" else "subject")
                 for part, near in nears]
        shared = set.intersection(*map(set, parts))
        if shared:
            costs[name] = {u: sum(p[u] for p in parts) for u in sorted(shared)}
    if floor := costs.pop("floor", None):
        found.floors[scenario.key] = floor
    found.costs[scenario.key] = costs
    found.level = max([found.level, *(x for p, near in nears for x in reader.levels(p, near))])
    if scenario is question.scenarios[0]:
        found.aa = [x for part, near in nears for x in reader.twins(part, near)]
        for part, near in nears:
            low, high = near[1]
            found.notes.append(f"{part.workload}: n = {part.n} was measured" if low == high else
                               f"{part.workload}: between the measured n = {low} and n = {high}, "
                               "on the scale of logarithms")
    return {d for _, near in nears for d in near[2]}


def carry_out(run, module, question, registry, only, fingerprint):
    """(options that are left, Findings, name -> why ruled out)."""
    reader = Reader(run, question.component)
    them, absent = options(reader, registry)
    them = [o for o in them if not only or o.name in only]
    learn(reader, module, question, them)
    kept, out = sort_out(them, question.rules, True)
    found = Findings(f"looked up in {run.id}")
    made_on = reader.run.environment.get("fingerprint")
    if made_on != fingerprint:
        found.notes.append(f"the run is of another machine ({made_on}): take its ratios, not its "
                           "nanoseconds")
    for scenario in question.scenarios:
        differs = _fill(reader, question, scenario, kept, found)
        if differs and scenario is question.scenarios[0]:
            found.notes.append("the run measured this workload with other " + ", ".join(
                sorted(differs)) + " than asked: --measure measures yours")
    here = found.costs.get(question.scenarios[0].key, {})
    found.failed = {o.name: "no figure at this size in the run" for o in kept
                    if o.name not in here}
    absent = {v: why for v, why in absent.items() if not only or v in only}
    return kept, found, absent | out


def none_found(question):
    parts = ", ".join(f"{p.workload} around n = {p.n}" for p in question.scenarios[0].parts)
    return CycloneError(f"no whole run holds {parts}", str(Path("reports") / "out"),
                        "--measure measures it; cyclone run quick makes a run to look it up in",
                        NO_INPUT)
