"""Old revisions of this tree, checked out beside it under build/against/<sha>, a few at a time."""

import re
import shutil
import subprocess

from lab.errors import FAILURE, NO_INPUT, UNAVAILABLE, CycloneError
from lab.files import make_folder
from lab.tree import Tree

_GIT_S = 120
_KEPT = 3  # newest worktrees that stay, so that a second comparison need not build again
SHORT = 12


def _git(root, *words):
    try:
        return subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True,
                              timeout=_GIT_S, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise CycloneError("git is not installed", "the tools", "scripts/setup run",
                           UNAVAILABLE) from error
    except subprocess.TimeoutExpired as error:
        raise CycloneError(f"git {words[0]} did not end in {_GIT_S} s", str(root),
                           "see whether another git holds a lock there", FAILURE) from error


def resolve(root, revision):
    """The commit a word names; an error when this is no checkout, or there is no such commit."""
    if _git(root, "rev-parse", "--git-dir").returncode != 0:
        raise CycloneError("this tree is not a git checkout: it has no older revisions", str(root),
                           "clone the repository instead of unpacking it", NO_INPUT)
    done = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options",
                f"{revision}^{{commit}}")
    sha = done.stdout.strip()
    if done.returncode != 0 or not re.fullmatch(r"[0-9a-f]{40,64}", sha):
        raise CycloneError(f"no revision '{revision}'", str(root), "see: git log --oneline",
                           NO_INPUT)
    return sha


def _home(tree):
    return tree.build / "against"


def _is_clean_at(path, sha):
    """Whether the worktree is at the commit with nothing changed in it."""
    if not (path / ".git").is_file():
        return False
    head, state = _git(path, "rev-parse", "HEAD"), _git(path, "status", "--porcelain")
    return head.stdout.strip() == sha and state.returncode == 0 and not state.stdout.strip()


def remove(tree, path):
    """Takes a worktree away, also one that git or a person has left half."""
    _git(tree.root, "worktree", "remove", "--force", str(path))
    shutil.rmtree(path, ignore_errors=True)
    _git(tree.root, "worktree", "prune")


def checkout(tree, sha):
    """A Tree of that commit: the one that is there, if it is untouched, else a new one."""
    path = _home(tree) / sha[:SHORT]
    make_folder(path.parent)
    if not _is_clean_at(path, sha):
        remove(tree, path)
        done = _git(tree.root, "worktree", "add", "--detach", "--force", str(path), sha)
        if done.returncode != 0:
            remove(tree, path)
            said = done.stderr.strip().splitlines()[-1:] or ["no reason given"]
            raise CycloneError(f"cannot check out {sha[:SHORT]}: {said[0]}", tree.relative(path),
                               "mend what git names", FAILURE)
    _forget_the_oldest(tree, path)
    return Tree(path)


def _forget_the_oldest(tree, current):
    others = [p for p in _home(tree).iterdir() if p.is_dir() and p != current]
    for path in sorted(others, key=lambda p: p.stat().st_mtime, reverse=True)[_KEPT - 1:]:
        remove(tree, path)


def prune(tree):
    """Tells git about worktrees that went away with the build folder."""
    if (tree.root / ".git").exists() and shutil.which("git"):
        _git(tree.root, "worktree", "prune")
