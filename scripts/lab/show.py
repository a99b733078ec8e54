"""What the commands print: the plan, the doctor's findings, the outcome of a run."""

import collections
import shlex
import sys

from rich.console import Console
from rich.table import Table

from lab.cli_base import Answer
from lab.errors import OK

_PIPE_WIDTH = 140


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
    rule = laid.get("stop_rule")
    if rule and laid.get("blocks"):
        lines.append(f"timed in {laid['blocks']} blocks at most, a layout each where the linker "
                     f"can; first look after {rule['first']}; a pilot decides how much of it")
    for name, place in sorted((laid.get("placements") or {}).items()):
        lines.append(f"placement {name}: " + (place.get("unavailable") or "CPU " + ", ".join(
            map(str, place["cpus"]))))
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


def _group_of(pair):
    extra = "".join(f", {k} {v}" for k, v in sorted(pair["params"].items()))
    return f"{pair['workload']}{extra}", pair["n"]


def group_rows(analysis):
    """One line a group of comparisons: what was fastest, and how many of each verdict. The words
    are those of the page; a variant is called fastest only where its verdict is FASTER."""
    groups = {}
    for pair in analysis.get("pairs", []):
        if pair["verdict"] != "reference":
            groups.setdefault(_group_of(pair), []).append(pair)
    rows = []
    for (name, n), pairs in groups.items():
        faster = [p for p in pairs if p["verdict"] == "FASTER" and p["ratio"]]
        best = min(faster, key=lambda p: p["ratio"], default=None)
        counts = collections.Counter(p["verdict"] for p in pairs)
        rows.append({"group": name, "n": n, "reference": pairs[0].get("reference"),
                     "best": best and {k: best[k] for k in ("variant", "ratio", "low", "high")},
                     "verdicts": dict(sorted(counts.items()))})
    return rows


def _best_words(row):
    best = row["best"]
    if best is None:
        return "none beats the reference"
    between = f" [{best['low']:.2f}, {best['high']:.2f}]" if best["low"] is not None else ""
    return f"{best['variant']} {best['ratio']:.2f}{between}"


def gate_of(analysis):
    """(exit code, reasons) under --gate: the analysis decides. What was never judged is 3."""
    gate = analysis.get("gate")
    if not isinstance(gate, dict) or not isinstance(gate.get("code"), int):
        return 3, ["the analysis has no gate"]
    return gate["code"], list(gate.get("why") or [])


def redo_command(tree, run):
    """A run that is not where runs are looked for is named by its path."""
    subject = next((c["id"] for c in run.plan()["cells"] if c["role"] == "subject"), "CELL")
    name = run.id if run.path.parent == tree.results else run.path
    return shlex.join(["scripts/cyclone", "redo", str(name), subject])


def answer(tree, run, analysis, page, gated=False):
    """The verdicts, the path of the report, how to redo one row; the exit code when gated."""
    code, reasons = gate_of(analysis)
    value = {"schema": 1, "run": run.id, "report": str(page), "redo": redo_command(tree, run),
             "claims": {i: v for i, v, _ in claim_rows(analysis)},
             "pairs": pair_counts(analysis), "groups": group_rows(analysis),
             "gate": {"code": code, "why": reasons}}
    return Answer(value, lambda: _print_outcome(tree, run, analysis, page, value, gated),
                  code if gated else OK)


def _print_outcome(tree, run, analysis, page, value, gated):
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH)
    table = Table(title=f"claims of {run.id}", title_justify="left")
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("why")
    for row in claim_rows(analysis):
        table.add_row(*row)
    if table.row_count:
        console.print(table)
    if value["groups"]:
        console.print(_group_table(value["groups"]))
        console.print("pairs: " + ", ".join(f"{n} {v}" for v, n in sorted(value["pairs"].items())))
    for entry in run.plan()["given_up"]:
        if entry["cell"].startswith("*"):
            console.print(f"given up: {entry['cell']}: {entry['why']}", soft_wrap=True)
    for reason in value["gate"]["why"] if gated else ():
        console.print(f"gate: {reason}", soft_wrap=True, markup=False)
    console.print(f"report: {tree.relative(page)}", soft_wrap=True, markup=False)
    console.print(f"redo one row: {value['redo']}", soft_wrap=True, markup=False)


def _group_table(rows):
    table = Table(title="times, as ratios to the reference of each group", title_justify="left")
    for column in ("workload", "n", "fastest", "verdicts"):
        table.add_column(column, justify="right" if column == "n" else "left")
    for row in rows:
        table.add_row(row["group"], str(row["n"]), _best_words(row),
                      ", ".join(f"{n} {v}" for v, n in row["verdicts"].items()))
    return table
