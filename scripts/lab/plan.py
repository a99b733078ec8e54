"""Lays out the cells of a run: what the suite asks, what its claims need, and the controls.

Controls stand in every timed group (one workload at one size): the reference a second time (A/A,
which shows how far apart equal code looks), the reference slowed down on purpose (planted, which
must be seen), the floor (the harness around nothing) and, where the component has one, the roof
(the least that any variant must do).
"""

import hashlib
import json

from reports.groups import k_controls
from reports.groups import label as group_label
from reports.judge import rules

from lab import pilot, placement
from lab.errors import CONFIG, NO_INPUT, CycloneError
from lab.suite import MIN_BLOCKS

FLOOR, ROOF = k_controls
LINEAR_CAP = 4096  # a linear operation filled up to n costs n * n: more than this is waiting only
_CLAIM_BLOCKS = 11
_CLAIM_MIN_TIME = 0.05
# Operations whose cost at population n the workload pays again and again.
_PAYS = {"start": ("start",), "stop": ("start",), "timeouts": ("start", "stop"),
         "restart": ("start", "stop"), "tick": ("tick",), "hold": ("start", "tick"),
         "poisson": ("start", "tick"), "boundary": (), "accuracy": (), "storm": (),
         "sparse": (), "threads": ("start",), "trace": ("start",)}


def cell_id(component, variant, workload, params, n, meter, where=placement.DEFAULT):
    extra = "".join(f",{k}={_text(v)}" for k, v in sorted(params.items()))
    at = "" if where == placement.DEFAULT else f"@{where}"
    return f"{component}/{variant}/{workload}{extra}{at}/n={n}/{meter}"


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


class Planner:
    """Collects cells; the same cell wanted twice is measured once, with the larger count."""

    def __init__(self, registries, described, claims, only=(), cpus=None):
        self.registries = registries  # component -> Registry
        self.described = described  # (component, variant) -> --describe
        self.claims = claims
        self.only_variants = [o for o in only if ":" not in o]
        self.cells = {}
        self.given_up = []
        self.placements = {}
        self._cpus = cpus  # see placement.machine; None: this machine's

    def _place(self, name):
        """Resolves a placement once; the reason why it cannot be had, or None."""
        if name not in self.placements:
            self.placements[name] = placement.resolve(name, self._cpus)
        return self.placements[name].get("unavailable")

    def _give_up(self, cell, why):
        entry = {"cell": cell, "why": why}
        if entry not in self.given_up:
            self.given_up.append(entry)

    def _cap(self, described, workload, caps, variant):
        """(largest n, reason) for a variant on a workload."""
        if variant in caps:
            return caps[variant], "the suite caps it"
        traits = described.get("traits", {})
        for operation in _PAYS.get(workload, ()):
            if traits.get(operation) == "n":
                return LINEAR_CAP, f"{operation.upper()} is O(n)"
        return None, None

    def add(self, component, variant, workload, params, n, meter, blocks, min_time, experiment,
            caps=None, where=placement.DEFAULT):
        """One cell, or an entry of `given_up` that says why there is none."""
        ident = cell_id(component, variant, workload, params, n, meter, where)
        if missing := self._place(where):
            return self._give_up(ident, f"{where}: {missing}")
        described = self.described.get((component, variant))
        if described is None:
            return self._give_up(ident, f"{variant} is not built here")
        if workload not in described["workloads"]:
            return self._give_up(ident, f"{variant} does not offer {workload}")
        cap, why = self._cap(described, workload, caps or {}, variant)
        if cap is not None and n > cap:
            return self._give_up(ident, f"{why}: n is capped at {cap}")
        cell = self.cells.setdefault(ident, {
            "id": ident, "component": component, "variant": variant, "workload": workload,
            "params": params, "n": n, "meter": meter, "role": "subject",
            "experiment": experiment, "reference": None, "blocks": blocks, "min_time": min_time,
            "placement": where, "planted": None})
        cell["blocks"] = max(cell["blocks"], blocks)
        cell["min_time"] = max(cell["min_time"], min_time)
        return None

    def experiment(self, exp, blocks):
        registry = self.registries[exp.component]
        names = registry.names("variant") + registry.names("wrapper")
        chosen = names if exp.variants == ["*"] else list(exp.variants)
        for name in chosen:
            if registry.find(name) is None:
                raise CycloneError(f"no variant '{name}'", f"experiment {exp.id}",
                                   "see: cyclone list variants", CONFIG)
        if exp.peers:
            chosen = chosen + [p for p in registry.names("peer") if p not in chosen]
        reference = exp.reference or registry.oracle
        if registry.find(reference) is None:
            raise CycloneError(f"no variant '{reference}' to be the reference",
                               f"experiment {exp.id}", "see: cyclone list variants", CONFIG)
        if exp.meter == "time" and reference not in chosen:
            chosen.append(reference)
        if self.only_variants:
            chosen = [v for v in chosen if v in self.only_variants or v == reference]
        count = (blocks or exp.most_blocks()) if exp.meter == "time" else 1
        for workload in exp.workloads:
            for params in exp.param_sets():
                for n in exp.n:
                    for variant in chosen:
                        self.add(exp.component, variant, workload, params, n, exp.meter, count,
                                 exp.min_time, exp.id, exp.caps, exp.placement)
        self._refer(exp.id, reference)

    def _refer(self, experiment, reference):
        """Every timed cell of the experiment points at the reference of its group."""
        by_group = {}
        for cell in self.cells.values():
            if cell["experiment"] == experiment and cell["meter"] == "time":
                by_group.setdefault(group_label(cell), []).append(cell)
        for cells in by_group.values():
            named = next((c for c in cells if c["variant"] == reference), None)
            if named is None:
                self._give_up(cells[0]["id"].replace(cells[0]["variant"], reference, 1),
                              "the reference has no cell here: ratios are not formed")
                continue
            for cell in cells:
                cell["reference"] = named["id"]

    def claim(self, claim, blocks):
        component = claim["component"]
        registry = self.registries[component]
        offered = [{"component": component, "name": e.name, "role": e.role, "kind": e.kind}
                   for e in registry.entries]
        for test in claim["test"]:
            experiment = f"{claim['id']}/{test['id']}"
            wanted = rules.cells_needed(test, offered)
            for cell in wanted:
                timed = cell["meter"] == "time"
                seeds = cell.get("seeds", 1)
                count = max(seeds, blocks or _CLAIM_BLOCKS) if timed else seeds
                self.add(component, cell["variant"], cell["workload"], cell["params"], cell["n"],
                         cell["meter"], count, _CLAIM_MIN_TIME, experiment,
                         where=cell.get("placement", placement.DEFAULT))
            timed = [c["variant"] for c in wanted if c["meter"] == "time"]
            if timed:
                self._refer(experiment, test.get("reference") or timed[0])

    def controls(self):
        """Adds A/A, planted, floor and roof cells to every timed group."""
        groups = {}
        for cell in self.cells.values():
            if cell["meter"] == "time":
                groups.setdefault(group_label(cell), []).append(cell)
        for cells in groups.values():
            blocks = max(c["blocks"] for c in cells)
            reference = next((c["reference"] for c in cells if c["reference"]), None)
            # A group is one comparison, also when a claim adds cells to a group of the suite.
            for cell in cells:
                cell["experiment"] = cells[0]["experiment"]
                cell["reference"] = cell["reference"] or reference
                cell["blocks"] = blocks
            if reference:
                twin = self.cells[reference]
                for role, planted in (("aa", None), ("planted", pilot.PLANT_LEAST)):
                    ident = f"{reference}#{role}"
                    self.cells[ident] = twin | {"id": ident, "role": role, "planted": planted}
            for name in k_controls:
                self._control(cells[0], name, blocks)

    def _control(self, like, name, blocks):
        """The floor or the roof beside a group, where the component offers it there."""
        described = self.described.get((like["component"], name))
        if described is None or like["workload"] not in described["workloads"]:
            return
        ident = cell_id(like["component"], name, like["workload"], like["params"], like["n"],
                        "time", like["placement"])
        cell = like | {"id": ident, "variant": name, "role": name, "reference": None,
                       "blocks": blocks, "planted": None}
        self.cells[ident] = cell
        if like["id"].removesuffix("time") + "instructions" in self.cells:
            self._count_floor(cell)

    def _count_floor(self, floor):
        """Where time cannot decide, instructions do: they too hold the harness, to be taken off."""
        ident = floor["id"].removesuffix("time") + "instructions"
        self.cells[ident] = floor | {"id": ident, "meter": "instructions", "blocks": 1}


