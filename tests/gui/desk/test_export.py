"""Pictures and data of widgets that are copied or written to disk: one way for all, whatever the file is called."""

from __future__ import annotations

import base64
import csv
import dataclasses
import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QWidget
from pytestqt.qtbot import QtBot

from core.datasets.base import SOURCES, load
from core.foundation.slices import finish
from core.probes.codes import LatentCodesLook
from core.probes.pictures import TilesLook
from core.probes.samples import SamplesLook
from gui.desk.export import decoded_table, file_name, npy, pdf, picture_of, svg
from gui.desk.writing import ask_place
from gui.drawing import paint
from gui.drawing.painting import picture_at
from gui.lineup.lane_header import LaneHeader
from gui.widgets.image_view import ImageView
from gui.widgets.offer import Gives, Offer, csv_of, offer_at
from tests.gui.conftest import Stage
from tests.tables import five_columns

Open = Callable[..., Stage]
PICTURES = ["PNG …", "PNG, 2 × as large …", "PNG, 4 × as large …"]


def export(stage: Stage, what: str) -> None:
    """Export it as the user does."""
    if what == "window":
        stage.key("Ctrl+E")
    elif what == "compare":
        stage.key("Ctrl+3")
        stage.button("Export PNG").click()
    else:
        stage.desk.explored.emit(stage.desk.runs[0])
        stage.until(lambda: bool(stage.tab.curves))
        stage.button("Save picture").click()


def menu_of(widget: QWidget, reason: QContextMenuEvent.Reason = QContextMenuEvent.Reason.Mouse) -> QMenu:
    """Open its menu as the right button does, in its middle, or the menu key."""
    spot = widget.rect().center()
    QApplication.sendEvent(widget, QContextMenuEvent(reason, spot, widget.mapToGlobal(spot)))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def entries(menu: QMenu) -> dict[str, QAction]:
    """The entries of a menu and of the menus in it, by their words."""
    found = [action for each in (menu, *menu.findChildren(QMenu)) for action in each.actions()]
    return {action.text(): action for action in found if action.text()}


def take(menu: QMenu, words: str) -> None:
    """Choose an entry."""
    entries(menu)[words].trigger()
    menu.close()


