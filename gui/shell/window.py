"""The window: bar, side panels, pages, status line. It lays out and connects; what happens is in the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QPoint, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.compare.tab import CompareTab
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.settings import Settings
from gui.drawing import theme
from gui.files.dataset_menu import DataChooser
from gui.files.runs_on_disk import RunsOnDisk
from gui.information.tab import InformationTab
from gui.lessons.glossary_tips import TermWatch
from gui.lessons.sheet import LessonSheet
from gui.lineup.lane_header import lane_menu
from gui.lineup.latent_tab import LatentTab
from gui.lineup.lineup import Lineup, three_lanes
from gui.lineup.loss_explorer import Explore
from gui.shell import tab_order
from gui.shell.actions import Actions
from gui.shell.events_dialog import EventsDialog
from gui.shell.keys import KEYS, NUDGE_SIZES, NUDGES
from gui.shell.menu import main_menu
from gui.shell.status_line import StatusLine
from gui.shell.top_bar import TABS, TopBar
from gui.side_panels.columns import LeftSide, Rail, RightSide, place
from gui.widgets.dialogs import ErrorDialog, KeysDialog
from gui.widgets.menu_entries import fill

if TYPE_CHECKING:
    from core.engine.experiment import Experiment
    from core.engine.run import Run
    from core.foundation.registry import Entry

NARROW, SHORT, ROOMY = 1200, 780, 1800
"""Below this width the right panel folds away, below this height the table; from ROOMY on lessons stand beside it."""
COMPARE, INFORMATION = 2, 3
WHOLE_WIDTH = (COMPARE, INFORMATION)
"""Compare and Information need the right panel's room and nothing of it."""


