"""What a built benchmark binary prints and how it lives, seen from outside. The binaries of the
release build are used, and those of dev where there is no release; a binary of an older frame is
not looked at."""

import json
import os
import re
import signal
import statistics
import subprocess
import time

import pytest
from fakes import ROOT

_REGION = "cyclone_measured_region"
_NEEDED = ("floor", "roof", "quad_heap")
_COUNTERS = ("instructions", "cycles", "branch_misses", "cache_misses", "task_clock_ns")


def _run(binary, *args, env=None, timeout=60):
    return subprocess.run([str(binary), *args], capture_output=True, text=True, timeout=timeout,
                          env=os.environ | (env or {}), check=False)


def _is_current(folder):
    """Whether all binaries that these tests use are there, of the frame of this tree."""
    for name in _NEEDED:
        path = folder / "timer" / name
        if not path.is_file():
            return False
        done = _run(path, "--describe")
        if done.returncode != 0 or json.loads(done.stdout).get("frame") != 3:
            return False
    return (folder / "lab" / "libcyclone_allocations.so").is_file()


@pytest.fixture(scope="module")
def folders():
    """The folder of the benchmark binaries in a list, or none when nothing is built."""
    built = [ROOT / "build" / preset / "bench" for preset in ("release", "dev")]
    return [f for f in built if _is_current(f)][:1]


