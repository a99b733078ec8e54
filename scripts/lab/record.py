"""`cyclone record`: runs a program, writes down what it does with its timers, makes a trace of it.

Two ways: a library preloaded into programs on a shared libuv or libevent, and uprobes (perf) on the
red-black tree of nginx, whose own calls no preload sees. A program that has its library inside, as
node has libuv, can be recorded in neither way; the error says so.
"""

import dataclasses
import json
import os
import re
import shlex
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from lab import build
from lab.errors import CANNOT_CREATE, FAILURE, NO_INPUT, UNAVAILABLE, USAGE, CycloneError

VIAS = ("auto", "preload", "uprobe")
_LIBRARIES = {"libuv": re.compile(r"libuv\.so"), "libevent": re.compile(r"libevent[\w.-]*\.so")}
_NGINX = ("ngx_rbtree_insert", "ngx_rbtree_delete", "ngx_event_timer_rbtree")
_PROBES = {"cyclone_insert": _NGINX[0], "cyclone_delete": _NGINX[1]}
_PROBED = re.compile(r"^\s*(\d+)\s+(\d+)\.(\d{9}):\s+\w+:cyclone_(insert|delete)\w*:\s+"
                     r"\(([0-9a-f]+)\) tree=0x([0-9a-f]+) node=0x([0-9a-f]+) key=(\d+)$")
_HEADER = struct.Struct("<16sQQ32s")
_EVENT = struct.Struct("<QQQII")
_START, _STOP, _FIRE = range(3)
_MS = 1_000_000
_GRACE = 10  # seconds that a program gets to end after it was asked to


@dataclasses.dataclass
class Asked:
    out: Path
    via: str
    seconds: float | None  # None: until the program ends
    command: list
    events: int | None  # keep the first so many


def _output(command, what):
    """The standard output of a small tool; "" if it fails, an error if it is not there."""
    if shutil.which(command[0]) is None:
        raise CycloneError(f"{command[0]} is not installed", what,
                           f"install the package of {command[0]}", UNAVAILABLE)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout if done.returncode == 0 else ""


def _program(command):
    if not command:
        raise CycloneError("no program to record", "the command line",
                           "cyclone record OUT.trace -- PROGRAM ARGS", USAGE)
    found = shutil.which(command[0])
    if found is None:
        raise CycloneError(f"no program '{command[0]}'", "the command line",
                           "give the path of a program that can be run", NO_INPUT)
    return Path(found).resolve()


def _shared_library(program):
    text = _output(["ldd", str(program)], str(program))
    return next((name for name, has in _LIBRARIES.items() if has.search(text)), None)


def _symbols(program):
    """Name -> offset of the nginx symbols that the program exports."""
    rows = (line.split() for line in _output(["nm", "-D", str(program)], str(program)).splitlines())
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3 and row[2] in _NGINX}


def choose(program, via):
    """("preload", library) or ("uprobe", symbols); says why if it can be neither."""
    library = _shared_library(program) if via in ("auto", "preload") else None
    if library:
        return "preload", library
    symbols = _symbols(program) if via in ("auto", "uprobe") else {}
    if len(symbols) == len(_NGINX):
        return "uprobe", symbols
    why = {"preload": "it is not linked to a shared libuv or libevent",
           "uprobe": "it does not export nginx's " + ", ".join(_NGINX),
           "auto": "it is not linked to a shared libuv or libevent, and is no nginx"}[via]
    raise CycloneError(f"the timers of {program.name} cannot be seen: {why}", str(program),
                       "a program with the library inside itself (node) shows nothing to a "
                       "preload; record one that is linked to the shared library", UNAVAILABLE)


def _run(command, environment, seconds):
    """Runs the program until it ends, is interrupted, or its time is over."""
    child = subprocess.Popen(command, env=environment)
    end = None if seconds is None else time.monotonic() + seconds
    asked = False
    while True:
        try:
            left = None if end is None else max(0.0, end - time.monotonic())
            return child.wait(_GRACE if asked else left)
        except subprocess.TimeoutExpired:
            if asked:
                child.kill()
                return child.wait()
        except KeyboardInterrupt:
            pass  # the program was interrupted as well: it shares the terminal
        asked = True
        child.send_signal(signal.SIGINT)


def _preload(tree, asked, library, folder):
    recorder = tree.preset("release") / "bench" / "lab" / f"record_{library}.so"
    before = os.environ.get("LD_PRELOAD")
    _run(asked.command, os.environ | {
        "CYCLONE_RECORD_DIR": str(folder),
        "LD_PRELOAD": f"{recorder}:{before}" if before else str(recorder)}, asked.seconds)
    return f"{library}, preloaded"


