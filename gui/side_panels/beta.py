"""The KL weight β: slider, presets and schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QEnterEvent, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QButtonGroup, QSizePolicy

from core.foundation.params import knob
from core.text import addresses
from gui.desk.desk import Desk
from gui.drawing import numbers, paint, theme
from gui.drawing.painting import painting
from gui.widgets import layouts
from gui.widgets.buttons import Button, IconButton
from gui.widgets.help_text import Help
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.manual_places import more, set_place
from gui.widgets.naming import named
from gui.widgets.painted import PaintedWidget
from gui.widgets.sections import Card, Divider
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.models.declarations import RateKnobs

ENDS = ("no pull to the prior", "strong pull")
"""What a weight of 0 and the largest one are. What follows for images and holes depends on data and dimensions."""
PRESETS = (0.0, 0.1, 1.0, 4.0, 10.0, 100.0)
TICKS = ((0.0, "0"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))


class ScheduleCurve(PaintedWidget):
    """β over the steps, with a dot at the current step."""

    preferred_px = (218, 44)

    def __init__(self) -> None:
        super().__init__()
        self._y: np.ndarray = np.ones(2)
        self._now, self._beta, self._slot, self._note = 0.0, 1.0, 0, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("KL weight over the steps")

    def set_curve(self, y: np.ndarray, now: float, beta_now: float, note: str, slot: int) -> None:
        """β (N,), evenly spaced over the steps shown; ``now`` in [0, 1] is the place of the current step."""
        self._y, self._now, self._beta, self._note, self._slot = y, now, beta_now, note, slot
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        with painting(self, smooth=True) as painter:
            paint.box(painter, self.rect(), 4, colors.plot)
            left, right, top, bottom = 6.0, self.width() - 6.0, 6.0, self.height() - 18.0
            high = max(float(self._y.max()), 1e-9)
            if np.ptp(self._y) > 0:  # β moves: a line at 0
                painter.fillRect(QRectF(left, bottom, right - left, 1), QColor(colors.grid))
            x = np.linspace(left, right, len(self._y))
            y = bottom - self._y / high * (bottom - top)
            painter.setPen(QPen(QColor(colors.lanes[self._slot]), 1))
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colors.lanes[self._slot]))
            spot = QPointF(left + self._now * (right - left), bottom - self._beta / high * (bottom - top))
            painter.drawEllipse(spot, 2.5, 2.5)
            area = QRectF(left, self.height() - 16, right - left, 14)
            paint.text(painter, area, self._note, "tick", colors.text_3)


class BetaCard(Card):
    """Title and value, slider, presets, schedule."""

    def __init__(self, desk: Desk, run: Run, names: RateKnobs) -> None:
        super().__init__()
        self._desk = desk
        self._names = names
        self.run: Run | None = run
        self._run = run
        self.hz = 4.0
        self._knob = knob(run.model.Config, names.weight).worded(desk.worded)
        self._value = Label("1.00", "hero", "text")
        self.slider = named(
            Slider(0.0, 100.0, scale="log", default=1.0, ticks=TICKS, knob=16, log_floor=0.01), "beta", "KL weight β"
        )
        self.slider.moved.connect(lambda value: desk.set_knob(run, names.weight, value))
        self._group = QButtonGroup(self)  # one stop of Tab; arrows go from preset to preset
        self._presets = [(value, self._make_preset(value)) for value in PRESETS]
        schedules = Segmented([("constant", "Constant"), ("warm-up", "Warm-up"), ("cyclic", "Cyclic")])
        self._schedule = named(schedules, "schedule", "Schedule of β")
        self._schedule.chosen.connect(lambda key: desk.set_knob(run, names.schedule, key))
        self._length = KnobRow(knob(run.model.Config, names.length), run.slot)
        self._length.word(desk.worded)
        self._length.edited.connect(lambda value: desk.set_knob(run, names.length, value))
        self._curve = ScheduleCurve()
        for each in (self.slider, *(button for _, button in self._presets)):
            each.installEventFilter(self)
        self._lay_out()
        desk.knob_changed.connect(self._show)
        theme.changes.changed.connect(self._show)
        self._show()

    def _make_preset(self, value: float) -> Button:
        button = named(Button(f"{value:g}", height=24), f"beta {value:g}")
        button.setCheckable(True)
        self._group.addButton(button)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self._desk.set_knob(self._run, self._names.weight, value))
        return button

    def _make_help_button(self) -> IconButton:
        words = Help.of(self._knob)
        button = IconButton("help", f"{words.text}\n{words.footer}\n{more()}", 20)
        button.clicked.connect(self._ask_help)
        return button

    def _ask_help(self) -> None:
        self._desk.help(Help.of(self._knob))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._ask_help()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt calls it for the slider and the presets."""
        if event.type() == QEvent.Type.FocusIn:
            self._ask_help()
        return False

    def _lay_out(self) -> None:
        set_place(self, addresses.of_knob(self._knob.name))
        gap, stretch = theme.px(4), layouts.STRETCH
        title = Label("KL weight β", "title", "text")
        none, strong = (Label(words, "tick", "text_3") for words in ENDS)
        layouts.column(
            layouts.row(title, self._make_help_button(), stretch, self._value, spacing=gap),
            self.slider,
            layouts.row(*((button, 1) for _, button in self._presets), spacing=gap),
            layouts.row(none, stretch, strong),
            Divider(),
            Label("Schedule", "body", "text_2"),
            self._schedule,
            self._length,
            self._curve,
            spacing=6,
            margins=(10, 8, 10, 10),
            on=self,
        )

    def ask(self) -> None:
        """Needs no looks."""

    def parts(self, view: View) -> tuple[object, ...]:
        """Parts of the view that are drawn."""
        return view.status, view.config

    def refresh(self, view: View) -> None:
        """Move the dot to the current step."""
        self._draw_curve()

    def _settings(self) -> tuple[float, str, int]:
        """β, its schedule, and the length of the schedule in steps."""
        config, names = self._run.pending, self._names
        return getattr(config, names.weight), getattr(config, names.schedule), getattr(config, names.length)

    def _show(self, *_: object) -> None:
        beta, schedule, length = self._settings()
        colors, slot = theme.current(), self._run.slot
        self.slider.set_fill(colors.lanes[slot])
        self.slider.set_value(beta)
        self._value.setText(numbers.number(beta, 2) if beta < 100 else "100")
        self._group.setExclusive(False)  # a weight between two presets has none
        for preset in self._presets:
            button = preset[1]
            button.setChecked(False)
            button.set_checked_fill(colors.lanes[slot], colors.lane_inks[slot])
        self._group.setExclusive(True)
        for value, button in self._presets:
            if abs(beta - value) < 1e-9:
                button.setChecked(True)
        self._schedule.set_value(schedule)
        self._length.set_value(length)
        self._length.setVisible(schedule != "constant")
        self._draw_curve()

    def _draw_curve(self) -> None:
        (beta, schedule, length), step = self._settings(), self._run.view.status.step
        weight_at = self._run.model.rate_weight(self._run.pending).at
        span = {"constant": max(1, step), "warm-up": max(2 * length, step)}.get(schedule, 3 * length)
        first = step // span * span if schedule == "cyclic" else 0
        steps = first + np.linspace(0, span, 109)
        y = np.array([weight_at(int(s)) for s in steps])
        note = {
            "constant": f"{numbers.number(beta, 2)} at every step",
            "warm-up": f"from 0 to {numbers.number(beta, 2)} in {length:,} steps",
            "cyclic": f"a cycle is {length:,} steps, half of it rising",
        }[schedule]
        place = 0.8 if schedule == "constant" else (step - first) / span
        self._curve.set_curve(y, min(1.0, place), weight_at(step), note, self._run.slot)
