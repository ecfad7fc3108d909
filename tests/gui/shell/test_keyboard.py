"""Use of the window without a mouse."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QMenu, QWidget

from gui.information.page import PAGES
from gui.widgets.combo import Combo
from gui.widgets.dialogs import ProgressDialog
from gui.widgets.focus import has_ring
from gui.widgets.slider import Slider
from gui.widgets.tab_order import reading_order
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
MOST_TABS = 150


def tab_to(stage: Stage, target: QWidget) -> int:  # noqa: F821
    """Press Tab until a control has the focus. Returns how often."""
    stage.until(target.isVisible)
    seen = []
    for count in range(MOST_TABS):
        if QApplication.focusWidget() is target:
            return count
        stage.key("Tab")
        seen.append(QApplication.focusWidget())
    raise AssertionError(f"{target} is not reached by {MOST_TABS} Tabs, which reach {seen}")


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:  # noqa: F821
    return module_window(("ae",))


@pytest.fixture
def stage(window: Stage, again: Callable[[object], Stage]) -> Stage:  # noqa: F821
    """A window with one paused lane; its lessons, if they were open, show their list when they open again."""
    lessons = window.window.lessons
    lessons.tabs.chosen.emit("lessons")
    lessons.page.left.emit()
    return again(window)


def test_a_session_by_keyboard(desk_window: Open) -> None:
    stage = desk_window()
    vae = stage.run("vae")
    stage.key("Space")
    stage.until(stage.stepped(10))
    stage.key("Space")
    stage.until(stage.all_are("paused"))
    stage.key("1")
    stage.key("2")
    assert stage.desk.selected is vae
    slider = stage.find(Slider, "beta")
    assert tab_to(stage, slider) < 40
    assert has_ring(slider)
    for _ in range(8):
        stage.key("Right")
    assert vae.pending.beta > 1.0
    stage.until(lambda: vae.view.config.beta == vae.pending.beta)
    stage.key("Home")
    assert vae.pending.beta == 0.0
    before = stage.pictures()
    stage.key("Esc")
    canvas = stage.panel("map", "vae").plot
    tab_to(stage, canvas)
    stage.key("Shift+Right")
    stage.key("Up")
    assert stage.desk.point.z.tolist() == [0.25, 0.05000000074505806]
    assert all(before[name] != after for name, after in stage.pictures().items())
    stage.key("Ctrl+D")
    sheet = stage.window.data.sheet
    assert sheet is not None
    stage.until(sheet.isActiveWindow)
    QTest.keyClick(sheet, Qt.Key.Key_Escape)
    stage.until(stage.window.isActiveWindow)
    stage.key("Space")
    stage.until(stage.all_are("training"))


def test_tab_goes_round_in_reading_order_and_reaches_every_map(desk_window: Open) -> None:
    stage = desk_window()
    seen: list[QWidget] = []
    stage.key("Tab")
    first = QApplication.focusWidget()
    for _ in range(MOST_TABS):
        focused = QApplication.focusWidget()
        assert focused is not None
        assert focused.isVisible()
        seen.append(focused)
        stage.key("Tab")
        if QApplication.focusWidget() is first:
            break
    assert QApplication.focusWidget() is first
    for model in ("ae", "vae", "gan"):
        assert stage.panel("map", model).plot in seen
    assert stage.window.top.train in seen
    regions = [stage.window.top, stage.window.left, stage.window.pages, stage.window.right, stage.window.status]
    at = [next(i for i, region in enumerate(regions) if region.isAncestorOf(each)) for each in seen]
    assert [*at[-1:], *at[:-1]] == sorted(at)  # the menu has the focus at first
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Backtab, Qt.KeyboardModifier.ShiftModifier)
    assert QApplication.focusWidget() is seen[-1]
    for focused in seen:  # each has words for a screen reader
        words = focused.accessibleName() or getattr(focused, "text", str)() or focused.toolTip() or focused.objectName()
        assert words, focused


def test_space_on_a_button_that_was_tabbed_to_presses_it(stage: Stage) -> None:  # noqa: F821
    train = stage.window.top.train
    tab_to(stage, train)
    QTest.keyClick(train, Qt.Key.Key_Space)
    stage.until(stage.all_are("training"))
    QTest.keyClick(train, Qt.Key.Key_Space)
    stage.until(stage.all_are("paused"))


def test_f10_opens_the_menu(stage: Stage) -> None:  # noqa: F821
    stage.key("F10")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions()][:2] == ["&File", "&Edit"]
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    stage.key("Space")
    stage.until(stage.all_are("training"))


# Where the focus is after something closed


def assert_space_trains(stage: Stage) -> None:  # noqa: F821
    """Press Space where the focus is: every lane starts, and a second Space pauses it; no menu or list opens."""
    stage.key("Space")
    assert QApplication.activePopupWidget() is None
    stage.until(stage.all_are("training"))
    stage.key("Space")
    assert QApplication.activePopupWidget() is None
    stage.until(stage.all_are("paused"))


def click(widget: QWidget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("inside", ["tabs", "glossary", "lesson by mouse", "lesson by key"])
@pytest.mark.parametrize("closing", ["key", "mouse"])
def test_closed_lessons_give_the_focus_back(stage: Stage, inside: str, closing: str) -> None:  # noqa: F821
    slider, lessons = stage.find(Slider, "path t"), stage.window.lessons

    def look_inside() -> None:
        stage.key("F3")
        stage.until(lambda: lessons.isVisible() and bool(lessons.lessons))
        if inside == "glossary":
            lessons.tabs.chosen.emit("glossary")
            lessons.tabs.parent().findChild(QLineEdit, "glossary search").setFocus(Qt.FocusReason.MouseFocusReason)
        elif inside.startswith("lesson"):
            row = stage.find(QAbstractButton, "lesson 2", lessons)
            if inside == "lesson by key":
                tab_to(stage, row)
                stage.key("Return")
            else:
                click(row)
            stage.until(lessons.page.isVisible)
        if closing == "key":
            stage.key("F3")
        else:
            click(stage.find(QAbstractButton, "close lessons"))
        assert not lessons.isVisible()

    look_inside()
    assert QApplication.focusWidget() is None or not has_ring(QApplication.focusWidget())
    assert_space_trains(stage)
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    look_inside()
    assert QApplication.focusWidget() is slider
    assert has_ring(slider)
    assert_space_trains(stage)


def test_space_trains_while_a_lesson_is_open_that_was_not_reached_by_tab(desk_window: Open) -> None:
    """F3 puts the ring into the lessons, and the lesson keeps it: Enter presses what has it, Space trains."""
    stage = desk_window(("ae",))
    lessons = stage.window.lessons
    stage.key("F3")
    stage.until(lambda: bool(lessons.lessons))
    assert_space_trains(stage)
    click(stage.find(QAbstractButton, "lesson 1", lessons))
    ringed = QApplication.focusWidget()
    assert isinstance(ringed, QAbstractButton)
    assert lessons.page.isAncestorOf(ringed)
    assert has_ring(ringed)
    assert not hands.claims(ringed, Qt.Key.Key_Space)
    assert hands.claims(ringed, Qt.Key.Key_Return)
    assert_space_trains(stage)
    stage.key("Return")
    stage.until(lambda: lessons.page.walk is not None)


def test_the_focus_returns_from_a_control_that_is_hidden_or_disabled(stage: Stage) -> None:  # noqa: F821
    slider, add = stage.find(Slider, "path t"), stage.window.lineup.bar.add
    for take, give in ((add.hide, add.show), (lambda: add.setEnabled(False), lambda: add.setEnabled(True))):
        for reason, ringed in ((Qt.FocusReason.MouseFocusReason, False), (Qt.FocusReason.TabFocusReason, True)):
            slider.clearFocus()
            slider.setFocus(reason)
            add.setFocus(Qt.FocusReason.TabFocusReason)
            take()
            assert QApplication.focusWidget() is slider
            assert has_ring(slider) is ringed
            give()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    stage.window.show_tab("information")  # the panel of the slider is hidden
    assert_space_trains(stage)


def test_space_trains_after_data_were_read(stage: Stage) -> None:  # noqa: F821
    """The dialog with the progress bar took the keyboard: the first Space after it was lost."""
    results: list[int] = []
    stage.window.data.read(lambda report: 1, "Reading something", results.append)
    dialog = stage.window.findChild(ProgressDialog)
    dialog.activateWindow()
    stage.until(lambda: results == [1] and not stage.window.findChildren(ProgressDialog))
    stage.until(stage.window.isActiveWindow)
    assert_space_trains(stage)


def test_space_trains_after_a_choice_in_a_list(stage: Stage) -> None:  # noqa: F821
    combo = next(each for each in stage.window.findChildren(Combo) if each.isVisible() and each.count() > 1)
    click(combo)
    view = combo.view()
    stage.until(view.isVisible)
    place = view.visualRect(view.model().index(combo.currentIndex(), 0)).center()
    QTest.mouseMove(view.viewport(), place)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    stage.until(lambda: not view.isVisible())
    assert_space_trains(stage)


@pytest.mark.parametrize("keys", ["F2", "F10", "Ctrl+D", "Ctrl+T"])
def test_space_trains_after_a_dialog_or_menu(desk_window: Open, keys: str) -> None:
    stage = desk_window(("ae",))
    slider = stage.find(Slider, "path t")
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key(keys)
    above = QApplication.activePopupWidget() or QApplication.activeModalWidget() or stage.window.data.sheet
    assert above is not None
    QTest.keyClick(above, Qt.Key.Key_Escape)
    stage.until(stage.window.isActiveWindow)
    assert QApplication.focusWidget() is slider
    assert_space_trains(stage)


def test_no_control_takes_space_unless_it_was_reached_by_tab(desk_window: Open) -> None:
    """Controls that a click or the window may focus; text fields type a space."""
    stage = desk_window(("ae", "vae"))
    stage.key("F3")
    asked = 0
    for key in ("lineup", "latent", "compare", "information"):
        stage.window.show_tab(key)
        names = [name for name in PAGES.names()] if key == "information" else [""]
        for name in names:
            if name:
                stage.window.information.show_page(name)
            QApplication.processEvents()
            for widget in stage.window.findChildren(QWidget):
                if widget.isVisible() and widget.isEnabled() and widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
                    widget.setFocus(Qt.FocusReason.OtherFocusReason)
                    if not isinstance(widget, QLineEdit):
                        asked += 1
                        assert not hands.claims(widget, Qt.Key.Key_Space), (key, name, widget, widget.objectName())
    assert asked > 300


def test_lines_are_read_from_left_to_right() -> None:
    places = [
        QRect(50, 12, 10, 10),
        QRect(0, 10, 10, 16),
        QRect(30, 8, 10, 20),
        QRect(0, 40, 90, 10),
        QRect(95, 30, 5, 5),
    ]
    assert reading_order(places) == [1, 2, 0, 4, 3]
    assert reading_order([]) == []


def test_tab_scrolls_to_the_focused_control(desk_window: Open) -> None:
    stage = desk_window(size=(1240, 640))
    last = stage.window.right.classes._chips[-1]
    tab_to(stage, last)
    assert not last.visibleRegion().isEmpty()
    tab_to(stage, stage.panel("samples", "gan")._mosaic)
    assert not stage.panel("samples", "gan")._mosaic.visibleRegion().isEmpty()
