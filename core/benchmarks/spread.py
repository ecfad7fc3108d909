"""Median and range of repeated measurements."""

from __future__ import annotations

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """Median, smallest and largest of several rounds."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: list[float]) -> Spread:
        """The spread of at least one value."""
        return Spread(statistics.median(values), min(values), max(values))

    def json(self, digits: int = 3) -> dict[str, float]:
        """The three numbers, rounded to ``digits`` decimals."""
        return {"median": round(self.median, digits), "min": round(self.low, digits), "max": round(self.high, digits)}
