"""``latent-playground bench window``: how long each thing that opens takes from the press to its first painted frame.

Every tab, page of the Information tab, side panel, sheet, menu and dialog is opened twice while three lanes train. The
time ends when the frame that shows the answer is painted. What an answer fills in afterwards comes in later frames.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Qt, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget

from core.verdicts import Verdict
from gui.bench.window import SETTLE_S, drop, open_window, wait
from gui.information.page import PAGES
from gui.lineup.sampler_chooser import SamplerChooser
from gui.lineup.verdict_chip import LaneVerdicts
from gui.shell.app import make_app
from gui.shell.window import MainWindow

PAUSE_S = 0.5
"""Time between two presses."""
PATIENCE_S = 20.0
"""Longest wait for the frame that shows an answer."""
VERDICT = Verdict("bench", "note", "Bench", "A sentence with its number.", "The rule behind it.", "what to try")
"""The verdict whose rule and remedy are opened."""

_LOOK = QEvent.Type(QEvent.registerEventType())
_END = QEvent.Type(QEvent.registerEventType())

Act = Callable[[MainWindow], object]


@dataclass(frozen=True)
class Spent:
    """From a press to the painted answer: time on the wall, and CPU time of the GUI thread, ms."""

    wall_ms: float
    cpu_ms: float


class _Frame(QObject):
    """Notes when the first frame with the answer is painted. Create it right before the press."""

    def __init__(self, answer: Callable[[], QWidget | None], painted: Callable[[], object]) -> None:
        super().__init__()
        self._answer, self._painted = answer, painted
        self._watched: list[QWidget] = []
        self.spent: Spent | None = None
        self._began, self._began_cpu = time.perf_counter(), time.thread_time()
        self._post(_LOOK)

    def _post(self, kind: QEvent.Type) -> None:
        QCoreApplication.postEvent(self, QEvent(kind), Qt.EventPriority.HighEventPriority.value)

    def event(self, event: QEvent) -> bool:
        if event.type() == _LOOK:
            self._watch()
        elif event.type() == _END and self.spent is None:
            cpu = time.thread_time() - self._began_cpu
            self.spent = Spent(1000 * (time.perf_counter() - self._began), 1000 * cpu)
            QTimer.singleShot(0, self._painted)
        return super().event(event)

    def _watch(self) -> None:
        answer = self._answer()
        if answer is None:  # a menu or dialog that is not open yet
            QTimer.singleShot(0, lambda: self._post(_LOOK))
            return
        self._watched = [answer, *answer.findChildren(QWidget)]
        for widget in self._watched:
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            for widget in filter(shiboken6.isValid, self._watched):
                widget.removeEventFilter(self)
            self._watched.clear()
            self._post(_END)  # delivered once the whole frame is painted
        return False


def measure(
    press: Callable[[], object], answer: Callable[[], QWidget | None], back: Callable[[], object] = lambda: None
) -> Spent:
    """Press, wait for the frame that shows the answer, go back. `TimeoutError` if there is none in `PATIENCE_S`."""
    frame = _Frame(answer, back)
    press()
    until = time.perf_counter() + PATIENCE_S
    waking = QTimer()  # an event, where no other comes
    waking.start(int(1000 * PATIENCE_S) + 1)
    try:
        while frame.spent is None:
            if time.perf_counter() > until:
                raise TimeoutError("the answer was not painted")
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    finally:
        waking.stop()
    return frame.spent


# --- what the user presses, what appears, and the way back ------------------------------------------------------------


def _nothing(window: MainWindow) -> None:
    """No way back is needed."""


def _show_lineup(window: MainWindow) -> None:
    if window.pages.tab != "lineup":
        window.show_tab("lineup")
        wait(PAUSE_S)


@dataclass(frozen=True)
class Reaction:
    """A thing that opens: what the user does, the widget that appears or changes, and the way back.

    ``prepare`` comes before the press and is not measured.
    """

    name: str
    press: Act
    answer: Callable[[MainWindow], QWidget | None]
    back: Act = _nothing
    prepare: Act = _show_lineup


def _button(name: str) -> Act:
    def click(window: MainWindow) -> None:
        found = [each for each in window.findChildren(QAbstractButton, name) if each.isVisible()]
        assert found, name
        found[0].click()

    return click


def _command(name: str) -> Act:
    return lambda window: window.commands.action(name).trigger()


def _page(window: MainWindow) -> QWidget | None:
    return window.pages.currentWidget()


def _menu(window: MainWindow) -> QWidget | None:
    return QApplication.activePopupWidget()


def _dialog(window: MainWindow) -> QWidget | None:
    return QApplication.activeModalWidget()


def _close_menu(window: MainWindow) -> None:
    popup = _menu(window)
    if popup is not None:
        popup.close()


def _close_dialog(window: MainWindow) -> None:
    dialog = _dialog(window)
    if dialog is not None:
        dialog.close()


def _close_sheet(window: MainWindow) -> None:
    if window.data.sheet is not None:
        window.data.sheet.close()


def _tab(name: str, prepare: Act = _show_lineup) -> Reaction:
    return Reaction(name, _button(f"tab {name}"), _page, prepare=prepare)


def _information_page(name: str) -> Reaction:
    def prepare(window: MainWindow) -> None:
        window.show_tab("information")
        window.information.show_page(PAGES.names()[0])
        wait(PAUSE_S)

    def press(window: MainWindow) -> None:
        window.information.chooser.chosen.emit(name)

    return Reaction(f"page_{name.replace(' ', '_')}", press, lambda window: window.information, prepare=prepare)


def _opens_menu(name: str, press: Act) -> Reaction:
    return Reaction(name, press, _menu, _close_menu)


def _opens_dialog(name: str, press: Act) -> Reaction:
    return Reaction(name, press, _dialog, _close_dialog)


def _open_lane_menu(window: MainWindow) -> None:
    window.lineup.menu_wanted.emit(window.desk.runs[1], window.lineup.mapToGlobal(window.lineup.rect().center()))


def _open_verdicts(window: MainWindow) -> None:
    chip = window.lineup.findChildren(LaneVerdicts)[0]
    chip.set_verdicts((VERDICT,))  # whatever the lane has earned by now
    chip.open()


def _open_samplers(window: MainWindow) -> None:
    next(each for each in window.lineup.findChildren(SamplerChooser) if each.isVisible()).showPopup()


def _draw_points(window: MainWindow) -> None:
    window.data.draw("drawn")


def _explore(window: MainWindow) -> None:
    window.desk.explored.emit(window.desk.runs[1])


def _wait_for_files(window: MainWindow) -> None:
    window.runs.stop()


def _set_up(window: MainWindow) -> None:
    window.lessons.page.button.click()


def _list_lessons(window: MainWindow) -> None:
    window.lessons.page.left.emit()


def _lessons(window: MainWindow) -> QWidget | None:
    return window.lessons


def _glossary(key: str) -> Act:
    return lambda window: window.lessons.tabs.chosen.emit(key)


def _show_lessons(window: MainWindow) -> None:
    if window.lessons.isHidden():
        window.middle.toggle_lessons()
        wait(PAUSE_S)


def _paste_own(window: MainWindow) -> None:
    """Copy the experiment, and paste it."""
    window.sharing.copy_experiment()
    window.sharing.paste()


def _show_lesson(window: MainWindow) -> None:
    if not window.lessons.page.isVisible():
        window.lessons.start(1)
        wait(PAUSE_S)


def _train_on(window: MainWindow) -> None:
    """Open another lesson, and train: its set-up replaces the lanes as the first one did."""
    for run in window.desk.runs:
        run.board.wait(lambda view: view.status.state != "building", PATIENCE_S)
    window.lessons.start(2)
    window.desk.experiment.start()


def all_reactions(folder: Path) -> tuple[Reaction, ...]:
    """Everything that opens, in the order in which it is measured. Runs are saved in ``folder``.

    The tab Information opens its first page, the lessons replace the lanes: these are last.
    """
    return (
        _tab("latent"),
        _tab("compare"),
        _tab("lineup", prepare=lambda window: window.show_tab("latent")),
        Reaction("loss_explorer", _explore, _page),
        _tab("information"),
        *(_information_page(name) for name in PAGES.names()[1:]),
        Reaction("side_panels", _command("toggle_panels"), lambda window: window.lineup),
        Reaction("table", _command("toggle_table"), lambda window: window.lineup),
        Reaction("menu_bar", _command("toggle_menu_bar"), lambda window: window.lineup, _command("toggle_menu_bar")),
        Reaction("help_box", _command("toggle_help"), lambda window: window.left),
        Reaction("drawing_sheet", _command("draw"), lambda w: w.input.sheet, lambda w: w.input.sheet.close_card()),
        _opens_menu("main_menu", _command("open_menu")),
        _opens_menu("palette", _command("show_palette")),
        _opens_menu("models", _command("add_lane")),
        Reaction("datasets", _command("ask_dataset"), lambda window: window.data.sheet, _close_sheet),
        _opens_menu("lane_menu", _open_lane_menu),
        _opens_menu("verdicts", _open_verdicts),
        _opens_menu("samplers", _open_samplers),
        _opens_dialog("keys", _command("show_keys")),
        _opens_dialog("events", _command("show_events")),
        _opens_dialog("preferences", _command("show_preferences")),
        _opens_dialog("about", _command("show_about")),
        _opens_dialog("machines", _command("choose_machine")),
        _opens_dialog("draw_points", _draw_points),
        _opens_dialog("open_experiment", _command("open_experiment")),
        _opens_dialog("save_experiment", _command("save_experiment_as")),
        _opens_dialog("open_run", _command("open_run")),
        _opens_dialog("open_sweep", _command("open_sweep")),
        _opens_dialog("save_runs", _command("save_runs")),
        _opens_dialog("export_picture", _command("export_picture")),
        _opens_dialog("make_film", _command("make_film")),
        _opens_dialog("write_report", _command("write_report")),
        _opens_dialog("paste_experiment", _paste_own),
        Reaction("save", lambda window: window.runs.save(folder), lambda window: window.status, _wait_for_files),
        Reaction("lessons", _command("toggle_lessons"), lambda window: window.lessons, _command("toggle_lessons")),
        Reaction("glossary", _glossary("glossary"), _lessons, _glossary("lessons"), _show_lessons),
        Reaction("lesson", lambda window: window.lessons.start(1), _lessons, _list_lessons, _show_lessons),
        Reaction("lesson_set_up", _set_up, _lessons, _train_on, _show_lesson),
    )


@contextlib.contextmanager
def dialogs_of_qt(app: QApplication) -> Iterator[None]:
    """Within it no dialog is the system's own, which would keep the event loop to itself."""
    native = app.testAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    try:
        yield
    finally:
        app.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs, native)


