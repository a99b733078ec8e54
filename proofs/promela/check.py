"""The Promela models, searched in full by Spin: what ships holds, and every seeded wrong version is
refused. What each must say is in verdicts.txt.

Usage: check.py --out FOLDER [--preset NAME]. Exit 0: every verdict is as written.
"""

import re
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from support import ProofError, arguments, finish, record, run  # noqa: E402

_SECONDS = 120
_DEPTH = 1_000_000
# model -> its file, its settings, and the row of the registry that it was written from
MODELS = {
    "mpsc": ("mpsc.pml", (), ("queue", "vyukov_mpsc")),
    "eventcount": ("eventcount.pml", (), ("wake", "eventcount")),
    "eventcount2": ("eventcount.pml", ("-DALL",), ("wake", "eventcount")),
}
_ERRORS = re.compile(r"errors: (\d+)")
_STATES = re.compile(r"^\s*(\d+) states, stored", re.M)
_DEAD_CODE = re.compile(r"^unreached in (proctype|init)[^\n]*\n((?:\t[^\n]*\n)*)", re.M)


def expected_verdicts():
    """[(model, mutant, verdict)] of the lines that ask Spin."""
    rows = []
    for number, line in enumerate((HERE / "verdicts.txt").read_text("utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        words = line.split(maxsplit=4)
        if len(words) != 5 or words[0] not in MODELS or words[2] not in ("holds", "fails", "-"):
            raise ProofError(f"verdicts.txt:{number}: not a line of the table: {line}")
        if words[2] != "-":
            rows.append((words[0], int(words[1]), words[2]))
    if not {"holds", "fails"} <= {verdict for _, _, verdict in rows}:
        raise ProofError("verdicts.txt asks for nothing that holds, or for nothing that fails")
    return rows


def unreached(said):
    """Lines of the model that the search never came to."""
    lines = []
    for found in _DEAD_CODE.finditer(said):
        lines += [line.strip() for line in found.group(2).splitlines() if ".pml:" in line]
    return lines


def search(model, mutant, out):
    """(verdict, states, lines never reached) of a full search."""
    source, settings, _ = MODELS[model]
    folder = out / f"{model}{mutant}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(HERE / source, folder)
    code, said = run(["spin", f"-DMUTANT={mutant}", *settings, "-a", source], _SECONDS, cwd=folder)
    if code != 0 or not (folder / "pan.c").exists():
        raise ProofError(f"{model}, mutant {mutant}: spin does not take the model\n{said}")
    code, said = run(["cc", "-O1", "-w", "-DSAFETY", "-DMEMLIM=1024", "-o", "pan", "pan.c"],
                     _SECONDS, cwd=folder)
    if code != 0:
        raise ProofError(f"{model}, mutant {mutant}: the search does not compile\n{said}")
    code, said = run(["./pan", f"-m{_DEPTH}"], _SECONDS, cwd=folder)
    errors, states = _ERRORS.search(said), _STATES.search(said)
    if errors is None or states is None:
        raise ProofError(f"{model}, mutant {mutant}: the search gave no answer\n{said}")
    cut = "max search depth too small" in said or "out of memory" in said
    if errors.group(1) == "0" and (cut or "Search not completed" in said):
        raise ProofError(f"{model}, mutant {mutant}: the search was cut short: raise _DEPTH or "
                         f"MEMLIM in check.py\n{said}")
    verdict = "holds" if errors.group(1) == "0" else "fails"
    return verdict, int(states.group(1)), unreached(said)


def version():
    return run(["spin", "-V"], 60)[1].strip().splitlines()[0]


def main():
    given = arguments(__doc__)
    tool = version()
    wrong, states, by_row = [], 0, {}
    for model, mutant, expected in expected_verdicts():
        verdict, stored, dead = search(model, mutant, given.out)
        states += stored
        print(f"{model} {mutant}: {verdict}, {stored} states")
        row = by_row.setdefault(MODELS[model][2], [0, 0, 0])
        row[0 if expected == "holds" else 1] += 1
        if verdict != expected:
            row[2] += 1
            wrong.append(f"{model}, mutant {mutant}: {verdict}, not {expected}")
        if mutant == 0 and dead:
            row[2] += 1
            wrong.append(f"{model}: the search never comes to\n  " + "\n  ".join(dead))
    for (component, variant), (hold, fail, bad) in by_row.items():
        record(component, variant, "spin", tool, given.preset, bad == 0, hold + fail,
               f"{hold} settings searched in full, {fail} broken models refused, {bad} as not "
               "expected; sequentially consistent memory")
    if wrong:
        raise ProofError("\n".join(wrong))
    print(f"all as verdicts.txt says, {states} states ({tool})")


if __name__ == "__main__":
    finish(main)
