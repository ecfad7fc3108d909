"""The card of the KL weight: the knob people came for."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from core.foundation.params import knob
from gui.desk.desk import Desk, Help
from gui.drawing import numbers, paint, theme
from gui.widgets.buttons import Button, IconButton
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.sections import Card, Divider
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.models.vae import VaeConfig

PRESETS = (0.0, 0.1, 1.0, 4.0, 10.0)
TICKS = ((0.0, "0"), (0.1, "0.1"), (1.0, "1"), (10.0, "10"), (100.0, "100"))


class ScheduleCurve(QWidget):
    """β over the steps to come, with a dot at the present one."""

    def __init__(self) -> None:
        super().__init__()
        self._y: np.ndarray = np.ones(2)
        self._now, self._beta, self._slot, self._note = 0.0, 1.0, 0, ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("KL weight over the steps")
        theme.changes.changed.connect(self.update)

    def set_curve(self, y: np.ndarray, now: float, beta_now: float, note: str, slot: int) -> None:
        """Heights (N,) over the span; ``now`` 0 to 1 is where the run is."""
        self._y, self._now, self._beta, self._note, self._slot = y, now, beta_now, note, slot
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.px(218), theme.px(44))

    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.box(painter, self.rect(), 4, colors.plot)
        left, right, top, bottom = 6.0, self.width() - 6.0, 10.0, self.height() - 18.0
        painter.fillRect(QRectF(left, bottom + 6, right - left, 1), QColor(colors.grid))
        high = max(float(self._y.max()), 1e-9)
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
        painter.end()


class BetaCard(Card):
    """Title and hero value, slider, presets, schedule."""

    def __init__(self, desk: Desk, run: Run) -> None:
        super().__init__()
        from core.models.vae import beta_at  # reached only once torch is there

        self._beta_at = beta_at
        self._desk = desk
        self.run: Run | None = run
        self._run = run
        self.hz = 4.0
        self._knob = knob(run.model.Config, "beta")
        help_of = Help.of(self._knob.param, self._knob.default)
        self._value = Label("1.00", "hero", "text")
        asked = IconButton("help", f"{help_of.text}\n{help_of.footer}", 20)
        asked.clicked.connect(lambda: desk.help(help_of))
        head = QHBoxLayout()
        head.setSpacing(theme.px(4))
        head.addWidget(Label("KL weight β", "title", "text"))
        head.addWidget(asked)
        head.addStretch(1)
        head.addWidget(self._value)
        self.slider = Slider(0.0, 100.0, scale="log", default=1.0, ticks=TICKS, knob=16, log_floor=0.01)
        self.slider.setObjectName("beta")
        self.slider.setAccessibleName("KL weight β")
        self.slider.moved.connect(lambda value: desk.set_knob(run, "beta", value))
        presets = QHBoxLayout()
        presets.setSpacing(theme.px(4))
        self._presets: list[tuple[float, Button]] = []
        for value in PRESETS:
            button = Button(f"{value:g}", height=24)
            button.setObjectName(f"beta {value:g}")
            button.setCheckable(True)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, value=value: desk.set_knob(run, "beta", value))
            presets.addWidget(button, 1)
            self._presets.append((value, button))
        ends = QHBoxLayout()
        ends.addWidget(Label("sharper, more holes", "caption", "text_3"))
        ends.addStretch(1)
        ends.addWidget(Label("smoother, blurrier", "caption", "text_3"))
        self._schedule = Segmented([("constant", "Constant"), ("warm-up", "Warm-up"), ("cyclic", "Cyclic")])
        self._schedule.setObjectName("schedule")
        self._schedule.chosen.connect(lambda key: desk.set_knob(run, "schedule", key))
        self._length = KnobRow(knob(run.model.Config, "schedule_steps"), run.slot)
        self._length.edited.connect(lambda value: desk.set_knob(run, "schedule_steps", value))
        self._curve = ScheduleCurve()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(10, 8, 10, 10)
        inside.setSpacing(6)
        inside.addLayout(head)
        inside.addWidget(self.slider)
        inside.addLayout(presets)
        inside.addLayout(ends)
        inside.addWidget(Divider())
        inside.addWidget(Label("Schedule", "body", "text_2"))
        inside.addWidget(self._schedule)
        inside.addWidget(self._length)
        inside.addWidget(self._curve)
        desk.knob_changed.connect(self._show)
        theme.changes.changed.connect(self._show)
        self._show()

    def ask(self) -> None:
        """Nothing slow is needed."""

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return view.status, view.config

    def refresh(self, view: View) -> None:
        """The dot at the present step."""
        self._draw_curve()

    @property
    def _config(self) -> VaeConfig:
        return cast("VaeConfig", self._run.pending)

    def _show(self, *_: object) -> None:
        config = self._config
        colors, slot = theme.current(), self._run.slot
        self.slider.set_fill(colors.lanes[slot])
        self.slider.set_value(config.beta)
        self._value.setText(numbers.number(config.beta, 2) if config.beta < 100 else "100")
        for value, button in self._presets:
            button.setChecked(abs(config.beta - value) < 1e-9)
            button.set_checked_fill(colors.lanes[slot], colors.lane_inks[slot])
        self._schedule.set_value(config.schedule)
        self._length.set_value(config.schedule_steps)
        self._length.setVisible(config.schedule != "constant")
        self._draw_curve()

    def _draw_curve(self) -> None:
        config, step = self._config, self._run.view.status.step
        span = {"constant": max(1, step), "warm-up": max(2 * config.schedule_steps, step)}.get(
            config.schedule, 3 * config.schedule_steps
        )
        first = step // span * span if config.schedule == "cyclic" else 0
        steps = first + np.linspace(0, span, 109)
        y = np.array([self._beta_at(config, int(s)) for s in steps])
        now = self._beta_at(config, step)
        note = {
            "constant": f"{numbers.number(config.beta, 2)} at every step",
            "warm-up": f"from 0 to {numbers.number(config.beta, 2)} in {config.schedule_steps:,} steps",
            "cyclic": f"a cycle is {config.schedule_steps:,} steps, half of it rising",
        }[config.schedule]
        place = 0.8 if config.schedule == "constant" else (step - first) / span
        self._curve.set_curve(y, min(1.0, place), now, note, self._run.slot)