class MainWindow(QMainWindow):
    """See the module."""

    ready = Signal()  # an experiment is on the desk
    closed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setWindowTitle("Latent Playground")
        self.setObjectName("window")
        self.settings = settings
        self.desk = Desk()
        self.desk.setParent(self)  # it goes with the window, and with it every closure that listens to it
        self.clock = Clock(self.desk)
        self.actions_ = Actions(self, self.desk)
        self.data = DataChooser(self, self.desk)
        self.runs = RunsOnDisk(self, self.desk, self.data)
        self.top = TopBar(self.desk, self.clock)
        self.status = StatusLine(self.desk)
        self.lineup = Lineup(self.desk, self.clock)
        self.pages = QStackedWidget()
        self.information = InformationTab(self.desk, self.clock)
        for page in (
            self.lineup,
            LatentTab(self.desk, self.clock),
            CompareTab(self.desk, self.clock),
            self.information,
        ):
            self.pages.addWidget(page)
        self.explore = Explore(self.desk, self.clock)
        self.pages.addWidget(self.explore)
        self.clock.add(self.explore)
        self._panels_hidden = False
        self._lay_out()
        self._connect()
        self._make_keys()
        TermWatch(self, self.clock)
        self._restore()
        self.setMinimumSize(1000, 640)

    # --- building ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.left, self.right = LeftSide(self.desk, self.clock), RightSide(self.desk, self.clock)
        self.experiment_panel, self.help, self.input = self.left.experiment, self.left.help, self.right.input
        self.lessons = LessonSheet(self.desk, self.clock, self.data, self.settings)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        self.left_rail = Rail("Show or hide experiment, parameters and help", line_at_right=True)
        self.rail = Rail("Show or hide point, path, input and classes", line_at_right=False)
        self.left_rail.opener.setObjectName("left panel")
        self.rail.opener.setObjectName("right panel")
        for rail in (self.left_rail, self.rail):
            rail.toggled.connect(self._fit_panels)
        for widget in (self.left_rail, self.left, self.pages, self.right, self.rail, self.lessons):
            middle.addWidget(widget, int(widget is self.pages))
        self._middle = middle
        central = QWidget()
        whole = QVBoxLayout(central)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.top)
        whole.addLayout(middle, 1)
        whole.addWidget(self.status)
        self.setCentralWidget(central)
        for panel in (self.top, self.status):
            self.clock.add(panel)

    def _connect(self) -> None:
        self.top.tab_chosen.connect(self.show_tab)
        self.top.menu_wanted.connect(self._menu_at)
        self.top.dataset_wanted.connect(lambda button: self.data.ask(_below(button)))
        self.top.timings_wanted.connect(lambda _: self.show_timings())
        self.experiment_panel.dataset_wanted.connect(self.ask_dataset)
        self.desk.data_wanted.connect(lambda name: self.data.load(name, None))
        self.lineup.add_wanted.connect(lambda _: self.ask_model())
        self.lineup.menu_wanted.connect(self._lane_menu)
        self.status.events_wanted.connect(self.show_events)
        self.top.lessons_wanted.connect(self.toggle_lessons)
        self.status.lesson_wanted.connect(self.start_lessons)
        self.lessons.closed.connect(self.toggle_lessons)
        self.lessons.stage.tab_wanted.connect(self.show_tab)
        self.lessons.stage.page_wanted.connect(self.information.show_page)
        self.desk.opened.connect(self.ready)
        self.runs.saved.connect(self.status.set_saved)
        self.desk.explored.connect(self._explore)
        self.desk.lanes_changed.connect(self._leave_closed_lane)
        self.explore.left.connect(self.leave_explore)

    def _make_keys(self) -> None:
        for keys, _, name in KEYS:
            if name.startswith("nudge_"):
                continue
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setAutoRepeat(name.startswith(("path_", "step")))
            shortcut.activated.connect(lambda name=name: self.actions_.run(name))
        for prefix, size in NUDGE_SIZES.items():
            for way in NUDGES:
                shortcut = QShortcut(QKeySequence(f"{prefix}{way.capitalize()}"), self)
                shortcut.activated.connect(lambda way=way, size=size: self.actions_.nudge(way, size))
        plus = QShortcut(QKeySequence("+"), self)
        plus.activated.connect(lambda: self.actions_.run("beta_up"))

    # --- life --------------------------------------------------------------------------------------------------------

    def open(self, experiment: Experiment, config: Any = None) -> None:
        """Put an experiment into the window."""
        self.data.config = config
        self.desk.open(experiment)
        self.clock.start()
        self.desk.told.emit("Ready. Press Space to train.", "note")
        self.status.offer_lesson(not self.lessons.done)

    def _restore(self) -> None:
        geometry = self.settings.read_bytes("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(1440, 900)
        for name, shown in self.settings.read("rows", {}).items():
            self.lineup.shown[str(name)] = bool(shown)
        if self.settings.read("help hidden", False):
            self.help.hide()
        self.desk.point.reduce_motion = self.settings.read("reduce motion", False)
        self.desk.smooth = min(0.99, max(0.0, self.settings.read("smooth", 0.9)))

    def remember(self) -> None:
        """Write what the next start takes up."""
        store = self.settings
        store.write_bytes("geometry", self.saveGeometry())
        store.write("rows", self.lineup.shown)
        store.write("help hidden", self.help.isHidden())
        store.write("reduce motion", self.desk.point.reduce_motion)
        store.write("smooth", self.desk.smooth)
        store.write("theme", theme.current().name)
        store.write("text scale", theme.text_scale())
        if self.desk.is_open:
            from core.foundation.params import to_json

            experiment = self.desk.experiment
            store.write("setup", to_json(experiment.setup))
            store.write("models", [run.model_name for run in experiment.runs])
            store.write("dataset", experiment.dataset.name)
            store.write("dataset knobs", to_json(self.data.config) if self.data.config is not None else {})
        store.flush()

    def closeEvent(self, event: QCloseEvent) -> None:
        self.clock.stop()
        self.data.stop()
        self.remember()
        if self.desk.is_open:
            self.desk.experiment.close(timeout_s=2.0)
        event.accept()
        self.closed.emit()

    def quit(self) -> None:
        """Close the window."""
        self.close()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.clock.hidden = self.isMinimized()

    def focusNextPrevChild(self, forward: bool) -> bool:
        return tab_order.go(
            (self.top, self.left_rail, self.left, self.pages, self.right, self.rail, self.lessons, self.status), forward
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_panels()
        if event.oldSize().height() >= SHORT > self.height() or event.oldSize().height() < 0:
            self.lineup.compare.set_open(self.height() >= SHORT)
        elif event.oldSize().height() < SHORT <= self.height():
            self.lineup.compare.set_open(True)

    def _fit_panels(self) -> None:
        px = theme.px
        wide, height = self.width(), self.height() - self.top.height() - self.status.height()
        self.left.setFixedWidth(px(240 if wide < 1250 else 248 if wide < 1400 else 264 if wide < 1900 else 280))
        self.right.fit(px(248 if wide >= 1900 else 232), height)
        self.lessons.setFixedWidth(px(300 if wide < 1400 else 340))
        learning, shown = not self.lessons.isHidden(), not self._panels_hidden
        wanted = shown and self.pages.currentIndex() not in WHOLE_WIDTH
        wanted = wanted and (not learning or wide >= ROOMY)  # a lesson takes the right panel's room
        narrow = wide < NARROW
        self.rail.setVisible(wanted and narrow)
        self.right.setVisible(wanted and (not narrow or self.rail.is_open()))
        wanted = shown and self.pages.currentIndex() != INFORMATION
        tight = learning and wide - self.left.width() - self.lessons.width() < three_lanes()
        self.left_rail.setVisible(wanted and tight)
        self.left.setVisible(wanted and (not tight or self.left_rail.is_open()))
        place(self._middle, self.left, self.left_rail, over=tight, beside=1)
        place(self._middle, self.right, self.rail, over=narrow, beside=0)
        if tight:
            self.left.setGeometry(self.left_rail.width(), self.top.height(), self.left.width(), height)
        if narrow:
            across = wide - self.rail.width() - self.right.width()
            self.right.setGeometry(across, self.top.height(), self.right.width(), height)

    # --- pages and panels --------------------------------------------------------------------------------------------

    def show_tab(self, key: str) -> None:
        """Turn to a page."""
        self.pages.setCurrentIndex([name for name, _ in TABS].index(key))
        self.top.show_tab(key)
        self._fit_panels()

    def _explore(self, run: Run) -> None:
        self.explore.open(run)
        self.pages.setCurrentWidget(self.explore)
        self._fit_panels()

    def leave_explore(self) -> None:
        """Back from the curves to the lineup."""
        if self.pages.currentWidget() is self.explore:
            self.show_tab("lineup")

    def _leave_closed_lane(self) -> None:
        if self.explore.run is not None and self.explore.run not in self.desk.runs:
            self.leave_explore()
            self.explore.forget()

    def show_tab_at(self, index: int) -> None:
        """Turn to a page by its place."""
        self.show_tab(TABS[index][0])

    def enlarge(self) -> None:
        """The selected lane's map over the whole page, or back."""
        self.show_tab("lineup" if self.pages.currentIndex() == 1 else "latent")

    def toggle_panels(self) -> None:
        """Hide or show both side panels."""
        self._panels_hidden = not self._panels_hidden
        self._fit_panels()

    def toggle_table(self) -> None:
        """Fold the table."""
        self.lineup.compare.set_open(not self.lineup.compare.is_open())
        self.lineup.resizeEvent(QResizeEvent(self.lineup.size(), self.lineup.size()))

    def toggle_lessons(self) -> None:
        """Open or close the lessons; the experiment stays as it is."""
        opened = self.lessons.isHidden()
        self.lessons.setVisible(opened)
        self.top.lessons.setChecked(opened)
        if opened:
            self.status.offer_lesson(False)
        self._fit_panels()

    def start_lessons(self) -> None:
        """The first lesson, for who has just come."""
        if self.lessons.isHidden():
            self.toggle_lessons()
        self.lessons.start(1)

    def toggle_help(self) -> None:
        """Hide or show the help box."""
        self.help.setVisible(self.help.isHidden())
        if not self.left.isVisible():
            words = "is shown in the left panel of the other tabs" if not self.help.isHidden() else "is hidden"
            self.desk.told.emit(f"The help box {words}.", "note")

    def set_text_scale(self, scale: float) -> None:
        """How large text is; panels that stand take part of it at the next start."""
        self.set_theme(theme.current().name, scale)
        self.desk.told.emit("The text size is complete after the next start.", "note")
        self._fit_panels()

    def toggle_motion(self) -> None:
        """Things that move by themselves stay still, or may move again."""
        self.desk.point.reduce_motion = not self.desk.point.reduce_motion
        self.desk.point.stop()

    def set_theme(self, name: str, scale: float | None = None) -> None:
        """Dark or light, and how large text is."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme.apply(app, theme.THEMES[name], theme.text_scale() if scale is None else scale)
        self.clock.redraw()

    # --- menus and dialogs -------------------------------------------------------------------------------------------

    def ask_dataset(self) -> None:
        """The menu of datasets under the name of the present one."""
        self.data.ask(_below(self.top.data))

    def ask_model(self) -> None:
        """The menu of models under "Add lane"."""
        if not self.desk.is_open:
            return
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        fill(menu, self._models(), self.desk.add_lane)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(_below(self.lineup.bar.add))

    def _models(self) -> tuple[Entry, ...]:
        from core.models.base import MODELS

        return MODELS.entries()

    def _lane_menu(self, run: Run, at: QPoint) -> None:
        self.desk.select(run)
        menu = lane_menu(self, self.desk, run, self._models())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def open_menu(self) -> None:
        """The window's menu."""
        self._menu_at(self.top)

    def _menu_at(self, button: QWidget) -> None:
        menu = main_menu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(_below(button))

    def show_keys(self) -> None:
        """All shortcuts."""
        KeysDialog(self, [(keys, words) for keys, words, _ in KEYS]).open()

    def show_events(self) -> None:
        """All events."""
        EventsDialog(self, self.status.events).open()

    def show_timings(self) -> None:
        """How late the beats were, and the speed of every lane."""
        lanes = ", ".join(f"{run.model.short} {run.view.status.steps_per_s:.0f} steps/s" for run in self.desk.runs)
        self.desk.told.emit(f"Latest beat {self.clock.gap_ms():.0f} ms late. {lanes}.", "note")

    def show_mistake(self, sentence: str, details: str) -> None:
        """An exception nobody caught. One dialog at a time: what fails in every frame would open dozens."""
        if any(dialog.isVisible() for dialog in self.findChildren(ErrorDialog)):
            if self.status.events and self.status.events[-1].text != sentence:
                self.desk.told.emit(sentence, "error")
            return
        self.desk.told.emit(sentence, "error")
        self.show_error("Something went wrong", sentence, details)

    def show_error(self, title: str, sentence: str, details: str) -> None:
        """Something went wrong that nobody foresaw. What fails at every beat is said once, not in a pile of dialogs."""
        if not any(each.isVisible() for each in self.findChildren(ErrorDialog)):
            ErrorDialog(self, title, sentence, details).open()

    def encode(self) -> None:
        """The point to the code of the input image."""
        if self.desk.is_open:
            self.input.encode()

    def draw(self) -> None:
        """Open the sheet to draw on."""
        if self.desk.is_open:
            if not self.lessons.isHidden() and self.width() < ROOMY:
                self.toggle_lessons()
            if self.width() < NARROW:
                self.rail.opener.setChecked(True)
            self.input.draw()

    def save(self) -> None:
        """Save every lane's run."""
        self.runs.ask_save()

    def open_run(self) -> None:
        """Open a saved run."""
        self.runs.ask_open()

    def export_picture(self) -> None:
        """The window as a PNG."""
        path, _ = QFileDialog.getSaveFileName(self, "Export a picture", "latent-playground.png", "PNG (*.png)")
        if not path:
            return
        if self.grab().save(path):
            self.desk.told.emit(f"Picture saved as {path}.", "note")
        else:
            self.show_error("Cannot save", f"{path} cannot be written; choose another place.", path)


def _below(widget: QWidget) -> QPoint:
    return widget.mapToGlobal(widget.rect().bottomLeft()) + QPoint(0, 2)
