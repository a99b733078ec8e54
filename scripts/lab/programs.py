"""Which program a sample runs: the base link for counts, the link of the block's layout for times.

Block b runs layout b mod L, so as many blocks as there are layouts see each once. The A/A twin runs
links of its own: the same code, laid out otherwise. A program that changes while it is being
measured is an error: two builds are two variants.
"""

from reports.groups import binary_of

from lab.errors import BAD_DATA, CycloneError
from lab.files import sha256_file


class Programs:
    """The programs of a plan, under the root of a tree."""

    def __init__(self, root, plan):
        self._root, self._plan = root, plan
        self._seen = {}  # path -> (stat key, hash)

    def layout(self, cell, block):
        """The index of the layout, or None where the base link is run."""
        layouts = self._plan.get("layouts")
        return block % layouts["count"] if layouts and cell["meter"] == "time" else None

    def entry(self, cell, block):
        """{path, sha256} of the program of a sample, as planned."""
        binary = binary_of(self._plan, cell)
        index = self.layout(cell, block)
        if index is None:
            return binary
        return binary["twins" if cell["role"] == "aa" else "layouts"][index]

    def sha256(self, cell, block):
        return self.entry(cell, block)["sha256"]

    def path(self, cell, block):
        """The file to run; an error when it is not the one that was planned."""
        entry = self.entry(cell, block)
        path = self._root / entry["path"]
        if self._hash_now(path) != entry["sha256"]:
            raise CycloneError("the program changed while it was being measured", str(path),
                               "let builds end first, then give the same command again", BAD_DATA)
        return path

    def _hash_now(self, path):
        """The hash of the file, read again only when its size or time says so."""
        try:
            state = path.stat()
        except OSError as error:
            raise CycloneError(f"cannot find the program: {error.strerror}", str(path),
                               "let builds end first, then give the same command again",
                               BAD_DATA) from error
        key = state.st_mtime_ns, state.st_size, state.st_ino
        if self._seen.get(path, (None, None))[0] != key:
            self._seen[path] = key, sha256_file(path)
        return self._seen[path][1]
