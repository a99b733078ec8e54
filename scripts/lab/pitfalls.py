"""Measures the pitfalls: builds the programs, runs both faces of each, and keeps what came of it.

The programs are experiments/pitfalls; what their samples mean is reports/pitfalls. Here stands
the order in which they run, which for some of them is the mistake itself.
"""

import datetime
import json
import os
import random
import re
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from reports.pitfalls import rows as judged
from reports.pitfalls.catalogue import k_catalogue, k_names

from lab import build, doctor, runfolder
from lab.errors import BAD_DATA, OK, USAGE, CycloneError, os_errors
from lab.files import make_folder, read_json, write_json, write_text
from lab.progress import clock
from lab.tree import Tree

UNITS = 12  # blocks: ten are needed for a verdict
POOL = 48  # pairs to draw comparisons from
TRIES = 5
SIZES = tuple(1 << k for k in range(6, 21, 2))
PROCESS_S = 20.0
TOTAL_S = 210.0
_SAY_EVERY_S = 5.0
_THREADED = ("shared_rng", "no_overlap")  # these place their threads themselves
_PROGRAM = "setpriv", "--pdeathsig", "KILL", "--"  # a killed lab leaves nothing running


@dataclass(frozen=True)
class Job:
    """One process: what it is asked, and where its sample belongs."""

    face: str
    subject: str
    block: int
    seed: int
    n: int = 0
    part: int = 0  # a link, or a try
    busy: bool = False


# The order of the processes ---------------------------------------------------------------------

def _shuffled(blocks, rng):
    """Jobs block after block, in random order inside each."""
    for block in blocks:
        rng.shuffle(block)
    return [job for block in blocks for job in block]


def _both_faces(seed, rng, subjects="ab", blocks=UNITS):
    return _shuffled([[Job(face, subject, block, seed + block) for face in judged.k_faces
                       for subject in subjects] for block in range(blocks)], rng)


def _growth(seed, rng):
    return _shuffled([[Job("right", "a", block, seed + block, n=n) for n in SIZES]
                      for block in range(UNITS)], rng)


def _tries(seed, rng):
    """Consecutive seeds in a block: one of five is lucky."""
    first = seed - seed % TRIES
    return _shuffled([[Job("right", subject, block, first + block * TRIES + part, part=part)
                       for subject in "ab" for part in range(TRIES)] for block in range(UNITS)],
                     rng)


def _sessions(seed, rng):
    """Wrong: all of a in quiet, then all of b beside a neighbour. Right: pairs through both."""
    half = UNITS // 2
    quiet, busy = [], []
    for block in range(UNITS):
        pair = [Job("right", s, block, seed + block, busy=block >= half) for s in "ab"]
        rng.shuffle(pair)
        (busy if block >= half else quiet).extend(pair)
    first = [Job("wrong", "a", block, seed + block) for block in range(UNITS)]
    then = [Job("wrong", "b", block, seed + block, busy=True) for block in range(UNITS)]
    return first + quiet + busy + then


def _pool(seed, rng):
    """a and b of a block have seeds of their own: the neighbour is not the same twice."""
    return _shuffled([[Job("right", s, block, seed + 2 * block + (s == "b")) for s in "ab"]
                      for block in range(POOL)], rng)


def _links(seed, rng, links=2 * UNITS):
    return _shuffled([[Job("right", "a", block, seed, part=link) for link in range(1, links + 1)]
                      for block in range(UNITS)], rng)


_ORDERS = {"cache_step": _growth, "best_of_n": _tries, "two_sessions": _sessions,
           "mean_outliers": _pool, "pooled_layouts": _links,
           "closed_loop": lambda seed, rng: _both_faces(seed, rng, "a"),
           # The remedy is noise: more blocks, or its interval would hide what the mistake costs.
           "heap_state": lambda seed, rng: _both_faces(seed, rng, blocks=4 * UNITS)}


def jobs_of(name, seed):
    """The processes of one pitfall, in the order they run."""
    return _ORDERS.get(name, _both_faces)(seed, random.Random(f"{name} {seed}"))


# One process ------------------------------------------------------------------------------------

def program_of(folder, name, job):
    return folder / (f"{name}.{job.part}" if name == "pooled_layouts" else name)


