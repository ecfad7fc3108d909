"""Going through a lesson: the page, what is done of it, the numbers so far, and the answers given.

A `Walk` is a machine that somebody turns: the window by its clock, tests in a loop. It waits for nobody: it
trains by commands to the runs and measures on the experiment's background thread.
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
MEASURES_REST = 0.0


class Director(Protocol):
    """What a walk does to its surroundings: the window's desk, or nothing but an experiment."""

    @property
    def experiment(self) -> Experiment:
        """Where the lesson happens."""

    def turn(self, run: Run, knob: str, value: KnobValue) -> None:
        """Turn a live knob."""

    def show(self, step: Show, runs: Mapping[str, Run]) -> None:
        """Turn to something."""


@dataclass(frozen=True)
class Verdict:
    """What is said of an answer: the choice that holds (None: the numbers settle nothing), and the sentences."""

    chosen: Choice
    right: Choice | None
    words: str

    @property
    def is_right(self) -> bool:
        """Whether the person foresaw it."""
        return self.chosen is self.right


class Walkthrough:
    """One person in one lesson, after `begin` has set it up. ``short`` takes the steps of the test."""

    def __init__(self, lesson: Lesson, stage: Director, short: bool = False) -> None:
        assert lesson.recipe is not None
        self.lesson, self.recipe = lesson, lesson.recipe
        self._stage, self._short = stage, short
        runs = stage.experiment.runs
        self.runs: dict[str, Run] = {lane.name: run for lane, run in zip(self.recipe.lanes, runs, strict=True)}
        self.at = 0
        self.farthest = 0
        self.values: dict[str, float] = {}
        self.chosen: dict[int, int] = {}
        self.trouble = ""
        self._next = [0] * len(lesson.pages)  # the first step of each page that is not done
        self._until: dict[str, int] = {}
        self._from: dict[str, int] = {}
        self._doing: Doing = ""
        self._answer = Mailbox[dict[str, float]]()

    # --- where it is -------------------------------------------------------------------------------------------------

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.lesson.pages[self.at]

    @property
    def doing(self) -> Doing:
        """What goes on."""
        return self._doing

    @property
    def is_alive(self) -> bool:
        """Whether the lanes are still those of the lesson."""
        return all(run in self._stage.experiment.runs for run in self.runs.values())

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
        """Whether a question is to be answered before it goes on."""
        ask = self.page.ask
        return ask is not None and self.at not in self.chosen

    @property
    def is_interrupted(self) -> bool:
        """Whether training was begun and rests before its end: somebody paused it."""
        return (
            self._doing == "training"
            and not self._all_there()
            and any(run.view.status.step > self._from[name] for name, run in self.runs.items())
            and not any(run.view.status.state in ("training", "building") for run in self.runs.values())
        )

    def left(self) -> list[Train | SetKnob | Measure | Show]:
        """What a press of the button would do on this page."""
        steps = self.page.steps[self._next[self.at] :]
        return [step for step in steps if not isinstance(step, Ask)]

    def progress(self) -> tuple[int, int]:
        """Steps done and to do of the training that goes on, of the slowest lane."""
        step = self._step()
        total = self._length(step) if isinstance(step, Train) else 0
        missing = max((end - self.runs[name].view.status.step for name, end in self._until.items()), default=total)
        return max(0, total - max(0, missing)), total

    def text(self) -> str:
        """The Markdown of the page with the numbers in it."""
        return expressions.fill(self.page.text, self.values)

    def question(self) -> str:
        """The question of the page with the numbers in it."""
        ask = self.page.ask
        return "" if ask is None else expressions.fill(ask.question, self.values)

    def verdict(self) -> Verdict | None:
        """What is said of the answer on this page, once all its numbers are there."""
        ask = self.page.ask
        if ask is None or self.at not in self.chosen or not self.is_done:
            return None
        return judge(ask, ask.choices[self.chosen[self.at]], self.values)

    # --- going on ----------------------------------------------------------------------------------------------------

    def choose(self, index: int) -> None:
        """Answer the question of this page; the answer can be changed until `press`."""
        ask = self.page.ask
        if ask is not None and 0 <= index < len(ask.choices) and not self._doing and not self.is_done:
            self.chosen[self.at] = index

    def press(self) -> None:
        """Do what is left on this page; after a pause by hand, go on training."""
        self.trouble = ""
        if self.is_interrupted:
            for name, end in self._until.items():
                run = self.runs[name]
                self._from[name] = run.view.status.step
                if end > run.view.status.step:
                    run.step(end - run.view.status.step)
        elif not self._doing and not self.waits_for_choice:
            self._go()

    def turn(self, by: int) -> None:
        """To another page, on only when this one is done; what a page shows is turned to each time one comes to it."""
        if self._doing or (by > 0 and not self.is_done):
            return
        before = self.at
        self.at = min(max(0, self.at + by), len(self.lesson.pages) - 1)
        self.farthest = max(self.farthest, self.at)
        if self.at != before:
            for step in self.page.steps[: self._next[self.at]]:
                if isinstance(step, Show):
                    self._stage.show(step, self.runs)
        while isinstance(shown := self._step(), Show):  # it needs no button
            self._stage.show(shown, self.runs)
            self._next[self.at] += 1

    def _step(self) -> Step | None:
        steps = self.page.steps
        at = self._next[self.at]
        return steps[at] if at < len(steps) else None

    def _length(self, step: Train) -> int:
        return step.short if self._short else step.steps

    def _go(self) -> None:
        """Begin the next step that takes time, doing on the way those that take none."""
        while (step := self._step()) is not None:
            match step:
                case SetKnob(lane=lane, knob=name, value=value):
                    self._stage.turn(self.runs[lane], name, value)
                case Show():
                    self._stage.show(step, self.runs)
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
            run.pause()  # a person may have started it; commands are obeyed in order
            self._from[name] = run.view.status.step
            self._until[name] = run.view.status.step + count
            run.step(count, kept=True)

    def _measure(self, step: Measure) -> None:
        self._doing, self._answer = "measuring", Mailbox()
        experiment = self._stage.experiment
        work = _posted(take(experiment, dict(self.runs), step, self.recipe), self._answer)
        experiment.background.do(("lesson", id(self)), work, urgent=True, rest=MEASURES_REST)

    def _all_there(self) -> bool:
        return all(self.runs[name].view.status.step >= end for name, end in self._until.items())

    def advance(self) -> bool:
        """Look whether what goes on has ended, and begin the next; whether anything changed."""
        if not self._doing:
            return False
        failed = next((run for run in self.runs.values() if run.view.status.failure is not None), None)
        if failed is not None and failed.view.status.failure is not None:
            failure = failed.view.status.failure
            return self._give_up(f"{failed.model.short} {failure.sentence}. Begin the lesson again.")
        if not self.is_alive:
            return self._give_up("The lanes of the lesson are gone. Begin it again.")
        return self._train_on() if self._doing == "training" else self._take_answer()

    def _train_on(self) -> bool:
        if not self._all_there():
            return False
        trains = [run for run in self.runs.values() if run.view.status.state == "training"]
        for run in trains:
            run.pause()  # started by hand after its end, it would go on for ever
        if trains:
            return False
        if any(
            run.view.snapshot is None or run.view.snapshot.step < run.view.status.step for run in self.runs.values()
        ):
            return False  # the last weights are not published yet
        return self._done()

    def _take_answer(self) -> bool:
        answer = self._answer.take()
        if answer is None:
            return False
        if isinstance(answer, Refusal):
            return self._give_up(answer.reason)
        self.values |= answer
        return self._done()

    def _done(self) -> bool:
        self._doing = ""
        self._until.clear()
        self._next[self.at] += 1
        self._go()
        return True

    def _give_up(self, words: str) -> bool:
        self._doing, self.trouble = "", words
        self._until.clear()
        return True


