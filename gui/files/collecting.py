"""The experiment of a window as a document, made in two parts: what the window's thread reads, and what takes time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt
from PySide6.QtWidgets import QWidget

from core.foundation.mailbox import Mailbox
from core.foundation.user_error import UserError
from gui.desk.desk import Desk

if TYPE_CHECKING:
    from core.datasets.base import Dataset, SourceConfig
    from core.engine.board import View
    from core.engine.document import ChosenPicture, Document, Lane, Point
    from core.engine.kept import Kept
    from core.engine.run import Run
    from core.engine.scene import Scene

STATE_PATIENCE_S = 20.0
"""How long a save waits for the state of a lane, which comes between two of its steps, s."""
PICTURE_PX = QSize(320, 200)


def collector(
    window: QWidget,
    desk: Desk,
    scene: Scene,
    config: SourceConfig | None,
    shown: Mapping[str, Any],
    picture: bytes | None = None,
    newest: bool = True,
) -> Callable[[], Document]:
    """What makes a document of a scene as it is now; call it in a thread. `UserError` while lanes are built.

    ``config`` is that of the data, ``shown`` what the window shows, ``picture`` how it looks (None: it is taken now).
    Lanes are asked for their ``newest`` state; else those of another process have what came of them lately, which costs
    a slow link nothing, and those that begin again are written as they will begin.
    """
    from core.datasets.base import describe
    from core.engine.document import Document, Lane
    from core.engine.kept import Kept
    from core.engine.run_folder import SavedRun

    runs, dataset, setup = scene.runs, scene.dataset, scene.setup
    begins = [not _shows(run.live_view, scene) for run in runs]
    for run, is_beginning in zip(runs, begins, strict=True):
        if config is None or (is_beginning and (newest or run.has_learned)):
            raise UserError(f"{desk.names.of(run).long} is still being prepared; try again in a second")
    assert config is not None
    asked = [
        (run, run.live_view, run.pending, run.name, _as_it_begins(run) if is_beginning else _state_of(run, newest))
        for run, is_beginning in zip(runs, begins, strict=True)
    ]
    point, image = _point_of(scene, desk), _picture_in(desk, dataset)
    picture = picture_of(window) if picture is None else picture
    selected = runs.index(desk.selected) if desk.selected in runs else 0

    def collect() -> Document:
        data = describe(dataset, config)  # it reads all images for their fingerprint
        lanes: list[Lane] = []
        for run, view, pending, name, state in asked:
            kept = state() if callable(state) else state.take(STATE_PATIENCE_S) if isinstance(state, Mailbox) else state
            if isinstance(kept, Kept) and kept.dataset is dataset:
                saved = SavedRun.of_kept(run.model_name, kept, data)
            else:  # after the end of the engine
                saved = SavedRun.of(run.model_name, view, setup, data)
            lanes.append(Lane(saved, run.slot, pending, name))
        seed = scene.sample_seed
        return Document(data, setup, tuple(lanes), point, selected, scene.sampler, seed, image, shown, picture)

    return collect


def _shows(view: View, scene: Scene) -> bool:
    """Whether a view is of a run that is trained as the scene says: it may not have heard of an edit yet."""
    is_there = view.snapshot is not None and view.dataset is scene.dataset
    return is_there and view.setup is not None and view.setup.trains_as(scene.setup)


def _as_it_begins(run: Run) -> Callable[[], Kept]:
    """What makes the state of a run that is being built, which takes a tenth of a second."""
    from core.engine.kept import Kept
    from core.training.state import fresh_state

    name, config, setup, dataset, threads = run.model_name, run.pending, run.setup, run.dataset, run.threads
    return lambda: Kept(0, config, setup, dataset, fresh_state(name, config, setup, dataset, threads))


def _state_of(run: Run, newest: bool) -> Mailbox[Kept] | Kept | None:
    """The whole state of a run, or where it will be; None where only its weights are known."""
    from core.engine.kept import Kept

    if newest or not run.worker.keeps:
        return run.keep()
    view, saved = run.live_view, run.worker.kept
    if saved is None or view.setup is None or view.dataset is None:
        return None
    return Kept(view.life, view.config, view.setup, view.dataset, saved)


def _point_of(scene: Scene, desk: Desk) -> Point:
    from core.engine.document import Point

    pin_a, pin_b = scene.pins
    return Point(
        scene.cursor.copy(),
        pin_a.copy(),
        pin_b.copy(),
        scene.plane,
        scene.plane_is_chosen,
        scene.plane_follows_codes,
        desk.point.arc,
        desk.point.path_t,
    )


def _picture_in(desk: Desk, dataset: Dataset) -> ChosenPicture:
    """The image of the input card: its pixels where it is no test image, and fits the data."""
    from core.engine.document import ChosenPicture

    chosen = desk.chosen
    if chosen.is_of_test or chosen.image is None or chosen.image.shape != dataset.shape:
        return ChosenPicture("test", chosen.index)
    return ChosenPicture(chosen.kind, chosen.index, chosen.image.copy())


def picture_of(window: QWidget) -> bytes:
    """A small picture of a window, PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    ratio, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    window.grab().toImage().scaled(PICTURE_PX, ratio, smooth).save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
