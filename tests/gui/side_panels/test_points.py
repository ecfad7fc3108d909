"""2-D data in the window: points are drawn at their place, in every lane."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from core.datasets.base import SOURCES, Dataset, load
from core.probes.samples import SamplesLook
from gui.drawing import paint, point_plot, theme
from gui.lineup.map_layers import MOST_DOTS, PlaneCodes, marks_of, paint_codes, placed_badges
from gui.side_panels.experiment import DatasetCard
from gui.widgets.knob_row import KnobRow

Open = Callable[..., "Stage"]  # noqa: F821


@pytest.fixture(scope="module")
def ring() -> Dataset:
    return load("mixture", SOURCES.get("mixture").Config(train_images=1000))


def count_of(widget: QWidget, color: str, area: QRect | None = None) -> int:
    """Number of pixels near a colour."""
    image = widget.grab(area or widget.rect()).toImage()
    wanted = np.array(QColor(color).getRgb()[:3])
    here = [QColor(image.pixel(x, y)).getRgb()[:3] for x in range(image.width()) for y in range(image.height())]
    return int((np.abs(np.array(here) - wanted).max(1) < 50).sum())


def test_points_of_one_class_have_one_thumbnail(desk_window: Open, ring: Dataset) -> None:
    """A drawn heart stood twice in the card: all of its points, then those of its only class."""
    card = desk_window(("ae",), dataset=ring).window.findChild(DatasetCard)
    alone = replace(ring, train=replace(ring.train, labels=np.zeros(len(ring.train), np.int64)))
    assert [len(card._histograms(data)) for data in (ring, alone)] == [8, 1]


def test_samples_and_the_point_lie_in_the_plane(desk_window: Open, ring: Dataset, digits: Dataset) -> None:
    stage = desk_window(("ae", "gan"), dataset=ring)
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.until(stage.all_are("paused"))
    lanes = theme.current().lanes
    for run in stage.desk.runs:
        stage.desk.point.zero()
        samples, image = stage.panel("samples", run.model_name), stage.panel("image", run.model_name)
        stage.until(lambda run=run: stage.answer(run, SamplesLook, step=30) is not None)
        assert run.view.looks.value(SamplesLook).points.shape == (500, 2)
        stage.until(lambda samples=samples, run=run: count_of(samples._plot, lanes[run.slot]) > 20)
        assert samples._mosaic.isHidden()
        stage.until(lambda image=image, run=run: count_of(image, lanes[run.slot], image._picture_rect()) > 5)
        before = image.grab(image._picture_rect()).toImage()
        stage.desk.point.move(stage.desk.point.z + np.float32(0.5))
        assert image.grab(image._picture_rect()).toImage() != before
    stage.desk.set_dataset(digits)
    stage.until(stage.all_are("ready"))
    samples = stage.panel("samples", "gan")
    assert samples._plot.isHidden()
    assert samples._mosaic.isVisible()


def test_a_picture_of_points(qapp: QApplication) -> None:
    area = QRectF(0, 0, 60, 60)
    made = point_plot.dots(np.array([[0, 0], [1.4, 1.4], [9, 9]], np.float32), area, "#ff0000", 1.0)
    red = [(x, y) for x in range(60) for y in range(60) if made.pixelColor(x, y).red() == 255]
    assert len(red) == 2 * point_plot.DOT_PX**2  # the third is outside
    assert (29, 29) in red
    assert max(x for x, _ in red) > 55
    assert min(y for _, y in red) < 5


def test_many_codes_are_drawn_as_their_density(qapp: QApplication) -> None:
    random = np.random.default_rng(0)
    labels = np.repeat([0, 1], MOST_DOTS)
    points = (random.normal(0, 0.2, (2 * MOST_DOTS, 2)) + np.where(labels, 1.0, -1.0)[:, None]).astype(np.float32)
    points[0] = np.inf
    picture = QImage(120, 120, QImage.Format.Format_RGB32)
    picture.fill(QColor("black"))
    painter = QPainter(picture)
    codes = PlaneCodes(points, labels)

    def to_screen(plane: np.ndarray) -> np.ndarray:
        return plane * np.float32(25) + 60

    paint_codes(painter, codes, to_screen, picture.rect(), 1.0)
    painter.end()
    badges = placed_badges(codes, marks_of(codes, ()), to_screen, picture.rect())
    assert [badge.label for badge in badges] == [0, 1]
    for badge in badges:
        color = picture.pixelColor(round(badge.x), round(badge.y))
        wanted = QColor(theme.current().class_color(badge.label))
        assert abs(color.hueF() - wanted.hueF()) < 0.05
    assert picture.pixelColor(118, 2).lightness() == 0


def test_knobs_without_effect_on_points_are_hidden(desk_window: Open, ring: Dataset, digits: Dataset) -> None:
    stage = desk_window(("vae",), dataset=ring)

    def shown() -> list[bool]:
        rows = [stage.find(KnobRow, f"row {name}") for name in ("likelihood", "pixel_sigma", "channels")]
        return [not row.isHidden() for row in rows]

    assert shown() == [False, True, False]  # points are Gaussian whatever the pixel model is
    stage.desk.set_dataset(digits)
    assert shown() == [True, False, True]


def test_the_smallest_learning_rate_is_read_whole(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.desk.set_knob(stage.run("ae"), "lr", 1e-5)
    field = stage.find(KnobRow, "row lr")._field
    stage.until(lambda: field.shown() == "0.00001")
    assert paint.wide(field.shown(), "medium") <= field._arrows().left() - theme.px(8)
