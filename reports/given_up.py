"""Why a plan has no cell of some kind, wherever it would have run."""

from __future__ import annotations

from reports.samples import SampleIndex, params_key


def why(index: SampleIndex, variant, workload, params, n, meter) -> str | None:
    """What the plan says of the cell that it gave up, or None where it says nothing."""
    extra = "".join(f",{k}={x}" for k, x in params_key(params))
    named, size = f"/{variant}/{workload}{extra}", f"/n={n}/{meter}"
    for ident, reason in index.given_up.items():
        if ident.endswith(size):
            front = ident.removesuffix(size)
            if (front.rpartition("@")[0] or front).endswith(named):
                return reason
    return None
