"""What the menu of the table of measures does with a row, and with the value of one lane."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QWidget

from gui.compare.measure_words import about, cell_words
from gui.desk.desk import Desk
from gui.widgets.explanation import Explanation
from gui.widgets.offer import Act

if TYPE_CHECKING:
    from core.engine import measure_table


def row_acts(
    table: QWidget, desk: Desk, row: measure_table.Row, lanes: Sequence[measure_table.Lane], lane: int | None
) -> tuple[Act, ...]:
    """Say what a measure is; copy its value in a ``lane``, or without one those of all lanes."""
    metric = row.metric

    def explain() -> None:
        text = about(row)
        footer = text.footer if lane is None else f"{cell_words(row, lane, lanes[lane])}\n{text.footer}"
        Explanation(table, dataclasses.replace(text, text=desk.worded(text.text), footer=footer)).open_at(QCursor.pos())

    def copy() -> None:
        chosen = [(each.name, cell.measured) for each, cell in zip(lanes, row.cells, strict=True)]
        if lane is not None:
            chosen = chosen[lane : lane + 1]
        values = [(name, f"{measured.value:.9g}") for name, measured in chosen if measured is not None]
        alone = lane is not None and values
        text = values[0][1] if alone else "\n".join(f"{name}\t{value}" for name, value in values)
        QGuiApplication.clipboard().setText(text)
        desk.told.emit(f"{metric.title}: {'the value is' if alone else 'the values are'} copied.", "note")

    cells = row.cells if lane is None else row.cells[lane : lane + 1]
    has_values = any(cell.measured is not None for cell in cells)
    words = "Copy the values of this row" if lane is None else "Copy this value"
    return (
        Act(f"What is {metric.title}?", explain),
        Act(words, copy, is_enabled=has_values, why_not="" if has_values else "It is not measured yet"),
    )
