"""`cyclone prove`: makes a program of a file of scenarios (src/model/prove.hpp) and runs it.

The program goes through every execution that the memory model allows; what it says is passed
through, and its exit code is ours: 0 passed, 1 a counterexample, 2 a bound was hit.
"""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from lab import build
from lab.errors import BAD_DATA, INTERRUPTED, NO_INPUT, UNAVAILABLE, CycloneError, os_errors
from lab.files import make_folder

_PRESET = "release"
_LIBRARIES = ("cyclone_prove", "cyclone_model", "cyclone_axioms", "cyclone_history",
              "cyclone_fiber")
_ERROR_LINES = 12


def _compiler(tree):
    """The one that the libraries were made with."""
    cache = tree.preset(_PRESET) / "CMakeCache.txt"
    with os_errors(cache, "cannot read"):
        lines = cache.read_text(encoding="utf-8").splitlines()
    for line in lines:
        if line.startswith("CMAKE_CXX_COMPILER:"):
            return line.split("=", 1)[1]
    raise CycloneError("no compiler is named", tree.relative(cache),
                       "cyclone clean, then the same command again", UNAVAILABLE)


def command_line(tree, compiler, file, program):
    """The compiler's. Assertions of the test build are on: one that fails is a counterexample."""
    libraries = tree.preset(_PRESET) / "src"
    ccache = shutil.which("ccache")
    source = ["-x", "c++", str(file), "-x", "none"]
    return [*([ccache] if ccache else []), compiler, "-std=c++23", "-O2", "-g",
            "-DCYCLONE_CHECK=2", f"-I{tree.root / 'src'}", f"-I{tree.root}", f"-I{file.parent}",
            *source, "-Wl,--start-group", *(str(libraries / f"lib{x}.a") for x in _LIBRARIES),
            "-Wl,--end-group", "-lfmt", "-lpthread", "-o", str(program)]


def compile_scenarios(tree, file):
    """The program; an error shows what the compiler said first."""
    if not (tree.preset(_PRESET) / "build.ninja").is_file():
        build.configure(tree, _PRESET)
    build.build(tree, _PRESET, _LIBRARIES)
    key = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    folder = tree.build / "prove"
    make_folder(folder)
    program = folder / f"{file.stem}-{key}"
    done = subprocess.run(command_line(tree, _compiler(tree), file, program), cwd=tree.root,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shown = [x for x in done.stderr.splitlines() if "error" in x or "required from" in x]
        raise CycloneError("it does not compile\n    " + "\n    ".join(
            (shown or done.stderr.splitlines())[:_ERROR_LINES]), str(file),
            "a scenario is CYCLONE_PROVE(name) { ... }; what it uses is a template over "
            "cyclone::model::explored: see src/model/prove.hpp", BAD_DATA)
    return program


def prove(tree, file, arguments):
    """The exit code of the program, whose output has been passed through."""
    file = Path(file).resolve()
    if not file.is_file():
        raise CycloneError("no such file", str(file),
                           "name a header with CYCLONE_PROVE(name) { ... } in it", NO_INPUT)
    program = compile_scenarios(tree, file)
    child = subprocess.Popen([str(program), *arguments], cwd=os.getcwd())
    try:
        code = child.wait()
    except KeyboardInterrupt:
        child.kill()
        child.wait()
        return INTERRUPTED
    if code < 0:
        raise CycloneError(f"the program died of signal {-code}", str(file),
                           f"run it under a debugger: {program}", BAD_DATA)
    return code
