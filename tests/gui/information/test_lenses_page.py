"""Sparse and denoising lenses: the image corrupted by hand, and the images that drive each unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.datasets.base import SOURCES, load
from core.foundation.pixels import display, display_bytes
from core.probes import denoise, units
from core.probes.codes import LatentCodesLook
from gui.drawing import numbers, theme
from gui.information.pages.lenses import corruption_card
from gui.information.pages.lenses.page import LensesPage
from gui.information.pages.lenses.unit_sheet import WIDTH_PX
from tests.gui import hands
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def opened(stage: Any) -> LensesPage:
    page = page_of(stage, "lenses")
    assert isinstance(page, LensesPage)
    return page


@pytest.fixture
def page(desk_window: Open) -> tuple[Any, LensesPage]:
    stage = desk_window(("sparse_ae", "denoising_ae", "gan"), latent=5)
    page = opened(stage)
    stage.until(lambda: page.corruption.corrupted.picture.image() is not None and len(page.units.rows.units) == 5)
    return stage, page


def assert_shown(stage: Any, page: LensesPage) -> None:
    """Every picture and number equals that of `core.probes.denoise`."""
    card, image = page.corruption, stage.desk.chosen.image
    corrupted = denoise.corrupt(image, card.kind, card.amount, card.seed)
    np.testing.assert_array_equal(card.corrupted.picture.image(), display(corrupted[None])[0])
    assert card.corrupted.words.text() == f"error {numbers.number(denoise.error(corrupted, image), 3)}"
    assert len(card.restored) > 0
    for run, seen in card.restored:
        made = denoise.reconstruct(run.snapshot, corrupted)
        assert made is not None
        np.testing.assert_array_equal(seen.picture.image(), display(made[None])[0])
        assert seen.words.text() == f"error {numbers.number(denoise.error(made, image), 3)}"


def test_the_kinds_are_those_of_the_engine() -> None:
    assert tuple(key for key, _ in corruption_card.KINDS) == denoise.KINDS


def test_the_slider_corrupts_and_every_lane_restores_at_once(page: tuple[Any, LensesPage]) -> None:
    stage, page_ = page
    card = page_.corruption
    assert [run.model_name for run, _ in card.restored] == ["sparse_ae", "denoising_ae"]
    assert_shown(stage, page_)
    before = card.amount
    card.slider.setFocus()
    stage.key("Right")
    assert card.amount > before
    assert_shown(stage, page_)
    middle = card.slider.rect().center()
    hands.drag(card.slider, middle, middle + (card.slider.rect().topRight() - middle))
    assert card.amount == pytest.approx(1.0, abs=0.05)
    assert_shown(stage, page_)
    card.kinds.setFocus()
    stage.key("Right")
    assert card.kind == "gaussian"
    assert_shown(stage, page_)
    card.next.click()
    assert_shown(stage, page_)
    seed = card.seed
    card._other_noise()
    assert card.seed != seed
    assert_shown(stage, page_)


def test_each_unit_shows_the_images_that_drive_it_furthest(page: tuple[Any, LensesPage]) -> None:
    stage, page_ = page
    stage.desk.select(stage.run("denoising_ae"))
    run = page_.units.lane()
    assert run is stage.run("denoising_ae")
    stage.until(lambda: stage.answer(run, LatentCodesLook) is not None and "DAE" in page_.units.note.text())
    latent_codes = run.view.looks.value(LatentCodesLook)
    np.testing.assert_allclose(
        latent_codes.activations, run.snapshot.model.encode(torch.tensor(run.reference.subsets.mapped)).mu, atol=1e-4
    )
    expected = units.units(latent_codes.activations, units.moves(run.snapshot, latent_codes.codes), 8)
    rows = page_.units.rows
    assert len(rows.units) == len(expected) == 5
    for unit, images, right in zip(rows.units, rows._images, expected, strict=True):
        np.testing.assert_array_equal(unit.likes, right.likes)
        assert (unit.size, unit.move) == (right.size, right.move)
        assert f"unit {unit.index + 1}: mean |a| {numbers.telling(unit.size, 2)}" in rows.accessibleDescription()
        index = run.reference.subsets.mapped_index[right.likes]
        np.testing.assert_array_equal(images, display_bytes(run.dataset.test.pixels[index]))
    stage.desk.select(stage.run("gan"))
    assert page_.units.lane() is stage.run("sparse_ae")
    page_.units.other.click()
    assert page_.units.lane() is stage.desk.selected is stage.run("denoising_ae")
    page_.units.other.click()
    assert page_.units.lane() is stage.run("sparse_ae")
    page_.grab()


def row_center(page: LensesPage, place: int) -> QPoint:
    return page.units.rows.row_area(place).center().toPoint()


def test_a_click_on_a_unit_opens_its_histogram(page: tuple[Any, LensesPage]) -> None:
    stage, page_ = page
    rows, sheet = page_.units.rows, page_.units.sheet
    assert sheet.index == -1
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, hands.NONE, row_center(page_, 2))
    assert sheet.index == 2
    assert sheet.plot.hasFocus()
    unit = rows.units[2]
    np.testing.assert_array_equal(sheet.plot.bins.counts, unit.counts)
    np.testing.assert_array_equal(sheet.plot.bins.edges, unit.edges)
    said = f"Unit 3: mean |a| {numbers.telling(unit.size, 2)}, excess kurtosis {numbers.signed(unit.kurtosis, 1)}"
    assert sheet.words.text() == said
    sheet.plot.zoom(2.0)
    QTest.mouseClick(rows, Qt.MouseButton.LeftButton, hands.NONE, row_center(page_, 4))
    assert sheet.index == 4
    assert sheet.plot.is_home  # a range of one unit is none of another
    stage.key("Esc")
    assert not sheet.isVisible()
    assert rows.hasFocus()


def test_enter_on_a_unit_opens_its_histogram_and_esc_gives_the_focus_back(page: tuple[Any, LensesPage]) -> None:
    stage, page_ = page
    rows, sheet = page_.units.rows, page_.units.sheet
    rows.setFocus(Qt.FocusReason.TabFocusReason)
    for key in ("Down", "Right", "Home", "End", "Enter"):
        stage.key(key)
    assert sheet.index == 4
    stage.key("+")
    assert not sheet.plot.is_home
    stage.key("0")
    assert sheet.plot.is_home
    stage.key("Shift+Right")
    assert sheet.plot.link.pointer is not None
    stage.key("Esc")
    assert sheet.index == -1
    assert rows.hasFocus()


@pytest.mark.parametrize("scale", [1.0, 1.15])
def test_the_histogram_of_a_unit_fits_its_card(page: tuple[Any, LensesPage], scale: float) -> None:
    stage, page_ = page
    sheet = page_.units.sheet
    theme.apply(QApplication.instance(), theme.LIGHT, scale)
    page_.units.rows.opened.emit(0)
    QApplication.processEvents()
    assert sheet.rect().contains(sheet.plot.geometry())
    assert sheet.plot.width() == theme.px(WIDTH_PX)
    room = QRect(page_.viewport().mapTo(stage.window, QPoint(0, 0)), page_.viewport().size())
    assert room.contains(sheet.geometry())


def test_an_open_histogram_follows_its_lane_and_closes_with_its_unit(page: tuple[Any, LensesPage]) -> None:
    stage, page_ = page
    rows, sheet, run = page_.units.rows, page_.units.sheet, stage.run("sparse_ae")
    stage.desk.select(run)
    stage.until(lambda: "SAE" in page_.units.note.text())
    rows.opened.emit(1)
    before = sheet.words.text()
    run.step(30)
    stage.until(lambda: "step 30" in page_.units.note.text())
    assert sheet.words.text() != before
    np.testing.assert_array_equal(sheet.plot.bins.counts, rows.units[1].counts)
    stage.window.show_tab("lineup")
    assert not sheet.isVisible()


def test_activities_with_a_target_start_at_zero_and_show_it(desk_window: Open) -> None:
    stage = desk_window(("sparse_ae",), latent=4)
    page_ = opened(stage)
    rows, run = page_.units.rows, stage.run("sparse_ae")
    stage.until(lambda: len(rows.units) == 4)
    assert rows.target is None
    assert float(rows.units[0].edges[0]) < 0
    stage.desk.set_knob(run, "penalty", "kl")
    stage.desk.set_knob(run, "target", 0.2)
    run.restart()
    stage.until(lambda: rows.target == 0.2)
    stage.until(lambda: all(float(unit.edges[0]) == 0 for unit in rows.units))
    stage.until(lambda: all(0 < unit.size < 1 for unit in rows.units))


def test_what_is_missing_can_be_added(desk_window: Open) -> None:
    stage = desk_window(("gan",), size=(1100, 700))
    page_ = opened(stage)
    assert page_.corruption.restored == []
    page_.grab()
    stage.button("Add a denoising AE lane", page_).click()
    stage.button("Add a sparse AE lane", page_).click()
    assert [run.model_name for run in stage.desk.runs] == ["gan", "denoising_ae", "sparse_ae"]
    assert not page_.corruption.add.isVisible()
    assert not page_.units.add.isVisible()
    stage.until(lambda: len(page_.units.rows.units) == 2)
    stage.until(lambda: all(seen.picture.image() is not None for _, seen in page_.corruption.restored))


def test_points_and_colour_work_too(desk_window: Open) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=500))
    stage = desk_window(("ae", "vae"), dataset=ring)
    page_ = opened(stage)
    stage.until(lambda: len(page_.units.rows.units) == 2)
    page_.grab()
    card = page_.corruption
    assert (card.accessibleName(), card.kind, card.kinds.value()) == ("Corrupt a point", "gaussian", "gaussian")
    assert page_.corruption.clean.name.text() == "Test point"
    stage.desk.set_dataset(load("faces", SOURCES.get("faces").Config(train_images=1_000)))
    stage.until(lambda: page_.units.rows._images[0].shape[1:] == (32, 32, 3))
    stage.until(lambda: getattr(page_.corruption.restored[0][1].picture.image(), "shape", ()) == (32, 32, 3))
    assert (card.accessibleName(), card.kind, card.kinds.value()) == ("Corrupt an image", "masking", "masking")
    page_.grab()
