"""What the checks showed, kept with the sources it was shown for.

Tests append plain rows to a file; here they are stamped with the hash of the sources they ran on
and merged into build/evidence.json. A row whose sources have changed since is worth nothing, so it
is dropped, and the report shows a dash.
"""

import hashlib
import json
import re
from pathlib import Path

from lab.errors import BAD_DATA, CycloneError
from lab.files import make_folder, read_json, write_json
from lab.runfolder import now

SUITES = ("conformance", "property", "fuzz", "mutants", "counted_work", "regressions", "resources",
          "proof", "stress", "explored", "linearizable", "progress", "coherence", "peers")
CHECKERS = ("explorer", "linearize", "queue_monitor", "recorder")
_KEYS = {"component": str, "variant": str, "suite": str, "tool": str, "preset": str,
         "compiler": str, "passed": bool, "cases": int, "seed": int, "detail": str}
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
_USES_MODEL = re.compile(r'^\s*#\s*include\s+"(model/|support/explored)', re.M)


def variant_file(tree, component, variant):
    """The file of a variant, in the tree or beside it; None for a name without one."""
    for folder in tree.variant_folders(component):
        path = folder / f"{variant}.hpp"
        if path.is_file():
            return path
    return None


def _text(path):
    return path.read_text(encoding="utf-8", errors="replace")


def _with_pieces(path, root):
    """A variant's file and what it includes of variants/, at any depth: the shared pieces of its
    folder, and variants of another component that it is built on."""
    found, waiting = [], [path]
    while waiting:
        current = waiting.pop()
        if current in found:
            continue
        found.append(current)
        for name in _INCLUDE.findall(_text(current)):
            beside, far = path.parent / Path(name).name, root / name
            if beside.is_file():
                waiting.append(beside)
            elif name.startswith("variants/") and far.is_file():
                waiting.append(far)
    return found


def _digest(tree, files):
    digest = hashlib.sha256()
    for name, file in sorted((tree.relative(f), f) for f in set(files) if f.is_file()):
        data = file.read_bytes()
        digest.update(f"{name}\0{len(data)}\0".encode())
        digest.update(data)
    return digest.hexdigest()


def sources_hash(tree, component, variant):
    """Hash of all that decides what a test of this variant shows; None without a source file."""
    path = variant_file(tree, component, variant)
    if path is None:
        return None
    root = tree.root
    pieces = _with_pieces(path, root)
    files = pieces + [path.parent / "registry.def"]
    for room in {component} | {p.parent.name for p in pieces}:
        files += root.glob(f"src/{room}/*.hpp")
    files += root.glob("src/base/*.hpp")
    files += (p for p in (root / "proofs" / component).glob("*") if p.is_file())
    tests = [p for room in (component, "support") for p in (root / "tests" / room).rglob("*")
             if p.is_file()]
    files += tests
    if any(_USES_MODEL.search(_text(p)) for p in tests if p.parent.name == component):
        files += root.glob("src/model/*.[ch]pp")
    return _digest(tree, files)


def checkers_hash(tree):
    """Hash of the explorer and its like, and of the tests that try them."""
    return _digest(tree, [p for pattern in ("src/model/*", "src/base/*.hpp", "tests/model/*",
                                            "tests/support/*") for p in tree.root.glob(pattern)])


def all_hashes(tree, registries):
    """(component, variant) -> hash, for every entry of the registries, and for the checkers: those
    have no registry, but what they are worth is evidence like any other."""
    hashes = {(r.component, name): sources_hash(tree, r.component, name)
              for r in registries for name in r.names()}
    checkers = checkers_hash(tree)
    return hashes | {("model", name): checkers for name in CHECKERS}


def read_rows(path):
    """The rows tests wrote. A line that is no row is an error: a test is at fault."""
    path = Path(path)
    if not path.is_file():
        return []
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            good = all(isinstance(row[k], t) for k, t in _KEYS.items())
        except (ValueError, KeyError, TypeError):
            good = False
        if not good or row["suite"] not in SUITES:
            raise CycloneError("not an evidence row", f"{path}:{number}",
                               "a row needs " + ", ".join(_KEYS), BAD_DATA)
        rows.append(row)
    return rows


def stamp(rows, before, after):
    """Rows with sources and time; rows whose sources changed meanwhile are left out."""
    stamped = []
    for row in rows:
        key = row["component"], row["variant"]
        if before.get(key) and before.get(key) == after.get(key):
            stamped.append(row | {"sources": after[key], "at": now()})
    return stamped


def _identity(row):
    return tuple(row[k] for k in ("component", "variant", "suite", "tool", "preset", "compiler"))


def load(tree):
    return read_json(tree.evidence)["rows"] if tree.evidence.is_file() else []


def fresh(rows, hashes):
    """The rows that still speak of the sources as they are."""
    return [r for r in rows if r["sources"] == hashes.get((r["component"], r["variant"]))]


def merge(tree, rows, hashes):
    """Puts new rows in the place of old ones; returns (rows kept, stale rows dropped). Rows
    of components that `hashes` does not know stay: nothing was asked about them."""
    old = load(tree)
    asked = {component for component, _ in hashes}
    current = {id(r) for r in fresh(old, hashes)}
    still = [r for r in old if r["component"] not in asked or id(r) in current]
    merged = {_identity(r): r for r in still}
    merged.update({_identity(r): r for r in rows})
    make_folder(tree.build)
    kept = [merged[k] for k in sorted(merged)]
    write_json(tree.evidence, {"schema": 1, "rows": kept})
    return kept, len(old) - len(still)
