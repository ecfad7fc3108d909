"""The window of a sweep: finished, growing and damaged ones, by mouse and by keyboard."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from core.foundation.files import write_file
from core.sweeps import folder
from core.sweeps.plan import Plan
from gui.drawing import paint, theme
from gui.sweeps import reading
from gui.sweeps.dialog import SweepDialog
from gui.sweeps.samples import SamplesView, decoded, in_square
from gui.widgets import tab_order
from gui.widgets.combo import Combo
from gui.widgets.dialogs import ErrorDialog
from tests.gui.spoken import focusable, silent
from tests.sweeps_made import convex_values, done, made_outcomes, made_plan, made_sweep, samples_png, with_points

Open = Callable[..., SweepDialog]
KEY, SHIFT, NONE = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
PATIENCE_MS = 20_000


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What grows is read again at once."""
    monkeypatch.setattr(reading, "INTERVAL_S", 0.03)
    monkeypatch.setattr(reading, "RESTS", 1.0)


def until(qtbot: QtBot, holds: Callable[[], bool]) -> None:
    qtbot.waitUntil(holds, timeout=PATIENCE_MS)


def text(dialog: QWidget, name: str) -> str:
    label = dialog.findChild(QLabel, name)
    assert label is not None
    return label.text()


def button(dialog: QWidget, name: str) -> QAbstractButton:
    found = dialog.findChild(QAbstractButton, name)
    assert found is not None
    return found


def choose(dialog: QWidget, name: str, key: str) -> None:
    combo = dialog.findChild(Combo, name)
    assert combo is not None
    combo.set_value(key)
    combo.chosen.emit(key)


def send(dialog: SweepDialog, kind: QEvent.Type, spot: QPointF) -> None:
    view = dialog.plot.viewport()
    held = Qt.MouseButton.LeftButton if kind != QEvent.Type.MouseMove else Qt.MouseButton.NoButton
    after = Qt.MouseButton.NoButton if kind == QEvent.Type.MouseButtonRelease else held
    QApplication.sendEvent(view, QMouseEvent(kind, spot, view.mapToGlobal(spot), held, after, NONE))


def hover(dialog: SweepDialog, number: int) -> None:
    spot = dialog.plot.spot_of(number)
    assert spot is not None
    send(dialog, QEvent.Type.MouseMove, spot)


def said(dialog: SweepDialog) -> list[str]:
    return [word for _, word in paint.words_on(dialog.plot.viewport())]


def number_of(plan: Plan, **varied: float) -> int:
    return next(run.number for run in plan.runs if all(run.varied[name] == each for name, each in varied.items()))


def shown_title(dialog: SweepDialog) -> str:
    return text(dialog, "sweep run")


# --- what is there ---------------------------------------------------------------------------------------------------


def test_a_finished_sweep_opens_on_the_plane(opened: Open, sweep: Path, qtbot: QtBot) -> None:
    dialog = opened(sweep)
    assert text(dialog, "sweep progress") == "12 of 12 runs"
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert scene.is_plane
    assert (len(scene.numbers), len(scene.marks), len(scene.lines)) == (12, 6, 2)
    assert {words for _, words in scene.legend} == {"2", "10"}
    words = set(said(dialog))
    assert {"Rate and distortion", "rate, nats", "0.1"} <= words
    assert sum(word.startswith("−ELBO ") for word in words) == 1
    view = dialog.findChild(SamplesView)
    assert view is not None
    until(qtbot, lambda: view.picture() is not None)
    for place, word in paint.words_on(dialog.plot.viewport()):
        assert dialog.plot.viewport().rect().contains(place.toAlignedRect()), word
    assert not button(dialog, "sweep failures").isVisible()
    assert not button(dialog, "stop sweep").isVisible()
    assert not button(dialog, "sweep report").isVisible()


def test_nothing_of_a_sweep_is_silent(opened: Open, sweep: Path) -> None:
    dialog = opened(sweep)
    assert len(focusable(dialog)) > 3
    assert silent(dialog) == []


