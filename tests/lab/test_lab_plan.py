"""Plans: which cells there are, what is given up and why, and in which order they are measured."""

from collections import Counter

import pytest

from lab import order, plan, registry, suite
from lab.errors import NO_INPUT, CycloneError
from lab.measure import group_label

LINES = """
VARIANT(oracle, seq, "first", "K")
VARIANT(linear, seq, "list", "K")
VARIANT(wheel, seq, "wheel", "K")
PEER(lib, seq, "peer", "lib-dev")
"""
WORKLOADS = ["start", "hold", "tick"]


def described(**start):
    traits = {"start": "o1", "stop": "o1", "tick": "o1"}
    got = {("timer", v): {"workloads": WORKLOADS, "traits": traits | {"start": start.get(v, "o1")}}
           for v in ("oracle", "linear", "wheel", "floor")}
    return got


def make(text, claims=None, only=(), blocks=None, built=None):
    entries = registry.Registry("timer")
    registry.parse(entries, LINES, "registry.def")
    the_suite = suite.parse('schema = 1\nname = "s"\ntitle = "t"\nbudget_minutes = 1\n' + text,
                            "s.toml")
    return plan.make(the_suite, {"timer": entries}, built or described(linear="n"), claims or {},
                     {c: [] for c in claims or {}}, blocks, only)


COST = """
[[experiment]]
id = "cost"
component = "timer"
meter = "time"
workloads = ["start"]
n = [64, 8192]
peers = true
"""


def claim(**test):
    one = {"id": "x", "rule": "bound", "metric": "values.early", "variants": ["wheel"],
           "workload": "hold", "n": [64], "max": 0, "meter": "work"} | test
    return {"timers:X1": {"id": "timers:X1", "component": "timer", "file": "f", "sha256": "0",
                          "test": [one]}}


def test_controls_stand_in_every_timed_group():
    laid = make(COST)
    for n in (64, 8192):
        roles = Counter(c["role"] for c in laid["cells"] if c["n"] == n)
        assert roles["aa"] == 1 and roles["floor"] == 1
    twin = next(c for c in laid["cells"] if c["role"] == "aa")
    assert twin["id"] == "timer/oracle/start/n=64/time#aa"
    assert twin["reference"] == "timer/oracle/start/n=64/time"
    ids = [c["id"] for c in laid["cells"]]
    assert len(ids) == len(set(ids))


def test_linear_schemes_are_capped_and_unbuilt_peers_named():
    laid = make(COST)
    why = {g["cell"]: g["why"] for g in laid["given_up"]}
    assert why["timer/linear/start/n=8192/time"] == "START is O(n): n is capped at 4096"
    assert why["timer/lib/start/n=64/time"] == "lib is not built here"
    assert not any(c["variant"] == "lib" for c in laid["cells"])


def test_the_suite_may_lift_or_lower_a_cap():
    lifted = make(COST + "caps = { linear = 100000, wheel = 64 }\n")
    ids = {c["id"] for c in lifted["cells"]}
    assert "timer/linear/start/n=8192/time" in ids
    assert "timer/wheel/start/n=8192/time" not in ids


def test_a_claim_adds_its_cells_once():
    laid = make(COST, claim(workload="start", meter="time", metric="ns"))
    ours = [c for c in laid["cells"] if c["id"] == "timer/wheel/start/n=64/time"]
    assert len(ours) == 1 and ours[0]["experiment"] == "cost"
    seeds = make(COST, claim(seeds=3))
    cell = next(c for c in seeds["cells"] if c["meter"] == "work")
    assert cell["blocks"] == 3 and cell["experiment"] == "timers:X1/x"


def test_only_keeps_references_and_refuses_unknown_names():
    laid = make(COST, only=("wheel",))
    assert {c["variant"] for c in laid["cells"]} == {"oracle", "wheel", "floor"}
    one = make(COST, claim(), only=("timers:X1",))
    assert {c["meter"] for c in one["cells"]} == {"work"}
    both = make(COST, claim(variants=["linear"]), only=("timers:X1", "wheel"))
    timed = [c for c in both["cells"] if c["meter"] == "time"]
    assert {c["variant"] for c in timed} == {"oracle", "wheel", "floor"}
    assert {c["role"] for c in timed} == {"subject", "aa", "floor"}
    assert {c["variant"] for c in both["cells"] if c["meter"] == "work"} == {"linear"}
    with pytest.raises(CycloneError) as caught:
        make(COST, only=("weel",))
    assert caught.value.code == NO_INPUT


def test_equal_plans_have_equal_keys():
    assert make(COST)["plan_key"] == make(COST)["plan_key"]
    assert make(COST)["plan_key"] != make(COST, blocks=12)["plan_key"]
    assert make(COST, blocks=12)["blocks"] == 12


@pytest.mark.parametrize("count", [1, 2, 5, 12])
def test_each_cell_stands_once_at_each_place(count):
    cells = list(range(count))
    rows = [order.block_order({"g": cells}, block, 7) for block in range(count)]
    for place in range(count):
        assert sorted(row[place] for row in rows) == cells
    assert all(sorted(row) == cells for row in rows)


def test_an_even_square_balances_who_follows_whom():
    pairs = Counter(p for row in order.williams(6) for p in zip(row, row[1:], strict=False))
    assert len(pairs) == 30 and set(pairs.values()) == {1}


def test_the_order_follows_from_the_seed_and_groups_stay_together():
    groups = {"g": ["g1", "g2", "g3"], "h": ["h1", "h2", "h3"]}
    orders = [order.block_order(groups, b, 1) for b in range(20)]
    assert orders == [order.block_order(groups, b, 1) for b in range(20)]
    assert orders != [order.block_order(groups, b, 2) for b in range(20)]
    assert all(len({c[0] for c in o[:3]}) == 1 for o in orders)
    assert {o[0][0] for o in orders} == {"g", "h"}


def test_params_and_sizes_make_groups_of_their_own():
    cells = make(COST)["cells"]
    assert len({group_label(c) for c in cells}) == 2
    assert plan.cell_id("timer", "a", "tick", {"mode": "idle", "deep": True}, 8, "work") == \
        "timer/a/tick,deep=true,mode=idle/n=8/work"
