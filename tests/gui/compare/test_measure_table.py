"""The table of measures in the Compare tab and under the lineup, its copies and pictures."""

from __future__ import annotations

import csv
import dataclasses
import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from core.engine import measure_table
from core.metrics.base import Measured
from core.probes.samples import SamplesLook
from gui.compare.measure_words import cell_words
from gui.drawing import paint, theme
from gui.lineup.summary_table import SummaryTable
from gui.widgets.buttons import Button
from gui.widgets.dialogs import ErrorDialog
from gui.widgets.segmented import Segmented
from tests.fakes import fakes
from tests.gui.hands import has_color

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def row_of(stage: Any, name: str) -> int:
    return next(i for i, row in enumerate(stage.tab.table._rows) if row.metric.name == name)


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_best_is_bold_and_marked(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.measured("proxy_fd", "coverage", "slow", "only_ae")
    table, colors = stage.tab.table, theme.current()
    row = row_of(stage, "proxy_fd")
    assert [cell.mark for cell in table._rows[row].cells] == ["worse", "level", "best"]
    picture = table.grab().toImage()
    marks = [has_color(picture, colors.ok, table.cell_rect(row, lane).toRect()) for lane in range(3)]
    assert marks[2] > 0 == marks[0] == marks[1]
    bars = [has_color(picture, colors.lanes[lane], table.cell_rect(row, lane).toRect()) for lane in range(3)]
    assert bars[0] > bars[1] > bars[2] > 0  # as long as the value
    words = cell_words(table._rows[row], 2, table._lanes[2]).splitlines()
    assert words[0] == "GAN: 232.0 (95 %: 220.0 to 244.0)"
    assert re.fullmatch(
        r"2,500 samples against 2,500 real ones, (under 0\.1|\d+\.\d) s of one core, at step 0, z from Prior\.",
        words[1],
    )
    assert words[2:] == ["A perfect model reads 3.2 at these sizes.", "The best."]
    assert "Cannot be told from the best" in cell_words(table._rows[row], 1, table._lanes[1])
    apart = Measured(3.1, 2.4, 3.7, n=100)
    cells = [dataclasses.replace(table._rows[row].cells[0], from_best=apart, mark=mark) for mark in ("worse", "level")]
    for cell, end in zip(cells, (").", "). It cannot be told from it."), strict=True):
        words = cell_words(measure_table.Row(table._rows[row].metric, (cell,)), 0, table._lanes[0]).splitlines()
        assert words[-1] == f"+3.1 from the best, on the same 100 test images (95 %: +2.4 to +3.7{end}"


def test_a_missing_value_has_its_reason(opened: Callable[..., Any]) -> None:
    stage = opened("vae", "gan")
    names = [row.metric.name for row in stage.tab.table._rows]
    assert "only_ae" not in names  # no lane has it
    assert "slow" in names
    stage.measured("slow")
    table = stage.tab.table
    row = row_of(stage, "slow")
    assert cell_words(table._rows[row], 1, table._lanes[1]) == "GAN: GAN has no slow."
    spot = table.cell_rect(row, 1).center()
    assert table.words_at(spot) == "GAN: GAN has no slow."
    assert "What slow says." in table.words_at(table.title_rect(row).center())
    stage.desk.add_lane("ae")
    QApplication.processEvents()
    assert "only_ae" in [row.metric.name for row in stage.tab.table._rows]
    assert table.height() == table.tall()


def test_every_measure_has_its_turn_while_lanes_train(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae", "vae")
    stage.measured("slow")
    stage.key("Space")
    stage.until(stage.stepped(20))
    step = stage.run("vae").view.status.step
    stage.measured("slow", step=step)  # though it is expensive
    stage.measured("proxy_fd", step=step)
    assert stage.all_are("training")()


def test_measure_all_ends_by_itself(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae", "vae")
    stage.measured("slow")
    stage.key("Space")
    stage.until(stage.stepped(20))
    QTest.mouseClick(stage.find(Button, "measure all", stage.tab), LEFT)
    assert stage.tab.table._all
    stage.until(lambda: not stage.tab.table._all)
    assert stage.all_are("training")()


@pytest.mark.usefixtures("engine_here")
def test_nothing_is_measured_in_another_tab(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae")
    stage.measured("only_ae")
    stage.key("Ctrl+2")
    asked = len(measures["only_ae"].asked)
    stage.desk.step()
    stage.until(stage.stepped(1))
    run = stage.run("ae")
    stage.until(lambda: stage.answer(run, SamplesLook) is not None)  # the other tab asks for looks
    assert len(measures["only_ae"].asked) == asked
    stage.key("Ctrl+3")
    stage.until(lambda: len(measures["only_ae"].asked) > asked)


def test_old_values_are_grey_with_their_step_and_never_the_best(opened: Callable[..., Any]) -> None:
    stage = opened("ae", "vae")
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.measured("proxy_fd", step=20)
    stage.until(lambda: not any(run.view.measures.waiting for run in stage.desk.runs))
    table = stage.tab.table
    table.read()
    at = row_of(stage, "proxy_fd")
    best = next(lane for lane, cell in enumerate(table._rows[at].cells) if cell.mark == "best")
    run = table._runs[best]
    stage.window.clock.stop()
    run.board.change(lambda view: replace(view, status=replace(view.status, step=480)))
    table.read()
    cells = table._rows[at].cells
    assert cells[best].old
    assert cells[best].mark == ""
    assert not cells[1 - best].old
    words = [text for place, text in paint.words_on(table) if table.cell_rect(at, best).contains(place.center())]
    assert "step 20, z from Prior" in words
    assert has_color(table.grab().toImage(), theme.current().text, table.cell_rect(at, best).toRect()) == 0


def test_while_lanes_train_a_few_rows_are_painted_at_a_time(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = opened("ae", "vae")
    stage.measured("slow", "only_ae")
    stage.until(lambda: not any(run.view.measures.waiting for run in stage.desk.runs))
    table, view = stage.tab.table, stage.run("ae").view
    stage.window.clock.stop()
    table.refresh(view)
    painted: list[Any] = []
    monkeypatch.setattr(table, "update", lambda *area: painted.append(area))
    table.refresh(view)
    assert painted == []  # nothing has changed
    monkeypatch.setattr(type(stage.desk.experiment), "any_training", True)
    table._row_states = [None] * len(table._rows)
    table.refresh(view)
    assert 0 < len(painted) < len(table._rows)
    while len(painted) < len(table._rows):
        before = len(painted)
        table.refresh(view)
        assert len(painted) > before
    assert [area[0] for area in painted] == [table.row_rect(i).toRect() for i in range(len(table._rows))]


def test_a_chart_reads_what_lies_under_the_mouse(opened: Callable[..., Any]) -> None:
    stage = opened("ae", "vae")
    stage.measured("proxy_fd")
    stage.desk.experiment.step(50)
    stage.until(stage.stepped(50))
    stage.rest()
    stage.measured("proxy_fd", step=50)
    stage.until(lambda: all(len(run.view.measures.trail) >= 2 for run in stage.desk.runs))
    table = stage.tab.table
    table.read()
    row = row_of(stage, "proxy_fd")
    area = table.curve_rect(row)
    left, right = (table.words_at(QPointF(x, area.center().y())) for x in (area.left() + 2, area.right() - 2))
    assert "AE: 514.0 at step 0" in left
    assert "AE: 514.0 at step 50" in right
    axis = stage.find(Segmented, "compare over", stage.tab)
    axis.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Right")
    assert stage.desk.x_axis == "seconds"
    assert re.search(r"AE: 514\.0 at \d+\.\d s", table.words_at(QPointF(area.right() - 2, area.center().y())))
    picture = table.grab().toImage()
    assert has_color(picture, theme.current().lanes[0], area.toRect()) > 3


def test_rows_are_reached_by_keyboard(opened: Callable[..., Any]) -> None:
    stage = opened(size=(1100, 700))
    table = stage.tab.table
    heard: list[Any] = []
    stage.desk.helped.connect(heard.append)
    table.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(len(table._rows)):
        stage.key("Down")
    last = table._rows[-1].metric
    assert heard[-1].title == last.title
    area = table.row_rect(len(table._rows) - 1).toRect().translated(table.pos())
    bar = stage.tab._scroll.verticalScrollBar()
    assert bar.value() > 0
    assert area.center().y() - bar.value() < stage.tab._scroll.viewport().height()
    assert table.accessibleDescription()
    stage.key("Home")
    assert heard[-1].title == table._rows[0].metric.title


# --- the small table -------------------------------------------------------------------------------------------------


def test_the_small_table_reads_measures_where_they_exist(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.key("Ctrl+1")
    table = stage.window.lineup.compare
    assert isinstance(table, SummaryTable)
    titles = [column.title for column in table.columns]
    assert titles == ["Distortion", "Rate", "−ELBO", "Proxy-FD", "Coverage", "Hole share", "Speed"]
    stage.until(lambda: all(run.view.measures is not None for run in stage.desk.runs))
    proxy = table.columns[titles.index("Proxy-FD")]

    def shown() -> list[float]:
        values = [table._value(proxy, run) for run in stage.desk.runs]
        return [value.number for value in values if value is not None]

    stage.until(lambda: shown() == [514.0, 240.0, 232.0])


def test_without_those_measures_the_small_table_has_no_such_columns(desk_window: Open) -> None:
    with fakes():
        stage = desk_window(("ae",))
        titles = [column.title for column in stage.window.lineup.compare.columns]
    assert titles == ["Distortion", "Rate", "−ELBO", "Hole share", "Speed"]


# --- taking away -----------------------------------------------------------------------------------------------------


def test_the_table_is_copied(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.measured("proxy_fd", "coverage", "only_ae")
    clipboard = QGuiApplication.clipboard()
    QTest.mouseClick(stage.find(Button, "copy table", stage.tab), LEFT)
    menu = stage.find(QMenu, "copy menu")
    stage.until(menu.isVisible)
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy as Markdown"].trigger()
    text = clipboard.text()
    assert "| Measure | AE | VAE | GAN |" in text
    assert "| Coverage, % | 29.6 | **32.1** | 15.4 |" in text
    assert "| Only ae, dB | −7.5 | — | — |" in text
    actions["Copy as CSV"].trigger()
    menu.close()
    found = list(csv.DictReader(io.StringIO(clipboard.text())))
    shares = {each["lane"]: float(each["value"]) for each in found if each["measure"] == "coverage"}
    assert shares == {"AE": 29.6, "VAE": 32.1, "GAN": 15.4}
    assert stage.window.status.events[-1].text == "The table is copied as CSV."


def test_the_whole_page_is_exported(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = opened(size=(1100, 700))
    stage.measured("proxy_fd", "coverage", "slow")
    path = tmp_path / "compare.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(stage.find(Button, "export compare", stage.tab), LEFT)
    stage.until(path.exists)
    picture = QImage(str(path))
    assert picture.width() == stage.tab.page.width()
    assert picture.height() > stage.tab.page.height() > stage.tab._scroll.viewport().height()
    for lane in range(3):
        assert has_color(picture, theme.current().lanes[lane]) > 50
    foot = picture.rect().adjusted(0, picture.height() - 200, 0, 0)
    assert has_color(picture, theme.current().plot, foot) > 1000  # the plane, which is scrolled away


def test_a_file_that_cannot_be_written_is_reported(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = opened("ae")
    path = tmp_path / "missing" / "compare.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    stage.tab.export()
    stage.until(stage.has_dialog)
    dialog = stage.dialog()
    assert isinstance(dialog, ErrorDialog)
    dialog.close()
    assert "Cannot write" in stage.window.status.events[-1].text
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    stage.tab.export()
    assert not stage.has_dialog()


@pytest.mark.parametrize(
    ("room", "shown"), [(200, "step 13,040, z from Prior"), (100, "step 13,040, Prior"), (70, "13,040, Prior")]
)
def test_the_origin_of_an_old_value_keeps_its_sampler(qapp: QApplication, room: int, shown: str) -> None:
    forms = measure_table.origins(Measured(1.0, step=13_040, sampler="prior"))
    assert paint.fitting(forms, "tick", room) == shown
    assert measure_table.origins(Measured(1.0, step=480)) == ("step 480",)
