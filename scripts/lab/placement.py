"""Where a process may run, by name: names say what two threads share, numbers do not.

A placement the machine does not have is a value with its reason, never a silent substitute.
"""

import os
import re
from pathlib import Path

from reports.groups import k_default_placement, k_placements

DEFAULT = k_default_placement
NAMES = k_placements


def _numbers(text):
    """The CPUs of a kernel list such as 0-3,8."""
    out = []
    for low, high in re.findall(r"(\d+)(?:-(\d+))?", text):
        out += range(int(low), int(high or low) + 1)
    return out


def _read(path, default=""):
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return default


def machine(allowed=None, root="/sys/devices/system"):
    """cpu -> {core, package, node} of the CPUs this process may use."""
    allowed = sorted(os.sched_getaffinity(0)) if allowed is None else sorted(allowed)
    node_of = {}
    for node in sorted(Path(root, "node").glob("node[0-9]*")):
        for cpu in _numbers(_read(node / "cpulist")):
            node_of[cpu] = int(node.name[4:])
    cpus = {}
    for cpu in allowed:
        topology = Path(root, "cpu", f"cpu{cpu}", "topology")
        package = _read(topology / "physical_package_id", "0")
        siblings = _read(topology / "thread_siblings_list", str(cpu))
        cpus[cpu] = {"core": (package, min(_numbers(siblings) or [cpu])), "package": package,
                     "node": node_of.get(cpu, 0)}
    return cpus


def _pair(cpus, fits):
    """The last pair that fits: CPU 0 has interrupts to serve, so it is taken last."""
    order = sorted(cpus, reverse=True)
    return next(([a, b] for i, a in enumerate(order) for b in order[i + 1:]
                 if fits(cpus[a], cpus[b])), None)


_PAIRS = {
    "smt_siblings": (lambda a, b: a["core"] == b["core"],
                     "no two hardware threads of one core are visible"),
    "two_cores": (lambda a, b: a["core"] != b["core"] and a["package"] == b["package"],
                  "no two cores of one package are visible"),
    "cross_package": (lambda a, b: a["package"] != b["package"], "one package only"),
    "cross_node": (lambda a, b: a["node"] != b["node"], "one memory node only"),
}


def resolve(name, cpus=None):
    """{"cpus": [...]} for a placement, or {"unavailable": reason}."""
    cpus = machine() if cpus is None else cpus
    if name == DEFAULT:
        return {"cpus": [max(cpus)]}
    if name == "all_cpus":
        return {"cpus": sorted(cpus, reverse=True)}
    fits, reason = _PAIRS[name]
    pair = _pair(cpus, fits)
    return {"cpus": pair} if pair else {"unavailable": reason}
