"""Points as small charts: a dot in a plane, a bar per coordinate where there are more."""

from __future__ import annotations

import numpy as np
import pytest

from core.foundation.pixels import FRAME, MOST_COLUMNS, display, display_side, is_planar, is_points


def chart(*values: float) -> np.ndarray:
    """The picture (S, S) of one point, brightness from 0 to 1."""
    return display(np.array(values, np.float32).reshape(1, -1, 1, 1))[0] / 255


@pytest.mark.parametrize(
    ("shape", "points", "planar"),
    [
        ((2, 1, 1), True, True),
        ((3, 1, 1), True, False),
        ((MOST_COLUMNS, 1, 1), True, False),
        ((MOST_COLUMNS + 1, 1, 1), False, False),
        ((1, 1, 1), False, False),
        ((1, 28, 28), False, False),
    ],
)
def test_points_are_told_by_their_shape(shape: tuple[int, int, int], points: bool, planar: bool) -> None:
    assert (is_points(shape), is_planar(shape)) == (points, planar)


@pytest.mark.parametrize("columns", range(2, MOST_COLUMNS + 1))
def test_a_chart_is_a_square_of_the_side_that_is_promised(columns: int) -> None:
    picture = display(np.zeros((3, columns, 1, 1), np.float32))
    side = display_side((columns, 1, 1))
    assert picture.shape == (3, side, side)
    assert 28 <= side <= 64


@pytest.mark.parametrize("columns", range(3, MOST_COLUMNS + 1))
def test_every_coordinate_has_a_bar_of_its_own(columns: int) -> None:
    """One coordinate at a time at the top: each lights other pixels than the rest, all as many."""
    lit = [np.flatnonzero(chart(*np.eye(columns)[i] * FRAME)[0] == 1) for i in range(columns)]
    assert len({len(each) for each in lit}) == 1
    assert len(lit[0]) > 0
    assert len(np.unique(np.concatenate(lit))) == columns * len(lit[0])


def test_bars_go_up_and_down_and_their_length_is_the_value() -> None:
    picture = chart(FRAME, -FRAME / 2, FRAME / 4)
    middle, third = 14, 28 // 3
    assert picture[:middle, : third - 1].min() == 1
    below, above = picture[middle:, third + 2], picture[:middle, third + 2]
    assert below.sum() == pytest.approx(middle / 2, abs=0.05)
    assert above.sum() == 0
    assert picture[:middle, 2 * third + 2].sum() == pytest.approx(middle / 4, abs=0.05)


def test_values_outside_end_at_the_edge_and_what_is_no_number_has_no_bar() -> None:
    np.testing.assert_array_equal(chart(9, -9, 0), chart(FRAME, -FRAME, 0))
    np.testing.assert_array_equal(chart(np.nan, 1, np.inf), chart(0, 1, FRAME))
