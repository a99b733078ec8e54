"""Sentences: what the figures say, written by the analysis so that nobody has to read them in."""

from __future__ import annotations

import math
from collections import Counter

from reports.judge.rules_common import k_verdicts
from reports.stats.growth import phrase
from reports.tables.matrix import ratio_text, row_key
from reports.tables.meetings import k_alone

k_order = ("FASTER", "SAME", "SLOWER", "UNDECIDED", "INVALID")


def listed(names: list[str], limit: int = 4) -> str:
    if len(names) > limit:
        return f"{', '.join(names[:limit])} and {len(names) - limit} more"
    return " and ".join(names) if len(names) <= 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def of_pairs(rows: list[dict]) -> str:
    """One workload at one size."""
    rows = [r for r in rows if r["verdict"] != "reference"]
    if not rows:
        return "Nothing was compared."
    first = rows[0]
    by = {v: [r["variant"] for r in rows if r["verdict"] == v] for v in k_order}
    words = {"FASTER": "faster than", "SAME": "the same as", "SLOWER": "slower than"}
    parts = [f"{listed(by[v])} {'is' if len(by[v]) == 1 else 'are'} {words[v]} "
             f"{first['reference']}" for v in words if by[v]]
    if by["UNDECIDED"]:
        parts.append(f"{len(by['UNDECIDED'])} of {len(rows)} cannot be told apart from it here")
    if by["INVALID"]:
        parts.append(f"{len(by['INVALID'])} of {len(rows)} comparisons are INVALID "
                     f"({next(r['reason'] for r in rows if r['verdict'] == 'INVALID')})")
    measured = [r for r in rows if r["ratio"] is not None and r["verdict"] == "FASTER"]
    tail = ""
    if measured:
        best = min(measured, key=lambda r: r["ratio"])
        bounds = (f" [{ratio_text(best['low'])}, {ratio_text(best['high'])}]"
                  if best["low"] is not None and best["basis"] == "time" else "")
        what = {"time": "", "work.total": " of counted work"}.get(best["basis"],
                                                                  f" of {best['basis']}")
        tail = f" The smallest ratio{what} is {ratio_text(best['ratio'])}{bounds}, " \
               f"{best['variant']}."
    counted = sum(r["basis"] not in ("time", "none") and r["ratio"] is not None for r in rows)
    if counted:
        tail += f" {counted} of {len(rows)} were decided on counts: the harness floor is too near."
    delta = max((r["delta"] for r in rows if r["delta"] is not None), default=None)
    noise = f" Differences below {100 * math.expm1(delta):.1f} % of time are not told here." \
        if delta else ""
    return f"{row_key(first)} at n = {first['n']:,}: {'; '.join(parts)}.{tail}{noise}"


def of_cost(rows: list[dict]) -> str:
    """How far time spreads over the sizes, for the caption of a figure of cost against n."""
    series: dict[str, list[tuple[int, float]]] = {}
    for r in rows:
        if r["ns"]["median"]:
            series.setdefault(r["variant"], []).append((r["n"], r["ns"]["median"]))
    factors = {v: (sorted(p)[-1][1] / sorted(p)[0][1], sorted(p)) for v, p in series.items()
               if len(p) > 1}
    if not factors:
        return "Too few sizes for a curve."
    least = min(factors, key=lambda v: factors[v][0])
    most = max(factors, key=lambda v: factors[v][0])

    def told(v):
        f, p = factors[v]
        return f"{v} by a factor of {ratio_text(f)} (n = {p[0][0]:,} to {p[-1][0]:,})"

    return (f"Over the sizes measured, time per operation grew least for {told(least)} and most "
            f"for {told(most)}. Time alone does not decide growth: see the counted classes.")


def of_instructions(rows: list[dict]) -> str:
    by: dict[str, list[str]] = {}
    for r in rows:
        by.setdefault(r["class"], []).append(r["variant"])
    parts = [f"{phrase(k)} for {listed(by[k], 6)}" for k in ("1", "log n", "n") if k in by]
    text = f"{row_key(rows[0])}: instructions per operation grow as " + ", ".join(parts) \
        if parts else f"{row_key(rows[0])}: no growth class is clear"
    unsure = by.get("cannot tell", [])
    return text + (f"; it cannot be told for {listed(unsure)}." if unsure else ".")


def _per_cent(share: float) -> str:
    return f"{100 * share:.2g} %"


