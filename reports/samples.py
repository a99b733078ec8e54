"""Reads a run folder. Every line is either whole and at home here, or an error with its place.

Nothing is dropped: failed samples are kept and counted, and a cell whose samples are mostly tagged
by the measurer is later called INVALID instead of being thinned out.
"""

from __future__ import annotations

import json
import math
import statistics
from array import array
from dataclasses import dataclass, field
from pathlib import Path

from reports import groups
from reports.errors import ReportError, k_code_missing
from reports.stats.sequential import levels_of

k_schema = 1
k_work = ("nodes", "comparisons", "relinks", "slots")
k_loud = "loud block"  # tag of samples in a block whose gap probe lost too much
k_loud_share = 0.05  # of wall time lost to gaps, before or after a block


@dataclass(frozen=True)
class Cell:
    """One planned cell, and what a claim needs to find it by."""

    id: str
    component: str
    variant: str
    workload: str
    params: tuple[tuple[str, str], ...]
    n: int
    meter: str
    role: str
    experiment: str
    reference: str | None
    blocks: int
    placement: str = groups.k_default_placement
    planted: float | None = None
    group: str = ""  # groups.label: what it is measured beside and judged with

    def row(self) -> tuple:
        """What one row of a comparison holds fixed."""
        return (self.experiment, self.component, self.workload, self.params, self.n)


@dataclass(slots=True)
class Sample:
    """One process that measured one cell once. `seq` is its place among the timed samples."""

    cell: Cell
    block: int
    tags: tuple[str, ...]
    error: str | None
    result: dict | None
    instructions: float | None
    layout: int | None = None
    seq: int = 0

    def metric(self, name: str) -> float | None:
        """`ns`, `instructions` and `work.*` are per operation; `values.*` is as reported."""
        if self.error is not None or self.result is None:
            return None
        ops = self.result.get("ops") or 0
        if name == "ns":
            batches = self.result.get("iter_ns")
            value = statistics.median(batches) if batches else self.result.get("ns_per_op")
        elif name == "instructions":
            value = self.instructions / ops if self.instructions and ops else None
        elif name.startswith("work."):
            value = self._work(name[5:], ops)
        elif name.startswith("values."):
            value = (self.result.get("values") or {}).get(name[7:])
        else:
            raise ReportError(f"no metric '{name}'", self.cell.id,
                              "ns, instructions, work.<counter>, work.total or values.<name>")
        return None if value is None else float(value)

    def _work(self, counter: str, ops: int) -> float | None:
        work = self.result.get("work")
        if not work or not ops:
            return None
        total = sum(work.get(k, 0) for k in k_work) if counter == "total" else work.get(counter)
        return None if total is None else total / ops


def params_key(params: dict | None) -> tuple[tuple[str, str], ...]:
    """Parameters in one spelling, so that 4096 and "4096" are the same cell."""
    def text(v):
        return str(v).lower() if isinstance(v, bool) else str(v)
    return tuple(sorted((str(k), text(v)) for k, v in (params or {}).items()))


