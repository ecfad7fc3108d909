"""What a number field shows of its value: unit, and a number too long for it."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from gui.drawing import paint
from gui.widgets.spin_field import SpinField


def _words(field: SpinField, wide: int) -> list[str]:
    field.resize(wide, 24)
    return [text for _, text in paint.words_on(field)]


@pytest.mark.parametrize(
    ("kind", "value", "unit", "shown"),
    [(int, 1, "images", "image"), (int, 64, "images", "images"), (int, 1, "s", "s"), (float, 1.0, "nats", "nats")],
)
def test_one_image_is_no_images(
    qtbot: QtBot, kind: type[int] | type[float], value: float, unit: str, shown: str
) -> None:
    field = SpinField(kind, 1, 4096, unit=unit)
    qtbot.addWidget(field)
    field.set_value(value)
    assert _words(field, 130)[1] == shown


@pytest.mark.parametrize(("value", "shown"), [(0.001, "0.0010"), (1e9, "1G"), (1234567.0, "1.23M"), (20.0, "20")])
def test_a_number_that_does_not_fit_is_not_cut_into_another(qtbot: QtBot, value: float, shown: str) -> None:
    field = SpinField(float, 0.0, 1e9, decimals=4)
    qtbot.addWidget(field)
    field.set_value(value)
    words = _words(field, 72)
    assert words == [shown]
    assert paint.wide(words[0], "medium") <= 76 - 20 - 8
