"""A built queue benchmark, seen from outside: which workloads it has, that its threads met, and
that it does not answer what it cannot measure."""

import json
import os
import subprocess

import pytest
from fakes import ROOT

_NEEDED = ("floor", "mutex_ring", "lamport_spsc", "vyukov_mpsc")


def _run(binary, *args):
    return subprocess.run([str(binary), *args], capture_output=True, text=True, timeout=60,
                          check=False)


def _is_current(folder):
    """Whether the benchmarks are there and know the workloads of this tree."""
    for name in _NEEDED:
        if not (folder / name).is_file():
            return False
        done = _run(folder / name, "--describe")
        if done.returncode != 0 or "transfer_wake" not in json.loads(done.stdout)["workloads"]:
            return False
    return True


@pytest.fixture(scope="module")
def folders():
    """The folder of the benchmark binaries in a list, or none when nothing is built."""
    built = [ROOT / "build" / preset / "bench" / "queue" for preset in ("release", "dev")]
    return [f for f in built if _is_current(f)][:1]


def _cpus():
    return ",".join(map(str, sorted(os.sched_getaffinity(0))[:2]))


def _sample(binary, workload, *params, n=2000, meter="time"):
    words = [w for p in params for w in ("--param", p)]
    done = _run(binary, "--workload", workload, "--n", str(n), "--meter", meter, "--min-time",
                "0.002", "--cpus", _cpus(), *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_kind_has_its_workloads(folders):
    for folder in folders:
        has = {name: set(json.loads(_run(folder / name, "--describe").stdout)["workloads"])
               for name in _NEEDED}
        assert {"transfer", "pingpong", "paced", "pair", "transfer_bytes"} <= has["lamport_spsc"]
        assert not {"fan_in", "mix"} & has["lamport_spsc"]
        assert "fan_in" in has["vyukov_mpsc"] and "mix" not in has["vyukov_mpsc"]
        assert {"fan_in", "mix", "bursts"} <= has["mutex_ring"]
        assert has["floor"] >= has["mutex_ring"] - {"simulated", "processors", "scu"}


@pytest.mark.parametrize(("workload", "params"), [
    ("transfer", ("capacity=64",)), ("transfer", ("batch=16",)), ("transfer_wake", ()),
    ("transfer_bytes", ("payload=64",)), ("fan_in", ("producers=3",)),
    ("fan_in_wake", ("producers=2", "wake=eventfd")), ("mix", ("threads=2",)),
    ("bursts", ("threads=2", "timed=pop")), ("transfer", ("cores=1",)),
    ("paced", ("gap_ns=2000", "arrivals=bursts"))])
def test_threads_met_and_calls_that_failed_are_apart(folders, workload, params):
    for folder in folders:
        got = _sample(folder / "mutex_ring", workload, *params)
        told = got["values"]
        assert got["ops"] > 0 and got["ns_per_op"] > 0
        assert 0 <= told["overlap_min"] <= 1 and told["threads"] >= 2
        assert told["oversubscribed"] == (told["threads"] > told["cpus"])
        assert told["bytes_per_item"] > 0
        assert {"full_per_item", "empty_per_item", "blocked_per_item"} <= set(told)
        if workload.startswith(("transfer", "fan_in")):
            assert told["overlap_min"] == 1 and told["ns_per_item"] > 0
        if "cores=1" in params:
            assert told["cpus"] == 1 and told["oversubscribed"] == 1
        if workload in ("paced", "bursts"):
            assert got["latency"]["count"] == told["latencies"] > 0


def test_producers_are_told_apart(folders):
    for folder in folders:
        got = _sample(folder / "vyukov_mpsc", "fan_in", "producers=3", n=20000)
        assert len(got["threads"]) == 3 and 1 / 3 <= got["values"]["jain"] <= 1
        assert sum(t["ops"] for t in got["threads"]) > 0


@pytest.mark.parametrize(("args", "words"), [
    (("--workload", "fan_in", "--param", "producers=0"), "producers"),
    (("--workload", "transfer", "--param", "payload=8"), "no parameter 'payload'"),
    (("--workload", "transfer", "--param", "cores=9"), "cores"),
    (("--workload", "transfer", "--meter", "instructions"), "--meter time"),
    (("--workload", "pair", "--meter", "work"), "--meter instructions"),
    (("--workload", "paced", "--param", "wake=gong"), "eventcount"),
])
def test_a_wrong_request_is_misuse(folders, args, words):
    for folder in folders:
        done = _run(folder / "mutex_ring", "--n", "8", *args)
        assert done.returncode == 64 and words in done.stderr and not done.stdout
