"""Published data sets in the window for choosing data: fetched on a press only, stopped, gone on with, used."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from core.foundation.cache import CACHE
from core.readers import catalogue
from core.readers.catalogue import RemoteFile, RemoteSet
from core.readers.downloads import come_before, is_fetched
from gui.files.data_sheet import DataSheet
from gui.files.offers import BUNDLED, MORE
from gui.widgets.label import Label
from tests.gui.files.hands import looked, opened, press
from tests.mirrors import Mirror, fails, opened_mirror, serves, stops

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def images() -> bytes:
    """A file of 120 images of four classes."""
    stream = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (120, 28, 28), np.uint8)
    np.savez(stream, images=pixels, labels=np.arange(120) % 4)
    return stream.getvalue()


def published(name: str, title: str, content: bytes, *urls: str) -> RemoteSet:
    file = RemoteFile("images.npz", len(content), hashlib.sha256(content).hexdigest(), urls)
    return RemoteSet(name, title, "120 images of a test, 28 × 28, grey", "http://page", (file,))


def words(sheet: DataSheet, name: str) -> str:
    return sheet.findChild(Label, name).text()


def button(sheet: DataSheet, name: str) -> QAbstractButton:
    found = sheet.findChild(QAbstractButton, name)
    assert isinstance(found, QAbstractButton)
    return found


def test_a_set_is_fetched_on_a_press_stopped_gone_on_with_and_used(
    desk_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path / "cache"))
    content = images()
    with opened_mirror(monkeypatch) as mirror:
        silent = mirror.url("/silent", stops(content, 10_000, mirror))
        url = mirror.url("/set", stops(content, 20_000, mirror), fails(503), serves(content))
        mine, other = published("mine", "My set", content, url), published("other", "Other", content, silent)
        monkeypatch.setattr(catalogue, "CATALOGUE", {"mine": mine, "other": other})
        stage = desk_window(("ae",))
        stage.key("Space")
        fetch_stop_and_use(stage, mirror, mine)
        close_while_fetching(stage, mirror, other)


def fetch_stop_and_use(stage: Stage, mirror: Mirror, mine: RemoteSet) -> None:  # noqa: F821
    sheet = opened(stage)
    QTest.keyClicks(sheet.focusWidget(), "more my set")
    press(sheet, Qt.Key.Key_Down)
    (card,) = sheet.cards.shown()
    assert (card.offer.group, card.isChecked(), card._state) == (MORE, True, "1 MB to fetch")
    assert words(sheet, "set source") == f"1 MB will come from {mine.hosts[0]}."
    get, cancel = button(sheet, "get set"), button(sheet, "cancel fetch")
    assert (get.text(), cancel.isVisible(), sheet._use.isEnabled()) == ("Get it, 1 MB", False, False)
    press(sheet, Qt.Key.Key_Return)  # on the card: to the button
    assert get.hasFocus()
    assert mirror.asked == []  # nobody has asked for it yet
    press(sheet, Qt.Key.Key_Return)
    stage.until(lambda: come_before(mine) == 20_000 and "of 1 MB" in words(sheet, "fetch progress"))
    assert cancel.hasFocus()
    QTest.mouseClick(cancel, Qt.MouseButton.LeftButton)
    stage.until(get.isVisible)
    assert get.text() == "Get the rest, 1 MB"
    assert "the next press goes on from there" in words(sheet, "fetch progress")
    assert "is here" in card._state
    assert words(sheet, "fetch error") == ""
    QTest.mouseClick(get, Qt.MouseButton.LeftButton)
    stage.until(lambda: "answers with error 503" in words(sheet, "fetch error"))
    assert "it goes on after the 20,000 bytes that are here" in words(sheet, "fetch error")
    assert not stage.has_dialog()
    QTest.mouseClick(get, Qt.MouseButton.LeftButton)
    stage.until(lambda: sheet.preview.look is not None)
    looked(stage, sheet)
    assert mirror.asked[-1] == ("/set", "bytes=20000-")
    (card,) = [each for each in sheet.cards.cards if each.offer.title == "My set"]
    assert (card.offer.group, card.isChecked(), is_fetched(mine)) == (BUNDLED, True, True)
    stage.until(lambda: not card.waits_for_images())
    assert card._images is not None
    assert card._images.shape == (8, 28, 28)
    assert sheet._search.text() == ""  # it is no more among what can be got
    assert stage.all_are("training")()
    assert stage.desk.experiment.dataset.name == "mnist"
    sheet.use()
    stage.until(lambda: stage.desk.experiment.dataset.name == "arrays")


def close_while_fetching(stage: Stage, mirror: Mirror, other: RemoteSet) -> None:  # noqa: F821
    sheet = opened(stage)
    card = next(each for each in sheet.cards.cards if each.isChecked())
    assert (card.offer.title, card.offer.group) == ("My set", BUNDLED)  # and not among the recent ones
    sheet.cards.choose(next(each for each in sheet.cards.cards if each.offer.remote is other))
    QTest.mouseClick(button(sheet, "get set"), Qt.MouseButton.LeftButton)
    stage.until(lambda: come_before(other) == 10_000)
    stage.window.close()
    assert not mirror.over.is_set()  # the server is silent still
    assert not any(each.name == "loading" for each in threading.enumerate())
    assert come_before(other) == 10_000
