"""Errors a user can act on: what is wrong, where, what to do, and the exit code that says so."""

import contextlib
import errno

OK = 0
FAILURE = 1
USAGE = 64
BAD_DATA = 65
NO_INPUT = 66
UNAVAILABLE = 69
CANNOT_CREATE = 73
IO_ERROR = 74
NO_PERMISSION = 77
CONFIG = 78
INTERRUPTED = 130

_BY_ERRNO = {
    errno.ENOSPC: (IO_ERROR, "free some disk space, then give the same command again"),
    errno.EDQUOT: (IO_ERROR, "free some disk space, then give the same command again"),
    errno.EIO: (IO_ERROR, "check the disk, then give the same command again"),
    errno.EACCES: (NO_PERMISSION, "make the folder writable, or name another one with --out"),
    errno.EPERM: (NO_PERMISSION, "make the folder writable, or name another one with --out"),
    errno.EROFS: (NO_PERMISSION, "name a folder on a writable disk with --out"),
    errno.ENOTDIR: (CANNOT_CREATE, "a file stands where a folder is needed: move it away"),
    errno.EEXIST: (CANNOT_CREATE, "a file stands where a folder is needed: move it away"),
    errno.ENOENT: (NO_INPUT, "check the path"),
}


class CycloneError(Exception):
    """One message for the user; `code` becomes the exit code of the command."""

    def __init__(self, message, at=None, remedy=None, code=FAILURE):
        super().__init__(message)
        self.message = message
        self.at = at
        self.remedy = remedy
        self.code = code

    def text(self):
        lines = [f"cyclone: error: {self.message}"]
        if self.at:
            lines.append(f"  at: {self.at}")
        if self.remedy:
            lines.append(f"  remedy: {self.remedy}")
        return "\n".join(lines)


def from_os_error(error, place, doing):
    """The same for an OSError: its number chooses the exit code and the remedy."""
    code, remedy = _BY_ERRNO.get(error.errno, (IO_ERROR, "see the message of the system"))
    return CycloneError(f"{doing}: {error.strerror or error}", str(place), remedy, code)


@contextlib.contextmanager
def os_errors(place, doing):
    """Every OSError inside becomes a CycloneError that names the place."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error, place, doing) from error
