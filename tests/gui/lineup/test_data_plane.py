"""The plane of 2-D data: layers, switches, legend, mouse; posterior ellipses on maps."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from core.datasets.base import SOURCES, Dataset, load
from core.foundation.pixels import FRAME
from core.probes.codes import LatentCodesLook
from core.probes.data_plane import Arrows, Heat, PlaneLayers, PlaneLook, Wanted, cells, contour
from core.probes.nearest import NearestLook
from gui.drawing import point_plot, theme
from gui.lineup import plane_layers, row_heights
from gui.lineup.map_layers import paint_ellipses
from gui.lineup.plane_plot import PlanePlot
from gui.widgets.buttons import Button
from gui.widgets.help_text import Help
from gui.widgets.segmented import Segmented

Open = Callable[..., "Stage"]  # noqa: F821
NONE = np.zeros((0, 2, 2), np.float32)


@pytest.fixture(scope="module")
def moons() -> Dataset:
    return load("moons", SOURCES.get("moons").Config(train_images=1000))


def sheet(side: int = 96) -> tuple[QImage, QPainter, QRectF]:
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.fill(QColor(theme.current().plot))
    return image, QPainter(image), QRectF(0, 0, side, side)


def to_pixels(area: QRectF) -> plane_layers.ToPixels:
    """Pixels of points, where the frame fills an area."""
    return lambda points: point_plot.spots(points.astype(float), area)


def near(image: QImage, color: str, tolerance: int = 40) -> np.ndarray:
    """Which pixels (H, W) are near a colour."""
    target = np.array(QColor(color).getRgb()[:3])
    rgb = [[QColor(image.pixel(x, y)).getRgb()[:3] for x in range(image.width())] for y in range(image.height())]
    return np.abs(np.array(rgb) - target).max(2) < tolerance


def test_heat_lies_where_it_belongs(dark: None) -> None:
    x, y = cells()
    values = np.broadcast_to(1 / (1 + np.exp(-8 * x)), (64, 64)).astype(np.float32).copy()  # rises to the right
    values[y > 1] = np.nan  # no value at the top
    heat = Heat("D", values, contour(values, 0.5))
    image, painter, area = sheet()
    table = theme.current().heat(2)
    plane_layers.paint_heat(painter, heat, area, area, table)
    plane_layers.paint_edge(painter, heat.edge, to_pixels(area), "#00FF00")
    painter.end()
    for column, wanted in ((4, table[0]), (91, table[255])):
        assert QColor(image.pixel(column, 60)).getRgb()[:3] == pytest.approx(tuple(int(v) for v in wanted), abs=3)
    assert QColor(image.pixel(4, 5)).name() == QColor(theme.current().plot).name()
    line = near(image, "#00FF00")
    assert line.any(1)[20:].all()
    assert np.abs(np.argwhere(line)[:, 1] - 47.5).max() <= 1.5


def test_half_is_no_colour(dark: None) -> None:
    for each in theme.THEMES.values():
        table = each.heat(0)
        assert table.shape == (256, 3)
        plot = np.array(theme.rgb(each.plot), int)
        assert np.abs(table[127:129] - plot).max() <= 2
        ends = np.abs(table[[0, 255]].astype(int) - plot).max(1)
        assert (ends > 60).all()  # both ends differ from the middle


def test_a_critic_is_scaled_to_its_range_and_says_so() -> None:
    heat = Heat("critic", np.linspace(-3, 5, 64 * 64).reshape(64, 64).astype(np.float32), NONE)
    assert plane_layers.heat_range(heat) == (-3, 5)
    title, marks = plane_layers.heat_words(heat)
    assert "range" in title
    assert marks[0].startswith("5.0")
    assert marks[2] == "−3.0"
    assert plane_layers.heat_range(Heat("D", heat.values, NONE)) == (0, 1)


def test_the_longest_arrow_fits_its_cell() -> None:
    side = 17
    starts = np.random.default_rng(0).uniform(-1, 1, (side * side, 2)).astype(np.float32)
    steps = np.random.default_rng(1).normal(0, 2, (side * side, 2)).astype(np.float32)
    steps[5] = np.nan
    for wide, kept in ((400.0, side * side - 1), (100.0, 81)):
        at, drawn, factor = plane_layers.arranged(Arrows("field", starts, steps), 2 * FRAME, wide)
        assert len(at) == kept - (0 if wide > 200 else int(5 % 2 == 0))
        cell = 2 * FRAME / side * (1 if wide > 200 else 2)
        assert 0.9 * cell < np.hypot(*drawn.T).max() <= cell
        np.testing.assert_allclose(
            drawn / factor, steps[[np.flatnonzero((starts == a).all(1))[0] for a in at]], rtol=1e-4
        )


def test_arrows_point_up_where_the_plane_goes_up(dark: None) -> None:
    image, painter, area = sheet()
    start, way = np.zeros((1, 2), np.float32), np.array([[0, 1.0]], np.float32)
    plane_layers.paint_arrows(painter, start, way, to_pixels(area), "#00FF00")
    painter.end()
    rows_, columns = np.nonzero(near(image, "#00FF00"))
    assert rows_.min() == pytest.approx(48 - 32, abs=1)
    assert rows_.max() == pytest.approx(48, abs=1)
    head = columns[rows_ <= rows_.min() + 2]
    assert np.ptp(head) >= 2  # the head is at the upper end
    assert np.ptp(columns[rows_ > rows_.max() - 6]) == 0


def test_ellipses_are_one_sigma_wide(dark: None) -> None:
    image, painter, _ = sheet(200)
    means, sigmas = np.zeros((1, 2), np.float32), np.array([[0.4, 0.1, 3.0]], np.float32)
    turned = np.array([[0, 1, 0], [1, 0, 0]], np.float32)  # the second dimension runs across
    paint_ellipses(painter, means, sigmas, turned, np.array([3]), lambda p: p * np.float32([100, -100]) + 100)
    painter.end()
    rows_, columns = np.nonzero(near(image, theme.current().class_color(3), 60))
    assert np.ptp(columns) == pytest.approx(2 * 0.1 * 100, abs=3)
    assert np.ptp(rows_) == pytest.approx(2 * 0.4 * 100, abs=3)


def look(heat: Heat | None = None, wanted: Wanted | None = None) -> PlaneLayers:
    lines = np.stack(np.broadcast_arrays(np.linspace(-1, 1, 5)[None], np.linspace(-1, 1, 3)[:, None]), -1)
    arrows = Arrows("pull", np.zeros((1, 2), np.float32), np.array([[0.5, 0.5]], np.float32))
    return PlaneLayers(wanted or Wanted("judge", True, True), heat, lines.astype(np.float32), arrows)


def test_only_the_chosen_layers_are_painted(dark: None, qapp: QApplication) -> None:
    plot = PlanePlot(0, "probability")
    plot.resize(304, 172)
    values = np.full((64, 64), 0.9, np.float32)
    plot.set_points(np.zeros((3, 2), np.float32), look(Heat("D", values, NONE)))
    pictures = []
    for wanted in (Wanted(), Wanted("judge"), Wanted("", True), Wanted("", False, True), Wanted("share")):
        plot.set_shown_layers(wanted)
        area = plot.area().toRect()
        pictures.append(plot.grab(area).toImage())
    bare, heat, grid, arrows, other = pictures
    assert len({bytes(p.constBits()) for p in (bare, heat, grid, arrows)}) == 4
    assert other == bare  # a layer of another kind is not shown
    plot.deleteLater()


def test_the_legend_takes_its_place_beside(dark: None, qapp: QApplication) -> None:
    plot = PlanePlot(0, "")
    for width, height in ((304, 172), (262, 122), (453, 250), (240, 300), (150, 120), (60, 30)):
        plot.resize(width, height)
        area = plot.area()
        assert area.width() == area.height()
        assert plot.rect().contains(area.toRect())
        assert width < 190 or width - area.right() >= 95
    plot.deleteLater()


def test_the_reading_at_the_mouse(dark: None, qapp: QApplication) -> None:
    plot = PlanePlot(1, "probability")
    plot.resize(304, 172)
    x, y = cells()
    values = (x[None, :] + 10 * y[:, None]).astype(np.float32)
    plot.set_points(None, look(Heat("critic", values, NONE)))
    plot.set_shown_layers(Wanted("judge"))
    plot.grab()  # it is laid out
    area = plot.area()
    spot = QPointF(area.left() + 0.75 * area.width(), area.top() + 0.25 * area.height())
    words = plot.reading(spot)
    assert words.startswith("(0.75, 0.75)  critic ")
    assert float(words.split()[-1]) == pytest.approx(0.75 + 7.5, abs=0.3)
    assert plot.reading(QPointF(area.right() + 20, 5)) == ""
    plot.set_shown_layers(Wanted())
    assert plot.reading(spot) == "(0.75, 0.75)"
    plot.deleteLater()


def test_points_get_rows_of_their_own() -> None:
    for room in (300, 412, 540, 800, 1400):
        heights = row_heights.heights(room, ["loss", "map", "image", "samples"], True)
        assert heights["samples"] > heights["map"]  # the plane is the largest row
        assert sum(heights.values()) <= max(room, 412)
        assert sum(heights.values()) >= min(room, 412) - 3


def picked(stage: Stage, kind: type[QWidget], name: str) -> QWidget:  # noqa: F821
    found = stage.find(kind, name, stage.window.lineup)
    assert isinstance(found, QWidget)
    return found


def plane(run: Any) -> Any:
    """The layers that a lane has."""
    return run.view.looks.value(PlaneLook)


def test_layers_are_made_for_every_lane_and_follow_the_switches(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("vae", "gan", "wgan_gp"), dataset=moons)
    runs = {run.model_name: run for run in stage.desk.runs}
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.until(stage.all_are("paused"))
    stage.until(lambda: all(stage.answer(run, PlaneLook, step=20) is not None for run in runs.values()))
    kinds = {name: made.heat.kind if (made := plane(run)).heat else "" for name, run in runs.items()}
    assert kinds == {"vae": "", "gan": "D", "wgan_gp": "critic"}
    assert {name: plane(run).arrows.kind for name, run in runs.items()} == {
        "vae": "field", "gan": "pull", "wgan_gp": "pull",
    }  # fmt: skip
    plot = stage.panel("samples", "gan")._plot
    stage.until(lambda: plot.heat() is plane(runs["gan"]).heat)
    heat = picked(stage, Segmented, "plane heat")
    heat.setFocus()
    QTest.keyClick(heat.focusProxy(), Qt.Key.Key_Right)
    assert stage.desk.layers.heat == "share"
    assert plot.heat() is None  # D is not shown as p/(p + q)
    stage.until(lambda: all((heat := plane(run).heat) is not None and heat.kind == "share" for run in runs.values()))
    stage.until(lambda: plot.heat() is plane(runs["gan"]).heat)
    assert plane(runs["vae"]).lines is None
    QTest.mouseClick(picked(stage, Button, "plane grid"), Qt.MouseButton.LeftButton)
    stage.until(lambda: all(plane(run).lines is not None for run in runs.values()))
    before = plot.grab().toImage()
    QTest.mouseClick(picked(stage, Button, "plane arrows"), Qt.MouseButton.LeftButton)
    assert plot.grab().toImage() != before  # at once
    stage.until(lambda: all(plane(run).arrows is None for run in runs.values()))
    QTest.keyClick(heat.focusProxy(), Qt.Key.Key_Home)
    QTest.mouseClick(picked(stage, Button, "plane grid"), Qt.MouseButton.LeftButton)
    assert stage.desk.layers.wanted == Wanted()


def test_a_packed_gan_says_how_many_copies_it_judges(
    desk_window: Open, moons: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = desk_window(("gan",), dataset=moons)
    (run,) = stage.desk.runs
    stage.desk.set_knob(run, "packing", 2)
    stage.desk.restart_lane(run)
    stage.until(lambda: run.view.life == 1 and stage.all_are("ready")())
    stage.desk.layers.choose(heat="judge", arrows=True)
    stage.until(lambda: (made := plane(run)) is not None and made.copies == 2 and made.arrows is not None)
    plot = stage.panel("samples", "gan")._plot
    stage.until(lambda: plot.heat() is plane(run).heat)
    assert plot.reading(plot.area().center()).split("  ")[1].startswith("D(x, x) ")
    said: list[str] = []
    monkeypatch.setattr(plane_layers.Legend, "words", lambda self, text, *more, **rest: said.append(text))
    plot._renew()
    plot.grab()
    assert "D(x, x)" in said
    assert "at 2 copies of x" in said


def test_a_point_that_moves_makes_no_new_layers(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("gan",), dataset=moons, latent=4)
    (run,) = stage.desk.runs
    stage.desk.layers.choose(grid=True)
    stage.until(lambda: (made := plane(run)) is not None and made.lines is not None)
    panel, made = stage.panel("samples", "gan"), plane(run)
    stage.desk.point.move_on_map(np.array([1.0, -1.0], np.float32))
    panel.ask()
    key = NearestLook(stage.desk.point.z).key
    stage.until(lambda: (near := stage.answer(run, NearestLook)) is not None and near.key == key)  # asked after it
    assert plane(run) is made
    stage.desk.point.set_coordinate(3, 1.5)  # off the map's plane: the grid goes through the point
    stage.until(lambda: plane(run) is not made and plane(run).lines is not None)
    assert not np.array_equal(plane(run).lines, made.lines)


def test_a_click_on_a_sample_moves_the_point_there(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("ae",), dataset=moons)
    panel, (run,) = stage.panel("samples", "ae"), stage.desk.runs
    plot = panel._plot
    stage.until(lambda: len(plot._points) == 500)
    where = plot.to_pixels(plot._points[7:8])[0].tolist()
    QTest.mouseClick(
        plot.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPointF(*where).toPoint()
    )
    shown = run.decode(stage.desk.point.z[None])[0, :, 0, 0]
    assert np.hypot(*(shown - plot._points[7])) < 0.1


def test_words_follow_the_data(desk_window: Open, moons: Dataset, digits: Dataset) -> None:
    stage = desk_window(("ae", "vae"), dataset=digits)
    heat = stage.window.lineup.findChild(Segmented, "plane heat")
    assert not heat.isVisible()
    titles = {name: row.strip.accessibleName() for name, row in stage.window.lineup._rows.items()}
    assert titles["samples"] == "Samples"
    stage.desk.set_dataset(moons)
    stage.until(lambda: all(run.view.life == 1 for run in stage.desk.runs) and stage.all_are("ready")())
    titles = {name: row.strip.accessibleName() for name, row in stage.window.lineup._rows.items()}
    assert titles["samples"] == "Plane"
    assert titles["image"] == "Point at the cursor"
    assert "1,000 training points" in stage.window.status.events[-1].text
    assert heat.isVisible()
    heat.segment("share").click()
    assert heat.segment("judge").toolTip() == "No lane has a second network"
    stage.desk.add_lane("gan")
    assert heat.segment("judge").isEnabled()
    panel = stage.panel("image", "ae")
    assert panel.verdict() == ("help", "Not trained yet", "random weights")
    stage.desk.step()
    stage.until(lambda: "points" in panel.verdict()[2])
    stage.desk.set_dataset(digits)
    assert not heat.isVisible()
    assert stage.panel("samples", "ae")._mosaic.isVisible()


def test_ellipses_are_there_for_a_vae_only(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.desk.set_map_style("codes")
    runs = {run.model_name: run for run in stage.desk.runs}
    stage.until(lambda: all(stage.answer(run, LatentCodesLook) is not None for run in runs.values()))
    latent_codes, other = (runs[name].view.looks.value(LatentCodesLook) for name in ("vae", "ae"))
    assert other.spread is None
    assert latent_codes.spread.shape == (40, 2)
    codes = runs["vae"].encode(stage.desk.experiment.reference.subsets.mapped[latent_codes.spread_of])
    np.testing.assert_allclose(latent_codes.spread, codes.sigma, rtol=1e-4)
    np.testing.assert_allclose(latent_codes.codes[latent_codes.spread_of], codes.mu, atol=1e-4)
    button = picked(stage, Button, "map ellipses")
    assert button.isEnabled()
    maps = {name: stage.panel("map", name) for name in runs}
    for each in maps.values():
        each._forget_layers()  # the codes may have come after the last picture
    before = {name: each.grab().toImage() for name, each in maps.items()}
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    after = {name: each.grab().toImage() for name, each in maps.items()}
    assert after["vae"] != before["vae"]
    assert after["ae"] == before["ae"]
    stage.desk.replace_lane(runs["vae"], "gan")
    assert not button.isEnabled()
    assert "VAE" in button.toolTip()


def test_texts_about_images_follow_the_data(desk_window: Open, moons: Dataset, digits: Dataset) -> None:
    """The help box, heads of the table, the notes of pages and the card of units."""
    stage = desk_window(("ae", "vae"), dataset=moons)
    window, desk = stage.window, stage.desk
    helped = []
    desk.helped.connect(helped.append)

    def texts() -> list[str]:
        helped.clear()
        desk.help(Help("Batch", "Images per step, from the mean image."))
        table = window.lineup.compare
        head = table.words_at(table._column_rect(0, -1).center())
        page = window.information.page("lenses")
        window.information.show_page("lenses")
        return [helped[0].text, head, window.information._note.text(), page.units.rows.toolTip()]

    assert not [words for words in texts() if re.search(r"image|picture|pixel", words, re.IGNORECASE)]
    desk.set_dataset(digits)
    stage.until(stage.all_are("ready"))
    assert not [words for words in texts() if not re.search(r"image", words)]


def test_the_note_of_an_old_plane_covers_no_word(desk_window: Open, moons: Dataset) -> None:
    stage = desk_window(("gan",), dataset=moons, size=(1100, 700))
    panel = stage.panel("samples", "gan")
    stage.until(lambda: panel._plot._look is not None)
    panel.stamp.set_words("step 1,234")
    panel._plot.set_noted(True)
    note = panel.stamp.geometry()
    assert panel.rect().contains(note)
    picture = panel._plot.grab().toImage()  # without the note, which is a widget of its own
    place = note.translated(-panel._plot.pos())
    ground = QColor(theme.current().plot)
    spots = [(x, y) for x in range(place.left(), place.right()) for y in range(place.top(), place.bottom())]
    assert all(picture.pixelColor(x, y) == ground for x, y in spots)
