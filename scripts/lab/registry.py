"""Reads `variants/<component>/registry.def`, the one place that says which variants exist."""

import re
from dataclasses import dataclass, field

from lab.errors import CONFIG, NO_INPUT, CycloneError

_NAME = r"([a-z][a-z0-9_]*)"
_TEXT = r'"([^";]*)"'
_TAIL = r"\s*(?://.*)?$"
_FORMS = {
    "VARIANT": (re.compile(rf"VARIANT\({_NAME},\s*{_NAME},\s*{_TEXT},\s*{_TEXT}\){_TAIL}"),
                'VARIANT(name, kind, "note", "bib key")'),
    "PEER": (re.compile(rf"PEER\({_NAME},\s*{_NAME},\s*{_TEXT},\s*{_TEXT}\){_TAIL}"),
             'PEER(name, kind, "note", "debian package")'),
    "WRAPPER": (re.compile(rf"WRAPPER\({_NAME},\s*{_NAME},\s*{_TEXT},\s*{_TEXT}\){_TAIL}"),
                'WRAPPER(name, inner, "note", "bib key")'),
    "MUTANT": (re.compile(rf"MUTANT\({_NAME},\s*([1-9][0-9]*),\s*{_TEXT}\){_TAIL}"),
               'MUTANT(variant, number, "what it breaks")'),
}


@dataclass(frozen=True)
class Entry:
    """One VARIANT, PEER or WRAPPER line. `source`: bibliography key, for a peer its package."""

    role: str
    name: str
    kind: str
    note: str
    source: str
    place: str


@dataclass
class Registry:
    component: str
    entries: list = field(default_factory=list)
    mutants: list = field(default_factory=list)  # (variant, number, what it breaks)

    def names(self, role=None):
        return [e.name for e in self.entries if role is None or e.role == role]

    def find(self, name):
        return next((e for e in self.entries if e.name == name), None)

    @property
    def oracle(self):
        return self.names("variant")[0]


def _bad_line(place, line):
    word = line.split("(")[0].strip()
    form = _FORMS[word][1] if word in _FORMS else " or ".join(f for _, f in _FORMS.values())
    return CycloneError(f"cannot read the line: {line}", place, f"write {form}", CONFIG)


def _read_line(registry, line, place):
    word = line.split("(")[0].strip()
    match = _FORMS[word][0].match(line) if word in _FORMS else None
    if not match:
        raise _bad_line(place, line)
    if word == "MUTANT":
        name, number, note = match.groups()
        if registry.find(name) is None:
            raise CycloneError(f"mutant of '{name}', which no line before names", place,
                               "put MUTANT lines below the VARIANT line they break", CONFIG)
        if any(m[:2] == (name, int(number)) for m in registry.mutants):
            raise CycloneError(f"mutant {number} of '{name}' is there twice", place,
                               "give it the next number", CONFIG)
        registry.mutants.append((name, int(number), note))
        return
    name, kind, note, source = match.groups()
    if before := registry.find(name):
        raise CycloneError(f"'{name}' is there twice", place,
                           f"rename it; the first is at {before.place}", CONFIG)
    registry.entries.append(Entry(word.lower(), name, kind, note, source, place))


def parse(registry, text, place):
    """Adds the lines of one registry.def; the first bad line is an error with its number."""
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line and not line.startswith("//"):
            _read_line(registry, line, f"{place}:{number}")


def _check_headers(registry, tree, folder):
    """A line of this folder without its file beside it would only fail in the compiler."""
    own = tree.relative(folder / "registry.def") + ":"
    for entry in registry.entries:
        header = folder / f"{entry.name}.hpp"
        if entry.place.startswith(own) and not header.is_file():
            raise CycloneError(f"'{entry.name}' has no file {tree.relative(header)}", entry.place,
                               "write the file, or take the line out", CONFIG)


def load(tree, component):
    """The registry of a component, with the out-of-tree lines joined in."""
    registry = Registry(component)
    found = False
    for folder in tree.variant_folders(component):
        path = folder / "registry.def"
        if not path.is_file():
            continue
        found = True
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise CycloneError(f"not UTF-8: {error}", tree.relative(path), "save it as UTF-8",
                               CONFIG) from error
        parse(registry, text, tree.relative(path))
        _check_headers(registry, tree, folder)
    if not found:
        known = ", ".join(tree.components()) or "none"
        raise CycloneError(f"no component '{component}'", "variants/",
                           f"name one of: {known}", NO_INPUT)
    if not registry.names("variant"):
        raise CycloneError("the registry has no VARIANT line", f"variants/{component}/registry.def",
                           "the first VARIANT is the oracle: it must be there", CONFIG)
    return registry
