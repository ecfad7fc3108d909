"""The state of a lesson in progress: the page, its steps done, the values so far, and the answers given.

`Walkthrough.advance` is called by the window's clock, or in a loop by tests. It never blocks: it trains by commands to
the runs and measures on the experiment's background thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from core.datasets.base import Dataset, SourceConfig
from core.engine.experiment import Experiment
from core.engine.run import Run
from core.foundation.mailbox import Mailbox, Refusal, sentence_of
from core.foundation.params import KnobValue, from_json
from core.foundation.slices import Work
from core.lessons.quantities import take
from core.lessons.script import Ask, Choice, Lesson, Measure, Page, Recipe, SetKnob, Show, Step, Train
from core.models.base import MODELS, TrainConfig
from core.text import expressions
from core.training.setup import Setup

Doing = Literal["", "training", "measuring"]
MEASURE_REST = 0.0
"""Rest after a slice of measuring, as a multiple of its cost: none, as the user waits for it."""


class Director(Protocol):
    """What a walkthrough controls: the window's desk, or an experiment alone."""

    @property
    def experiment(self) -> Experiment:
        """The experiment of the lesson."""

    def turn(self, run: Run, knob: str, value: KnobValue) -> None:
        """Change a live knob."""

    def show(self, step: Show, runs: Mapping[str, Run]) -> None:
        """Show something in the window."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on an answer: the right choice (None: the numbers decide nothing), and the sentences shown."""

    chosen: Choice
    right: Choice | None
    words: str

    @property
    def is_right(self) -> bool:
        """Whether the prediction was right."""
        return self.chosen is self.right


