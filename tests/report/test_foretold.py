"""Counted transfers against measured time: the coefficient, its interval, and what is left out."""

import math
import types

import pytest
from scipy import stats as scipy_stats

from reports.tables import foretold


def test_the_number_in_front_of_a_fact():
    assert foretold.transfers_of("4.5 transfers an item") == 4.5
    assert foretold.transfers_of("2.0 transfers a call") == 2.0
    assert foretold.transfers_of("a mutex") is None
    assert foretold.transfers_of("wait-free, at most 9 steps") is None
    assert foretold.transfers_of("") is None


def test_the_coefficient_is_spearmans():
    x, y = [1, 2, 3, 4, 5, 6, 6], [2, 1, 4, 3, 7, 9, 8]
    rho, low, high = foretold.rank_correlation(x, y)
    assert rho == pytest.approx(scipy_stats.spearmanr(x, y).statistic)
    assert low <= rho <= high


def test_what_rises_together_is_one_and_what_falls_is_minus_one():
    assert foretold.rank_correlation([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])[0] == pytest.approx(1)
    assert foretold.rank_correlation([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])[0] == pytest.approx(-1)


def test_ties_alone_say_nothing():
    assert math.isnan(foretold.rank_correlation([1, 1, 1, 1], [1, 2, 3, 4])[0])


def test_the_same_pairs_have_the_same_interval():
    x, y = [1, 2, 3, 4, 5, 6], [2, 1, 4, 3, 6, 5]
    assert foretold.rank_correlation(x, y) == foretold.rank_correlation(x, y)


def run_of(monkeypatch, transfers, times, cpus=(0, 1)):
    """A run whose variants were counted and timed so."""
    cells = {v: types.SimpleNamespace(component="queue", variant=v, workload="transfer", params=(),
                                      n=100, meter="time", role="subject", placement="all")
             for v in times}
    monkeypatch.setattr(foretold.units, "values",
                        lambda index, cell: dict(enumerate([times[cell.variant]] * 11)))
    evidence = [{"component": "queue", "variant": v, "suite": "coherence", "passed": True,
                 "facts": {"random": f"{t} transfers an item"}} for v, t in transfers.items()]
    return types.SimpleNamespace(evidence=evidence, plan={"placements": {"all": {"cpus": cpus}}},
                                 index=types.SimpleNamespace(cells=cells))


def test_a_row_for_what_is_counted_and_timed(monkeypatch):
    [row] = foretold.table(run_of(monkeypatch, {"a": 1, "b": 2, "c": 3, "d": 4, "x": 9},
                                  {"a": 5, "b": 6, "c": 7, "d": 8, "y": 1}))
    assert row["variants"] == ["a", "b", "c", "d"]
    assert row["rho"] == pytest.approx(1) and row["traffic"] == "random"


def test_too_few_variants_or_one_processor_are_no_row(monkeypatch):
    three = {"a": 1, "b": 2, "c": 3}
    assert foretold.table(run_of(monkeypatch, three, three)) == []
    four = three | {"d": 4}
    assert foretold.table(run_of(monkeypatch, four, four, cpus=(0,))) == []
