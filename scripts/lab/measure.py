"""Measures the cells of a plan: counted cells first, two at a time; then the timed blocks, alone.

Counted work and instructions do not feel their neighbours, so they share the machine. Timed
samples are taken one by one, pinned, in the balanced order of order.py.
"""

import concurrent.futures
import contextlib
import os
import random
import struct
import time

from lab import order, sample
from lab.errors import BAD_DATA, INTERRUPTED, CycloneError
from lab.suite import MIN_BLOCKS

_COUNTED_AT_ONCE = 2
_TIMED_SAMPLE_S = 0.17  # a guess for the time left, until the first block has been timed
_PAD_MAX = 4095


@contextlib.contextmanager
def low_latency(path="/dev/cpu_dma_latency"):
    """Keeps idle processors from deep sleep while open; yields whether that was allowed."""
    try:
        handle = os.open(path, os.O_WRONLY)
    except OSError:
        yield False
        return
    try:
        os.write(handle, struct.pack("i", 0))
        yield True
    except OSError:
        yield False
    finally:
        os.close(handle)


def _weight(cell):
    """How long a counted sample takes, relative to others: a start-up and its population."""
    return 0.4 + cell["n"] / 20000


class Binaries:
    """The programs of the plan, and the promise that none changes while it is measured."""

    def __init__(self, root, binaries):
        self._paths = {v: root / b["path"] for v, b in binaries.items()}
        self.sha256 = {v: b["sha256"] for v, b in binaries.items()}
        self._stamps = {v: self._stamp(v) for v in binaries}

    def _stamp(self, variant):
        try:
            got = os.stat(self._paths[variant])
            return got.st_ino, got.st_size, got.st_mtime_ns
        except OSError:
            return None

    def path(self, variant):
        if self._stamp(variant) != self._stamps[variant] or self._stamps[variant] is None:
            raise CycloneError("the program changed while it was being measured",
                               str(self._paths[variant]),
                               "let builds end first, then give the same command again", BAD_DATA)
        return self._paths[variant]


