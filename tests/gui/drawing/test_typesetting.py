"""Typeset formulas: their colours, sizes and layout, in widgets, prose and tooltips."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import QEnterEvent, QHelpEvent, QImage
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from core.text.formulas import ROLES
from gui.desk.desk import Desk
from gui.drawing import theme, typesetting
from gui.information.card import Figure, TitledCard
from gui.lessons.prose import Prose
from gui.lineup.rows.loss import Loss
from gui.side_panels.help_box import HelpBox
from gui.widgets import prose_formulas
from gui.widgets.chips import KeyCap
from gui.widgets.formula import Formula, Sentence
from gui.widgets.help_text import Help
from gui.widgets.label import Label
from tests.gui.hands import has_color, pixels, show

pytestmark = pytest.mark.usefixtures("dark")

KL = r"\kl{\mathrm{KL}}(\p{p} \parallel \q{q}) = \sum_i \p{p_i} \log \frac{\p{p_i}}{\q{q_i}}"
ELBO = r"-\mathrm{ELBO} = \distortion{D} + \rate{R}"
LONG = r"\rate{R} = \kl{\mathrm{KL}}(\lane{q(z \mid x)} \parallel \p{p(z)}) \\ = \tfrac12 \sum (\mu^2 + \sigma^2 - 1)"


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Every test starts without drawings, as the window does."""
    typesetting.forget()
    yield
    typesetting.forget()


def drawn(qtbot: QtBot) -> None:
    """Wait until every requested formula is drawn and painted."""
    qtbot.waitUntil(typesetting.is_idle)
    QApplication.processEvents()


def tinted(image: QImage, color: str) -> int:
    """Number of pixels of about that colour: thin strokes have few of exactly that one."""
    rgb = image.convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.width(), 4)[..., 2::-1]
    distance = np.linalg.norm(raw.astype(float) - np.array(theme.rgb(color)), axis=-1)
    return int((distance < 45).sum())


def inked(image: QImage, background: str) -> int:
    return image.width() * image.height() - has_color(image, background)


@pytest.mark.parametrize("name", ["dark", "light"])
def test_symbols_have_the_colours_of_their_curves(qtbot: QtBot, qapp: QApplication, name: str) -> None:
    theme.apply(qapp, theme.THEMES[name], 1.3)
    word, bound = Formula(KL, "hero", own=True), Formula(ELBO, "hero")
    bound.set_slot(1)
    show(qtbot, word, bound)
    drawn(qtbot)
    colors = theme.current()
    for token in ("text", "info_p", "info_q", "info_kl"):
        assert has_color(pixels(word), colors.token(token)) > 3, token
    assert has_color(pixels(bound), typesetting.ink("distortion", 1)) > 3
    assert has_color(pixels(bound), typesetting.ink("rate")) > 3
    assert not has_color(pixels(bound), typesetting.ink("distortion", 0))


def test_another_theme_repaints_without_drawing_anew(qtbot: QtBot, qapp: QApplication) -> None:
    word = Formula(KL, "hero")
    show(qtbot, word)
    drawn(qtbot)
    before = typesetting.drawing(KL)
    theme.apply(qapp, theme.LIGHT, 1.0)
    assert has_color(pixels(word), theme.LIGHT.info_kl) > 3
    assert not has_color(pixels(word), theme.DARK.info_kl)
    assert typesetting.drawing(KL) is before


@pytest.mark.parametrize("name", ["dark", "light"])
@pytest.mark.parametrize("slot", [None, 0, 1, 2, 3, 4])
def test_every_symbol_is_as_readable_as_text(name: str, slot: int | None) -> None:
    colors = theme.THEMES[name]
    for role, color in typesetting.inks(name, slot):
        for background in (colors.window, colors.panel, colors.card, colors.control, colors.plot):
            assert theme.contrast(color, background) >= 4.5, (role, background)
    assert {role for role, _ in typesetting.inks(name, slot)} == set(ROLES)


