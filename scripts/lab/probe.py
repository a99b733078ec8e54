"""How much of the machine others took: a spin probe before and after each block.

The probe does nothing but read the clock; what it does not see, somebody else had. It drops
nothing: the analysis reads `probes.jsonl` and tags the block.
"""

import datetime
import json
import subprocess

from lab import doctor
from lab.files import Appender

PROGRAM = "build/release/bench/lab/probe"
SECONDS, THRESHOLD_US = 0.05, 20
_TIMEOUT_S = 10


def look(path, cpu):
    """The probe's own figures, or {"unavailable": why}."""
    command = [str(path), "--seconds", str(SECONDS), "--threshold-us", str(THRESHOLD_US),
               "--cpus", str(cpu)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S,
                              check=False)
        said = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        return {"unavailable": f"the probe did not run: {error}"}
    if not isinstance(said, dict) or "gaps" not in said:
        return {"unavailable": f"the probe ended with {done.returncode}"}
    return {k: said.get(k) for k in ("seconds", "gaps", "lost_share", "max_us", "threshold_us")}


class Probes:
    """Appends a line before and after each block to `probes.jsonl`."""

    def __init__(self, run, path, cpu):
        self._run, self._path, self._cpu = run, path, cpu
        self._file = Appender(run.path / "probes.jsonl")

    def take(self, block, when):
        begin = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        line = {"schema": 1, "run": self._run.first_name, "block": block, "when": when, "t0": begin,
                **look(self._path, self._cpu), "psi_cpu_us": doctor.psi_cpu_us(),
                "steal_ticks": doctor.steal_ticks(),
                "load": doctor.read("/proc/loadavg").split()[0]}
        self._file.append(line)
        return line

    def close(self):
        self._file.close()
