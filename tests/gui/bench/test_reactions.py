"""The bench of reactions opens everything that can be opened. Speed is not tested."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from core.benchmarks.targets import TARGETS, figure
from gui.bench import reactions as bench
from gui.bench.reactions import all_reactions, measure, reactions
from gui.information.page import PAGES
from gui.shell.pages import KEYS

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py

OPENED_BY = {
    "tab_lineup": "lineup",
    "tab_latent": "latent",
    "toggle_latent": "latent",
    "tab_compare": "compare",
    "tab_information": "information",
    "toggle_panels": "side_panels",
    "toggle_table": "table",
    "toggle_help": "help_box",
    "toggle_lessons": "lessons",
    "draw": "drawing_sheet",
    "open_menu": "main_menu",
    "show_palette": "palette",
    "toggle_menu_bar": "menu_bar",
    "show_preferences": "preferences",
    "show_about": "about",
    "add_lane": "models",
    "ask_dataset": "datasets",
    "show_keys": "keys",
    "show_events": "events",
    "choose_machine": "machines",
    "open_experiment": "open_experiment",
    **dict.fromkeys(("save_experiment", "save_experiment_as"), "save_experiment"),
    "open_run": "open_run",
    "open_sweep": "open_sweep",
    "save_runs": "save_runs",
    "export_picture": "export_picture",
    **dict.fromkeys(("export_png_2", "export_png_4", "export_svg_1", "export_pdf_1"), "export_picture"),
    "make_film": "make_film",
    "write_report": "write_report",
    "paste_experiment": "paste_experiment",
}
"""The reaction that measures what a command opens."""


def test_everything_is_opened_twice(
    monkeypatch: pytest.MonkeyPatch, qapp: QApplication, hush: None, small_window: None
) -> None:
    monkeypatch.setattr(bench, "SETTLE_S", 0.1)
    monkeypatch.setattr(bench, "PAUSE_S", 0.01)
    lines: list[str] = []
    report = reactions(lines.append)
    slowest, worst = report.pop("worst"), report.pop("worst_ms")
    assert max(report[slowest][key] for key in ("first_ms", "second_ms")) == worst
    assert list(report) == [each.name for each in all_reactions(Path())]
    assert len(lines) == len(report) + 1
    for name, figures in report.items():
        assert set(figures) == {"first_ms", "second_ms", "first_cpu_ms", "second_cpu_ms"}, name
        assert min(figures.values()) > 0.0, name
        assert max(figures.values()) <= worst, name
    paths = [target.path for target in TARGETS if target.path.startswith("reactions.")]
    assert paths == ["reactions.worst_ms"]
    assert figure({"reactions": {"worst_ms": worst}}, paths[0]) == worst


def test_every_command_that_opens_something_is_measured(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae", "vae"))
    window = stage.window
    asked: list[str] = []

    def cancelled(answer: object) -> Callable[..., object]:
        return lambda *_: (asked.append("a dialog"), answer)[1]

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", cancelled(""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", cancelled(("", "")))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", cancelled(("", "")))
    panels = (window.left, window.right, window.lessons, window.help, window.lineup.compare, window.input.sheet)

    def state() -> tuple[object, ...]:
        above = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        sizes = [(panel.isVisible(), panel.isHidden(), panel.height()) for panel in panels]
        return window.pages.currentWidget(), above, window.data.sheet, len(asked), *sizes

    opening = set()
    for command in window.commands.table:
        if command.name in ("quit", "close_lane", "duplicate_lane") or command.name.startswith("text_size_"):
            continue  # they end the window or a lane, add one, or change every size
        window.show_tab("latent" if command.name == "tab_lineup" else "lineup")
        QApplication.processEvents()
        before = state()
        command.do()
        QApplication.processEvents()
        if state() != before:
            opening.add(command.name)
        above = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if above is not None:
            above.close()
        if window.data.sheet is not None:
            window.data.sheet.close()
    names = {each.name for each in all_reactions(Path())}
    assert opening - set(OPENED_BY) == set()
    assert set(OPENED_BY) - opening == set()
    assert set(OPENED_BY.values()) <= names
    assert {f"page_{name.replace(' ', '_')}" for name in PAGES.names()[1:]} | set(KEYS) <= names


class Slow(QWidget):
    """Counts its frames."""

    frames = 0

    def paintEvent(self, event: QPaintEvent) -> None:
        self.frames += 1


def test_a_time_ends_with_the_frame_that_shows_the_answer(qtbot: QtBot) -> None:
    answer = Slow()
    qtbot.addWidget(answer)
    went_back: list[bool] = []
    spent = measure(answer.show, lambda: answer if answer.isVisible() else None, lambda: went_back.append(True))
    assert answer.frames == 1
    assert spent.wall_ms > 0.0
    qtbot.waitUntil(lambda: went_back == [True])


def test_an_answer_that_never_comes_is_an_error(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PATIENCE_S", 0.05)
    hidden = Slow()
    qtbot.addWidget(hidden)
    with pytest.raises(TimeoutError, match="not painted"):
        measure(lambda: None, lambda: hidden)