def test_sizes_follow_the_text_size(qtbot: QtBot, qapp: QApplication) -> None:
    word = Formula(KL, "body", own=True)
    show(qtbot, word)
    drawn(qtbot)
    small, wide = word.height(), word.sizeHint().width()
    theme.apply(qapp, theme.DARK, 1.3)
    qtbot.waitUntil(lambda: word.height() > 1.2 * small)
    assert word.sizeHint().width() > 1.2 * wide


def test_nothing_moves_when_the_drawing_is_done(qtbot: QtBot) -> None:
    word, bound, below = Formula(KL, own=True), Formula(ELBO), QWidget()
    show(qtbot, word, bound, below)
    places = [each.geometry() for each in (word, bound, below)]
    drawn(qtbot)
    assert [each.geometry() for each in (word, bound, below)] == places


def test_a_formula_that_cannot_be_drawn_shows_its_plain_reading(qtbot: QtBot) -> None:
    word = Formula(r"\broken{x} + 1")
    show(qtbot, word)
    drawn(qtbot)
    assert typesetting.drawing(word.formula()) is None
    assert word.accessibleName() == "broken{x} + 1"
    assert inked(pixels(word), theme.current().panel) > 20


def test_no_error_ends_the_drawing_of_formulas(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(latex: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(typesetting, "draw", broken)
        typesetting.want([KL])
        drawn(qtbot)
    typesetting.want([ELBO])
    drawn(qtbot)
    assert typesetting.drawing(KL) is None
    assert typesetting.drawing(ELBO) is not None


def test_no_formula_is_drawn_while_the_window_is_busy(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "LONGEST_WAIT_S", 60.0)
    begun: list[str] = []
    draw = typesetting.draw
    monkeypatch.setattr(typesetting, "draw", lambda latex: begun.append(latex) or draw(latex))
    typesetting.want(("x", "y"))
    thread = typesetting._thread
    assert thread is not None
    thread.join(0.3)  # a turn of the event loop that takes so long
    assert not begun
    drawn(qtbot)
    assert begun == ["x", "y"]


def test_a_formula_does_not_wait_for_a_window_that_hangs(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "LONGEST_WAIT_S", 0.01)
    typesetting.want(("x",))
    thread = typesetting._thread
    assert thread is not None
    thread.join(10)
    assert typesetting.is_settled("x")


def test_a_formula_too_wide_wraps_or_shrinks_and_is_never_cut(qtbot: QtBot) -> None:
    word = Formula(LONG, "body")
    window = show(qtbot, word)
    drawn(qtbot)
    wide = word.heightForWidth(600)
    assert word.heightForWidth(260) == pytest.approx(2 * wide, abs=1)
    for width in (300, 160, 90):
        window.resize(width, 120)
        QApplication.processEvents()
        image = pixels(word)
        edge = image.copy(image.width() - 1, 0, 1, image.height())
        assert not inked(edge, theme.current().panel)


def test_a_pixmap_has_the_pixels_of_the_screen() -> None:
    typesetting.put(KL, typesetting.draw(KL))
    coarse, fine = (typesetting.pixmap(KL, 20, ratio=ratio) for ratio in (1.0, 2.0))
    assert fine.devicePixelRatio() == 2.0
    assert fine.width() == pytest.approx(2 * coarse.width(), abs=3)


def test_formulas_stand_in_prose(qtbot: QtBot) -> None:
    prose = Prose()
    prose.set_markdown(f"The rate $\\rate{{R}}$ of **this** is\n\n$${KL}$$\n\nnats, [$\\q{{q}}$](term:posterior).")
    assert "KL(p ‖ q) = Σᵢ pᵢ log pᵢ/qᵢ" in prose.toPlainText()
    window = show(qtbot, prose)
    window.resize(420, 300)
    QApplication.processEvents()
    drawn(qtbot)
    qtbot.waitUntil(lambda: prose.toPlainText().count("\ufffc") == 3)
    assert prose.accessibleDescription().startswith("The rate R of")
    window.resize(420, 300)
    QApplication.processEvents()
    assert tinted(pixels(prose), theme.current().info_kl) > 2
    assert any(
        prose.anchorAt(QPoint(x, y)) == "term:posterior"
        for y in range(0, prose.height(), 3)
        for x in range(0, prose.width(), 3)
    )


def test_a_tooltip_is_typeset_and_has_a_plain_reading(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(QToolTip, "showText", lambda _, words, *rest: shown.append(words))
    figure = Figure("Rate", f"${KL}$: what it costs")
    show(qtbot, figure)
    assert figure.toolTip() == "KL(p ‖ q) = Σᵢ pᵢ log pᵢ/qᵢ: what it costs"
    QApplication.sendEvent(figure, QEvent(QEvent.Type.Enter))  # the mouse comes: drawing begins
    drawn(qtbot)
    QApplication.sendEvent(figure, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), figure.mapToGlobal(QPoint(2, 2))))
    assert len(shown) == 1
    assert shown[0].startswith('<img src="data:image/png;base64,')
    image = prose_formulas.tip_pixmap(prose_formulas.formula_of(figure), None, 1.0).toImage()
    assert tinted(image, theme.current().info_kl) > 2
    figure.setToolTip("not now")  # replaced by another text
    QApplication.sendEvent(figure, QHelpEvent(QEvent.Type.ToolTip, QPoint(2, 2), figure.mapToGlobal(QPoint(2, 2))))
    assert len(shown) == 1  # Qt shows the other text
    QToolTip.hideText()


def test_titles_captions_and_sentences_may_be_formulas(qtbot: QtBot) -> None:
    card, figure = TitledCard(f"${ELBO}$", "a note", "card"), Figure(f"${KL}$")
    words = Sentence("outlined: $\\hole{r(z) > 1}$")
    card.body.addWidget(figure)
    show(qtbot, card, words)
    drawn(qtbot)
    assert card.accessibleName() == "−ELBO = D + R"
    assert figure.accessibleName() == "KL(p ‖ q) = Σᵢ pᵢ log pᵢ/qᵢ"
    assert words.text() == words.accessibleName() == "outlined: r(z) > 1"
    assert tinted(pixels(words), theme.current().error) > 2
    assert tinted(pixels(card), theme.current().info_kl) > 2


def test_the_help_box_typesets_the_formula_of_a_help(qtbot: QtBot) -> None:
    desk = Desk()
    box = HelpBox(desk)
    show(qtbot, box)
    desk.help(Help("Rate", "What the code tells.", "Applies at once.", KL))
    drawn(qtbot)
    word = box.findChild(Formula)
    assert word is not None
    assert word.isVisible()
    assert tinted(pixels(box), theme.current().info_kl) > 2
    desk.help(None)
    assert not word.isVisible()


def test_a_long_title_of_the_help_box_ends_beside_its_key(qtbot: QtBot) -> None:
    box = HelpBox(Desk())
    title = "Loss of Variational autoencoder 2 with a long name"
    box.show_help(Help(title, "Distortion plus rate."))
    box.setFixedWidth(240)
    show(qtbot, box)
    label = next(each for each in box.findChildren(Label) if each.text() == title)
    assert label.geometry().right() < box.findChild(KeyCap).geometry().left()
    assert box.findChild(KeyCap).geometry().right() < box.width()
    QApplication.sendEvent(label, QHelpEvent(QEvent.Type.ToolTip, QPoint(5, 5), label.mapToGlobal(QPoint(5, 5))))
    assert label.toolTip() == title


def test_hovering_a_loss_chart_shows_the_formula_of_its_loss(desk_window: Callable[..., Any], qtbot: QtBot) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    box, formulas = stage.window.findChild(HelpBox), {}
    for chart in stage.window.findChildren(Loss):
        spot = QPointF(20, 20)
        QApplication.sendEvent(chart, QEnterEvent(spot, spot, QPointF(chart.mapToGlobal(spot.toPoint()))))
        formulas[chart.lane.model_name] = box.findChild(Formula).accessibleName()
    drawn(qtbot)
    assert formulas == {
        "ae": "D = −log p(x | z)",
        "vae": "−ELBO = D + R ≥ −log p(x)",
        "gan": "D: −log D(x) − log(1 − D(G(z))) G: −log D(G(z))",
    }