def command_line(folder, name, job, cpu):
    command = [str(program_of(folder, name, job)), f"--{job.face}", "--subject", job.subject,
               "--seed", str(job.seed)]
    command += ["--n", str(job.n)] if job.n else []
    command += ["--busy"] if job.busy else []
    pin = [] if name in _THREADED else ["taskset", "-c", str(cpu)]
    return [*_PROGRAM, *pin, *command]


def _parsed(text, name, job):
    """The program's line; it must be about what was asked for."""
    try:
        result = json.loads(text)
        asked = {"schema": 1, "pitfall": name, "face": job.face, "subject": job.subject,
                 "seed": job.seed, "n": job.n}
        wrong = [k for k, v in asked.items() if result[k] != v]
        if wrong:
            return None, f"asked for {wrong[0]} {asked[wrong[0]]!r}, got {result[wrong[0]]!r}"
        result["iter_ns"], result["values"], float(result["ns_per_op"])
        return result, None
    except (ValueError, KeyError, TypeError):
        return None, f"the output is not a result: {text.strip()[:80]!r}"


def measure(folder, name, job, cpu, timeout=PROCESS_S):
    """One sample; a process that fails or hangs leaves one that says so."""
    sample = {"schema": 1, "pitfall": name, **asdict(job), "result": None, "error": None}
    program = program_of(folder, name, job)
    if not program.is_file():
        return sample | {"error": f"{program.name} was not built (pooled_layouts needs ld.lld)"}
    try:
        done = subprocess.run(command_line(folder, name, job, cpu), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, errors="replace", timeout=timeout,
                              env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"},
                              check=False)
    except subprocess.TimeoutExpired:
        return sample | {"error": f"no end after {timeout:g} s; killed"}
    except OSError as error:
        return sample | {"error": f"cannot start: {error.strerror}"}
    if done.returncode != 0:
        said = " / ".join(done.stderr.strip().splitlines()[-2:])[:200]
        return sample | {"error": f"exit {done.returncode}: {said}"}
    sample["result"], sample["error"] = _parsed(done.stdout, name, job)
    return sample


def collect(folder, names, seed, say, total_s=TOTAL_S):
    """All samples of all pitfalls. What the time does not hold is said, as a sample that failed."""
    samples, began, said = [], time.monotonic(), 0.0
    cpu = max(os.sched_getaffinity(0))
    for at, name in enumerate(names, 1):
        for job in jobs_of(name, seed):
            spent = time.monotonic() - began
            if spent > total_s:
                samples.append({"schema": 1, "pitfall": name, **asdict(job), "result": None,
                                "error": f"the {total_s:g} s for all pitfalls were over"})
                break
            if spent - said >= _SAY_EVERY_S or not samples:
                said = spent
                say(f"pitfall {at}/{len(names)}  {name}  {clock(spent)}")
            samples.append(measure(folder, name, job, cpu))
    return samples


# The document -----------------------------------------------------------------------------------

def carry_out(tree, names, seed, results, say=lambda text: None, total_s=TOTAL_S):
    """Builds, measures and judges; returns the path of pitfalls.json and what is in it."""
    names = [n for n in k_names if n in (names or k_names)]
    lock = runfolder.Lock(results)
    try:
        say("building")
        build.configure(tree, "release")
        build.build(tree, "release", ["pitfalls"])
        facts = doctor.examine()
        began = runfolder.now()
        samples = collect(tree.preset("release") / "pitfalls", names, seed, say, total_s)
    finally:
        lock.release()
    document = {"schema": 1, "fingerprint": facts["fingerprint"],
                "command": f"scripts/cyclone pitfalls {' '.join(names)} --seed {seed}"
                           if len(names) < len(k_names) else
                           f"scripts/cyclone pitfalls --seed {seed}",
                "measured": [began, runfolder.now()], "seed": seed,
                "complete": names == list(k_names), "environment": facts["stable"],
                "rows": judged.rows(samples, names, seed)}
    return _write(Path(results), document, samples), document


def _write(results, document, samples):
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    folder = results / f"pitfalls-{stamp}-{document['fingerprint']}"
    make_folder(folder)
    lines = (json.dumps(s, separators=(",", ":")) + "\n" for s in samples)
    write_text(folder / "samples.jsonl", "".join(lines))
    write_text(folder / "README.md", summary(document))
    write_json(folder / "pitfalls.json", document)  # last: with it the folder is whole
    return folder / "pitfalls.json"


