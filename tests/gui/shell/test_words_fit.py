"""No word is cut: pages × sizes × text sizes × β. What ends in an ellipsis tells its whole text in a tooltip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QRect, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QGraphicsView, QWidget

from core.foundation.params import knobs
from core.models.base import MODELS
from core.training.setup import Setup
from gui.drawing import paint, theme
from gui.widgets.knob_row import LABEL_PX
from gui.widgets.label import Label
from tests.gui.conftest import Stage

PAGES = ("entropy", "elbo", "reparameterization", "holes", "generate", "slow motion")


class Finder:
    """Paints every visible widget once more and collects the words that are cut or lie outside of their widget."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._paint = paint.text
        self._widget: QWidget | None = None
        self.cut: list[str] = []
        monkeypatch.setattr(paint, "text", self._watch)

    def _watch(
        self,
        painter: QPainter,
        rect: QRect | QRectF,
        words: str,
        role: str,
        color: str,
        align: Qt.AlignmentFlag = paint.LEFT,
    ) -> None:
        if self._widget is not None and words:
            area, wide = QRectF(rect), paint.wide(words, role)
            left = painter.combinedTransform().dx() + area.x()
            left += 0 if align is paint.LEFT else (area.width() - wide) * (1.0 if align is paint.RIGHT else 0.5)
            if wide > area.width() + 1.5:
                self._note(words, f"{wide:.0f} px in {area.width():.0f}")
            elif left < -1.5 or left + wide > self._widget.width() + 1.5:
                self._note(words, f"{left:.0f} to {left + wide:.0f} px of {self._widget.width()}")
        self._paint(painter, rect, words, role, color, align)

    def _note(self, words: str, why: str) -> None:
        self.cut.append(
            f"{type(self._widget).__name__} {self._widget and self._widget.objectName()!r}: {words!r}, {why}"
        )

    def look(self, window: QWidget) -> None:
        """Look at all widgets that are visible now, once layouts have settled."""
        for _ in range(3):
            QApplication.processEvents()
        for _ in range(3):  # the last beat may have set words whose place is laid out next
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        for widget in window.findChildren(QWidget):
            if not widget.isVisible() or widget.size().isEmpty() or isinstance(widget, QGraphicsView):
                continue
            self._widget = widget
            if not isinstance(widget, Label):
                paint.words_on(widget)
            elif widget.textFormat() == Qt.TextFormat.PlainText and not widget.wordWrap() and widget.text():
                wide, room = paint.wide(widget.text(), widget.role()), widget.contentsRect().width()
                ends_in_ellipsis = widget.minimumSizeHint().width() < widget.sizeHint().width()  # its tooltip has all
                if wide > room + 1.5 and not ends_in_ellipsis:
                    self._note(widget.text(), f"{wide:.0f} px in {room}")
            self._widget = None


@pytest.fixture
def finder(monkeypatch: pytest.MonkeyPatch) -> Finder:
    return Finder(monkeypatch)


def _train(stage: Stage, betas: tuple[float, ...]) -> None:
    for run, beta in zip(stage.desk.runs, betas, strict=False):
        stage.desk.set_knob(run, "beta", beta)
    steps = stage.desk.runs[0].view.status.step + 12
    stage.desk.experiment.step(12)
    stage.until(stage.stepped(steps))
    stage.rest()


def _walk(stage: Stage, finder: Finder, pages: tuple[str, ...] = ()) -> None:
    for tab in ("lineup", "latent", "compare"):
        stage.window.show_tab(tab)
        stage.until(stage.all_are("paused"))
        finder.look(stage.window)
    for page in pages:
        stage.window.show_tab("information")
        stage.window.information.show_page(page)
        stage.until(stage.all_are("paused"))
        finder.look(stage.window.information)
    assert finder.cut == []


@pytest.mark.parametrize("scale", [1.0, 1.3])
def test_no_word_is_cut(desk_window: Callable[..., Any], finder: Finder, scale: float) -> None:
    stage = desk_window(("vae", "vae", "gan"), size=(1440, 900), scale=scale)
    for betas, pages in (((1.0, 4.0), PAGES), ((100.0, 0.1), ())):
        _train(stage, betas)
        for size in ((1440, 900), (1100, 700)):
            stage.window.resize(*size)
            _walk(stage, finder, pages)


def test_five_lanes_on_a_small_screen(desk_window: Callable[..., Any], finder: Finder) -> None:
    stage = desk_window(("vae", "vae", "gan", "ae", "ae"), size=(1100, 700))
    _train(stage, (100.0, 4.0))
    _walk(stage, finder)


def test_another_text_size_is_complete_at_once(desk_window: Callable[..., Any], finder: Finder) -> None:
    stage = desk_window(("vae", "gan"))
    _train(stage, (4.0,))
    stage.window.set_text_scale(1.3)
    _walk(stage, finder)
    stage.window.set_text_scale(1.0)
    _walk(stage, finder)


def test_a_text_size_and_back_leaves_the_sizes_as_they_were(desk_window: Callable[..., Any]) -> None:
    stage = desk_window(("vae", "gan"))

    def sizes() -> list[tuple[int, int]]:
        fields = [stage.find(QWidget, name) for name in ("lr", "batch", "z1 value")]
        return [(field.minimumWidth(), field.maximumWidth()) for field in fields]

    before = sizes()
    stage.window.set_text_scale(1.3)
    assert sizes() != before
    stage.window.set_text_scale(1.0)
    assert all(abs(a - b) <= 1 for old, new in zip(before, sizes(), strict=True) for a, b in zip(old, new, strict=True))


@pytest.mark.parametrize("scale", [1.0, 1.15, 1.3])
def test_the_label_of_every_knob_fits_its_row(dark: None, qapp: Any, scale: float) -> None:
    theme.apply(qapp, theme.DARK, scale)
    for config in (Setup, *(MODELS.get(name).Config for name in MODELS.names())):
        for knob in knobs(config):
            assert paint.wide(knob.param.label, "body") <= theme.px(LABEL_PX) + 1, knob.param.label
