"""Where the time of a run went, and what its gap probes saw."""

from __future__ import annotations

import statistics

from reports.samples import Run, is_figure, loud_blocks

k_parts = ("timed_s", "processes_s", "start_s", "measured_s", "waste_share", "counted_s", "pilot_s",
           "build_s")


def of_run(run: Run) -> dict | None:
    """The measurer's own account; None in runs that kept none, or none that can be read."""
    told = run.status.get("account")
    whole = isinstance(told, dict) and is_figure(told.get("wall_s")) and \
        all(v is None or is_figure(v) for v in map(told.get, k_parts))
    return told if whole else None


def probes(run: Run) -> dict | None:
    if not run.probes:
        return None
    lost = [p["lost_share"] for p in run.probes]
    return {"blocks": len({p["block"] for p in run.probes}), "loud": len(loud_blocks(run.probes)),
            "median_lost_share": statistics.median(lost), "worst_lost_share": max(lost),
            "worst_us": max((p.get("max_us") or 0 for p in run.probes), default=0),
            "rows": [{k: p.get(k) for k in ("block", "when", "lost_share", "max_us", "gaps",
                                            "psi_cpu_us", "steal_ticks", "load")}
                     for p in run.probes]}
