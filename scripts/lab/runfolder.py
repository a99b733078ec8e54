"""A run's folder: made once, continued after any interruption, never mistaken for whole.

samples.jsonl only grows. A line cut short by a crash or a full disk is moved to samples.rejected.
A run is continued when suite, seed, machine, plan and binaries are what they were.
"""

import contextlib
import datetime
import errno
import fcntl
import json
import os
import shutil
from pathlib import Path

from lab.errors import (BAD_DATA, CANNOT_CREATE, NO_INPUT, UNAVAILABLE, CycloneError,
                        from_os_error, os_errors)
from lab.files import Appender, make_folder, put_torn_line_aside, read_json, write_json

STATES = ("measuring", "interrupted", "complete", "failed")


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")


def _changed(message, place):
    return CycloneError(message, str(place),
                        "the file was changed by hand: restore it, or start anew with --fresh",
                        BAD_DATA)


class Lock:
    """One measurement at a time in a folder: two would disturb each other."""

    def __init__(self, folder):
        make_folder(folder)
        path = Path(folder) / ".lock"
        with os_errors(path, "cannot open the lock"):
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise from_os_error(error, path, "cannot lock") from error
            raise CycloneError("another run is measuring with this folder", str(folder),
                               "wait for it to end, or stop it", UNAVAILABLE) from error

    def release(self):
        os.close(self._handle)


class RunFolder:
    """An existing run folder. `done` has (cell id, block) -> sha256 of the binary."""

    def __init__(self, path):
        self.path = Path(path)
        self.done = {}
        self.rejected = 0
        self._appender = None
        self._first_name = None

    @property
    def id(self):
        return self.path.name

    @property
    def first_name(self):
        """What the run was called when it began: its lines say so, wherever the folder is now."""
        if self._first_name is None:
            try:
                self._first_name = self.plan().get("run") or self.id
            except CycloneError:
                return self.id
        return self._first_name

    def is_whole(self):
        """Measured and judged. One that was interrupted while it was analysed goes on with that."""
        return self.status()["state"] == "complete" and (self.path / "analysis.json").is_file()

    @property
    def samples_file(self):
        return self.path / "samples.jsonl"

    def plan(self):
        plan = read_json(self.path / "plan.json")
        cells = plan.get("cells")
        if not isinstance(cells, list) or not all(isinstance(c, dict) and "id" in c
                                                  for c in cells):
            raise _changed("the plan has no list of cells", self.path / "plan.json")
        return plan

    def status(self):
        status = read_json(self.path / "status.json")
        counts = status.get("samples_done"), status.get("samples_planned")
        if status.get("state") not in STATES or not all(isinstance(n, int) for n in counts):
            raise _changed("the status says no state, or no samples", self.path / "status.json")
        return status

    def write_plan(self, plan):
        """A folder may be renamed; its samples name the run, so the plan keeps the first name."""
        write_json(self.path / "plan.json", {"run": self.path.name} | plan)

    def write_status(self, state, planned, account=None):
        """`account`: where the time of this sitting went; see account.py."""
        write_json(self.path / "status.json",
                   {"schema": 1, "state": state, "samples_done": len(self.done),
                    "samples_planned": planned, "updated": now(),
                    **({"account": account} if account else {})})

    def write_failed(self, planned, account=None):
        """Marks the run as failed, on a full disk too: there the old file is overwritten."""
        with contextlib.suppress(CycloneError):
            self.write_status("failed", planned, account)
            return
        with contextlib.suppress(OSError, ValueError):
            path = self.path / "status.json"
            old = path.read_bytes()
            new = json.dumps(json.loads(old) | {"state": "failed"}).encode()
            if len(new) <= len(old):
                with open(path, "r+b") as stream:
                    stream.write(new)
                    stream.truncate()

    def withdraw(self):
        """Takes away what was concluded from samples that are not the ones there now."""
        for name in ("analysis.json", "report.json", "report.html", "results.csv"):
            with os_errors(self.path / name, "cannot remove the old page"):
                (self.path / name).unlink(missing_ok=True)

    def append(self, sample):
        """Writes one sample; when this returns, the sample is on the disk."""
        if self._appender is None:
            self._appender = Appender(self.samples_file)
        self._appender.append(sample)
        self.done[sample["cell"], sample["block"]] = sample["binary"]

    def close(self):
        if self._appender is not None:
            self._appender.close()
            self._appender = None

    def samples(self):
        """Every whole sample line, in order; a foreign or broken line is an error."""
        with os_errors(self.samples_file, "cannot read the samples"):
            data = self.samples_file.read_bytes() if self.samples_file.exists() else b""
        lines = data.split(b"\n")
        return [self._sample(raw, number) for number, raw in enumerate(lines[:-1], 1)]

    def _sample(self, raw, number):
        place = f"{self.samples_file}:{number}"
        try:
            sample = json.loads(raw)
            schema, run = sample["schema"], sample["run"]
            sample["cell"], sample["block"], sample["binary"]
        except (ValueError, KeyError, TypeError) as error:
            raise CycloneError("not a sample", place,
                               "the file was changed by hand: start anew with --fresh",
                               BAD_DATA) from error
        if schema != 1:
            raise CycloneError(f"sample of schema {schema!r}, this tree reads schema 1", place,
                               "use the version of the tree that wrote it, or --fresh", BAD_DATA)
        if run != self.first_name:
            raise CycloneError(f"sample of another run, {run}", place,
                               "take the line out, or start anew with --fresh", BAD_DATA)
        return sample

    def mend(self):
        """Cuts off a last line that never got whole, and keeps it in samples.rejected."""
        self.rejected += put_torn_line_aside(self.samples_file)

    def load_done(self):
        self.mend()
        # A sample that failed is tried again: what made it fail may be gone.
        self.done = {(s["cell"], s["block"]): s["binary"] for s in self.samples()
                     if s.get("error") is None}


