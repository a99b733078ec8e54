"""The advice: what can be asked, who is ruled out, who is recommended on figures made by hand."""

import math
import random

import pytest

from lab.advise import ask, qualify, timer
from lab.advise.qualify import Option, Unknown, sort_out
from lab.advise.recommend import Findings, advise, dearer, middle, unbeaten
from lab.errors import USAGE, CycloneError

GIVEN = {"n": "1e4", "cancel": None, "ttl": None, "slack": "0", "restart": None, "exact": False,
         "order": "any", "intrusive": False, "memory": None}
UNITS = 11


def question(**more):
    return timer.question(GIVEN | more)


def option(name, role="variant", late="exact", bytes_a_timer=40.0, **more):
    traits = {"late": late, "order": "fifo", "next": "exact", "start": "o1", "stop": "o1",
              "tick": "o1"} | more.pop("traits", {})
    facts = {"bytes_a_timer": bytes_a_timer, "held_bytes": 100.0, "held_at": 10000} | more
    return Option(name, role, traits, ("timeouts", "restart", "sparse", "accuracy"), 32, 100, facts)


def costs(seed, noise=0.004, **middles):
    """variant -> unit -> ns: noise that a unit shares, and a little that it does not."""
    print(f"seed {seed}")
    rng = random.Random(seed)
    shared = [rng.gauss(0, 0.1) for _ in range(UNITS)]
    return {v: {u: ns * math.exp(shared[u] + rng.gauss(0, noise)) for u in range(UNITS)}
            for v, ns in middles.items()}


def advised(options, figures, asked=None, ruled_out=None, **more):
    return advise(asked or question(), options,
                  Findings("made up", {"asked": figures, **more.pop("others", {})}, **more),
                  ruled_out or {})


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_shown_to_be_cheaper_than_the_recommended_one(seed):
    rng = random.Random(1000 + seed)
    middles = {f"v{i}": rng.uniform(10, 14) for i in range(6)}
    figures = costs(seed, 0.02, **middles)
    options = [option(v, bytes_a_timer=rng.choice([40, 64, 96])) for v in middles]
    got = advised(options, figures)
    chosen = got["recommended"]
    delta = math.log(1 + got["delta"])
    assert not any(dearer(figures[chosen], figures[v], delta) for v in figures if v != chosen)
    assert set(got["equals"]) == set(unbeaten(figures, delta)) - {chosen}


def test_the_cheapest_is_taken_and_the_next_is_named_with_its_ratio():
    got = advised([option("a"), option("b")], costs(1, a=10, b=13))
    assert got["recommended"] == "a" and got["equals"] == []
    row = next(r for r in got["candidates"] if r["variant"] == "b")["against_recommended"]
    assert row["low"] <= row["ratio"] <= row["high"]
    assert row["ratio"] == pytest.approx(1.3, rel=0.01)
    assert any("b, costs 1.3" in line for line in got["why"])


@pytest.mark.parametrize(("small", "big"), [
    ({"bytes_a_timer": 40}, {"bytes_a_timer": 64}),
    ({"worst_tick_work": 5}, {"worst_tick_work": 500}),
    ({"worst_tick_work": 5}, {}),
    ({}, {"late": "bounded"}),
    ({}, {"held_bytes": 1e6}),
    ({}, {"role": "wrapper"}),
])
def test_a_tie_is_broken_by_the_stated_rule_whoever_is_the_cheaper_by_a_hair(small, big):
    for names in (("a", "b"), ("b", "a")):
        better, worse = names
        got = advised([option(better, **small), option(worse, **big)],
                      costs(2, **{better: 10.02, worse: 10.0}))
        assert got["recommended"] == better and got["equals"] == [worse]
        assert timer.TIE_RULE in got["why"][0]


def test_memory_comes_before_the_worst_tick_and_does_not_outweigh_time():
    frugal, steady = option("a", bytes_a_timer=40, worst_tick_work=900), \
        option("b", bytes_a_timer=64, worst_tick_work=1)
    assert advised([frugal, steady], costs(3, a=10, b=10))["recommended"] == "a"
    assert advised([frugal, steady], costs(3, a=12, b=10))["recommended"] == "b"