def test_hovering_a_point_reads_it_and_shows_its_samples(opened: Open, sweep: Path, plan: Plan, qtbot: QtBot) -> None:
    dialog = opened(sweep)
    number = number_of(plan, beta=1.0, latent=10, seed=2)
    hover(dialog, number)
    assert shown_title(dialog) == "β 1, latent dims 10, seed 2"
    values = convex_values(plan.runs[number])
    reading_words = next(word for word in said(dialog) if word.startswith("β 1, latent dims 10, seed 2: R "))
    assert f"−ELBO {values['rate'] + values['distortion']:.1f} nats" in reading_words
    assert "mean of 2 seeds" in reading_words
    assert "Distortion" in text(dialog, "sweep measures")
    assert " ± " in text(dialog, "sweep values")
    view = dialog.findChild(SamplesView)
    assert view is not None
    wanted = in_square(decoded(samples_png(plan.runs[number])))
    until(qtbot, lambda: view.picture() is not None and np.array_equal(view.picture(), wanted))
    send(dialog, QEvent.Type.MouseMove, QPointF(1, 1))
    QApplication.sendEvent(dialog.plot.viewport(), QEvent(QEvent.Type.Leave))
    assert shown_title(dialog) == "β 1, latent dims 10, seed 2"  # the last one stays


def test_a_click_asks_for_the_run_and_a_drag_pans(opened: Open, sweep: Path, plan: Plan) -> None:
    dialog = opened(sweep)
    asked: list[Path] = []
    dialog.run_wanted.connect(asked.append)
    spot = dialog.plot.spot_of(5)
    assert spot is not None
    send(dialog, QEvent.Type.MouseButtonPress, spot)
    send(dialog, QEvent.Type.MouseButtonRelease, spot)
    assert asked == [folder.folder_of(sweep, plan.runs[5])]
    corner = QPointF(dialog.plot.inner.right() - 4, dialog.plot.inner.top() + 4)
    send(dialog, QEvent.Type.MouseButtonPress, corner)
    send(dialog, QEvent.Type.MouseButtonRelease, corner)
    assert len(asked) == 1  # nothing lies there
    dialog.tell("The cursor left the training codes.", "note")
    assert text(dialog, "sweep told") == ""
    dialog.tell("Opened 0005: 100 steps.", "note")
    assert text(dialog, "sweep told") == "Opened 0005: 100 steps."


def test_the_slider_turns_through_the_runs_of_one_seed(opened: Open, sweep: Path, plan: Plan) -> None:
    dialog = opened(sweep)
    hover(dialog, number_of(plan, beta=0.1, latent=10, seed=2))
    slider = dialog.slider
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    seen = []
    for _ in range(3):
        QTest.keyClick(slider, KEY.Key_Right)
        seen.append((shown_title(dialog), text(dialog, "sweep slider value")))
    assert seen == [("β 1, latent dims 10, seed 2", "1"), *[("β 10, latent dims 10, seed 2", "10")] * 2]
    assert slider.spoken_value() == "10"
    choose(dialog, "sweep slider knob", "latent")
    QTest.keyClick(slider, KEY.Key_Home)
    assert shown_title(dialog) == "β 10, latent dims 2, seed 2"


def test_the_keyboard_reads_and_opens(opened: Open, sweep: Path, plan: Plan) -> None:
    dialog = opened(sweep)
    asked: list[Path] = []
    dialog.run_wanted.connect(asked.append)
    plot = dialog.plot
    assert plot.hasFocus()
    assert shown_title(dialog) == "β 0.1, latent dims 2, seed 1"
    QTest.keyClick(plot, KEY.Key_Right, SHIFT)
    assert shown_title(dialog) == "β 1, latent dims 2, seed 1"
    QTest.keyClick(plot, KEY.Key_Up, SHIFT)
    assert shown_title(dialog) == "β 1, latent dims 2, seed 2"
    QTest.keyClick(plot, KEY.Key_Down, SHIFT)
    QTest.keyClick(plot, KEY.Key_Left, SHIFT)
    QTest.keyClick(plot, KEY.Key_Left, SHIFT)  # the end
    assert shown_title(dialog) == "β 0.1, latent dims 2, seed 1"
    assert plot.accessibleDescription().startswith("β 0.1, latent dims 2, seed 1: R ")
    QTest.keyClick(plot, KEY.Key_Return)
    assert asked == [folder.folder_of(sweep, plan.runs[0])]
    names = [each.objectName() for each in tab_order.stops(dialog.regions())]
    assert names == [
        *("sweep measure", "sweep colour", "sweep plot", "sweep slider knob", "sweep slider"),
        *("other sweep", "close sweep", "open sweep run"),
    ]
    assert all(each.accessibleName() or getattr(each, "text", str)() for each in tab_order.stops(dialog.regions()))


