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
from pathlib import Path

from lab import probe, sample
from lab.account import Account
from lab.errors import INTERRUPTED, CycloneError
from lab.placement import DEFAULT
from lab.programs import Programs
from lab.timed import Timed

_COUNTED_AT_ONCE = 2
_TIMED_SAMPLE_S = 0.17  # a guess for the time left, until the first block has been timed
_PAD_MAX = 4095
_CLOCK_STEP_S = 1.0


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


def cpus_of(plan, cell):
    """The CPUs of a timed cell, as its placement was resolved when the run was planned."""
    found = (plan.get("placements") or {}).get(cell.get("placement") or DEFAULT)
    return found["cpus"] if found else [max(os.sched_getaffinity(0))]


class Sitting:
    """One sitting at a run: what is left of it is measured, until its end or an interruption."""

    def __init__(self, run, plan, root, progress, interrupt, earlier=None):
        self.run, self.plan, self.root = run, plan, root
        self.progress, self.interrupt = progress, interrupt
        self.programs = Programs(root, plan)
        self.children = sample.Children()
        self.account = Account(earlier)
        self._clock = time.time() - time.monotonic()

    def planned(self):
        return sum(c["blocks"] for c in self.plan["cells"])

    def missing(self, cell, block):
        return self.run.done.get((cell["id"], block)) != self.programs.sha256(cell, block)

    def take(self, cell, block, pos):
        """One sample line; nothing is written."""
        seed = self.plan["seed"] + block
        timed = cell["meter"] == "time"
        got = sample.take(cell, self.programs.path(cell, block), seed, pad_of(cell, seed),
                          self.children, cpus_of(self.plan, cell) if timed else ())
        self._watch_the_clock(got)
        return {"schema": 1, "run": self.run.first_name, "cell": cell["id"], "role": cell["role"],
                "block": block, "pos": pos, "layout": self.programs.layout(cell, block),
                "binary": self.programs.sha256(cell, block), **got}

    def _watch_the_clock(self, got):
        """The calendar may be set while we measure. Durations do not feel it; order by t0 would."""
        now = time.time() - time.monotonic()
        if abs(now - self._clock) > _CLOCK_STEP_S:
            got["tags"] = [*got["tags"], "clock_stepped"]
            self.progress.say(f"cyclone: the clock of the machine was set by "
                              f"{now - self._clock:+.0f} s; durations are not affected")
            self._clock = now

    def keep(self, cell, got):
        self.run.append(got)
        self.progress.add(cell, got)
        self.account.add(cell, got)
        if got["error"]:
            self.progress.say(f"cyclone: {cell['id']} block {got['block']}: {got['error']}")

    def save_plan(self):
        self.run.write_plan(self.plan)
        self.progress.planned = self.planned()

    def give_up(self, cell, why):
        self.plan["given_up"].append({"cell": cell, "why": why})
        self.save_plan()
        if cell == "*":
            self.progress.say(f"cyclone: {why}")

    def stop_if_wanted(self):
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
                    running[pool.submit(self.take, cell, block, 0)] = cell
                ended, _ = concurrent.futures.wait(
                    running, timeout=0.2, return_when=concurrent.futures.FIRST_COMPLETED)
                for future in ended:
                    cell = running.pop(future)
                    done += _weight(cell)
                    self.keep(cell, future.result())
                pace = (time.monotonic() - began) / done if done else 0.0
                self.progress.show("counted", pace * (weights - done) + timed_s if done else None)
        except BaseException:
            self.children.kill_all()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        self.stop_if_wanted()

    def timed(self, budget_s, began):
        probes = probe.Probes(self.run, Path(self.root) / probe.PROGRAM, cpus_of(
            self.plan, {"placement": DEFAULT})[0])
        stage = Timed(self, probes, budget_s, began)
        try:
            with self.account.stage("pilot_s"):
                stage.pilot()
            with self.account.stage("timed_s"):
                stage.run()
        finally:
            probes.close()


def pad_of(cell, seed):
    """Bytes of padding in the environment: they move the stack, so no variant owns a lucky one."""
    return random.Random(f"{seed}/{cell['id']}").randint(0, _PAD_MAX)


def resume_command(plan):
    return plan["command"].replace(" --fresh", "")


def measure(run, plan, root, budget_minutes, progress, interrupt):
    """Takes every sample that is missing. Returns facts for the environment of the run."""
    earlier = run.status().get("account") or {}
    sitting = Sitting(run, plan, root, progress, interrupt, earlier)
    # The budget is that of the run: what earlier sittings took of it is gone.
    began = time.monotonic() - earlier.get("wall_s", 0.0)
    progress.planned = sitting.planned()
    progress.done = sum(not sitting.missing(c, b) for c in plan["cells"]
                        for b in range(c["blocks"]))
    run.write_status("measuring", sitting.planned(), earlier)
    try:
        with sitting.account.stage("counted_s"):
            sitting.counted()
        with low_latency() as held:
            sitting.timed(budget_minutes * 60, began)
    except KeyboardInterrupt:
        sitting.children.kill_all()
        run.write_status("interrupted", sitting.planned(), sitting.account.facts())
        raise CycloneError(f"interrupted; {len(run.done)} of {sitting.planned()} samples are kept",
                           str(run.path), f"go on with: {resume_command(plan)}",
                           INTERRUPTED) from None
    except Exception:
        run.write_failed(sitting.planned(), sitting.account.facts())
        raise
    finally:
        run.close()
    progress.show("measured", 0, force=True)
    run.write_status("complete", sitting.planned(), sitting.account.facts())
    return {"cpu_dma_latency_held": held,
            "pinned_to_cpu": cpus_of(plan, {"placement": DEFAULT})[0]}