def of_tails(rows: list[dict]) -> str:
    """The tails of one workload: who has the longest, and how much longer than its own median."""
    if not rows:
        return "No tail was measured."
    found = []
    told = [(r, {x["q"]: x for x in r["quantiles"]}) for r in rows]
    told = [(r, q) for r, q in told if 0.5 in q and q[0.5]["value"] and max(q) > 0.5]
    shared = set.intersection(*(set(q) for _, q in told)) if told else set()
    far = max(shared, default=0.5)  # one quantile for all: a deeper one is always farther out
    if far > 0.5:
        found = [(q[far]["value"] / q[0.5]["value"], far, r, q[far]) for r, q in told]
    if not found:
        return f"{row_key(rows[0])}: too few observations for a tail."
    spread, far, row, figure = max(found, key=lambda f: (f[0], f[2]["variant"]))
    bounds = ("" if figure["low"] is None else
              f" [{ratio_text(figure['low'])}, {ratio_text(figure['high'])}]")
    kinds = {"batches": "batch means", "latency intended": "latency from the intended start",
             "latency raw": "latency from the real start"}
    least = min(found, key=lambda f: (f[0], f[2]["variant"]))
    rest = f", the smallest {ratio_text(least[0])} ({least[2]['variant']})" if len(found) > 1 \
        else ""
    return (f"The largest tail is that of {row['variant']}: the {100 * far:g}th percentile of its "
            f"{kinds.get(row['kind'], row['kind'])} is {ratio_text(figure['value'])} ns{bounds}, "
            f"{ratio_text(spread)} times its median{rest}. Intervals are over {row['units']} "
            "units.")


def of_order(row: dict) -> str:
    """One strip: whether the machine drifted while it was measured."""
    tagged = sum(p[3] for p in row["points"])
    noise = f" {tagged} of {len(row['points'])} samples shown are tagged." if tagged else ""
    drift = row["drift"]
    if drift is None:
        return f"Too few blocks to tell a drift.{noise}"
    slope, low, high = (drift[k] for k in ("slope_percent_per_block", "low", "high"))
    told = f"{slope:+.2g} % a block [{low:+.2g}, {high:+.2g}]"
    if low <= 0 <= high:
        return f"No drift is told over {drift['blocks']} blocks: {told}.{noise}"
    word = "slower" if slope > 0 else "faster"
    return (f"Everything grew {word} over {drift['blocks']} blocks: {told}. Ratios are formed "
            f"inside blocks and do not feel it.{noise}")


def of_usl(rows: list[dict]) -> str:
    """Throughput against threads: who scales how far."""
    if not rows:
        return "No workload ran at several thread counts."
    parts, plain = [], []
    for r in rows:
        if r["status"] == "refused":
            continue
        if r["peak"] is not None:
            bounds = ("" if r["peak_low"] is None or r["peak_high"] is None else
                      f" [{r['peak_low']:.2g}, {r['peak_high']:.2g}]")
            parts.append(f"{r['variant']} peaks at {r['peak']:.2g}{bounds} threads")
        else:
            plain.append(r["variant"])
    text = "; ".join(parts[:4]) or "no peak is told"
    if len(parts) > 4:
        text += f"; and {len(parts) - 4} more"
    if plain:
        text += f"; no peak is told for {listed(plain)}"
    refused = [r for r in rows if r["status"] == "refused"]
    if len(refused) == len(rows):
        return f"No law is fitted: {refused[0]['why']}."
    out = f"Fitted to throughput: {text}."
    if refused:
        out += f" No law is fitted for {listed([r['variant'] for r in refused])}: " \
               f"{refused[0]['why']}."
    if any("contention" in r["status"] for r in rows):
        out += " Some thread counts exceed the processors: beyond them the curve shows " \
               "contention, not scaling."
    return out


def of_fairness(rows: list[dict]) -> str:
    if not rows:
        return "No workload ran on several threads."
    worst = min(rows, key=lambda r: (r["ratio_min_max"], r["variant"], r["threads"]))
    bounds = ("" if worst["ratio_low"] is None else
              f" [{worst['ratio_low']:.2f}, {worst['ratio_high']:.2f}]")
    text = (f"Least fair is {worst['variant']} on {worst['threads']} threads: its slowest thread "
            f"runs at {worst['ratio_min_max']:.2f}{bounds} of the rate of its fastest")
    fair = sum(r["ratio_min_max"] >= 0.8 for r in rows)
    return f"{text}; in {fair} of {len(rows)} rows the slowest has 0.8 or more."


def of_latency(rows: list[dict]) -> str:
    """What waiting adds, and whether the generator kept its own time."""
    if not rows:
        return "No operation was issued at a fixed rate."
    late = [r for r in rows if r["verdict"] != "ok"]
    good = [r for r in rows if r["verdict"] == "ok" and r["p99_intended"] and r["p99_raw"]]
    calls = [r for r in good if not r["rate_per_s"]]  # a closed loop: nothing waits to begin
    good = [r for r in good if r["rate_per_s"]]
    parts = []
    if calls:
        most = max(calls, key=lambda r: (r["p99_intended"] / (r["p50_intended"] or 1),
                                         r["variant"]))
        parts.append(f"Of single calls those of {most['variant']} have the longest tail: p99 is "
                     f"{ratio_text(most['p99_intended'])} ns, half take "
                     f"{ratio_text(most['p50_intended'])} ns or less.")
    if good:
        most = max(good, key=lambda r: (r["p99_intended"] / r["p99_raw"], r["variant"]))
        parts.append(f"Waiting shows most in {most['variant']}: p99 is "
                     f"{ratio_text(most['p99_intended'])} ns from the intended start and "
                     f"{ratio_text(most['p99_raw'])} ns from the real one, at "
                     f"{most['rate_per_s']:,.0f} operations a second.")
    if late:
        share = _per_cent(max(r["late_share"] for r in late))
        parts.append(f"For {listed([r['variant'] for r in late])} the generator itself was late "
                     f"(up to {share} of the operations): those rows say nothing about them.")
    return " ".join(parts) or "Too few operations for a tail."


