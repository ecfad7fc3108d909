"""The tiles of a latent map: the colours of its images, and no work for what is not seen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QApplication

from gui.drawing import pictures, theme
from gui.drawing.painting import painting
from gui.lineup.map_layers import paint_tiles

Pixels = np.ndarray
pytestmark = pytest.mark.usefixtures("qapp")


@pytest.fixture(params=[theme.DARK, theme.LIGHT], ids=["dark", "light"])
def table(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[theme.Table]:
    before = theme.current()
    theme.apply(qapp, request.param)
    yield theme.current().tiles_alone
    theme.apply(qapp, before)


def painted(tiles: Pixels, area: QRectF, table: theme.Table, width: int = 60, height: int = 40) -> Pixels:
    """What is painted, (H, W, 3); magenta where nothing is."""
    canvas = QPixmap(width, height)
    canvas.fill("#ff00ff")
    with painting(canvas, smooth=True) as painter:
        paint_tiles(painter, tiles, area, table)
    image = canvas.toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return rows[:, : 3 * width].reshape(height, width, 3).copy()


@pytest.mark.parametrize("shape", [(28, 28), (64, 64), (28, 28, 3), (128, 128, 3)])
def test_each_tile_is_where_it_belongs_in_the_tables_colours(shape: tuple[int, ...], table: theme.Table) -> None:
    grey = np.arange(6).reshape(2, 3) * 50  # (rows, columns)
    tiles = np.broadcast_to(grey.reshape(2, 3, *[1] * len(shape)), (2, 3, *shape)).astype(np.uint8)
    seen = painted(tiles, QRectF(0, 0, 60, 40), table)
    for row, column in np.ndindex(2, 3):
        middle = seen[20 * row + 10, 20 * column + 10].astype(int)
        expected = table[grey[row, column]].astype(int)
        if len(shape) == 3:
            share = abs(float(table[-1].mean() - table[0].mean())) / 255
            expected = grey[row, column] * share + np.array(theme.rgb(theme.current().plot)) * (1 - share)
        assert np.abs(middle - expected).max() <= 1, (row, column)


@pytest.mark.parametrize("zoom", [10, 1_000, 100_000])
def test_a_map_that_was_zoomed_in_shows_its_part_and_makes_nothing_larger_than_the_canvas(
    zoom: int, table: theme.Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def counted(real: Callable[..., Any], pixels: Pixels, *rest: Any, **named: Any) -> Any:
        made.append(pixels.size)
        return real(pixels, *rest, **named)

    for name in ("resized", "colored", "qimage"):
        monkeypatch.setattr(pictures, name, functools.partial(counted, getattr(pictures, name)))
    tiles = np.zeros((11, 17, 28, 28), np.uint8)
    tiles[5, 8] = 200  # the one in the middle
    wide, tall = 60.0 * zoom, 40.0 * zoom
    seen = painted(tiles, QRectF(30 - wide / 2, 20 - tall / 2, wide, tall), table)
    assert max(made) <= 3 * 60 * 40
    assert np.abs(seen[20, 30].astype(int) - table[200]).max() <= 1
    assert not np.any(np.all(seen == (255, 0, 255), axis=-1))


def test_tiles_outside_the_canvas_are_not_painted(table: theme.Table) -> None:
    tiles = np.zeros((2, 2, 28, 28), np.uint8)
    for area in (QRectF(-100, 0, 90, 40), QRectF(61, 0, 90, 40), QRectF(0, -90, 60, 80), QRectF(0, 41, 60, 80)):
        assert np.all(painted(tiles, area, table) == (255, 0, 255))


def test_part_of_the_tiles_keeps_their_place(table: theme.Table) -> None:
    tiles = np.random.default_rng(0).integers(0, 256, (4, 4, 8, 8), dtype=np.uint8)
    whole = painted(tiles, QRectF(0, 0, 64, 64), table, 64, 64)
    moved = painted(tiles, QRectF(-40, -20, 64, 64), table, 20, 30)
    assert np.abs(moved.astype(int) - whole[20:50, 40:60]).max() <= 1


def test_another_size_keeps_brightness_and_shape() -> None:
    batch = np.random.default_rng(0).integers(0, 256, (61, 47, 3), dtype=np.uint8)
    small = pictures.resized(batch, QSize(13, 17))
    assert small.shape == (17, 13, 3)
    assert small.mean() == pytest.approx(batch.mean(), abs=2)
    assert pictures.resized(batch[..., 0], QSize(13, 17)).shape == (17, 13)
    assert np.array_equal(pictures.resized(batch, QSize(47, 61)), batch)
    flat = pictures.resized(np.full((61, 47), 200, np.uint8), QSize(90, 5))
    assert np.abs(flat.astype(int) - 200).max() <= 1