def _sample(binary, meter, *args, workload="hold", n=64, env=None):
    done = _run(binary, "--workload", workload, "--n", str(n), "--meter", meter, *args, env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_description_names_frame_and_meters(folders):
    for folder in folders:
        said = json.loads(_run(folder / "timer/quad_heap", "--describe").stdout)
        assert said["frame"] == 3
        assert said["meters"] == ["time", "work", "instructions", "system"]


def test_a_timed_sample_accounts_for_its_time(folders):
    for folder in folders:
        got = _sample(folder / "timer/quad_heap", "time", "--min-time", "0.005")
        kept = got["ns_per_op"] * got["ops"]
        assert kept >= 0.005e9 * 0.99
        assert got["main_ns"] >= kept + got["warmup_ns"]
        assert got["warmup_ns"] > 0
        assert got["sw"]["faults_major"] >= 0
        assert got["planted"] is None and got["latency"] is None and got["threads"] is None
        assert got["system"] is None


def test_a_counter_is_a_figure_or_unavailable_with_a_reason(folders):
    for folder in folders:
        for meter in ("time", "work", "system"):
            found = _sample(folder / "timer/quad_heap", meter, "--min-time", "0.002")["counters"]
            figures = [found[name] for name in _COUNTERS]
            assert all(f == "unavailable" or (isinstance(f, int) and f >= 0) for f in figures)
            assert found["rung"] in ("pmu", "software", "none")
            assert found["covers"]
            if "unavailable" in figures:
                assert found["why"]
            if found["rung"] == "none":
                assert set(figures) == {"unavailable"}


def test_a_planted_share_arrives(folders):
    for folder in folders:
        ratios = []
        for _ in range(7):
            plain, planted = (_sample(folder / "timer/quad_heap", "time", "--min-time", "0.004",
                                      *extra) for extra in ((), ("--plant", "0.4")))
            assert planted["planted"] == 0.4
            ratios.append(planted["ns_per_op"] / plain["ns_per_op"])
        assert 1.2 < statistics.median(ratios) < 1.7


@pytest.mark.parametrize(("args", "words"), [
    (("--cpus", "9999"), "cannot pin to CPU 9999"),
    (("--cpus", "0,x"), "--cpus"),
    (("--plant", "2"), "--plant"),
    (("--meter", "work", "--plant", "0.1"), "--plant"),
    (("--meter", "weight"), "--meter"),
    (("--die-with-parent", "999999999"), "has ended"),
    (("--param", "dist=exp", "--param", "dist=exp"), "dist is given twice"),
])
def test_a_wrong_request_is_misuse(folders, args, words):
    for folder in folders:
        done = _run(folder / "timer/quad_heap", "--workload", "hold", "--n", "8", *args)
        assert done.returncode == 64 and words in done.stderr and not done.stdout


def test_options_of_the_benchmark_library_in_the_environment_are_not_obeyed(folders, tmp_path):
    """A filter left nothing to run, and the sample said so only by having no figure."""
    foreign = {"BENCHMARK_FILTER": "nothing", "BENCHMARK_LIST_TESTS": "true",
               "BENCHMARK_REPETITIONS": "50", "BENCHMARK_MIN_WARMUP_TIME": "30",
               "BENCHMARK_OUT": str(tmp_path / "out.json")}
    for folder in folders:
        began = time.monotonic()
        got = _sample(folder / "timer/quad_heap", "time", "--min-time", "0.05", env=foreign)
        assert got["ops"] > 0 and got["ns_per_op"] > 0
        assert 0.049e9 <= got["ns_per_op"] * got["ops"]
        assert time.monotonic() - began < 2.5, "repetitions or a warm-up of the library's"
        assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("args", [("--workload", "hold", "--n", "8", "--min-time", "0.001"),
                                  ("--describe",), ("--check", "--ops", "10")])
def test_a_line_that_did_not_get_out_is_a_failure(folders, args):
    for folder in folders:
        with open("/dev/full", "wb") as full:
            done = subprocess.run([str(folder / "timer/quad_heap"), *args], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        assert done.returncode == 1 and "ENOSPC" in done.stderr


def test_allocations_are_counted_where_the_library_is_preloaded(folders):
    for folder in folders:
        binary = folder / "timer/quad_heap"
        without = _sample(binary, "system")["system"]
        assert without["allocations"] == "unavailable"
        assert "LD_PRELOAD" in without["why"]["allocations"]
        library = {"LD_PRELOAD": str(folder / "lab/libcyclone_allocations.so")}
        got = _sample(binary, "system", env=library)["system"]
        assert isinstance(got["allocations"], int) and isinstance(got["allocated_bytes"], int)
        assert "allocations" not in got["why"]
        if got["syscalls"] == "unavailable":
            assert got["why"]["syscalls"]


def _ended(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stream:
            return stream.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_measuring_process_does_not_outlive_who_asked(folders):
    for folder in folders:
        line = (f"{folder}/timer/quad_heap --die-with-parent $$ --workload hold --n 8 "
                "--min-time 60 >/dev/null & echo $!; wait")
        with subprocess.Popen(["sh", "-c", line], stdout=subprocess.PIPE, text=True) as shell:
            child = int(shell.stdout.readline())
            time.sleep(0.3)
            assert not _ended(child)
            shell.kill()
            shell.wait(10)
            for _ in range(100):
                if _ended(child):
                    break
                time.sleep(0.05)
            alive = not _ended(child)
            if alive:
                os.kill(child, signal.SIGKILL)
            assert not alive


def _instructions_an_operation(binary, workload, profile):
    command = ["valgrind", "--tool=callgrind", "--collect-atstart=no", "-q",
               f"--toggle-collect={_REGION}", f"--callgrind-out-file={profile}", str(binary)]
    done = _run(*command, "--workload", workload, "--n", "500", "--meter", "instructions")
    assert done.returncode == 0, done.stderr
    total = re.search(r"^(?:totals|summary): (\d+)", profile.read_text(encoding="utf-8"), re.M)
    return int(total.group(1)) / json.loads(done.stdout)["ops"]


def test_the_roof_really_links_and_stands_between_floor_and_variant(folders, tmp_path):
    """Linking a node takes four stores and unlinking it four: none of it is optimised away."""
    for folder in folders:
        for workload, least in (("start", 4), ("stop", 4), ("restart", 8)):
            floor, roof, variant = (_instructions_an_operation(
                folder / "timer" / name, workload, tmp_path / name) for name in _NEEDED)
            assert floor + least <= roof <= variant, (workload, floor, roof, variant)
