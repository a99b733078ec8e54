"""`cyclone redo`: one cell of a run once more, with the same seed: was it a fluke?"""

import difflib
import sys

from reports.groups import binary_of

from lab import measure, relink, runfolder, sample
from lab.errors import NO_INPUT, USAGE, CycloneError
from lab.files import sha256_file
from lab.programs import Programs


def find_cell(plan, name):
    cells = {c["id"]: c for c in plan["cells"]}
    if name not in cells:
        near = difflib.get_close_matches(name, cells, 1)
        hint = f"did you mean '{near[0]}'?" if near else "the report names the cells"
        raise CycloneError(f"the run has no cell '{name}'", "plan.json", hint, NO_INPUT)
    return cells[name]


def _relink(tree, plan, cell):
    """Makes the links of a cell's program again, under the seeds of the run. Refused while a run
    measures: it would find its programs changed."""
    binary = binary_of(plan, cell)
    links = [*binary.get("layouts", []), *binary.get("twins", [])]
    if not links or not tree.bench(cell["component"], cell["variant"]).is_file():
        return
    lock = runfolder.Lock(tree.build)
    try:
        relink.make(tree, {(cell["component"], cell["variant"]): [x["seed"] for x in links]})
    finally:
        lock.release()


def _program(tree, plan, cell, block):
    """(path, hash now) of what that sample ran; linked again where the link is gone."""
    planned = Programs(tree.root, plan).entry(cell, block)
    path = tree.root / planned["path"]
    if not path.is_file():
        _relink(tree, plan, cell)
    if not path.is_file():
        raise CycloneError("the program is not built", tree.relative(path),
                           f"{measure.resume_command(plan)} --dry-run builds it", NO_INPUT)
    digest = sha256_file(path)
    if digest != planned["sha256"]:
        print("cyclone: the program was rebuilt since the run", file=sys.stderr)
    return path, digest


def again(tree, run, name, block):
    """Takes the sample with the programs as they are now; says when they are not the same."""
    plan = run.plan()
    cell = find_cell(plan, name)
    if block >= cell["blocks"]:
        raise CycloneError(f"the cell has {cell['blocks']} blocks, there is no block {block}",
                           "the command line", "name one from 0", USAGE)
    path, digest = _program(tree, plan, cell, block)
    seed = plan["seed"] + block
    cpus = measure.cpus_of(plan, cell) if cell["meter"] == "time" else ()
    pad = measure.pad_of(cell, seed)
    line = sample.command_line(tree.relative(path), cell, seed, cpus, "callgrind.out", pad=pad)
    print("+ " + " ".join(line), file=sys.stderr)
    with measure.low_latency():
        got = sample.take(cell, path, seed, pad, sample.Children(), cpus)
    return {"schema": 1, "run": run.id, "cell": cell["id"], "block": block, "binary": digest,
            **got}
