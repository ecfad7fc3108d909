"""What is known of one run of a sweep: its setting, samples and measures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import numbers, paint, theme
from gui.sweeps.points import PLANE, Choice
from gui.sweeps.samples import SampleLoader, SamplesView
from gui.sweeps.sweep import Sweep
from gui.widgets import layouts
from gui.widgets.label import Label
from gui.widgets.naming import named, plain_tip

if TYPE_CHECKING:
    from core.sweeps.outcome import Outcome, Value
    from gui.drawing.pictures import Pixels
    from gui.plots.link import Range

MOST_MEASURES = 5
"""Number of measures that are listed, at most; the tooltip has all."""
STATES = {"waiting": "This run has not begun yet", "begun": "This run is half done", "failed": "This run failed"}


class RunCard(QWidget):
    """One run. `show_run` may be called as often as the mouse moves."""

    def __init__(self) -> None:
        super().__init__()
        self._loader = SampleLoader(self)
        self._loader.loaded.connect(self._take_samples)
        self._shown: Outcome | None = None
        self._under_way: tuple[int, float] | None = None
        self._title = named(Label("", "strong", elided=True), "sweep run")
        self._state = named(Label("", "caption", "text_2", elided=True), "sweep run state")
        self.samples = SamplesView()
        self.samples.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.samples.setMaximumHeight(theme.px(320))
        self._note = Label("", "tick", "text_3", elided=True)
        self._names = named(Label("", "caption", "text_2"), "sweep measures")
        self._values = named(Label("", "caption", "text"), "sweep values")
        self._values.setAlignment(paint.RIGHT)
        table = layouts.row(self._names, layouts.STRETCH, self._values, margins=layouts.NO_MARGINS)
        items = self._title, self._state, (self.samples, 1), self._note, table
        layouts.column(*items, spacing=theme.px(4), margins=layouts.NO_MARGINS, on=self)

    def show_run(self, sweep: Sweep, outcome: Outcome, under_way: tuple[int, float] | None = None) -> None:
        """Show a run; a picture of another one stays until its own has come. ``under_way``: its step and share now."""
        if (outcome, under_way) == (self._shown, self._under_way):
            return
        self._shown, self._under_way = outcome, under_way
        self._title.setText(run_words(outcome))
        self._state.setText(state_words(outcome, under_way))
        self._state.setToolTip(plain_tip(outcome.failure))
        self._state.set_token("error" if outcome.state == "failed" else "text_2")
        self._list_measures(outcome)
        if outcome.state != "done":
            self._loader.stop()
            self._tell(outcome.failure or ("This run is being trained" if under_way else STATES[outcome.state]))
        elif outcome.points:
            self._note.setText("Samples at the same z in every run")
            self.samples.show_points(np.array(outcome.points), ranges_of(sweep, outcome))
        else:
            self._loader.ask(outcome)

    def _tell(self, words: str) -> None:
        self._note.setText("")
        self.samples.show_words(words)

    def _take_samples(self, number: int, pixels: Pixels | None, why_none: str) -> None:
        if self._shown is None or self._shown.run.number != number or self._shown.state != "done":
            return
        if pixels is None:
            self._tell(f"No samples: {why_none}")
        else:
            self._note.setText("Samples at the same z in every run")
            self.samples.show_pixels(pixels)

    def _list_measures(self, outcome: Outcome) -> None:
        from core.sweeps.outcome import decimals_of, title_of, unit_of

        shown = [(name, value) for name, value in outcome.values.items() if math.isfinite(value.value)]
        names = [title_of(name) for name, _ in shown]
        values = [f"{value_words(value, decimals_of(name))} {unit_of(name)}".rstrip() for name, value in shown]
        self._names.setText("\n".join(names[:MOST_MEASURES]))
        self._values.setText("\n".join(values[:MOST_MEASURES]))
        lines = ["± is half of the 95 % interval over test images or draws of this run"] if names else []
        lines += [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
        lines += [f"{title_of(name)}: {why}" for name, why in outcome.missing.items()]
        for label in (self._names, self._values):
            label.setToolTip(plain_tip("\n".join(lines)))

    def stop(self) -> None:
        """Read nothing any more."""
        self._loader.stop()


def run_words(outcome: Outcome) -> str:
    """A run in words: "β 0.1, seed 2"."""
    from core.sweeps.groups import setting_words

    words = setting_words(outcome)
    return f"{words}, seed {outcome.run.seed}" if words else f"Seed {outcome.run.seed}"


def state_words(outcome: Outcome, under_way: tuple[int, float] | None = None) -> str:
    """How a run stands, in a line."""
    if under_way is not None:
        return f"In training, step {under_way[0]:,}"
    if outcome.state == "done":
        return f"{outcome.step:,} steps, {numbers.duration(outcome.seconds)}"
    if outcome.state == "failed":
        return outcome.failure or "Failed"
    return "Half done" if outcome.state == "begun" else "Waiting"


def value_words(value: Value, decimals: int) -> str:
    """A value, with half of its interval where it has one: "12.30 ± 0.40"."""
    text, half = numbers.number(value.value, decimals), (value.high - value.low) / 2
    return f"{text} ± {numbers.number(half, decimals)}" if math.isfinite(half) else text


def reading_forms(sweep: Sweep, outcome: Outcome, choice: Choice) -> tuple[str, ...]:
    """What a point reads, in wordings from the longest to the shortest."""
    from core.sweeps.outcome import decimals_of, title_of, unit_of

    run = run_words(outcome)
    if choice.measure != PLANE:
        name, unit = choice.measure, unit_of(choice.measure)
        value = f"{title_of(name)} {numbers.number(outcome.value(name), decimals_of(name))} {unit}".rstrip()
        mean = _mean_words(sweep, outcome, name)
        return f"{run}: {value}{mean}", f"{run}: {value}", value
    rate, distortion = outcome.value("rate"), outcome.value("distortion")
    both = numbers.number(rate + distortion, 1)
    values = f"R {numbers.number(rate, 1)}, D {numbers.number(distortion, 1)}, −ELBO {both} nats"
    mean = _mean_words(sweep, outcome, "negative_elbo")
    return f"{run}: {values}{mean}", f"{run}: {values}", values


def _mean_words(sweep: Sweep, outcome: Outcome, measure: str) -> str:
    """The mean over seeds of the setting of a run, if it has more than one."""
    from core.sweeps.groups import Group
    from core.sweeps.outcome import decimals_of, title_of

    setting = outcome.run.setting
    mean = Group(setting, tuple(each for each in sweep.outcomes if each.run.setting == setting)).mean(measure)
    words = f"{title_of(measure)} {value_words(mean, decimals_of(measure))}"
    return f"; mean of {mean.n} seeds: {words}" if mean.n > 1 else ""


def ranges_of(sweep: Sweep, outcome: Outcome) -> tuple[Range, Range]:
    """Ranges of x and y that hold most samples of every run on the same data."""
    found = [each.points for each in sweep.outcomes if each.points and each.run.dataset == outcome.run.dataset]
    points = np.concatenate([np.array(each) for each in found])
    low, high = np.percentile(points, [1, 99], axis=0)
    gap = 0.1 * np.maximum(high - low, 1e-6)
    (left, down), (right, up) = (low - gap).tolist(), (high + gap).tolist()
    return (left, right), (down, up)