class Sitting:
    """One sitting at a run: what is left of it is measured, until its end or an interruption."""

    def __init__(self, run, plan, root, progress, interrupt):
        self.run = run
        self.plan = plan
        self.progress = progress
        self.interrupt = interrupt
        self.binaries = Binaries(root, plan["binaries"])
        self.children = sample.Children()
        self.cpu = max(os.sched_getaffinity(0))
        self._hung = set()
        self._began = time.monotonic()
        self._pos = 0

    def planned(self):
        return sum(c["blocks"] for c in self.plan["cells"])

    def missing(self, cell, block):
        key = cell["id"], block
        return self.run.done.get(key) != self.binaries.sha256[cell["variant"]]

    def _take(self, cell, block, pos, cpu):
        seed = self.plan["seed"] + block
        got = sample.take(cell, self.binaries.path(cell["variant"]), seed, pad_of(cell, seed),
                          self.children, cpu)
        return {"schema": 1, "run": self.run.id, "cell": cell["id"], "role": cell["role"],
                "block": block, "pos": pos,
                "binary": self.binaries.sha256[cell["variant"]], **got}

    def _keep(self, cell, got):
        self.run.append(got)
        self.progress.add(cell, got)
        if got["error"]:
            self.progress.say(f"cyclone: {cell['id']} block {got['block']}: {got['error']}")

    def _stop_if_wanted(self):
        if self.interrupt.wanted:
            raise KeyboardInterrupt

    def counted(self):
        """Cells whose figure does not depend on the clock."""
        self.progress.begin_stage()
        jobs = [(c, b) for c in self.plan["cells"] if c["meter"] != "time"
                for b in range(c["blocks"]) if self.missing(c, b)]
        # The long ones first, so that the last worker is not left alone with the longest.
        jobs.sort(key=lambda job: -job[0]["n"])
        pool = concurrent.futures.ThreadPoolExecutor(_COUNTED_AT_ONCE)
        waiting, running = list(reversed(jobs)), {}
        weights = sum(_weight(c) for c, _ in jobs)
        timed_s = _TIMED_SAMPLE_S * sum(self.missing(c, b) for c in self.plan["cells"]
                                        if c["meter"] == "time" for b in range(c["blocks"]))
        began, done = time.monotonic(), 0.0
        try:
            while running or (waiting and not self.interrupt.wanted):
                while waiting and len(running) < _COUNTED_AT_ONCE and not self.interrupt.wanted:
                    cell, block = waiting.pop()
                    running[pool.submit(self._take, cell, block, 0, None)] = cell
                ended, _ = concurrent.futures.wait(
                    running, timeout=0.2, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in ended:
                    cell = running.pop(future)
                    done += _weight(cell)
                    self._keep(cell, future.result())
                pace = (time.monotonic() - began) / done if done else 0.0
                self.progress.show("counted", pace * (weights - done) + timed_s if done else None)
        except BaseException:
            self.children.kill_all()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        self._stop_if_wanted()

    def timed(self, budget_s):
        cells = [c for c in self.plan["cells"] if c["meter"] == "time"]
        groups = {}
        for cell in cells:
            groups.setdefault(group_label(cell), []).append(cell)
        self.progress.begin_stage()
        block, whole = 0, []
        while block < max((c["blocks"] for c in cells), default=0):
            began = time.monotonic()
            full = self._block(groups, block)
            self.progress.end_block()
            block += 1
            if full:
                whole.append(time.monotonic() - began)
                self._fit_budget(cells, block, sum(whole) / len(whole), budget_s)

    def _block(self, groups, block):
        """One sample of each cell; true when none of them was there already."""
        ordered = [c for c in order.block_order(groups, block, self.plan["seed"])
                   if block < c["blocks"]]
        taken = 0
        for pos, cell in enumerate(ordered):
            self._stop_if_wanted()
            if cell["id"] in self._hung or not self.missing(cell, block):
                continue
            got = self._take(cell, block, pos, self.cpu)
            self._keep(cell, got)
            taken += 1
            if got["rc"] < 0 and "no end after" in got["error"]:
                self._give_up_cell(cell, block + 1, "hung; not started again in this run")
            self.progress.show(f"block {block + 1}/{self._blocks()}")
        return taken == len(ordered) and taken > 0

    def _blocks(self):
        return max(c["blocks"] for c in self.plan["cells"] if c["meter"] == "time")

    def _give_up_cell(self, cell, blocks, why):
        self._hung.add(cell["id"])
        cell["blocks"] = blocks
        self.plan["given_up"].append({"cell": cell["id"], "why": why})
        self.run.write_plan(self.plan)
        self.progress.planned = self.planned()

    def _fit_budget(self, cells, done, block_s, budget_s):
        """Gives up whole blocks that the budget has no room for, never below the minimum."""
        blocks = self._blocks()
        left = budget_s - (time.monotonic() - self._began)
        room = done + max(0, int(left / block_s))
        target = max(MIN_BLOCKS, done, room)
        if target >= blocks:
            return
        for cell in cells:
            cell["blocks"] = min(cell["blocks"], target)
        why = (f"{blocks - target} of {blocks} blocks given up: a block takes {block_s:.0f} s, "
               f"the budget is {budget_s / 60:g} min")
        self.plan["given_up"].append({"cell": "*", "why": why})
        self.plan["blocks"] = target
        self.run.write_plan(self.plan)
        self.progress.planned = self.planned()
        self.progress.say(f"cyclone: {why}")


def group_label(cell):
    """Cells with one label are compared with each other, so they are measured together."""
    params = ",".join(f"{k}={v}" for k, v in sorted(cell["params"].items()))
    return f"{cell['component']}/{cell['workload']}/{params}/{cell['n']:012d}/{cell['meter']}"


def pad_of(cell, seed):
    """Bytes of padding in the environment: they move the stack, so no variant owns a lucky one."""
    return random.Random(f"{seed}/{cell['id']}").randint(0, _PAD_MAX)


def resume_command(plan):
    return plan["command"].replace(" --fresh", "")


def measure(run, plan, root, budget_minutes, progress, interrupt):
    """Takes every sample that is missing. Returns facts for the environment of the run."""
    sitting = Sitting(run, plan, root, progress, interrupt)
    progress.planned = sitting.planned()
    progress.done = sum(not sitting.missing(c, b) for c in plan["cells"]
                        for b in range(c["blocks"]))
    run.write_status("measuring", sitting.planned())
    try:
        sitting.counted()
        with low_latency() as held:
            sitting.timed(budget_minutes * 60)
    except KeyboardInterrupt:
        sitting.children.kill_all()
        run.write_status("interrupted", sitting.planned())
        raise CycloneError(f"interrupted; {len(run.done)} of {sitting.planned()} samples are kept",
                           str(run.path), f"go on with: {resume_command(plan)}",
                           INTERRUPTED) from None
    except Exception:
        run.write_failed(sitting.planned())
        raise
    finally:
        run.close()
    progress.show("measured", 0, force=True)
    run.write_status("complete", sitting.planned())
    return {"cpu_dma_latency_held": held, "pinned_to_cpu": sitting.cpu}
