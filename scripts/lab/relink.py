"""One program, linked again with its functions in another order.

Where a function lies in memory decides on cache lines and branch slots it shares, and that moves a
figure by more than many a difference looked for (Mytkowicz et al. 2009; Curtsinger and Berger
2013). One link is therefore one sample of layout. Every function is a section of its own
(CYCLONE_LAYOUT), so the linker can shuffle them under a seed; a link takes some hundredths of a
second, and the objects stay the ones the tests have passed.
"""

import os
import random
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from lab.errors import CycloneError
from lab.files import make_folder, sha256_file, write_json
from lab.pool import share_out

_FOLDERS = ("/usr/lib/llvm-19/bin",)
_LINK_S = 120
_SEED_MAX = 2**31 - 1


def linker():
    """(folder that holds ld.lld, its version), or (None, why there is none)."""
    beside = shutil.which("ld.lld")
    for folder in [*_FOLDERS, *([str(Path(beside).parent)] if beside else [])]:
        program = Path(folder) / "ld.lld"
        if not program.is_file():
            continue
        done = subprocess.run([str(program), "--version"], capture_output=True, text=True,
                              timeout=_LINK_S, check=False)
        version = re.search(r"LLD \d+(?:\.\d+)+", done.stdout)
        if done.returncode == 0 and version:
            return folder, version.group(0)
    return None, "no linker that shuffles sections: scripts/setup run (lld-19)"


def seeds(count, seed):
    """Seeds of the layouts, and others for the A/A twins: both follow from the run's seed."""
    drawn = random.Random(f"{seed}/layouts").sample(range(1, _SEED_MAX), 2 * count)
    return drawn[:count], drawn[count:]


def link_command(build_folder, output):
    """The words of the command that linked `output` (relative to the build folder)."""
    done = subprocess.run(["ninja", "-C", str(build_folder), "-t", "commands", "-s", output],
                          capture_output=True, text=True, timeout=_LINK_S, check=False)
    line = done.stdout.strip().splitlines()[-1:] or [""]
    words = shlex.split(line[0].removeprefix(": && ").removesuffix(" && :"))
    if done.returncode != 0 or "-o" not in words:
        raise CycloneError(f"the build does not say how {output} is linked", str(build_folder),
                           "cyclone clean, then the same command again")
    return words


def _shuffled(words, folder, seed, target):
    out = words.index("-o") + 1
    return [*words[:out], str(target), *words[out + 1:], f"-B{folder}", "-fuse-ld=lld",
            f"-Wl,--shuffle-sections=.text*={seed}", "-Wl,--strip-debug"]


def _link(build_folder, words, folder, seed, target, base):
    """Links unless this very link is there; returns its place and hash."""
    command = _shuffled(words, folder, seed, target)
    stamp = target.with_suffix(".stamp")
    key = f"{base} {shlex.join(command)}\n"
    if not (target.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == key):
        stamp.unlink(missing_ok=True)
        done = subprocess.run(command, cwd=build_folder, capture_output=True, text=True,
                              timeout=_LINK_S, check=False)
        if done.returncode != 0:
            said = " / ".join(done.stderr.strip().splitlines()[:3])
            raise CycloneError(f"relinking failed: {said}", str(target), "+ " + shlex.join(command))
        stamp.write_text(key, encoding="utf-8")
    return {"seed": seed, "path": str(target), "sha256": sha256_file(target)}


def make(tree, wanted, preset="release"):
    """Links every program of `wanted`, (component, variant) -> seeds, under each of its seeds.
    Returns (component, variant) -> [{seed, path relative to the tree, sha256}]."""
    folder, version = linker()
    if folder is None:
        raise CycloneError(version, "the linker", "scripts/setup run")
    build_folder, jobs = tree.preset(preset), []
    for (component, variant), its_seeds in wanted.items():
        place = build_folder / "layouts" / component / variant
        make_folder(place)
        words = link_command(build_folder, f"bench/{component}/{variant}")
        base = sha256_file(tree.bench(component, variant))
        jobs += [((component, variant), words, seed, place / str(seed), base)
                 for seed in its_seeds]
    made = {key: [] for key in wanted}
    links = share_out(lambda j: _link(build_folder, j[1], folder, j[2], j[3], j[4]), jobs,
                      os.cpu_count() or 1)
    for job, link in zip(jobs, links, strict=True):
        made[job[0]].append(link | {"path": tree.relative(link["path"])})
    _forget_others(build_folder, made)
    write_json(build_folder / "layouts" / "linker.json", {"schema": 1, "linker": version})
    return made


def _forget_others(build_folder, made):
    """Links of other seeds are of no use any more: a run keeps their hashes, not their bytes."""
    for (component, variant), links in made.items():
        kept = {Path(link["path"]).name for link in links}
        for path in (build_folder / "layouts" / component / variant).iterdir():
            if path.stem not in kept:
                path.unlink(missing_ok=True)