def _probe(program, folder):
    """Sets the probes; returns their names."""
    names = []
    for name, function in _PROBES.items():
        done = subprocess.run(
            ["perf", "probe", "-q", "-x", str(program),
             f"{name}={function} tree=%di:x64 node=%si:x64 key=+0(%si):u64"],
            capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            _unprobe(names)
            raise CycloneError("the kernel takes no uprobe: " + done.stderr.strip()[-300:],
                               str(program), "this needs root and CONFIG_UPROBE_EVENTS",
                               UNAVAILABLE)
        names.append(f"probe_{re.sub(r'[^A-Za-z0-9_].*', '', program.name)}:{name}")
    return names


def _unprobe(names):
    for name in names:
        subprocess.run(["perf", "probe", "-q", "-d", name], capture_output=True, timeout=60,
                       check=False)


def _uprobe(asked, program, symbols, folder):
    if shutil.which("perf") is None:
        raise CycloneError("perf is not installed", str(program), "apt-get install linux-perf",
                           UNAVAILABLE)
    data = folder / "perf.data"
    names = _probe(program, folder)
    try:
        events = [word for name in names for word in ("-e", name)]
        _run(["perf", "record", "-q", "-k", "CLOCK_MONOTONIC", *events, "-o", str(data), "--",
              *asked.command], os.environ, asked.seconds)
        done = subprocess.run(["perf", "script", "-i", str(data), "--ns", "-F",
                               "pid,time,event,trace"], capture_output=True, text=True,
                              timeout=600, check=False)
    finally:
        _unprobe(names)
    write_probed(done.stdout, symbols, folder)
    return "nginx, uprobes on ngx_rbtree_insert and ngx_rbtree_delete"


def probed_events(text, symbols):
    """pid -> raw events, from what perf prints. A node's key is its deadline in the program's
    milliseconds of the monotonic clock; one that leaves the tree when it is due has fired."""
    found = {}
    for line in text.splitlines():
        match = _PROBED.match(line)
        if not match:
            continue
        pid, seconds, nanoseconds, kind, address, tree, node, key = match.groups()
        function = _NGINX[0] if kind == "insert" else _NGINX[1]
        base = int(address, 16) - symbols[function]
        if int(tree, 16) != base + symbols[_NGINX[2]]:
            continue  # another tree of the program
        now = int(seconds) * 1_000_000_000 + int(nanoseconds)
        due = int(key) * _MS
        if kind == "insert":
            event = (now, int(node, 16), max(0, due - now), 0, _START)
        else:
            event = (now, int(node, 16), 0, 0, _FIRE if now >= due else _STOP)
        found.setdefault(int(pid), []).append(event)
    return found


def write_probed(text, symbols, folder):
    """One raw file a process, as the preloaded recorders write them."""
    for pid, events in probed_events(text, symbols).items():
        events.sort(key=lambda event: event[0])
        with open(folder / f"{pid}.raw", "wb") as file:
            file.write(_HEADER.pack(b"cyclone-raw 1\n", len(events), 0, b"nginx"))
            file.writelines(_EVENT.pack(*event) for event in events)


def _make(tree, asked, program, source, folder):
    raw = sorted(str(path) for path in folder.glob("*.raw"))
    if not raw:
        raise CycloneError(f"{program.name} set no timer that could be seen", str(program),
                           "let it run longer, under load", FAILURE)
    more = ["--events", str(asked.events)] if asked.events else []
    return ask_tool(tree, ["make", "--out", str(asked.out), "--program", program.name,
                           "--command", shlex.join(asked.command)[:1000], "--source", source,
                           *more, *raw], asked.out)


def ask_tool(tree, words, place):
    """What timer_trace answers, as an object; its complaint as an error."""
    tool = tree.preset("release") / "bench" / "lab" / "timer_trace"
    done = subprocess.run([str(tool), *words], capture_output=True, text=True, timeout=600,
                          check=False)
    if done.returncode != 0:
        raise CycloneError(done.stderr.strip().removeprefix("timer_trace: "), str(place),
                           "cyclone record OUT.trace -- PROGRAM ARGS makes a trace", NO_INPUT)
    return json.loads(done.stdout)


def build_tools(tree, targets=("timer_recorder",)):
    build.configure(tree, "release")
    build.build(tree, "release", targets)


def carry_out(tree, asked):
    """The whole command; returns what the trace holds."""
    program = _program(asked.command)
    if not asked.out.parent.is_dir():
        raise CycloneError(f"no folder {asked.out.parent}", str(asked.out),
                           "name a file in a folder that exists", CANNOT_CREATE)
    via, what = choose(program, asked.via)
    build_tools(tree)
    with tempfile.TemporaryDirectory(prefix="cyclone-record-") as name:
        folder = Path(name)
        folder.chmod(0o777)  # servers drop their privileges
        if via == "preload":
            source = _preload(tree, asked, what, folder)
        else:
            source = _uprobe(asked, program, what, folder)
        told = _make(tree, asked, program, source, folder)
    return told | {"file": str(asked.out)}