def test_a_measure_over_a_knob(opened: Open, sweep: Path, plan: Plan) -> None:
    dialog = opened(sweep)
    choose(dialog, "sweep measure", "negative_elbo")
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert (scene.title, scene.x_name, scene.y_name) == ("−ELBO", "β", "nats")
    assert scene.ticks == ((-1.0, "0.1"), (0.0, "1"), (1.0, "10"))  # logarithmic: they spread over a factor of 100
    assert {"−ELBO", "0.1", "1", "10", "β"} <= set(said(dialog))
    hover(dialog, 0)
    assert any(word.startswith("β 0.1, latent dims 2, seed 1: −ELBO ") for word in said(dialog))
    choose(dialog, "sweep axis", "latent")
    choose(dialog, "sweep colour", "beta")
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert scene.ticks == ((2.0, "2"), (10.0, "10"))
    assert [words for _, words in scene.legend] == ["0.1", "1", "10"]
    choose(dialog, "sweep axis", "seed")
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert not scene.marks  # a mean over seeds has no seed


def test_one_data_set_at_a_time(opened: Open, tmp_path: Path) -> None:
    plan = made_plan({"beta": (0.1, 1.0), "dataset": ("mnist", "faces")}, seeds=(1,))
    made_sweep(tmp_path, plan, convex_values, samples=samples_png)
    dialog = opened(tmp_path)
    assert [words for each in dialog.plot.scene_shown.marks for words in [each.label]] == ["0.1", "1"]  # type: ignore[union-attr]
    choose(dialog, "sweep data", "faces")
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert scene.points[:, 1].min() > 1_000
    assert "Faces" in shown_title(dialog)


def test_both_themes_and_a_larger_text(opened: Open, sweep: Path, qapp: QApplication) -> None:
    dialog = opened(sweep)
    for kind, scale in ((theme.LIGHT, 1.0), (theme.DARK, 1.3)):
        theme.apply(qapp, kind, scale)
        picture = dialog.grab().toImage()
        assert picture.pixelColor(2, 2).name().upper() == kind.panel
        for place, word in paint.words_on(dialog.plot.viewport()):
            assert dialog.plot.viewport().rect().contains(place.toAlignedRect()), word


# --- what grows, fails or cannot be read -----------------------------------------------------------------------------


def test_points_come_while_it_grows(opened: Open, tmp_path: Path, plan: Plan, qtbot: QtBot) -> None:
    made_sweep(tmp_path, plan, convex_values, waiting=range(12))
    dialog = opened(tmp_path)
    assert text(dialog, "sweep progress") == "0 of 12 runs"
    assert "No run has ended yet" in said(dialog)
    assert not button(dialog, "open sweep run").isEnabled()
    for run in plan.runs[:4]:
        outcome = done(tmp_path, run, convex_values(run))
        outcome.folder.mkdir(parents=True)
        write_file(outcome.folder / folder.SAMPLES, samples_png(run))
        folder.write_result(outcome)
    until(qtbot, lambda: text(dialog, "sweep progress") == "4 of 12 runs")
    scene = dialog.plot.scene_shown
    assert scene is not None
    assert len(scene.numbers) == 4
    assert button(dialog, "open sweep run").isEnabled()
    dialog.slider.setFocus()
    QTest.keyClick(dialog.slider, KEY.Key_End)
    assert shown_title(dialog).startswith("β 10, ")
    view = dialog.findChild(SamplesView)
    assert view is not None
    assert "has not begun" in view.accessibleDescription()
    made_sweep(tmp_path, plan, convex_values, samples=samples_png)
    write_file(tmp_path / folder.REPORT, b"<html>")
    until(qtbot, lambda: text(dialog, "sweep progress") == "12 of 12 runs")
    until(qtbot, lambda: button(dialog, "sweep report").isVisible())
    until(qtbot, lambda: not dialog.reader._thread.is_alive())  # nothing more can come
    asked: list[Path] = []
    dialog.report_wanted.connect(asked.append)
    button(dialog, "sweep report").click()
    assert asked == [tmp_path]