def create(results, suite, fingerprint, plan, environment, claim_files, copies=None):
    """A new folder with everything that is known before the first sample. `copies`: name -> file
    that the analysis reads beside the claims, so that an old run keeps what it was judged by."""
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d-%H%M%S")
    run = RunFolder(Path(results) / f"{suite}-{stamp}-{fingerprint}")
    with os_errors(run.path, "cannot create the run folder"):
        os.makedirs(run.path)
        os.mkdir(run.path / "claims")
        for path in claim_files:
            shutil.copyfile(path, run.path / "claims" / path.name)
        for name, path in (copies or {}).items():
            if path.is_file():
                shutil.copyfile(path, run.path / name)
    write_json(run.path / "environment.json", environment)
    run.write_plan(plan)
    planned = sum(c["blocks"] for c in plan["cells"])
    run.write_status("measuring", planned)
    point_latest(run)
    return run


def point_latest(run):
    """`latest` points at the run that was worked on last."""
    link = run.path.parent / "latest"
    temp = run.path.parent / f".latest-{os.getpid()}"
    with os_errors(link, "cannot set the link"):
        if link.exists() and not link.is_symlink():
            raise CycloneError("a file stands where the link belongs", str(link),
                               "move it away", CANNOT_CREATE)
        os.symlink(run.path.name, temp)
        os.replace(temp, link)


def find(results, name):
    """A run by id, by a unique beginning of it, by path, or `latest`."""
    results = Path(results)
    direct = [p for p in (Path(name), results / name) if (p / "plan.json").is_file()]
    if direct:
        return RunFolder(direct[0].resolve())
    begins = [r for r in list_runs(results) if r.id.startswith(name) or r.first_name == name]
    if len(begins) == 1:
        return begins[0]
    what = f"'{name}' begins {len(begins)} runs" if begins else f"no run '{name}'"
    raise CycloneError(what, str(results), "see: cyclone list runs", NO_INPUT)


def list_runs(results):
    """All runs, the oldest first."""
    plans = [p for p in Path(results).glob("*/plan.json") if not p.parent.is_symlink()]
    return [RunFolder(p.parent) for p in sorted(plans, key=lambda p: p.stat().st_mtime)]


def _passed_over(run, why):
    return (f"{run.id} is passed over: {why}; remove {run.path} "
            "(cyclone clean --results removes every run)")


def unfinished(results, suite, seed, fingerprint, plan):
    """(run to continue or None, sentences about runs that are not). Only the newest readable run
    of this very plan counts: when that one is whole, an older one that is not stays as it is."""
    said, differs = [], None
    # A folder that was renamed keeps its place in time by its first name.
    names = {r: r.id if r.id.startswith(f"{suite}-") else r.first_name for r in list_runs(results)}
    begun = [r for r, name in names.items() if name.startswith(f"{suite}-")]
    for run in sorted(begun, key=names.get, reverse=True):
        try:
            old, complete = run.plan(), run.is_whole()
            if old["suite"] != suite:
                continue
            if reason := _why_not(old, seed, plan):
                if not complete and differs is None:
                    differs = f"{run.id} is not continued: {reason}"
                continue
            if complete:
                return None, said
            there = read_json(run.path / "environment.json")["fingerprint"]
            if there != fingerprint:
                return None, [*said, f"{run.id} is not continued: it was begun on another machine "
                              f"or another kernel ({there}, here {fingerprint})"]
            run.load_done()
            return run, said
        except CycloneError as error:
            said.append(_passed_over(run, f"{error.message} ({error.at})"))
        except (KeyError, TypeError, AttributeError) as error:
            said.append(_passed_over(run, f"its files lack {error}"))
    return None, said + ([differs] if differs else [])


def _why_not(old, seed, plan):
    if old["seed"] != seed:
        return "it has another seed"
    if old["plan_key"] != plan["plan_key"]:
        return "its plan differs"
    changed = [name for name, binary in plan["binaries"].items()
               if old["binaries"].get(name, {}).get("sha256") != binary["sha256"]]
    return "rebuilt since: " + ", ".join(changed[:5]) if changed else None
