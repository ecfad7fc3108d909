"""The short form of lanes that are trained in several places, and whether it would notice a difference."""

from __future__ import annotations

import numpy as np

from core.faults import agreement


def test_the_same_steps_everywhere() -> None:
    assert agreement.agreement(1, 1, ("vae",)) == []


def test_another_bit_would_be_found() -> None:
    ours = {"w": np.zeros(2, np.float32)}, np.zeros((agreement.STEPS, 2))
    theirs = {"w": np.array([0, 1e-45], np.float32)}, np.zeros((agreement.STEPS, 2))
    assert agreement._difference(ours, ours) == ""
    assert agreement._difference(ours, theirs) == "1 of 1 tensors differ, the first w"
    assert agreement._difference(ours, (ours[0], np.full((agreement.STEPS, 2), 1e-9))) == "the histories differ"
    assert agreement._difference(ours, "it broke") == "it broke"
