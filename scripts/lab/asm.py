"""`cyclone asm`: the machine code of the function in which a variant spends most instructions.

callgrind counts instructions by function inside the measured region; objdump shows the one that
took most, from the very program that would be timed. Everything is bounded: time, lines, size.
"""

import collections
import contextlib
import dataclasses
import os
import re
import subprocess
import tempfile

from lab import build, gate, registry, sample
from lab.errors import FAILURE, NO_INPUT, UNAVAILABLE, USAGE, CycloneError

_CALLGRIND_S = 300
_OBJDUMP_S = 60
_FUNCTIONS = 12
_SEED = 1


@dataclasses.dataclass(frozen=True)
class Question:
    """What is to be shown of a variant."""

    workload: str | None = None
    n: int = 4096
    params: tuple = ()
    symbol: str | None = None
    syntax: str = "intel"
    source: bool = False
    lines: int = 400


def _program(tree, variant):
    """(component, path) of the variant's program, built now."""
    for component in tree.components():
        if registry.load(tree, component).find(variant):
            build.configure(tree, "release")
            target = build.bench_target(component, variant)
            if target not in build.known_targets(tree, "release"):
                raise CycloneError(f"{variant} is not built here", component,
                                   "a peer needs its library: scripts/setup run", UNAVAILABLE)
            build.build(tree, "release", [target])
            return component, tree.bench(component, variant)
    raise CycloneError(f"no variant '{variant}'", "the command line", "see: cyclone list variants",
                       NO_INPUT)


def _cell(described, variant, asked):
    """The cell whose code is looked at; a workload the variant lacks is an error."""
    offered = described["workloads"]
    workload = asked.workload or offered[0]
    if workload not in offered:
        raise CycloneError(f"{variant} does not offer '{workload}'", "the command line",
                           "one of: " + ", ".join(offered), USAGE)
    for word in asked.params:
        if not re.fullmatch(r"\w+=[^=]+", word):
            raise CycloneError(f"--param {word}", "the command line", "write KEY=VALUE", USAGE)
    return {"variant": variant, "workload": workload, "n": asked.n, "meter": "instructions",
            "params": dict(word.split("=") for word in asked.params)}


def self_costs(profile):
    """Instructions by function, its calls not counted, most first. Reads callgrind's own format:
    `fn=(id) name` begins a function, `calls=` is followed by a line that is the callee's."""
    names, costs, here, skip = {}, collections.Counter(), None, False
    for line in profile.splitlines():
        if found := re.match(r"fn=\((\d+)\)(?: (.*))?", line):
            here = found[1]
            if found[2]:
                names[here] = found[2]
        elif found := re.match(r"cfn=\((\d+)\) (.*)", line):
            names[found[1]] = found[2]
        elif line.startswith("calls="):
            skip = True
        elif re.match(r"[+\-*\d]", line):
            words = line.split()
            if not skip and here and len(words) > 1:
                costs[here] += int(words[-1])
            skip = False
    whole = collections.Counter()
    for ident, cost in costs.items():  # f'2 is f called by itself
        whole[re.sub(r"'\d+$", "", names.get(ident, "?"))] += cost
    return [(name, cost) for name, cost in whole.most_common() if cost]


def profile_of(path, cell):
    """What callgrind writes about the measured region of one process."""
    with tempfile.TemporaryDirectory(prefix="cyclone-") as folder:
        out = os.path.join(folder, "callgrind.out")
        command = sample.command_line(path, cell, _SEED, profile=out)
        command.insert(command.index("valgrind") + 1, "--demangle=no")
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=_CALLGRIND_S,
                                  check=False)
        except FileNotFoundError as error:
            raise CycloneError("valgrind is not installed", "the tools", "scripts/setup run",
                               UNAVAILABLE) from error
        except subprocess.TimeoutExpired as error:
            raise CycloneError(f"no end after {_CALLGRIND_S} s under callgrind", str(path),
                               "take a smaller --n", FAILURE) from error
        if done.returncode != 0:
            said = " / ".join(done.stderr.strip().splitlines()[-3:])
            raise CycloneError(f"under callgrind: exit {done.returncode}: {said}", str(path),
                               "see the message of the program", FAILURE)
        with contextlib.suppress(OSError), open(out, encoding="utf-8", errors="replace") as stream:
            return stream.read()
    return ""


