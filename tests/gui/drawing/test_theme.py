"""Theme, icons, shapes, numbers and scales."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.drawing import icons, lane_shapes, numbers, theme
from gui.drawing.scale import Scale

pytestmark = pytest.mark.usefixtures("dark")


# -- theme, icons, shapes


def test_every_text_colour_has_a_contrast_of_4_5_on_every_surface() -> None:
    for colors in (theme.DARK, theme.LIGHT):
        for surface in (colors.window, colors.panel, colors.card, colors.control, colors.plot):
            for token in ("text", "text_2", "text_3", "accent", "warn", "error"):
                assert theme.contrast(colors.token(token), surface) >= 4.5, (colors.name, token, surface)
        assert theme.contrast(colors.on_accent, colors.accent) >= 4.5
        for lane, ink in zip(colors.lanes, colors.lane_inks, strict=True):
            assert theme.contrast(ink, lane) >= 4.5
        for index in range(10):
            assert theme.contrast(colors.class_ink(index), colors.class_color(index)) >= 4.5


def test_mixed_colours_and_colour_maps() -> None:
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
    full = theme.DARK.image_table[255].astype(int) - theme.DARK.image_table[0]
    assert np.allclose(faint / full, 0.25, atol=0.01)
    with pytest.raises(ValueError, match="read-only"):
        table[0, 0] = 1


def test_apply_sets_palette_and_fonts_and_emits_changed(qapp: QApplication, qtbot: QtBot) -> None:
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


def test_every_icon_is_drawn_in_the_given_colour(qapp: QApplication) -> None:
    expected = """menu play pause step restart dice chevron-down chevron-left chevron-right chevron-up plus close more
        help lock cpu rows-curve rows-map rows-image rows-grid rows-film zero shuffle walk loop enter pencil image
        check-circle dashed-circle warning disk gear eye link undo redo camera film code sun moon folder"""
    assert set(expected.split()) <= set(icons.names())
    for name in icons.names():
        image = icons.pixmap(name, 16, "#FF0000", 2.0).toImage()
        assert image.width() == 32, name
        inked = [image.pixelColor(x, y) for x in range(32) for y in range(32) if image.pixelColor(x, y).alpha() == 255]
        assert inked, name
        assert {c.name() for c in inked} == {"#ff0000"}, name
    with pytest.raises(KeyError, match="no-such"):
        icons.pixmap("no-such", 16, "#FF0000")
    assert not icons.icon("gear").isNull()


def test_lanes_have_different_shapes(qapp: QApplication) -> None:
    seen = {bytes(lane_shapes.shape_pixmap(slot, 12, "#FF0000").toImage().constBits()) for slot in range(5)}
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


@pytest.mark.parametrize("text", ["", "abc", "1..2", "nan", "inf", "1_000", "--1", "1 2"])
def test_parse_refuses_text_that_is_no_finite_number(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a|Empty: type a number"):
        numbers.parse(text)


@pytest.mark.parametrize("text", ["0,05", "0,001", "1,5", "-0,5", "12,34", "1,2345", ",5"])
def test_parse_takes_no_comma_for_a_decimal_point(text: str) -> None:
    """Dropped as a separator of thousands it would make 5 of a learning rate of 0,05."""
    with pytest.raises(ValueError, match="decimals follow a point"):
        numbers.parse(text)


def test_parse_accepts_both_minus_signs_and_commas() -> None:
    assert numbers.parse(" −1,234.5 ") == numbers.parse("-1234.5") == -1234.5


@pytest.mark.parametrize(
    "scale",
    [Scale(-4, 4), Scale(1e-5, 0.1, "log"), Scale(0, 100, "log", floor=0.01), Scale(1, 1024, "log", 0), Scale(0, 1)],
)
def test_position_inverts_value(scale: Scale) -> None:
    for k in range(101):
        value = scale.value(k / 100)
        assert scale.low <= value <= scale.high
        assert scale.value(scale.position(value)) == pytest.approx(value, rel=1e-9)
    assert scale.value(-5) == scale.low
    assert scale.value(5) == scale.high


def test_a_logarithmic_scale_can_start_at_zero() -> None:
    scale = Scale(0, 100, "log", floor=0.01)
    assert scale.position(0) == 0
    assert scale.value(0.079) == 0
    assert scale.position(1) == pytest.approx(0.08 + 0.92 / 2)
    assert scale.stepped(0, 0.01) == 0.01
    assert scale.stepped(0.01, -0.01) == 0


@pytest.mark.parametrize("bad", [(1, 1, "linear"), (2, 1, "linear"), (-1, 1, "log"), (0, math.inf, "linear")])
def test_a_scale_refuses_an_empty_range(bad: tuple[float, float, str]) -> None:
    with pytest.raises(ValueError):
        Scale(bad[0], bad[1], bad[2])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0042, 2, "0.0042"),
        (-0.0123, 2, "−0.012"),
        (0.05, 2, "0.050"),
        (2.314, 2, "2.31"),
        (0.04, 1, "0.040"),
        (0.0, 2, "0.00"),
        (3.0, 0, "3"),
        (0.0999, 2, "0.10"),
        (3e-9, 2, "3e−9"),
        (float("nan"), 2, "—"),
        (float("inf"), 2, "∞"),
    ],
)
def test_a_value_keeps_two_figures(value: float, decimals: int, text: str) -> None:
    assert numbers.telling(value, decimals) == text


def test_two_small_values_are_told_apart() -> None:
    assert numbers.telling(0.0042) != numbers.telling(0.0008)


def test_less_than_a_tenth_of_a_second_is_no_zero() -> None:
    assert numbers.duration(0.04) == "under 0.1 s"
    assert numbers.duration(1.23) == "1.2 s"


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (1.08, 0.9, 1.1, "1.08"),
        (1.12, 1.1, math.inf, "1.12"),
        (1.08, 1.1, math.inf, "1.11"),  # a word that stands a little past its limit
        (0.92, -math.inf, 0.9, "0.90"),
        (0.9001, 0.9, 1.1, "0.91"),
        (1.0, 0.9, 1.1, "1.0"),
        (3.14, 1.1, math.inf, "3.1"),
        (0.4, -math.inf, 0.9, "0.4"),
        (5e4, 1.1, math.inf, "> 1,000"),
    ],
)
def test_a_ratio_reads_within_the_limits_of_its_word(value: float, low: float, high: float, text: str) -> None:
    assert numbers.within(value, low, high) == text
