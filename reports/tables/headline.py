"""The size at which a component is shown where all its sizes would not fit."""

from __future__ import annotations

from collections import Counter

from reports.samples import Cell, SampleIndex


def of_rows(rows: list[dict]) -> int | None:
    """The largest size at which the most variants have data."""
    seen = Counter(n for _, n in {(r["variant"], r["n"]) for r in rows})
    return max(seen, key=lambda n: (seen[n], n)) if seen else None


def of_component(pairs: list[dict], counted: list[dict], component: str) -> int | None:
    return of_rows([r for r in pairs if r["component"] == component]
                   or [r for r in counted if r["component"] == component])


def timed_cells(index: SampleIndex, shown: dict[str, int | None], roles=("subject",)) -> list[Cell]:
    """Timed cells with samples at the shown size of their component, in the order of the plan."""
    return [c for c in index.cells.values() if c.meter == "time" and c.role in roles
            and c.n == shown.get(c.component) and index.good(c)]
