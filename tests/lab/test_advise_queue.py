"""The advice about queues: what can be asked, who is ruled out, what is measured, what is shown."""

import json

import pytest
from fakes import ROOT

from lab import cli, placement, suite
from lab.advise import lookup, qualify, queue, screen
from lab.advise.qualify import Option, sort_out
from lab.advise.recommend import Findings, advise
from lab.errors import OK, USAGE, CycloneError
from lab.tree import Tree

GIVEN = {"producers": "4", "consumers": "1", "bounded": False, "capacity": None,
         "strict_empty": False, "no_false_empty": False, "order": "fifo_per_producer",
         "progress": "any", "any_item": False, "no_allocation": False, "memory": None,
         "sleeps": False}
TRAITS = {"serves": "mpmc", "order": "fifo", "empty": "strict", "full": "strict",
          "capacity": "exact", "push": "lock_free", "pop": "lock_free", "reclamation": "none",
          "visible": "at_once", "items": "any"}
OFFERS = ("transfer", "transfer_wake", "fan_in", "fan_in_wake", "mix", "pingpong")
UNITS = 11


def question(**more):
    return queue.question(GIVEN | more)


def option(name, role="variant", node_bytes=16, workloads=OFFERS, **traits):
    return Option(name, role, TRAITS | traits, workloads, node_bytes, 256)


def reasons(them, **more):
    return sort_out(them, question(**more).rules, True)[1]


def costs(**middles):
    return {v: {u: ns * (1 + 0.002 * ((u + len(v)) % 3)) for u in range(UNITS)}
            for v, ns in middles.items()}


@pytest.mark.parametrize(("asked", "traits", "words"), [
    ({}, {"serves": "spsc"}, "lets one thread push, not 4"),
    ({"consumers": "2"}, {"serves": "mpsc"}, "lets one thread pop, not 2"),
    ({}, {"serves": "heap"}, "does not say how many"),
    ({"bounded": True}, {"capacity": "unbounded"}, "unbounded"),
    ({"strict_empty": True}, {"empty": "weak"}, "may say empty"),
    ({"strict_empty": True}, {"empty": "three_valued"}, "would_block"),
    ({"no_false_empty": True}, {"empty": "weak"}, "may say empty"),
    ({}, {"order": "lifo"}, "keeps lifo"),
    ({"order": "fifo"}, {"order": "fifo_per_producer"}, "keeps fifo_per_producer"),
    ({"progress": "lock_free"}, {"pop": "blocking"}, "its pop is blocking"),
    ({"progress": "wait_free"}, {}, "its push is lock_free"),
    ({}, {"visible": "at_flush"}, "until a flush"),
    ({"any_item": True}, {"items": "word"}, "words only"),
    ({"no_allocation": True}, {"reclamation": "epochs"}, "takes memory as it goes"),
    ({"memory": "8"}, {}, "16 bytes an item"),
])
def test_each_rule_has_a_variant_that_it_rules_out_and_one_that_it_does_not(asked, traits, words):
    assert words in reasons([option("x", **traits)], **asked)["x"]
    fine = {"push": "wait_free", "pop": "wait_free"}
    assert not reasons([option("y", node_bytes=8, **fine)], **asked)


def test_less_is_asked_less_is_ruled_out():
    weak = option("w", empty="three_valued", order="lifo", push="blocking", capacity="unbounded",
                  reclamation="reuse", items="word")
    assert not reasons([weak], order="any")
    assert not reasons([option("t", empty="three_valued")], no_false_empty=True)
    assert not reasons([option("s", serves="spsc")], producers="1")
    bare = option("bare", workloads=("pair",))
    assert "does not offer fan_in" in reasons([bare])["bare"]
    assert "does not say" in reasons([option("n", node_bytes=None)], memory="64")["n"]


@pytest.mark.parametrize(("asked", "workload", "params"), [
    ({}, "fan_in", {"producers": 4, "capacity": 4096}),
    ({"producers": "1"}, "transfer", {"capacity": 4096}),
    ({"sleeps": True}, "fan_in_wake", {"producers": 4, "capacity": 4096, "wake": "eventfd"}),
    ({"producers": "1", "sleeps": True, "capacity": "64"}, "transfer_wake",
     {"capacity": 64, "wake": "eventfd"}),
    ({"consumers": "3"}, "mix", {"threads": 7, "capacity": 4096})])
def test_what_is_measured(asked, workload, params):
    part = question(**asked).scenarios[0].parts[0]
    assert (part.workload, part.params, part.placement) == (workload, params, "all_cpus")
    assert part.placement in placement.NAMES


