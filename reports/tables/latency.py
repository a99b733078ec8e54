"""Open loop latency: from the intended start, and from the real one, which hides every wait.

Tene's coordinated omission: a service that stalls delays the requests behind it; who measures from
the real start never sees that. A generator that is itself late makes both worthless, and says so.
"""

from __future__ import annotations

import statistics

import numpy as np

from reports.samples import Cell, Run
from reports.stats.ratios import median_interval
from reports.tables import tails

k_late_share = 0.01  # above this share of late starts the generator, not the subject, was measured
k_told = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


def _quantiles(run: Run, cell: Cell, name: str, prefix: str) -> dict:
    observed = tails.by_unit(run, cell, lambda s: tails.histogram(s, name))
    out = {f"{p}_{prefix}{end}": None for p in k_told for end in ("", "_low", "_high")}
    if not observed:
        return out
    known = {r["q"]: r for r in tails.quantile_rows(observed)}
    for p, q in k_told.items():
        if q in known:
            out |= {f"{p}_{prefix}": known[q]["value"], f"{p}_{prefix}_low": known[q]["low"],
                    f"{p}_{prefix}_high": known[q]["high"]}
    return out


def _most(told: dict | None) -> tuple[np.ndarray, np.ndarray] | None:
    """The longest wait of one process; exact, where a bucket is only an upper bound."""
    most = ((told or {}).get("intended") or {}).get("max")
    return None if most is None else (np.array([float(most)]), np.ones(1))


def _row(run: Run, cell: Cell, held: list[dict]) -> dict:
    late = tails.by_unit(run, cell, lambda s: tails.histogram(s, "lateness"))
    lateness = [tails.weighted_quantile(*o, 0.99) for o in late.values()]
    counts = sum(x.get("count") or 0 for x in held)
    share = sum(x.get("missed") or 0 for x in held) / counts if counts else 0.0
    interval = median_interval(lateness) if lateness else None
    most = tails.by_unit(run, cell, lambda s: _most(s.result["latency"]))
    largest = median_interval([float(v.max()) for v, _ in most.values()]) if most else None
    return {"cell": cell.id, "component": cell.component, "variant": cell.variant,
            "workload": cell.workload, "params": dict(cell.params), "n": cell.n,
            "rate_per_s": statistics.median(x.get("rate_per_s") or 0 for x in held),
            "units": len(late), "operations": counts,
            "max_intended": largest.point if largest else None,
            "max_intended_low": largest.low if largest else None,
            "max_intended_high": largest.high if largest else None,
            **_quantiles(run, cell, "intended", "intended"), **_quantiles(run, cell, "raw", "raw"),
            "lateness_p99": interval.point if interval else None,
            "lateness_p99_low": interval.low if interval else None,
            "lateness_p99_high": interval.high if interval else None, "late_share": share,
            "verdict": "generator late" if share > k_late_share else "ok"}


def table(run: Run) -> list[dict]:
    """One row a paced subject, peer or roof."""
    out = []
    for cell in run.index.cells.values():
        if cell.role not in ("subject", "roof"):
            continue
        held = [s.result["latency"] for s in run.index.good(cell) if s.result.get("latency")]
        if held:
            out.append(_row(run, cell, held))
    return out


def late_generators(rows: list[dict]) -> set[str]:
    """Cells whose latencies say nothing about their subject."""
    return {r["cell"] for r in rows if r["verdict"] != "ok"}

