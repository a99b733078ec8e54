"""What the claim rules share: which cells a test names, how its values are gathered, an outcome."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from fractions import Fraction

from reports import given_up
from reports.errors import ReportError, k_code_config
from reports.samples import Cell, SampleIndex
from reports.tables.controls import k_tagged_share, tagged_share

k_supported, k_shape, k_refuted = "SUPPORTED", "SUPPORTED IN SHAPE", "REFUTED"
k_undecided, k_invalid, k_not_here = "UNDECIDED", "INVALID", "NOT TESTABLE HERE"
k_verdicts = (k_supported, k_shape, k_refuted, k_undecided, k_not_here, k_invalid)
# A refutation stands whatever else is missing; then what spoils, then what is missing, then shape.
k_severity = (k_refuted, k_invalid, k_not_here, k_undecided, k_shape, k_supported)


@dataclass
class Outcome:
    """What one strand, or one test, came to."""

    verdict: str
    figure: str
    sentence: str
    interval: list[float] | None = None
    published: str = ""
    evidence: list[str] = field(default_factory=list)
    parts: list[dict] = field(default_factory=list)  # n, verdict, p, alpha of each timed comparison
    lacking: bool = False  # undecided because cells are not there, not because figures do not tell


@dataclass(frozen=True)
class Strand:
    """One variant on one workload over the sizes of a test: the unit a rule judges."""

    variant: str
    workload: str
    meter: str
    metric: str
    n: tuple[int, ...]
    params: dict
    seeds: int
    placement: str | None = None  # None: where a claim says nothing, whichever was measured

    def label(self) -> str:
        extra = ",".join(f"{k}={v}" for k, v in sorted(self.params.items()))
        return f"{self.variant} {self.workload}" + (f" ({extra})" if extra else "")

    def cell(self, n: int, index: SampleIndex) -> Cell | None:
        return index.find(self.variant, self.workload, self.params, n, self.meter,
                          placement=self.placement)


def redo(run: str, cell: str) -> str:
    """The command that measures one cell of this run again."""
    return f"scripts/cyclone redo {run} {cell}"


def config_error(message: str, place: str, remedy: str) -> ReportError:
    return ReportError(message, place, remedy, k_code_config)


def number(value, place: str = "") -> float:
    """A figure from TOML: a number, or a quotient in a string such as "8/63"."""
    try:
        return float(Fraction(value.replace(" ", ""))) if isinstance(value, str) else float(value)
    except (ValueError, ZeroDivisionError, TypeError):
        raise config_error(f"'{value}' is not a number", place, 'write 0.5 or "2/3"') from None


def meter_of(test: dict) -> str:
    """The meter a metric is read from, unless the test says so itself."""
    if "meter" in test:
        return test["meter"]
    metric = test["metric"]
    return {"ns": "time", "instructions": "instructions"}.get(metric, "work")


def as_list(value) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def strands(test: dict, variants: list[str]) -> list[Strand]:
    workloads = as_list(test.get("workloads") or test.get("workload") or [])
    return [Strand(v, w, meter_of(test), test["metric"], tuple(int(n) for n in as_list(test["n"])),
                   dict(test.get("params", {})), int(test.get("seeds", 1)),
                   test.get("placement"))
            for w in workloads for v in variants]


def strand_cells(strand: Strand) -> list[dict]:
    where = {"placement": strand.placement} if strand.placement else {}
    return [{"variant": strand.variant, "workload": strand.workload, "meter": strand.meter,
             "params": strand.params, "n": n, "seeds": strand.seeds} | where for n in strand.n]


@dataclass
class Gathered:
    """Values by size and block; `missing` names what a verdict would still need."""

    values: dict[int, dict[int, float]] = field(default_factory=dict)
    cells: dict[int, Cell] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)  # cells of figures that were added

    def ids(self) -> list[str]:
        return [c.id for c in self.cells.values()] + self.others

    def medians(self) -> dict[int, float]:
        return {n: statistics.median(v.values()) for n, v in sorted(self.values.items())}


def why_absent(strand: Strand, n: int, index: SampleIndex) -> str:
    why = given_up.why(index, strand.variant, strand.workload, strand.params, n, strand.meter)
    return f"was given up: {why}" if why else "is not in the plan"


def gather(strand: Strand, index: SampleIndex, metric: str | None = None) -> Gathered:
    out, name = Gathered(), metric or strand.metric
    for n in strand.n:
        cell = strand.cell(n, index)
        if cell is None:
            out.missing.append(f"{strand.label()} at n = {n} {why_absent(strand, n, index)}")
            continue
        out.cells[n] = cell
        values = index.by_block(cell, name)
        if values:
            out.values[n] = values
        if failed := index.failed(cell):
            out.missing.append(f"{cell.id} failed: {failed[0].error}")
        elif not index.good(cell):
            out.missing.append(f"{cell.id} has no sample yet")
        elif not values:
            out.missing.append(f"{cell.id} does not report {name}")
        elif len(values) < strand.seeds:
            out.missing.append(f"{cell.id} has {len(values)} of {strand.seeds} samples, "
                               f"{strand.seeds - len(values)} are missing")
    return out


def undecided(strand: Strand, gathered: Gathered) -> Outcome:
    what = gathered.missing[0]
    more = f" (and {len(gathered.missing) - 1} more)" if len(gathered.missing) > 1 else ""
    return Outcome(k_undecided, "", f"{strand.label()}: missing: {what}{more}",
                   evidence=gathered.ids(), lacking=True)


def spoiled(strand: Strand, index: SampleIndex, context: dict) -> Outcome | None:
    """A red gate, a failed or absent control, a disturbed cell come before any figure."""
    if context.get("gate", {}).get(strand.variant) is False:
        return Outcome(k_invalid, "", f"{strand.variant} failed its conformance suite")
    if strand.meter != "time":
        if context.get("counts_ok", True):
            return None
        return Outcome(k_invalid, "", f"{strand.label()}: counts of this run do not repeat")
    if not context.get("controls_ok", True):
        return Outcome(k_invalid, "", f"{strand.label()}: a control of this run failed")
    for n in strand.n:
        cell = strand.cell(n, index)
        if cell is not None and tagged_share(index, cell) > k_tagged_share:
            return Outcome(k_invalid, "", f"{cell.id}: most samples were disturbed",
                           evidence=[cell.id])
        if cell is not None and (why := context.get("missed", {}).get(cell.group)):
            return Outcome(k_invalid, "", f"{cell.id}: {why}", evidence=[cell.id])
    if absent := context.get("absent"):
        return Outcome(k_undecided, "", f"{strand.label()}: no {absent[0]} control")
    return None


def brief(sentences: list[str], limit: int = 1) -> str:
    """The first of them, and how many more there are: a reader mends one reason at a time."""
    more = len(sentences) - limit
    return "; ".join(sentences[:limit]) + (f"; and {more} more like it" if more > 0 else "")


def worst(verdicts) -> str:
    """The verdict of a whole from those of its parts."""
    seen = set(verdicts)
    return next((v for v in k_severity if v in seen), k_undecided)


k_joint = (k_refuted, k_undecided, k_shape, k_supported)


def joint(verdicts) -> str:
    """The verdict of one strand over its sizes: what fails at one size fails."""
    seen = set(verdicts)
    return next((v for v in k_joint if v in seen), k_undecided)


def text(value: float) -> str:
    """A figure with four significant digits and no exponent where it can be avoided."""
    if abs(value) < 1e-12:  # the rest of a fit through equal values
        return "0"
    if value == int(value) and abs(value) < 1e7:
        return str(int(value))
    return f"{value:.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


def interval_text(low: float | None, high: float | None) -> str:
    return "" if low is None else f" [{text(low)}, {text(high)}]"
