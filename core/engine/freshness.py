"""Whether a number or a picture still shows the run as it is: by its step, its sampler, and the knobs since. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.engine.board import View

OLD_SHARE = 0.05
"""A result is old when the run is farther from its step than this share of its own steps."""


@dataclass(frozen=True)
class Present:
    """What results are compared with: the run's ``step``, the step after which a live knob last changed (``turned_at``,
    -1: none did), and the ``sampler`` in force."""

    step: int
    turned_at: int = -1
    sampler: str = ""

    def is_other_source(self, step: int, sampler: str = "") -> bool:
        """Whether a result of a step was made by another sampler, or by weights from before the last change of a knob.

        ``sampler`` is "" for what no sampler had a part in.
        """
        is_other_knob = step <= self.turned_at < self.step
        return is_other_knob or bool(sampler and self.sampler and sampler != self.sampler)

    def is_old(self, step: int, sampler: str = "") -> bool:
        """Whether a result of a step no longer shows the run: too many steps away, or of another source."""
        return abs(self.step - step) > OLD_SHARE * self.step or self.is_other_source(step, sampler)


def present(view: View, sampler: str = "") -> Present:
    """The present of a view. ``sampler``: the one in force (`Run.sampler_in_force`)."""
    return Present(view.status.step, max(view.turned_at.values(), default=-1), sampler)
