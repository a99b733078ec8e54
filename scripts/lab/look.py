"""`cyclone list` and `cyclone explain`: what there is, in words."""

import difflib
import sys

from rich.console import Console
from rich.table import Table

from lab import claims, evidence, registry, runfolder, suite
from lab.errors import NO_INPUT, CycloneError


_PIPE_WIDTH = 140


COLUMNS = {
    "suites": ("name", "title", "minutes", "experiments", "claims"),
    "variants": ("component", "name", "role", "kind", "note", "source"),
    "claims": ("id", "source", "title", "rules"),
    "runs": ("run", "state", "samples"),
}


def print_table(what, rows):
    """`rows`: tuples in the order of the columns of `what`; a list in a cell is joined."""
    table = Table(title=what, title_justify="left")
    for place, column in enumerate(COLUMNS[what]):
        table.add_column(column, no_wrap=place < 2)
    for row in rows:
        table.add_row(*(", ".join(x) or "-" if isinstance(x, list) else str(x) for x in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def as_objects(what, rows):
    """The same rows for --json."""
    return {"schema": 1, "what": what,
            "rows": [dict(zip(COLUMNS[what], row, strict=True)) for row in rows]}


def list_suites(tree):
    rows = []
    for path in tree.suite_files():
        one = suite.load(tree, path.stem)
        rows.append((one.name, one.title, one.budget_minutes, len(one.experiments),
                     list(one.claims)))
    return rows


def list_variants(tree):
    return [(component, e.name, e.role, e.kind, e.note, e.source)
            for component in tree.components()
            for e in registry.load(tree, component).entries]


def list_claims(tree):
    return [(c["id"], c["key"], c["title"], sorted({t["rule"] for t in c["test"]}))
            for c in claims.load_all(tree).values()]


def list_runs(results):
    rows = []
    for run in runfolder.list_runs(results):
        try:
            status = run.status()
            rows.append((run.id, status["state"],
                         f"{status['samples_done']}/{status['samples_planned']}"))
        except CycloneError as error:
            rows.append((run.id, "unreadable: " + error.message, "-"))
    return rows


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


def variant_facts(tree, entries, entry):
    """What is known of a variant: its registry line, its comment, mutants and fresh evidence."""
    path = evidence.variant_file(tree, entries.component, entry.name)
    hashes = evidence.all_hashes(tree, [entries])
    rows = [r for r in evidence.fresh(evidence.load(tree), hashes) if r["variant"] == entry.name]
    return {"schema": 1, "what": "variant", "component": entries.component, "name": entry.name,
            "role": entry.role, "kind": entry.kind, "note": entry.note, "source": entry.source,
            "comment": header_comment(path) if path else None,
            "file": tree.relative(path) if path else None,
            "mutants": [{"number": number, "breaks": breaks}
                        for name, number, breaks in entries.mutants if name == entry.name],
            "evidence": rows}


def variant_text(facts):
    out = [f"{facts['name']}  {facts['role']} of {facts['component']}, kind {facts['kind']}",
           facts["note"], f"source: {facts['source']}", ""]
    if facts["file"]:
        out += [facts["comment"], "", f"file: {facts['file']}"]
    out += [f"mutant {m['number']}: {m['breaks']}" for m in facts["mutants"]]
    rows = facts["evidence"]
    out += ["", "evidence for these sources:" if rows else
            "no evidence for these sources yet: cyclone test"]
    out += [f"  {r['suite']} ({r['tool']}, {r['preset']}): "
            f"{'passed' if r['passed'] else 'FAILED'}, {r['cases']} cases" for r in rows]
    return "\n".join(out)


def explain(tree, name):
    """(facts, text) of the claim or variant of that name."""
    known = claims.load_all(tree)
    if name in known:
        claim = known[name]
        facts = {k: v for k, v in claim.items() if k != "path"}
        return {"what": "claim"} | facts, explain_claim(claim)
    names = list(known)
    for component in tree.components():
        entries = registry.load(tree, component)
        if entry := entries.find(name):
            facts = variant_facts(tree, entries, entry)
            return facts, variant_text(facts)
        names += entries.names()
    near = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean '{near[0]}'?" if near else "see: cyclone list claims"
    raise CycloneError(f"no claim or variant '{name}'", "the command line", hint, NO_INPUT)