@dataclass
class SampleIndex:
    """Samples by cell id, and cells by what they are. `layouts` is the number of links of each
    binary: block b ran link b % layouts, and the link is then the unit of all statistics on time.

    What is looked up often is kept: fill by_cell first, then ask.
    """

    cells: dict[str, Cell]
    by_cell: dict[str, list[Sample]] = field(default_factory=dict)
    by_key: dict[tuple, list[Cell]] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)
    layouts: int = 0
    levels: dict[str, float] = field(default_factory=dict)  # group -> level of its last look
    by_group: dict[tuple, list[Cell]] = field(default_factory=dict)
    twins: dict[str, Cell] = field(default_factory=dict)
    _good: dict[str, list[Sample]] = field(default_factory=dict)
    _series: dict[tuple, dict[int, float]] = field(default_factory=dict)
    steadiness: dict[str, dict] = field(default_factory=dict)  # kept by steadiness.table

    def __post_init__(self):
        for cell in self.cells.values():
            key = (cell.variant, cell.workload, cell.params, cell.n, cell.meter, cell.role)
            self.by_key.setdefault(key, []).append(cell)
            self.by_group.setdefault((cell.group, cell.role), []).append(cell)
            if cell.role == "aa":
                self.twins.setdefault(cell.reference or cell.id.removesuffix("#aa"), cell)

    def find(self, variant, workload, params, n, meter, role="subject",
             placement=None) -> Cell | None:
        """The planned cell with the most samples, of any placement or of one, or None."""
        found = self.by_key.get((variant, workload, params_key(params), int(n), meter, role), [])
        found = [c for c in found if placement in (None, c.placement)]
        return max(found, key=lambda c: (len(self.good(c)), c.id), default=None)

    def beside(self, cell: Cell, role: str) -> Cell | None:
        """The floor, roof or plant that is measured in the group of a cell."""
        return next(iter(self.by_group.get((cell.group, role), [])), None)

    def unit(self, block: int) -> int:
        """The unit a block belongs to: its layout where there are layouts, else itself."""
        return block % self.layouts if self.layouts else block

    def good(self, cell: Cell) -> list[Sample]:
        found = self._good.get(cell.id)
        if found is None:
            found = [s for s in self.by_cell.get(cell.id, []) if s.error is None and s.result]
            self._good[cell.id] = found
        return found

    def failed(self, cell: Cell) -> list[Sample]:
        """Samples that failed in a block which no later try made good."""
        whole = {s.block for s in self.good(cell)}
        return [s for s in self.by_cell.get(cell.id, []) if s.error and s.block not in whole]

    def by_block(self, cell: Cell, metric: str) -> dict[int, float]:
        """The figure of each good sample, by block, in block order. Not to be changed."""
        found = self._series.get((cell.id, metric))
        if found is None:
            values = {s.block: s.metric(metric) for s in self.good(cell)}
            found = {b: v for b, v in sorted(values.items()) if v is not None}
            self._series[cell.id, metric] = found
        return found


@dataclass
class Run:
    """A run folder in memory."""

    folder: Path
    name: str
    plan: dict
    environment: dict
    evidence: list[dict]
    status: dict
    index: SampleIndex
    span: tuple[str, str] | None
    probes: list[dict] = field(default_factory=list)
    counters: dict[str, dict] = field(default_factory=dict)  # rung -> samples, why

def read_json(path: Path, required: bool = True) -> dict:
    if not path.is_file():
        if not required:
            return {}
        raise ReportError("the file is missing", str(path), "name the folder of a run; "
                          "`cyclone list runs` shows them", k_code_missing)
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise ReportError(f"not JSON: {error}", str(path),
                          "restore the file, or run again") from None
    check_schema(data, str(path))
    return data


def check_schema(data, place: str) -> None:
    if not isinstance(data, dict):
        raise ReportError("not a JSON object", place, "restore the file, or run again")
    if data.get("schema") != k_schema:
        raise ReportError(f"schema {data.get('schema')!r}; this tree reads schema {k_schema}",
                          place, "use the version of the tree that wrote the file")


def read_cells(plan: dict, place: str) -> dict[str, Cell]:
    cells = {}
    for entry in plan.get("cells", []):
        try:
            cell = Cell(entry["id"], entry["component"], entry["variant"], entry["workload"],
                        params_key(entry.get("params")), int(entry["n"]), entry["meter"],
                        entry.get("role", "subject"), entry.get("experiment", ""),
                        entry.get("reference"), int(entry.get("blocks", 1)),
                        entry.get("placement") or groups.k_default_placement,
                        entry.get("planted"),
                        groups.label(entry | {"params": entry.get("params") or {}}))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ReportError(f"a cell is not complete: {error}", place,
                              "restore the file, or run again") from None
        cells[cell.id] = cell
    return cells


