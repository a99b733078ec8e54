"""Rules `bound` (never beyond) and `witness` (it does happen, and not in the control)."""

from __future__ import annotations

from dataclasses import replace

from reports.judge.rules_common import (Gathered, Outcome, Strand, as_list, config_error, gather,
                                        k_invalid, k_refuted, k_shape, k_supported, k_undecided,
                                        number, spoiled, text, undecided)

k_bound_keys = ("max",)
k_witness_keys = ()
k_floor = "floor"


def check_bound(test: dict, place: str) -> None:
    if (test.get("net") or test.get("plus")) and test["metric"] != "instructions":
        raise config_error("'net' and 'plus' are of instructions", place,
                           'metric = "instructions"')
    for key in ("max", "shape_max", "min_cases"):
        if key in test:
            number(test[key], place)


def plain_name(metric: str) -> str:
    return metric.split(".", 1)[-1].replace("_", " ")


def _floor(strand: Strand, n: int, index) -> float | None:
    """What the harness around nothing counts there; a control's cell, or one that a claim asked
    for."""
    for role in (k_floor, "subject"):
        cell = index.find(k_floor, strand.workload, strand.params, n, strand.meter, role=role)
        if cell is not None and (held := index.by_block(cell, strand.metric)):
            return min(held.values())
    return None


def gathered(test: dict, strand: Strand, index) -> Gathered:
    """What a test bounds: with `net` the harness is taken off, with `plus` another workload's
    figure at the same size is added."""
    parts = [strand] + ([replace(strand, workload=test["plus"])] if test.get("plus") else [])
    total = None
    for part in parts:
        got = gather(part, index)
        if test.get("net"):
            for n in list(got.values):
                harness = _floor(part, n, index)
                if harness is None:
                    got.missing.append(f"{part.label()} at n = {n}: the harness is not counted")
                    del got.values[n]
                else:
                    got.values[n] = {b: v - harness for b, v in got.values[n].items()}
        total = got if total is None else _added(total, got)
    return total


def _added(one: Gathered, two: Gathered) -> Gathered:
    """Sums at the sizes and blocks that both have; the cells of both are evidence."""
    out = Gathered(missing=one.missing + two.missing)
    out.others = [*one.ids(), *two.ids()]
    for n in one.values.keys() & two.values.keys():
        a, b = one.values[n], two.values[n]
        out.values[n] = {k: a[k] + b[k] for k in a.keys() & b.keys()}
    return out


def _all(values: dict[int, dict[int, float]]) -> list[float]:
    return [v for blocks in values.values() for v in blocks.values()]


def judge_bound(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """Largest value against the bound. One case beyond it refutes, however few were tried; that
    none was seen supports only with enough cases, and the rule of three says how much."""
    got = gathered(test, strand, index)
    limit, printed = number(test["max"]), str(test.get("printed", f"at most {test['max']}"))
    if not got.values:
        return undecided(strand, got)
    largest = max(_all(got.values))
    tried = gather(strand, index, test["cases"]) if "cases" in test else None
    cases = sum(_all(tried.values)) if tried else None
    seen = f"{text(largest)} {plain_name(test['metric'])}"
    tail = f" in {cases:,.0f} cases" if cases is not None else ""
    base = dict(figure=seen, published=printed, evidence=got.ids())
    shape = number(test["shape_max"]) if "shape_max" in test else None
    if largest > limit and (shape is None or largest > shape):
        return Outcome(k_refuted, sentence=f"{strand.label()}: {seen}{tail}, beyond {printed}",
                       **base)
    lacking = got if got.missing else tried
    if lacking is not None and lacking.missing:
        out = undecided(strand, lacking)
        out.figure, out.published = base["figure"], printed
        return out
    wanted = number(test.get("min_cases", 0))
    if cases is not None and cases < wanted:
        return Outcome(k_undecided, sentence=f"{strand.label()}: {seen}, but only {cases:,.0f} of "
                       f"{wanted:,.0f} cases were tried", **base)
    if cases and limit == 0 and largest == 0:
        tail += f"; a rate above {3 / cases:.1g} is excluded at 95 %"
    if largest > limit:
        return Outcome(k_shape, sentence=f"{strand.label()}: {seen}{tail}: bounded by "
                       f"{test['shape_max']}, not by the printed {printed}", **base)
    return Outcome(k_supported, sentence=f"{strand.label()}: {seen}{tail}, {printed}", **base)


def check_witness(test: dict, place: str) -> None:
    number(test.get("at_least", 1), place)


def judge_witness(test: dict, strand: Strand, index, context: dict) -> Outcome:
    """One witness proves existence; none found proves nothing. A control that shows it as well
    means that the harness makes it."""
    got = gather(strand, index)
    if not got.values:
        return undecided(strand, got)
    seen, wanted = sum(_all(got.values)), number(test.get("at_least", 1))
    ids, controls = got.ids(), []
    for name in as_list(test.get("control", [])):
        other = replace(strand, variant=name)
        if bad := spoiled(other, index, context):
            return bad
        control = gather(other, index)
        ids += control.ids()
        if sum(_all(control.values)) > 0:
            return Outcome(k_invalid, text(seen), f"{strand.label()}: the control {name} shows it "
                           "too", published="exists", evidence=ids)
        if control.missing:
            return undecided(other, control)
        controls.append(name)
    figure = f"{text(seen)} {plain_name(test['metric'])}"
    without = f", none in {', '.join(controls)}" if controls else ""
    if seen >= wanted:
        return Outcome(k_supported, figure, f"{strand.label()}: {figure}{without}",
                       published="exists", evidence=ids)
    return Outcome(k_undecided, figure, f"{strand.label()}: no witness found: {figure}",
                   published="exists", evidence=ids)
