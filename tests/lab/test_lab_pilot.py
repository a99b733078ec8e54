"""The pilot: variance components that were put in come out, and counts follow the formula."""

import math
import random

import pytest

from lab import pilot


def series(rng, layout, process, batch, layouts=60, processes=4, batches=16):
    out = []
    for _ in range(layouts):
        level = rng.gauss(0, layout)
        out.append([])
        for _ in range(processes):
            mine = level + rng.gauss(0, process)
            out[-1].append([100 * math.exp(mine + rng.gauss(0, batch)) for _ in range(batches)])
    return out


@pytest.mark.parametrize(("layout", "process", "batch"), [
    (0.05, 0.02, 0.03), (0.0, 0.04, 0.02), (0.03, 0.0, 0.05)])
def test_components_come_out_as_they_went_in(layout, process, batch):
    found = pilot.components(series(random.Random(5), layout, process, batch))
    for got, put in zip(found, (layout, process, batch), strict=True):
        assert math.sqrt(got) == pytest.approx(put, rel=0.25, abs=0.006)


def test_counts_follow_the_formula():
    # sqrt(4/1 * 9/1) = 6; nothing below 1, nothing above the cap.
    assert pilot.repeats(4.0, 1.0, 9.0, 1.0, 99) == 6
    assert pilot.repeats(4.0, 1.0, 9.0, 1.0, 3) == 3
    assert pilot.repeats(0.001, 1.0, 1.0, 1.0, 3) == 1
    assert pilot.repeats(1.0, 1.0, 0.0, 1.0, 3) == 1  # no variance here: once is enough
    assert pilot.repeats(1.1, 1.0, 1.0, 0.0, 3) == 3  # none above, and dear: repeat here
    assert pilot.repeats(0.1, 1.0, 1.0, 0.0, 3) == 1  # none above, and cheap: a unit more instead


def test_the_plant_is_one_and_a_half_delta_but_five_percent_at_least():
    assert pilot.planted(math.log(1.02)) == 0.05
    assert pilot.planted(math.log(1.10)) == pytest.approx(1.1**1.5 - 1, abs=1e-3)
    assert pilot.planted(7.0) == 1.0


def sample(iter_ns, wall=0.1):
    return {"wall_s": wall, "result": {"iter_ns": iter_ns, "ns_per_op": sum(iter_ns) / len(iter_ns),
                                       "ops": 500_000}}


def plan_of(groups):
    cells = []
    for n in groups:
        for role in ("subject", "aa", "planted"):
            cells.append({"id": f"x/{n}/{role}", "component": "timer", "variant": "a", "n": n,
                          "workload": "w", "params": {}, "meter": "time", "role": role,
                          "blocks": 11, "min_time": 0.05, "planted": 0.05, "reference": "x"})
    return {"cells": cells}


def test_what_the_pilot_decides_is_written_into_the_plan():
    rng, plan = random.Random(2), plan_of([64, 4096])
    rows = []
    for cell in plan["cells"][::3]:
        noise = 0.01 if cell["n"] == 64 else 0.12
        taken = [[sample([50 * math.exp(rng.gauss(0, noise / 2)) for _ in range(20)])
                  for _ in range(2)] for _ in range(3)]
        shifted = [[sample([v * math.exp(rng.gauss(0, noise)) for v in s["result"]["iter_ns"]])
                    for s in processes] for processes in taken]
        rows.append(pilot.row(cell, shifted, 0.03))
    table = pilot.settle(rows, plan, 11, 600.0)
    pilot.apply(plan, table)
    quiet, noisy = table["rows"]
    assert noisy["predicted_half_width"] > quiet["predicted_half_width"] > 0
    assert noisy["planted"] >= quiet["planted"] >= 0.05
    planted = {c["n"]: c["planted"] for c in plan["cells"] if c["role"] == "planted"}
    assert planted == {64: quiet["planted"], 4096: noisy["planted"]}
    assert all(c["blocks"] == 11 * plan["repeats"] for c in plan["cells"])
    assert all(0.025 <= c["min_time"] <= 0.1 for c in plan["cells"])
    assert table["eta_s"] == pytest.approx(table["block_s"] * 11 * plan["repeats"])


def test_a_short_budget_makes_no_process_longer():
    plan = plan_of([64])
    taken = [[sample([50.0, 51.0, 49.0, 50.5] * 4) for _ in range(2)] for _ in range(3)]
    row = pilot.row(plan["cells"][0], taken, 0.03) | {"processes": 3}
    table = pilot.settle([row], plan, 11, 0.1)
    pilot.apply(plan, table)
    assert all(c["min_time"] <= 0.05 for c in plan["cells"])
    assert plan["repeats"] == 1 and "3 processes a layout were wanted" in table["given_up"]


def test_the_predicted_width_is_what_simulation_gives():
    """Medians of log ratios of two equals, at the counts the plan would use."""
    rng, units = random.Random(9), 21
    layout, process, batch = 0.03, 0.02, 0.04
    medians = []
    for _ in range(2000):
        logs = sorted(sum(sign * (rng.gauss(0, layout) + rng.gauss(0, process)
                                  + rng.gauss(0, batch / 4)) for sign in (1, -1))
                      for _ in range(units))
        medians.append(logs[units // 2])
    seen = math.sqrt(sum(m * m for m in medians) / len(medians))
    told = pilot.half_width((layout**2, process**2, batch**2), 1, 16, units) / 1.96
    assert told == pytest.approx(seen, rel=0.08)
