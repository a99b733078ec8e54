"""The controls of a run: did equal code look equal, was the machine quiet, is the gate green.

Controls come before figures. When one fails, every comparison of times in the run is INVALID; what
was counted (instructions, work) does not depend on the noise of the machine and stands, unless
the counts themselves did not repeat. A control that is absent never helps: nothing is decided
without it.
"""

from __future__ import annotations

import math

from reports import units
from reports.samples import Cell, Run, SampleIndex
from reports.stats.ratios import aa_error_bound, aa_family, delta_of, median_interval
from reports.tables import control_rows, steadiness, stopping
from reports.tables.control_rows import row as _row

k_tagged_share = 0.5  # above this share of tagged samples a cell is INVALID
k_sanitizers = ("asan", "ubsan", "tsan")
k_needed_by_times = ("A/A", "floor")  # without these no time is compared
k_repeat = "repeatable counts"  # the one control whose failure spoils counts as well


def gate(run: Run) -> dict[str, bool]:
    """variant -> passed. A red conformance row counts as much as the check before the run."""
    out = {v: bool(g.get("passed")) for v, g in (run.plan.get("gate") or {}).items()}
    for row in run.evidence:
        if row.get("suite") == "conformance":
            out[row["variant"]] = out.get(row["variant"], True) and bool(row.get("passed"))
    return out


def reference_of(run: Run, cell: Cell) -> Cell | None:
    named = run.index.cells.get(cell.reference or "")
    if named is not None or cell.role not in ("aa", "planted"):
        return named
    return run.index.cells.get(cell.id.removesuffix("#" + cell.role))


def aa_rows(run: Run) -> list[dict]:
    """Every A/A comparison of the run, judged as one family. The twin runs other links of the same
    code where there are layouts, so delta holds what a layout does."""
    rows, families = [], []
    for cell in run.index.cells.values():
        if cell.role != "aa" or (reference := reference_of(run, cell)) is None:
            continue
        by_unit = units.paired(run.index, cell, reference)
        if not by_unit:
            continue
        logs = list(by_unit.values())
        families.append(logs)
        interval = median_interval(logs)
        rows.append({"cell": cell.id, "reference": reference.id, "group": cell.group,
                     "component": cell.component, "workload": cell.workload,
                     "params": dict(cell.params), "n": cell.n, "placement": cell.placement,
                     "blocks": len(run.index.by_block(cell, "ns")), "units": len(logs),
                     "low": interval.low, "high": interval.high, "coverage": interval.coverage,
                     "delta": delta_of(logs)})
    for row, verdict in zip(rows, aa_family(families)):
        row.update(verdict)
    return rows


def by_reference(rows: list[dict]) -> dict[str, dict]:
    return {r["reference"]: r for r in rows}


def floor_of(run: Run, cell: Cell) -> list[float]:
    """The floor measured beside a cell, one value a unit: the same group, the harness alone."""
    found = run.index.beside(cell, "floor")
    return list(units.values(run.index, found).values()) if found else []


def timed_floors(run: Run) -> list[Cell]:
    """Floor cells are counted too; only the timed ones hold nanoseconds."""
    return [c for c in run.index.cells.values() if c.role == "floor" and c.meter == "time"]


def tagged_share(index: SampleIndex, cell: Cell) -> float:
    samples = index.by_cell.get(cell.id, [])
    return sum(bool(s.tags) for s in samples) / len(samples) if samples else 0.0


def repeatability(run: Run) -> list[str]:
    """Counted cells of one variant must compute the same result on the same seed, whichever
    meter looked: cells where they do not."""
    seen, bad = {}, []
    for cell in run.index.cells.values():
        if cell.meter == "time":
            continue
        for s in run.index.good(cell):
            key = (cell.variant, cell.workload, cell.params, cell.n, s.result.get("seed"))
            digest = s.result.get("result_hash")
            if digest and seen.setdefault(key, digest) != digest:
                bad.append(cell.id)
    return sorted(set(bad))


def _aa_control(rows: list[dict]) -> dict:
    if not rows:
        return _row("A/A", "absent", "", "no A/A pair was measured: times are not compared")
    bad = [r for r in rows if not r["passed"]]
    largest = max(abs(r["median"]) for r in rows)
    bound = aa_error_bound([r["units"] for r in rows])
    figure = f"{len(rows)} pairs, medians within {100 * math.expm1(largest):.1f} %"
    if bad:
        return _row("A/A", "failed", figure, f"equal code looked different in {len(bad)} of "
                    f"{len(rows)} pairs, first {bad[0]['cell']}; equal code fails a whole run "
                    f"with a chance of at most {100 * bound:.2g} %")
    return _row("A/A", "ok", figure, f"equal code looked equal in all {len(rows)} pairs; the "
                f"chance that equal code fails this is at most {100 * bound:.2g} %")