def of_meetings(rows: list[dict]) -> str:
    """Whether threads that were to meet did."""
    if not rows:
        return ""
    alone = [r for r in rows if r["overlap"] < k_alone]
    text = f"In {len(rows) - len(alone)} of {len(rows)} cells all threads were at work together " \
           f"for {100 * k_alone:.0f} % or more of what is timed, in every sample"
    if alone:
        worst = min(alone, key=lambda r: (r["overlap"], r["cell"]))
        text += f"; the least is {100 * worst['overlap']:.3g} % ({worst['variant']}, " \
                f"{row_key(worst)})"
    crowded = sum(r["crowded"] for r in rows)
    return text + (f". In {crowded} there are more threads than processors: what a thread costs "
                   "that is off its processor is in them." if crowded else ".")


def of_system(rows: list[dict]) -> str:
    rows = [r for r in rows if r["role"] == "subject"]
    if not rows:
        return "Allocations and system calls were not counted."
    parts = []
    for name, one, many in (("allocations_per_op", "allocates", "allocate"),
                            ("syscalls_per_op", "calls the kernel", "call the kernel")):
        doing = list(dict.fromkeys(r["variant"] for r in rows
                                   if not isinstance(r[name], str) and r[name] > 0))
        blind = list(dict.fromkeys(r["variant"] for r in rows if isinstance(r[name], str)))
        if doing:
            parts.append(f"{listed(doing)} {one if len(doing) == 1 else many}")
        elif len(blind) < len({r["variant"] for r in rows}):
            parts.append(f"none {one}")
        if blind:
            parts.append(f"it is unavailable whether {listed(blind)} "
                         f"{one if len(blind) == 1 else many}")
    return f"Inside what is measured: {'; '.join(parts)}."


def of_probes(probes: dict | None) -> str:
    if not probes:
        return "Gaps were not probed in this run."
    return (f"Half of the probes lost less than {_per_cent(probes['median_lost_share'])} of their "
            f"time to others, the worst {_per_cent(probes['worst_lost_share'])}; the longest gap "
            f"was {probes['worst_us'] / 1000:.3g} ms. {probes['loud']} of {probes['blocks']} "
            "blocks are tagged.")


def of_account(account: dict | None) -> str:
    if not account:
        return "This run kept no account of its time."
    text = f"Of {account['wall_s']:,.0f} s, {account.get('measured_s') or 0:,.0f} s were inside " \
           f"measured regions and {account.get('start_s') or 0:,.0f} s went into starting processes"
    waste = account.get("waste_share")
    return f"{text}." if waste is None else \
        f"{text}; {100 * waste:.1f} % of the timed part passed outside of any process."


def of_run(analysis: dict) -> list[str]:
    out = []
    claims = Counter(c["verdict"] for c in analysis["claims"])
    if claims:
        out.append(f"Of {sum(claims.values())} claims, "
                   + ", ".join(f"{claims[v]} {v}" for v in k_verdicts if claims[v]) + ".")
    if not analysis["controls"]["ok"]:
        checked = analysis["controls"]
        counts = "stands" if checked["counts_ok"] else "did not repeat and does not count either"
        out.append("A control failed or is absent "
                   f"({', '.join(checked['failed'] + checked['absent'])}): no comparison of times "
                   f"in this run counts. What was counted {counts}.")
    for shown in analysis["matrices"]:
        for key in shown["timed"]:
            out.append(of_pairs([r for r in analysis["pairs"] if r["n"] == shown["n"]
                                 and r["component"] == shown["component"] and row_key(r) == key]))
    groups: dict[str, list[dict]] = {}
    for g in analysis["growth"]:
        if g["metric"] == "instructions":
            groups.setdefault(row_key(g), []).append(g)
    out += [of_instructions(rows) for _, rows in sorted(groups.items())]
    drifted = [r for r in analysis["order"] if r["drift"] and not
               r["drift"]["low"] <= 0 <= r["drift"]["high"]]
    if drifted:
        worst = max(drifted, key=lambda r: abs(r["drift"]["slope_percent_per_block"]))
        out.append(f"{row_key(worst)} at n = {worst['n']:,}: {of_order(worst)}")
    for table, words in (("usl", of_usl), ("fairness", of_fairness), ("latency", of_latency),
                         ("meetings", of_meetings), ("system", of_system)):
        out += [words(analysis[table])] if analysis[table] else []
    if given := analysis["given_up"]:
        count = "1 cell was" if len(given) == 1 else f"{len(given)} cells were"
        out.append(f"{count} given up, first {given[0]['cell']}: {given[0]['why']}.")
    return out
