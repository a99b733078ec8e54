"""Plans: which cells there are, what is given up and why, and in which order they are measured."""

from collections import Counter

import pytest

from lab import plan, registry, suite
from lab.errors import NO_INPUT, CycloneError
from reports.groups import label as group_label

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


def make(text, claims=None, only=(), blocks=None, built=None, cpus=None):
    entries = registry.Registry("timer")
    registry.parse(entries, LINES, "registry.def")
    the_suite = suite.parse('schema = 1\nname = "s"\ntitle = "t"\nbudget_minutes = 1\n' + text,
                            "s.toml")
    return plan.make(the_suite, {"timer": entries}, built or described(linear="n"), claims or {},
                     {c: [] for c in claims or {}}, blocks, only, cpus)


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
        assert roles["aa"] == roles["planted"] == roles["floor"] == 1
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
    assert {c["role"] for c in timed} == {"subject", "aa", "planted", "floor"}
    assert {c["variant"] for c in both["cells"] if c["meter"] == "work"} == {"linear"}
    with pytest.raises(CycloneError) as caught:
        make(COST, only=("weel",))
    assert caught.value.code == NO_INPUT


def test_equal_plans_have_equal_keys():
    assert make(COST)["plan_key"] == make(COST)["plan_key"]
    assert make(COST)["plan_key"] != make(COST, blocks=12)["plan_key"]
    assert make(COST, blocks=12)["blocks"] == 12


def test_params_and_sizes_make_groups_of_their_own():
    cells = make(COST)["cells"]
    assert len({group_label(c) for c in cells}) == 2
    assert plan.cell_id("timer", "a", "tick", {"mode": "idle", "deep": True}, 8, "work") == \
        "timer/a/tick,deep=true,mode=idle/n=8/work"


# -- placements, sweeps, blocks ----------------------------------------------------------------

SWEEP = COST + 'sweep = { threads = [1, 2] }\nplacement = "two_cores"\n'


def test_a_sweep_makes_a_cell_of_every_value():
    cells = make(SWEEP, cpus={0: _cpu(0), 1: _cpu(1)})["cells"]
    assert {str(c["params"]["threads"]) for c in cells if "threads" in c["params"]} == {"1", "2"}
    assert all("@two_cores" in c["id"] for c in cells)
    assert len({group_label(c) for c in cells}) == 4  # two sizes, two thread counts


def _cpu(core):
    return {"core": ("0", core), "package": "0", "node": 0}


def test_a_placement_that_is_not_there_gives_its_cells_up_with_the_reason():
    laid = make(SWEEP, cpus={0: _cpu(0)})
    assert not laid["cells"]
    assert all("two_cores: no two cores" in g["why"] for g in laid["given_up"])
    assert "unavailable" in laid["placements"]["two_cores"]


def test_more_blocks_are_planned_than_the_first_look_needs():
    laid = make(COST.replace('meter = "time"', 'meter = "time"\nblocks = 11\nblocks_max = 22'))
    assert {c["blocks"] for c in laid["cells"]} == {22}
    assert laid["stop_rule"]["first"] == 11 and set(laid["stop_rule"]["units_max"].values()) == {22}
    fixed = make(COST, blocks=12)["stop_rule"]
    assert fixed["first"] == 12 and set(fixed["units_max"].values()) == {12}


def test_every_layout_and_a_twin_of_each_reference_is_wanted():
    wanted, twins = plan.links_wanted(make(COST), [1, 2], [3, 4])
    assert wanted["timer", "wheel"] == wanted["timer", "floor"] == [1, 2]
    assert twins == {("timer", "oracle"): [3, 4]}
