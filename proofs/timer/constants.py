"""Holds the three accounts of the slot arithmetic to one another: the C++ that ships (constants.cpp
prints its constants and values), the SMT model and the Coq definitions. Then changes the C++, one
constant or one function at a time, and wants each change noticed.

Usage: constants.py --out FOLDER --program constants --compiler CXX [--preset NAME].
"""

import functools
import json
import re
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support import ROOT, ProofError, arguments, finish, run  # noqa: E402

try:
    import z3
    from timer.lemmas import DIGITS, DISTANCES
    from timer.model import K_TICK_MAX, value
except ImportError as missing:
    sys.exit(f"proof: error: {missing}\n  remedy: scripts/setup test")

HERE = Path(__file__).resolve().parent
_HEADER = "variants/timer/slot_arithmetic.hpp"
_WHEELS = {"variants/timer/hierarchical_wheel.hpp":
           ("digit_layout::k_bits", "digit_layout::k_levels", "digit_of<k_bits>",
            "level_of_difference<k_bits>", "slot_start<k_bits>"),
           "variants/timer/noncascading_wheel.hpp":
           ("distance_layout::k_bits", "distance_layout::k_shift", "distance_layout::k_levels",
            "level_of_distance<k_bits, k_shift>", "rounded_up<k_shift>", "slot_of<k_bits>")}

# text of the header, what it is changed to
CHANGES = (
    ("k_bits = 6;     ///< of a digit", "k_bits = 5;     ///< of a digit"),
    ("k_levels = 11;", "k_levels = 10;"),
    ("k_bits = 6;     ///< 2^6 slots", "k_bits = 5;     ///< 2^6 slots"),
    ("k_shift = 3;", "k_shift = 4;"),
    ("k_levels = 21;", "k_levels = 20;"),
    ("(width - 1) / Bits", "width / Bits"),
    ("std::bit_width(deadline ^ cursor)", "std::bit_width(deadline - cursor)"),
    ("lap >= 64 ? 0", "lap >= 60 ? 0"),
    ("distance < tick{(1U << Bits) - 1}", "distance <= tick{(1U << Bits) - 1}"),
    ("granule_of<Shift>(level) - 1)", "granule_of<Shift>(level))"),
)

_A, _B = z3.BitVecs("a b", 64)
_LEVEL_OF_DIFFERENCE = DIGITS.level(_A, _B)
_LEVEL_OF_DISTANCE = DISTANCES.level(_A)


def _level_of_distance(distance):
    return z3.substitute(_LEVEL_OF_DISTANCE, (_A, value(distance)))


_MODEL = {
    "level_of_difference":
        lambda d, c: z3.substitute(_LEVEL_OF_DIFFERENCE, (_A, value(d)), (_B, value(c))),
    "digit_of": lambda t, level: DIGITS.digit(value(t), level),
    "slot_start": lambda c, level, slot: DIGITS.slot_start(value(c), level, value(slot)),
    "level_of_distance": _level_of_distance,
    "lateness_max":
        lambda d: DISTANCES.granule(z3.simplify(_level_of_distance(d)).as_long()) - 1,
    "rounded_up": lambda d, level: DISTANCES.rounded_up(value(d), level),
    "slot_of": lambda turn: DISTANCES.slot_of(value(turn)),
}

# The same functions in Coq, as equations whose two sides vm_compute has to make the same.
_COQ = {
    "level_of_difference": "Z.of_nat (level base wheels {0} {1}) =? {2}",
    "digit_of": "digit base {0} {1}%nat =? {2}",
    "slot_start": "{0} / pow base (S {1}%nat) * pow base (S {1}%nat) + {2} * pow base {1}%nat"
                  " =? {3}",
    "level_of_distance": "Z.of_nat (ships_level {0}) =? {1}",
    "lateness_max": "ships_granule (ships_level {0}) - 1 =? {1}",
    "rounded_up": "ships_turn {0} {1}%nat =? {2}",
    "slot_of": "{0} mod 2 ^ distance_bits =? {1}",
}


@functools.cache
def model_value(name, *given):
    return z3.simplify(_MODEL[name](*given)).as_long()


def expected_constants():
    return {"digit_bits": DIGITS.bits, "digit_levels": DIGITS.levels,
            "distance_bits": DISTANCES.bits, "distance_shift": DISTANCES.shift,
            "distance_levels": DISTANCES.levels, "tick_max": K_TICK_MAX,
            "horizon": DISTANCES.horizon}


