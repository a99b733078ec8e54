"""The estimators against scipy, against closed forms, and against noise of known size."""

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from reports.stats import ratios as stats


def test_interval_ranks_are_the_binomial_ones():
    for n in range(6, 80):
        rank, coverage = stats.sign_rank(n)
        exact = 1 - 2 * scipy_stats.binom.cdf(rank - 1, n, 0.5)
        assert coverage == pytest.approx(exact, abs=1e-12)
        assert coverage >= 0.95
        # One rank further in would fall below the level: the interval is no wider than it must be.
        assert 1 - 2 * scipy_stats.binom.cdf(rank, n, 0.5) < 0.95


@pytest.mark.parametrize("n,rank,coverage", [(6, 1, 0.96875), (10, 2, 0.978516),
                                             (11, 2, 0.988281), (12, 3, 0.961426),
                                             (20, 6, 0.958611), (30, 10, 0.957226)])
def test_interval_golden(n, rank, coverage):
    interval = stats.median_interval(list(range(n)))
    assert (interval.low, interval.high) == (rank - 1, n - rank)
    assert interval.coverage == pytest.approx(coverage, abs=1e-6)
    assert interval.point == (n - 1) / 2


@pytest.mark.parametrize("n", range(1, 6))
def test_too_few_units_have_no_interval(n):
    interval = stats.median_interval(list(range(n)))
    assert interval.low is None and interval.high is None and interval.coverage is None


def test_interval_does_not_depend_on_order_and_refuses_nonsense():
    xs = [5.0, 1.0, 4.0, 2.0, 3.0, 9.0, 7.0]
    assert stats.median_interval(xs) == stats.median_interval(sorted(xs))
    for bad in ([], [1.0, math.nan], [math.inf]):
        with pytest.raises(ValueError):
            stats.median_interval(bad)


@pytest.mark.parametrize("draw", ["normal", "exponential", "cauchy"])
def test_coverage_is_what_it_says(draw):
    """4000 medians of 11 of a skewed, a heavy-tailed and a normal law; theory says 98.83 %."""
    rng = np.random.default_rng(11)
    truth = {"normal": 0.0, "exponential": math.log(2), "cauchy": 0.0}[draw]
    make = {"normal": rng.standard_normal, "exponential": rng.standard_exponential,
            "cauchy": rng.standard_cauchy}[draw]
    hits = 0
    for sample in make((4000, 11)):
        interval = stats.median_interval(sample)
        hits += interval.low <= truth <= interval.high
    expected = 0.98828125
    error = 4 * math.sqrt(expected * (1 - expected) / 4000)
    assert abs(hits / 4000 - expected) < error


def test_sign_p_is_scipys():
    rng = np.random.default_rng(3)
    for n in (6, 11, 20, 33):
        xs = rng.normal(0.3, 1, n)
        expected = scipy_stats.binomtest(int((xs > 0).sum()), n, 0.5).pvalue
        assert stats.sign_p(xs) == pytest.approx(expected)
    assert stats.sign_p([0.0] * 8) == 1.0
    assert stats.sign_p([1.0] * 11) == pytest.approx(2 / 2**11)


def test_holm_golden():
    assert stats.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert stats.holm([]) == []


def test_ratios_are_paired_inside_the_block():
    """Blocks wander tenfold; inside each the subject costs exactly a quarter more."""
    drift = {b: 10.0 ** (b % 5) for b in range(12)}
    subject = {b: 1.25 * d for b, d in drift.items()}
    logs = stats.paired_log_ratios({-1: 7.0} | subject, drift | {99: 1.0})
    assert len(logs) == 12
    ratio = stats.ratio_interval(logs)
    assert ratio.point == ratio.low == ratio.high == pytest.approx(1.25)
    shuffled = dict(zip(drift, reversed(list(drift.values()))))
    wrong = stats.ratio_interval(stats.paired_log_ratios(subject, shuffled))
    assert wrong.high / wrong.low > 10  # pairing across blocks would be seen


def test_null_spread_is_that_of_the_median():
    """For unit normal noise the median of 11 strays by 0.66 in one comparison of 20."""
    rng = np.random.default_rng(5)
    medians = np.abs(np.median(rng.standard_normal((20000, 11)), axis=1))
    wanted = float(np.quantile(medians, 0.95))
    got = np.mean([stats.null_spread(rng.standard_normal(11)) for _ in range(150)])
    assert got == pytest.approx(wanted, rel=0.08)
    assert got < 0.5 * np.quantile(np.abs(rng.standard_normal(20000)), 0.95)


def test_delta_has_a_floor_and_follows_the_noise():
    assert stats.delta_of([]) == pytest.approx(math.log(1.02))
    assert stats.delta_of([1e-6, -1e-6] * 6) == pytest.approx(math.log(1.02))
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.1, 11)
    assert stats.delta_of(noise) == pytest.approx(2 * max(stats.null_spread(noise),
                                                         abs(float(np.median(noise)))))
    assert stats.delta_of(noise + 0.2) >= 0.4 * 0.8  # a biased A/A widens delta


