"""Fake programs and small plans: the lab is tested without compiling anything."""

import stat
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "scripts"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

_FAKE = """#!/bin/sh
# A bench binary that answers at once, or fails in the way its first line of behaviour says.
for word in "$@"; do
    case $previous in
    --workload) workload=$word ;;
    --n) n=$word ;;
    --meter) meter=$word ;;
    --seed) seed=$word ;;
    esac
    previous=$word
done
@BEHAVIOUR@
printf '{"schema":1,"component":"timer","variant":"@NAME@","workload":"%s","n":%s,' \
    "$workload" "$n"
printf '"params":{},"seed":%s,"meter":"%s","ops":1000,"ns_per_op":12.5,' "$seed" "$meter"
printf '"iter_ns":[12.5],"work":null,"values":{},"result_hash":"00","main_ns":1000000,'
printf '"sw":{"ctx_voluntary":0,"ctx_involuntary":0,"faults_minor":0,"cpu_ns":1}}\\n'
"""


def write_fake(path, behaviour=":"):
    """A program named like its variant; `behaviour` is shell run before the answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_FAKE.replace("@NAME@", path.name).replace("@BEHAVIOUR@", behaviour))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def make_cell(variant, workload="start", n=64, meter="time", role="subject", blocks=2):
    suffix = "#aa" if role == "aa" else ""
    return {"id": f"timer/{variant}/{workload}/n={n}/{meter}{suffix}", "component": "timer",
            "variant": variant, "workload": workload, "params": {}, "n": n, "meter": meter,
            "role": role, "experiment": "cost", "reference": None, "blocks": blocks,
            "min_time": 0.01}