def split_only(only, registries, claims):
    """Checks the --only words; returns the ids of the claims among them."""
    names = {n for r in registries.values() for n in r.names()}
    for word in only:
        if word not in claims and word not in names:
            raise CycloneError(f"--only {word}: no such claim or variant", "the command line",
                               "see: cyclone list claims, cyclone list variants", NO_INPUT)
    return [w for w in only if w in claims]


def _stop_rule(suite, cells, blocks):
    """When to look: first at the fewest blocks of the suite, last at the most of each group."""
    timed = [e for e in suite.experiments if e.meter == "time"]
    first = blocks or min((e.blocks for e in timed), default=_CLAIM_BLOCKS)
    most = {group_label(c): c["blocks"] for c in cells if c["meter"] == "time"}
    return {"first": max(MIN_BLOCKS, first), "units_max": most} if most else None


def make(suite, registries, described, claims, unmet, blocks=None, only=(), cpus=None):
    """The `cells`, `claims` and `given_up` of a plan, and the key that tells equal plans."""
    only_claims = split_only(only, registries, claims)
    planner = Planner(registries, described, claims, only, cpus)
    if planner.only_variants or not only:
        for exp in suite.experiments:
            planner.experiment(exp, blocks)
    told = {}
    for ident, claim in claims.items():
        if only and ident not in only_claims:
            continue
        told[ident] = {"file": claim["file"], "sha256": claim["sha256"], "unmet": unmet[ident]}
        if not unmet[ident]:
            planner.claim(claim, blocks)
    planner.controls()
    cells = list(planner.cells.values())
    body = {"suite": suite.name, "cells": cells, "claims": told, "given_up": planner.given_up,
            "placements": planner.placements, "stop_rule": _stop_rule(suite, cells, blocks)}
    key = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    most = max((c["blocks"] for c in cells if c["meter"] == "time"), default=0)
    return body | {"plan_key": key, "blocks": most}


def links_wanted(laid, seeds, twin_seeds):
    """(component, variant) -> seeds of its layouts, and the same of the twins of references."""
    wanted, twins = {}, {}
    for cell in laid["cells"]:
        if cell["meter"] == "time":
            wanted[cell["component"], cell["variant"]] = seeds
        if cell["role"] == "aa":
            twins[cell["component"], cell["variant"]] = twin_seeds
    return wanted, twins
