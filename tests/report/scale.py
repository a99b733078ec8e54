"""A run of 100 000 samples, and how long its analysis and its page take on one core.

    PYTHONPATH=scripts:. /usr/bin/python3 tests/report/scale.py [SAMPLES] [--keep DIR] [--profile]

Limits: analysis below 20 s, page below 10 s. Not part of the test suite, whose share of this is
in test_analysis_scale.py with a tenth of the samples.
"""

import argparse
import cProfile
import os
import pstats
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parent)]

import synthetic  # noqa: E402  the paths above are needed first

WORKLOADS = ("timeouts", "hold", "start", "stop", "churn")
SIZES = tuple(2**k for k in range(6, 19))


def world(samples):
    """About that many samples: 40 blocks (20 layouts, twice), as many variants as are needed."""
    blocks, beside = 40, 4  # twin, plant, floor and roof
    rows = max(3, samples // (blocks * len(WORKLOADS) * len(SIZES)) - beside)
    extra = tuple(f"made_up_{i}" for i in range(max(0, rows - len(synthetic.PEERS) - 6)))
    for i, name in enumerate(extra):
        synthetic.SCALE[name] = 1.0 + 0.1 * i
    variants = ("multimap_oracle", *(v for v in synthetic.VARIANTS if v not in synthetic.LINEAR
                                     and v != "multimap_oracle"), *extra, *synthetic.PEERS)[:rows]
    return synthetic.World(rich=True, layouts=20, repeats=2, sizes=SIZES, timed=WORKLOADS,
                           variants=variants, with_claims=False, threads=(), latency=False)


def timed(work, profile):
    if not profile:
        began = time.process_time()
        return work(), time.process_time() - began
    profiler = cProfile.Profile()
    began = time.process_time()
    out = profiler.runcall(work)
    took = time.process_time() - began
    pstats.Stats(profiler).sort_stats("cumulative").print_stats(30)
    return out, took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("samples", type=int, nargs="?", default=100_000)
    parser.add_argument("--keep", help="write or reuse the run in this folder")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    from reports import analyse
    from reports.page import report
    with tempfile.TemporaryDirectory(prefix="cyclone-scale-") as temp:
        base = Path(given.keep or temp)
        made = sorted(base.glob("quick-*"))
        folder = made[0] if made else synthetic.write(base, world(given.samples))
        count = sum(1 for _ in open(folder / "samples.jsonl", "rb"))
        analysis, first = timed(lambda: analyse.analyse(folder), given.profile)
        page, second = timed(lambda: report.page(analysis), given.profile)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{count} samples, {os.path.getsize(folder / 'samples.jsonl') / 1e6:.0f} MB: "
              f"analysis {first:.1f} s, page {second:.1f} s of one core, "
              f"analysis.json {os.path.getsize(folder / 'analysis.json') / 1e6:.1f} MB, "
              f"page {len(page.encode()) / 1e6:.2f} MB, peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
