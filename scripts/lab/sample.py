"""One process, one sample: starts a bench binary, watches it, and says what came of it."""

import contextlib
import datetime
import json
import os
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from lab import doctor
from lab.placement import DEFAULT

REGION = "cyclone_measured_region"
TIMEOUT_S = {"time": 60.0, "work": 120.0, "instructions": 600.0, "system": 120.0}
_KILL_WAIT_S = 5.0
_ERROR_CHARS = 400
# A program in a session of its own would outlive a killed lab and disturb the next run. Ours see
# to that themselves, which spares a sample two starts of a process; valgrind does not.
_DIE_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_ALLOCATIONS = "lab/libcyclone_allocations.so"  # beside the programs, counts for meter "system"
# System calls are counted through a tracepoint. Where tracefs is not mounted, root mounts it for
# the one process, in a namespace of its own: the machine stays as it was.
_TRACING = "/sys/kernel/tracing"
_WITH_TRACING = ("unshare", "--mount", "--", "sh", "-c",
                 f'mount -t tracefs tracefs {_TRACING} 2>/dev/null; exec "$@"', "sh")
_NO_END = "no end after"
# A sample is tagged, never dropped, when it did not run for more than this share of its life.
LOST_SHARE_MAX = 0.10


class Children:
    """The processes that run now, so that a second Ctrl-C can end exactly these."""

    def __init__(self):
        self._live = set()
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def watch(self, process):
        with self._lock:
            self._live.add(process)
        try:
            yield
        finally:
            with self._lock:
                self._live.discard(process)

    def kill_all(self):
        with self._lock:
            for process in self._live:
                kill_group(process)


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def bench_arguments(cell, seed):
    """The command line of a cell, without the binary."""
    args = ["--workload", cell["workload"], "--n", str(cell["n"]), "--meter", cell["meter"],
            "--seed", str(seed)]
    if cell["meter"] == "time":
        args += ["--min-time", str(cell["min_time"])]
    for key, value in sorted(cell["params"].items()):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        args += ["--param", f"{key}={text}"]
    return args


def command_line(binary, cell, seed, cpus=(), profile=None, parent=None, pad=None):
    """The whole command of a sample. `cpus`: where the program pins itself, none: anywhere.
    `parent`: the process it must not outlive. `pad` seeds the state of the allocator of a timed
    program, or an option more on its command line would move its figure."""
    command = [str(binary), *bench_arguments(cell, seed)]
    if cell["meter"] == "instructions":
        return [*(_DIE_WITH_US if parent else ()), "valgrind", "--tool=callgrind",
                "--collect-atstart=no", f"--toggle-collect={REGION}",
                f"--callgrind-out-file={profile}", "-q", *command]
    if cpus:
        command += ["--cpus", ",".join(map(str, cpus))]
    if cell.get("planted"):
        command += ["--plant", str(cell["planted"])]
    if pad is not None and cell["meter"] == "time":
        command += ["--heap-noise", str(pad + 1)]
    if parent:
        command += ["--die-with-parent", str(parent)]
    if cell["meter"] == "system":
        counter = Path(binary).parent.parent / _ALLOCATIONS
        command = ["env", f"LD_PRELOAD={counter}", *command]
        if os.geteuid() == 0 and not os.path.exists(f"{_TRACING}/events"):
            command = [*_WITH_TRACING, *command]
    return command


