"""The arithmetic of sliders and number fields, without Qt: where a value lies on a groove."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

ZERO_SHARE = 0.08
"""Share of the groove that means 0, on a logarithmic scale that starts at 0."""


@dataclass(frozen=True)
class Scale:
    """A range and its layout along a groove; positions are 0 to 1.

    "log" with ``low`` = 0: the first 8 % of the groove is 0, the rest runs from ``floor`` to ``high``. Values are
    rounded to ``decimals``, on a logarithmic scale to three figures (to whole numbers when ``decimals`` is 0).
    """

    low: float
    high: float
    kind: Literal["linear", "log"] = "linear"
    decimals: int = 2
    floor: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise ValueError(f"range {self.low} to {self.high} is empty")
        if self.kind == "log" and self.low < 0:
            raise ValueError("a logarithmic range cannot start below 0")
        if self.kind == "log" and self.low == 0 and not 0 < self.bottom < self.high:
            raise ValueError(f"floor {self.floor} is outside 0 to {self.high}")

    @property
    def bottom(self) -> float:
        """The smallest value above zero that has a position of its own."""
        if self.low > 0:
            return self.low
        return self.floor or self.high * 1e-4

    def position(self, value: float) -> float:
        """The position of a value, 0 to 1."""
        value = min(self.high, max(self.low, value))
        if self.kind == "linear":
            return (value - self.low) / (self.high - self.low)
        start = ZERO_SHARE if self.low == 0 else 0.0
        if value <= 0:
            return 0.0
        share = math.log(max(value, self.bottom) / self.bottom) / math.log(self.high / self.bottom)
        return start + (1 - start) * share

    def value(self, position: float) -> float:
        """The rounded value at a position."""
        position = min(1.0, max(0.0, position))
        if self.kind == "linear":
            return self.round(self.low + (self.high - self.low) * position)
        start = ZERO_SHARE if self.low == 0 else 0.0
        if position < start:
            return 0.0
        share = (position - start) / (1 - start)
        return self.round(self.bottom * (self.high / self.bottom) ** share)

    def round(self, value: float) -> float:
        """The value rounded to what is shown, clamped to the range."""
        value = min(self.high, max(self.low, value))
        if self.kind == "log" and self.decimals > 0 and value > 0:
            rounded = float(f"{value:.3g}")
        else:
            rounded = float(round(value, self.decimals)) + 0.0
        return min(self.high, max(self.low, rounded))

    def stepped(self, value: float, share: float) -> float:
        """The value ``share`` of the groove further on; it changes by one rounding unit at least."""
        if self.kind == "log" and self.low == 0 and value <= self.bottom and (value == 0) == (share > 0):
            return self.round(self.bottom) if share > 0 else 0.0  # cross the stretch that means 0 in one step
        new = self.value(self.position(value) + share)
        if new != value:
            return new
        grain = 10.0**-self.decimals
        if self.kind == "log" and self.decimals > 0:
            grain = 10.0 ** (math.floor(math.log10(max(abs(value), self.bottom))) - 2)
        return self.round(value + math.copysign(grain, share))