def test_false_alarms_of_the_aa_control():
    """1000 runs of 10 A/A pairs of 11 blocks, noise far above 2 %. A pair is rejected by Holm's
    first step only when all 11 signs agree: the family-wise rate is 1 - (1 - 2/2^11)^10."""
    rng = np.random.default_rng(77)
    runs, alarms = 1000, 0
    for _ in range(runs):
        family = rng.normal(0, 0.2, (10, 11))
        alarms += any(not v["passed"] for v in stats.aa_family(list(family)))
    expected = 1 - (1 - 2 / 2**11) ** 10
    assert abs(alarms / runs - expected) < 4 * math.sqrt(expected * (1 - expected) / runs)
    assert expected < 0.05


def test_aa_control_sees_a_real_difference():
    rng = np.random.default_rng(2)
    family = [rng.normal(0, 0.02, 11) for _ in range(9)] + [rng.normal(0.15, 0.02, 11)]
    assert [v["passed"] for v in stats.aa_family(family)] == [True] * 9 + [False]


def test_aa_control_ignores_what_is_below_two_percent():
    assert stats.aa_family([[0.01] * 11])[0]["passed"]
    assert not stats.aa_family([[0.021] * 11])[0]["passed"]


def log_interval(values):
    return stats.median_interval(values)


@pytest.mark.parametrize("shift,expected", [(0.10, "SLOWER"), (-0.10, "FASTER"), (0.0, "SAME"),
                                            (0.055, "UNDECIDED")])
def test_pair_verdicts(shift, expected):
    spread = [0.01 * v for v in (-1, 1, -0.8, 0.8, -0.5, 0.5, 0.2, -0.2, 0, 0.1, -0.1)]
    verdict = stats.pair_verdict(log_interval([shift + s for s in spread]), delta=0.06)
    assert verdict.verdict == expected
    assert (verdict.more_blocks is not None) == (expected == "UNDECIDED")


def test_more_blocks_follows_the_square_of_the_width():
    """Half width 0.02, point 0.055, delta 0.06: room is 0.005, so 16 times the 11 blocks."""
    half = [-0.02] * 5 + [0.0] + [0.02] * 5
    verdict = stats.pair_verdict(log_interval([0.055 + h for h in half]), delta=0.06)
    assert verdict.verdict == "UNDECIDED" and verdict.more_blocks == pytest.approx(165, abs=1)


def test_pair_verdict_edges():
    wide = [-0.3, 0.5] * 6
    assert stats.pair_verdict(log_interval(wide), 0.05).verdict == "UNDECIDED"
    clear = [0.5] * 9
    few = stats.pair_verdict(log_interval(clear), 0.05)
    assert few.verdict == "UNDECIDED" and few.more_blocks == 1
    assert stats.pair_verdict(log_interval([0.5] * 10), 0.05).verdict == "SLOWER"
    assert stats.pair_verdict(log_interval([0.5] * 11), 0.05, False).verdict == "INVALID"
    # Beyond delta is not enough: the interval must exclude 1 as well.
    ragged = [0.2] * 7 + [-0.2] * 4
    assert stats.pair_verdict(log_interval(ragged), 0.05).verdict == "UNDECIDED"


def test_planted_slowdown_is_seen_and_equal_code_is_not():
    """max(5 %, 1.5 delta) more must be called SLOWER in at least 9 of 10 quiet runs."""
    rng = np.random.default_rng(21)
    seen = alarms = 0
    for _ in range(200):
        delta = stats.delta_of(rng.normal(0, 0.012, 11))
        planted = max(math.log(1.05), 1.5 * delta)
        seen += stats.pair_verdict(log_interval(rng.normal(planted, 0.012, 11)),
                                   delta).verdict == "SLOWER"
        equal = stats.pair_verdict(log_interval(rng.normal(0, 0.012, 11)), delta).verdict
        alarms += equal in ("FASTER", "SLOWER")
    assert seen >= 180
    assert alarms <= 2


def test_floor_is_subtracted_with_its_error():
    blocks = range(11)
    subject = {b: 30.0 for b in blocks}
    reference = {b: 20.0 for b in blocks}
    plain = stats.floored_ratio(subject, reference, [])
    assert plain.interval.point == pytest.approx(1.5) and plain.floor_share is None
    floor = [1.8, 1.9, 1.9, 2.0, 2.0, 2.0, 2.0, 2.1, 2.1, 2.2, 2.2]
    got = stats.floored_ratio(subject, reference, floor)
    assert got.usable and got.floor_share == pytest.approx(0.1)
    assert got.interval.point == pytest.approx(28 / 18)
    assert got.interval.low == pytest.approx((30 - 1.9) / (20 - 1.9))
    assert got.interval.high == pytest.approx((30 - 2.2) / (20 - 2.2))


@pytest.mark.parametrize("level,usable", [(3.9, True), (4.1, False), (25.0, False)])
def test_floor_above_a_fifth_is_not_decided_on_time(level, usable):
    blocks = range(11)
    got = stats.floored_ratio({b: 30.0 for b in blocks}, {b: 20.0 for b in blocks}, [level] * 11)
    assert got.usable is usable
    assert ("fifth" in got.reason) is not usable