def test_all_ruled_out_is_a_value_that_says_so():
    got = advised([], {}, ruled_out={"a": "may fire late", "b": "LINEAR"})
    assert got["recommended"] is None and got["why"] == ["every variant is ruled out"]
    assert [r["variant"] for r in got["ruled_out"]] == ["a", "b"] and got["schema"] == 1
    got = advised([option("a")], {})
    assert got["recommended"] is None and got["why"] == ["nothing that qualifies has figures"]


def test_what_does_not_qualify_is_not_recommended_however_cheap():
    got = advised([option("a")], costs(4, a=10, late=1), ruled_out={"late": "may fire late"})
    assert got["recommended"] == "a"
    assert [r["variant"] for r in got["candidates"]] == ["a"]


def test_the_cost_of_being_wrong():
    others = {"n_more": costs(5, a=30, b=20), "n_less": costs(6, a=5, b=9)}
    got = advised([option("a"), option("b")], costs(7, a=10, b=12), others=others,
                  unknown={"cancel_half": "no room"})
    rows = {r["scenario"]: r for r in got["regret"]}
    assert rows["n_more"]["best"] == "b"
    assert rows["n_more"]["low"] <= rows["n_more"]["ratio"] <= rows["n_more"]["high"]
    assert rows["n_more"]["ratio"] == pytest.approx(1.5, rel=0.02)
    assert rows["n_less"]["best"] == "a" and rows["n_less"]["ratio"] == 1
    assert not rows["cancel_half"]["known"] and rows["cancel_half"]["why"] == "no room"
    assert not rows["ttl_const"]["known"] and "no figure" in rows["ttl_const"]["why"]


def test_the_harness_is_taken_off_where_it_is_small_and_said_where_it_is_not():
    figures, floor = costs(8, 0.0, a=10, b=19), {"asked": {u: 1.0 for u in range(UNITS)}}
    got = advised([option("a"), option("b")], figures, floors=floor)
    assert middle(got["units"]["asked"]["a"]) == pytest.approx(middle(figures["a"]) - 1)
    got = advised([option("a"), option("b")], figures,
                  floors={"asked": {u: 5.0 for u in range(UNITS)}})
    assert middle(got["units"]["asked"]["a"]) == pytest.approx(middle(figures["a"]))
    assert any("larger than they look" in n for n in got["notes"])


def test_equal_code_that_looks_apart_widens_what_counts_as_equal():
    figures = costs(9, a=10, b=10.6)
    pair = [option("a"), option("b")]
    assert advised(pair, figures)["equals"] == []
    apart = [0.05 if u % 2 else -0.05 for u in range(UNITS)]
    assert advised(pair, figures, aa=apart)["equals"] == ["b"]


# -- rules ---------------------------------------------------------------------------------------

def late(slack):
    return {o.name for o in sort_out(
        [option("exact"), option("wheel", late="bounded", late_share=0.127),
         option("fine", late="bounded", late_share=0.017),
         option("unseen", late="bounded")], question(slack=slack).rules, True)[0]}


def test_raising_the_slack_never_rules_a_variant_out():
    before = set()
    for slack in ("0", "0.1%", "1 %", "0.017", "2%", "12%", "12.7%", "0.5", "1"):
        now = late(slack)
        assert before <= now
        before = now
    assert late("0") == {"exact"} and before == {"exact", "wheel", "fine"}


def reasons(them, final=True, **more):
    return sort_out(them, question(**more).rules, final)[1]


def test_each_rule_has_a_variant_that_it_rules_out():
    slow, vague = option("slow", traits={"start": "n"}), option("vague", traits={"next": "none"})
    unordered, short = option("u", traits={"order": "unordered"}), \
        option("short", traits={"horizon": "1000"})
    assert "START linear" in reasons([slow], n="1e5")["slow"] and not reasons([slow], n="4096")
    assert "sleep" in reasons([vague])["vague"]
    assert reasons([unordered], order="fifo") and not reasons([unordered])
    assert "up to 1e+03 ticks" in reasons([short])["short"]
    assert not reasons([short], ttl="const:1ms")
    assert "late" in reasons([option("l", late="bounded", late_share=0.1)], slack="1%")["l"]
    assert reasons([option("big", bytes_a_timer=2000.0)], memory="1M")
    assert not reasons([option("big", bytes_a_timer=2000.0)], memory="1G")
    assert "beside the nodes" in reasons([option("h", held_bytes=1e6)], intrusive=True)["h"]
    assert not reasons([option("node")], intrusive=True)
    bare = Option("bare", "variant", option("x").traits, ("hold",))
    assert "does not offer timeouts" in reasons([bare])["bare"]


