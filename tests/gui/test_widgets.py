"""Our widgets under mouse, keyboard and bad input."""

from __future__ import annotations

import gc
import math
import subprocess
import sys
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QImage, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from gui import icons, shapes, theme
from gui.widgets import focus, numbers, pictures
from gui.widgets.buttons import Button, IconButton, LinkButton, PressButton, PrimaryButton
from gui.widgets.chips import Chip, ClassChip, KeyCap, SparkChip
from gui.widgets.combo import Combo
from gui.widgets.gauge import Gauge
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.mosaic import Mosaic
from gui.widgets.popover import Popover
from gui.widgets.scale import Scale
from gui.widgets.sections import Card, Divider, Section, SectionHeader, Strip
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField

LEFT, SHIFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier
Key = Qt.Key
OPEN: list[QWidget] = []  # qtbot keeps no window alive


@pytest.fixture(autouse=True)
def dark(qapp: QApplication, qt_messages: list[str]) -> Iterator[None]:
    """Every test starts and ends in the dark theme at text size 1."""
    theme.apply(qapp, theme.DARK, 1.0)
    yield
    OPEN.clear()
    qt_messages[:] = [m for m in qt_messages if "This plugin does not support" not in m]  # offscreen has no screen
    theme.apply(qapp, theme.DARK, 1.0)


def show(qtbot: QtBot, *widgets: QWidget) -> QWidget:
    """The widgets in a column of an active window."""
    window = QWidget()
    OPEN.append(window)
    column = QVBoxLayout(window)
    for widget in widgets:
        column.addWidget(widget)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
    if (focused := window.focusWidget()) is not None:
        focused.clearFocus()  # an opening window focuses its first control
    return window


def heard(signal: object) -> list[object]:
    """The arguments of every emission from now on (one argument, or () for none)."""
    calls: list[object] = []
    signal.connect(lambda *args: calls.append(args[0] if len(args) == 1 else args))  # type: ignore[attr-defined]
    return calls


