"""A row of a knob: what was refused, and how long it says so."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from core.foundation.params import knobs
from core.models.base import MODELS
from gui.widgets.knob_row import KnobRow, TextField
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
