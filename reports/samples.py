"""Reads a run folder. Every line is either whole and at home here, or an error with its place.

Nothing is dropped: failed samples are kept and counted, and a cell whose samples are mostly tagged
by the measurer is later called INVALID instead of being thinned out.
"""

from __future__ import annotations

import json
import math
import statistics
from dataclasses import dataclass, field
from pathlib import Path

from reports.errors import ReportError, k_code_missing

k_schema = 1
k_work = ("nodes", "comparisons", "relinks", "slots")


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

    def row(self) -> tuple:
        """What one row of a comparison holds fixed."""
        return (self.experiment, self.component, self.workload, self.params, self.n)


@dataclass(frozen=True)
class Sample:
    """One process that measured one cell once."""

    cell: Cell
    block: int
    tags: tuple[str, ...]
    error: str | None
    result: dict | None
    instructions: float | None

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
    """Samples by cell id, and cells by what they are."""

    cells: dict[str, Cell]
    by_cell: dict[str, list[Sample]] = field(default_factory=dict)
    by_key: dict[tuple, list[Cell]] = field(default_factory=dict)
    given_up: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        for cell in self.cells.values():
            key = (cell.variant, cell.workload, cell.params, cell.n, cell.meter, cell.role)
            self.by_key.setdefault(key, []).append(cell)

    def find(self, variant, workload, params, n, meter, role="subject") -> Cell | None:
        """The planned cell with the most samples, or None where none was planned."""
        found = self.by_key.get((variant, workload, params_key(params), int(n), meter, role), [])
        return max(found, key=lambda c: (len(self.good(c)), c.id), default=None)

    def good(self, cell: Cell) -> list[Sample]:
        return [s for s in self.by_cell.get(cell.id, []) if s.error is None and s.result]

    def failed(self, cell: Cell) -> list[Sample]:
        """Samples that failed in a block which no later try made good."""
        whole = {s.block for s in self.good(cell)}
        return [s for s in self.by_cell.get(cell.id, []) if s.error and s.block not in whole]

    def by_block(self, cell: Cell, metric: str) -> dict[int, float]:
        values = {s.block: s.metric(metric) for s in self.good(cell)}
        return {b: v for b, v in sorted(values.items()) if v is not None}


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
                        entry.get("reference"), int(entry.get("blocks", 1)))
        except (KeyError, TypeError, ValueError) as error:
            raise ReportError(f"a cell is not complete: {error}", place,
                              "restore the file, or run again") from None
        cells[cell.id] = cell
    return cells


def _parsed(line: str, place: str) -> dict:
    try:
        raw = json.loads(line)
    except ValueError as error:
        raise ReportError(f"not a sample: {error}", place,
                          "continue the run, which cuts a torn line off, or begin anew") from None
    check_schema(raw, place)
    return raw


def is_figure(value) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _bad_block(raw: dict, cell: Cell) -> str:
    block = raw.get("block")
    if not isinstance(block, int) or isinstance(block, bool) or not 0 <= block < cell.blocks:
        return f"block {block!r} of a cell with {cell.blocks} blocks"
    return ""


def _bad_result(raw: dict, cell: Cell) -> str:
    """What a good sample says that cannot be, or that another cell would say."""
    result = raw["result"]
    for name, planned in (("variant", cell.variant), ("workload", cell.workload), ("n", cell.n)):
        if result.get(name) != planned:
            return f"the result is of {name} {result.get(name)!r}, the cell of {planned!r}"
    if "seed" in raw and "seed" in result and raw["seed"] != result["seed"]:
        return f"run with seed {raw['seed']!r}, the result is of seed {result['seed']!r}"
    ops = result.get("ops")
    if not is_figure(ops) or ops <= 0:
        return f"ops {ops!r} is not a count above 0"
    figures = {"ns_per_op": result.get("ns_per_op"), "instructions": raw.get("instructions")}
    for name in ("iter_ns", "work", "values"):
        held = result.get(name) or {}
        if held and not isinstance(held, list if name == "iter_ns" else dict):
            return f"{name} {held!r} is not what the benchmark prints"
        pairs = enumerate(held) if isinstance(held, list) else held.items()
        figures |= {f"{name}.{k}": v for k, v in pairs}
    for name, value in figures.items():
        if value is not None and not is_figure(value):
            return f"{name} {value!r} is not a finite number"
    return ""


def _sample(raw: dict, place: str, run: str, cells: dict[str, Cell], binaries: dict) -> Sample:
    if raw.get("run") != run:
        raise ReportError(f"a sample of another run, {raw.get('run')!r}", place,
                          f"take the line out; this folder holds {run}")
    cell = cells.get(raw.get("cell"))
    if cell is None:
        raise ReportError(f"a sample of a cell that was not planned, {raw.get('cell')!r}", place,
                          "restore plan.json, or begin a new run")
    known = (binaries.get(cell.variant) or {}).get("sha256")
    if known and raw.get("binary") != known:
        raise ReportError(f"a sample of another build of {cell.variant}", place,
                          "begin a new run: two builds are two variants")
    error = raw.get("error")
    if error is None and (raw.get("rc") != 0 or not isinstance(raw.get("result"), dict)):
        error = f"exit {raw.get('rc')}"
    if why := _bad_block(raw, cell) or ("" if error is not None else _bad_result(raw, cell)):
        raise ReportError(f"not a sample of {cell.id}: {why}", place,
                          "take the line out, or begin a new run")
    return Sample(cell, raw["block"], tuple(raw.get("tags") or ()), error,
                  raw.get("result"), raw.get("instructions"))


def read_samples(path: Path, run: str, cells: dict, binaries: dict) -> tuple[SampleIndex, tuple]:
    if not path.is_file():
        raise ReportError("the samples are missing", str(path), "run first", k_code_missing)
    index, times = SampleIndex(cells), []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ReportError(f"not text: {error}", str(path), "begin a new run") from None
    for number, line in enumerate(lines, 1):
        place = f"{path}:{number}"
        raw = _parsed(line, place)
        sample = _sample(raw, place, run, cells, binaries)
        before = index.by_cell.setdefault(sample.cell.id, [])
        if sample.error is None and any(s.block == sample.block and s.error is None
                                        for s in before):
            raise ReportError(f"block {sample.block} of {sample.cell.id} is there twice", place,
                              "take the second line out, or begin a new run")
        before.append(sample)
        if isinstance(raw.get("t0"), str):
            times.append(raw["t0"])
    return index, ((min(times), max(times)) if times else None)


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
    index, span = read_samples(folder / "samples.jsonl", name, cells, plan.get("binaries") or {})
    index.given_up = {e["cell"]: e["why"] for e in plan.get("given_up") or []}
    return Run(folder, name, plan, read_json(folder / "environment.json"),
               list(read_json(folder / "evidence.json", required=False).get("rows", [])),
               read_json(folder / "status.json", required=False),
               index, span)