def test_what_might_be_true_instead():
    found = {s.key: s for s in question().scenarios}
    assert set(found) == {"asked", "producers_more", "producers_less", "capacity_less", "one_core",
                          "asleep"}
    assert found["producers_more"].parts[0].params["producers"] == 8
    assert found["producers_less"].parts[0].params["producers"] == 2
    assert found["capacity_less"].parts[0].params["capacity"] == 64
    assert found["one_core"].parts[0].params["cores"] == 1
    assert found["asleep"].parts[0].workload == "fan_in_wake"
    few = {s.key for s in question(producers="1", capacity="64", sleeps=True).scenarios}
    assert few == {"asked", "producers_more", "one_core", "awake"}
    assert "asleep" not in {s.key for s in question(consumers="2").scenarios}
    assert "producers_more" not in {s.key for s in question(producers="40").scenarios}
    spsc = option("s", serves="spsc", workloads=("transfer", "transfer_wake"))
    asked = question(producers="1")
    more = {s.key: s for s in asked.scenarios}["producers_more"]
    assert sort_out([spsc], asked.rules_at(more), False)[0] == []


@pytest.mark.parametrize(("flag", "text"), [
    ("producers", "many"), ("producers", "0"), ("producers", "63"), ("consumers", "1.5"),
    ("capacity", "0"), ("capacity", "1e9"), ("memory", "64X")])
def test_what_cannot_be_read_names_its_option_and_an_example(flag, text):
    with pytest.raises(CycloneError) as wrong:
        question(**{flag: text})
    assert wrong.value.code == USAGE and f"--{flag}" in wrong.value.message
    shown = wrong.value.remedy.partition(f"--{flag} ")[2]
    question(**{flag: shown})  # the example is one that can be read


def test_what_does_not_go_together_is_said():
    with pytest.raises(CycloneError, match="one consumer"):
        question(sleeps=True, consumers="2")
    with pytest.raises(CycloneError, match="more than 62"):
        question(producers="60", consumers="60")


def test_the_cheapest_is_taken_and_a_tie_goes_to_the_frugal():
    asked = question()
    figures = costs(lean=20.0, fat=20.0, slow=40.0)
    them = [option("fat", node_bytes=64), option("lean"), option("slow", node_bytes=8)]
    got = advise(asked, them, Findings("made up", {"asked": figures}), {"x": "weak"})
    assert got["recommended"] == "lean" and got["equals"] == ["fat"]
    assert queue.TIE_RULE in got["why"][0]
    progress = [option("b", push="blocking"), option("a", push="wait_free")]
    got = advise(asked, progress, Findings("made up", {"asked": costs(a=20.0, b=20.0)}), {})
    assert got["recommended"] == "a"


def test_the_screen_has_a_queue_s_columns(capsys):
    got = advise(question(strict_empty=True, bounded=True), [option("ring"), option("list")],
                 Findings("made up", {"asked": costs(ring=20.0, list=30.0)}), {"x": "weak"})
    screen.show(got)
    said = capsys.readouterr().out
    assert "take ring" in said and "says empty" in said and "lock free" in said
    assert "4 threads push, 1 pops" in said and "strictly empty" in said
    assert "worst tick" not in said
    assert json.loads(json.dumps(got))["component"] == "queue"


def test_figures_of_another_placement_are_not_these():
    part = question().scenarios[0].parts[0]

    def planned(where):
        return {"component": "queue", "workload": "fan_in", "meter": "time", "role": "subject",
                "params": part.params, "n": part.n, "placement": where}
    assert lookup.nearest([planned("one_cpu")], "queue", part, False) is None
    assert lookup.nearest([planned("all_cpus")], "queue", part, False)


def test_the_suite_has_what_is_asked_most():
    """So that the advice can be looked up in a run of it."""
    asked = question().scenarios[0].parts[0]
    experiments = suite.load(Tree(ROOT), "queues").experiments
    found = [(w, params, exp.n, exp.placement) for exp in experiments
             for w in exp.workloads for params in exp.param_sets()]
    assert (asked.workload, asked.params, [asked.n], asked.placement) in found
    alone = question(producers="1").scenarios[0].parts[0]
    assert (alone.workload, alone.params, [alone.n], alone.placement) in found


def test_what_a_program_describes_is_read():
    got = qualify.Option.of("ring", "variant", {"traits": TRAITS, "workloads": list(OFFERS),
                                                "bytes_per_item": 8, "fixed_bytes": 256})
    assert got.node_bytes == 8 and got.empty_bytes == 256


def test_the_help_has_three_examples(capfd):
    assert cli.main(["advise", "queue", "--help"]) == OK
    assert capfd.readouterr().out.count("cyclone advise queue --producers") == 3
