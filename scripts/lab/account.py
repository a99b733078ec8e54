"""Where the time of a run went: what the lab itself takes must be small, and must be shown.

`timed_s` is the wall time of the timed blocks, `processes_s` what the timed processes lived,
`start_s` the part of that before their main() began and after it ended, `measured_s` the part that
was measured. `waste_share` is what of the blocks was spent outside the processes. A run that is
gone on with adds to what its earlier `sittings` took; of one that was killed, nothing is known.
"""

import contextlib
import time


_STAGES = ("counted_s", "pilot_s", "timed_s")
_SUMS = ("processes_s", "start_s", "measured_s")


class Account:
    def __init__(self, earlier=None):
        earlier = earlier or {}
        self._began = time.monotonic() - earlier.get("wall_s", 0.0)
        self._stages = {k: earlier[k] for k in _STAGES if k in earlier}
        self._sums = {k: earlier.get(k, 0.0) for k in _SUMS}
        self._samples = earlier.get("samples", 0)
        self._sittings = earlier.get("sittings", bool(earlier)) + 1

    @contextlib.contextmanager
    def stage(self, name):
        began = time.monotonic()
        try:
            yield
        finally:
            self._stages[name] = self._stages.get(name, 0.0) + time.monotonic() - began

    def add(self, cell, got):
        """Counts one timed sample that was kept; a failed one lived too."""
        if cell["meter"] != "time":
            return
        result = got["result"] or {}
        self._samples += 1
        self._sums["processes_s"] += got["wall_s"]
        if "main_ns" in result:
            self._sums["start_s"] += max(0.0, got["wall_s"] - result["main_ns"] * 1e-9)
        if result.get("ns_per_op"):
            self._sums["measured_s"] += result["ops"] * result["ns_per_op"] * 1e-9

    def facts(self):
        timed = self._stages.get("timed_s", 0.0)
        waste = max(0.0, timed - self._sums["processes_s"])
        facts = {"samples": self._samples, "sittings": self._sittings,
                 "wall_s": time.monotonic() - self._began,
                 **self._stages, **self._sums,
                 "waste_share": waste / timed if timed and self._samples else None}
        return {k: round(v, 4) if isinstance(v, float) else v for k, v in facts.items()}
