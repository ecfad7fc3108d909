"""Focus, labels, buttons, chips and segments under mouse, keyboard and bad input."""

from __future__ import annotations

import gc
import math
import weakref

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui.drawing import paint, theme
from gui.widgets import focus
from gui.widgets.buttons import Button, IconButton, PrimaryButton
from gui.widgets.chips import Chip, ClassChip, KeyCap, SparkChip
from gui.widgets.label import Label
from gui.widgets.sections import SectionHeader
from gui.widgets.segmented import Segment, Segmented
from tests.gui.hands import LEFT, NONE, OPEN, Key, all_buttons, claims, color_at, colors_of, heard, pixels, show

pytestmark = pytest.mark.usefixtures("dark")


# -- focus ring


def test_the_ring_shows_only_for_the_keyboard(qtbot: QtBot) -> None:
    first, second = Button("First"), Button("Second")
    window = show(qtbot, first, second)
    first.setFocus(Qt.FocusReason.MouseFocusReason)
    assert focus.ring_of(window).target() is None
    QTest.keyClick(window, Key.Key_Tab)
    ring = focus.ring_of(window)
    assert ring.target() is second
    assert ring.isVisible()
    assert ring.geometry() == second.geometry().adjusted(-3, -3, 3, 3)
    second.setFocus(Qt.FocusReason.TabFocusReason)
    second.resize(second.width() - 10, second.height())
    assert ring.geometry() == second.geometry().adjusted(-3, -3, 3, 3)
    QTest.keyClick(window, Key.Key_Backtab)
    assert ring.target() is first
    QTest.mousePress(window, LEFT)
    first.clearFocus()
    assert ring.target() is None
    assert not ring.isVisible()


def test_opening_a_window_shows_no_ring(qtbot: QtBot) -> None:
    button, window = Button("First"), QWidget()
    OPEN.append(window)
    QVBoxLayout(window).addWidget(button)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    assert button.hasFocus()
    assert not focus.ring_of(window).isVisible()
    assert not claims(button, Key.Key_Space)


def test_ring_is_cut_by_a_scroll_area(qtbot: QtBot) -> None:
    area, inside, button = QScrollArea(), QWidget(), Button("Below")
    inside.resize(200, 1000)
    button.setParent(inside)
    button.move(10, 10)
    area.setWidget(inside)
    area.setFixedHeight(120)
    window = show(qtbot, area)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    ring = focus.ring_of(window)
    assert not ring.mask().isEmpty()
    area.verticalScrollBar().setValue(400)
    assert ring.mask().isEmpty()


def test_space_stays_with_the_window_unless_the_ring_shows(qtbot: QtBot) -> None:
    button = Button("First")
    show(qtbot, button)
    assert not claims(button, Key.Key_Space)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(button, Key.Key_Space)
    assert not claims(button, Key.Key_A)
    assert not claims(button, Key.Key_Space, Qt.KeyboardModifier.ControlModifier)


# -- label


def test_an_elided_label_has_its_text_in_the_tooltip(qtbot: QtBot) -> None:
    label = Label("a rather long sentence", "body", elided=True)
    window = show(qtbot, label)
    window.resize(400, 60)
    QApplication.processEvents()
    assert label.toolTip() == ""
    label.setFixedWidth(60)
    QApplication.processEvents()
    assert label.toolTip() == "a rather long sentence"
    label.setToolTip("other")
    label.setFixedWidth(50)
    QApplication.processEvents()
    assert label.toolTip() == "other"


def test_label_follows_theme_size_and_state(qtbot: QtBot, qapp: QApplication) -> None:
    label = Label("WWW", "strong", "text")
    window = show(qtbot, label)
    width = label.sizeHint().width()
    assert theme.DARK.text in colors_of(label)
    theme.apply(qapp, theme.LIGHT, 1.3)
    assert label.sizeHint().width() > width * 1.2
    window.adjustSize()
    assert theme.LIGHT.text in colors_of(label)
    label.set_token("error")
    assert theme.LIGHT.error in colors_of(label)
    label.setEnabled(False)
    assert theme.LIGHT.error not in colors_of(label)
    assert theme.LIGHT.disabled() in colors_of(label)


