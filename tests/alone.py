"""Go through a lesson without a window."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from core.datasets.base import Dataset
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.foundation.params import KnobValue
from core.lessons.script import Ask, Lesson, LessonError, Show
from core.lessons.walkthrough import Verdict, Walkthrough, begin


class Alone:
    """A stage (`core.lessons.walkthrough.Stage`) that is an experiment and nothing else."""

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment

    @property
    def experiment(self) -> Experiment:
        """The experiment that the lesson trains."""
        return self._experiment

    def turn(self, run: Run, knob: str, value: KnobValue) -> None:
        """Set a live knob of a lane."""
        run.set(knob, value)

    def show(self, step: Show, runs: Mapping[str, Run]) -> None:
        """Nobody looks."""


Answer = Callable[[Walkthrough, Ask], int]


def run_lesson(
    lesson: Lesson,
    answer: Answer,
    experiment: Experiment,
    dataset: Dataset,
    short: bool = False,
    limit_s: float = 300.0,
) -> list[Verdict]:
    """Go through a lesson without a window; ``answer`` picks a choice. The verdicts, page by page.

    `LessonError` where it cannot be gone through to its end.
    """
    assert lesson.recipe is not None, lesson.trouble
    begin(lesson.recipe, experiment, dataset, short)
    for run in experiment.runs:
        run.board.wait(lambda view: view.status.state != "building", limit_s)
    walk = Walkthrough(lesson, Alone(experiment), short)
    verdicts: list[Verdict] = []
    until = time.monotonic() + limit_s
    while True:
        if walk.waits_for_choice and walk.page.ask is not None:
            walk.choose(answer(walk, walk.page.ask))
        walk.press()
        while walk.doing:
            if time.monotonic() > until:
                raise LessonError(f"{lesson.name}: '{walk.page.title}' took longer than {limit_s:g} s")
            if not walk.advance():
                experiment.runs[0].board.wait(lambda _: False, 0.02)
        if walk.trouble:
            raise LessonError(f"{lesson.name}: '{walk.page.title}' {walk.trouble}")
        walk.text()  # its places can be filled
        if (verdict := walk.verdict()) is not None:
            verdicts.append(verdict)
        if any(math.isnan(value) for value in walk.values.values()):
            gone = next(name for name, value in walk.values.items() if math.isnan(value))
            raise LessonError(f"{lesson.name}: '{gone}' is not a number")
        if walk.is_over:
            return verdicts
        walk.turn(1)
