"""What this machine is and what it can decide.

`stable` holds the fields that make the fingerprint: two runs with the same one may be compared.
`volatile` changes by the minute and only explains a run. `absent` says what is not here and why.
"""

import ctypes
import errno
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

_TOOLS = {
    "g++": ["g++-12", "--version"], "clang++": ["clang++-19", "--version"],
    "cmake": ["cmake", "--version"], "ninja": ["ninja", "--version"],
    "ld": ["ld", "--version"], "ccache": ["ccache", "--version"],
    "valgrind": ["valgrind", "--version"], "git": ["git", "--version"],
    "python3": ["/usr/bin/python3", "--version"],
}


def read(path, default=""):
    """The text of a small kernel file, or the default when it is not there."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return default


def _cpuinfo():
    fields = {}
    for line in read("/proc/cpuinfo").splitlines():
        key, _, value = line.partition(":")
        fields.setdefault(key.strip(), value.strip())
    return fields


def _caches():
    sizes = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        kind = read(index / "type")
        if kind != "Instruction":
            sizes[f"L{read(index / 'level')}"] = read(index / "size")
    return sizes


def _chosen(path):
    """The bracketed word of a kernel switch such as `always [madvise] never`."""
    match = re.search(r"\[(\w+)\]", read(path))
    return match.group(1) if match else None


def _memory_gib():
    match = re.search(r"MemTotal:\s+(\d+) kB", read("/proc/meminfo"))
    return round(int(match.group(1)) / (1 << 20)) if match else None


def _hypervisor(flags):
    if "hypervisor" not in flags:
        return None
    return read("/sys/hypervisor/type") or read("/sys/class/dmi/id/sys_vendor") or "unnamed"


def stable_facts(tools):
    cpu = _cpuinfo()
    flags = set((cpu.get("flags") or cpu.get("Features") or "").split())
    nodes = list(Path("/sys/devices/system/node").glob("node[0-9]*"))
    return {
        "arch": platform.machine(),
        "cpu": cpu.get("model name") or cpu.get("CPU part") or "unknown",
        "cpu_flags_sha256": hashlib.sha256(" ".join(sorted(flags)).encode()).hexdigest()[:16],
        "cpus": os.cpu_count() or 1,
        "smt": read("/sys/devices/system/cpu/smt/active") == "1",
        "numa_nodes": max(1, len(nodes)),
        "caches": _caches(),
        "memory_gib": _memory_gib(),
        "hypervisor": _hypervisor(flags),
        "kernel": platform.release(),
        "clocksource": read("/sys/devices/system/clocksource/clocksource0/current_clocksource"),
        "aslr": read("/proc/sys/kernel/randomize_va_space"),
        "huge_pages": _chosen("/sys/kernel/mm/transparent_hugepage/enabled"),
        "governor": read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None,
        "libc": " ".join(platform.libc_ver()),
        "compiler": tools.get("g++"),
    }


def steal_ticks(cpu=""):
    """Ticks the host took from one processor, or from all of them."""
    match = re.search(rf"^cpu{cpu}(?: +\d+){{7}} +(\d+)", read("/proc/stat"), re.M)
    return int(match.group(1)) if match else 0


def psi_cpu_us():
    match = re.search(r"^some .*total=(\d+)", read("/proc/pressure/cpu"), re.M)
    return int(match.group(1)) if match else 0


def volatile_facts():
    return {"load": read("/proc/loadavg").split()[:3], "psi_cpu_us": psi_cpu_us(),
            "steal_ticks": steal_ticks(), "memory_free_kib": _memory_available(),
            "dma_latency_writable": os.access("/dev/cpu_dma_latency", os.W_OK)}


def _memory_available():
    match = re.search(r"MemAvailable:\s+(\d+) kB", read("/proc/meminfo"))
    return int(match.group(1)) if match else None


def _io_uring():
    """The setup call is tried: a kernel may have io_uring and still refuse it."""
    libc = ctypes.CDLL(None, use_errno=True)
    params = ctypes.create_string_buffer(120)
    handle = libc.syscall(425, 1, params)
    if handle >= 0:
        os.close(handle)
        return None
    code = ctypes.get_errno()
    if code == errno.EPERM:
        return "the kernel refuses it (io_uring_disabled or a filter)"
    return f"io_uring_setup: {os.strerror(code)}"


def absent_facts(stable, tools):
    """Name and reason of everything a claim could ask for and this machine cannot give."""
    absent = {}
    if not (Path("/sys/bus/event_source/devices/cpu").exists()
            or list(Path("/sys/bus/event_source/devices").glob("armv8*"))):
        absent["pmu"] = "no hardware counter device; instructions are counted under valgrind"
    if stable["numa_nodes"] < 2:
        absent["numa"] = "one memory node: nothing to compare"
    if not stable["governor"]:
        absent["cpufreq"] = "no frequency control is visible; the host decides"
    if not stable["smt"]:
        absent["smt"] = "no sibling hardware threads are visible"
    if reason := _io_uring():
        absent["io_uring"] = reason
    if not os.access("/dev/cpu_dma_latency", os.W_OK):
        absent["dma_latency"] = "/dev/cpu_dma_latency is not writable; wake-ups vary more"
    if not Path("/proc/pressure/cpu").exists():
        absent["psi"] = "the kernel has no pressure figures"
    for name, version in tools.items():
        if version is None:
            absent[name] = "not installed; scripts/setup run test"
    return absent


def tool_versions():
    versions = {}
    for name, command in _TOOLS.items():
        versions[name] = None
        if shutil.which(command[0]):
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            found = re.search(r"\d+(?:\.\d+)+(?:[-+.\w]*)?", done.stdout)
            versions[name] = found.group(0) if done.returncode == 0 and found else None
    return versions


def fingerprint(stable):
    text = json.dumps(stable, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def examine():
    """The environment.json of a run."""
    tools = tool_versions()
    stable = stable_facts(tools)
    return {"schema": 1, "fingerprint": fingerprint(stable), "stable": stable,
            "volatile": volatile_facts(), "absent": absent_facts(stable, tools), "tools": tools}
