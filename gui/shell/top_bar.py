"""The top bar: train, step, restart, the dataset, progress, the tabs, device and responsiveness."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.foundation.pixels import display_bytes, histogram_image
from core.text import addresses
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.desk.lanes import trains
from gui.desk.wording import whence
from gui.drawing import numbers, paint, theme
from gui.shell.commands import Commands
from gui.shell.pages import TABS
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton, PrimaryButton
from gui.widgets.chips import Chip, SparkChip
from gui.widgets.image_view import ImageView
from gui.widgets.key_hints import Hint
from gui.widgets.label import Label
from gui.widgets.manual_places import set_place
from gui.widgets.naming import plain_tip
from gui.widgets.sections import Divider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

FIGURES = (("Epoch", 44), ("Step", 54), ("Time", 44))
"""Captions, and the width of their values, px."""
SMOOTH_MS = 20.0
"""Up to this delay of a beat the window is called smooth."""
ROUGH_MS = 33.0
"""Above this delay the chip is a warning."""
BROKEN_MS = 50.0
"""Above twice this delay the chip is an error."""
HOST_PX = 90
"""Room for the name of another machine in a wide bar, px."""
DATA_PX, NARROW_DATA_PX = 150, 110
"""Room for the name of the dataset in a wide bar and in a narrow one, px."""


class _Figure(QWidget):
    """A caption over a value."""

    def __init__(self, caption: str, wide: int) -> None:
        super().__init__()
        self._value = Label("0", "strong", "text")
        self._value.setMinimumWidth(theme.px(wide))
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addStretch(1)
        inside.addWidget(Label(caption, "caption", "text_3"))
        inside.addWidget(self._value)
        inside.addStretch(1)

    def set_text(self, text: str, is_past: bool = False) -> None:
        """Set the value; of a moment gone by it is marked."""
        if text != self._value.text():
            self._value.setText(text)
        self._value.set_token("warn" if is_past else "text")


class TopBar(QWidget):
    """The bar at the top of the window, 48 px high."""

    tab_chosen = Signal(str)
    menu_wanted = Signal(object)  # the button
    dataset_wanted = Signal()
    timings_wanted = Signal()
    lessons_wanted = Signal()

    def __init__(self, desk: Desk, clock: Clock, commands: Commands) -> None:
        super().__init__()
        set_place(self, addresses.of_part("Top bar"))
        self._desk, self._clock, self._commands = desk, clock, commands
        self.run: Run | None = None
        self.hz = 4.0
        self._gaps: deque[float] = deque([0.0] * 14, maxlen=14)
        self.setFixedHeight(theme.px(48))
        self.train = self._train_button()
        self._thumbnail = ImageView(theme.px(28))
        self._thumbnail.set_smooth(True)
        self.data = self._data_button()
        self._figures = {name: _Figure(name, wide) for name, wide in FIGURES}
        self._tabs = {key: self._tab_button(key, title) for key, title in TABS}
        self.lessons = self._lessons_button()
        self._device = Chip("cpu", "CPU")
        self._device.setToolTip("Where the networks train")
        self._pace = SparkChip("60 fps")
        self._pace.setToolTip("How late the window's beats were: what a hand feels as stutter")
        self._pace.clicked.connect(self.timings_wanted)
        self._line = self._lay_out()
        desk.dataset_changed.connect(self._show_data)
        desk.opened.connect(self._show_data)
        clock.second.connect(self._show_pace)
        desk.engine_watch.measured.connect(self._show_place)
        theme.changes.changed.connect(self._arrange)
        self.show_tab("lineup")

    # --- building ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> QHBoxLayout:
        px = theme.px
        line = QHBoxLayout(self)
        line.setContentsMargins(px(12), 0, px(12), 0)
        line.setSpacing(px(8))
        line.addWidget(self._menu_button())
        line.addWidget(self.train)
        for icon, name in (("step", "step"), ("restart", "restart"), ("dice", "new_seed")):
            line.addWidget(self._command_button(icon, name))
        line.addWidget(Divider(vertical=True, length=px(24)))
        line.addWidget(self._thumbnail)
        line.addWidget(self.data)
        more = IconButton("chevron-down", "", 20)
        Hint(more, self._commands["ask_dataset"].words, "ask_dataset")
        more.clicked.connect(self.dataset_wanted)
        line.addWidget(more)
        for figure in self._figures.values():
            line.addWidget(figure)
        line.addStretch(1)
        for tab in self._tabs.values():
            line.addWidget(tab)
        line.addWidget(Divider(vertical=True, length=px(24)))
        line.addWidget(self.lessons)
        line.addWidget(self._device)
        line.addWidget(self._pace)
        return line

    def _menu_button(self) -> IconButton:
        menu = IconButton("menu", "", 32)
        Hint(menu, self._commands["open_menu"].words, "open_menu")
        menu.setObjectName("menu")
        set_place(menu, addresses.of_action("open_menu"))
        menu.clicked.connect(lambda: self.menu_wanted.emit(menu))
        return menu

    def _train_button(self) -> PrimaryButton:
        train = PrimaryButton("Train", "play", self._commands["toggle_training"].keys)
        train.setObjectName("train")
        set_place(train, addresses.of_action("toggle_training"))
        self._commands.rebound.connect(lambda: train.set_key(self._commands["toggle_training"].keys))
        train.setFixedWidth(theme.px(128))
        train.clicked.connect(self._commands.action("toggle_training").trigger)
        return train

    def _command_button(self, icon: str, name: str) -> IconButton:
        button = IconButton(icon, "", 32)
        Hint(button, self._commands[name].words, name)
        set_place(button, addresses.of_action(name))
        button.clicked.connect(self._commands.action(name).trigger)
        return button

    def _data_button(self) -> Button:
        data = Button("MNIST", flat=True, height=32, role="strong")
        data.setObjectName("dataset menu")
        set_place(data, "data.html")
        data.setToolTip(self._commands["ask_dataset"].hint)
        self._commands.rebound.connect(self._show_data_tip)
        data.clicked.connect(self.dataset_wanted)
        return data

    def _tab_button(self, key: str, title: str) -> Button:
        tab = Button(title, flat=True, height=32, role="medium")
        tab.setObjectName(f"tab {key}")
        tab.setCheckable(True)
        set_place(tab, addresses.of_action(f"tab_{key}"))
        Hint(tab, self._commands[f"tab_{key}"].words, f"tab_{key}")
        tab.clicked.connect(lambda: self.tab_chosen.emit(key))
        return tab

    def _lessons_button(self) -> Button:
        lessons = Button("Lessons", flat=True, height=32, role="medium")
        lessons.setObjectName("lessons button")
        lessons.setCheckable(True)
        set_place(lessons, "lessons.html")
        Hint(lessons, self._commands["toggle_lessons"].words, "toggle_lessons")
        lessons.clicked.connect(self.lessons_wanted)
        return lessons

    # --- content -----------------------------------------------------------------------------------------------------

    def show_tab(self, key: str) -> None:
        """Mark the button of a tab as the present one."""
        for name, tab in self._tabs.items():
            tab.setChecked(name == key)

    def ask(self) -> None:
        """Called by the clock. The bar has no work to request."""

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.status, self._desk.time.is_back, any(map(trains, self._desk.runs))

    def refresh(self, view: View) -> None:
        """Show the progress of the run with the most steps."""
        statuses = [run.view.status for run in self._desk.runs]
        if not statuses:
            return
        is_training = any(map(trains, self._desk.runs))
        self.train.set_content("Pause" if is_training else "Train", "pause" if is_training else "play")
        newest = max(statuses, key=lambda status: status.step)
        is_past = self._desk.time.is_back
        self._figures["Epoch"].set_text(numbers.number(newest.epoch, 1), is_past)
        self._figures["Step"].set_text(f"{newest.step:,}", is_past)
        self._figures["Time"].set_text(numbers.clock(max(status.seconds for status in statuses)), is_past)
        device = newest.device.upper()
        threads = sum(status.threads for status in statuses)
        host = self._desk.engine_watch.host
        words = device
        if self.width() > theme.px(1250):
            here = f"{device} · {threads} thread{'s' * (threads != 1)}" if device == "CPU" else device
            words = f"{device} on {paint.cut_in_middle(host, 'caption', theme.px(HOST_PX))}" if host else here
        if device != "AUTO":  # it is not known before the lane is built
            self._device.set_text(words)

    def _show_place(self) -> None:
        words = self._desk.engine_watch.place_words()
        self._device.setToolTip(plain_tip(f"Where the networks train: {words}"))

    def _show_data(self) -> None:
        data = self._desk.experiment.dataset
        self._show_data_tip()
        self.data.setAccessibleName(f"Dataset: {data.title}")
        points = data.train.pixels[:5_000, :, 0, 0] if data.planar else None
        self._thumbnail.set_image(
            display_bytes(data.train.pixels[:1])[0] if points is None else histogram_image(points)
        )
        self._fit()

    def _show_data_tip(self) -> None:
        lines = [whence(self._desk.experiment.dataset)] if self._desk.is_open else []
        self.data.setToolTip(plain_tip("\n".join([*lines, self._commands["ask_dataset"].hint])))

    def _show_pace(self) -> None:
        gap = self._clock.gap_ms()
        self._gaps.append(gap)
        self._pace.set_values(list(self._gaps))
        self._show_words()
        self._fit()

    def _show_words(self) -> None:
        gap = self._gaps[-1]
        words = f"late {numbers.number(gap, 0)} ms" if gap < 1_000 else f"late {numbers.number(gap / 1_000, 1)} s"
        if self.width() > theme.px(1250):
            words = f"smooth · {words}" if gap <= SMOOTH_MS else words
        self._pace.set_text(words)
        self._pace.set_tone("normal" if gap <= ROUGH_MS else "warn" if gap <= 2 * BROKEN_MS else "error")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Share the width, by the present size of text."""
        narrow = self.width() < theme.px(1250)
        self.train.set_compact(narrow)
        self.train.setFixedWidth(theme.px(96 if narrow else 128))
        self._reserve()
        self._fit()

    def _reserve(self) -> None:
        """Fix the width of the chip: its words change every second, and its neighbours must not move."""
        self._pace.set_text("smooth · late 99 ms" if self.width() > theme.px(1250) else "late 999 ms")
        self._pace.setFixedWidth(self._pace.sizeHint().width())
        self._show_words()

    def _fit(self) -> None:
        """Cut a long name of the dataset, and hide the least needed widgets of a narrow bar."""
        if self._desk.is_open:
            room = theme.px(NARROW_DATA_PX if self.width() < theme.px(1250) else DATA_PX)
            self.data.setText(paint.cut_in_middle(self._desk.experiment.dataset.title, "strong", room))
        widgets = layouts.widgets(self, self._line)
        needed = {widget: widget.minimumWidth() or widget.minimumSizeHint().width() for widget in widgets}
        excess = sum(needed.values()) + (len(widgets) + 3) * theme.px(8) - self.width()
        figures = self._figures
        for widget in (figures["Epoch"], self._pace, self._device, figures["Time"], self._thumbnail, figures["Step"]):
            widget.setVisible(excess <= 0)
            if excess > 0:
                excess -= needed[widget] + theme.px(8)

    def paintEvent(self, event: QPaintEvent) -> None:
        paint.background(self, "panel", "bottom")
