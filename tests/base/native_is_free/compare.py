#!/usr/bin/python3
"""Holds that sync::native costs nothing: same machine code as hand-written std::atomic.

    compare.py COMPILER SOURCE_FOLDER

Compiles policy.cpp and hand_written.cpp (beside this file) to assembly with -O2 and compares each
function, with labels renumbered and directives dropped. Then compiles policy.cpp with a planted
cost, which must be seen as a difference in ring_push and nowhere else: a comparison that cannot
fail proves nothing. Exit: 0 the same, 1 a difference, 64 misuse, 69 the compiler does not compile.
"""

import difflib
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FUNCTIONS = ("ring_push", "ring_pop", "stack_push", "take_ticket")
COMMENT = re.compile(r"(^|\s)(#|//)[\sA-Z%@].*")  # not the immediate operand "#1" of aarch64
FLAGS = ("-std=c++23", "-O2", "-g0", "-S", "-o", "-", "-fno-asynchronous-unwind-tables",
         "-DCYCLONE_CHECK=0")


def assembly(compiler, include, name, *extra):
    command = [compiler, *FLAGS, f"-I{include}", *extra, str(HERE / name)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as problem:
        give_up(f"cannot run {compiler}: {problem.strerror}")
    if done.returncode != 0:
        give_up(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def give_up(message):
    print(message, file=sys.stderr)
    sys.exit(69)


def bodies(text):
    """Function name -> its instructions, labels numbered by first appearance."""
    found = {}
    current = None
    for raw in text.splitlines():
        line = re.sub(r"\s+", " ", COMMENT.sub("", raw)).strip()
        start = re.fullmatch(r"([A-Za-z_]\w*):", line)
        if start:
            current = found.setdefault(start[1], [])
        elif current is not None and (not line.startswith(".") or re.match(r"\.L\w+:", line)):
            if line:
                current.append(line)
    return {name: renumbered(lines) for name, lines in found.items()}


def renumbered(lines):
    """Labels as they are used: the unused ones (function ends) go, the others count from 0."""
    names = re.compile(r"\.L\w+")
    used = {label for line in lines if not line.endswith(":") for label in names.findall(line)}
    kept = [line for line in lines if not line.endswith(":") or line[:-1] in used]
    numbers = {}
    return [names.sub(lambda m: f".L{numbers.setdefault(m[0], len(numbers))}", line)
            for line in kept]


def differing(ours, theirs):
    """Names of the functions that differ; a function missing or empty on a side differs."""
    return [name for name in FUNCTIONS if not ours.get(name) or ours.get(name) != theirs.get(name)]


def main(arguments):
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 64
    compiler, include = arguments
    by_hand = bodies(assembly(compiler, include, "hand_written.cpp"))
    policy = bodies(assembly(compiler, include, "policy.cpp"))
    planted = bodies(assembly(compiler, include, "policy.cpp", "-DPLANTED_COST"))

    wrong = differing(policy, by_hand)
    for name in wrong:
        print(f"{name}: sync::native is not free with {compiler}")
        print("\n".join(difflib.unified_diff(by_hand.get(name, []), policy.get(name, []),
                                             "hand_written.cpp", "policy.cpp", lineterm="")))
    seen = differing(planted, by_hand)
    if not wrong and seen != ["ring_push"]:
        print(f"the planted cost in ring_push was not told apart: differences in {seen}")
        wrong = seen or ["ring_push"]
    if not wrong:
        count = sum(len(policy[name]) for name in FUNCTIONS)
        print(f"{compiler}: {len(FUNCTIONS)} functions, {count} lines of assembly, all the same")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