def _floor_control(run: Run) -> dict:
    times = [list(units.values(run.index, c).values()) for c in timed_floors(run)]
    values = [median_interval(v).point for v in times if v]
    if not values:
        return _row("floor", "absent", "", "the harness alone was not timed: no ratio is decided")
    return _row("floor", "ok", f"{min(values):.2f} to {max(values):.2f} ns",
                "cost of the harness alone per operation; it is subtracted with its error")


def _noise_control(run: Run) -> dict:
    timed = [c for c in run.index.cells.values()
             if c.meter == "time" and run.index.by_cell.get(c.id)]
    if not timed:
        return _row("quiet machine", "absent", "", "nothing was timed")
    samples = [s for c in timed for s in run.index.by_cell[c.id]]
    share = sum(bool(s.tags) for s in samples) / len(samples)
    bad = [c for c in timed if tagged_share(run.index, c) > k_tagged_share]
    figure = f"{100 * share:.0f} % of {len(samples)} tagged"
    if not bad:
        return _row("quiet machine", "ok", figure, "tagged samples are kept; no cell has more than "
                    f"{100 * k_tagged_share:.0f} % of them")
    status = "failed" if len(bad) > len(timed) / 2 else "warn"
    return _row("quiet machine", status, figure, f"{len(bad)} of {len(timed)} timed cells were "
                "disturbed in most samples; their comparisons are INVALID")


def _gate_control(run: Run) -> dict:
    verdicts = gate(run)
    if not verdicts:
        return _row("gate", "absent", "", "no correctness check was recorded for these binaries")
    red = sorted(v for v, passed in verdicts.items() if not passed)
    if red:
        return _row("gate", "warn", f"{len(red)} red", f"{', '.join(red)} failed; no time of it "
                    "counts")
    return _row("gate", "ok", f"{len(verdicts)} green",
                "every binary passed its checks before it was timed")


def _failure_control(run: Run) -> dict:
    cells = run.index.cells.values()
    failed = [s for c in cells for s in run.index.failed(c)]
    taken = sum(len(run.index.by_cell.get(c.id, [])) for c in cells)
    planned = sum(c.blocks for c in cells)
    good = sum(len(run.index.good(c)) for c in cells)
    figure = f"{good} of {planned} samples"
    if failed:
        return _row("samples", "warn", figure, f"{len(failed)} failed, first "
                    f"{failed[0].cell.id}: {failed[0].error}")
    if good < planned:
        return _row("samples", "warn", figure, f"the run is not complete ({taken} taken)")
    return _row("samples", "ok", figure, "every planned sample is there")


def _repeat_control(run: Run) -> dict:
    counted = [c for c in run.index.cells.values() if c.meter != "time" and run.index.good(c)]
    if not counted:
        return _row(k_repeat, "absent", "", "nothing was counted")
    bad = repeatability(run)
    if bad:
        return _row(k_repeat, "failed", f"{len(bad)} differ",
                    f"the same seed gave another result, first {bad[0]}")
    return _row(k_repeat, "ok", f"{len(counted)} cells",
                "equal seeds gave equal results under every meter")


def examine(run: Run, quick: bool = False) -> dict:
    """All controls. `ok` is false when one failed or is absent that times need; "warn" is local
    to the cells it names. `times_ok` and `counts_ok` say what a failure spoils. `quick` leaves out
    what no verdict asks for."""
    aa = aa_rows(run)
    planted = control_rows.planted_rows(run, by_reference(aa))
    rows = [_aa_control(aa), control_rows.planted(planted), _floor_control(run),
            control_rows.roof(run), _noise_control(run), control_rows.probes(run),
            _repeat_control(run), _gate_control(run), _failure_control(run)]
    if not quick:
        rows += [control_rows.symmetry(run, aa), control_rows.layouts(run),
                 steadiness.control(run), stopping.control(run)]
    failed = [r["name"] for r in rows if r["status"] == "failed"]
    timed = any(c.meter == "time" for c in run.index.cells.values())
    needed = k_needed_by_times if timed else ()
    absent = [r["name"] for r in rows if r["status"] == "absent" and r["name"] in needed]
    red = sorted(v for v, passed in gate(run).items() if not passed)
    return {"ok": not failed and not absent, "failed": failed, "absent": absent, "timed": timed,
            "times_ok": not failed, "counts_ok": k_repeat not in failed, "red": red,
            "rows": rows, "aa": aa, "planted": planted}
