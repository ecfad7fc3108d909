"""Which numbers are finite: a measure is taken of these, and says how many were not."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


class NoneFinite(ValueError):
    """Nothing is left to measure: none of the ``count`` rows is finite."""

    def __init__(self, count: int) -> None:
        super().__init__(f"none of {count:,} is finite")
        self.count = count


def finite_rows(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which rows (N, ...) hold finite numbers alone: (N,)."""
    return np.asarray(np.isfinite(values).reshape(len(values), -1).all(1))
