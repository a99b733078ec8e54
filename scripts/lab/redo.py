"""`cyclone redo`: one cell of a run once more, with the same seed: was it a fluke?"""

import difflib
import os
import sys

from lab import measure, sample
from lab.errors import NO_INPUT, CycloneError
from lab.files import sha256_file


def find_cell(plan, name):
    cells = {c["id"]: c for c in plan["cells"]}
    if name not in cells:
        near = difflib.get_close_matches(name, cells, 1)
        hint = f"did you mean '{near[0]}'?" if near else "the report names the cells"
        raise CycloneError(f"the run has no cell '{name}'", "plan.json", hint, NO_INPUT)
    return cells[name]


def again(tree, run, name, block):
    """Takes the sample with the programs as they are now; says when they are not the same."""
    plan = run.plan()
    cell = find_cell(plan, name)
    binary = plan["binaries"][cell["variant"]]
    path = tree.root / binary["path"]
    if not path.is_file():
        raise CycloneError("the program is not built", tree.relative(path),
                           f"{measure.resume_command(plan)} --dry-run builds it", NO_INPUT)
    digest = sha256_file(path)
    if digest != binary["sha256"]:
        print("cyclone: the program was rebuilt since the run", file=sys.stderr)
    seed = plan["seed"] + block
    timed = cell["meter"] == "time"
    cpu = max(os.sched_getaffinity(0)) if timed else None
    pad = measure.pad_of(cell, seed)
    line = sample.command_line(tree.relative(path), cell, seed, cpu, "callgrind.out")
    print("+ " + " ".join(line), file=sys.stderr)
    with measure.low_latency():
        got = sample.take(cell, path, seed, pad, sample.Children(), cpu)
    return {"run": run.id, "cell": cell["id"], "block": block, "binary": digest, **got}