class Walkthrough:
    """One user in one lesson, after `begin` has set it up. ``short`` takes the shorter training of tests."""

    def __init__(self, lesson: Lesson, director: Director, short: bool = False) -> None:
        assert lesson.recipe is not None
        self.lesson, self.recipe = lesson, lesson.recipe
        self._director, self._short = director, short
        runs = director.experiment.runs
        self.runs: dict[str, Run] = {lane.name: run for lane, run in zip(self.recipe.lanes, runs, strict=True)}
        self.at = 0
        self.farthest = 0
        self.values: dict[str, float] = {}
        self.measured_at: dict[int, int] = {}
        """The step of the lane that was farthest when the values of a page, by its number, were measured."""
        self.chosen: dict[int, int] = {}
        self.trouble = ""
        self._next = [0] * len(lesson.pages)  # the first step of each page that is not done
        self._until: dict[str, int] = {}
        self._from: dict[str, int] = {}
        self._doing: Doing = ""
        self._answer = Mailbox[dict[str, float]]()

    # --- state ------------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.lesson.pages[self.at]

    @property
    def doing(self) -> Doing:
        """The step being carried out."""
        return self._doing

    @property
    def is_alive(self) -> bool:
        """Whether the experiment still has the lanes of the lesson."""
        return all(run in self._director.experiment.runs for run in self.runs.values())

    @property
    def is_done(self) -> bool:
        """Whether everything on this page has happened."""
        return self._next[self.at] >= len(self.page.steps)

    @property
    def is_over(self) -> bool:
        """Whether the last page is done."""
        return self.at == len(self.lesson.pages) - 1 and self.is_done

    @property
    def waits_for_choice(self) -> bool:
        """Whether the page's question must be answered first."""
        ask = self.page.ask
        return ask is not None and self.at not in self.chosen

    @property
    def is_interrupted(self) -> bool:
        """Whether the user paused training before its last step."""
        return (
            self._doing == "training"
            and not self._is_training_done()
            and any(run.view.status.step > self._from[name] for name, run in self.runs.items())
            and not any(run.view.status.state in ("training", "building") for run in self.runs.values())
        )

    def left(self) -> list[Train | SetKnob | Measure | Show]:
        """The steps of the page still to do, without the question."""
        steps = self.page.steps[self._next[self.at] :]
        return [step for step in steps if not isinstance(step, Ask)]

    def progress(self) -> tuple[int, int]:
        """Training steps done and in total, of the slowest lane."""
        step = self._step()
        total = self._length(step) if isinstance(step, Train) else 0
        missing = max((end - self.runs[name].view.status.step for name, end in self._until.items()), default=total)
        return max(0, total - max(0, missing)), total

    def text(self) -> str:
        """The Markdown of the page with the values filled in."""
        return expressions.fill(self.page.text, self.values)

    @property
    def measured_step(self) -> int | None:
        """The step of the newest values that this page can speak of: its own, else those of a page before it."""
        return next((self.measured_at[at] for at in range(self.at, -1, -1) if at in self.measured_at), None)

    def question(self) -> str:
        """The question of the page with the values filled in."""
        ask = self.page.ask
        return "" if ask is None else expressions.fill(ask.question, self.values)

    def verdict(self) -> Verdict | None:
        """The verdict on the answer of this page, once all its values are measured."""
        ask = self.page.ask
        if ask is None or self.at not in self.chosen or not self.is_done:
            return None
        return judge(ask, ask.choices[self.chosen[self.at]], self.values)

    # --- progress ----------------------------------------------------------------------------------------------------

    def choose(self, index: int) -> None:
        """Answer the question of the page; the answer can be changed until `press`."""
        ask = self.page.ask
        if ask is not None and 0 <= index < len(ask.choices) and not self._doing and not self.is_done:
            self.chosen[self.at] = index

    def press(self) -> None:
        """Do the remaining steps of the page; after a pause by the user, go on training."""
        self.trouble = ""
        if self.is_interrupted:
            for name, end in self._until.items():
                run = self.runs[name]
                self._from[name] = run.view.status.step
                if end > run.view.status.step:
                    run.step(end - run.view.status.step)
        elif not self._doing and not self.waits_for_choice:
            self._run_steps()

    def turn(self, by: int) -> None:
        """Go ``by`` pages, forward only when this one is done; repeats what the new page shows in the window."""
        if self._doing or (by > 0 and not self.is_done):
            return
        before = self.at
        self.at = min(max(0, self.at + by), len(self.lesson.pages) - 1)
        self.farthest = max(self.farthest, self.at)
        shown = self.page.steps[: self._next[self.at]] if self.at != before else ()
        while isinstance(self._step(), Show):  # needs no press of the button
            shown = (*shown, self.page.steps[self._next[self.at]])
            self._next[self.at] += 1
        if self.is_alive:  # else it would show lanes that are not of the lesson, or select one that is closed
            for step in shown:
                if isinstance(step, Show):
                    self._director.show(step, self.runs)

    def _step(self) -> Step | None:
        steps = self.page.steps
        at = self._next[self.at]
        return steps[at] if at < len(steps) else None

    def _length(self, step: Train) -> int:
        return step.short if self._short else step.steps

    def _run_steps(self) -> None:
        """Do the instant steps up to the next one that takes time, and begin that one."""
        while (step := self._step()) is not None:
            match step:
                case SetKnob(lane=lane, knob=name, value=value):
                    self._director.turn(self.runs[lane], name, value)
                case Show():
                    self._director.show(step, self.runs)
                case Ask():
                    if self.at not in self.chosen:
                        return
                case Train():
                    self._train(self._length(step))
                    return
                case Measure():
                    self._measure(step)
                    return
            self._next[self.at] += 1

    def _train(self, count: int) -> None:
        self._doing = "training"
        for name, run in self.runs.items():
            run.pause()  # the user may have started it; commands are obeyed in order
            self._from[name] = run.view.status.step
            self._until[name] = run.view.status.step + count
            run.step(count, kept=True)

    def _measure(self, step: Measure) -> None:
        self._doing, self._answer = "measuring", Mailbox()
        experiment = self._director.experiment
        work = _post_answer(take(experiment, dict(self.runs), step, self.recipe), self._answer)
        experiment.engine.background.do(("lesson", id(self)), work, urgent=True, rest=MEASURE_REST)

    def _is_training_done(self) -> bool:
        return all(self.runs[name].view.status.step >= end for name, end in self._until.items())

    def advance(self) -> bool:
        """If the current step has ended, begin the next; returns whether anything changed."""
        if not self._doing:
            return False
        for name, run in self.runs.items():
            if (failure := run.view.status.failure) is not None:
                return self._give_up(f"Lane “{name}” {failure.sentence}. Begin the lesson again.")
        if not self.is_alive:
            return self._give_up("The lanes of the lesson are gone. Begin it again.")
        return self._check_training() if self._doing == "training" else self._take_answer()

    def _check_training(self) -> bool:
        if not self._is_training_done():
            return False
        running = [run for run in self.runs.values() if run.view.status.state == "training"]
        for run in running:
            run.pause()  # started by the user after its last step, it would never stop
        if running:
            return False
        if any(
            run.view.snapshot is None or run.view.snapshot.step < run.view.status.step for run in self.runs.values()
        ):
            return False  # the last weights are not published yet
        return self._finish_step()

    def _take_answer(self) -> bool:
        answer = self._answer.take()
        if answer is None:
            return False
        if isinstance(answer, Refusal):
            return self._give_up(answer.reason)
        self.values |= answer
        self.measured_at[self.at] = max(run.view.status.step for run in self.runs.values())
        return self._finish_step()

    def _finish_step(self) -> bool:
        self._doing = ""
        self._until.clear()
        self._next[self.at] += 1
        self._run_steps()
        return True

    def _give_up(self, words: str) -> bool:
        self._doing, self.trouble = "", words
        self._until.clear()
        return True


