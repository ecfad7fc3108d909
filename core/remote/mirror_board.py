"""The board of a run that is computed on the other side of a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from core.engine.board import Board, View


class MirrorBoard(Board):
    """A board that shows what another shows. Whoever looks at a new snapshot here is told there (``seen``)."""

    def __init__(self, view: View, seen: Callable[[int], None]) -> None:
        super().__init__(view)
        self._seen = seen

    def mark_read(self, step: int) -> None:
        """Note that the snapshot of a step was displayed, on the other side too."""
        if step != self._read_step:
            self._seen(step)
        super().mark_read(step)

    def show(self, view: View, before: View) -> None:
        """Show a view that follows on the one before, with what was told on this side since that one."""

        def with_events(now: View) -> View:
            if now.events is before.events:  # at nearly every change
                return view
            told = tuple(event for event in now.events if event not in before.events)
            return dataclasses.replace(view, events=(*view.events, *told)) if told else view

        self.change(with_events)
