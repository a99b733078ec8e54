"""Files that are whole or not there: atomic JSON, appended lines that reached the disk, hashes."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

from lab.errors import BAD_DATA, NO_INPUT, CycloneError, os_errors


def sha256_file(path):
    digest = hashlib.sha256()
    with os_errors(path, "cannot read"), open(path, "rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def make_folder(path):
    with os_errors(path, "cannot create the folder"):
        os.makedirs(path, exist_ok=True)


def write_text(path, text):
    """Write beside, reach the disk, then rename: a reader sees the old file or the new one."""
    folder = os.path.dirname(os.path.abspath(path))
    with os_errors(path, "cannot write"):
        handle, temp = tempfile.mkstemp(prefix=".part-", dir=folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            os.chmod(temp, 0o644)
            os.replace(temp, path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):  # Ctrl-C just after the rename
                os.unlink(temp)
            raise
        sync_folder(folder)


def sync_folder(folder):
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path, value):
    write_text(path, json.dumps(value, indent=1, sort_keys=False) + "\n")


def read_json(path, schema=1):
    """A JSON object with the schema we know, or an error that names the file."""
    try:
        with open(path, encoding="utf-8") as stream:
            value = json.load(stream)
    except FileNotFoundError as error:
        raise CycloneError("the file is missing", str(path),
                           "a run that was cut off has no such file: use --fresh",
                           NO_INPUT) from error
    except (ValueError, RecursionError) as error:
        raise CycloneError(f"not JSON: {error}", str(path),
                           "move the file away; the run makes it again", BAD_DATA) from error
    except OSError as error:
        raise CycloneError(f"cannot read: {error.strerror}", str(path), "check the file",
                           NO_INPUT) from error
    found = value.get("schema") if isinstance(value, dict) else None
    if schema is not None and found != schema:
        raise CycloneError(f"schema {found!r}, this tree reads schema {schema}", str(path),
                           "use the version of the tree that wrote it, or start with --fresh",
                           BAD_DATA)
    return value


def put_torn_line_aside(path):
    """Cuts off a last line that never got whole, and keeps it in NAME.rejected; true where there
    was one. A line appended after it would be lost with it."""
    path = Path(path)
    if not path.is_file():
        return False
    with os_errors(path, "cannot mend the file"):
        data = path.read_bytes()
        keep = data.rfind(b"\n") + 1
        if keep == len(data):
            return False
        with open(path.with_suffix(".rejected"), "ab") as stream:
            stream.write(data[keep:] + b"\n")
            stream.flush()
            os.fsync(stream.fileno())
        with open(path, "r+b") as stream:
            stream.truncate(keep)
            os.fsync(stream.fileno())
    return True


class Appender:
    """Appends lines to a file; a line that `append` returned from is on the disk."""

    def __init__(self, path):
        self.path = path
        put_torn_line_aside(path)
        with os_errors(path, "cannot open for appending"):
            self._handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def append(self, value):
        data = (json.dumps(value, separators=(",", ":")) + "\n").encode()
        with os_errors(self.path, "cannot append a sample"):
            while data:
                data = data[os.write(self._handle, data):]
            os.fsync(self._handle)

    def close(self):
        os.close(self._handle)