def test_failed_runs_say_why(opened: Open, tmp_path: Path, plan: Plan) -> None:
    made_sweep(tmp_path, plan, convex_values, failed=(0, 3))
    dialog = opened(tmp_path)
    assert text(dialog, "sweep progress") == "10 of 12 runs, 2 failed"
    button(dialog, "sweep failures").click()
    error = dialog.findChild(ErrorDialog)
    assert error is not None
    assert text(error, "error sentence") == "β 0.1, latent dims 2, seed 1: the loss is no number since step 40."
    error.close()
    dialog._select(0)
    assert not button(dialog, "open sweep run").isEnabled()
    assert text(dialog, "sweep run state") == "the loss is no number since step 40"


def test_a_run_without_its_picture_says_so(opened: Open, tmp_path: Path, plan: Plan, qtbot: QtBot) -> None:
    made_sweep(tmp_path, plan, convex_values, samples=lambda run: b"no picture" if run.number else samples_png(run))
    dialog = opened(tmp_path)
    view = dialog.findChild(SamplesView)
    assert view is not None
    until(qtbot, lambda: view.picture() is not None)
    hover(dialog, 1)
    until(qtbot, lambda: view.accessibleDescription() == "No samples: the picture of its samples cannot be read")
    (folder.folder_of(tmp_path, plan.runs[2]) / folder.SAMPLES).unlink()
    hover(dialog, 2)
    until(
        qtbot, lambda: view.accessibleDescription().startswith("No samples: ") and "picture" not in shown_title(dialog)
    )


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"format": 1}', b"\x00" * 100])
def test_a_folder_without_a_plan_says_so(opened: Open, tmp_path: Path, qtbot: QtBot, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / folder.PLAN).write_bytes(content)
    dialog = opened(tmp_path, waits=False)
    until(qtbot, lambda: "plan.json" in text(dialog, "sweep progress"))
    assert dialog.sweep is None
    asked: list[bool] = []
    dialog.other_wanted.connect(lambda: asked.append(True))
    button(dialog, "other sweep").click()
    assert asked
    assert not button(dialog, "open sweep run").isEnabled()


def test_a_damaged_result_counts_as_none(opened: Open, sweep: Path, plan: Plan) -> None:
    (folder.folder_of(sweep, plan.runs[1]) / folder.RESULT).write_bytes(b'{"state": "done"')
    dialog = opened(sweep)
    assert text(dialog, "sweep progress") == "11 of 12 runs"


def test_samples_on_points_of_a_plane_are_drawn(opened: Open, tmp_path: Path) -> None:
    plan = made_plan({"beta": (0.1, 1.0)}, seeds=(1,), dataset="mixture")
    made_sweep(tmp_path, plan, convex_values)
    for outcome in made_outcomes(tmp_path, plan, convex_values):
        folder.write_result(with_points(outcome))
    dialog = opened(tmp_path)
    view: Any = dialog.findChild(SamplesView)
    offer = view.offer()
    assert len(list(csv.reader(io.StringIO(offer.table())))) == 201
    assert view.grab().toImage().pixelColor(view.width() // 2, 2).isValid()


def test_closing_ends_its_threads(opened: Open, tmp_path: Path, plan: Plan) -> None:
    made_sweep(tmp_path, plan, convex_values, waiting=range(6))
    dialog = opened(tmp_path)
    thread = dialog.reader._thread
    assert thread.is_alive()
    QTest.keyClick(dialog, KEY.Key_Escape)
    assert not thread.is_alive()