def reactions(log: Callable[[str], None]) -> dict[str, Any]:
    """Both times of every reaction, ms, on the wall and in CPU time of the GUI thread; ``worst`` names the slowest."""
    app = make_app()
    gc.disable()
    window, experiment = open_window(("ae", "vae", "gan"))
    experiment.start()
    wait(SETTLE_S)
    try:
        with dialogs_of_qt(app):
            report = _open_all(window, log)
    finally:
        experiment.close(PATIENCE_S)
        drop(window)
        gc.enable()
    worst = max(report, key=lambda name: max(report[name]["first_ms"], report[name]["second_ms"]))
    report["worst"], report["worst_ms"] = worst, max(report[worst]["first_ms"], report[worst]["second_ms"])
    log(f"the slowest answer comes after {report['worst_ms']:.0f} ms ({worst})")
    return report


def _open_all(window: MainWindow, log: Callable[[str], None]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for reaction in all_reactions(Path(folder)):
            first, second = (open_once(window, reaction) for _ in range(2))
            report[reaction.name] = {
                "first_ms": round(first.wall_ms, 1),
                "second_ms": round(second.wall_ms, 1),
                "first_cpu_ms": round(first.cpu_ms, 1),
                "second_cpu_ms": round(second.cpu_ms, 1),
            }
            log(f"{reaction.name}: {first.wall_ms:.0f} ms, then {second.wall_ms:.0f} ms")
    return report


def open_once(window: MainWindow, reaction: Reaction) -> Spent:
    """Open one thing, wait for the frame that shows it, go back and rest for a moment."""
    reaction.prepare(window)
    spent = measure(
        functools.partial(reaction.press, window),
        functools.partial(reaction.answer, window),
        functools.partial(reaction.back, window),
    )
    wait(PAUSE_S)
    return spent
