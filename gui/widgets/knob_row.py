"""The row of controls for a `Param`: label with slider and value, list, or text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from core.foundation.params import Knob, KnobError, KnobValue
from core.text import addresses
from gui.drawing import icons, theme
from gui.drawing.painting import painting
from gui.widgets import focus, layouts
from gui.widgets.combo import Combo
from gui.widgets.help_text import Help
from gui.widgets.key_hints import changes as key_changes
from gui.widgets.label import Label
from gui.widgets.manual_places import more, set_place
from gui.widgets.prose_formulas import explain
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField

LABEL_PX = 96
"""Width of the label."""
VALUE_PX = 75
"""Width of the number field beside a slider: 0.00001 fits."""
FIELD_PX = 164
"""Largest width of a control without a slider: it ends where those with one do, in the widest panel too."""
FIELD_MINIMUM_PX = 96
"""Smallest width of a control without a slider."""
SLIDER_PX = 36
"""Smallest width of the slider, in the narrowest panel; in one of 264 px it has 60."""
GAP_PX = 4
"""Space between label, slider and field."""

KEPT_KEYS = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_Up, Qt.Key.Key_Down})
"""Keys of the window that the text field takes while text is typed."""

_ACRONYMS = frozenset({"cpu", "cuda", "kl", "l1", "mlp", "mps", "sgd"})


def choice_words(choice: str) -> str:
    """How a choice of a knob is written."""
    return choice.upper() if choice in _ACRONYMS else choice.capitalize()


class TextField(QLineEdit):
    """A text knob: Enter applies, Esc reverts; ``refused`` carries the error of invalid text, "" once it is gone."""

    applied = Signal(str)
    refused = Signal(str)

    def __init__(self, knob: Knob) -> None:
        super().__init__()
        self._knob = knob
        self._value = str(knob.default)
        self.setText(self._value)
        self.editingFinished.connect(self._finish)
        self.refused.connect(self._mark)

    def set_value(self, value: str) -> None:
        """Set the value without a signal."""
        self._value = value
        if not self.hasFocus() and self.text() != value:
            self.setText(value)
            self.refused.emit("")  # refused text went with the reason

    def _mark(self, reason: str) -> None:
        """Give refused text the frame of an error (see the style sheet)."""
        self.setProperty("refused", bool(reason))
        self.style().polish(self)

    def _finish(self) -> None:
        text = self.text().strip()
        if text == self._value:
            self.refused.emit("")
            return
        try:
            self._knob.check(text)
        except KnobError as error:
            self.refused.emit(str(error).removeprefix(f"{self._knob.param.label}: "))  # it stands under the label
            return
        self._value = text
        self.refused.emit("")
        self.applied.emit(text)

    def event(self, event: QEvent) -> bool:
        return focus.claims(event, KEPT_KEYS) or super().event(event)

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._value)
            self.refused.emit("")
            self.clearFocus()
        else:
            super().keyPressEvent(event)


class KnobLabel(Label):
    """The name of a knob; a click asks for help. A restart icon marks a knob that needs a restart."""

    asked = Signal()

    def __init__(self, knob: Knob, needs_restart: bool) -> None:
        super().__init__(knob.param.label, "body", "text_2", elided=True)
        self._needs_restart = needs_restart
        self._waiting = False
        self.setCursor(Qt.CursorShape.WhatsThisCursor)

    def set_waiting(self, waiting: bool) -> None:
        """Mark the knob as changed and waiting for a restart."""
        if waiting != self._waiting:
            self._waiting = waiting
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.asked.emit()

    def paintEvent(self, event: Any) -> None:
        super().paintEvent(event)
        if not self._needs_restart:
            return
        wide = self.fontMetrics().horizontalAdvance(self.text())
        left = wide + 4
        if left + 12 > self.width():
            return
        with painting(self) as painter:
            color = theme.current().warn if self._waiting else theme.current().text_3
            top = (self.height() - 12) // 2
            painter.drawPixmap(QPoint(left, top), icons.pixmap("restart", 12, color, self.devicePixelRatioF()))


class KnobRow(QWidget):
    """One knob: ``edited`` carries its checked value, ``help_wanted`` its help.

    The slider has the colour of lane ``slot``. ``waits``: a change waits for a restart where the knob needs one; else
    every lane begins again at once.
    """

    edited = Signal(object)
    help_wanted = Signal(object)

    def __init__(self, knob: Knob, slot: int | None = None, *, waits: bool = True) -> None:
        super().__init__()
        self.knob = knob
        self.setObjectName(f"row {knob.name}")
        set_place(self, addresses.of_knob(knob.name))
        self._named, self._slot = knob, slot
        self._waits = waits
        self.label = KnobLabel(knob, waits and not knob.param.live)
        self.label.setFixedWidth(theme.px(LABEL_PX))
        self.label.asked.connect(self._ask_help)
        self._slider: Slider | None = None
        self._field: SpinField | TextField | Combo | Segmented
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(theme.px(GAP_PX))
        line.addWidget(self.label)
        self._fill(line)
        self._field.setObjectName(knob.name)
        self._error = Label("", "caption", "error", wrap=True)
        self._error.hide()
        inside = QVBoxLayout(self)
        inside.setContentsMargins(0, 2, 0, 2)
        inside.setSpacing(0)
        inside.addLayout(line)
        inside.addWidget(self._error)
        self.word(str)
        for child in (self._field, self._slider):
            if child is not None:
                child.installEventFilter(self)
        theme.changes.changed.connect(self._recolor)
        key_changes.changed.connect(self._explain)
        self._recolor()

    def _fill(self, line: QHBoxLayout) -> None:
        knob, p = self.knob, self.knob.param
        low = p.low if p.low is not None else 0.0
        high = p.high if p.high is not None else 1e9
        if knob.kind is bool:
            self._field = Segmented([("off", "Off"), ("on", "On")])
            self._field.chosen.connect(lambda key: self.edited.emit(key == "on"))
        elif p.choices:
            self._field = Combo([(each, choice_words(each)) for each in p.choices])
            self._field.chosen.connect(self.edited.emit)
        elif knob.kind is str:
            self._field = TextField(knob)
            self._field.applied.connect(self.edited.emit)
            self._field.refused.connect(self._show_error)
        else:
            if (p.live and knob.kind is float) or p.soft is not None:
                soft = p.soft or (low, high)
                decimals = p.decimals if knob.kind is float else 0
                self._slider = Slider(*soft, scale=p.scale, default=float(knob.default), decimals=decimals)
                self._slider.setObjectName(f"{knob.name} slider")
                self._slider.moved.connect(self._slide)
                line.addWidget(self._slider, 1)
            kind = int if knob.kind is int else float
            scale: Literal["linear", "log"] = "log" if p.scale == "log" and low > 0 else "linear"
            self._field = SpinField(
                kind,
                low,
                high,
                unit=p.unit if self._slider is None else "",
                decimals=p.decimals,
                scale=scale,
                words=dict(p.words),
                tells_why=False,
            )
            self._field.edited.connect(self._type)
            self._field.invalid.connect(self._show_error)
        if self._slider is None:
            self._field.setMinimumWidth(theme.px(FIELD_MINIMUM_PX))
            self._field.setMaximumWidth(theme.px(FIELD_PX))
            line.addWidget(self._field, 1)
        else:
            self._slider.setMinimumWidth(theme.px(SLIDER_PX))
            self._field.setFixedWidth(theme.px(VALUE_PX))
            line.addWidget(self._field)

    def _value(self, number: float) -> float | int:
        return round(number) if self.knob.kind is int else number

    def _slide(self, number: float) -> None:
        if isinstance(self._field, SpinField):
            self._field.set_value(number)
        self.edited.emit(self._value(number))

    def _type(self, number: float) -> None:
        if self._slider is not None:
            self._slider.set_value(number)
        self.edited.emit(self._value(number))

    def set_value(self, value: KnobValue) -> None:
        """Set the value without a signal."""
        if isinstance(self._field, Segmented):
            self._field.set_value("on" if value else "off")
        elif isinstance(self._field, Combo | TextField):
            self._field.set_value(str(value))
        else:
            self._field.set_value(float(value))
            if self._slider is not None:
                self._slider.set_value(float(value))

    def word(self, say: Callable[[str], str]) -> None:
        """Say label, unit, help and tooltip in the words of the data (``say``: `Dataset.worded`)."""
        self.knob = self._named.worded(say)
        param = self.knob.param
        self.label.setText(param.label)
        for child in (self._field, self._slider):
            if child is not None:
                child.setAccessibleName(param.label)
        if isinstance(self._field, SpinField) and self._slider is None:
            self._field.set_unit(param.unit)
        self._explain()

    def _explain(self) -> None:
        tip = self._help()
        formula = [f"${tip.formula}$"] if tip.formula else []
        explain(self, "\n".join([tip.text, *formula, tip.footer, more()]), self._slot)

    def set_waiting(self, waiting: bool) -> None:
        """Mark the knob as changed and waiting for a restart."""
        self.label.set_waiting(waiting)

    def _show_error(self, reason: str) -> None:
        self._error.setText(reason)
        self._error.setVisible(bool(reason))
        if reason:
            layouts.reveal(self)

    def _recolor(self) -> None:
        if self._slider is not None and self._slot is not None:
            self._slider.set_fill(theme.current().lanes[self._slot])

    def _help(self) -> Help:
        return Help.of(self.knob, waits=self._waits)

    def _ask_help(self) -> None:
        self.help_wanted.emit(self._help())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._ask_help()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self._ask_help()
        return False
