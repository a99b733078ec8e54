"""Which source a run measured: the commit, and a hash of what was changed on top of it."""

import hashlib
import subprocess


def _git(root, *args):
    try:
        done = subprocess.run(["git", "-C", str(root), *args], capture_output=True, check=False,
                              timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def state(root):
    sha = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    status = _git(root, "status", "--porcelain")
    diff = _git(root, "diff", "HEAD") if sha else None
    return {"git": sha.decode().strip() if sha else None,
            "dirty": bool(status) if status is not None else None,
            "diff_sha256": hashlib.sha256(diff).hexdigest() if diff else None}


def changed(root, revision, paths):
    """Files under these paths that are not as they were at `revision`, those that git does not know
    among them; None if there is no such revision."""
    if not revision or _git(root, "cat-file", "-e", f"{revision}^{{commit}}") is None:
        return None
    differ = _git(root, "diff", "--name-only", revision, "--", *paths) or b""
    strange = _git(root, "ls-files", "--others", "--exclude-standard", "--", *paths) or b""
    return sorted(set((differ + strange).decode().split("\n")) - {""})