def differences(said):
    """What the C++ says otherwise than the SMT model, a line each, ten at most."""
    wrong = [f"{name} is {said['constants'].get(name)} in C++ and {number} in the model"
             for name, number in expected_constants().items()
             if said["constants"].get(name) != number]
    if wrong:
        return wrong
    for name, *numbers in said["rows"]:
        *given, result = numbers
        found = model_value(name, *given)
        if found != result:
            wrong.append(f"{name}({', '.join(map(str, given))}) is {result} in C++ and {found} "
                         "in the model")
        if len(wrong) == 10:
            break
    return wrong


def read(program):
    code, out = run([program], 60)
    if code != 0:
        raise ProofError(f"{program} ends with {code}\n{out}")
    said = json.loads(out)
    said["rows"] = [list(row) for row in dict.fromkeys(map(tuple, said["rows"]))]
    if {row[0] for row in said["rows"]} != set(_MODEL):
        raise ProofError(f"{program} speaks of other functions than {', '.join(_MODEL)}")
    return said


def check_coq(said, out):
    """Compares constants.v with the C++, and evaluates the Coq functions on the same arguments."""
    text = (HERE / "constants.v").read_text(encoding="utf-8")
    coq = {n: int(v) for n, v in re.findall(r"Definition (\w+) : \w+ := (\d+)\.", text)}
    cpp = {n: v for n, v in said["constants"].items() if n in coq}
    if coq != cpp or len(coq) != 5:
        raise ProofError(f"constants.v has {coq}, the C++ {cpp}")
    folder = out / "vectors"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("constants", "digits", "noncascading_wheel"):
        shutil.copy(HERE / f"{name}.v", folder)
    lines = [_COQ[name].format(*numbers) for name, *numbers in said["rows"]]
    (folder / "vectors.v").write_text(
        "From Coq Require Import ZArith List.\nImport ListNotations.\nOpen Scope Z_scope.\n"
        "From cyclone Require Import constants digits noncascading_wheel.\n"
        "Definition base := 2 ^ digit_bits.\nDefinition wheels := digit_levels.\n"
        "Example same : forallb (fun x => x) [\n" + ";\n".join(lines)
        + "] = true.\nProof. vm_compute. reflexivity. Qed.\n", encoding="utf-8")
    for name in ("constants", "digits", "noncascading_wheel", "vectors"):
        code, told = run(["coqc", "-q", "-Q", ".", "cyclone", f"{name}.v"], 300, cwd=folder)
        if code != 0:
            raise ProofError(f"the Coq functions give other values than the C++\n{told}")
    return len(lines)


def check_use():
    """The wheels use the header's constants and functions, or all of this is about nothing."""
    for wheel, uses in _WHEELS.items():
        text = (ROOT / wheel).read_text(encoding="utf-8")
        if absent := [u for u in uses if u not in text]:
            raise ProofError(f"{wheel} does not use {', '.join(absent)}")


def changed_program(compiler, out, number, text, changed):
    """constants.cpp compiled against the header with one change."""
    source = (ROOT / _HEADER).read_text(encoding="utf-8")
    if source.count(text) != 1:
        raise ProofError(f"{_HEADER} has '{text}' {source.count(text)} times, not once; "
                         "see CHANGES in constants.py")
    folder = out / f"changed{number}"
    (folder / "variants/timer").mkdir(parents=True, exist_ok=True)
    (folder / _HEADER).write_text(source.replace(text, changed), encoding="utf-8")
    program = folder / "constants"
    code, told = run([compiler, "-std=c++20", "-O0", f"-I{folder}", f"-I{ROOT / 'src'}",
                      f"-I{ROOT}", "-w", HERE / "constants.cpp", "-lfmt", "-o", program], 120)
    if code != 0:
        raise ProofError(f"with '{changed}' constants.cpp does not compile\n{told}")
    return program


def main():
    given = arguments(__doc__, ("--program", "constants.cpp, compiled"),
                      ("--compiler", "what compiles it again"))
    check_use()
    said = read(given.program)
    if wrong := differences(said):
        raise ProofError("C++ and model differ:\n  " + "\n  ".join(wrong))
    lines = check_coq(said, given.out)
    for number, (text, changed) in enumerate(CHANGES, 1):
        program = changed_program(given.compiler, given.out, number, text, changed)
        code, out = run([program], 60)
        wrong = differences(json.loads(out)) if code == 0 else [f"it ends with {code}"]
        if not wrong:
            raise ProofError(f"nobody notices '{changed}'")
        print(f"  noticed: {changed.strip()}: {wrong[0]}")
    print(f"{len(expected_constants())} constants and {lines} values are the same in C++, SMT and "
          f"Coq; {len(CHANGES)} changes noticed")


if __name__ == "__main__":
    finish(main)
