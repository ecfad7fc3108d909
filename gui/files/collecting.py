"""The experiment of a window as a document, made in two parts: what the window's thread reads, and what takes time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt
from PySide6.QtWidgets import QWidget

from core.foundation.user_error import UserError
from gui.desk.desk import Desk
from gui.files.shown import Shown

if TYPE_CHECKING:
    from core.datasets.base import SourceConfig
    from core.engine.document import Document, Lane, Point
    from core.engine.kept import Kept
    from core.engine.run import Run
    from core.foundation.mailbox import Mailbox

STATE_PATIENCE_S = 20.0
"""How long a save waits for the state of a lane, which comes between two of its steps, s."""
PICTURE_PX = QSize(320, 200)


def collector(
    window: QWidget, desk: Desk, config: SourceConfig | None, picture: bytes | None = None, newest: bool = True
) -> Callable[[], Document]:
    """What makes a document of the experiment as it is now; call it in a thread. `UserError` while lanes are built.

    ``config`` is that of the data, ``picture`` how the window looks (None: it is taken now). Lanes are asked for their
    ``newest`` state; else those of another process have what came of them lately, which costs a slow link nothing.
    """
    from core.datasets.base import describe
    from core.engine.document import ChosenPicture, Document, Lane
    from core.engine.kept import Kept
    from core.engine.run_folder import SavedRun

    experiment = desk.experiment
    runs = list(experiment.runs)
    for run in runs:
        if config is None or run.view.snapshot is None or run.view.dataset is not experiment.dataset:
            raise UserError(f"{desk.names.of(run).long} is still being prepared; try again in a second")
    assert config is not None
    asked = [(run, run.view, run.pending, _state_of(run, newest)) for run in runs]
    dataset, setup, sampler, seed = experiment.dataset, experiment.setup, experiment.sampler, experiment.sample_seed
    point, shown, image = point_of(desk), Shown(desk).facts(), ChosenPicture("test", desk.chosen.index)
    picture = picture_of(window) if picture is None else picture
    selected = runs.index(desk.selected) if desk.selected in runs else 0

    def collect() -> Document:
        data = describe(dataset, config)  # it reads all images for their fingerprint
        lanes: list[Lane] = []
        for run, view, pending, state in asked:
            kept = state if state is None or isinstance(state, Kept) else state.take(STATE_PATIENCE_S)
            if isinstance(kept, Kept) and kept.dataset is dataset:
                saved = SavedRun.of_kept(run.model_name, kept, data)
            else:  # after the end of the engine
                saved = SavedRun.of(run.model_name, view, setup, data)
            lanes.append(Lane(saved, run.slot, pending))
        return Document(data, setup, tuple(lanes), point, selected, sampler, seed, image, shown, picture)

    return collect


def _state_of(run: Run, newest: bool) -> Mailbox[Kept] | Kept | None:
    """The whole state of a run, or where it will be; None where only its weights are known."""
    from core.engine.kept import Kept

    if newest or not run.worker.keeps:
        return run.keep()
    view, saved = run.view, run.worker.kept
    if saved is None or view.setup is None or view.dataset is None:
        return None
    return Kept(view.life, view.config, view.setup, view.dataset, saved)


def point_of(desk: Desk) -> Point:
    """The point of a window, with pins, plane and path."""
    from core.engine.document import Point

    experiment = desk.experiment
    return Point(
        experiment.cursor.copy(),
        experiment.pin_a.copy(),
        experiment.pin_b.copy(),
        experiment.plane,
        experiment.plane_is_chosen,
        experiment.plane_follows_codes,
        desk.point.arc,
        desk.point.path_t,
    )


def picture_of(window: QWidget) -> bytes:
    """A small picture of a window, PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    window.grab().toImage().scaled(PICTURE_PX, ratio, smooth).save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
