"""House rules a machine can hold: lengths, words that do not belong, tests that never run."""

import ast
import re

import pytest
from fakes import ROOT

_CODE = (".hpp", ".cpp", ".h", ".c", ".py", ".cmake", ".in", ".sh")
_TEXT = (*_CODE, ".md", ".toml", ".def", ".txt", ".json", ".j2", ".html", ".css", ".yml", ".cff")
_NAMES = ("packages", "setup", "cyclone", "run", "CMakeLists.txt")
_OUTSIDE = (".git", "build", "__pycache__", ".pytest_cache", "reports/out", "reports/published",
            "reports/baselines")
_FILE_LINES = 500
_FUNCTION_LINES = 70
_COLUMNS = 100
# In pieces, so that this file does not find itself.
_WORDS = ["TO" + "DO", "FIX" + "ME", ".." + "/shared", "/wo" + "rk/", "/ho" + "me/",
          "py" + "pi.org", "deb.deb" + "ian.org"]
_BANNED = re.compile("|".join(re.escape(w) for w in _WORDS))
_NEVER_RUN = re.compile(r"\bpytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b|"
                        r"@unittest\.skip|\bSKIP\(|DISABLED\s+(?:TRUE|ON)\b")


def files(root):
    """Text files of the tree, apart from what is generated or kept as data."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        inside = not any(f"/{name}".startswith(f"/{o}/") or f"/{o}/" in f"/{name}"
                         for o in _OUTSIDE)
        if inside and path.is_file() and (path.suffix in _TEXT or path.name in _NAMES):
            yield path, name


def long_functions(text, name):
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = node.end_lineno - node.lineno + 1
            if length > _FUNCTION_LINES:
                found.append(f"{name}:{node.lineno}: {node.name} has {length} lines")
    return found


def violations(root):
    found = []
    for path, name in files(root):
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        code = path.suffix in _CODE or path.name in _NAMES
        if code and len(lines) > _FILE_LINES:
            found.append(f"{name}: {len(lines)} lines")
        for number, line in enumerate(lines, 1):
            if code and len(line) > _COLUMNS:
                found.append(f"{name}:{number}: {len(line)} columns")
            if word := _BANNED.search(line):
                found.append(f"{name}:{number}: says {word.group(0)}")
            if path.name != "test_tidy.py" and _NEVER_RUN.search(line):
                found.append(f"{name}:{number}: a test that does not run")
        if path.suffix == ".py":
            found += long_functions(text, name)
        if path.suffix in (".hpp", ".cpp", ".py") and lines and not re.match(
                r'//|/\*|#|"""|r"""', lines[0]):
            found.append(f"{name}: no comment says what it is")
    return found


def test_this_tree_is_tidy():
    assert violations(ROOT) == []


@pytest.mark.parametrize(("name", "text", "words"), [
    ("src/a.hpp", "// a\n" * 501, "501 lines"),
    ("src/a.hpp", "// " + "x" * 98, "101 columns"),
    ("src/a.hpp", "int x;\n", "no comment"),
    ("README.md", "see " + _WORDS[0], "says"),
    ("README.md", "in " + _WORDS[3] + "main", "says"),
    ("tests/lab/test_x.py", '"""x"""\npytest.mark.' + "skip()\n", "does not run"),
    ("reports/x.py", '"""x"""\ndef f():\n' + "    x = 1\n" * 70, "f has 71 lines"),
    ("scripts/setup", "#" * 101, "101 columns"),
])
def test_a_planted_violation_is_found(tmp_path, name, text, words):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    found = violations(tmp_path)
    assert len(found) == 1 and found[0].startswith(name) and words in found[0]


def test_what_is_generated_is_left_alone(tmp_path):
    for name in ("build/x.hpp", "reports/out/run/x.json", "src/__pycache__/x.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("int x; // " + _WORDS[1])
    assert violations(tmp_path) == []
