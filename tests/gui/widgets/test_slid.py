"""Sliders and fields under mouse, keyboard and bad input."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from gui.drawing import theme
from gui.widgets.buttons import Button
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField
from tests.gui.hands import LEFT, NONE, SHIFT, Key, claims, color_at, colors_of, drag, heard, show, wheel
from tests.gui.spoken import Role, Spoken, told

pytestmark = pytest.mark.usefixtures("dark")


# -- slider


def wide_slider(qtbot: QtBot, **options: object) -> Slider:
    slider = Slider(0, 1, default=0.5, **options)  # type: ignore[arg-type]
    slider.setFixedWidth(200 + 2 * slider.inset())
    show(qtbot, slider)
    return slider


def test_slider_jumps_drags_and_settles_once(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot)
    moved, settled = heard(slider.moved), heard(slider.settled)
    left, y = slider.inset(), slider.height() // 2
    drag(slider, QPoint(left + 40, y), QPoint(left + 60, y), QPoint(left + 160, y))
    assert moved == [0.2, 0.3, 0.8]
    assert settled == [0.8]
    drag(slider, QPoint(left + 160, y), QPoint(left + 900, y))
    assert slider.value() == 1.0
    drag(slider, QPoint(left + 200, y), QPoint(left + 200, y))
    assert settled == [0.8, 1.0]


def test_shift_makes_a_drag_ten_times_finer(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot)
    left, y = slider.inset(), slider.height() // 2
    QTest.mousePress(slider, LEFT, SHIFT, QPoint(left + 100, y))
    event_at = QPointF(left + 140, y)
    from PySide6.QtGui import QMouseEvent

    move = QMouseEvent(
        QEvent.Type.MouseMove, event_at, slider.mapToGlobal(event_at), Qt.MouseButton.NoButton, LEFT, SHIFT
    )
    QApplication.sendEvent(slider, move)
    QTest.mouseRelease(slider, LEFT, SHIFT, event_at.toPoint())
    assert slider.value() == pytest.approx(0.52)


def test_a_double_click_sets_the_default(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot)
    slider.set_value(0.9)
    settled = heard(slider.settled)
    at = QPoint(slider.inset() + 180, slider.height() // 2)
    QTest.mouseDClick(slider, LEFT, NONE, at)
    assert slider.value() == 0.5
    assert settled == [0.5]


def test_slider_keys(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot, decimals=3)
    moved, settled = heard(slider.moved), heard(slider.settled)
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    for key in (Key.Key_Right, Key.Key_Up, Key.Key_Left, Key.Key_PageUp, Key.Key_Home, Key.Key_End, Key.Key_Delete):
        assert claims(slider, key)
        QTest.keyClick(slider, key)
    assert moved == settled == pytest.approx([0.51, 0.52, 0.51, 0.61, 0.0, 1.0, 0.5])
    QTest.keyClick(slider, Key.Key_Right, SHIFT)
    assert slider.value() == pytest.approx(0.501)
    assert not claims(slider, Key.Key_Space)


def test_escape_reverts_a_drag(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot)
    settled = heard(slider.settled)
    y = slider.height() // 2
    QTest.mousePress(slider, LEFT, NONE, QPoint(slider.inset() + 20, y))
    assert slider.value() == 0.1
    QTest.keyClick(slider, Key.Key_Escape)
    QTest.mouseRelease(slider, LEFT, NONE, QPoint(slider.inset() + 20, y))
    assert slider.value() == 0.5
    assert settled == []


def test_slider_wheel_needs_focus(qtbot: QtBot) -> None:
    slider, other = Slider(0, 1, default=0.5), Button("other")
    show(qtbot, slider, other)
    other.setFocus()
    assert not wheel(slider, 1)
    assert slider.value() == 0.5
    slider.setFocus()
    assert wheel(slider, 1)
    assert slider.value() == 0.51


def test_slider_clamps_and_ignores_non_finite_values(qtbot: QtBot) -> None:
    slider = Slider(0, 1, default=7)
    qtbot.addWidget(slider)
    moved = heard(slider.moved)
    assert slider.value() == 1
    slider.set_value(math.nan)
    slider.set_value(math.inf)
    assert slider.value() == 1
    slider.set_value(-3)
    assert slider.value() == 0
    assert slider.spoken_value() == "0.00"
    assert moved == []
    with pytest.raises(ValueError):
        Slider(1, 0, default=0)


def test_a_logarithmic_slider_can_start_at_zero(qtbot: QtBot) -> None:
    ticks = ((0, "0"), (1, "1"), (100, "100"))
    slider = Slider(0, 100, scale="log", default=1, log_floor=0.01, ticks=ticks, knob=16)
    slider.setFixedWidth(200 + 2 * slider.inset())
    show(qtbot, slider)
    QTest.mouseClick(slider, LEFT, NONE, QPoint(slider.inset() + 10, 12))
    assert slider.value() == 0
    slider.setFocus()
    QTest.keyClick(slider, Key.Key_Right)
    assert slider.value() == 0.01


def test_slider_fill_color(qtbot: QtBot) -> None:
    slider = wide_slider(qtbot)
    y = slider.height() // 2
    assert color_at(slider, slider.inset() + 20, y) == theme.DARK.accent
    assert color_at(slider, slider.inset() + 180, y) == theme.DARK.track
    slider.set_fill("#123456")
    assert color_at(slider, slider.inset() + 20, y) == "#123456"
    slider.set_fill(None)
    assert color_at(slider, slider.inset() + 20, y) == theme.DARK.accent


def test_slider_fill_from_zero(qtbot: QtBot) -> None:
    slider = Slider(-1, 1, default=0, from_zero=True)
    slider.setFixedWidth(200 + 2 * slider.inset())
    show(qtbot, slider)
    slider.set_value(-0.5)
    y = slider.height() // 2
    assert color_at(slider, slider.inset() + 80, y) == theme.DARK.accent
    assert color_at(slider, slider.inset() + 20, y) == theme.DARK.track


# -- spin field


def spin(
    qtbot: QtBot, kind: type[float] | type[int] = float, low: float = -4, high: float = 4, **more: object
) -> SpinField:
    field = SpinField(kind, low, high, **more)  # type: ignore[arg-type]
    show(qtbot, field)
    return field


def typed(field: SpinField, text: str, end: Qt.Key | None = Key.Key_Return) -> None:
    """Click into the field, replace the text, end with a key."""
    QTest.mouseClick(field, LEFT, NONE, QPoint(12, 12))
    editor = field.focusWidget() if field.focusWidget() is not None else field
    for letter in text:  # QTest.keyClicks aborts on a true minus
        key = Key.Key_Backspace if letter == "\b" else Key.Key_unknown
        QApplication.sendEvent(editor, QKeyEvent(QEvent.Type.KeyPress, key, NONE, letter))
    if end is not None:
        QTest.keyClick(editor, end)


def test_spin_types_and_reverts(qtbot: QtBot) -> None:
    field = spin(qtbot, unit="nats")
    edited = heard(field.edited)
    typed(field, "1.5")
    assert edited == [1.5]
    assert not field.is_editing()
    typed(field, "3", Key.Key_Escape)
    assert edited == [1.5]
    assert field.value() == 1.5
    typed(field, "−2.25 nats")
    typed(field, "-1")
    assert edited == [1.5, -2.25, -1.0]
    assert field.shown() == "−1.00"


@pytest.mark.parametrize("text", ["9", "abc", "", "1e999", "nan"])
def test_spin_keeps_its_value_on_bad_input(qtbot: QtBot, text: str) -> None:
    field = spin(qtbot)
    field.set_value(1)
    edited, invalid = heard(field.edited), heard(field.invalid)
    typed(field, text or "\b")
    assert field.is_editing()
    assert field.error()
    assert str(invalid[-1]) == field.error()
    assert color_at(field, field.width() // 2, 0) == theme.DARK.error
    QTest.keyClick(field.focusWidget(), Key.Key_Escape)
    assert field.value() == 1
    assert edited == []
    assert invalid[-1] == ""
    assert not field.is_editing()


def test_spin_whole_numbers(qtbot: QtBot) -> None:
    field = spin(qtbot, int, 1, 2000, unit="images")
    typed(field, "64.5")
    assert field.error() == "'64.5' is not a whole number"
    QTest.keyClick(field.focusWidget(), Key.Key_Escape)
    typed(field, "1,024")
    assert field.value() == 1024
    assert field.shown() == "1,024"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Empty: type a number"),
        ("2,5", "'2,5' is not a whole number"),
        ("1,5e3", "'1,5e3' is not a whole number"),
        ("many", "'many' is not a number"),
        ("-4", "−4 is outside 1 to 2,000 images"),
    ],
)
def test_a_field_without_a_row_says_why_in_a_tooltip(qtbot: QtBot, text: str, why: str) -> None:
    field = spin(qtbot, int, 1, 2000, unit="images")
    field.begin_editing()
    field.lineEdit().setText(text)
    QTest.keyClick(field.focusWidget(), Key.Key_Return)
    assert field.error() == why
    assert QToolTip.text() == why
    QTest.keyClick(field.focusWidget(), Key.Key_Escape)
    assert field.error() == ""
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_spin_leaving_applies_only_what_is_valid(qtbot: QtBot) -> None:
    field, other = SpinField(float, 0, 1), Button("other")
    show(qtbot, field, other)
    edited = heard(field.edited)
    typed(field, "0.5", None)
    other.setFocus()
    assert edited == [0.5]
    typed(field, "7", None)
    other.setFocus()
    assert edited == [0.5]
    assert not field.is_editing()
    assert field.error() == ""


def test_spin_enter_on_the_untouched_text_does_not_round(qtbot: QtBot) -> None:
    field = spin(qtbot)
    field.set_value(1.23456)
    edited = heard(field.edited)
    QTest.mouseClick(field, LEFT, NONE, QPoint(12, 12))
    QTest.keyClick(field.focusWidget(), Key.Key_Return)
    assert edited == []
    assert field.value() == 1.23456


def test_spin_arrows_and_keys(qtbot: QtBot) -> None:
    field = spin(qtbot, float, 0, 1, step=0.1)
    edited = heard(field.edited)
    QTest.mouseClick(field, LEFT, NONE, QPoint(field.width() - 10, 6))
    QTest.mouseClick(field, LEFT, NONE, QPoint(field.width() - 10, 6))
    QTest.mouseClick(field, LEFT, NONE, QPoint(field.width() - 10, 18))
    assert edited == pytest.approx([0.1, 0.2, 0.1])
    field.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(field, Key.Key_Up)
    QTest.keyClick(field, Key.Key_Up)
    QTest.keyClick(field, Key.Key_Down, SHIFT)
    assert field.value() == pytest.approx(0.19)
    QTest.keyClick(field, Key.Key_PageUp)
    assert field.value() == 1.0
    QTest.keyClick(field, Key.Key_Up)
    assert len(edited) == 6
    QTest.keyClick(field, Key.Key_7)
    assert field.is_editing()


def test_spin_scrubs(qtbot: QtBot) -> None:
    field = spin(qtbot, int, 0, 100, small=True)
    assert field.height() == 20
    edited = heard(field.edited)
    drag(field, QPoint(20, 12), QPoint(20, 4), QPoint(20, -8))
    assert field.value() == 5
    assert edited == [2, 5]
    assert not field.is_editing()


def test_spin_log_steps_by_factors(qtbot: QtBot) -> None:
    field = spin(qtbot, int, 0, 1024, scale="log")
    field.set_value(64)
    field.setFocus()
    QTest.keyClick(field, Key.Key_Up)
    assert field.value() == 128
    field.set_value(1)
    QTest.keyClick(field, Key.Key_Down)
    assert field.value() == 0
    QTest.keyClick(field, Key.Key_Up)
    assert field.value() == 1


def test_spin_disabled_and_programmatic_values(qtbot: QtBot) -> None:
    field = spin(qtbot)
    edited = heard(field.edited)
    field.set_value(99)
    assert field.value() == 4
    field.set_value(math.nan)
    assert field.value() == 4
    field.set_range(-1, 1)
    assert field.value() == 1
    field.setEnabled(False)
    QTest.mouseClick(field, LEFT, NONE, QPoint(12, 12))
    assert not field.is_editing()
    assert edited == []
    with pytest.raises(ValueError):
        field.set_range(2, 2)
    assert not wheel(field, 1)


def test_spin_keeps_every_figure_of_its_value(qtbot: QtBot) -> None:
    field = spin(qtbot, float, 0, 1e9)
    for value in (1.23456, 1e-5, 3.3333333333333335e-07, 0.1 + 0.2, 123456789.123):
        field.set_value(value)
        assert field.value() == value


def test_text_being_typed_stays_when_the_value_changes(qtbot: QtBot) -> None:
    """A schedule sets β while somebody types another."""
    field = spin(qtbot)
    typed(field, "2.5", None)
    field.set_value(1)
    assert field.lineEdit().text() == "2.5"
    QTest.keyClick(field, Key.Key_Return)
    assert field.value() == 2.5


def test_an_input_method_types_into_a_field(qtbot: QtBot) -> None:
    field = spin(qtbot)
    field.setFocus(Qt.FocusReason.TabFocusReason)
    composed = QInputMethodEvent()
    composed.setCommitString("3.5")
    QApplication.sendEvent(field, composed)
    assert field.is_editing()
    QTest.keyClick(field, Key.Key_Return)
    assert field.value() == 3.5


def test_only_a_field_in_which_somebody_types_keeps_letters_from_the_window(qtbot: QtBot) -> None:
    field = spin(qtbot)
    field.setFocus(Qt.FocusReason.TabFocusReason)
    assert not claims(field, Key.Key_Space)
    assert not claims(field, Key.Key_Escape)
    field.begin_editing()
    assert claims(field, Key.Key_Space)
    assert claims(field, Key.Key_Escape)
    assert claims(field, Key.Key_Up)


def test_a_screen_reader_reads_and_sets_numbers(qtbot: QtBot) -> None:
    slider = Slider(0, 100, scale="log", default=1, log_floor=0.01)
    field = SpinField(float, 0, 100, unit="nats", decimals=1)
    bars = HistogramSlider()
    show(qtbot, slider, field, bars)
    field.set_value(2.5)
    heard_of = [heard(slider.settled), heard(field.edited), heard(bars.settled)]
    for control, role, words in (
        (slider, Role.Slider, "1.00"),
        (field, Role.SpinBox, "2.5 nats"),
        (bars, Role.Slider, "0.00"),
    ):
        spoken, number = Spoken.of(control), told(control).valueInterface()
        assert (spoken.role, spoken.value) == (role, words)
        assert number.currentValue() == control.value()
        assert number.minimumValue() < number.currentValue() < number.maximumValue()
        number.setCurrentValue(3.0)
        assert control.value() == 3.0
    assert heard_of == [[3.0], [3.0], [3.0]]


# -- histogram slider


def histogram(qtbot: QtBot) -> HistogramSlider:
    slider = HistogramSlider()
    slider.setFixedWidth(224)
    show(qtbot, slider)
    return slider


def test_histogram_slider_by_mouse(qtbot: QtBot) -> None:
    slider = histogram(qtbot)
    assert slider.height() == 58
    moved, settled = heard(slider.moved), heard(slider.settled)
    drag(slider, QPoint(56, 20), QPoint(168, 50), QPoint(140, 50))
    assert moved == pytest.approx([-2.0, 2.0, 1.0], abs=0.02)
    assert settled == pytest.approx([1.0], abs=0.02)
    drag(slider, QPoint(140, 50), QPoint(999, 50))
    assert slider.value() == 4
    QTest.mouseDClick(slider, LEFT, NONE, QPoint(220, 50))
    assert slider.value() == 0


def test_histogram_slider_keys_and_wheel(qtbot: QtBot) -> None:
    slider = histogram(qtbot)
    assert not wheel(slider, 1)
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    for key, value in ((Key.Key_Right, 0.05), (Key.Key_Down, 0.0), (Key.Key_PageUp, 0.5), (Key.Key_Home, -4.0)):
        assert claims(slider, key)
        QTest.keyClick(slider, key)
        assert slider.value() == pytest.approx(value)
    slider.set_value(0)
    QTest.keyClick(slider, Key.Key_Right, SHIFT)
    assert slider.value() == 0.01
    assert wheel(slider, -1)
    assert slider.value() == pytest.approx(-0.04)


def test_histogram_slider_bars(qtbot: QtBot) -> None:
    slider = histogram(qtbot)
    bins = np.zeros(56)
    bins[10] = 5
    slider.set_bins(bins)
    slider.set_slot(1)
    assert color_at(slider, 41, 5) == theme.DARK.hist(1)
    assert color_at(slider, 60, 5) != theme.DARK.hist(1)
    slider.set_silent(True)
    assert color_at(slider, 41, 5) != theme.DARK.hist(1)
    slider.set_silent(False)
    for bad in (np.array([]), np.full(56, np.nan), np.full(56, -1.0), np.full(7, np.inf)):
        slider.set_bins(bad)
        assert theme.DARK.hist(1) not in colors_of(slider)
    bins[40] = -5
    slider.set_bins(bins)
    background = theme.DARK.panel
    assert color_at(slider, 161, 43) == background
    assert color_at(slider, 41, 43) == theme.DARK.hist(1)
    slider.set_value(math.nan)
    assert slider.value() == 0