def read_layouts(plan: dict, place: str) -> int:
    """How many links each binary has; 0 where the block is the unit."""
    told = plan.get("layouts")
    if told is None:
        return 0
    count = told.get("count") if isinstance(told, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise ReportError(f"layouts {told!r} has no count of links", place,
                          "restore the file, or run again")
    return count


@dataclass(frozen=True)
class Expected:
    """What the samples of one cell must say to be at home in this run."""

    cell: Cell
    sha256: str | None
    links: tuple[str, ...] | None  # one hash a layout, where the cell is measured on layouts


def expectations(cells: dict[str, Cell], plan: dict, layouts: int) -> dict[str, Expected]:
    out = {}
    for cell in cells.values():
        entry = groups.binary_of(plan, {"component": cell.component, "variant": cell.variant})
        links = None
        if layouts and cell.meter == "time":
            named = (cell.role == "aa" and entry.get("twins")) or entry.get("layouts") or []
            links = tuple(link.get("sha256") for link in named) or None
        out[cell.id] = Expected(cell, entry.get("sha256"), links)
    return out


def is_figure(value) -> bool:
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) \
            and math.isfinite(value)
    except OverflowError:  # a whole number that no float holds
        return False


def _bad_times(result: dict, cell: Cell) -> str:
    """No time is below 0, and only the harness alone may take none."""
    times = result.get("iter_ns") or [result.get("ns_per_op")]
    if times[0] is None or min(times) > 0:
        return ""
    middle = statistics.median(times)
    if min(times) < 0 or middle == 0 and cell.role != "floor":
        return f"a time of {min(times):g} ns an operation cannot be"
    return ""


def _bad_block(block, cell: Cell) -> str:
    if type(block) is not int or not 0 <= block < cell.blocks:
        return f"block {block!r} of a cell with {cell.blocks} blocks"
    return ""


k_number_types = {int, float}
k_plantable = ("subject", "aa", "planted")
k_malformed = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError)


def _bad_figures(name: str, held) -> str:
    """Which of many figures is not finite. The usual answer, none, is found without a loop."""
    if held is None or held == [] or held == {}:
        return ""
    if not isinstance(held, list if name == "iter_ns" else dict):
        return f"{name} {held!r} is not what the benchmark prints"
    values = held if isinstance(held, list) else held.values()
    if set(map(type, values)) <= k_number_types and math.isfinite(sum(values)):
        return ""
    for key, value in enumerate(held) if isinstance(held, list) else held.items():
        if value is not None and not is_figure(value):
            return f"{name}.{key} {value!r} is not a finite number"
    return ""


def _bad_result(raw: dict, result: dict, cell: Cell) -> str:
    """What a good sample says that cannot be, or that another cell would say."""
    variant = cell.variant.partition("@")[0]  # of an older revision: name@sha
    for name, planned in (("variant", variant), ("workload", cell.workload), ("n", cell.n)):
        if result.get(name) != planned:
            return f"the result is of {name} {result.get(name)!r}, the cell of {planned!r}"
    if "seed" in raw and "seed" in result and raw["seed"] != result["seed"]:
        return f"run with seed {raw['seed']!r}, the result is of seed {result['seed']!r}"
    ops = result.get("ops")
    if not is_figure(ops) or ops <= 0:
        return f"ops {ops!r} is not a count above 0"
    for name, value in (("ns_per_op", result.get("ns_per_op")),
                        ("instructions", raw.get("instructions"))):
        if value is not None and not is_figure(value):
            return f"{name} {value!r} is not a finite number"
    for name in ("iter_ns", "work", "values"):
        if why := _bad_figures(name, result.get(name)):
            return why
    if why := _bad_times(result, cell):
        return why
    for name, kind in (("latency", dict), ("threads", list), ("system", dict)):
        if not isinstance(result.get(name), (kind, type(None))):
            return f"{name} {result[name]!r} is not what the benchmark prints"
    told = [x["planted"] for x in (raw, result) if "planted" in x]
    if cell.role in k_plantable and any((x or None) != (cell.planted or None) for x in told):
        return f"a slowdown of {told!r} was planted, planned was {cell.planted!r}"
    return ""