def _demangled(names):
    try:
        done = subprocess.run(["c++filt"], input="\n".join(names), capture_output=True, text=True,
                              timeout=_OBJDUMP_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return list(names)
    told = done.stdout.splitlines()
    return told if len(told) == len(names) else list(names)


def disassembly(path, symbol, asked):
    """The lines of one function; nothing where the program has none of that name. objdump -C would
    look for the readable name, which clones share: it is told the linker's, and names are made
    readable afterwards."""
    command = ["objdump", "-d", "--no-show-raw-insn", f"-M{asked.syntax}",
               f"--disassemble={symbol}", *(["-S", "-l"] if asked.source else []), str(path)]
    if os.uname().machine not in ("x86_64", "i686"):
        command.remove(f"-M{asked.syntax}")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_OBJDUMP_S,
                              check=False, errors="replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CycloneError(f"objdump: {error}", str(path), "scripts/setup run", UNAVAILABLE) \
            from error
    lines = [x.rstrip() for x in done.stdout.splitlines()]
    begin = next((i for i, x in enumerate(lines) if re.match(r"[0-9a-f]{8,} <", x)), None)
    if begin is None:
        return []
    end = next((i for i, x in enumerate(lines) if i > begin and x.startswith("Disassembly of")),
               len(lines))
    return _demangled("\n".join(lines[begin:end]).strip().splitlines())


def _chosen(functions, asked):
    """The mangled name to show: the one asked for, mangled or not, else the hottest."""
    if asked.symbol is None:
        if not functions:
            raise CycloneError(f"callgrind saw no instruction inside {sample.REGION}",
                               "the profile", "ask for a --symbol", FAILURE)
        return functions[0]["symbol"]
    matches = [f["symbol"] for f in functions
               if asked.symbol in (f["symbol"], f["name"]) or asked.symbol in f["name"]]
    return asked.symbol if asked.symbol in matches or not matches else matches[0]


def look(tree, variant, asked):
    """Builds, profiles, disassembles; everything that --json prints."""
    component, path = _program(tree, variant)
    place = tree.relative(path)
    cell = _cell(gate.describe(path, place), variant, asked)
    costs = self_costs(profile_of(path, cell))
    total = sum(cost for _, cost in costs)
    functions = [{"symbol": name, "name": shown, "instructions": cost,
                  "share": round(cost / total, 4)}
                 for (name, cost), shown in zip(costs, _demangled([n for n, _ in costs]),
                                                strict=True)]
    symbol = _chosen(functions, asked)
    lines = disassembly(path, symbol, asked)
    if not lines:
        near = ", ".join(f["name"][:60] for f in functions[:3])
        raise CycloneError(f"{place} has no function '{symbol}'", place,
                           f"the hottest are: {near}", NO_INPUT)
    return {"schema": 1, "component": component, "variant": variant, "binary": place,
            "workload": cell["workload"], "n": asked.n, "params": cell["params"],
            "instructions": total, "functions": functions[:_FUNCTIONS], "symbol": symbol,
            "lines_total": len(lines), "lines": lines[:asked.lines]}


def text(found):
    """The same in words."""
    out = [f"{found['variant']} on {found['workload']}, n = {found['n']}: "
           f"{found['instructions']:,} instructions in the measured region of {found['binary']}"]
    out += [f"  {100 * f['share']:5.1f} %  {f['name'][:110]}" for f in found["functions"][:6]]
    out += ["", *found["lines"]]
    left = found["lines_total"] - len(found["lines"])
    return "\n".join(out + ([f"... {left} more lines: --lines {found['lines_total']}"]
                            if left > 0 else []))