def test_a_label_made_before_a_change_of_theme_follows_it(qtbot: QtBot, qapp: QApplication) -> None:
    label = Label("WWW", "strong")
    theme.apply(qapp, theme.LIGHT)
    show(qtbot, label)
    assert theme.LIGHT.text in colors_of(label)
    assert theme.DARK.text not in colors_of(label)


def test_wrapped_label_is_as_high_as_its_lines(qtbot: QtBot) -> None:
    label = Label("one two three four five six", wrap=True)
    assert label.heightForWidth(60) > 2.5 * label.heightForWidth(1000)


def test_the_theme_does_not_keep_widgets_alive(qapp: QApplication) -> None:
    label = Label("x")
    reference = weakref.ref(label)
    del label
    gc.collect()
    assert reference() is None
    theme.apply(qapp, theme.LIGHT)


# -- buttons and chips


@pytest.mark.parametrize("index", range(7))
def test_buttons_by_mouse_and_keyboard(qtbot: QtBot, index: int) -> None:
    button = all_buttons()[index]
    show(qtbot, button)
    clicks = heard(button.clicked)
    QTest.mouseClick(button, LEFT)
    assert len(clicks) == 1
    assert not button.hasFocus()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Key.Key_Space, Key.Key_Return, Key.Key_Enter):
        QTest.keyClick(button, key)
    assert len(clicks) == 4
    QTest.keyClick(button, Key.Key_A)
    QTest.mouseClick(button, Qt.MouseButton.RightButton)
    assert len(clicks) == 4
    button.setEnabled(False)
    QTest.mouseClick(button, LEFT)
    assert len(clicks) == 4


@pytest.mark.parametrize("index", range(7))
def test_buttons_look_different_when_disabled_and_in_light(qtbot: QtBot, qapp: QApplication, index: int) -> None:
    button = all_buttons()[index]
    show(qtbot, button)
    dark = pixels(button)
    button.setEnabled(False)
    off = pixels(button)
    assert off != dark
    theme.apply(qapp, theme.LIGHT)
    assert pixels(button) != off


def test_primary_button_hides_its_key_cap_and_keeps_its_width(qtbot: QtBot) -> None:
    button = PrimaryButton("Pause", "pause", "Space")
    wide = button.sizeHint().width()
    button.set_content("Go", "play")
    assert button.text() == "Go"
    assert button.sizeHint().width() == wide
    button.set_content("Say something longer", "play")
    assert button.sizeHint().width() > wide
    button.set_compact(True)
    compact = button.sizeHint().width()
    button.set_content("Go", "play")
    assert button.sizeHint().width() == compact


def test_checked_fill(qtbot: QtBot) -> None:
    button = Button("1")
    button.setCheckable(True)
    button.set_checked_fill("#112233", "#FFFFFF")
    show(qtbot, button)
    assert color_at(button, 4, 4) == theme.DARK.control
    button.setChecked(True)
    assert color_at(button, 4, 4) == "#112233"


def test_the_tip_of_an_icon_button_is_its_accessible_name(qtbot: QtBot) -> None:
    button = IconButton("close", "Close lane")
    qtbot.addWidget(button)
    assert button.accessibleName() == button.toolTip() == "Close lane"
    assert (button.sizeHint().width(), button.sizeHint().height()) == (24, 24)


def test_chip_tones(qtbot: QtBot) -> None:
    chip = Chip("cpu", "CPU")
    show(qtbot, chip)
    chip.set_tone("warn")
    assert theme.DARK.warn in colors_of(chip)
    chip.set_tone("normal")
    assert theme.DARK.warn not in colors_of(chip)
    with pytest.raises(KeyError, match="loud"):
        chip.set_tone("loud")
    narrow = chip.sizeHint().width()
    chip.set_text("CPU · 2 threads")
    assert chip.sizeHint().width() > narrow


def test_a_spark_chip_leaves_out_non_finite_values(qtbot: QtBot) -> None:
    chip = SparkChip("60 fps")
    show(qtbot, chip)
    empty = pixels(chip)
    chip.set_values([1.0, math.nan, 3.0, math.inf, 2.0])
    assert chip.values() == [1.0, 3.0, 2.0]
    assert pixels(chip) != empty
    chip.set_values([0.0, 0.0])
    chip.set_values([-1.0, -2.0])
    pixels(chip)


