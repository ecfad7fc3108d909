"""The dialog for drawing a dataset, by mouse and by keyboard, and in the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from core.datasets.base import SOURCES
from core.datasets.curves import arms_along
from core.datasets.drawn import parse_strokes
from gui.files.draw_points import PREVIEW, REACH, DrawPoints, preview
from gui.widgets.label import Label
from gui.widgets.slider import Slider
from tests.densities import pdf
from tests.gui.files.hands import opened

Open = Callable[..., "Stage"]  # noqa: F821
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def make(dark: None, hush: None) -> Iterator[Callable[..., DrawPoints]]:
    """Opens the dialog without a window."""
    opened: list[DrawPoints] = []

    def show(strokes: str = "", noise: float = 0.04) -> DrawPoints:
        dialog = DrawPoints(None, strokes, noise)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
        dialog.show()
        QTest.qWaitForWindowExposed(dialog)
        dialog.activateWindow()
        QTest.qWaitForWindowActive(dialog)
        opened.append(dialog)
        return dialog

    yield show
    for dialog in opened:
        dialog.close()
        dialog.deleteLater()


def child(dialog: QWidget, name: str) -> QAbstractButton:
    button = dialog.findChild(QAbstractButton, name)
    assert button is not None, name
    return button


def spot(dialog: DrawPoints, x: float, y: float) -> QPointF:
    side = dialog.sheet.width()
    return QPointF((x / REACH + 1) / 2 * side, (1 - y / REACH) / 2 * side)


def draw(dialog: DrawPoints, *places: tuple[float, float]) -> None:
    """Draw one stroke with the left button."""
    spots = [spot(dialog, *place).toPoint() for place in places]
    QTest.mousePress(dialog.sheet, LEFT, Qt.KeyboardModifier.NoModifier, spots[0])
    for point in spots[1:]:
        QTest.mouseMove(dialog.sheet, point)
    QTest.mouseRelease(dialog.sheet, LEFT, Qt.KeyboardModifier.NoModifier, spots[-1])


def test_strokes_become_text(make: Callable[..., DrawPoints], heard: Callable[..., list[object]]) -> None:
    dialog = make()
    used = heard(dialog.used)
    button = child(dialog, "use points")
    assert not button.isEnabled()
    assert button.toolTip() == "Nothing drawn yet"
    empty = dialog.sheet.grab().toImage()
    draw(dialog, (-0.5, 0.5), (0.5, 0.5))
    draw(dialog, (0.0, 0.0), (0.0, -0.5), (0.4, -0.5))
    assert dialog.sheet.grab().toImage() != empty
    assert dialog.findChild(Label, "stroke count").text() == "2 strokes"
    dialog.findChild(Slider, "noise").setFocus()
    QTest.keyClick(dialog.findChild(Slider, "noise"), Qt.Key.Key_Home)
    assert button.isEnabled()
    assert button.toolTip() == ""
    QTest.mouseClick(button, LEFT)
    ((text, noise),) = used
    assert noise == 0.005
    SOURCES.get("drawn").Config(strokes=text, noise=noise)
    first, second = parse_strokes(text)
    np.testing.assert_allclose(first, [(-0.5, 0.5), (0.5, 0.5)], atol=0.01)
    np.testing.assert_allclose(second, [(0, 0), (0, -0.5), (0.4, -0.5)], atol=0.01)
    assert not dialog.isVisible()


def test_undo_and_clear(make: Callable[..., DrawPoints]) -> None:
    dialog = make()
    draw(dialog, (-0.5, 0.5), (0.5, 0.5))
    draw(dialog, (0.1, 0.1))
    assert [len(stroke) for stroke in dialog.sheet.strokes] == [2, 1]
    QTest.mouseClick(child(dialog, "undo stroke"), LEFT)
    assert len(dialog.sheet.strokes) == 1
    draw(dialog, (0.1, 0.1))
    QTest.keyClick(dialog, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(dialog.sheet.strokes) == 1
    QTest.mouseClick(child(dialog, "clear strokes"), LEFT)
    assert dialog.sheet.strokes == []
    for name in ("undo stroke", "clear strokes", "use points"):
        assert not child(dialog, name).isEnabled()


def test_the_pen_stays_within_one(make: Callable[..., DrawPoints]) -> None:
    dialog = make()
    draw(dialog, (0.0, 0.0), (3.0, 0.2))
    assert np.abs(np.concatenate(dialog.sheet.strokes)).max() == 1.0


def test_other_buttons_draw_nothing(make: Callable[..., DrawPoints]) -> None:
    dialog = make()
    QTest.mouseClick(dialog.sheet, Qt.MouseButton.RightButton)
    assert dialog.sheet.strokes == []


def test_ready_made_shapes(make: Callable[..., DrawPoints], heard: Callable[..., list[object]]) -> None:
    dialog = make()
    used = heard(dialog.used)
    QTest.mouseClick(child(dialog, "shape heart"), LEFT)
    assert dialog.text() == "heart"
    draw(dialog, (0.1, 0.1), (0.3, 0.1))
    assert dialog.text() != "heart"  # no longer the ready-made shape
    assert len(parse_strokes(dialog.text())) == 2
    QTest.mouseClick(child(dialog, "shape smiley"), LEFT)
    QTest.keyClick(dialog.sheet, Qt.Key.Key_Return)
    assert used == [("smiley", 0.04)]


def test_drawing_by_keys(make: Callable[..., DrawPoints]) -> None:
    dialog = make()
    dialog.sheet.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Left):
        QTest.keyClick(dialog.sheet, key)
    (stroke,) = dialog.sheet.strokes
    np.testing.assert_allclose(stroke, [(0.05, 0), (0.05, 0.05), (0.05, 0.1), (0, 0.1)], atol=1e-9)
    QTest.keyClick(dialog.sheet, Qt.Key.Key_Space)  # the pen is lifted
    QTest.keyClick(dialog.sheet, Qt.Key.Key_Down)
    assert len(dialog.sheet.strokes[0]) == 4
    QTest.keyClick(dialog.sheet, Qt.Key.Key_Backspace)
    assert dialog.sheet.strokes == []


def test_everything_is_reached_by_tab(make: Callable[..., DrawPoints]) -> None:
    make("smiley")
    expected = {
        "sheet",
        "shape smiley",
        "shape heart",
        "shape eight",
        "undo stroke",
        "clear strokes",
        "noise",
        "use points",
    }
    seen = set()
    for _ in range(15):
        seen.add(QApplication.focusWidget().objectName())
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    assert seen >= expected


def test_escape_closes_without_a_dataset(make: Callable[..., DrawPoints], heard: Callable[..., list[object]]) -> None:
    dialog = make()
    used = heard(dialog.used)
    draw(dialog, (0.1, 0.1), (0.3, 0.1))
    QTest.keyClick(dialog.sheet, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert used == []


def test_the_preview_follows_the_density() -> None:
    arms = arms_along(parse_strokes("smiley"), 0.05)
    points = preview(arms)
    assert points.shape == (PREVIEW, 2)
    p = pdf(arms.density, points)
    drawn = pdf(arms.density, arms.density.draw(20_000, 1))
    assert np.median(p) == pytest.approx(np.median(drawn), rel=0.1)
    grown = arms_along([*parse_strokes("smiley"), np.array([[0.0, 0.0], [0.01, 0.0]])], 0.05)
    assert np.median(np.abs(preview(grown) - points)) < 0.05  # present points hardly move


def open_in(stage: Stage) -> DrawPoints:  # noqa: F821
    """Open the dialog as the user does."""
    sheet = opened(stage)
    sheet.cards.choose(next(card for card in sheet.cards.cards if card.offer.name == "drawn"))
    QTest.mouseClick(child(sheet, "draw points"), LEFT)
    stage.until(lambda: stage.window.data.sheet is None)
    dialog = stage.window.findChild(DrawPoints)
    assert isinstance(dialog, DrawPoints)
    stage.until(dialog.isVisible)
    return dialog


def test_it_has_a_title_and_gives_the_keyboard_back(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    dialog = open_in(stage)
    assert dialog.findChild(Label).text() == "Draw your own points"
    dialog.activateWindow()
    stage.until(dialog.isActiveWindow)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    stage.until(stage.window.isActiveWindow)


def test_a_drawing_becomes_the_data_of_the_lanes(desk_window: Open) -> None:
    stage = desk_window(("ae", "gan"))
    dialog = open_in(stage)
    draw(dialog, (-0.8, 0.0), (0.8, 0.0))
    QTest.mouseClick(child(dialog, "use points"), LEFT)
    stage.until(lambda: stage.desk.experiment.dataset.name == "drawn")
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    assert stage.window.data.config.strokes.count(";") == 0
    assert stage.desk.experiment.dataset.title == "Your drawing"
    points = stage.desk.experiment.dataset.train.pixels[:, :, 0, 0]
    assert np.abs(points[:, 1]).max() < 0.25
    # opened again, the sheet shows the present drawing
    again = open_in(stage)
    assert len(again.sheet.strokes) == 1
    QTest.keyClick(again, Qt.Key.Key_Escape)
    stage.until(lambda: not any(each.isVisible() for each in stage.window.findChildren(DrawPoints)))
    assert stage.desk.experiment.dataset.title == "Your drawing"
