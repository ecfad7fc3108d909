"""The window: it lays out and connects bar, side panels, pages and status line. The desk holds the state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QCloseEvent, QContextMenuEvent, QCursor, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QVBoxLayout, QWidget

from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.export import Outlet
from gui.desk.preferences import Preferences
from gui.desk.settings import Settings
from gui.desk.start_plane import StartPlane
from gui.files.data_chooser import DataChooser
from gui.files.documents import Documents
from gui.files.films import Films
from gui.files.kept_work import KeptWork
from gui.files.lane_exports import LaneExports
from gui.files.recent import Recent
from gui.files.report_file import ReportFile
from gui.files.runs_on_disk import RunsOnDisk
from gui.files.sharing import Sharing
from gui.lessons.glossary_tips import TermWatch
from gui.lessons.sheet import LessonSheet
from gui.lineup.lane_header import lane_menu
from gui.plots.plot import HANDS
from gui.shell.alt_key import AltKey
from gui.shell.announcer import Announcer
from gui.shell.command_table import Receivers, command_table
from gui.shell.commands import Commands
from gui.shell.machines import Machines
from gui.shell.manual import Manual
from gui.shell.menus import Menus
from gui.shell.middle import Middle
from gui.shell.model_menu import model_menu, models
from gui.shell.pages import KEYS, Pages
from gui.shell.preferred import Parts, Preferred
from gui.shell.reports import Reports
from gui.shell.screen import fit_screen
from gui.shell.space_pan import SpacePan
from gui.shell.status_line import StatusLine
from gui.shell.top_bar import TopBar
from gui.sweeps.sweeps import Sweeps
from gui.widgets import focus, key_hints, tab_order
from gui.widgets.dialogs import KeysDialog
from gui.widgets.menus import below, open_menu_of, popup
from gui.widgets.offer import Offer, offer_at

if TYPE_CHECKING:
    from core.datasets.base import SourceConfig
    from core.engine.experiment import Experiment
    from core.engine.run import Run

SHORT = 780
"""Below this height the table of the Lineup is folded, px."""


FIRST_SIZE = (1440, 900)
"""Size of the first window where the screen is large enough, px."""
RECENT_COMMANDS = "recent commands"
"""The key of the commands that were found by the palette, in the settings."""


class MainWindow(QMainWindow):
    """The main window with one experiment: top bar, pages with columns beside them, status line."""

    ready = Signal()  # an experiment is on the desk
    closed = Signal()

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setWindowTitle("Latent Playground")
        self.setObjectName("window")
        self.settings = settings
        self.preferences = Preferences(settings, self)
        self.desk = Desk()
        self.desk.setParent(self)  # it is deleted with the window, and with it every closure connected to it
        self.clock = Clock(self.desk)
        self.outlet = Outlet(self, self.desk)
        self.data = DataChooser(self, self.desk, self.settings)
        self.runs = RunsOnDisk(self, self.desk, self.data)
        self.documents = Documents(self, self.desk, self.data, Recent(self.settings))
        self.kept_work = KeptWork(self, self.desk, self.data, self.documents, settings.state_folder / "unsaved")
        self.sweeps = Sweeps(self, self.desk, self.data, self.runs, lambda: self.documents.place)
        self.films = Films(self, self.desk)
        self.sharing = Sharing(self, self.desk, self.data)
        self.exports = LaneExports(self, self.desk, self.runs, self.sharing)
        self.report = ReportFile(self, self.desk, self.data)
        self.manual = Manual(self, self.desk)
        self.machines = Machines(self, self.desk, self.settings)
        self.status = StatusLine(self.desk)
        self.reports = Reports(self, self.desk, self.clock, self.status)
        self.pages = Pages(self.desk, self.clock)
        self.lineup, self.information = self.pages.lineup, self.pages.information
        self.lessons = LessonSheet(self.desk, self.clock, self.data, self.settings)
        self.middle = Middle(self.desk, self.clock, self.pages, self.lessons)
        self.left, self.right = self.middle.left, self.middle.right
        self.left_rail, self.right_rail = self.middle.left_rail, self.middle.right_rail
        self.experiment_panel, self.help, self.input = self.left.experiment, self.left.help, self.right.input
        self.menus = Menus(self, self.documents, self.settings)
        self.commands = Commands(self, command_table(self._receivers()))
        self.menus.offer(self.commands)
        self.top = TopBar(self.desk, self.clock, self.commands)
        self._lay_out()
        self._connect()
        self.preferred = Preferred(self._preferred_parts())
        TermWatch(self, self.clock, self.desk.worded)
        StartPlane(self.desk, self.clock)
        self._alt = AltKey(self)
        self._alt.tapped.connect(self.open_menu)
        self._announcer = Announcer(self, self.desk, self.clock)
        self._space_pan: SpacePan | None = None  # from the first show on: before, the window has no handle
        self._restore()

    # --- building ----------------------------------------------------------------------------------------------------

    def _receivers(self) -> Receivers:
        return Receivers(
            desk=self.desk,
            pages=self.pages,
            middle=self.middle,
            runs=self.runs,
            sweeps=self.sweeps,
            documents=self.documents,
            films=self.films,
            sharing=self.sharing,
            report=self.report,
            reports=self.reports,
            machines=self.machines,
            manual=self.manual,
            ask_dataset=self.ask_dataset,
            ask_model=self.ask_model,
            open_menu=self.open_menu,
            open_context_menu=self.open_context_menu,
            show_palette=self.show_palette,
            menus=self.menus,
            show_keys=self.show_keys,
            export_picture=self.export_picture,
            outlet=self.outlet,
            window=self,
            copy=self.copy,
            preferences=self.preferences,
            show_preferences=self.show_preferences,
            show_about=self.show_about,
            close=self.ask_to_close,
        )

    def _preferred_parts(self) -> Parts:
        return Parts(
            window=self,
            preferences=self.preferences,
            desk=self.desk,
            clock=self.clock,
            commands=self.commands,
            kept_work=self.kept_work,
            machines=self.machines,
            lessons=self.lessons,
            fit=self.fit,
        )

    def _lay_out(self) -> None:
        central = QWidget()
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.top)
        layout.addLayout(self.middle, 1)
        layout.addWidget(self.status)
        self.setCentralWidget(central)
        for panel in (self.top, self.status):
            self.clock.add(panel)

    def _connect(self) -> None:
        self.top.tab_chosen.connect(self.show_tab)
        self.top.menu_wanted.connect(self._open_menu_below)
        self.menus.hinted.connect(self.status.show_hint)
        self.top.dataset_wanted.connect(self.ask_dataset)
        self.top.timings_wanted.connect(self.reports.show_timings)
        self.top.lessons_wanted.connect(self.middle.toggle_lessons)
        self.experiment_panel.dataset_wanted.connect(self.ask_dataset)
        self.desk.data_wanted.connect(lambda name: self.data.load(name, None))
        self.data.picture_dropped.connect(self.middle.show_picture)
        self.data.experiment_dropped.connect(lambda place: self.documents.open(Path(place)))
        self.right.path.film_wanted.connect(lambda: self.films.ask("line"))
        self.desk.opened.connect(self.ready)
        self.clock.second.connect(self._tidy)
        self.desk.names.rename_wanted.connect(lambda: self._show_tab_of("lineup"))
        self.lineup.add_wanted.connect(self.ask_model)
        self.lineup.menu_wanted.connect(self._open_lane_menu)
        self.status.events_wanted.connect(self.reports.show_events)
        self.status.lesson_wanted.connect(self.middle.start_lessons)
        self.lessons.director.tab_wanted.connect(self.show_tab)
        self.lessons.director.page_wanted.connect(self.information.open_page)
        self.runs.saved.connect(self.status.keep)
        self.documents.saved.connect(self.status.keep)
        self.documents.bring_back = self.lessons.director.restore
        self.documents.shown.parts["tab"] = (lambda: self.pages.tab or "lineup", self._show_tab_of)
        self.documents.shown.parts["rows"] = (lambda: dict(self.lineup.shown), self._show_rows)
        self.documents.shown.parts["lesson"] = (lambda: self.lessons.open_number, self._show_lesson)
        self.pages.turned.connect(self._after_turn)
        self.middle.changed.connect(self.fit)
        self.middle.lessons_shown.connect(self._after_lessons)

    def _tidy(self) -> None:
        if self.desk.is_open:
            self.desk.experiment.tidy()

    def _show_tab_of(self, key: object) -> None:
        """Show the tab that a document names, if there is one."""
        if key in KEYS and key != self.pages.tab:
            self.show_tab(str(key))

    def _show_rows(self, rows: object) -> None:
        """Show the rows that a document says."""
        for name, is_shown in rows.items() if isinstance(rows, dict) else ():
            if name in self.lineup.shown and isinstance(is_shown, bool):
                self.lineup.show_row(name, is_shown)

    def _show_lesson(self, number: object) -> None:
        """Show the lesson that a document names, at its first page; the lanes stay as they are."""
        if type(number) is int and number > 0 and number != self.lessons.open_number:
            if self.lessons.isHidden():
                self.middle.toggle_lessons()
            self.lessons.start(number)

    # --- opening and closing -----------------------------------------------------------------------------------------

    def open(self, experiment: Experiment, config: SourceConfig | None = None) -> None:
        """Put an experiment into the window; ``config`` is the config of its dataset."""
        self.data.config = config
        self.desk.open(experiment)
        self.clock.start()
        key = key_hints.key("toggle_training")
        self.desk.told.emit(f"Ready. Press {key} to train." if key else "Ready.", "note")
        self.status.offer_lesson(not self.lessons.done)

    def _restore(self) -> None:
        geometry = self.settings.read_bytes("geometry")
        if geometry.isEmpty() or not self.restoreGeometry(geometry):
            self.resize(*FIRST_SIZE)
        fit_screen(self, moves=not geometry.isEmpty())  # a first window is placed by the window manager
        for name, shown in self.settings.read("rows", {}).items():
            self.lineup.shown[str(name)] = bool(shown)
        if self.settings.read("help hidden", False):
            self.help.hide()
        self.desk.smooth = min(0.99, max(0.0, self.settings.read("smooth", 0.9)))

    def remember(self) -> None:
        """Write the settings that the next start restores."""
        store = self.settings
        store.write_bytes("geometry", self.saveGeometry())
        store.write("rows", self.lineup.shown)
        store.write("help hidden", self.help.isHidden())
        store.write("smooth", self.desk.smooth)
        if self.desk.is_open:
            from core.foundation.params import to_json

            experiment = self.desk.experiment
            store.write("setup", to_json(experiment.setup))
            store.write("models", [run.model_name for run in experiment.runs])
            store.write("experiment", "" if self.documents.place is None else str(self.documents.place))
            store.write("dataset", experiment.dataset.name)
            store.write("dataset knobs", to_json(self.data.config) if self.data.config is not None else {})
        store.flush()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._space_pan is None:
            self._space_pan = SpacePan(self, self.desk)

    def ask_to_close(self) -> None:
        """Close the window, after a question where lanes are not saved."""
        self.documents.ask_before("Quitting", self.close)

    def closeEvent(self, event: QCloseEvent) -> None:
        if event.spontaneous() and self.documents.would_lose():  # a click on the window's own button
            event.ignore()
            self.ask_to_close()
            return
        self.clock.stop()
        self.data.close()
        self.remember()
        self.sweeps.stop()
        self.exports.stop()
        self.runs.stop()
        self.documents.stop()
        self.kept_work.stop()
        self.input.stop()
        self.films.stop()
        self.desk.writing.stop()
        self.report.stop()
        if self.desk.is_open:
            self.desk.experiment.close(timeout_s=2.0)
        self.machines.stop()
        event.accept()
        self.closed.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.clock.hidden = self.isMinimized()

    def focusNextPrevChild(self, forward: bool) -> bool:
        if focus.gave_back(self):
            return True
        left, right = (self.left_rail, self.left), (self.right, self.input.sheet, self.right_rail, self.lessons)
        return tab_order.go((self.top, *left, self.pages, self.pages.compare.card, *right, self.status), forward)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()
        if event.oldSize().height() >= SHORT > self.height() or event.oldSize().height() < 0:
            self.lineup.compare.set_open(self.height() >= SHORT)
        elif event.oldSize().height() < SHORT <= self.height():
            self.lineup.compare.set_open(True)

    def fit(self) -> None:
        """Fit the columns to the size of the window and of its text."""
        top = self.top.height()
        self.middle.fit(self.width(), top, self.height() - self.menus.bar_px() - top - self.status.height())

    # --- pages and theme ---------------------------------------------------------------------------------------------

    def show_tab(self, key: str) -> None:
        """Show the page of a tab: ``lineup``, ``latent``, ``compare`` or ``information``."""
        self.pages.show_tab(key)

    def _after_turn(self, key: str) -> None:
        if key:  # the loss explorer belongs to the tab it was opened from
            self.top.show_tab(key)
            self._announcer.say_tab(key)
        self.fit()

    def _after_lessons(self, opened: bool) -> None:
        self.top.lessons.setChecked(opened)
        if opened:
            self.status.offer_lesson(False)

    def set_theme(self, name: str, scale: float | None = None) -> None:
        """Prefer a theme, one of `theme.CHOICES`, and with ``scale`` a text size."""
        self.preferred.set_theme(name, scale)

    def set_text_scale(self, scale: float) -> None:
        """Prefer a text size, one of `theme.TEXT_SCALES`."""
        self.preferences.set("text scale", scale)

    # --- menus and dialogs -------------------------------------------------------------------------------------------

    def ask_dataset(self) -> None:
        """Open the window for choosing data."""
        self.data.ask()

    def ask_model(self) -> None:
        """Open the menu of models below "Add lane"."""
        if self.desk.is_open:
            popup(model_menu(self, self.desk), below(self.lineup.bar.add))

    def open_menu(self) -> None:
        """Open the first menu of the menu bar; where there is none in the window, the main menu below the top bar."""
        if not self.menus.enter_bar():
            self._open_menu_below(self.top)

    def _open_menu_below(self, widget: QWidget) -> None:
        self.menus.open(below(widget))

    def open_context_menu(self) -> None:
        """Open the menu of what has the focus, or else of what is under the mouse."""
        open_menu_of(QApplication.focusWidget() or self)

    def show_palette(self) -> None:
        """Open the field that finds commands."""
        from gui.shell.palette_entries import palette_entries
        from gui.widgets.palette import Palette, with_newest

        recent = [str(name) for name in self.settings.read(RECENT_COMMANDS, [])]

        def note(name: str) -> None:
            self.settings.write(RECENT_COMMANDS, with_newest(recent, name))

        self.desk.make_way()
        Palette(self, palette_entries(self.commands, self._receivers(), self.data), recent, note).open()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Alt and not event.isAutoRepeat() and not self.menus.is_native:
            self._alt.begin()
        super().keyPressEvent(event)

    def _open_lane_menu(self, run: Run, at: QPoint) -> None:
        self.desk.select(run)
        popup(lane_menu(self, self.desk, run, models(), self.exports.add_to, self.sweeps.ask_new), at)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of what is under the mouse; by the menu key, of what has the focus before that."""
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        place = event.globalPos()
        found = self._in_hand() if by_key else offer_at(self.childAt(self.mapFromGlobal(place)), place)
        if found is not None:
            at = found[0].mapToGlobal(found[0].rect().center()) if by_key else place
            popup(self.outlet.menu(*found), at)

    def _in_hand(self) -> tuple[QWidget, Offer] | None:
        """What offers something and has the focus, or else is under the mouse."""
        place = QCursor.pos()
        return offer_at(QApplication.focusWidget()) or offer_at(self.childAt(self.mapFromGlobal(place)), place)

    def copy(self) -> None:
        """Copy what has the focus, or else what is under the mouse."""
        found = self._in_hand()
        if found is None:
            self.desk.told.emit("Nothing to copy here: go to a picture or a table by Tab or the mouse.", "note")
        else:
            self.outlet.copy(*found)

    def show_keys(self) -> None:
        """Open the list of all keys."""
        self.desk.make_way()
        KeysDialog(self, [*self.commands.key_list(), *HANDS]).open()

    def show_preferences(self) -> None:
        """Open the preferences."""
        from gui.shell.preferences.dialog import PreferencesDialog

        self.desk.make_way()
        PreferencesDialog(self._preferred_parts()).open()

    def show_about(self) -> None:
        """Open what this program is: versions and licences."""
        from gui.shell.preferences.about import AboutDialog

        self.desk.make_way()
        AboutDialog(self).open()

    def export_picture(self) -> None:
        """Save the window as a PNG."""
        self.desk.make_way()
        self.outlet.save_picture(self, "Latent Playground", "png", 1)
