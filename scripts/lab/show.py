"""What the commands print: the plan, the doctor's findings, the outcome of a run."""

import collections
import json

from rich.console import Console
from rich.table import Table

from lab.errors import OK


def plan_text(laid):
    """A plan in a few lines: cells by experiment and meter, samples, what was given up."""
    groups = collections.Counter()
    samples = collections.Counter()
    for cell in laid["cells"]:
        key = cell["experiment"], cell["meter"]
        groups[key] += 1
        samples[key] += cell["blocks"]
    lines = [f"suite {laid['suite']}: {laid['title']}", ""]
    for experiment, meter in sorted(groups):
        lines.append(f"  {experiment:<24} {meter:<13} {groups[experiment, meter]:>4} cells "
                     f"{samples[experiment, meter]:>5} samples")
    lines.append(f"  {'total':<24} {'':<13} {len(laid['cells']):>4} cells "
                 f"{sum(samples.values()):>5} samples")
    for ident, claim in laid["claims"].items():
        for reason in claim["unmet"]:
            lines.append(f"not testable here: {ident}: {reason}")
    reasons = collections.Counter(g["why"] for g in laid["given_up"])
    lines += [f"given up: {count} cells: {why}" for why, count in sorted(reasons.items())]
    return "\n".join(lines)


def doctor_text(facts):
    lines = [f"fingerprint  {facts['fingerprint']}", ""]
    for title in ("stable", "volatile", "tools", "absent"):
        lines.append({"stable": "what it is", "volatile": "how it is now", "tools": "tools",
                      "absent": "what is not here, and why"}[title])
        lines += [f"  {key:<22} {_plain(value)}" for key, value in facts[title].items()]
        lines.append("")
    return "\n".join(lines).rstrip()


def _plain(value):
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    if isinstance(value, list):
        return " ".join(map(str, value))
    return "-" if value is None else str(value)


def claim_rows(analysis):
    return [(c["id"], c["verdict"], c.get("sentence", "")) for c in analysis.get("claims", [])]


def pair_counts(analysis):
    return collections.Counter(p["verdict"] for p in analysis.get("pairs", []))


def outcome(tree, run, analysis, page, as_json):
    """The verdicts on the terminal, the path of the report, and how to redo one row."""
    subject = next((c["id"] for c in run.plan()["cells"] if c["role"] == "subject"), "CELL")
    redo = f"scripts/cyclone redo {run.id} '{subject}'"
    if as_json:
        print(json.dumps({"run": run.id, "report": str(page), "redo": redo,
                          "claims": {i: v for i, v, _ in claim_rows(analysis)},
                          "pairs": pair_counts(analysis)}, indent=1))
        return
    console = Console()
    table = Table(title=f"claims of {run.id}", title_justify="left")
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why")
    for row in claim_rows(analysis):
        table.add_row(*row)
    if table.row_count:
        console.print(table)
    counts = pair_counts(analysis)
    if counts:
        console.print("pairs: " + ", ".join(f"{n} {v}" for v, n in sorted(counts.items())))
    for entry in run.plan()["given_up"]:
        if entry["cell"].startswith("*"):
            console.print(f"given up: {entry['cell']}: {entry['why']}", soft_wrap=True)
    console.print(f"report: {tree.relative(page)}", soft_wrap=True)
    console.print(f"redo one row: {redo}", soft_wrap=True, markup=False)


def gate_code(run, analysis):
    """Exit code under --gate. What was not measured, or not checked, has not passed: it is 3."""
    checked = run.plan().get("gate") or {}
    gate, controls = analysis.get("gate") or {}, analysis.get("controls") or {}
    red = not all(verdict.get("passed") for verdict in checked.values())
    measured = any(sample.get("error") is None for sample in run.samples())
    if red or not measured or controls.get("ok") is not True or gate.get("invalid", True):
        return 3
    if gate.get("refuted"):
        return 2
    return 1 if gate.get("regressions") else OK
