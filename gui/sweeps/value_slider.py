"""A slider that stands at one of a few values of a knob, side by side."""

from __future__ import annotations

from collections.abc import Sequence

from gui.drawing import paint, theme
from gui.drawing.scale import Scale
from gui.widgets.slider import Slider

GAP_PX = 8
"""Least space between two captions below the groove, px."""


class ValueSlider(Slider):
    """A place for each value, equally far from the next; a key goes on by one. ``moved`` carries the place."""

    def __init__(self) -> None:
        super().__init__(0, 1, default=0, decimals=0, ticks=((0, ""),))
        self._captions: tuple[str, ...] = ("", "")

    def set_captions(self, captions: Sequence[str]) -> None:
        """Set the words of each value, in their order; with fewer than two there is nothing to move."""
        if tuple(captions) == self._captions:
            return
        self._captions = tuple(captions)
        self._scale = Scale(0, max(1, len(captions) - 1), "linear", 0)
        self.setEnabled(len(captions) > 1)
        self._place_captions()
        self.set_value(min(self.value(), self._scale.high))
        self._place_knob()
        self.update()

    @property
    def place(self) -> int:
        """The place at which it stands."""
        return round(self.value())

    def resizeEvent(self, event: object) -> None:
        self._place_captions()

    def _place_captions(self) -> None:
        """Keep the first and the last caption, and those between them that have room."""
        last, (left, span) = len(self._captions) - 1, self._span()
        kept: list[tuple[float, str]] = []
        end = -float("inf")
        limit = left + span - (paint.wide(self._captions[last], "tick") if last > 0 else 0) - theme.px(GAP_PX)
        for at, words in enumerate(self._captions):
            half = paint.wide(words, "tick") / 2
            x = left + span * at / max(1, last)
            x = max(x, left + half)
            if at == last or (x - half >= end + theme.px(GAP_PX) and x + half <= limit):
                kept.append((float(at), words))
                end = x + half
            else:
                kept.append((float(at), ""))
        self._ticks = tuple(kept)

    def _words(self) -> str:
        captions = getattr(self, "_captions", ())  # it is described while it is made
        return captions[self.place] if self.place < len(captions) else ""

    def _stepped(self, steps: float, fine: bool) -> float:
        return min(self._scale.high, max(0.0, self.value() + (1 if steps > 0 else -1)))
