"""Where values lie on the axes of a chart: numbers, logarithms with a place for 0, or words side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.exports import charts
from core.foundation.number_words import significant
from core.foundation.params import KnobValue
from core.sweeps.plan import value_words
from core.sweeps.series import is_number

LOG_SPAN = 20.0
"""A knob of positive values whose largest is more than so many times its smallest has a logarithmic axis."""
LOG_KNOB_SPAN = 4.0
"""As `LOG_SPAN`, of a knob whose slider is logarithmic."""
FEW_VALUES = 9
"""An axis of a knob with so many values at most is marked at each of them."""
ZERO_ROOM = 0.14
"""Share of a logarithmic axis that leads from 0 to the smallest positive value."""
FAR = 10.0
"""A value farther from its neighbour than so many times the span of the others lies outside an axis."""
PAD = 0.04
"""Share of an axis beyond its first and last value."""


@dataclass(frozen=True)
class Scale:
    """Where values lie from ``start`` to ``end``, px: numbers from ``low`` to ``high``, or ``words`` side by side.

    A ``log`` scale from 0 on (``zero``) has its smallest positive value at ``low``.
    """

    start: float
    end: float
    low: float = 0.0
    high: float = 1.0
    log: bool = False
    zero: bool = False
    words: tuple[str, ...] = ()
    values: tuple[float, ...] = ()

    def at(self, value: KnobValue | None) -> float:
        """The place of a value, px; NaN where it has none."""
        if self.words:
            word = "" if value is None else value_words(value)
            if word not in self.words:
                return math.nan
            return self.start + (self.end - self.start) * (self.words.index(word) + 0.5) / len(self.words)
        if value is None or isinstance(value, str) or not math.isfinite(value):
            return math.nan
        return self.start + (self.end - self.start) * self._share(float(value))

    def _share(self, value: float) -> float:
        if not self.log:
            return PAD + (1 - 2 * PAD) * (value - self.low) / (self.high - self.low)
        first = PAD + (ZERO_ROOM if self.zero else 0.0)
        if value <= 0:
            return PAD if self.zero else math.nan
        return first + (1 - PAD - first) * math.log(value / self.low) / math.log(self.high / self.low)

    def holds(self, value: float) -> bool:
        """Whether a number lies within the axis, its pads included."""
        return min(self.start, self.end) - 0.5 <= self.at(value) <= max(self.start, self.end) + 0.5

    def marks(self, about: int) -> list[tuple[float, str]]:
        """Places of round values, or of all values where they are few, with their words."""
        if self.words:
            return [(self.at(word), word) for word in self.words]
        if 0 < len(self.values) <= FEW_VALUES:
            return [(self.at(value), significant(value, 6)) for value in self.values]
        return [(self.at(value), significant(value, 6)) for value in self._round(about)]

    def _round(self, about: int) -> list[float]:
        if not self.log:
            pad = PAD * (self.high - self.low) / (1 - 2 * PAD)
            return charts.ticks(self.low - pad, self.high + pad, about)
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        factors = (1.0,) if last - first > 3 else (1.0, 2.0, 5.0)
        found = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        inside = [each for each in found if self.low * 0.999 <= each <= self.high * 1.001]
        return [0.0, *inside] if self.zero else inside


def knob_scale(values: Sequence[KnobValue | None], start: float, end: float, is_log: bool = False) -> Scale:
    """The scale of a knob from all its values: of numbers where they all are, else of words; None has no place.

    A knob that ``is_log`` in the window needs a smaller span for a logarithmic axis.
    """
    known = [value for value in values if value is not None]
    numbers = sorted({float(value) for value in known if is_number(value)})
    if not known or not all(map(is_number, known)):
        words = [significant(number, 6) for number in numbers]
        words += sorted({value_words(value) for value in known if not is_number(value)})
        return Scale(start, end, words=tuple(words) or ("—",))
    positive = [value for value in numbers if value > 0]
    span = LOG_KNOB_SPAN if is_log else LOG_SPAN
    if numbers[0] >= 0 and len(positive) > 1 and positive[-1] > span * positive[0]:
        return Scale(start, end, positive[0], positive[-1], True, numbers[0] == 0, values=tuple(numbers))
    low, high = _apart(numbers[0], numbers[-1])
    return Scale(start, end, low, high, values=tuple(numbers))


def measure_scale(values: Sequence[float], ends: Sequence[float], start: float, end: float) -> Scale:
    """The scale of measured values, without those far outside; ``ends`` of intervals widen it by half at most."""
    low, high = usual_range(values)
    room = 0.25 * (high - low) if high > low else math.inf
    finite = [each for each in ends if math.isfinite(each)]
    low = max(low - room, min([low, *finite])) if math.isfinite(room) else min([low, *finite])
    high = min(high + room, max([high, *finite])) if math.isfinite(room) else max([high, *finite])
    return Scale(start, end, *_apart(low, high))


def usual_range(values: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest value. At most a twentieth, or one, may lie far outside: runs that diverged."""
    ordered = np.sort([value for value in values if math.isfinite(value)])
    if not len(ordered):
        return 0.0, 1.0
    first, last = 0, len(ordered) - 1
    for _ in range(max(1, len(ordered) // 20)):
        if last - first < 3:
            break
        span = ordered[last - 1] - ordered[first]
        if span > 0 and ordered[last] - ordered[last - 1] > FAR * span:
            last -= 1
        span = ordered[last] - ordered[first + 1]
        if span > 0 and ordered[first + 1] - ordered[first] > FAR * span:
            first += 1
    return float(ordered[first]), float(ordered[last])


def _apart(low: float, high: float) -> tuple[float, float]:
    """Two ends with something between them."""
    if high - low > 1e-9 * max(abs(low), abs(high), 1e-30):
        return low, high
    half = 0.05 * abs(low) or 0.5
    return low - half, high + half
