"""The manual opens in the browser at what the user points at; what has a place there says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QUrl
from PySide6.QtGui import QCursor, QDesktopServices
from PySide6.QtWidgets import QAbstractButton, QApplication, QToolTip, QWidget

from core.cli.manual import SHIPPED
from core.foundation.cache import cache_folder
from core.foundation.files import make_folder
from core.text import addresses
from core.verdicts import Verdict
from gui.compare.measure_table import MeasureTable
from gui.desk.lane_panel import LanePanel
from gui.information.page import PAGES
from gui.lineup.summary_table import SummaryTable
from gui.lineup.verdict_chip import LaneVerdicts
from gui.shell import manual
from gui.widgets.buttons import LinkButton
from gui.widgets.knob_row import KnobRow
from gui.widgets.manual_places import more, place_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses within the manual that a browser has been sent to, by way of the signpost where there is one."""
    seen: list[str] = []

    def look(url: QUrl) -> bool:
        path = Path(url.toLocalFile())
        assert path.is_file()
        place = path.as_uri()
        if path == cache_folder() / manual.SIGNPOST:
            match = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', path.read_text("utf-8"))
            assert match is not None
            place = match[1]
        assert place.startswith(SHIPPED.as_uri())
        seen.append(place.removeprefix(SHIPPED.as_uri()).removeprefix("/"))
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", look)
    return seen


@pytest.fixture
def mouse(monkeypatch: pytest.MonkeyPatch) -> Callable[[QWidget, QPoint], None]:
    """Rests the mouse over a point of a widget: no other window is in its way."""

    def rest(widget: QWidget, spot: QPoint) -> None:
        monkeypatch.setattr(QCursor, "pos", lambda *_: widget.mapToGlobal(spot))  # also of a widget's own cursor
        monkeypatch.setattr(QApplication, "widgetAt", lambda at: widget)

    return rest


def test_a_key_opens_the_place_of_the_focused_knob(
    desk_window: Open, browser: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("vae",))
    monkeypatch.setattr(QApplication, "widgetAt", lambda at: None)  # wherever the mouse of the test before was
    row = stage.find(KnobRow, "row lr")
    row.findChild(QWidget, "lr").setFocus()
    stage.key("Shift+F1")
    assert browser == ["knobs.html#lr"]