def _post_answer(work: Work[dict[str, float]], answer: Mailbox[dict[str, float]]) -> Work[None]:
    try:
        answer.put((yield from work))
    except BaseException as error:  # shown on the page; the window goes on
        answer.put(Refusal(f"could not measure: {sentence_of(error)}"))


def judge(ask: Ask, chosen: Choice, values: Mapping[str, float]) -> Verdict:
    """Judge an answer by the measured values. The right choice is the first whose condition holds."""
    right = next((each for each in ask.choices if each.when and expressions.evaluate(each.when, values)), None)
    if right is None:
        right = next((each for each in ask.choices if not each.when), None)
    report = expressions.fill(ask.told, values)
    if right is None:
        return Verdict(chosen, None, f"These numbers settle nothing. {report}".strip())
    why = "" if chosen is right else expressions.fill(chosen.why, values)
    because = expressions.fill(right.because, values)
    return Verdict(chosen, right, " ".join(each for each in (report, why, because) if each))


def begin(recipe: Recipe, experiment: Experiment, dataset: Dataset, short: bool = False, keep: bool = False) -> None:
    """Set an experiment up by a recipe: its data, setup and lanes, with fresh weights.

    ``keep`` puts the present lanes aside (`Experiment.restore`).
    """
    knobs = {**recipe.setup, **(recipe.short_setup if short else {})}
    kept = {"device": experiment.setup.device, "threads": experiment.setup.threads}
    lanes: list[tuple[str, TrainConfig]] = [
        (lane.model, from_json(MODELS.get(lane.model).Config, lane.knobs)) for lane in recipe.lanes
    ]
    experiment.begin(from_json(Setup, {**kept, **knobs}), dataset, lanes, keep)


def data_of(recipe: Recipe, short: bool = False) -> tuple[str, SourceConfig]:
    """The name of a recipe's dataset and the config of its source."""
    from core.datasets.base import SOURCES

    knobs = {**recipe.data, **(recipe.short_data if short else {})}
    return recipe.dataset, from_json(SOURCES.get(recipe.dataset).Config, knobs)
