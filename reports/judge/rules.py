"""The closed set of claim rules: what a test may say, which cells it needs, how it is judged.

A rule is code and reviewed once; a claim is a file of parameters. So a new claim cannot bring its
own arithmetic, and two claims that say "O(1)" mean the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from reports.groups import k_default_placement, k_placements
from reports.judge import rules_bounds, rules_growth, rules_pairs
from reports.judge.rules_bounds import k_floor
from reports.judge.rules_common import (Outcome, as_list, brief, config_error, k_invalid,
                                        k_supported, k_undecided, redo, spoiled, strand_cells,
                                        strands, worst)
from reports.samples import SampleIndex


@dataclass(frozen=True)
class Rule:
    keys: tuple[str, ...]  # what a test must say beside the common keys
    check: Callable
    judge: Callable


k_rules = {
    "growth": Rule(rules_growth.k_growth_keys, rules_growth.check_growth,
                   rules_growth.judge_growth),
    "law": Rule(rules_growth.k_law_keys, rules_growth.check_law, rules_growth.judge_law),
    "ratio": Rule(rules_pairs.k_ratio_keys, rules_pairs.check_pair, rules_pairs.judge_ratio),
    "equivalence": Rule(rules_pairs.k_equivalence_keys, rules_pairs.check_pair,
                        rules_pairs.judge_equivalence),
    "bound": Rule(rules_bounds.k_bound_keys, rules_bounds.check_bound, rules_bounds.judge_bound),
    "witness": Rule(rules_bounds.k_witness_keys, rules_bounds.check_witness,
                    rules_bounds.judge_witness),
    "tail": Rule(rules_pairs.k_tail_keys, rules_pairs.check_pair, rules_pairs.judge_tail),
    "crossover": Rule(rules_pairs.k_crossover_keys, rules_pairs.check_pair,
                      rules_pairs.judge_crossover),
}
k_common_keys = ("id", "rule", "metric", "variants", "n")
k_known_keys = {*k_common_keys, "workload", "workloads", "params", "meter", "seeds", "as", "expect",
                "x", "slope", "tolerance", "decides", "residual_abs", "residual_rel", "printed",
                "max", "shape_max", "cases", "min_cases", "at_least", "control", "against",
                "ratio", "margin", "band", "note", "net", "plus", "placement"}
k_metrics = ("ns", "instructions", "work.", "values.")
k_meters = ("time", "work", "instructions")


def check_test(test: dict, place: str) -> None:
    """Every mistake a claim file can hold is named before anything is measured."""
    where = f"{place}, test '{test.get('id', '?')}'"
    rule = k_rules.get(test.get("rule"))
    if rule is None:
        raise config_error(f"no rule '{test.get('rule')}'", where, "one of " + ", ".join(k_rules))
    for key in (*k_common_keys, *rule.keys):
        if key not in test:
            raise config_error(f"'{key}' is missing", where, f"rule {test['rule']} needs "
                               + ", ".join((*k_common_keys, "workload", *rule.keys)))
    if not (test.get("workload") or test.get("workloads")):
        raise config_error("'workload' is missing", where, 'workload = "start"')
    if unknown := sorted(set(test) - k_known_keys):
        raise config_error(f"no parameter '{unknown[0]}'", where, "see reports/judge/rules.py")
    metric = str(test["metric"])
    if not any(metric == m or m.endswith(".") and metric.startswith(m) for m in k_metrics):
        raise config_error(f"no metric '{metric}'", where,
                           "ns, instructions, work.<counter>, work.total or values.<name>")
    if test.get("meter", "work") not in k_meters:
        raise config_error(f"no meter '{test['meter']}'", where, "one of " + ", ".join(k_meters))
    if test.get("placement", k_default_placement) not in k_placements:
        raise config_error(f"no placement '{test['placement']}'", where,
                           "one of " + ", ".join(k_placements))
    if any(not isinstance(n, int) or n < 1 for n in as_list(test["n"])):
        raise config_error("n must be whole numbers from 1", where, "n = [64, 256, 1024]")
    rule.check(test, where)


def _chosen(names: list[str], variants: list[dict] | None) -> list[str]:
    """Names as they stand; "*" is every variant of the registry, "peers" every peer.

    A name that is not offered keeps its cells: the plan then says why they cannot be measured.
    """
    role = {v["name"]: v.get("role", "variant") for v in variants or []}
    out = []
    for name in names:
        if name in ("*", "peers"):
            out += [v for v, r in role.items() if r == ("peer" if name == "peers" else "variant")]
        else:
            out.append(name)
    return list(dict.fromkeys(out))


def cells_needed(test: dict, variants: list[dict]) -> list[dict]:
    """The cells that decide a test: dicts of variant, workload, params, n, meter, seeds."""
    check_test(test, test.get("id", "a test"))
    names = _chosen(as_list(test["variants"]), variants)
    extra = as_list(test.get("control", [])) + as_list(test.get("against", []))
    names += [n for n in _chosen(extra, variants) if n not in names]
    if test.get("net"):
        names += [k_floor]
    asked = [test] + ([test | {"workload": test["plus"], "workloads": []}]
                      if test.get("plus") else [])
    return [cell for t in asked for strand in strands(t, names) for cell in strand_cells(strand)]


def _one_by_one(test: dict) -> list[dict]:
    """A test against several others is one comparison with each; all of them must hold."""
    others = test.get("against")
    return [test | {"against": a} for a in others] if isinstance(others, list) else [test]


def joint_figure(chosen: list, outcomes: list[Outcome]) -> str:
    """One figure where all strands agree, else each with the name of its strand."""
    if len({o.figure for o in outcomes}) <= 1:
        return outcomes[0].figure if outcomes else ""
    many = len({s.workload for s, _ in chosen}) > 1
    several = len({one.get("against") for _, one in chosen}) > 1
    return ", ".join(f"{s.variant} {s.workload + ' ' if many else ''}"
                     f"{'over ' + one['against'] + ' ' if several else ''}{o.figure or 'nothing'}"
                     for (s, one), o in zip(chosen, outcomes))


def judge(test: dict, samples_index: SampleIndex, context: dict) -> dict:
    """Judges one test. `context`: run, gate (variant -> bool), controls_ok (of times), counts_ok,
    absent (controls), variants (as above)."""
    rule = k_rules[test["rule"]]
    names = _chosen(as_list(test["variants"]), context.get("variants"))
    outcomes: list[Outcome] = []
    chosen = [(s, one) for s in strands(test, names) for one in _one_by_one(test)]
    for strand, one in chosen:
        outcomes.append(spoiled(strand, samples_index, context)
                        or rule.judge(one, strand, samples_index, context))
    told_of = [s.label() + (f" over {one['against']}" if "against" in one else "")
               for s, one in chosen]
    verdict = worst(o.verdict for o in outcomes)
    telling = [o for o in outcomes if o.verdict == verdict]
    told = [o.sentence for o in telling]
    sentence = (brief(told) if verdict in (k_undecided, k_invalid) else "; ".join(told)) \
        or "no variant to judge"
    if verdict == k_supported and len(outcomes) > 1:
        sentence = f"all {len(outcomes)} hold: {sentence}"
    evidence = list(dict.fromkeys(i for o in outcomes for i in o.evidence))
    return {"verdict": verdict, "figure": joint_figure(chosen, outcomes),
            "interval": outcomes[0].interval if len(outcomes) == 1 else None,
            "published": str(test.get("printed") or next(
                (o.published for o in outcomes if o.published), "")),
            "sentence": sentence, "evidence": evidence,
            "redo": redo(context.get("run", "latest"), evidence[0]) if evidence else "",
            "strands": [vars(o) | {"name": name} for o, name in zip(outcomes, told_of)]}
