"""`cyclone list` and `cyclone explain`: what there is, in words."""

import difflib
import sys

from rich.console import Console
from rich.table import Table

from lab import claims, evidence, registry, runfolder, suite
from lab.errors import NO_INPUT, CycloneError


_PIPE_WIDTH = 140


def _print(title, columns, rows):
    table = Table(title=title, title_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, no_wrap=place < 2)
    for row in rows:
        table.add_row(*map(str, row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def list_suites(tree):
    rows = []
    for path in tree.suite_files():
        one = suite.load(tree, path.stem)
        rows.append((one.name, one.title, f"{one.budget_minutes:g}", len(one.experiments),
                     ", ".join(one.claims) or "-"))
    _print("suites", ("name", "title", "minutes", "experiments", "claims"), rows)


def list_variants(tree):
    rows = [(component, e.name, e.role, e.kind, e.note, e.source)
            for component in tree.components()
            for e in registry.load(tree, component).entries]
    _print("variants", ("component", "name", "role", "kind", "note", "source"), rows)


def list_claims(tree):
    rows = [(c["id"], c["key"], c["title"], ", ".join(sorted({t["rule"] for t in c["test"]})))
            for c in claims.load_all(tree).values()]
    _print("claims", ("id", "source", "title", "rules"), rows)


def list_runs(tree, results):
    rows = []
    for run in runfolder.list_runs(results):
        try:
            status = run.status()
            rows.append((run.id, status["state"],
                         f"{status['samples_done']}/{status['samples_planned']}"))
        except CycloneError as error:
            rows.append((run.id, "unreadable: " + error.message, "-"))
    _print("runs", ("run", "state", "samples"), rows)


def header_comment(path):
    """The comment a source file begins with, without its slashes."""
    lines = []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if not line.startswith("//"):
            break
        lines.append(line[2:].removeprefix(" "))
    return "\n".join(lines)


def explain_claim(claim):
    out = [f"{claim['id']}  {claim['title']}", f"source: {claim['key']}, {claim['where']}", "",
           claim["claim"].strip()]
    for key, label in (("published", "published figure"), ("note", "note")):
        if claim.get(key):
            out += ["", f"{label}: {claim[key].strip()}"]
    needs = claim.get("preconditions")
    if needs:
        out += ["", "needs: " + ", ".join(f"{k} = {v}" for k, v in needs.items())]
    out += ["", "tests:"]
    for test in claim["test"]:
        rest = ", ".join(f"{k} = {v}" for k, v in test.items() if k not in ("id", "rule"))
        out.append(f"  {test['id']} ({test['rule']}): {rest}")
    return "\n".join(out + ["", f"file: {claim['file']}"])


def explain_variant(tree, entries, entry):
    out = [f"{entry.name}  {entry.role} of {entries.component}, kind {entry.kind}", entry.note,
           f"source: {entry.source}", ""]
    path = evidence.variant_file(tree, entries.component, entry.name)
    if path is not None:
        out += [header_comment(path), "", f"file: {tree.relative(path)}"]
    for name, number, breaks in entries.mutants:
        if name == entry.name:
            out.append(f"mutant {number}: {breaks}")
    hashes = evidence.all_hashes(tree, [entries])
    rows = [r for r in evidence.fresh(evidence.load(tree), hashes) if r["variant"] == entry.name]
    out += ["", "evidence for these sources:" if rows else
            "no evidence for these sources yet: cyclone test"]
    out += [f"  {r['suite']} ({r['tool']}, {r['preset']}): "
            f"{'passed' if r['passed'] else 'FAILED'}, {r['cases']} cases" for r in rows]
    return "\n".join(out)


def explain(tree, name):
    known = claims.load_all(tree)
    if name in known:
        return explain_claim(known[name])
    names = list(known)
    for component in tree.components():
        entries = registry.load(tree, component)
        if entry := entries.find(name):
            return explain_variant(tree, entries, entry)
        names += entries.names()
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else "see: cyclone list claims"
    raise CycloneError(f"no claim or variant '{name}'", "the command line", hint, NO_INPUT)
