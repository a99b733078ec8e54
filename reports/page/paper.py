"""The claims as a short paper: an abstract from the verdicts, sections by theme, references.

A theme is data: a claim file says `theme = "costs"`. The sentence of context stands here once, and
what a claim file calls a theme that is not listed gets a section of its own under that name.
"""

from __future__ import annotations

from collections import Counter

from reports.judge.rules_common import (k_invalid, k_not_here, k_refuted, k_shape, k_supported,
                                        k_undecided)
from reports.judge.claims import k_theme
from reports.page import claim_figures

k_themes = {
    "costs": ("Costs of the operations", "What START, STOP and a tick cost as timers become many. "
              "It is decided on what is counted, instructions or steps, because counts repeat to "
              "the last digit and time does not."),
    "accuracy": ("Accuracy", "A scheme may fire late to be cheap, and never early. How late is a "
                 "property of the scheme and not of the machine, so it is exact."),
    "cascades": ("Cascades and storms", "A loop feels the worst tick, not the mean one: timers "
                 "that a wheel hands down together, and timers that are due together."),
    "ttls": ("Few times to live", "Where a server uses a handful of durations, timers of one "
             "duration expire in the order in which they were started, and a queue is enough."),
    "cancellation": ("Cancellation", "Most timers of a server never fire: the answer comes first. "
                     "So STOP, and what a stopped timer leaves behind, is most of the work."),
    "sleeping": ("Coalescing and sleeping", "A loop that sleeps pays for every wake-up. Slack "
                 "lets timers share one; the question is how many it saves and how late they "
                 "become."),
    "peers": ("Against what servers run on", "The same work, in one run, beside the timers of the "
              "libraries that servers are built on."),
    "clocks": ("Clocks", "Timers are as right as the clock that drives them: what a clock that "
               "follows a reference is off by, and what it says about itself."),
    "two ends": ("Between two threads", "One pushes, one pops. What an item costs is the lines "
                 "that travel with it, and rings differ in what they make travel."),
    "many ends": ("Where many meet", "Several threads push, or pop, or both. Each of them pays for "
                  "an atomic instruction, and for those that it loses to others."),
    "more processors than there are": (
        "On more processors than there are", "Counted on processors that are simulated, one step "
        "at a time, because what is claimed is of many. Steps are exact; they are not time."),
    "latency": ("Latency", "What one item waits when items come at their own pace, from the "
                "instant at which it was due."),
    "threads": ("Threads", "What several threads pay for one timer facility, and what they lose "
                "by waiting for each other."),
    k_theme: ("Other claims", "Claims that belong to no theme above."),
}
k_counts = (
    (k_supported, "holds on this machine as printed", "hold on this machine as printed"),
    (k_shape, "holds in its form and not in its magnitude",
     "hold in their form and not in their magnitude"),
    (k_refuted, "does not hold", "do not hold"),
    (k_undecided, "is not decided by what was measured",
     "are not decided by what was measured"),
    (k_not_here, "cannot be tested here", "cannot be tested here"),
    (k_invalid, "is void, because a control or the gate failed",
     "are void, because a control or the gate failed"))
k_small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
           "eleven", "twelve")
k_metrics = {"ns": "time", "instructions": "instructions", "work.total": "steps of work"}
k_most = 3  # figures that one sentence names
k_rule_words = {"growth": "how they grow", "law": "the line through them",
                "ratio": "the ratio of two", "equivalence": "whether two are the same",
                "bound": "the largest of them", "witness": "whether one is found",
                "tail": "the ratio of two tails", "crossover": "where two cross"}


def spelled(count: int) -> str:
    return k_small[count] if count < len(k_small) else f"{count:,}"


def listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def abstract(analysis: dict) -> list[str]:
    """Sentences in plain words: how many claims, what came of them, and which fail."""
    claims = analysis["claims"]
    if not claims:
        return []
    seen = Counter(c["verdict"] for c in claims)
    parts = [f"{spelled(seen[v])} {one if seen[v] == 1 else many}"
             for v, one, many in k_counts if seen[v]]
    whole = f"This run tests {spelled(len(claims))} claim{'s' if len(claims) > 1 else ''}"
    works = len({c["key"] for c in claims})
    whole += f" from {spelled(works)} {'work' if works == 1 else 'works'}: " if works else ": "
    out = [whole + "; ".join(parts) + "."]
    if wrong := [c["title"] for c in claims if c["verdict"] == k_refuted]:
        lead = "What does not hold here: " if len(wrong) > 1 else "The one that does not hold: "
        shown = "; ".join(wrong[:4])
        out.append(f"{lead}{shown}{f'; and {len(wrong) - 4} more' if len(wrong) > 4 else ''}.")
    controls = analysis["controls"]
    out.append("Every control of the run is sound, so its times may be read." if controls["ok"] else
               "A control of the run failed or is absent, so none of its times decides anything.")
    return out


