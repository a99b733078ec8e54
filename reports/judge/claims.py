"""Claim files and the bibliography: loading, checking, and the verdict of a whole claim."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from reports.errors import ReportError, k_code_missing
from reports.judge import rules
from reports.judge.rules_common import (brief, config_error, joint, k_invalid, k_not_here,
                                        k_refuted, k_shape, k_supported, k_undecided, worst)
from reports.stats.multiplicity import holm

k_theme = "other"  # the section of a claim that names none
k_needed = ("id", "component", "key", "where", "title", "claim", "test")
k_preconditions = ("tools", "min_cores", "numa_nodes", "pmu")
k_tree_bibliography = Path(__file__).resolve().parents[2] / "experiments/bibliography.toml"


def load_claim(path: Path) -> dict:
    """One claim, checked in full, with `file` and `sha256`."""
    place = Path(path).name
    try:
        data = Path(path).read_bytes()
        claim = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ReportError(f"cannot read: {error.strerror}", place, "", k_code_missing) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise config_error(f"not TOML: {error}", place, "mend the line that is named") from None
    check_claim(claim, place)
    return claim | {"file": place, "sha256": hashlib.sha256(data).hexdigest()}


def of_run(folder: Path, plan: dict) -> list[dict]:
    """A run's claims as they stood at plan time, in the order of their ids; `edited` says of a
    file that was changed or added since that it was."""
    found = [load_claim(path) for path in sorted((folder / "claims").glob("*.toml"))]
    planned = plan.get("claims") or {}
    here = {claim["id"] for claim in found}
    if gone := sorted(set(planned) - here):
        name = Path(planned[gone[0]].get("file") or "its file").name
        raise ReportError(f"claim {gone[0]} was planned, but {name} is missing",
                          str(folder / "claims"), "restore the file, or begin a new run")
    for claim in found:
        known = planned.get(claim["id"])
        if known is None:
            claim["edited"] = "added after the run was planned"
        else:
            same = known.get("sha256") == claim["sha256"]
            claim["edited"] = "" if same else "edited after the run was planned"
    return sorted(found, key=lambda c: c["id"])


def check_claim(claim: dict, place: str) -> None:
    if claim.get("schema") != 1:
        raise config_error(f"schema {claim.get('schema')!r}", place, "this tree reads: schema = 1")
    for key in k_needed:
        if not claim.get(key):
            raise config_error(f"'{key}' is missing", place,
                               "a claim needs " + ", ".join(k_needed))
    for key in claim.get("preconditions", {}):
        if key not in k_preconditions:
            raise config_error(f"no precondition '{key}'", place,
                               "one of " + ", ".join(k_preconditions))
    if not isinstance(claim.get("theme", k_theme), str):
        raise config_error(f"theme {claim['theme']!r} is not a text", place, 'theme = "costs"')
    seen = set()
    for test in claim["test"]:
        rules.check_test(test, place)
        if test["id"] in seen:
            raise config_error(f"two tests are called '{test['id']}'", place, "rename one")
        seen.add(test["id"])
    if all(t.get("as") for t in claim["test"]):
        raise config_error("every test is marked 'as'", place,
                           "at least one test must decide the claim")


def unmet(claim: dict, environment: dict) -> list[str]:
    """Why this machine cannot test the claim; empty when it can."""
    needs = claim.get("preconditions", {})
    stable, absent = environment.get("stable", {}), environment.get("absent", {})
    reasons = [f"{tool} is not installed" for tool in needs.get("tools", [])
               if not environment.get("tools", {}).get(tool)]
    for key, field, what in (("min_cores", "cpus", "cores"),
                             ("numa_nodes", "numa_nodes", "NUMA nodes")):
        if needs.get(key, 0) > (stable.get(field) or 1):
            reasons.append(f"needs {needs[key]} {what}, here {stable.get(field) or 1}")
    if needs.get("pmu") and "pmu" in absent:
        reasons.append(f"needs hardware counters: {absent['pmu']}")
    return reasons


def judge_claim(claim: dict, index, context: dict) -> dict:
    """The verdict of a claim from its tests. Tests marked `as` are shown, but do not decide."""
    out = {k: claim.get(k, "") for k in ("id", "component", "key", "where", "title", "claim",
                                         "published", "note", "listing", "file",
                                         "sha256")}
    edited = claim.get("edited", "")
    mark = f" The claim file was {edited}." if edited else ""
    out["theme"] = claim.get("theme", k_theme)
    out |= {"edited_after_plan": bool(edited), "edited": edited, "interval": None, "evidence": [],
            "family": 0,
            "redo": f"scripts/cyclone run {context.get('suite', 'SUITE')} --only {claim['id']}"}
    reasons = context.get("unmet", {}).get(claim["id"]) or unmet(claim, context["environment"])
    if reasons:
        why = "; ".join(reasons)
        return out | {"verdict": k_not_here, "figure": "", "tests": [],
                      "sentence": f"Not testable here: {why}.{mark}"}
    tests = [judge_one(t, index, context) for t in claim["test"]]
    deciding = [t for t in tests if not t["as"]]
    out["family"] = hold_together(deciding)
    verdict = worst(t["verdict"] for t in deciding)
    out["evidence"] = list(dict.fromkeys(i for t in tests for i in t["evidence"]))
    if len(deciding) == 1:
        out["interval"] = deciding[0]["interval"]
    return out | {"verdict": verdict, "tests": tests, "figure": claim_figure(deciding),
                  "sentence": claim_sentence(verdict, tests) + mark}


def hold_together(tests: list[dict]) -> int:
    """Holm over all timed comparisons that decide a claim: the more of them, the likelier one is
    wrong by chance. What does not survive becomes UNDECIDED. Returns how many there are."""
    parts = [p for t in tests for s in t["strands"] for p in s["parts"]]
    if len(parts) < 2:
        return len(parts)
    for part, adjusted in zip(parts, holm([p["p"] for p in parts])):
        part["p_holm"] = adjusted
        if part["verdict"] != k_undecided and adjusted > part["alpha"] + 1e-12:
            part["before_holm"], part["verdict"] = part["verdict"], k_undecided
    for test in tests:
        for strand in test["strands"]:
            if any("before_holm" in p for p in strand["parts"]):
                _withdraw(strand, len(parts))
        verdict = worst(s["verdict"] for s in test["strands"])
        if verdict != test["verdict"]:
            telling = [s for s in test["strands"] if s["verdict"] == verdict]
            test |= {"verdict": verdict, "sentence": brief([s["sentence"] for s in telling])}
    return len(parts)


def _withdraw(strand: dict, family: int) -> None:
    """One strand after Holm: its sizes are joined again."""
    strand["verdict"] = joint(p["verdict"] for p in strand["parts"])
    if strand["verdict"] == k_undecided:
        strand["sentence"] += f"; not beyond chance among {family} comparisons (Holm)"


def judge_one(test: dict, index, context: dict) -> dict:
    judged = rules.judge(test, index, context)
    return judged | {"id": test["id"], "rule": test["rule"], "metric": test["metric"],
                     "as": test.get("as", ""), "note": test.get("note", "")}


def claim_figure(tests: list[dict]) -> str:
    """What was measured, beside what was published: the figure of every test that has one."""
    if len(tests) == 1:
        return tests[0]["figure"]
    return "; ".join(f"{t['id']}: {t['figure']}" for t in tests if t["figure"])


def _against(tests: list[dict], limit: int = 3) -> str:
    """Both figures of some tests."""
    parts = [f"{t['id']}: {t['figure']} here, published {t['published'] or 'nothing'}"
             for t in tests[:limit]]
    more = f"; and {len(tests) - limit} more" if len(tests) > limit else ""
    return "; ".join(parts) + more


def _reasons(tests: list[dict], limit: int = 2) -> str:
    more = f"; and {len(tests) - limit} more" if len(tests) > limit else ""
    return "; ".join(t["sentence"] for t in tests[:limit]) + more


def _undecided(tests: list[dict], of: int) -> str:
    """Which tests have no figures at all, then which have some that do not tell; one reason each.
    """
    lack = [t for t in tests if t["strands"] and
            all(s["lacking"] for s in t["strands"] if s["verdict"] == k_undecided)]
    parts = []
    for some, lacks in ((lack, True), ([t for t in tests if t not in lack], False)):
        if not some:
            continue
        count = f"{len(some)} of {of} tests" if of > 1 else "its test"
        verb = "lack their cells" if of > 1 else "lacks its cells"
        first = next((s["sentence"] for s in some[0]["strands"] if s["verdict"] == k_undecided),
                     some[0]["sentence"])
        parts.append(f"{count} {verb}, first {first.replace(': missing: ', ': ', 1)}" if lacks else
                     f"in {count} the figures do not tell, first {first}")
    return f"Not decided: {'; '.join(parts)}"


def claim_sentence(verdict: str, tests: list[dict]) -> str:
    """One sentence: how many tests hold, what decides, and what holds instead."""
    deciding = [t for t in tests if not t["as"]]
    shown = [t for t in tests if t["as"]]
    telling = [t for t in deciding if t["verdict"] == verdict]
    share = f"{len(telling)} of {len(deciding)} tests" if len(deciding) > 1 else "its test"
    if verdict == k_supported:
        count = "both tests" if len(deciding) == 2 else f"all {len(deciding)} tests"
        text = f"Holds in {count}" if len(deciding) > 1 else f"Holds: {deciding[0]['sentence']}"
    elif verdict == k_shape:
        text = f"Holds in shape, not in magnitude in {share}: {_against(telling)}"
    elif verdict == k_refuted:
        text = f"Does not hold in {share}: {_against(telling)}"
    elif verdict == k_undecided:
        text = _undecided(telling, len(deciding))
    elif verdict == k_invalid:
        text = f"Not valid in {share}: {brief([t['sentence'] for t in telling])}"
    else:
        text = _reasons(telling)
    for name in dict.fromkeys(t["as"] for t in shown):
        mine = [t for t in shown if t["as"] == name]
        held = sum(t["verdict"] == k_supported for t in mine)
        text += f". Beside it, marked {name}, {held} of {len(mine)} hold: " + "; ".join(
            f"{t['id'].removeprefix(name + ': ')}: {t['figure'] or 'no figure'}" for t in mine)
    return text.rstrip(".") + "."


def load_bibliography(path: Path | None = None) -> dict[str, dict]:
    """Entries by key. A missing file is an empty one: the report then shows the bare key."""
    path = path or k_tree_bibliography
    if not path.is_file():
        return {}
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise config_error(f"not TOML: {error}", str(path), "mend the line that is named") from None
    if data.pop("schema", None) != 1:
        raise config_error("schema is not 1", str(path), "this tree reads: schema = 1")
    for key, entry in data.items():
        for field in ("authors", "title", "in", "year"):
            if not entry.get(field):
                raise config_error(f"[{key}] has no '{field}'", str(path),
                                   "an entry needs authors, title, in, year")
    return data


def citation(entry: dict) -> str:
    """One line of plain text; a DOI is printed, not linked: the page loads and points nowhere."""
    parts = [entry["authors"], entry["title"], entry["in"], str(entry["year"])]
    if entry.get("pages"):
        parts.insert(3, f"pp. {entry['pages']}")
    line = ", ".join(parts)
    return line + (f", doi {entry['doi']}" if entry.get("doi") else "")
