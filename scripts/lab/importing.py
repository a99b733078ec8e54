"""`cyclone import`: takes in a run that was made elsewhere, after every check it can make.

An archive may be hostile: only plain files with plain names, in one folder, within bounds, are
read from it; nothing is unpacked where it could be mistaken for a run before all is checked.
"""

import json
import os
import re
import tarfile
import tempfile
import zlib
from pathlib import Path

from reports import samples as sample_files

from lab import doctor, runfolder
from lab.errors import BAD_DATA, CANNOT_CREATE, NO_INPUT, CycloneError, os_errors
from lab.export import DERIVED, MANIFEST
from lab.files import make_folder, read_json, sha256_file, write_json

FILES_MAX = 400
BYTES_MAX = 1 << 30
HEADER_MAX = 1 << 16
_NAME = re.compile(r"[A-Za-z0-9][\w.+@-]{0,120}")
_REMEDY = "make the bundle again: cyclone export RUN --format tar --out FILE"


def _bad(message, place, remedy=_REMEDY):
    return CycloneError(message, str(place), remedy, BAD_DATA)


def _parts(name, place):
    """The path inside the run of a member TOP/[claims/]FILE, checked word by word."""
    words = name.split("/")
    if not 2 <= len(words) <= 3 or not all(_NAME.fullmatch(w) for w in words):
        raise _bad(f"a file that no run has: {name!r}", place)
    return words


class _Header(tarfile.TarInfo):
    """A header whose further headers are small: tarfile reads those whole, before any bound."""

    @classmethod
    def frombuf(cls, buf, encoding, errors):
        found = super().frombuf(buf, encoding, errors)
        if not (found.isreg() or found.isdir()) and found.size > HEADER_MAX:
            raise _bad(f"a header of {found.size} bytes", "the archive")
        return found


class _Bounds:
    """Counts what was taken in; a bomb is stopped while it unpacks."""

    def __init__(self, place):
        self._place, self._files, self._bytes = place, 0, 0

    def file(self):
        self._files += 1
        if self._files > FILES_MAX:
            raise _bad(f"more than {FILES_MAX} files", self._place, "a run has fewer")

    def data(self, size):
        self._bytes += size
        if self._bytes > BYTES_MAX:
            raise _bad(f"more than {BYTES_MAX >> 20} MiB", self._place, "a run is smaller")


def _copy(stream, target, bounds):
    make_folder(target.parent)
    with open(target, "xb") as out:
        while chunk := stream.read(1 << 16):
            bounds.data(len(chunk))
            out.write(chunk)


def unpack(archive, folder):
    """Writes the files of the archive below `folder`; returns the name of its one top folder."""
    bounds, tops = _Bounds(archive), set()
    try:
        with tarfile.open(archive, "r|gz", tarinfo=_Header) as stream:
            for member in stream:
                if member.isdir():
                    bounds.file()
                    continue
                if not member.isreg():
                    raise _bad(f"{member.name!r} is a link or a device", archive)
                bounds.file()
                words = _parts(member.name, archive)
                tops.add(words[0])
                _copy(stream.extractfile(member), folder.joinpath(*words), bounds)
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError, RecursionError) as error:
        raise _bad(f"not a whole tar.gz: {error}", archive) from error
    except FileExistsError as error:
        raise _bad("a file stands in it twice", archive) from error
    except OSError as error:
        if error.errno is None:  # gzip says so without a number
            raise _bad(f"not a whole tar.gz: {error}", archive) from error
        raise
    if len(tops) != 1:
        raise _bad(f"{len(tops)} folders at its top, a bundle has one", archive)
    return tops.pop()


def copy_folder(source, folder):
    """The same for a run's folder; what lies in it beside a run's files is an error too."""
    bounds = _Bounds(source)
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise _bad(f"{str(inside)!r} is a link or a device", source, "take it out")
        if path.is_file():
            bounds.file()
            words = _parts(f"run/{inside}", source)
            with open(path, "rb") as stream:
                _copy(stream, folder.joinpath(*words), bounds)
    return "run"


def _check_manifest(folder, place):
    path = folder / MANIFEST
    if not path.is_file():
        return
    said = read_json(path).get("files")
    if not isinstance(said, dict):
        raise _bad("its manifest lists no files", place)
    there = {str(p.relative_to(folder)): p for p in folder.rglob("*") if p.is_file()}
    there.pop(MANIFEST)
    said = {name: digest for name, digest in said.items() if name != MANIFEST}
    if set(said) != set(there):
        raise _bad("its files are not those of its manifest: "
                   + ", ".join(sorted(set(said) ^ set(there))[:5]), place)
    for name, file in there.items():
        if sha256_file(file) != said[name]:
            raise _bad(f"{name} is not what was exported: its hash differs", place)


def _check_run(folder, place):
    """The id of the run, when all of it holds together; the readers of the analysis judge it."""
    plan, environment = (read_json(folder / n) for n in ("plan.json", "environment.json"))
    ident = plan.get("run") or place.name
    if not isinstance(ident, str) or not _NAME.fullmatch(ident):
        raise _bad(f"{ident!r} cannot name a run", place)
    stable = environment.get("stable")
    if not isinstance(stable, dict) or doctor.fingerprint(stable) != environment["fingerprint"]:
        raise _bad("its fingerprint is not that of its environment", folder / "environment.json",
                   "the file was changed by hand: take the one of the run")
    for claim in (plan.get("claims") or {}).values():
        own = folder / "claims" / Path(claim["file"]).name
        if own.is_file() and sha256_file(own) != claim["sha256"]:
            raise _bad(f"the claim {own.name} is not the one that was planned", place)
    if plan.get("run") is None:
        write_json(folder / "plan.json", plan | {"run": ident})
    sample_files.load_run(folder)
    return ident


def take(source, results):
    """Checks the run at `source` and puts it into `results`. Returns its folder."""
    source = Path(source)
    if not source.exists():
        raise CycloneError("nothing is there to import", str(source),
                           "name a run's folder, or the tar.gz of cyclone export", NO_INPUT)
    make_folder(results)
    lock = runfolder.Lock(results)
    try:
        with os_errors(source, "cannot import"), \
                tempfile.TemporaryDirectory(prefix=".import-", dir=results) as temp:
            return _take(source.resolve(), Path(temp), Path(results))
    finally:
        lock.release()


def _take(source, temp, results):
    folder = temp / (copy_folder if source.is_dir() else unpack)(source, temp)
    try:
        _check_manifest(folder, source)
        ident = _check_run(folder, source)
    except (KeyError, TypeError, AttributeError, RecursionError, json.JSONDecodeError) as error:
        raise _bad(f"its files are not those of a run: {error!r}", source) from error
    if (results / ident).exists():
        raise CycloneError(f"{ident} is here already", str(results / ident),
                           "move that one away, or keep it: a run is never overwritten",
                           CANNOT_CREATE)
    for name in DERIVED:
        (folder / name).unlink(missing_ok=True)
    write_json(folder / "imported.json", {"schema": 1, "from": source.name,
                                          "at": runfolder.now()})
    os.rename(folder, results / ident)
    return runfolder.RunFolder(results / ident)