def wheel(widget: QWidget, notches: int) -> bool:
    """Turn the wheel over a widget; whether it took the event."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle,
        widget.mapToGlobal(middle),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def claims(widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> bool:
    """Whether the focused widget keeps a key from the window's shortcuts."""
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
    event.ignore()
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drag(widget: QWidget, start: QPoint, *to: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """Press, move through the points, release at the last."""
    QTest.mousePress(widget, LEFT, modifiers, start)
    for point in to:
        QTest.mouseMove(widget, point)
        QApplication.processEvents()
    QTest.mouseRelease(widget, LEFT, modifiers, to[-1])


def pixels(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def color_at(widget: QWidget, x: int, y: int) -> str:
    return pixels(widget).pixelColor(x, y).name().upper()


def colors_of(widget: QWidget) -> set[str]:
    image = pixels(widget)
    return {image.pixelColor(x, y).name().upper() for x in range(0, image.width()) for y in range(0, image.height())}


# -- theme, icons, shapes


def test_contrasts_are_those_of_the_plan() -> None:
    for colors in (theme.DARK, theme.LIGHT):
        for surface in (colors.window, colors.panel, colors.card, colors.control, colors.plot):
            for token in ("text", "text_2", "text_3", "accent", "warn", "error"):
                assert theme.contrast(colors.token(token), surface) >= 4.5, (colors.name, token, surface)
        assert theme.contrast(colors.on_accent, colors.accent) >= 4.5
        for lane, ink in zip(colors.lanes, colors.lane_inks, strict=True):
            assert theme.contrast(ink, lane) >= 4.5
        for index in range(10):
            assert theme.contrast(colors.class_ink(index), colors.class_color(index)) >= 4.5


def test_mixes_and_tables() -> None:
    assert theme.mix("#FFFFFF", "#000000", 0.5) == "#808080"
    assert theme.mix("#123456", "#FFFFFF", 1.0) == "#123456"
    assert theme.DARK.tint(1) == theme.mix(theme.DARK.lanes[1], theme.DARK.card, 0.10)
    assert theme.LIGHT.tint(1) == theme.mix(theme.LIGHT.lanes[1], theme.LIGHT.card, 0.07)
    table = theme.LIGHT.image_table
    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert tuple(table[0]) == theme.rgb("#FFFFFF")
    assert tuple(table[255]) == theme.rgb("#121519")
    assert theme.LIGHT.image_table is table
    faint = theme.DARK.tiles_behind_codes[255].astype(int) - theme.DARK.tiles_behind_codes[0]
    whole = theme.DARK.image_table[255].astype(int) - theme.DARK.image_table[0]
    assert np.allclose(faint / whole, 0.25, atol=0.01)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1


def test_apply_sets_palette_fonts_and_tells(qapp: QApplication, qtbot: QtBot) -> None:
    with qtbot.waitSignal(theme.changes.changed, timeout=0):
        theme.apply(qapp, theme.LIGHT, 1.3)
    assert theme.current() is theme.LIGHT
    assert qapp.palette().window().color().name().upper() == theme.LIGHT.panel
    assert theme.px(24) == 31
    assert theme.font("body").pixelSize() == 16
    assert theme.font("hero").pixelSize() == 29
    theme.apply(qapp, theme.DARK)
    assert theme.px(24) == 24
    assert theme.font("tick").pixelSize() == 10
    for bad in (math.nan, 0.0, math.inf):
        with pytest.raises(ValueError):
            theme.apply(qapp, theme.DARK, bad)
    assert theme.text_scale() == 1.0


def test_figures_are_tabular(qapp: QApplication) -> None:
    from PySide6.QtGui import QFontInfo, QFontMetricsF

    assert QFontInfo(theme.font("body")).family() == "Inter"
    metrics = QFontMetricsF(theme.font("medium"))
    assert metrics.horizontalAdvance("1111") == metrics.horizontalAdvance("8808")


def test_every_icon_of_the_plan_draws(qapp: QApplication) -> None:
    wanted = """menu play pause step restart dice chevron-down chevron-left chevron-right chevron-up plus close more
        help lock cpu rows-curve rows-map rows-image rows-grid rows-film zero shuffle walk loop enter pencil image
        check-circle dashed-circle warning disk gear eye link undo redo camera film code sun moon folder"""
    assert set(wanted.split()) <= set(icons.names())
    for name in icons.names():
        image = icons.pixmap(name, 16, "#FF0000", 2.0).toImage()
        assert image.width() == 32, name
        inked = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255]
        assert inked, name
        assert {c.name() for c in inked} == {"#ff0000"}, name
    with pytest.raises(KeyError, match="no-such"):
        icons.pixmap("no-such", 16, "#FF0000")
    assert not icons.icon("gear").isNull()


def test_shapes_differ(qapp: QApplication) -> None:
    seen = {bytes(shapes.shape_pixmap(slot, 12, "#FF0000").toImage().constBits()) for slot in range(5)}
    assert len(seen) == 5


# -- numbers and scales


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.number(-1234.5), "−1,234.50"),
        (numbers.number(-0.001), "0.00"),
        (numbers.number(math.nan), "—"),
        (numbers.number(-math.inf), "−∞"),
        (numbers.signed(0.5, 1), "+0.5"),
        (numbers.signed(0.0, 1), "0.0"),
        (numbers.knob(0.0004), "0.0004"),
        (numbers.knob(-0.0004), "−0.0004"),
        (numbers.short(2500), "2.5k"),
        (numbers.short(999), "999"),
        (numbers.short(999.9), "1k"),
        (numbers.short(-60000), "−60k"),
        (numbers.short(12e6), "12M"),
        (numbers.short(0), "0"),
        (numbers.clock(271), "4:31"),
        (numbers.clock(3871), "1:04:31"),
        (numbers.clock(-1), "—"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert text == expected


@pytest.mark.parametrize("text", ["", "abc", "1..2", "nan", "inf", "1_000", "--1"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        numbers.parse(text)


def test_parse_accepts_both_minus_signs_and_commas() -> None:
    assert numbers.parse(" −1,234.5 ") == numbers.parse("-1234.5") == -1234.5


@pytest.mark.parametrize(
    "scale",
    [Scale(-4, 4), Scale(1e-5, 0.1, "log"), Scale(0, 100, "log", floor=0.01), Scale(1, 1024, "log", 0), Scale(0, 1)],
)
def test_scale_goes_there_and_back(scale: Scale) -> None:
    for k in range(101):
        value = scale.value(k / 100)
        assert scale.low <= value <= scale.high
        assert scale.value(scale.position(value)) == pytest.approx(value, rel=1e-9)
    assert scale.value(-5) == scale.low
    assert scale.value(5) == scale.high


def test_scale_of_beta() -> None:
    scale = Scale(0, 100, "log", floor=0.01)
    assert scale.position(0) == 0
    assert scale.value(0.079) == 0
    assert scale.position(1) == pytest.approx(0.08 + 0.92 / 2)
    assert scale.stepped(0, 0.01) == 0.01
    assert scale.stepped(0.01, -0.01) == 0


@pytest.mark.parametrize("bad", [(1, 1, "linear"), (2, 1, "linear"), (-1, 1, "log"), (0, math.inf, "linear")])
def test_scale_refuses(bad: tuple[float, float, str]) -> None:
    with pytest.raises(ValueError):
        Scale(bad[0], bad[1], bad[2])  # type: ignore[arg-type]


# -- focus ring


def test_ring_is_for_the_keyboard_only(qtbot: QtBot) -> None:
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


def test_label_elides_and_tells_the_whole(qtbot: QtBot) -> None:
    label = Label("a rather long sentence", "body", elided=True)
    window = show(qtbot, label)
    window.resize(400, 60)
    QApplication.processEvents()
    assert label.toolTip() == ""
    label.setFixedWidth(60)
    QApplication.processEvents()
    assert label.toolTip() == "a rather long sentence"
    label.setToolTip("mine")
    label.setFixedWidth(50)
    QApplication.processEvents()
    assert label.toolTip() == "mine"


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


def test_label_made_before_a_switch_follows_it_too(qtbot: QtBot, qapp: QApplication) -> None:
    label = Label("WWW", "strong")
    theme.apply(qapp, theme.LIGHT)
    show(qtbot, label)
    assert theme.LIGHT.text in colors_of(label)
    assert theme.DARK.text not in colors_of(label)


def test_wrapped_label_is_as_high_as_its_lines(qtbot: QtBot) -> None:
    label = Label("one two three four five six", wrap=True)
    assert label.heightForWidth(60) > 2.5 * label.heightForWidth(1000)


def test_a_dead_widget_does_not_follow(qapp: QApplication) -> None:
    label = Label("x")
    gone = weakref.ref(label)
    del label
    gc.collect()
    assert gone() is None
    theme.apply(qapp, theme.LIGHT)


# -- buttons and chips


def all_buttons() -> list[PressButton]:
    return [
        PrimaryButton("Train", "play", "Space"),
        Button("Plain", "plus", key="E"),
        IconButton("gear", "Settings"),
        LinkButton("Show all"),
        Chip("cpu", "CPU"),
        SparkChip("60 fps"),
        ClassChip(3, "3"),
    ]


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
    assert button.minimumWidth() == wide
    button.set_compact(True)
    assert button.sizeHint().width() < wide - 30
    assert button.minimumWidth() == 0


def test_checked_fill(qtbot: QtBot) -> None:
    button = Button("1")
    button.setCheckable(True)
    button.set_checked_fill("#112233", "#FFFFFF")
    show(qtbot, button)
    assert color_at(button, 4, 4) == theme.DARK.control
    button.setChecked(True)
    assert color_at(button, 4, 4) == "#112233"


def test_icon_button_names_itself(qtbot: QtBot) -> None:
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


def test_spark_chip_leaves_out_what_is_no_number(qtbot: QtBot) -> None:
    chip = SparkChip("60 fps")
    show(qtbot, chip)
    empty = pixels(chip)
    chip.set_values([1.0, math.nan, 3.0, math.inf, 2.0])
    assert chip.values() == [1.0, 3.0, 2.0]
    assert pixels(chip) != empty
    chip.set_values([0.0, 0.0])
    chip.set_values([-1.0, -2.0])
    pixels(chip)


def test_class_chip_says_when_to_add(qtbot: QtBot) -> None:
    chip = ClassChip(12, "twelve")
    show(qtbot, chip)
    picked = heard(chip.picked)
    QTest.mouseClick(chip, LEFT)
    QTest.mouseClick(chip, LEFT, Qt.KeyboardModifier.ControlModifier)
    assert picked == [(12, False), (12, True)]


def test_key_cap_grows_with_its_word(qtbot: QtBot) -> None:
    assert KeyCap("E").sizeHint().width() == 16
    assert KeyCap("Space").sizeHint().width() > 30


# -- segmented


def test_segmented(qtbot: QtBot) -> None:
    control = Segmented([("a", "One"), ("b", "Two"), ("c", "Three")])
    show(qtbot, control)
    chosen = heard(control.chosen)
    third = control.width() // 3
    QTest.mouseClick(control, LEFT, NONE, QPoint(third + 8, 12))
    assert control.value() == "b"
    QTest.mouseClick(control, LEFT, NONE, QPoint(third + 8, 12))
    assert chosen == ["b"]
    control.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(control, Key.Key_Left)
    QTest.keyClick(control, Key.Key_Right)
    QTest.keyClick(control, Key.Key_Right)
    QTest.keyClick(control, Key.Key_Home)
    assert chosen == ["b", "c", "a"]
    control.set_value("c")
    assert chosen == ["b", "c", "a"]
    assert control.accessibleDescription() == "Three"
    with pytest.raises(KeyError, match="nope"):
        control.set_value("nope")
    assert control.value() == "c"


def test_segmented_skips_what_is_off(qtbot: QtBot) -> None:
    control = Segmented([("a", "One"), ("b", "Two"), ("c", "Three")], small=True)
    show(qtbot, control)
    assert control.sizeHint().height() == 20
    control.set_option_enabled("b", False, "not here")
    QTest.mouseClick(control, LEFT, NONE, QPoint(control.width() // 2, 10))
    assert control.value() == "a"
    control.setFocus()
    QTest.keyClick(control, Key.Key_Right)
    assert control.value() == "c"


@pytest.mark.parametrize("options", [[], [("a", "x"), ("a", "y")]])
def test_segmented_refuses(qapp: QApplication, options: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError):
        Segmented(options)


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


def test_slider_is_fine_with_shift(qtbot: QtBot) -> None:
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


def test_slider_double_click_is_default(qtbot: QtBot) -> None:
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


def test_slider_escape_takes_a_drag_back(qtbot: QtBot) -> None:
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


def test_slider_bad_values(qtbot: QtBot) -> None:
    slider = Slider(0, 1, default=7)
    qtbot.addWidget(slider)
    moved = heard(slider.moved)
    assert slider.value() == 1
    slider.set_value(math.nan)
    slider.set_value(math.inf)
    assert slider.value() == 1
    slider.set_value(-3)
    assert slider.value() == 0
    assert slider.accessibleDescription() == "0.00"
    assert moved == []
    with pytest.raises(ValueError):
        Slider(1, 0, default=0)


def test_slider_of_beta_starts_with_zero(qtbot: QtBot) -> None:
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
    assert field.error() == "64.50 is not a whole number"
    QTest.keyClick(field.focusWidget(), Key.Key_Escape)
    typed(field, "1,024")
    assert field.value() == 1024
    assert field.shown() == "1,024"


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


# -- histogram slider


def histogram(qtbot: QtBot) -> HistogramSlider:
    slider = HistogramSlider()
    slider.setFixedWidth(224)
    show(qtbot, slider)
    return slider


def test_histogram_slider_by_hand(qtbot: QtBot) -> None:
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
    ground = theme.DARK.panel
    assert color_at(slider, 161, 43) == ground
    assert color_at(slider, 41, 43) == theme.DARK.hist(1)
    slider.set_value(math.nan)
    assert slider.value() == 0


# -- sections


@pytest.mark.parametrize("make", [lambda: SectionHeader("Input", "input"), lambda: Strip("Loss", "in nats")])
def test_headers_fold(qtbot: QtBot, make: object) -> None:
    header = make()  # type: ignore[operator]
    action = IconButton("more", "More")
    header.add_action(action)
    show(qtbot, header)
    toggled = heard(header.toggled)
    QTest.mouseClick(header, LEFT, NONE, QPoint(20, 10))
    assert toggled == [False]
    assert header.accessibleDescription() == "collapsed"
    header.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(header, Key.Key_Space)
    QTest.keyClick(header, Key.Key_Return)
    assert toggled == [False, True, False]
    QTest.mouseClick(action, LEFT)
    QTest.mouseClick(header, Qt.MouseButton.RightButton, NONE, QPoint(20, 10))
    header.set_open(False)
    assert toggled == [False, True, False]
    header.set_foldable(False)
    QTest.mouseClick(header, LEFT, NONE, QPoint(20, 10))
    assert not header.is_open()


def test_strip_note_and_heights(qtbot: QtBot) -> None:
    strip, header = Strip("Loss", "first"), SectionHeader("Input", "input")
    window = show(qtbot, strip, header)
    window.resize(300, 80)
    assert (strip.height(), header.height()) == (24, 32)
    assert header.objectName() == "input"
    before = pixels(strip)
    strip.set_note("second")
    assert strip.note() == "second"
    assert pixels(strip) != before


def test_section_hides_its_body(qtbot: QtBot) -> None:
    section, inside = Section("Classes", "classes"), Label("inside")
    section.body.addWidget(inside)
    show(qtbot, section)
    assert inside.isVisible()
    section.set_open(False)
    assert not inside.isVisible()
    QTest.mouseClick(section.header, LEFT, NONE, QPoint(20, 10))
    assert inside.isVisible()


def test_card_and_divider_are_crisp(qtbot: QtBot) -> None:
    card, divider = Card(), Divider()
    card.setFixedSize(60, 40)
    show(qtbot, card, divider)
    image = pixels(card)
    assert [image.pixelColor(x, 20).name().upper() for x in (0, 1, 58, 59)] == [
        theme.DARK.line,
        theme.DARK.card,
        theme.DARK.card,
        theme.DARK.line,
    ]
    assert colors_of(divider) == {theme.DARK.line}
    card.set_look("plot", "#123456")
    assert color_at(card, 0, 20) == "#123456"


# -- pictures


def test_image_view_zoom(qtbot: QtBot) -> None:
    view = ImageView(120)
    show(qtbot, view)
    view.set_image(np.eye(28, dtype=np.uint8) * 255)
    assert view.zoom() == 4
    left = (120 - 112) // 2
    lit = "#{:02X}{:02X}{:02X}".format(*theme.DARK.image_table[255])
    for x, y, expected in ((0, 0, lit), (3, 3, lit), (4, 3, theme.DARK.plot), (4, 4, lit)):
        assert color_at(view, left + x, left + y) == expected
    view.dim(True)
    assert color_at(view, left, left) == "#{:02X}{:02X}{:02X}".format(*theme.DARK.tiles_alone[255])
    view.dim(False)
    view.set_image(np.zeros((240, 240), np.uint8))
    assert view.zoom() == 0.5
    view.set_image(np.zeros((28, 28), np.uint8))
    view.set_smooth(True)
    assert view.zoom() == pytest.approx(120 / 28)


def test_image_view_follows_the_theme_but_not_with_colors(qtbot: QtBot, qapp: QApplication) -> None:
    view = ImageView(56)
    show(qtbot, view)
    view.set_image(np.full((28, 28), 255, np.uint8))
    assert color_at(view, 28, 28) == theme.DARK.picture
    theme.apply(qapp, theme.LIGHT)
    assert color_at(view, 28, 28) == theme.LIGHT.picture
    view.set_image(np.full((28, 28, 3), (10, 20, 30), np.uint8))
    assert color_at(view, 28, 28) == "#0A141E"


def test_image_view_keeps_its_own_copy_and_empties(qtbot: QtBot) -> None:
    view = ImageView(56, "Draw here")
    show(qtbot, view)
    empty = pixels(view)
    image = np.full((28, 28), 255, np.uint8)
    view.set_image(image)
    image[:] = 0
    assert view.image() is not None
    assert view.image().max() == 255  # type: ignore[union-attr]
    view.set_image(None)
    assert pixels(view) == empty
    assert theme.DARK.line_strong in colors_of(view)


@pytest.mark.parametrize(
    "bad", [np.zeros((28, 28)), np.zeros((28,), np.uint8), np.zeros((28, 28, 4), np.uint8), np.zeros((0, 5), np.uint8)]
)
def test_image_view_refuses(qtbot: QtBot, bad: np.ndarray) -> None:
    view = ImageView(56)
    qtbot.addWidget(view)
    with pytest.raises(ValueError, match="images"):
        view.set_image(bad)
    assert view.image() is None


def test_scaling_keeps_brightness() -> None:
    batch = np.random.default_rng(0).integers(0, 255, (3, 28, 28, 3), dtype=np.uint8)
    small = pictures.scaled(batch, 19, 19)
    assert np.array_equal(pictures.scaled(batch[..., 0], 19, 19), small[..., 0])
    assert small.shape == (3, 19, 19, 3)
    assert small.mean() == pytest.approx(batch.mean(), abs=2)
    assert np.array_equal(pictures.scaled(batch, 56, 56)[:, ::2, ::2], batch)
    flat = pictures.scaled(np.full((1, 28, 28, 3), 200, np.uint8), 40, 17)
    assert set(np.unique(flat)) == {200}


def mosaic(qtbot: QtBot) -> Mosaic:
    grid = Mosaic(28, 2)
    grid.set_grid(4, 2)
    images = np.stack([np.full((28, 28), 30 * k, np.uint8) for k in range(7)])
    grid.set_images(images)
    window = show(qtbot, grid)
    window.adjustSize()
    return grid


def test_mosaic_paints_every_tile_in_place(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    assert (grid.columns(), grid.rows(), grid.shown()) == (4, 2, 7)
    table = theme.DARK.image_table
    for index in range(7):
        rect = grid.tile_rect(index)
        for point in (rect.topLeft(), rect.bottomRight()):
            assert color_at(grid, point.x(), point.y()) == "#{:02X}{:02X}{:02X}".format(*table[30 * index])
        assert color_at(grid, rect.right() + 1, rect.top() + 3) == theme.DARK.plot or index % 4 == 3


def test_mosaic_hover_and_click(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    hovered, clicked = heard(grid.hovered), heard(grid.clicked)
    QTest.mouseMove(grid, grid.tile_rect(5).center())
    QApplication.processEvents()
    assert hovered[-1] == 5
    assert grid.highlight() == 5
    QTest.mouseClick(grid, LEFT, NONE, grid.tile_rect(5).center())
    QTest.mouseClick(grid, LEFT, NONE, grid.tile_rect(7).center())
    assert clicked == [5]
    QApplication.sendEvent(grid, QEvent(QEvent.Type.Leave))
    assert hovered[-1] == -1
    assert grid.highlight() == -1


def test_mosaic_keys(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    clicked = heard(grid.clicked)
    grid.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(grid, Key.Key_Left)
    for key, at in (
        (Key.Key_Right, 0),
        (Key.Key_Right, 1),
        (Key.Key_Down, 5),
        (Key.Key_Down, 5),
        (Key.Key_Right, 6),
        (Key.Key_Right, 6),
        (Key.Key_Up, 2),
    ):
        QTest.keyClick(grid, key)
        assert grid.highlight() == at
    QTest.keyClick(grid, Key.Key_Return)
    assert clicked == [2]
    QApplication.sendEvent(grid, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert grid.highlight() == -1


def test_mosaic_outlines(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    plain = pixels(grid)
    grid.set_highlight(1)
    assert theme.DARK.accent in colors_of(grid)
    grid.set_highlight(99)
    assert pixels(grid) == plain
    grid.set_selected(2)
    assert theme.DARK.text in colors_of(grid)


def test_mosaic_refuses_and_survives(qtbot: QtBot) -> None:
    grid = mosaic(qtbot)
    for bad in (np.zeros((3, 28, 28)), np.zeros((28, 28), np.uint8)):
        with pytest.raises(ValueError, match="images"):
            grid.set_images(bad)
    with pytest.raises(ValueError):
        grid.set_grid(0, 3)
    grid.set_images(np.zeros((0, 28, 28), np.uint8))
    assert grid.shown() == 0
    QTest.mouseClick(grid, LEFT, NONE, QPoint(20, 20))
    QTest.keyClick(grid, Key.Key_Return)
    pixels(grid)
    grid.set_images(np.full((500, 32, 32, 3), 7, np.uint8))
    assert grid.shown() == 8
    pixels(grid)


# -- gauge, combo, popover


def test_gauge(qtbot: QtBot) -> None:
    gauge = Gauge(4.0, 1.0)
    gauge.setFixedWidth(200)
    show(qtbot, gauge)
    y = gauge.height() // 2
    assert color_at(gauge, 20, y) == theme.DARK.track
    gauge.set_value(2.0)
    gauge.set_token("warn")
    assert color_at(gauge, 90, y) == theme.DARK.warn
    assert color_at(gauge, 110, y) == theme.DARK.track
    assert color_at(gauge, 50, y) == theme.DARK.text_2
    for value, kept in ((math.nan, None), (99.0, 4.0), (-1.0, 0.0), (None, None), (math.inf, 4.0)):
        gauge.set_value(value)
        assert gauge.value() == kept
    with pytest.raises(ValueError):
        Gauge(0.0)


def test_combo(qtbot: QtBot) -> None:
    combo = Combo([("adam", "Adam"), ("sgd", "SGD"), ("rms", "RMSprop")])
    show(qtbot, combo)
    chosen = heard(combo.chosen)
    combo.set_value("sgd")
    assert combo.value() == "sgd"
    assert chosen == []
    assert not wheel(combo, -1)
    combo.setFocus(Qt.FocusReason.TabFocusReason)
    assert claims(combo, Key.Key_Down)
    QTest.keyClick(combo, Key.Key_Down)
    combo.activated.emit(combo.currentIndex())  # the same one again, from the list
    assert chosen == ["rms"]
    combo.set_options([("x", "X"), ("rms", "RMSprop")])
    assert combo.value() == "rms"
    combo.set_options([("x", "X")])
    assert combo.value() == "x"
    assert chosen == ["rms"]
    with pytest.raises(KeyError, match="nope"):
        combo.set_value("nope")
    with pytest.raises(ValueError):
        combo.set_options([("x", "X"), ("x", "Y")])
    combo.set_options([])
    assert combo.value() == ""


def test_popover_opens_and_closes(qtbot: QtBot) -> None:
    button = Button("Open")
    window = show(qtbot, button)
    popover = Popover(window)
    popover.body.addWidget(Label("inside"))
    popover.open_below(button)
    assert popover.isVisible()
    assert color_at(popover, 0, popover.height() // 2) == theme.DARK.line_strong
    assert color_at(popover, 4, 4) == theme.DARK.card
    QTest.keyClick(popover, Key.Key_Escape)
    assert not popover.isVisible()


# -- the house


def test_import_is_light() -> None:
    code = (
        "import sys; import gui.theme, gui.icons, gui.shapes, gui.widgets.slider, gui.widgets.mosaic;"
        "bad = {'torch', 'pyqtgraph', 'core'} & set(sys.modules); assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_everything_paints_at_every_text_size(qtbot: QtBot, qapp: QApplication) -> None:
    row = QWidget()
    layout = QHBoxLayout(row)
    spin_field, combo = SpinField(float, 0, 1, unit="nats"), Combo([("a", "A")])
    combo.set_icon("a", icons.icon("gear"))
    widgets: list[QWidget] = [*all_buttons(), spin_field, combo, Segmented([("a", "A"), ("b", "B")])]
    widgets += [Slider(0, 1, default=0, ticks=((0, "0"), (1, "1"))), HistogramSlider(), SectionHeader("A", "a")]
    for widget in widgets:
        layout.addWidget(widget)
    show(qtbot, row)
    for colors in (theme.LIGHT, theme.DARK):
        for scale in theme.TEXT_SCALES:
            theme.apply(qapp, colors, scale)
            QApplication.processEvents()
            for widget in widgets:
                assert widget.sizeHint().height() == widget.height() or widget.height() >= widget.sizeHint().height()
                assert len(colors_of(widget)) > 1, (type(widget).__name__, colors.name, scale)
