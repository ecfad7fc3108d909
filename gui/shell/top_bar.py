"""The top bar: train, step, restart, the data, where the runs are, the tabs, device and responsiveness."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from core.foundation.pixels import arranged, crowd
from gui.desk.clock import Clock
from gui.desk.desk import Desk
from gui.drawing import numbers, theme
from gui.widgets.buttons import Button, IconButton, PrimaryButton
from gui.widgets.chips import Chip, SparkChip
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.sections import Divider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run

TABS = (("lineup", "Lineup"), ("latent", "Latent"), ("compare", "Compare"), ("information", "Information"))
FIGURES = (("Epoch", 44), ("Step", 54), ("Time", 44))
"""Captions, and how many pixels their values need."""
SMOOTH_MS, ROUGH_MS, BROKEN_MS = 20.0, 33.0, 50.0


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

    def set_text(self, text: str) -> None:
        """Another value."""
        if text != self._value.text():
            self._value.setText(text)


class TopBar(QWidget):
    """48 px over everything."""

    tab_chosen = Signal(str)
    menu_wanted = Signal(object)  # the button
    dataset_wanted = Signal(object)  # the button
    timings_wanted = Signal(object)  # the chip
    lessons_wanted = Signal()

    def __init__(self, desk: Desk, clock: Clock) -> None:
        super().__init__()
        self._desk, self._clock = desk, clock
        self.run: Run | None = None
        self.hz = 4.0
        self._gaps: deque[float] = deque([0.0] * 14, maxlen=14)
        px = theme.px
        self.setFixedHeight(px(48))
        menu = IconButton("menu", "Menu  (F10)", 32)
        menu.setObjectName("menu")
        menu.clicked.connect(lambda: self.menu_wanted.emit(menu))
        self.train = PrimaryButton("Train", "play", "Space")
        self.train.setObjectName("train")
        self.train.setFixedWidth(px(128))
        self.train.clicked.connect(desk.toggle_training)
        step = IconButton("step", "One step in every lane  (.)", 32)
        step.clicked.connect(desk.step)
        restart = IconButton("restart", "Restart with the same seed  (R)", 32)
        restart.clicked.connect(desk.restart)
        dice = IconButton("dice", "Restart with a new seed  (Shift+R)", 32)
        dice.clicked.connect(desk.new_seed)
        self._thumbnail = ImageView(px(28))
        self._thumbnail.set_smooth(True)
        self.data = Button("MNIST", flat=True, height=32, role="strong")
        self.data.setObjectName("dataset menu")
        self.data.setToolTip("Choose a dataset  (Ctrl+D)")
        self.data.clicked.connect(lambda: self.dataset_wanted.emit(self.data))
        self._figures = {name: _Figure(name, wide) for name, wide in FIGURES}
        self._tabs: dict[str, Button] = {}
        line = self._line = QHBoxLayout(self)
        line.setContentsMargins(px(12), 0, px(12), 0)
        line.setSpacing(px(8))
        line.addWidget(menu)
        line.addWidget(self.train)
        for button in (step, restart, dice):
            line.addWidget(button)
        line.addWidget(Divider(vertical=True, length=px(24)))
        line.addWidget(self._thumbnail)
        line.addWidget(self.data)
        more = IconButton("chevron-down", "Choose a dataset  (Ctrl+D)", 20)
        more.clicked.connect(lambda: self.dataset_wanted.emit(self.data))
        line.addWidget(more)
        for figure in self._figures.values():
            line.addWidget(figure)
        line.addStretch(1)
        for i, (key, title) in enumerate(TABS):
            tab = Button(title, flat=True, height=32, role="medium")
            tab.setObjectName(f"tab {key}")
            tab.setCheckable(True)
            tab.setToolTip(f"{title}  (Ctrl+{i + 1})")
            tab.clicked.connect(lambda _=False, key=key: self.tab_chosen.emit(key))
            self._tabs[key] = tab
            line.addWidget(tab)
        line.addWidget(Divider(vertical=True, length=px(24)))
        self.lessons = Button("Lessons", flat=True, height=32, role="medium")
        self.lessons.setObjectName("lessons button")
        self.lessons.setCheckable(True)
        self.lessons.setToolTip("Lessons and glossary  (F3)")
        self.lessons.clicked.connect(self.lessons_wanted)
        line.addWidget(self.lessons)
        self._device = Chip("cpu", "CPU")
        self._device.setToolTip("Where the networks train")
        self._pace = SparkChip("60 fps")
        self._pace.setToolTip("How late the window's beats were: what a hand feels as stutter")
        self._pace.clicked.connect(lambda: self.timings_wanted.emit(self._pace))
        line.addWidget(self._device)
        line.addWidget(self._pace)
        desk.dataset_changed.connect(self._show_data)
        desk.opened.connect(self._show_data)
        clock.second.connect(self._show_pace)
        theme.changes.changed.connect(self._reserve)
        self.setEnabled(True)
        self.show_tab("lineup")

    def show_tab(self, key: str) -> None:
        """Mark a tab as the present one."""
        for name, tab in self._tabs.items():
            tab.setChecked(name == key)

    def ask(self) -> None:
        """Nothing slow is needed."""

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.status,)

    def refresh(self, view: View) -> None:
        """Where the farthest run is."""
        statuses = [run.view.status for run in self._desk.runs]
        if not statuses:
            return
        going = any(status.state == "training" for status in statuses)
        self.train.set_content("Pause" if going else "Train", "pause" if going else "play")
        far = max(statuses, key=lambda status: status.step)
        self._figures["Epoch"].set_text(numbers.number(far.epoch, 1))
        self._figures["Step"].set_text(f"{far.step:,}")
        self._figures["Time"].set_text(numbers.clock(max(status.seconds for status in statuses)))
        device = far.device.upper()
        threads = sum(status.threads for status in statuses)
        wide = device == "CPU" and self.width() > theme.px(1250)
        self._device.set_text(f"{device} · {threads} thread{'s' * (threads != 1)}" if wide else device)

    def _show_data(self) -> None:
        data = self._desk.experiment.dataset
        self.data.setText(data.title)
        points = data.train.pixels[:5_000, :, 0, 0] if data.points else None
        self._thumbnail.set_image(arranged(data.train.pixels[:1])[0] if points is None else crowd(points))
        self._fit()

    def _show_pace(self) -> None:
        gap = self._clock.gap_ms()
        self._gaps.append(gap)
        self._pace.set_values(list(self._gaps))
        self._show_words()
        self._fit()

    def _show_words(self) -> None:
        gap = self._gaps[-1]
        words = f"late {numbers.number(gap, 0)} ms"
        if self.width() > theme.px(1250):
            words = f"smooth · {words}" if gap <= SMOOTH_MS else words
        self._pace.set_text(words)
        self._pace.set_tone("normal" if gap <= ROUGH_MS else "warn" if gap <= 2 * BROKEN_MS else "error")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme.px(1250)
        self.train.set_compact(narrow)
        self.train.setFixedWidth(theme.px(96 if narrow else 128))
        self._reserve()
        self._fit()

    def _reserve(self) -> None:
        """The chip's words change every second; what stands beside it must not move."""
        self._pace.set_text("smooth · late 99 ms" if self.width() > theme.px(1250) else "late 999 ms")
        self._pace.setFixedWidth(self._pace.sizeHint().width())
        self._show_words()

    def _fit(self) -> None:
        """Where the bar is narrow, what is needed least gives way."""
        items = (self._line.itemAt(i) for i in range(self._line.count()))
        widgets = [widget for item in items if item is not None and (widget := item.widget()) is not None]
        need = {each: each.minimumWidth() or each.minimumSizeHint().width() for each in widgets}
        over = sum(need.values()) + (len(widgets) + 3) * theme.px(8) - self.width()
        figures = self._figures
        for each in (figures["Epoch"], self._pace, self._device, figures["Time"], self._thumbnail, figures["Step"]):
            each.setVisible(over <= 0)
            if over > 0:
                over -= need[each] + theme.px(8)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        painter.fillRect(0, self.height() - 1, self.width(), 1, QColor(theme.current().line))
        painter.end()