def _posted(work: Work[dict[str, float]], answer: Mailbox[dict[str, float]]) -> Work[None]:
    try:
        answer.put((yield from work))
    except Exception as error:  # it is said on the page; the window goes on
        answer.put(Refusal(f"could not measure: {sentence_of(error)}"))


def judge(ask: Ask, chosen: Choice, values: Mapping[str, float]) -> Verdict:
    """What the measured numbers say of an answer. The right one is the first whose condition holds."""
    right = next((each for each in ask.choices if each.when and expressions.evaluate(each.when, values)), None)
    if right is None:
        right = next((each for each in ask.choices if not each.when), None)
    told = expressions.fill(ask.told, values)
    if right is None:
        return Verdict(chosen, None, f"These numbers settle nothing. {told}".strip())
    why = "" if chosen is right else expressions.fill(chosen.why, values)
    because = expressions.fill(right.because, values)
    return Verdict(chosen, right, " ".join(each for each in (told, why, because) if each))


def begin(recipe: Recipe, experiment: Experiment, dataset: Dataset, short: bool = False) -> None:
    """Make an experiment that of a recipe: its data, setup and lanes, with fresh weights."""
    knobs = {**recipe.setup, **(recipe.short_setup if short else {})}
    keep = {"device": experiment.setup.device, "threads": experiment.setup.threads}
    lanes: list[tuple[str, TrainConfig]] = [
        (lane.model, from_json(MODELS.get(lane.model).Config, lane.knobs)) for lane in recipe.lanes
    ]
    experiment.begin(from_json(Setup, {**keep, **knobs}), dataset, lanes)


def data_of(recipe: Recipe, short: bool = False) -> tuple[str, SourceConfig]:
    """The name of a recipe's dataset and the config of its source."""
    from core.datasets.base import SOURCES

    knobs = {**recipe.data, **(recipe.short_data if short else {})}
    return recipe.dataset, from_json(SOURCES.get(recipe.dataset).Config, knobs)
