"""*Cross-entropy of a classifier*: how surprised a small classifier is by the true class of the chosen image."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout

from core.foundation.arrays import Doubles
from core.foundation.pixels import display
from core.theory import information
from gui.desk.desk import Desk
from gui.desk.wording import keep_worded
from gui.drawing import numbers, paint, theme
from gui.information.card import Figure, Legend, Plot, TitledCard, bar_fill
from gui.information.image_choice import step_buttons
from gui.widgets import layouts
from gui.widgets.buttons import Button
from gui.widgets.image_view import ImageView
from gui.widgets.label import Label
from gui.widgets.naming import named
from gui.widgets.prose_formulas import explain

if TYPE_CHECKING:
    from core.engine.board import View
    from core.engine.run import Run
    from core.evaluation.classifier_store import FeatureClassifier

_KEYS = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})


def probabilities(log_p: npt.NDArray[np.float32]) -> Doubles:
    """p (K,) that sums to 1 from log p (K,)."""
    p = np.exp(log_p.astype(np.float64))
    return np.asarray(p / p.sum(), np.float64)


class ClassBars(Plot):
    """q(class | x) as bars beside the one-hot p; a click, or Left and Right, choose the true class."""

    chosen = Signal(int)
    least_px = (200, 120)

    def __init__(self) -> None:
        super().__init__("class bars", "Probability of each class", _KEYS)
        self.q: Doubles | None = None
        self.names: tuple[str, ...] = ()
        self.truth = -1
        self._hover = -1
        self.hint = ""

    def show_classes(self, q: Doubles | None, names: tuple[str, ...], truth: int, hint: str = "") -> None:
        """Show q (K,), or the hint where there is none; ``truth``: index of the true class, -1 for none."""
        self.q, self.names, self.truth, self.hint = q, names, truth, hint
        if q is not None:
            best = int(q.argmax())
            self.setAccessibleDescription(f"Most likely {names[best]}, {100 * q[best]:.1f} per cent.")
        self.update()

    def _area(self) -> QRectF:
        px = theme.px
        return QRectF(px(30), px(24), self.width() - px(34), self.height() - px(24) - px(22))

    def column(self, index: int) -> QRectF:
        """A class's column at the full height of the plot."""
        area = self._area()
        width = area.width() / max(1, len(self.names))
        return QRectF(area.left() + index * width, area.top(), width, area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        with self.painting() as painter:
            colors, area, px = theme.current(), self._area(), theme.px
            if self.q is None:
                paint.text(painter, QRectF(self.rect()), self.hint, "body", colors.text_3, paint.CENTER)
                return
            for value in (0.0, 0.5, 1.0):
                y = area.bottom() - value * area.height()
                place = QRectF(0, y - 7, px(24), 14)
                paint.text(painter, place, f"{value:.1f}", "tick", colors.text_3, paint.RIGHT)
            painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), QColor(colors.line))
            for index, (name, value) in enumerate(zip(self.names, self.q.tolist(), strict=True)):
                column = self.column(index)
                if index in (self.truth, self._hover):
                    lit = column.adjusted(1, -px(6), -1, px(22))
                    paint.box(painter, lit, px(4), theme.mix(colors.control, colors.card, 0.55))
                width = round(min(px(22), column.width() * 0.36))
                middle = round(column.center().x())
                bars = (
                    (middle - width - 1, float(index == self.truth), colors.info_p),
                    (middle + 1, value, colors.info_q),
                )
                for x, tall, color in bars:
                    top = column.bottom() - tall * column.height()
                    paint.box(painter, QRectF(x + 1, top, width - 2, column.bottom() - top), 0, bar_fill(color))
                    paint.box(painter, QRectF(x, top - 2, width, 4), 2, color)
                if value >= 0.005 and column.width() > px(24):
                    top = column.bottom() - value * column.height()
                    above = QRectF(middle - px(8), top - px(17), width + px(20), 14)
                    words = f"{100 * value:.0f} %" if value >= 0.095 else f"{100 * value:.1f} %"
                    paint.text(painter, above, words, "tick", colors.text_2, paint.CENTER)
                below = QRectF(column.left(), column.bottom() + px(4), column.width(), px(16))
                role = "strong" if index == self.truth else "body"
                paint.text(painter, below, name, role, colors.text, paint.CENTER)

    def _at(self, spot: QPointF) -> int:
        area = self._area()
        if self.q is None or not area.left() <= spot.x() < area.right():
            return -1
        return min(len(self.names) - 1, int((spot.x() - area.left()) / area.width() * len(self.names)))

    def _choose(self, index: int) -> None:
        if self.q is not None and 0 <= index < len(self.names) and index != self.truth:
            self.truth = index
            self.update()
            self.chosen.emit(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hover = self._at(event.position())
        if hover != self._hover:
            self._hover = hover
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        last = len(self.names) - 1
        to = {
            Qt.Key.Key_Left: max(0, self.truth - 1),
            Qt.Key.Key_Right: min(last, self.truth + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }.get(Qt.Key(event.key()))
        if to is None:
            super().keyPressEvent(event)
        else:
            self._choose(to)


class ClassifierCard(TitledCard):
    """The cross-entropy of the classifier whose features measure distances; no lane trains it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("Cross-entropy of a classifier", "how surprised it is by the true class", "classifier")
        self._desk = desk
        self.run: Run | None = None
        self.hz = 2.0
        self._classifier: FeatureClassifier | None = None
        legend = Legend()
        legend.set_entries([("info_p", "p, the truth"), ("info_q", "q, the classifier")])
        self.add_action(legend)
        self.bars = ClassBars()
        explain(
            self.bars,
            r"Click the class that is meant: $\p{p}$ is 1 there and 0 elsewhere, so $H(\p{p}, \q{q}) = -\ln"
            r" \q{q}(\text{class})$",
        )
        self.bars.chosen.connect(self.show_cost)
        self.body.addLayout(layouts.row(self._image_column(), (self.bars, 1), spacing=theme.px(12)), 1)
        self.cost = Figure(
            "",
            r"$H(\p{p}, \q{q}) = -\sum \p{p} \ln \q{q} = -\ln \q{q}(\text{true class})$, as $\p{p}$ is one-hot",
            below=True,
        )
        self.best = Figure("It says", "The class with the largest q", below=True)
        self.right = Figure("", below=True)
        keep_worded(desk, r"$H(\p{p}, \q{q}) \text{ of this image}$", self.cost.set_caption)
        keep_worded(desk, "Right on test images", self.right.set_caption)
        keep_worded(desk, "The share of test images whose class it names", self.right.set_tip)
        self.add_figures(self.cost, self.best, self.right)
        desk.chosen.changed.connect(self.look)
        desk.dataset_changed.connect(self.look)

    def _image_column(self) -> QVBoxLayout:
        """The image, its name, and the buttons that choose another."""
        desk, px = self._desk, theme.px
        self._picture = ImageView(112, "No image yet", border=True)
        self.which = Label("", "caption", "text_2", elided=True)
        self.which.setMaximumWidth(px(112))
        self._draw = named(Button("Draw", "pencil"), tip="Draw a digit, then click the class that you meant")
        self._draw.clicked.connect(lambda: desk.chosen.draw_wanted.emit(self) if desk.is_open else None)
        steps = layouts.row(*step_buttons(desk, filled=True), self._draw, spacing=px(4))
        return layouts.column(self.which, self._picture, steps, layouts.STRETCH, spacing=px(6))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def ask(self) -> None:
        """Request the classifier once the card is scrolled into view."""
        if not self._desk.is_open or self.visibleRegion().isEmpty():
            return
        reference = self._desk.experiment.reference
        if reference.known_classifier is None:
            self._desk.experiment.want_classifier()
        if reference.known_classifier is not self._classifier:
            self.look()

    def parts(self, view: View) -> tuple[object, ...]:
        """What it draws of a view."""
        return (view.status,)

    def refresh(self, view: View) -> None:
        """Training changes nothing here."""

    def look(self) -> None:
        """Classify the chosen image, if the card is visible."""
        if not self._desk.is_open or not self.isVisible():
            return
        experiment, chosen = self._desk.experiment, self._desk.chosen
        data = experiment.dataset
        grey = data.shape[0] == 1 and not data.points
        self._draw.setEnabled(grey)
        self._classifier = classifier = experiment.reference.known_classifier
        image = chosen.image
        self._picture.set_image(None if image is None else display(image[None])[0])
        self.which.setText(chosen.words or f"Test {data.noun} #{chosen.index:,}")
        if data.points or classifier is None or image is None or image.shape != data.shape:
            hint = "Points need no classifier" if data.points else "The classifier is being made ready"
            self.bars.show_classes(None, (), -1, "Draw something" if classifier is not None and image is None else hint)
            self.right.show_value("—")
            self.show_cost()
            return
        q = probabilities(classifier.classify(image[None])[1][0])
        names = tuple(data.class_name(each) if classifier.labelled else f"#{each}" for each in classifier.classes)
        labels, truth = data.test.labels, -1
        if (
            labels is not None
            and classifier.labelled
            and chosen.is_of_test
            and int(labels[chosen.index]) in classifier.classes
        ):
            truth = classifier.classes.index(int(labels[chosen.index]))
        elif not chosen.is_of_test and len(names) == len(self.bars.names):
            truth = self.bars.truth  # the class chosen for a drawing or a picture stays
        self.bars.show_classes(q, names, truth)
        known = math.isfinite(classifier.accuracy)
        what = "classes of the data" if classifier.labelled else "clusters of pixels"
        self.right.show_value(
            numbers.number(100 * classifier.accuracy, 1) if known else "—", "%" if known else "", what
        )
        self.show_cost()

    def show_cost(self) -> None:
        """Show the cross-entropy with the class taken as the true one."""
        q, truth = self.bars.q, self.bars.truth
        if q is None:
            self.cost.show_value("—")
            self.best.show_value("—")
            return
        best = int(q.argmax())
        self.best.show_value(self.bars.names[best], "", f"with {numbers.number(100 * float(q[best]), 1)} %")
        if truth < 0:
            self.cost.show_value("—", "", "click the true class")
            return
        value = information.cross_entropy(information.one_hot(len(q), truth), q)
        self.cost.show_value(
            numbers.number(value, 3), "nats", f"q({self.bars.names[truth]}) = {numbers.number(float(q[truth]), 3)}"
        )
