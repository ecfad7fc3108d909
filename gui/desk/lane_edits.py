"""Edits of lanes, setup and data, which end what was learned: each keeps it, paused, until it can be undone no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, Signal

from core.foundation.params import knobs
from gui.desk.edits import Edit, Edits

if TYPE_CHECKING:
    from core.datasets.base import Dataset
    from core.engine.experiment import Experiment
    from core.engine.run import Run
    from core.engine.scene import Scene

MOST_AWAY = 9
"""Lanes that are kept to come back; the edits of the oldest are forgotten."""
MOST_DATA_BYTES = 1 << 30
"""Size of the data that only such lanes hold, bytes; beyond, the oldest edits are forgotten too."""
SCRUB_S = 1.0
"""A value that is changed again within this time was on its way: what the lanes learned meanwhile is not kept, s."""


@dataclass(frozen=True)
class Difference:
    """What differs between two scenes. ``began`` are lanes whose weights are others."""

    lanes: bool
    setup: bool
    data: bool
    space: bool
    began: bool


class _Desk(Protocol):
    @property
    def experiment(self) -> Experiment: ...
    @property
    def selected(self) -> Run | None: ...


@dataclass(eq=False)
class _Step:
    """Two scenes, the lanes selected in them, and which lanes trained. The one that is not shown is held here."""

    before: Scene
    after: Scene
    selected_before: Run | None
    selected_after: Run | None
    trained: frozenset[Run]
    begun: list[tuple[Run, Run]]

    def lanes(self) -> Collection[Run]:
        return {*self.before.runs, *self.after.runs, *(other for _, other in self.begun)}


class LaneEdits(QObject):
    """Makes edits of an experiment that `Edits` can undo. ``shown`` follows each, with the lane that is selected."""

    shown = Signal(object, object)  # Difference, and a run or None

    def __init__(self, desk: _Desk, edits: Edits, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._edits = desk, edits
        self._newest: _Step | None = None
        edits.changed.connect(self._let_go)
        edits.cleared.connect(self._forget)

    def do(self, words: Callable[[Scene, Scene], str], act: Callable[[], object], key: Hashable = None) -> None:
        """Change lanes, setup or data by ``act``. A lane that it returns is selected, else that of before stays it.

        ``words`` of the scenes before and after say what was done. A ``key`` is that of an act by which lanes begin
        again: within `SCRUB_S` of each other they are one edit. What ``act`` raises passes, and nothing is noted.
        """
        self._edits.about_to_change.emit()  # a move of the point that waits is of the lanes before
        experiment, selected_before = self._desk.experiment, self._desk.selected
        merges = self._edits.merges(key)
        before, trained = experiment.scene, frozenset(run for run in experiment.runs if run.will_train)
        begun: list[tuple[Run, Run]] = []
        experiment.begun_apart = begun
        experiment.puts_away = not merges
        try:
            chosen = act()
        finally:
            experiment.puts_away, experiment.begun_apart = True, []
        after = experiment.scene
        selected_after = next((run for run in experiment.runs if run is chosen), selected_before)
        if not (merges or begun) and _same(before, after):
            return
        if merges and self._newest is not None:  # `_back` reads what there is then
            self._edits.extend(words(self._newest.before, after))
        else:
            step = self._newest = _Step(before, after, selected_before, selected_after, trained, begun)
            text = words(before, after)
            self._edits.push(Edit(text, lambda: self._back(step), lambda: self._forth(step), key, SCRUB_S, step.lanes))
        self.shown.emit(_difference(before, after, merges or bool(begun)), selected_after)

    def _back(self, step: _Step) -> None:
        step.after, step.selected_after = self._go(step, step.before, step.selected_before)

    def _forth(self, step: _Step) -> None:
        step.before, step.selected_before = self._go(step, step.after, step.selected_after)

    def _go(self, step: _Step, to: Scene, selected: Run | None) -> tuple[Scene, Run | None]:
        """Show a scene; what was shown until then, for the way back."""
        experiment, selected_before = self._desk.experiment, self._desk.selected
        left, trains = experiment.scene, experiment.will_train
        coming = [run for run in to.runs if run not in left.runs]
        going = {run for run in left.runs if run not in to.runs and run.will_train}
        experiment.begun_apart = []
        experiment.show(to, step.begun)
        if trains:
            for run in coming:
                if run in step.trained:
                    run.start()
        step.trained |= going
        step.begun += experiment.begun_apart
        experiment.begun_apart = []
        self.shown.emit(_difference(left, experiment.scene, bool(step.begun)), selected)
        return left, selected_before

    def _forget(self) -> None:
        self._newest = None

    def _let_go(self) -> None:
        """End the lanes that no edit brings back, and forget the oldest edits where they hold too much."""
        experiment, edits = self._desk.experiment, self._edits
        while len(edits) > 1 and (len(experiment.away) > MOST_AWAY or _data_bytes(experiment) > MOST_DATA_BYTES):
            edits.forget_oldest()
            experiment.let_go(edits.lanes())
        experiment.let_go(edits.lanes())


def _data_bytes(experiment: Experiment) -> int:
    """The size of data that only lanes put away hold, bytes."""
    data = {id(run.dataset): run.dataset for run in experiment.away if run.dataset is not experiment.dataset}
    return sum(_bytes_of(each) for each in data.values())


def _bytes_of(dataset: Dataset) -> int:
    return sum(images.pixels.nbytes for images in (dataset.train, dataset.test))


def _same(before: Scene, after: Scene) -> bool:
    difference = _difference(before, after, False)
    return not (difference.lanes or difference.setup or difference.data)


def _difference(before: Scene, after: Scene, began: bool) -> Difference:
    is_other_space = before.setup.latent != after.setup.latent
    is_other_data = before.dataset is not after.dataset
    is_other_setup = before.setup != after.setup
    return Difference(before.runs != after.runs, is_other_setup, is_other_data, is_other_space, began)


def setup_words(before: Scene, after: Scene) -> str:
    """What differs in the setup of two scenes: "seed 0 → 7"."""
    changes = []
    for each in knobs(type(after.setup)):
        was, became = (each.written(getattr(scene.setup, each.name)) for scene in (before, after))
        if was != became:
            changes.append(f"{each.param.label} {was} → {became}")
    return ", ".join(changes)