class Reader:
    """Reads samples.jsonl line by line; the first line that is not at home here is an error."""

    def __init__(self, path: Path, run: str, cells: dict, plan: dict, fingerprint: str | None,
                 loud: frozenset = frozenset()):
        self.path, self.run, self.fingerprint, self.loud = path, run, fingerprint, loud
        self.layouts = read_layouts(plan, str(path.parent / "plan.json"))
        self.index = SampleIndex(cells, layouts=self.layouts)
        self.expected = expectations(cells, plan, self.layouts)
        self.number, self.timed = 0, 0
        self.seen: set[tuple[str, int]] = set()
        self.times: list[str] = []
        self.rungs: dict[str, dict] = {}  # rung of the counter ladder -> samples, why

    def refuse(self, message: str, remedy: str):
        raise ReportError(message, f"{self.path}:{self.number}", remedy)

    def read(self) -> tuple[SampleIndex, tuple | None]:
        try:
            with open(self.path, encoding="utf-8") as stream:
                for self.number, line in enumerate(stream, 1):
                    self.take(line)
        except UnicodeDecodeError as error:
            raise ReportError(f"not text: {error}", str(self.path), "begin a new run") from None
        return self.index, ((min(self.times), max(self.times)) if self.times else None)

    def take(self, line: str) -> None:
        try:
            raw = json.loads(line)
        except ValueError as error:
            self.refuse(f"not a sample: {error}",
                        "continue the run, which cuts a torn line off, or begin anew")
        check_schema(raw, f"{self.path}:{self.number}")
        try:
            sample = self.sample(raw)
        except k_malformed as error:
            self.refuse(f"not a sample: {type(error).__name__}, {error}",
                        "take the line out, or begin a new run")
        if sample.error is None:
            key = sample.cell.id, sample.block
            if key in self.seen:
                self.refuse(f"block {sample.block} of {sample.cell.id} is there twice",
                            "take the second line out, or begin a new run")
            self.seen.add(key)
        self.index.by_cell.setdefault(sample.cell.id, []).append(sample)
        if isinstance(raw.get("t0"), str):
            self.times.append(raw["t0"])

    def sample(self, raw: dict) -> Sample:
        expected = self.at_home(raw)
        cell, error, result = expected.cell, raw.get("error"), raw.get("result")
        if error is None and (raw.get("rc") != 0 or not isinstance(result, dict)):
            error = f"exit {raw.get('rc')}"
        why = _bad_block(raw.get("block"), cell) or (
            "" if error is not None else _bad_result(raw, result, cell)) or \
            self.bad_link(raw, expected)
        if why:
            self.refuse(f"not a sample of {cell.id}: {why}",
                        "take the line out, or begin a new run")
        tags, seq = tuple(raw.get("tags") or ()), 0
        if cell.meter == "time":
            self.timed, seq = self.timed + 1, self.timed
            tags += (k_loud,) if raw["block"] in self.loud else ()
            self.note_counters((result or {}).get("counters"))
        return Sample(cell, raw["block"], tags, error, result and slim(result),
                      raw.get("instructions"), raw.get("layout"), seq)

    def note_counters(self, told) -> None:
        """Which counters a process had; a machine has one rung, but a run may be moved."""
        if isinstance(told, dict) and isinstance(told.get("rung"), str):
            seen = self.rungs.setdefault(told["rung"], {"samples": 0, "why": told.get("why", "")})
            seen["samples"] += 1

    def at_home(self, raw: dict) -> Expected:
        """The cell of a line, which must be of this run, this machine and this plan."""
        if raw.get("run") != self.run:
            self.refuse(f"a sample of another run, {raw.get('run')!r}",
                        f"take the line out; this folder holds {self.run}")
        if raw.get("fingerprint") not in (None, self.fingerprint):
            self.refuse(f"a sample of another machine, {raw['fingerprint']!r}",
                        f"take the line out; this run was made on {self.fingerprint}: runs of two "
                        "machines are kept apart")
        expected = self.expected.get(raw.get("cell"))
        if expected is None:
            self.refuse(f"a sample of a cell that was not planned, {raw.get('cell')!r}",
                        "restore plan.json, or begin a new run")
        if expected.links is None and expected.sha256 and raw.get("binary") != expected.sha256:
            self.refuse(f"a sample of another build of {expected.cell.variant}",
                        "begin a new run: two builds are two variants")
        return expected

    def bad_link(self, raw: dict, expected: Expected) -> str:
        """Block b runs link b % layouts of its program, and nothing else."""
        if expected.links is None:
            return ""
        link = raw["block"] % self.layouts
        if raw.get("layout") != link:
            return f"layout {raw.get('layout')!r}, block {raw['block']} has layout {link}"
        if link >= len(expected.links):
            return f"the plan names {len(expected.links)} of {self.layouts} links"
        if raw.get("binary") != expected.links[link]:
            return f"another build of {expected.cell.variant}, layout {link}"
        return ""