def written(stage: Stage, path: Path) -> bytes:
    """Wait until the newest event says that a file is written, and read it; its ending is added to the path."""
    stage.until(lambda: f" saved as {path}." in stage.window.status.events[-1].text)
    place = stage.window.status.events[-1].text.partition(" saved as ")[2].removesuffix(".")
    stage.desk.told.emit("read", "note")
    return Path(place).read_bytes()


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The path that the file dialog answers; what is there may be replaced."""
    path = tmp_path / "mine"

    def answer(owner: object, title: str, name: str, filters: str) -> tuple[str, str]:
        return (name if Path(name).is_absolute() else str(path)), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return path


@pytest.fixture(scope="module")
def window(module_window: Open) -> Stage:
    return module_window(("vae",))


@pytest.fixture
def sampled(window: Stage, again: Callable[[Stage], Stage]) -> Stage:
    """A window with one VAE that shows samples and codes. Nothing in it changes when they leave."""
    stage = again(window)
    run = stage.run("vae")
    stage.until(lambda: run.view.looks.of(SamplesLook) is not None and run.view.looks.of(LatentCodesLook) is not None)
    stage.until(lambda: stage.panel("samples", "vae")._shown is not None)
    return stage


def test_a_name_without_an_ending_gets_it(desk_window: Open, place: Path) -> None:
    stage = desk_window(("ae",))
    for what in ("window", "compare", "curves"):
        export(stage, what)
        assert not QImage.fromData(written(stage, place)).isNull(), what
        assert not place.exists()
        place.with_suffix(".png").unlink()


def test_a_file_is_not_replaced_unasked(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mine.pdf").touch()
    proposed, answers = [], [str(tmp_path / "mine"), str(tmp_path / "MINE.HTML"), ""]

    def answer(owner: object, title: str, name: str, filters: str) -> tuple[str, str]:
        proposed.append(name)
        return answers[len(proposed) - 1], filters.rpartition(";;")[2]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    owner, kinds = QWidget(), (("Web page", ".html"), ("PDF", ".pdf"))
    qtbot.addWidget(owner)
    assert ask_place(owner, "Save", "report", kinds) == tmp_path / "MINE.HTML"
    assert proposed == ["report", str(tmp_path / "mine.pdf")]  # whose dialog asks whether to replace it
    assert ask_place(owner, "Save", "report", kinds) is None


def test_a_folder_that_is_missing_is_told(desk_window: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage, path = desk_window(("ae",)), tmp_path / "missing" / "mine.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    for what in ("window", "compare", "curves"):
        stage.desk.told.emit("something else", "note")
        export(stage, what)
        stage.until(stage.has_dialog)
        stage.dialog().close()
        sentence = f"Cannot write {path}: No such file or directory; choose another place."
        assert stage.window.status.events[-1].text == sentence, what


def test_a_right_click_on_samples_offers_picture_and_data(sampled: Stage, place: Path) -> None:
    panel = sampled.panel("samples", "vae")
    menu = menu_of(panel._mosaic)
    words = ["Copy picture", "Save picture", "Copy data", "Save data as CSV …", "Save data as NPY …"]
    assert list(entries(menu)) == [*words, *PICTURES, "SVG …", "PDF …"]
    take(menu, "Save data as NPY …")
    shown = sampled.run("vae").view.looks.value(SamplesLook)
    assert np.array_equal(np.load(io.BytesIO(written(sampled, place))), shown.images)
    take(menu_of(panel._mosaic), "Save data as CSV …")
    rows = list(csv.reader(io.StringIO(written(sampled, place).decode())))
    assert rows[0] == ["z1", "z2"]
    assert np.array_equal(np.array(rows[1:], np.float32), shown.z)


def test_a_picture_has_as_many_pixels_as_it_says(sampled: Stage, place: Path) -> None:
    panel = sampled.panel("image", "vae")
    for words, ratio in zip(PICTURES, (1, 2, 4), strict=True):
        take(menu_of(panel), words)
        image = QImage.fromData(written(sampled, place))
        assert (image.width(), image.height()) == (ratio * panel.width(), ratio * panel.height())


def test_a_larger_picture_is_painted_anew_and_the_screen_stays(sampled: Stage) -> None:
    """Enlarging what rests as pixels would show each of them as a square."""
    panel = sampled.panel("map", "vae")
    sampled.until(lambda: sampled.run("vae").view.looks.of(TilesLook) is not None)
    panel._forget_layers()  # what the run shows by now
    before = panel.grab().toImage()
    large = finish(picture_of(panel, 2))
    assert panel.grab().toImage() == before
    enlarged = before.scaled(large.width(), large.height())
    assert large.convertToFormat(enlarged.format()) != enlarged
    again = large.scaled(panel.width(), panel.height())
    same = [
        again.pixelColor(x, y).lightness() - before.pixelColor(x, y).lightness()
        for x in range(0, panel.width(), 7)
        for y in range(0, panel.height(), 7)
    ]
    assert np.abs(same).mean() < 12  # the same map


def test_lines_and_words_of_a_drawing_stay_such(sampled: Stage) -> None:
    panel = sampled.panel("image", "vae")
    text = finish(svg(panel))().decode()
    assert text.count("<text") + text.count("<path") > 5
    assert f'viewBox="0 0 {panel.width()} {panel.height()}"' in text
    words = re.search(r"<text[^>]*>Nearest training image</text>", text)
    assert words is not None
    length = re.search(r'textLength="([\d.]+)"', words[0])  # of our font: other machines may lack it
    assert length is not None
    assert abs(float(length[1]) - paint.wide("Nearest training image", "caption")) < 1
    page = finish(pdf(panel))
    assert page.startswith(b"%PDF-")
    assert b"/Font" in page


def test_a_window_is_painted_in_pieces_and_looks_the_same(sampled: Stage) -> None:
    """As a whole it took 0.3 s, in which nothing could be pressed. What can be seen must not change between two."""
    window, served, beats = sampled.window, [], []
    sampled.until(lambda: sampled.panel("map", "vae")._drawn != (None, None))
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: served.append(1))
    timer.start()
    window.clock.ticked.connect(lambda: beats.append(1))
    window.outlet.copy_picture(window, "Window")
    timer.stop()
    assert served
    assert not beats
    window.clock.stop()
    whole = QImage(window.size(), QImage.Format.Format_RGB32)
    with picture_at(1):
        window.render(whole, QPoint())
    assert finish(picture_of(window, 1)) == whole
    assert sum(1 for _ in picture_of(window, 1)) > 20


def test_what_rests_as_pixels_is_in_a_drawing(sampled: Stage) -> None:
    panel = sampled.panel("map", "vae")
    sampled.until(lambda: panel._drawn != (None, None))
    embedded = re.findall(rb'base64,([^"]+)"', finish(svg(panel))())
    sizes = [QImage.fromData(base64.b64decode(each)).size() for each in embedded]
    assert 4 * panel.size() in sizes
    assert all(size.width() > 1 for size in sizes)  # no mark has stayed


def test_a_picture_shows_no_mouse(sampled: Stage) -> None:
    """The tile under the mouse had its outline in the saved picture."""
    panel = sampled.panel("samples", "vae")
    before = finish(picture_of(panel, 1))
    panel._mosaic.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    panel._mosaic._point_at(3)
    assert panel._mosaic.highlight() == 3
    assert finish(picture_of(panel, 1)) == before
    assert panel._mosaic.highlight() == -1


def test_clipping_goes_into_a_drawing(sampled: Stage) -> None:
    """The colour bar of a lane's head covered all of it: SVG Tiny knows no clipping."""
    head = sampled.window.lineup.findChild(LaneHeader)
    assert "<clipPath" in finish(svg(head))().decode()


