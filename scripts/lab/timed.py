"""The timed blocks of a run: pilot, blocks in balanced order, looks, budget.

A group (one workload at one size, its variants and controls) stops early when every comparison in
it is decided at a look. Looks are few and planned, and each spends a share of the error allowed
(reports/stats/sequential.py): a look at every block would double or triple the false verdicts.
What was looked at, at which level, and what came of it, is in the plan: the intervals depend on it.
"""

import statistics
import time

from reports import looks
from reports.groups import label
from reports.stats import sequential

from lab import order, pilot, sample
from lab.files import Appender
from lab.suite import MIN_BLOCKS

_HUNG = "hung; not started again in this run"


def by_group(cells):
    groups = {}
    for cell in cells:
        if cell["meter"] == "time":
            groups.setdefault(label(cell), []).append(cell)
    return groups


def _when(entry):
    """After how many blocks a look was taken; a layout that was run twice is still one unit."""
    return entry.get("blocks", entry["units"])


class Timed:
    """`sitting`: see measure.Sitting; it takes samples, keeps them and knows the plan."""

    def __init__(self, sitting, probes, budget_s, began):
        self.sitting, self.plan, self.probes = sitting, sitting.plan, probes
        self.budget_s, self.began = budget_s, began
        self.groups = by_group(self.plan["cells"])
        self._hung = {e["cell"] for e in self.plan["given_up"] if e["why"] == _HUNG}
        self._whole = []  # seconds of the blocks that were taken in full in this sitting

    def left_s(self):
        return self.budget_s - (time.monotonic() - self.began)

    # -- pilot -------------------------------------------------------------------------------

    def pilot(self):
        """Once a run: what it decided is in the plan, so a resumed run goes on with the same."""
        if self.plan.get("pilot") or not self.groups or not self.plan.get("layouts"):
            return
        began = time.monotonic()
        self.sitting.progress.begin_stage()
        pages = Appender(self.sitting.run.path / "pilot.jsonl")
        rows = []
        try:
            for cells in self.groups.values():
                reference = next((c for c in cells if c["id"] == c["reference"]), None)
                if reference is not None:
                    rows += self._pilot_group(reference, pages)
        finally:
            pages.close()
        if not rows:
            return
        table = pilot.settle(rows, self.plan, self._units_first(), max(0.0, self.left_s()))
        table["seconds"] = time.monotonic() - began
        pilot.apply(self.plan, table)
        if table["given_up"]:
            self.sitting.give_up("*", table["given_up"])
        self.sitting.save_plan()
        expected = max(r["delta_expected"] for r in rows)
        self.sitting.progress.say(
            f"cyclone: pilot: {table['chosen']['repeats']} process(es) a layout, a block takes "
            f"about {table['block_s']:.0f} s, differences above {100 * expected:.1f} % expected "
            "to be told everywhere")

    def _pilot_group(self, reference, pages):
        """Rows of one group: none when a sample failed, which the run itself will show."""
        taken = []
        for layout in range(min(pilot.LAYOUTS, self.plan["layouts"]["count"])):
            taken.append([])
            for process in range(pilot.PROCESSES):
                self.sitting.stop_if_wanted()
                got = self.sitting.take(reference, layout, 0)
                pages.append({**got, "process": process})
                self.sitting.progress.show("pilot")
                if got["error"] or not (got["result"].get("iter_ns") or []):
                    return []
                taken[-1].append(got)
        link_s = (self.plan["layouts"].get("seconds_a_link") or 0.05)
        return [pilot.row(reference, taken, link_s)]

    # -- blocks ------------------------------------------------------------------------------

    def _units_first(self):
        return (self.plan.get("stop_rule") or {}).get("first", MIN_BLOCKS)

    def _blocks(self):
        return max((c["blocks"] for cells in self.groups.values() for c in cells), default=0)

    def run(self):
        self.sitting.progress.begin_stage()
        block = 0
        while block < self._blocks():
            began = time.monotonic()
            if self._block(block):
                self._whole.append(time.monotonic() - began)
            self.sitting.progress.end_block()
            block += 1
            self._look(block)
            if self._whole and self._no_room(block, statistics.fmean(self._whole[-3:])):
                self._look(block)

    def _block(self, block):
        """One sample of each cell; true when none of them was there already."""
        live = {k: [c for c in cells if block < c["blocks"]] for k, cells in self.groups.items()}
        live = {k: cells for k, cells in live.items() if cells}
        ordered = order.block_order(live, block, self.plan["seed"])
        wanted = [c for c in ordered if self.sitting.missing(c, block)]
        if not wanted:
            return False
        self.probes.take(block, "before")
        for pos, cell in enumerate(ordered):
            self.sitting.stop_if_wanted()
            if cell["id"] in self._hung or not self.sitting.missing(cell, block):
                continue
            got = self.sitting.take(cell, block, pos)
            self.sitting.keep(cell, got)
            if sample.hung(got):
                self._give_up_cell(cell, block + 1)
            self.sitting.progress.show(f"block {block + 1}/{self._blocks()}", self._eta_s(block))
        self.probes.take(block, "after")
        return len(wanted) == len(ordered)

    def _eta_s(self, block):
        """From the pace of the blocks so far; what the budget has no room for is not waited for."""
        if not self._whole:
            return None
        block_s = statistics.fmean(self._whole[-3:])
        needed = block_s * max(0, self._units_first() - block)
        return max(needed, min(block_s * (self._blocks() - block), self.left_s()))

    def _give_up_cell(self, cell, blocks):
        self._hung.add(cell["id"])
        cell["blocks"] = blocks
        self.sitting.give_up(cell["id"], _HUNG)

    # -- looks -------------------------------------------------------------------------------

    def _taken(self, group):
        """The interim looks a group has had."""
        return [e for e in self.plan.get("looks", []) if e["group"] == group]

    def _look(self, done):
        """Looks at the groups for which this block is one of the planned looks."""
        rule = self.plan.get("stop_rule")
        if not rule:
            return
        due = {}
        for group, most in rule["units_max"].items():
            cells = self.groups.get(group, [])
            ends = max((c["blocks"] for c in cells), default=0)
            last = max(self._taken(group), key=_when, default=None)
            if not ends or done > ends or last and _when(last) > done:
                continue
            if done == ends:
                level = 1.0 - self._alpha_left(group, done)
                # A look may turn out to have been the last: then it too may spend all.
                if not last or _when(last) < done or not last["decided"] and last["level"] > level:
                    due[group] = level
                continue
            if last and _when(last) == done:
                continue
            planned = next((e for e in sequential.schedule(most, rule["first"])
                            if e.units == done), None)
            if planned is not None and planned.units < most:
                due[group] = planned.level
        if due:
            self._judge(due, done)

    def _alpha_left(self, group, done):
        """The last look may spend all that the looks before it did not."""
        spent = sum(1.0 - e["level"] for e in self._taken(group) if _when(e) < done)
        return sequential.k_alpha - spent

    def _judge(self, due, done):
        open_reasons = looks.undecided(self.sitting.run.path, due)
        stopped, layouts = [], self.plan.get("layouts")
        units = min(done, layouts["count"]) if layouts else done
        self.plan["looks"] = [e for e in self.plan.get("looks", [])
                              if e["group"] not in due or _when(e) != done]
        most = self.plan["stop_rule"]["units_max"]
        for group, level in sorted(due.items()):
            reasons = open_reasons.get(group, ["not analysed"])
            self.plan["looks"].append(
                {"group": group, "blocks": done, "units": units, "units_max": most[group],
                 "level": level, "decided": not reasons, "why": "; ".join(reasons[:3])})
            if not reasons:
                for cell in self.groups[group]:
                    cell["blocks"] = min(cell["blocks"], done)
                stopped.append(group)
        self.sitting.save_plan()
        if stopped and done < self._blocks():
            self.sitting.progress.say(f"cyclone: after {done} blocks {len(stopped)} of {len(due)} "
                                      "groups are decided and stop")

    # -- budget ------------------------------------------------------------------------------

    def _no_room(self, done, block_s):
        """Gives up the blocks that are left when the next one has no room in the budget; the
        fewest a verdict needs are always taken."""
        blocks = self._blocks()
        if done >= blocks or done < self._units_first() or self.left_s() >= block_s:
            return False
        for cells in self.groups.values():
            for cell in cells:
                cell["blocks"] = min(cell["blocks"], done)
        self.plan["blocks"] = done
        self.sitting.give_up("*", f"{blocks - done} of {blocks} blocks given up: a block takes "
                             f"{block_s:.0f} s, the budget is {self.budget_s / 60:g} min")
        return True
