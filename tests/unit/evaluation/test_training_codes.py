"""Holes are where no training codes are."""

from __future__ import annotations

import numpy as np
import pytest

from core.evaluation.training_codes import TrainingCodes, hole_ratio, hole_ratios, measuring
from core.foundation.slices import finish
from core.theory.latent_space import prior


@pytest.mark.parametrize("dims", [2, 16])
def test_the_hole_ratio_is_the_distance_to_the_tenth_nearest_code_in_units_of_the_reach(dims: int) -> None:
    random = np.random.default_rng(dims)
    z, codes = (random.normal(size=(count, dims)).astype(np.float32) for count in (30, 200))
    distances = np.sort(np.linalg.norm(z[:, None] - codes[None], axis=2), 1)
    known = TrainingCodes(codes, 0.5, 0.0)
    found = finish(hole_ratios(z, known))
    np.testing.assert_allclose(found, distances[:, 9] / 0.5, rtol=1e-4)
    np.testing.assert_allclose([hole_ratio(each, known) for each in z], found, rtol=1e-5)
    few = TrainingCodes(codes[:4], 0.5, 0.0)  # fewer than ten: the farthest
    farthest = np.linalg.norm(z[:, None] - codes[None, :4], axis=2).max(1)
    np.testing.assert_allclose(finish(hole_ratios(z, few)), farthest / 0.5, rtol=1e-4)


def test_holes_are_where_no_codes_are() -> None:
    random = np.random.default_rng(1)
    full = finish(measuring(prior(600, 2, 5), prior(2000, 2, 6)))
    assert full.hole_share < 0.12  # by construction 5 % of test codes are farther away
    assert hole_ratio(np.zeros(2, np.float32), full) < 1
    assert hole_ratio(np.full(2, 9.0, np.float32), full) > 5
    corner = (3 + 0.1 * random.normal(size=(2000, 2))).astype(np.float32)
    empty = finish(measuring(corner[:500], corner[500:]))
    assert empty.hole_share > 0.98
