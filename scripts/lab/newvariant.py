"""`cyclone new-variant`: one file and its registry lines, working as they are written."""

import re
from pathlib import Path

from lab import registry
from lab.errors import CANNOT_CREATE, NO_INPUT, NO_PERMISSION, USAGE, CycloneError, os_errors
from lab.files import make_folder, write_text

_TEMPLATES = Path(__file__).parent / "templates"
_LINES = """VARIANT({name}, {kind}, "a sorted list to start from", "Varghese1987")
MUTANT({name}, 1, "a new timer goes before its equals")
"""


def create(tree, component, name, kind, folder):
    """Writes the header, then the lines; returns both paths. Refuses to overwrite anything."""
    template = _TEMPLATES / f"{component}.hpp.in"
    if not template.is_file():
        known = ", ".join(sorted(p.name.split(".")[0] for p in _TEMPLATES.glob("*.hpp.in")))
        raise CycloneError(f"no template for component '{component}'", "the command line",
                           f"name one of: {known}", NO_INPUT)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise CycloneError(f"'{name}' cannot name a variant", "the command line",
                           "use lower case letters, digits and _, a letter first", USAGE)
    entries = registry.load(tree, component)
    if before := entries.find(name):
        raise CycloneError(f"'{name}' is in the registry", before.place, "take another name",
                           CANNOT_CREATE)
    home = Path(folder).resolve() / component if folder else tree.root / "variants" / component
    header, lines = home / f"{name}.hpp", home / "registry.def"
    if header.exists():
        raise CycloneError("the file is there already", tree.relative(header),
                           "take another name, or move the file away", CANNOT_CREATE)
    try:
        _write(tree, header, lines, name, kind)
    except CycloneError as error:
        if error.code == NO_PERMISSION and not folder:
            error.remedy = "make the tree writable, or write it elsewhere: --dir DIR"
        raise
    return header, lines


def _write(tree, header, lines, name, kind):
    """The header, and its lines below those that are there."""
    component = header.parent.name
    template = _TEMPLATES / f"{component}.hpp.in"
    make_folder(header.parent)
    with os_errors(lines, "cannot read"):
        before = lines.read_text(encoding="utf-8") if lines.exists() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    own = registry.Registry(component)
    registry.parse(own, before, tree.relative(lines))
    if (taken := own.find(name)) is not None:
        raise CycloneError(f"'{name}' is in the registry", taken.place, "take another name",
                           CANNOT_CREATE)
    write_text(header, template.read_text(encoding="utf-8").replace("@NAME@", name))
    try:
        write_text(lines, before + _LINES.format(name=name, kind=kind))
    except CycloneError:
        header.unlink()
        raise