k_kept = ("ops", "ns_per_op", "iter_ns", "work", "values", "result_hash", "seed", "latency",
          "threads", "system")


def slim(result: dict) -> dict:
    """What the analysis looks at; a hundred thousand samples have to fit into memory."""
    kept = {k: result[k] for k in k_kept if result.get(k) is not None}
    if batches := kept.get("iter_ns"):
        kept["iter_ns"] = array("d", batches)
    return kept


def read_probes(path: Path, run: str, fingerprint: str | None) -> list[dict]:
    """The gap probes before and after the blocks; a run without them has an empty list."""
    if not path.is_file():
        return []
    out = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ReportError(f"not text: {error}", str(path), "take the file out") from None
    for number, line in enumerate(lines, 1):
        place, remedy = f"{path}:{number}", "take the line out, or begin a new run"
        try:
            raw = json.loads(line)
        except ValueError as error:
            raise ReportError(f"not a probe: {error}", place, "continue the run, which cuts a torn "
                              "line off, or begin anew") from None
        check_schema(raw, place)
        if raw.get("run") != run:
            raise ReportError(f"a probe of another run, {raw.get('run')!r}", place, remedy)
        if raw.get("fingerprint") not in (None, fingerprint):
            raise ReportError(f"a probe of another machine, {raw['fingerprint']!r}", place, remedy)
        if isinstance(raw.get("unavailable"), str):  # the reason why there is no figure
            continue
        if type(raw.get("block")) is not int or not is_figure(raw.get("lost_share")):
            raise ReportError("a probe without its block or its lost share", place, remedy)
        out.append(raw)
    return out


def loud_blocks(probes: list[dict]) -> frozenset:
    """Blocks before or after which gaps took too much of the time."""
    return frozenset(p["block"] for p in probes if p["lost_share"] > k_loud_share)


def load_run(run_dir) -> Run:
    """Everything a report is made of. Raises ReportError at the first thing that is not right."""
    folder = Path(run_dir)
    if not folder.is_dir():
        raise ReportError("no such run folder", str(folder), "`cyclone list runs` shows them",
                          k_code_missing)
    folder = folder.resolve()
    plan = read_json(folder / "plan.json")
    cells = read_cells(plan, str(folder / "plan.json"))
    name = plan.get("run") or folder.name
    environment = read_json(folder / "environment.json")
    fingerprint = environment.get("fingerprint")
    probes = read_probes(folder / "probes.jsonl", name, fingerprint)
    path = folder / "samples.jsonl"
    if not path.is_file():
        raise ReportError("the samples are missing", str(path), "run first", k_code_missing)
    reader = Reader(path, name, cells, plan, fingerprint, loud_blocks(probes))
    index, span = reader.read()
    status = read_json(folder / "status.json", required=False)
    index.levels = levels_of(plan, status.get("state"))
    index.given_up = {e["cell"]: e["why"] for e in plan.get("given_up") or []}
    return Run(folder, name, plan, environment,
               list(read_json(folder / "evidence.json", required=False).get("rows", [])),
               status, index, span, probes, reader.rungs)
