"""What panels say of an answer that no longer shows its lane: where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.engine.freshness import Present, present
from core.evaluation.samplers import sampler
from gui.desk.desk import Desk

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.probes.look import Answer


def present_of(desk: Desk, run: Run, view: View) -> Present:
    """The lane as it is now, with the sampler that is in force for it."""
    return present(view, run.sampler_in_force(desk.sampler))


def origin(step: int, sampler_name: str = "") -> str:
    """Where a result comes from: "step 480", with its sampler if it has one."""
    words = f"step {step:,}"
    return f"{words}, z from {sampler(sampler_name).title}" if sampler_name else words


def step_forms(step: int) -> tuple[str, str, str]:
    """Wordings of the step beside an old number, longest first: a bare number would read as one with it."""
    return origin(step), f"at {step:,}", ""


def origin_if_old(now: Present, answer: Answer[Any] | None, sampler_name: str = "") -> str:
    """`origin` of an answer that is old, else ""; the sampler is named where it is not the one in force."""
    if answer is None or not now.is_old(answer.step, sampler_name):
        return ""
    return origin(answer.step, sampler_name if sampler_name != now.sampler else "")
