"""Glossary entries as tooltips of words in labels, buttons and painted widgets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip, QWidget

from core.datasets.base import SOURCES, load
from core.metrics.base import METRICS
from core.text import glossary
from gui.drawing import paint
from gui.information.tab import InformationTab
from gui.lessons.glossary_tips import TermWatch, entry_at, term_at
from gui.widgets.knob_row import KnobLabel
from gui.widgets.label import Label
from gui.widgets.popover import Popover
from gui.widgets.segmented import Segmented

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def spots(inside: QWidget, words: str) -> list[tuple[QWidget, QPoint]]:
    """The widgets inside ``inside`` that show these words, each with their point on the screen."""
    found = []
    for each in (inside, *inside.findChildren(QWidget)):
        if not each.isVisible():
            continue
        if isinstance(each, Label):
            if each.text() == words:
                found.append((each, QPoint(4, each.height() // 2)))
        else:
            found += [(each, area.center().toPoint()) for area, text in paint.words_on(each) if text == words]
    return [(each, each.mapToGlobal(spot)) for each, spot in found]


def explained(inside: QWidget, words: str) -> set[str]:
    """The titles of the entries shown for these words, wherever they are."""
    places = spots(inside, words)
    assert places, words
    return {entry_at(widget, at, str).partition("\n")[0] for widget, at in places}


def test_words_of_the_lineup(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    window = stage.window
    stage.desk.step()
    stage.until(stage.stepped(1))
    stage.until(lambda: bool(stage.panel("loss", "vae")._legend))
    for words, title in (
        ("−ELBO", "ELBO"),  # a legend and a column
        ("Rate", "Rate"),
        ("Hole share", "Hole share"),
        ("Proxy-FD", "Fréchet distance"),
        ("VAE", "Variational autoencoder"),  # the header of a lane
    ):
        assert explained(window.lineup, words) == {title}, words
    assert explained(window.left, "KL weight β") == {"Beta"}
    assert explained(window.left, "Latent dims") == {"Latent dimensions"}
    chooser = next(each for each in window.lineup.findChildren(QWidget, "sampler") if each.isVisible())
    assert entry_at(chooser, chooser.mapToGlobal(QPoint(8, 8)), str).startswith("Prior\n")


def test_words_of_the_information_tab(desk_window: Open) -> None:
    stage = desk_window()
    stage.window.show_tab("information")
    tab = stage.window.findChild(InformationTab)
    stage.until(lambda: bool(spots(tab, "Huffman code")))  # the page follows its tab
    for words, title in (
        ("Huffman code", "Huffman code"),
        ("Entropy of the data", "Entropy"),
        ("Two Gaussians", "Gaussian"),
        ("Entropy and KL", "Entropy"),  # at its left end; the other term is at its right end
    ):
        assert explained(tab, words) == {title}, words
    [(chooser, at)] = spots(tab, "Entropy and KL")
    assert entry_at(chooser, at + QPoint(26, 0), str).startswith("KL divergence\n")


def test_of_points_it_speaks_of_points(desk_window: Open) -> None:
    stage = desk_window(("vae",), dataset=load("moons", SOURCES.get("moons").Config(train_images=1000)))
    [(label, at)] = spots(stage.window.left, "Batch size")
    entry = entry_at(label, at, stage.desk.worded)
    assert entry.startswith("Batch\nThe points of one training step.")
    assert entry.endswith("[points]")


def test_every_measure_has_an_entry() -> None:
    for name in METRICS.names():
        assert glossary.within(METRICS.get(name).title) is not None, name


def test_the_letter_under_the_mouse_chooses_the_term(qtbot: object) -> None:
    label = Label("entropy, then the rate, then nothing of the kind", wrap=True)
    label.resize(120, label.heightForWidth(120))
    titles = []
    for y in range(2, label.height(), 6):
        for x in range(2, label.width(), 4):
            at = label.letter_at(QPoint(x, y))
            assert -1 <= at <= len(label.text())
            term = glossary.within(label.text(), at)
            titles.append(term.title)
    assert titles[0] == "Entropy"
    assert "Rate" in titles
    assert label.letter_at(QPoint(4, 9_999)) == -1
    label.deleteLater()


def test_the_entry_is_shown_below_the_own_tooltip(desk_window: Open) -> None:
    stage = desk_window()
    label = next(
        each for each in stage.window.left.findChildren(KnobLabel) if each.isVisible() and each.text() == "Batch size"
    )
    QTest.mouseMove(label, QPoint(8, 8))
    entry = glossary.tip("batch")
    stage.until(lambda: QToolTip.isVisible() and entry in QToolTip.text())
    assert QToolTip.text().startswith("Images per step")  # the own tooltip comes first
    QTest.mouseMove(stage.window.status, QPoint(300, 8))
    QToolTip.hideText()


def test_r_of_z_is_a_hole_ratio_and_not_a_latent_code(qtbot: object) -> None:
    label = Label("decoded on the way; below, the hole ratio r(z)", wrap=True)
    label.resize(900, 30)
    width = label.fontMetrics().horizontalAdvance(label.text())
    for back in range(2, label.fontMetrics().horizontalAdvance("r(z)") - 1, 3):
        term = term_at(label, QPoint(width - back, 8))
        assert term is not None
        assert term.title == "Hole"
    label.deleteLater()


def test_single_letters_have_entries(qtbot: object) -> None:
    turns = Segmented([("both", "Both"), ("d", "D"), ("g", "G")])
    turns.resize(300, 24)
    turns.grab()  # which places the segments
    segments = [turns.segment(key) for key in ("both", "d", "g")]
    terms = [term_at(segment, segment.rect().center()) for segment in segments]
    assert [None if term is None else term.title for term in terms] == [None, "Discriminator", "Generator"]
    turns.deleteLater()


@pytest.mark.parametrize("words", ["nothing of the kind", ""])
def test_other_words_have_no_entry(words: str) -> None:
    assert glossary.within(words) is None


def test_no_entry_covers_what_has_opened_over_its_word(desk_window: Open) -> None:
    stage = desk_window()
    label = next(
        each for each in stage.window.left.findChildren(KnobLabel) if each.isVisible() and each.text() == "Batch size"
    )
    QToolTip.hideText()
    popover = Popover(label)
    popover.body.addWidget(Label("Opened"))
    popover.open_below(label)
    QTest.mouseMove(label, QPoint(8, 8))
    watch = next(each for each in stage.window.findChildren(TermWatch))
    stage.until(lambda: watch._entry is not None)
    assert watch._entry == ""
    assert glossary.tip("batch") not in QToolTip.text()
    popover.close()
    popover.deleteLater()
