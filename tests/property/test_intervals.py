"""Printed 95 % intervals hold what they aim at, at the sizes that occur, and quantiles are those of scipy.

`tests.interval_coverage` has the cases, and prints the whole table; here are as many as fit into a test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest

from core.foundation.slices import finish
from core.metrics.base import mean_of, share_beyond, share_of_dependent
from core.theory import intervals, prdc
from tests import interval_coverage as coverage
from tests.interval_coverage import Case, simulate

MARGIN = 2.5
"""Binomial standard deviations around 93 to 97 % within which a simulated coverage must lie. Seeds are fixed."""


def cases() -> Iterator[tuple[Case, int]]:
    """Cases, and the number of simulated intervals of each: fewer where one takes more than some milliseconds."""
    for n in (20, 200, 2_500):
        for cheap in (coverage.means(n), coverage.beyond(n, 1_000), coverage.copies(n, 1_000), coverage.units(n)):
            yield from ((case, 400) for case in cheap)
    yield from ((case, 400) for case in coverage.shares(2_500))
    yield from ((case, 400) for case in coverage.duplicates(1_000))
    yield from ((case, 200) for case in coverage.factors(200))
    for m, draws in ((20, 400), (200, 200), (2_500, 200)):
        yield from ((case, 400 if case.measure == "classes caught" else draws) for case in coverage.classes(m))
    yield from ((case, 40) for case in coverage.cells(1_000, 100))
    for data, draws in (("2-D, 2 of 8 modes lost", 100), ("64-D, 2 of 10 classes lost", 60)):
        yield from ((case, draws) for case in coverage.of_neighbours(500, 500, data))  # with 300, none is printed
    for case in coverage.distances(100, 100, "2-D, 2 of 8 modes lost"):
        yield case, 60


def _name(case: Case) -> str:
    return f"{case.measure}, {case.data}, {case.n}, {case.m}"


@pytest.mark.parametrize(("case", "draws"), [pytest.param(*each, id=_name(each[0])) for each in cases()])
def test_an_interval_holds_its_target(case: Case, draws: int) -> None:
    inside, printed = simulate(case, draws)
    assert printed == 1
    margin = MARGIN * math.sqrt(0.05 * 0.95 / draws)
    assert inside >= 0.93 - margin
    assert case.cautious or inside <= 0.97 + margin


def test_no_interval_is_printed_where_none_would_hold() -> None:
    random = np.random.default_rng(0)
    rows = [random.standard_normal((n, 2)).astype(np.float32) for n in (20, 500)]
    spread = finish(prdc.deviations(prdc.prdc(*rows), *rows))
    found = share_of_dependent(0.9, 20, spread.recall, spread.degrees, n=500)
    assert found.value == 90
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert math.isnan(mean_of(np.array([3.0])).low)


def test_with_few_test_images_the_share_in_holes_may_be_none() -> None:
    """72 test images: with 2.5 % probability all of them lie below the 95th percentile."""
    random = np.random.default_rng(0)
    drawn = 2 * random.rayleigh(1.0, 2_500)
    few, enough = (share_beyond(drawn, random.rayleigh(1.0, n)) for n in (60, 80))
    assert few.low == pytest.approx(0, abs=0.5)
    assert enough.low > 1


def test_the_end_of_an_open_interval_is_interpolated_between_order_statistics() -> None:
    """Of 20 test images the 95th percentile lies below the 17th with 1.6 % probability, below the 18th with 7.5 %."""
    drawn = np.linspace(0, 20, 1_000_001)
    _, high = intervals.beyond(drawn, np.arange(1, 21.0), 0.95, 19.05)
    assert 0.10 < high < 0.15
    assert high == pytest.approx(1 - (17 + (0.05 - 0.0159) / (0.0755 - 0.0159)) / 20, abs=1e-3)


def test_what_is_certain_does_not_share_the_tail() -> None:
    """Three of four statements: two hold almost surely, so that the third has half of the tail."""
    chances = np.array([0, 1e-9, intervals.TAIL / 2, 0.3])
    assert intervals.surely(lambda tail: int((chances <= tail).sum()), 4) == 3
    assert int((chances <= intervals.TAIL / 4).sum()) == 2


@pytest.mark.parametrize("tail", [0.025, 0.0025, 0.0005])
@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 7, 19, 70, 2_499, math.inf])
def test_quantiles_of_student_are_those_of_scipy(degrees: float, tail: float) -> None:
    from scipy.special import stdtrit

    assert intervals.student(degrees, tail) == pytest.approx(float(stdtrit(degrees, 1 - tail)), rel=1e-5)


def test_there_is_no_quantile_without_a_degree_of_freedom() -> None:
    assert math.isnan(intervals.student(0))


def test_the_jackknife_finds_the_spread_of_a_square_at_zero() -> None:
    """The square of a mean has no linear part there; a plain jackknife reads 1.4 times its spread."""
    random = np.random.default_rng(0)

    def estimated() -> float:
        groups = random.standard_normal(20)

        def reading(kept: np.ndarray) -> float:
            return float(groups[kept].mean() ** 2)

        return finish(intervals.jackknife_deviation(reading, [20])) ** 2

    found = math.sqrt(np.mean([estimated() for _ in range(200)]))
    assert found == pytest.approx(math.sqrt(2) / 20, rel=0.25)
