"""`cyclone baseline`: what a run came to, kept under a name for this machine.

A baseline holds claims, counted figures and ratios inside the run, never times: those of two runs
are not comparable. It lies in reports/baselines/<fingerprint>/<NAME>.json and is a reduced
analysis, so whatever reads an analysis reads it too.
"""

import re

from lab import doctor, runfolder
from lab.errors import BAD_DATA, CANNOT_CREATE, NO_INPUT, USAGE, CycloneError, os_errors
from lab.files import make_folder, read_json, write_json

_NAME = re.compile(r"[A-Za-z0-9][\w.+-]{0,60}")
_CLAIM = ("id", "verdict", "sentence", "sha256")
_KEPT = ("schema", "run", "suite", "title", "seed", "command", "source", "fingerprint", "measured",
         "environment", "binaries", "layouts")


def folder(tree, fingerprint):
    return tree.root / "reports" / "baselines" / fingerprint


def path_of(tree, fingerprint, name):
    if not _NAME.fullmatch(name):
        raise CycloneError(f"'{name}' cannot name a baseline", "the command line",
                           "use letters, digits and . _ + -, at most 60", USAGE)
    return folder(tree, fingerprint) / f"{name}.json"


def reduced(analysis):
    """The analysis without its times: pure, and small enough to commit."""
    pairs = [{k: v for k, v in row.items() if k != "ns"} for row in analysis["pairs"]]
    return {k: analysis.get(k) for k in _KEPT} | {
        "claims": [{k: c.get(k) for k in _CLAIM} for c in analysis["claims"]],
        "counted": analysis["counted"], "pairs": pairs}


def _unfit(analysis):
    """Why a run must not become what others are measured by."""
    checked = analysis.get("controls") or {}
    return [f"control {word}: {name}" for word in ("failed", "absent")
            for name in checked.get(word) or []] + (
        [] if (analysis.get("status") or {}).get("state") == "complete" else
        ["the run is not complete"])


def save(tree, run, name, force=False):
    """Keeps the run's analysis under the name; (path, reasons that --force passed over)."""
    place = run.path / "analysis.json"
    if not place.is_file():
        raise CycloneError(f"{run.id} is not analysed", str(place), f"cyclone analyse {run.id}",
                           NO_INPUT)
    analysis = read_json(place)
    why = _unfit(analysis)
    if why and not force:
        raise CycloneError(f"{run.id} is no measure for others: " + "; ".join(why), str(run.path),
                           "save a sound run, or insist with --force", BAD_DATA)
    path = path_of(tree, analysis["fingerprint"], name)
    if path.exists() and not force:
        raise CycloneError(f"there is a baseline '{name}' already", tree.relative(path),
                           "cyclone baseline remove it, take another name, or --force",
                           CANNOT_CREATE)
    make_folder(path.parent)
    write_json(path, reduced(analysis) | {"saved": runfolder.now(), "forced": why})
    return path, why


def listed(tree):
    """[{name, fingerprint, here, run, saved, claims, counted, pairs}] of every machine."""
    here, rows = doctor.examine()["fingerprint"], []
    for path in sorted((tree.root / "reports" / "baselines").glob("*/*.json")):
        row = {"name": path.stem, "fingerprint": path.parent.name,
               "here": path.parent.name == here, "file": tree.relative(path)}
        try:
            held = read_json(path)
            rows.append(row | {"run": held.get("run"), "saved": held.get("saved"),
                               **{k: len(held.get(k) or [])
                                  for k in ("claims", "counted", "pairs")}})
        except CycloneError as error:
            rows.append(row | {"error": error.message})
    return rows


def find(tree, name, fingerprint=None):
    """The file of a baseline of this machine; an error that names those there are."""
    fingerprint = fingerprint or doctor.examine()["fingerprint"]
    path = path_of(tree, fingerprint, name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.json"))) or "none"
        raise CycloneError(f"this machine ({fingerprint}) has no baseline '{name}'",
                           tree.relative(path.parent),
                           f"here: {known}; make one: cyclone baseline save {name} RUN", NO_INPUT)
    return path


def load(tree, name):
    """A baseline by name, of this machine, or FINGERPRINT/NAME of another."""
    fingerprint, _, bare = name.rpartition("/")
    if fingerprint and not re.fullmatch(r"[0-9a-f]{4,64}", fingerprint):
        raise CycloneError(f"'{fingerprint}' is no fingerprint", "the command line",
                           "write NAME, or FINGERPRINT/NAME", USAGE)
    return read_json(find(tree, bare, fingerprint or None))


def remove(tree, name):
    path = find(tree, name)
    with os_errors(path, "cannot remove"):
        path.unlink()
    return path
