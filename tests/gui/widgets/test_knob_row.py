"""A row of a knob: what was refused, and how long it says so."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.foundation.params import knobs
from core.models.base import MODELS
from gui.drawing import paint, theme
from gui.widgets import layouts
from gui.widgets.knob_row import KnobRow, TextField, choice_words
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField
from tests.gui import hands


@pytest.mark.usefixtures("dark")
def test_the_reason_goes_with_the_refused_text(qtbot: QtBot) -> None:
    """A restart sets the value again: the field shows it, and the old text is refused no longer."""
    knob = next(each for each in knobs(MODELS.get("ae").Config) if each.name == "hidden")
    row = KnobRow(knob)
    hands.show(qtbot, row)
    field = row.findChild(TextField)
    field.setText("wide")
    field.editingFinished.emit()
    field.clearFocus()
    assert "'wide' does not look like" in row._error.text()
    assert row._error.isVisible()
    row.set_value("256, 128")
    assert field.text() == "256, 128"
    assert not row._error.isVisible()


@pytest.mark.usefixtures("dark")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9999999", "'9999999' is too wide: a layer has 9,999 units at most"),
        ("64, 10000", "'64, 10000' is too wide: a layer has 9,999 units at most"),
        ("8 8 8 8 8 8 8 8 8", "'8 8 8 8 8 8 8 8 8' has too many layers: 8 at most"),
        ("-5, 3", "'-5, 3' does not look like 400 or 256, 128"),
        ("", "'' does not look like 400 or 256, 128"),
    ],
)
def test_refused_layers_say_what_is_wrong_with_them_in_sight(qtbot: QtBot, text: str, why: str) -> None:
    """The last row of a list that scrolls says its reason where it can be read, in a field with an error's frame."""
    knob = next(each for each in knobs(MODELS.get("ae").Config) if each.name == "hidden")
    rows = [KnobRow(knob) for _ in range(12)]
    inside = QWidget()
    layouts.column(*rows, spacing=0, margins=layouts.NO_MARGINS, on=inside)
    area = layouts.scrolled(inside, "Inside")
    area.setFixedHeight(5 * rows[0].sizeHint().height())
    hands.show(qtbot, area)
    row = rows[4]
    field = row.findChild(TextField)
    field.setText(text)
    field.editingFinished.emit()
    assert row._error.text() == why
    assert area.viewport().rect().contains(row._error.mapTo(area.viewport(), row._error.rect().bottomLeft()))
    assert hands.has_color(field.grab().toImage(), theme.current().error)
    field.setText("256, 128")
    field.editingFinished.emit()
    assert not hands.has_color(field.grab().toImage(), theme.current().error)


@pytest.mark.usefixtures("dark")
@pytest.mark.parametrize(("panel_px", "slider_px"), [(215, 36), (239, 56), (280, 96)])
def test_a_slider_is_wide_enough_to_be_set(qtbot: QtBot, panel_px: int, slider_px: int) -> None:
    """Its groove is longer than its knob in the narrowest panel too, and the number beside it is whole."""
    knob = next(each for each in knobs(MODELS.get("ae").Config) if each.name == "lr")
    row = KnobRow(knob)
    row.setFixedWidth(panel_px)
    hands.show(qtbot, row)
    field = row.findChild(SpinField)
    assert row.findChild(Slider).width() >= slider_px
    for value, words in ((0.001, "0.0010"), (0.00001, "0.00001")):
        row.set_value(value)
        assert [each for _, each in paint.words_on(field)] == [words]
    assert field.geometry().right() < panel_px


@pytest.mark.parametrize(("choice", "words"), [("fit", "Fit"), ("mlp", "MLP"), ("cuda", "CUDA"), ("grey", "Grey")])
def test_only_acronyms_are_capitals(choice: str, words: str) -> None:
    assert choice_words(choice) == words