def test_what_is_not_known_waits_until_the_end_and_then_does_not_qualify():
    library = option("lib", role="peer")
    assert not reasons([library], final=False, intrusive=True)
    assert reasons([library], intrusive=True) == {
        "lib": "what it holds beside the nodes is not known"}
    vague = qualify.sort_out([library], [lambda _: Unknown("x")], True)
    assert vague == ([], {"lib": "x is not known"})


# -- what is asked -------------------------------------------------------------------------------

@pytest.mark.parametrize(("text", "value"), [("1e5", 100000), ("100k", 100000), ("7", 7),
                                             ("2M", 2000000)])
def test_counts(text, value):
    assert ask.count("--n", text) == value


@pytest.mark.parametrize(("text", "value"), [("1%", 0.01), ("1 %", 0.01), ("0.01", 0.01),
                                             ("99.9 %", 0.999), ("1", 1), (".5", 0.5)])
def test_shares(text, value):
    assert ask.share("--slack", text) == pytest.approx(value)


@pytest.mark.parametrize(("text", "value"), [("64M", 2**26), ("64MiB", 2**26), ("64 mb", 2**26),
                                             ("65536", 65536), ("100B", 100), ("1.5G", 3 * 2**29)])
def test_sizes(text, value):
    assert ask.size("--memory", text) == value


@pytest.mark.parametrize(("text", "seconds"), [
    ("const:30s", 30), ("const:5", 0.005), ("uniform:1s..5s", 3), ("lognormal:30s", 30),
    ("lognormal:30s,0.5", 30), ("lognormal:1s..100s", 10), ("loguniform:1ms..1s", 0.0316),
    ("exp:10s", 6.93), ("mix:1s,200ms,30s", 1), ("bimodal:10ms,30s,0.1", 0.01),
    ("pareto:1,10ms", 0.02)])
def test_the_median_of_a_distribution(text, seconds):
    assert ask.ttl_median("--ttl", text) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(("flag", "text"), [
    ("n", "many"), ("n", "0"), ("n", "1.5"), ("n", "1e9"), ("n", "-4"), ("n", "1e999"),
    ("cancel", "99"), ("cancel", "-1"), ("cancel", "most"), ("slack", "1 ms"), ("slack", "nan"),
    ("ttl", "30s"), ("ttl", "gauss:30s"), ("ttl", "const:30 years"), ("ttl", "uniform:1s"),
    ("ttl", "pareto:10ms"), ("ttl", "const:0s"), ("restart", "0"), ("restart", "often"),
    ("memory", "64X"), ("memory", "")])
def test_what_cannot_be_read_names_its_option_and_an_example(flag, text):
    with pytest.raises(CycloneError) as wrong:
        question(**{flag: text})
    assert wrong.value.code == USAGE and f"--{flag}" in wrong.value.message
    assert f"--{flag}" in wrong.value.remedy
    shown = wrong.value.remedy.partition(f"--{flag} ")[2]
    question(**{flag: shown})  # the example is one that can be read


def test_exact_and_slack_exclude_each_other():
    with pytest.raises(CycloneError) as wrong:
        question(exact=True, slack="1%")
    assert "--slack" in wrong.value.message and question(exact=True).asked["slack"] == 0


def test_what_might_be_true_instead():
    asked = question(n="1e5", cancel="0.99", ttl="lognormal:30s", restart="50")
    found = {s.key: s for s in asked.scenarios}
    assert [p.workload for p in found["asked"].parts] == ["timeouts", "restart"]
    assert {p.n for p in found["n_more"].parts} == {10**6}
    assert found["cancel_half"].parts[0].params == {"cancel": 0.5, "ttl": "lognormal:30s"}
    assert "cancel" not in found["cancel_half"].parts[1].params
    assert found["ttl_const"].parts[1].params == {"ttl": "const:30s", "ratio": 50}
    assert "n_more" not in {s.key for s in question(n="1e7").scenarios}
    assert "ttl_const" not in {s.key for s in question(ttl="const:1s").scenarios}
    for scenario in question(ttl="exp:90s").scenarios:
        for part in scenario.parts:
            if "ttl" in part.params:
                ask.ttl_median("--ttl", part.params["ttl"])