def environment_of(pad):
    """As little as possible, and padding that moves the stack."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C",
            "CYCLONE_PAD": "x" * pad}


def _run(command, timeout, environment, children):
    """(rc, stdout, stderr, error): a process that hangs is killed with its group. It runs in the
    root of the tree, which is what the files that a suite or a claim names are relative to."""
    try:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                   cwd=os.environ.get("CYCLONE_ROOT") or None,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=environment, text=True, errors="replace",
                                   start_new_session=True)
    except OSError as error:
        return 127, "", "", f"cannot start: {error.strerror}"
    with children.watch(process):
        try:
            out, err = process.communicate(timeout=timeout)
            return process.returncode, out, err, None
        except subprocess.TimeoutExpired:
            kill_group(process)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_KILL_WAIT_S)
            return -signal.SIGKILL, "", "", f"{_NO_END} {timeout:g} s; killed"
        except BaseException:
            kill_group(process)
            raise


def hung(got):
    """Whether a sample is of a program that had to be killed."""
    return got["rc"] == -signal.SIGKILL and _NO_END in (got["error"] or "")


def _what_went_wrong(rc, err):
    said = " / ".join(err.strip().splitlines()[-3:])[:_ERROR_CHARS]
    if rc < 0:
        try:
            name = signal.Signals(-rc).name
        except ValueError:
            name = f"signal {-rc}"
        return f"killed by {name}" + (f": {said}" if said else "")
    return f"exit {rc}" + (f": {said}" if said else "")


def _parse_result(out, cell, seed):
    """The program's own JSON; it must be about the cell that was asked for."""
    try:
        result = json.loads(out)
    except ValueError:
        return None, f"the output is not one JSON object: {out.strip()[:80]!r}"
    if not isinstance(result, dict) or result.get("schema") != 1:
        return None, "the output has a schema this tree does not read"
    asked = {key: cell[key] for key in ("workload", "n", "meter")} | {"seed": seed}
    asked["variant"] = cell["variant"].partition("@")[0]  # of an older revision: name@sha
    for key, value in asked.items():
        if result.get(key) != value:
            return None, f"asked for {key} {value!r}, got {result.get(key)!r}"
    if not result.get("ops"):
        return None, "the output counts no operations"
    return result, None


def instructions_of(profile):
    """Total instructions that callgrind saw inside the measured region."""
    match = re.search(r"^(?:totals|summary): (\d+)", doctor.read(profile), re.M)
    return int(match.group(1)) if match else 0


def _children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _tags(cell, result, cpu_s, wall_s, steal):
    """A bench never sleeps, so what it did not run, others took: another process, or the host."""
    tags = []
    if cell.get("placement", DEFAULT) != DEFAULT:
        return ["stolen"] if steal else []
    if wall_s - cpu_s > LOST_SHARE_MAX * wall_s and not (result or {}).get("latency"):
        tags.append("preempted")
    if steal:
        tags.append("stolen")
    if ((result or {}).get("sw") or {}).get("migrations"):
        tags.append("migrated")
    return tags


def _result_of(command, cell, binary, seed, pad, children, profile):
    """(rc, result, instructions, error) of one process."""
    rc, out, err, error = _run(command, TIMEOUT_S[cell["meter"]],
                               environment_of(pad), children)
    if error is None and rc != 0:
        error = _what_went_wrong(rc, err)
    result, instructions = None, None
    if error is None:
        result, error = _parse_result(out, cell, seed)
    if error is None and cell["meter"] == "instructions":
        instructions = instructions_of(profile)
        if instructions == 0:
            error = f"callgrind saw no instruction inside {REGION}"
    return rc, result if error is None else None, instructions or None, error


def take(cell, binary, seed, pad, children, cpus=()):
    """Measures one cell once; a failure is a sample too, with `rc` and `error`."""
    begin = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
    which = cpus[0] if len(cpus) == 1 else ""
    steal, psi = doctor.steal_ticks(which), doctor.psi_cpu_us()
    used, clock = _children_cpu_s(), time.monotonic()
    with _folder_for(cell) as folder:
        profile = os.path.join(folder, "callgrind.out")
        command = command_line(binary, cell, seed, cpus, profile, os.getpid(), pad)
        rc, result, instructions, error = _result_of(command, cell, binary, seed, pad, children,
                                                     profile)
    wall = time.monotonic() - clock
    used = _children_cpu_s() - used
    steal, psi = doctor.steal_ticks(which) - steal, doctor.psi_cpu_us() - psi
    timed = cell["meter"] == "time"
    return {"t0": begin, "mono": round(clock, 6), "wall_s": round(wall, 6), "rc": rc, "seed": seed,
            "pad": pad, "cpus": list(cpus), "planted": cell.get("planted"),
            "tags": _tags(cell, result, used, wall, steal) if timed else [],
            "cpu_s": round(used, 6) if timed else None, "steal_ticks": steal, "psi_cpu_us": psi,
            "result": result, "instructions": instructions, "error": error}


def _folder_for(cell):
    """Only callgrind writes a file."""
    if cell["meter"] == "instructions":
        return tempfile.TemporaryDirectory(prefix="cyclone-")
    return contextlib.nullcontext("")
