"""What is compared with what: cells with one label are measured and judged together."""

from __future__ import annotations

k_default_placement = "one_cpu"
k_placements = (k_default_placement, "smt_siblings", "two_cores", "cross_package", "cross_node",
                "all_cpus")


def label(cell) -> str:
    """One text for a planned cell: component, workload, parameters, size, meter, placement. A size
    is padded, so that sorting labels sorts sizes."""
    params = ",".join(f"{k}={v}" for k, v in sorted(cell["params"].items()))
    placement = cell.get("placement") or k_default_placement
    where = "" if placement == k_default_placement else f"@{placement}"
    return (f"{cell['component']}/{cell['workload']}/{params}/{cell['n']:012d}/"
            f"{cell['meter']}{where}")


k_controls = ("floor", "roof")  # programs every component has under the same name


def binary_key(component: str, variant: str) -> str:
    """The key of a program in plan["binaries"]: variants have names of their own, controls not."""
    return f"{component}/{variant}" if variant in k_controls else variant


def binary_of(plan, cell) -> dict:
    """What the plan knows of a cell's program; older plans have one component and bare names."""
    binaries = plan.get("binaries") or {}
    key = binary_key(cell["component"], cell["variant"])
    return binaries.get(key) or binaries.get(cell["variant"]) or {}