def test_codes_on_the_map_are_a_table(sampled: Stage, place: Path) -> None:
    """Copied are those that are drawn and in sight, saved as all data every one."""
    panel, codes = sampled.panel("map", "vae"), sampled.run("vae").view.looks.value(LatentCodesLook)
    panel.plot.link.choose((-0.5, 0.5), (-0.5, 0.5))
    take(menu_of(panel), "Copy data")
    rows = list(csv.DictReader(io.StringIO(QGuiApplication.clipboard().text())))
    (left, right), (low, high) = panel.plot.x_range, panel.plot.y_range
    spots = sampled.desk.point.plane.of(codes.codes)
    seen = (spots[:, 0] >= left) & (spots[:, 0] <= right) & (spots[:, 1] >= low) & (spots[:, 1] <= high)
    assert 0 < len(rows) == seen.sum()
    assert [int(row["label"]) for row in rows] == codes.labels[seen].tolist()
    assert np.array_equal(np.array([[row["x"], row["y"]] for row in rows], np.float32), spots[seen])
    panel.plot.fit()
    take(menu_of(panel), "Save all data as CSV …")
    text = written(sampled, place).decode()
    whole = list(csv.reader(io.StringIO(text)))
    assert whole[0] == ["label", "z1", "z2"]
    assert [int(row[0]) for row in whole[1:]] == codes.labels.tolist()
    assert np.array_equal(np.array([row[1:] for row in whole[1:]], np.float32), codes.codes)


def test_ctrl_c_and_the_menu_key_mean_what_has_the_focus(sampled: Stage) -> None:
    panel = sampled.panel("map", "vae")
    panel.setFocus()
    QGuiApplication.clipboard().clear()
    sampled.key("Ctrl+C")
    assert QGuiApplication.clipboard().image().size() == panel.size()
    assert sampled.window.status.events[-1].text == "Latent map of VAE: the picture is copied."
    menu = menu_of(panel, QContextMenuEvent.Reason.Keyboard)
    assert "Save picture" in entries(menu)
    menu.close()


def test_the_numbers_of_a_table_are_copied(opened: Open) -> None:
    stage = opened("ae", "vae")
    stage.tab.table.setFocus()
    stage.key("Ctrl+C")
    head = QGuiApplication.clipboard().text().splitlines()[0]
    assert head.startswith("measure") or "AE" in head
    assert stage.window.status.events[-1].text == "Measures: the numbers are copied as CSV."