def test_beta_has_a_place(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    assert place_of(stage.window.left.findChild(QWidget, "beta"), None) == addresses.of_knob("beta")


def test_a_key_opens_the_place_of_what_the_mouse_rests_on(
    desk_window: Open, browser: list[str], mouse: Callable[[QWidget, QPoint], None]
) -> None:
    stage = desk_window(("vae",))
    table = stage.find(SummaryTable, "compare")
    coverage = next(at for at, column in enumerate(table.columns) if column.measure == "coverage")
    spots = [QPoint(x, 8) for x in range(table.width()) if table._at(QPointF(x, 8))[0] == coverage]
    mouse(table, spots[len(spots) // 2])
    stage.key("Shift+F1")
    mouse(stage.find(QWidget, "lane 1"), QPoint(60, 12))
    stage.key("Shift+F1")
    assert browser == ["measures.html#coverage", "models.html#vae"]


def test_a_word_of_the_glossary_has_a_place(
    desk_window: Open, browser: list[str], mouse: Callable[[QWidget, QPoint], None]
) -> None:
    stage = desk_window(("vae",))
    stage.window.setFocus()
    chooser = next(each for each in stage.window.lineup.findChildren(QWidget, "sampler") if each.isVisible())
    mouse(chooser, QPoint(8, 8))
    stage.key("Shift+F1")
    assert browser == ["glossary.html#prior"]


def test_every_measure_of_compare_has_a_place_and_says_so(opened: Callable[..., object]) -> None:
    stage = opened("vae")
    table = stage.window.findChild(MeasureTable)
    assert len(table._rows) > 5
    for at, row in enumerate(table._rows):
        spot = table.title_rect(at).center()
        assert place_of(table, table.mapToGlobal(spot.toPoint())) == addresses.of_measure(row.metric.name)
        assert table.words_at(spot).endswith(more())


def test_every_knob_has_a_place_and_says_so(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    rows = stage.window.findChildren(KnobRow)
    assert len(rows) > 10
    for row in rows:
        assert place_of(row, None) == addresses.of_knob(row.knob.name)
        assert row.toolTip().endswith(more()), row.objectName()


def test_every_row_of_a_lane_and_every_button_of_the_bar_has_a_place_that_exists(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    rows = stage.window.lineup.findChildren(LanePanel)
    buttons = [each for each in stage.window.top.findChildren(QAbstractButton) if each.toolTip()]
    assert len(rows) > 3
    places = {place_of(each, None) for each in rows} | {place_of(stage.find(QWidget, "train"), None)}
    places |= {place_of(each, None) for each in buttons} - {""}
    assert "" not in places
    assert len(places) > 8
    for place in places:
        page, _, anchor = place.partition("#")
        assert not anchor or f'id="{anchor}"' in (SHIPPED / page).read_text("utf-8"), place


@pytest.mark.parametrize("tab", ["lineup", "latent", "compare", *PAGES.names()])
def test_whatever_has_a_tooltip_has_a_place_that_exists(desk_window: Open, tab: str) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    if tab in PAGES.names():
        stage.window.show_tab("information")
        stage.window.information.open_page(tab)
        stage.until(lambda: tab in stage.window.information._made)
    else:
        stage.window.show_tab(tab)
    pointed = [each for each in stage.window.findChildren(QWidget) if each.toolTip() and each.isVisible()]
    pages = {file.name: file.read_text("utf-8") for file in SHIPPED.glob("*.html")}
    assert len(pointed) > 12
    for each in pointed:
        page, _, anchor = place_of(each, None).partition("#")
        assert page in pages, (each, each.objectName(), each.toolTip())
        assert not anchor or f'id="{anchor}"' in pages[page], (each, anchor)


def test_every_information_page_has_a_part_in_the_manual() -> None:
    page = (SHIPPED / "window.html").read_text("utf-8")
    for name in PAGES.names():
        assert f'id="{addresses.of_part(PAGES.get(name).title).partition("#")[2]}"' in page


def test_the_help_box_leads_to_more(desk_window: Open, browser: list[str]) -> None:
    stage = desk_window(("vae",))
    link = stage.find(LinkButton, "help more")
    link.click()
    stage.find(KnobRow, "row lr").label.asked.emit()
    link.click()
    assert browser == [addresses.HOME, "knobs.html#lr"]


def test_a_verdict_leads_to_its_rule(desk_window: Open, browser: list[str]) -> None:
    stage = desk_window(("vae",))
    chip = stage.find(LaneVerdicts, "verdicts 1")
    chip.set_verdicts((Verdict("holes", "warn", "Holes", "40 % are holes.", "A warning from 35 %."),))
    assert chip.toolTip().endswith(more())
    assert place_of(chip, None) == addresses.of_verdict("holes")
    chip.open()
    chip.findChild(LinkButton, "more holes").click()
    assert browser == ["verdicts.html#holes"]
    assert QApplication.activePopupWidget() is None


def test_where_no_browser_opens_a_sentence_says_the_path(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    stage = desk_window(("vae",))
    stage.window.commands.action("open_manual").trigger()
    sentence = f"No browser could be opened; the manual is {SHIPPED / 'index.html'}."
    assert stage.window.status.events[-1].text == sentence


def test_a_cache_that_cannot_be_written_costs_only_the_place(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: bool(opened.append(url.toLocalFile())) or True)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(manual, "cache_folder", lambda: tmp_path / "file")
    stage = desk_window(("vae",))
    stage.window.manual.open_at(addresses.of_knob("beta"))
    assert opened == [str(SHIPPED / "knobs.html")]


def test_a_missing_manual_says_how_to_write_it(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_folder(tmp_path / "assets")
    monkeypatch.setattr(manual, "files", lambda name: tmp_path / name)
    stage = desk_window(("vae",))
    stage.window.manual.open()
    assert "'latent-playground manual --out DIR' writes it" in stage.window.status.events[-1].text


def test_a_tooltip_that_shows_goes_before_the_focus(
    desk_window: Open, monkeypatch: pytest.MonkeyPatch, mouse: Callable[[QWidget, QPoint], None]
) -> None:
    stage = desk_window(("vae",))
    mouse(stage.find(KnobRow, "row lr"), QPoint(4, 4))
    row = stage.find(KnobRow, "row hidden").findChild(QWidget, "hidden")
    row.setFocus()
    for _ in range(40):  # by Tab, so that it has the ring
        stage.key("Tab")
        if place_of(QApplication.focusWidget(), None) == addresses.of_knob("channels"):
            break
    monkeypatch.setattr(QToolTip, "isVisible", lambda: False)
    assert stage.window.manual.place() == addresses.of_knob("channels")
    monkeypatch.setattr(QToolTip, "isVisible", lambda: True)
    assert stage.window.manual.place() == addresses.of_knob("lr")