def summary(document):
    """README.md of a kept folder: what the pitfalls are, and a line each."""
    stable = document["environment"]
    lines = ["# Pitfalls", "",
             f"`{document['command']}`, {document['measured'][0]}, "
             f"{stable.get('cpu', 'an unknown processor')}, {stable.get('cpus', '?')} cores, "
             f"fingerprint {document['fingerprint']}. What they are: "
             "`experiments/pitfalls/README.md`. The figures are ratios of b to a, of what was "
             "found to what is known, or how often identical code was called different, with "
             "their intervals; `samples.jsonl` has every process.", "",
             "| pitfall | done wrong | done right | misled |", "| --- | --- | --- | --- |"]
    for row in document["rows"]:
        cells = [judged.figure_text(row, face) for face in judged.k_faces]
        told = {True: "yes", False: "no", None: "not measured"}[row["misled"]]
        lines.append(f"| {row['name']} | {cells[0]} | {cells[1]} | {told} |")
    return "\n".join(lines) + "\n"


def again(folder, seed=None):
    """The rows of a kept folder, judged anew from its samples: analysis needs no machine."""
    path = Path(folder) / "samples.jsonl"
    with os_errors(path, "cannot read the samples"):
        text = path.read_text(encoding="utf-8")
    try:
        samples = [json.loads(line) for line in text.splitlines()]
    except ValueError as error:
        raise CycloneError(f"not JSON: {error}", str(path), "measure again: cyclone pitfalls",
                           BAD_DATA) from error
    document = read_json(Path(folder) / "pitfalls.json")
    names = [r["name"] for r in document["rows"]]
    return judged.rows(samples, names, document["seed"] if seed is None else seed)


def latest(results, fingerprint):
    """The newest whole pitfalls.json of this machine, or None; files that are not are passed by."""
    if not re.fullmatch(r"\w+", fingerprint):
        return None
    for path in sorted(Path(results).glob(f"pitfalls-*-{fingerprint}/pitfalls.json"), reverse=True):
        try:
            document = read_json(path)
        except CycloneError:
            continue
        if document.get("complete") and document.get("fingerprint") == fingerprint:
            return path
    return None


# The command ------------------------------------------------------------------------------------

def _known(names):
    for name in names:
        if name not in k_names:
            raise CycloneError(f"no pitfall '{name}'", "the command line",
                               "see: cyclone pitfalls --list", USAGE)


def outcome(document):
    """The rows as words: what misled, and by how much."""
    lines = []
    for row in document["rows"]:
        mark = {True: "misleads", False: "did not mislead", None: "not measured"}[row["misled"]]
        lines += [f"{row['name']}: {mark}", f"    {row['question']} {row['truth']}",
                  f"    {row['sentence']}", f"    remedy: {row['remedy']}"]
    misled = sum(row["misled"] is True for row in document["rows"])
    return "\n".join([*lines, f"{misled} of {len(document['rows'])} misled on this machine"])


def _listed(as_json):
    if as_json:
        known = [{"name": p.name, "title": p.title, "question": p.question} for p in k_catalogue]
        return json.dumps({"schema": 1, "pitfalls": known}, indent=1)
    return "\n".join(f"{p.name:<16}{p.title}" for p in k_catalogue)


@click.command("pitfalls")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--seed", type=click.IntRange(0, 2**31), default=1, show_default=True,
              help="Every random choice follows from it.")
@click.option("--list", "listing", is_flag=True, help="Name them, measure nothing.")
@click.option("--out", metavar="DIR", help="Where results are kept (default: reports/out).")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
def command(names, seed, listing, out, as_json):
    """Run wrong benchmarks, each beside a right one, and show how they mislead.

    The answer to each is known by construction. All of them take less than a minute; the next run
    shows the newest outcome in the appendix of its report.

    \b
    cyclone pitfalls
    cyclone pitfalls dead_code closed_loop
    cyclone pitfalls --list
    """
    _known(names)
    if listing:
        click.echo(_listed(as_json))
        return OK
    tree = Tree.here()
    path, document = carry_out(tree, names, seed, Path(out).resolve() if out else tree.results,
                               lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps({**document, "path": tree.relative(path)}, indent=1))
    else:
        click.echo(outcome(document) + f"\nkept in {tree.relative(path)}")
    return OK
