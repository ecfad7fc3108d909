"""What the coordinates of points from a table stand for: names, and what turns them into the values of the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.foundation.arrays import Doubles, Floats
from core.foundation.number_words import significant


@dataclass(frozen=True)
class Columns:
    """The ``names`` (D,) of columns; a value is its coordinate times ``unit`` (D,) plus ``mean`` (D,)."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    unit: tuple[float, ...]

    def values(self, points: Floats) -> Doubles:
        """The values (N, D) of points (N, D, 1, 1), as they stand in the table."""
        coordinates = np.asarray(points, np.float64)[:, :, 0, 0]
        values: Doubles = coordinates * np.array(self.unit) + np.array(self.mean)
        return values

    def said(self, point: Floats) -> str:
        """A point (D, 1, 1) in words: "length 5.1, width 12"."""
        pairs = zip(self.names, self.values(point[None])[0].tolist(), strict=True)
        return ", ".join(f"{name} {significant(value, 4)}" for name, value in pairs)

    def to_json(self) -> dict[str, Any]:
        """Plain values, for a run folder."""
        return {"names": list(self.names), "mean": list(self.mean), "unit": list(self.unit)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], count: int) -> Columns:
        """The columns of a run folder whose points have ``count`` coordinates. ValueError where they are none."""
        names, mean, unit = (data.get(key) for key in ("names", "mean", "unit"))
        for each, kinds in ((names, (str,)), (mean, (int, float)), (unit, (int, float))):
            if not isinstance(each, list) or len(each) != count or not all(type(value) in kinds for value in each):
                raise ValueError(f"columns are not {count} names, means and units")
        assert isinstance(names, list)
        assert isinstance(mean, list)
        assert isinstance(unit, list)
        found = cls(tuple(names), tuple(map(float, mean)), tuple(map(float, unit)))
        if not np.isfinite([*found.mean, *found.unit]).all():
            raise ValueError("columns hold numbers that are not finite")
        return found