def metric_words(metric: str) -> str:
    return k_metrics.get(metric) or metric.split(".", 1)[-1].replace("_", " ")


def _range(sizes: list[int]) -> str:
    return f"n = {sizes[0]:,}" if len(sizes) == 1 else f"n = {sizes[0]:,} to {sizes[-1]:,}"


def _names(names: list[str]) -> str:
    return listed(names) if len(names) <= 4 else f"{spelled(len(names))} schemes"


def done(claim: dict, cells: dict[str, dict]) -> str:
    """What was done for a claim, from its tests and the cells they rest on."""
    tests = [t for t in claim["tests"] if not t["as"]]
    rows = [cells[i] for t in tests for i in t["evidence"] if i in cells]
    if not rows:
        return ""
    metrics = list(dict.fromkeys(metric_words(t["metric"]) for t in tests))
    if len(metrics) > k_most:
        metrics = [f"{spelled(len(metrics))} figures"]
    variants = list(dict.fromkeys(r["variant"] for r in rows))
    workloads = list(dict.fromkeys(r["workload"] for r in rows))
    judged = list(dict.fromkeys(k_rule_words.get(t["rule"], t["rule"]) for t in tests))
    count = f"{spelled(len(tests))} tests decide" if len(tests) > 1 else "one test decides"
    return (f"{listed(metrics).capitalize()} of {_names(variants)} on {listed(workloads)} at "
            f"{_range(sorted({r['n'] for r in rows}))}; {count}, by {listed(judged)}.")


def cells_of(analysis: dict) -> dict[str, dict]:
    """Every cell a figure or a sentence may speak of, by its id."""
    return {r["cell"]: r for t in ("pairs", "counted") for r in analysis.get(t) or []}


def number_of(analysis: dict) -> dict[str, int]:
    """key -> number of its reference, in the order in which the page cites."""
    ordered = [c["key"] for s in _sorted(analysis["claims"]) for c in s[1]]
    return {key: i for i, key in enumerate(dict.fromkeys(ordered), 1)}


def _sorted(claims: list[dict]) -> list[tuple[str, list[dict]]]:
    themes = list(dict.fromkeys(c.get("theme") or k_theme for c in claims))
    order = list(k_themes)
    known = [t for t in order[:-1] if t in themes]
    rest = [t for t in themes if t not in k_themes]
    last = [k_theme] if k_theme in themes else []
    return [(t, [c for c in claims if (c.get("theme") or k_theme) == t])
            for t in known + rest + last]


def sections(analysis: dict, looks: dict) -> list[dict]:
    """A section a theme that has a claim, in the order above."""
    cells, numbers = cells_of(analysis), number_of(analysis)
    themes = _sorted(analysis["claims"])
    out = []
    for theme, claims in themes:
        title, context = k_themes.get(theme, (theme.replace("_", " ").capitalize(), ""))
        if len(themes) == 1 and theme == k_theme:  # nothing to tell them apart from
            title, context = "The claims", ""
        told = []
        for c in claims:
            drawn = claim_figures.of_claim(c, cells, looks)
            told.append(c | {"done": done(c, cells), "drawn": drawn[:1], "more": drawn[1:],
                             "number": numbers[c["key"]]})
        out.append({"id": f"theme-{theme}", "title": title, "context": context, "claims": told})
    return out


def references(analysis: dict) -> list[dict]:
    """What the claims cite, numbered as cited, then the sources of the schemes."""
    numbers = number_of(analysis)
    text = {c["key"]: c.get("citation") or c["key"] for c in analysis["claims"]}
    out = [{"number": i, "key": k, "text": text[k]} for k, i in numbers.items()]
    rest = [(k, t) for k, t in sorted((analysis.get("references") or {}).items())
            if k not in numbers]
    return out + [{"number": len(out) + i, "key": k, "text": t}
                  for i, (k, t) in enumerate(rest, 1)]
