"""Loads the claim files. What a rule's parameters mean is the business of `reports`."""

import difflib
import tomllib

from lab.errors import CONFIG, CycloneError
from lab.files import sha256_file

RULES = ("growth", "law", "ratio", "equivalence", "bound", "witness", "tail", "crossover")
_NEEDED = ("id", "component", "key", "where", "title", "claim", "test")


def _fail(place, message, remedy):
    raise CycloneError(message, place, remedy, CONFIG)


def _check_needs(needs, place):
    """The preconditions: tools by name, numbers of cores and nodes, whether counters are."""
    if not isinstance(needs, dict):
        _fail(place, f"'preconditions' is {needs!r}", "write [preconditions]")
    for key, kind in (("tools", list), ("min_cores", int), ("numa_nodes", int), ("pmu", bool)):
        if key in needs and type(needs[key]) is not kind:
            _fail(place, f"'{key}' is {needs[key]!r}", f"write a value of type {kind.__name__}")


def load_file(tree, path):
    """One claim as a dict, with `file`, `path` and `sha256` added."""
    place = tree.relative(path)
    try:
        claim = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        _fail(place, f"not TOML: {error}", "mend the line that is named")
    if claim.get("schema") != 1:
        _fail(place, f"schema {claim.get('schema')!r}", "this tree reads: schema = 1")
    for key in _NEEDED:
        if not claim.get(key):
            _fail(place, f"'{key}' is missing", f"a claim needs {', '.join(_NEEDED)}")
    for key in _NEEDED[:-1]:
        if not isinstance(claim[key], str):
            _fail(place, f"'{key}' is {claim[key]!r}", "write a text in quotes")
    if not isinstance(claim["test"], list) or not all(isinstance(t, dict) for t in claim["test"]):
        _fail(place, "'test' is not a list of tables", "write [[test]]")
    _check_needs(claim.get("preconditions", {}), place)
    for test in claim["test"]:
        if test.get("rule") not in RULES:
            _fail(place, f"rule {test.get('rule')!r} of test {test.get('id')!r}",
                  "one of " + ", ".join(RULES))
    return claim | {"file": place, "path": path, "sha256": sha256_file(path)}


def load_all(tree):
    """Every claim of the tree by id, in the order of the files."""
    claims = {}
    for path in tree.claim_files():
        claim = load_file(tree, path)
        if before := claims.get(claim["id"]):
            _fail(claim["file"], f"the id '{claim['id']}' is taken",
                  f"give it its own; the first is {before['file']}")
        claims[claim["id"]] = claim
    return claims


def choose(claims, wanted, place):
    """The claims a suite names; "*" is all of them."""
    chosen = {}
    for name in wanted:
        if name == "*":
            chosen.update(claims)
        elif name in claims:
            chosen[name] = claims[name]
        else:
            near = difflib.get_close_matches(name, claims, 1)
            hint = f"did you mean '{near[0]}'?" if near else "see: cyclone list claims"
            raise CycloneError(f"no claim '{name}'", place, hint, CONFIG)
    return chosen


def unmet(claim, facts):
    """Why this machine cannot test the claim: a list of reasons, empty when it can."""
    reasons = []
    needs = claim.get("preconditions", {})
    for tool in needs.get("tools", []):
        if not facts["tools"].get(tool):
            reasons.append(f"{tool} is not installed")
    if needs.get("min_cores", 0) > facts["stable"]["cpus"]:
        reasons.append(f"needs {needs['min_cores']} cores, here {facts['stable']['cpus']}")
    if needs.get("numa_nodes", 0) > facts["stable"]["numa_nodes"]:
        reasons.append(f"needs {needs['numa_nodes']} NUMA nodes, "
                       f"here {facts['stable']['numa_nodes']}")
    if needs.get("pmu") and "pmu" in facts["absent"]:
        reasons.append("needs hardware counters: " + facts["absent"]["pmu"])
    return reasons