@pytest.mark.parametrize("kind", ["images", "points"])
def test_whatever_is_offered_can_be_given(desk_window: Open, kind: str) -> None:
    moons = load("moons", SOURCES.get("moons").Config(train_images=1000))
    stage = desk_window(("vae",), dataset=moons if kind == "points" else None)
    run = stage.run("vae")
    stage.until(lambda: run.view.looks.of(SamplesLook) is not None and run.view.looks.of(LatentCodesLook) is not None)
    titles, tables = set(), {}
    for key in ("Ctrl+1", "Ctrl+3", "Ctrl+4"):
        stage.key(key)
        stage.until(lambda: len(shown(stage)) > 2)
        for widget, offer in shown(stage):
            titles.add(offer.title)
            assert not finish(picture_of(widget, 1)).isNull()
            if offer.table is not None:
                tables[offer.title] = list(csv.DictReader(io.StringIO(offer.table())))
                assert all(None not in row and None not in row.values() for row in tables[offer.title]), offer.title
            if offer.array is not None:
                assert np.array_equal(np.load(io.BytesIO(npy(offer.array))), offer.array)
    first = "Plane of VAE" if kind == "points" else "Samples of VAE"
    assert {first, "Loss of VAE", "Latent map of VAE", "Reconstructions of VAE", "Measures", "Two Gaussians"} <= titles
    assert sum(float(row["p"]) for row in tables["Truth p and model q"]) == pytest.approx(1.0)
    costs = {row["figure"]: float(row["value"]) for row in tables["What each symbol costs"]}  # no typographic minus
    assert costs["KL(p ‖ q)"] > 0


def shown(stage: Stage) -> list[tuple[QWidget, Offer]]:
    """Every visible widget with its own offer."""
    found = [
        offer_at(each) for each in stage.window.findChildren(QWidget) if each.isVisible() and isinstance(each, Gives)
    ]
    return [each for each in found if each is not None]


def test_a_lone_picture_is_no_drawing(qapp: QApplication, dark: None) -> None:
    view = ImageView(56)
    assert view.offer() is None
    pixels = np.arange(784, dtype=np.uint8).reshape(28, 28)
    view.set_image(pixels)
    offer = view.offer()
    assert offer is not None
    assert offer.array is not None
    assert np.array_equal(offer.array, pixels)
    assert not offer.is_drawn
    view.deleteLater()


def test_the_summary_has_a_row_for_each_lane(desk_window: Open) -> None:
    stage = desk_window(("ae", "gan"))
    found = offer_at(stage.find(QWidget, "compare"))
    assert found is not None
    assert found[1].table is not None
    rows = list(csv.DictReader(io.StringIO(found[1].table())))
    assert [row["lane"] for row in rows] == ["AE", "GAN"]
    assert all(row["step"] == "0" for row in rows)


def test_a_title_becomes_a_name_for_a_file() -> None:
    assert file_name("Samples of VAE β 4.00") == "samples-of-vae-β-4-00"
    assert file_name("…/..") == "latent-playground"


def test_numbers_of_a_table_come_back_to_the_last_bit() -> None:
    values = np.array([0.1, 1 / 3, 1e-30], np.float32)
    text = csv_of({"name": ["a", "b,c", 'd"'], "value": values, "none": [None, None, 1]})
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["name"] for row in rows] == ["a", "b,c", 'd"']
    assert np.array_equal(np.array([row["value"] for row in rows], np.float32), values)
    assert rows[0]["none"] == ""


def test_nothing_offered_opens_no_menu(sampled: Stage) -> None:
    top, spot = sampled.window.top, QPoint(2, 2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, top.mapToGlobal(spot))
    QApplication.sendEvent(top, event)
    assert QApplication.activePopupWidget() is None


def test_points_of_a_table_have_its_names_and_values() -> None:
    data = five_columns()
    assert data.columns is not None
    columns = dataclasses.replace(data.columns, names=("z1", *data.columns.names[1:]))
    points = data.train.pixels[:3, :, 0, 0]
    text = decoded_table(dataclasses.replace(data, columns=columns), np.zeros((3, 2), np.float32), points)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == [*columns.names, "code z1", "z2"]
    read = np.array([[float(row[name]) for name in columns.names] for row in rows])
    assert read == pytest.approx(columns.values(data.train.pixels[:3]), rel=1e-7)