def test_a_class_chip_adds_with_ctrl(qtbot: QtBot) -> None:
    chip = ClassChip(12, "twelve")
    show(qtbot, chip)
    picked = heard(chip.picked)
    QTest.mouseClick(chip, LEFT)
    QTest.mouseClick(chip, LEFT, Qt.KeyboardModifier.ControlModifier)
    assert picked == [(12, False), (12, True)]


@pytest.mark.parametrize(("label", "name"), [(6, "bun"), (3, "3"), (0, "1")])
def test_a_class_chip_says_what_the_maps_say(qtbot: QtBot, label: int, name: str) -> None:
    chip = ClassChip(label, name)
    show(qtbot, chip)
    assert [each for _, each in paint.words_on(chip)] == [paint.class_mark(label, name)] == [name]


def test_a_key_cap_is_as_wide_as_its_word(qtbot: QtBot) -> None:
    assert KeyCap("E").sizeHint().width() == 16
    assert KeyCap("Space").sizeHint().width() > 30


# -- segmented


def test_segmented_by_mouse_and_keys(qtbot: QtBot) -> None:
    control = Segmented([("a", "One"), ("b", "Two"), ("c", "Three")])
    show(qtbot, control)
    chosen = heard(control.chosen)
    assert control.childAt(control.width() // 3 + 8, 12) is control.segment("b")
    QTest.mouseClick(control.segment("b"), LEFT)
    assert control.value() == "b"
    QTest.mouseClick(control.segment("b"), LEFT)
    assert chosen == ["b"]
    control.setFocus(Qt.FocusReason.TabFocusReason)
    assert focus.has_ring(control)
    for key, reached in ((Key.Key_Right, "c"), (Key.Key_Right, "c"), (Key.Key_Home, "a"), (Key.Key_Down, "b")):
        focused = QApplication.focusWidget()
        assert focused is control.segment(control.value())
        assert claims(focused, key)
        QTest.keyClick(focused, key)
        assert control.value() == reached
        assert focus.has_ring(control)
    assert not claims(QApplication.focusWidget(), Key.Key_Space)
    assert chosen == ["b", "c", "a", "b"]
    control.set_value("c")
    assert QApplication.focusWidget() is control.segment("c")
    assert chosen == ["b", "c", "a", "b"]
    with pytest.raises(KeyError, match="nope"):
        control.set_value("nope")
    assert control.value() == "c"


def test_segmented_skips_disabled_options(qtbot: QtBot) -> None:
    control = Segmented([("a", "One"), ("b", "Two"), ("c", "Three")], small=True)
    show(qtbot, control)
    assert control.sizeHint().height() == 20
    control.set_option_enabled("b", False, "not here")
    assert control.segment("b").toolTip() == "not here"
    QTest.mouseClick(control.segment("b"), LEFT)
    assert control.value() == "a"
    control.setFocus()
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Right)
    assert control.value() == "c"
    control.set_option_enabled("b", True)
    assert control.segment("b").toolTip() == ""
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Left)
    assert control.value() == "b"


def test_tab_stops_once_at_a_segmented_control(qtbot: QtBot) -> None:
    control = Segmented([("a", "One"), ("b", "Two"), ("c", "Three")])
    show(qtbot, control)
    for key in "cba":
        control.set_value(key)
        stops = [each.key for each in control.findChildren(Segment) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
        assert stops == [key]


def test_a_click_between_segments_does_not_reach_what_lies_below(qtbot: QtBot) -> None:
    """A segmented control at the end of a section's head: a press on its edge had folded the section."""
    header, control = SectionHeader("Input", "input"), Segmented([("a", "One"), ("b", "Two")])
    header.add_action(control)
    control.set_option_enabled("b", False, "not here")
    window = show(qtbot, header)
    for spot in (QPoint(1, 1), control.segment("b").geometry().center()):
        at = control.mapTo(window, spot)
        QTest.mouseClick(window.windowHandle(), LEFT, NONE, at)
        assert header.is_open()


@pytest.mark.parametrize("options", [[], [("a", "x"), ("a", "y")]])
def test_segmented_refuses_no_options_and_equal_keys(qapp: QApplication, options: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError):
        Segmented(options)
