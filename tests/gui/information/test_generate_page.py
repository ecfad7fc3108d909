"""The page *New images*: rows of new pictures, their nearest training images, other seeds, other data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.datasets.base import SOURCES, load
from core.evaluation.samplers import NAMES
from core.foundation.slices import finish
from gui.drawing import numbers
from gui.information.pages.generate.card import RECIPES
from gui.information.pages.generate.page import GeneratePage
from tests.gui import hands
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def opened(stage: Any) -> GeneratePage:
    page = page_of(stage, "generate")
    assert isinstance(page, GeneratePage)
    return page


def drawn(stage: Any, page: GeneratePage) -> None:
    stage.until(lambda: len(page.rows) > 0 and all(row.new_pictures() is not None for row in page.rows))
    stage.until(lambda: all(not np.isnan(row.new_pictures().ratio).any() for row in page.rows))  # type: ignore[union-attr]
    stage.until(lambda: all(row.strip.new_pictures is row.new_pictures() for row in page.rows))


@pytest.fixture(scope="module")
def window(module_window: Open) -> Any:
    return module_window(("ae", "vae", "gan"))


@pytest.fixture
def page(window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, GeneratePage]:
    page = opened(with_new_pages(window))
    drawn(window, page)
    return window, page


def test_a_row_has_the_name_of_its_lane(desk_window: Open) -> None:
    """Two lanes of one model are told apart by the knob that differs, also when it is turned."""
    stage = desk_window(("vae", "vae"))
    page = opened(stage)
    desk = stage.desk
    desk.set_knob(desk.runs[0], "beta", 4.0)
    name = "VAE · β 4"
    stage.until(lambda: desk.names.of(desk.runs[0]).full == name)
    stage.until(lambda: [row.name.text() for row in page.rows] == [name])
    assert page.rows[0].accessibleName() == f"{name}, prior"


def test_every_recipe_names_a_sampler() -> None:
    assert {recipe.sampler for recipe in RECIPES} <= set(NAMES)


def test_every_row_shows_pictures_and_the_training_images_nearest_to_them(page: tuple[Any, GeneratePage]) -> None:
    _, page_ = page
    assert [(row.recipe.model, row.recipe.sampler) for row in page_.rows] == [
        ("ae", "raw"), ("ae", "prior"), ("ae", "gmm"), ("vae", "prior"), ("gan", "prior"),
    ]  # fmt: skip
    for row in page_.rows:
        run, found = row.lane, row.strip.new_pictures
        assert found is not None
        assert run.snapshot is not None
        images = run.snapshot.decode(found.z)
        search, reach = finish(run.reference.nearest()), finish(run.reference.image_reach())
        for at in (0, len(images) - 1):
            match = search.find(images[at])
            assert match.index == found.index[at]
            assert found.ratio[at] == pytest.approx(match.distance / reach, rel=1e-3)
        np.testing.assert_array_equal(found.nearest, run.dataset.train.pixels[found.index][:, 0])
        assert row.middle.value == f"{numbers.number(float(np.median(found.ratio)), 2)}×"
        assert row.middle.note == f"test images {numbers.number(found.test_ratios[1], 2)}×"
        assert 0 < found.test_ratios[0] <= found.test_ratios[1] <= 1


def test_the_ae_in_sigma_the_vae_and_the_gan_start_from_the_same_z(page: tuple[Any, GeneratePage]) -> None:
    _, page_ = page
    _, sigma, _, vae, gan = (row.strip.new_pictures for row in page_.rows)
    assert sigma is not None
    assert vae is not None
    assert gan is not None
    np.testing.assert_array_equal(sigma.z, vae.z)
    np.testing.assert_array_equal(sigma.z, gan.z)


def test_new_draw_by_button_and_key(page: tuple[Any, GeneratePage]) -> None:
    stage, page_ = page
    before = [row.new_pictures() for row in page_.rows]
    page_.draw.click()
    stage.until(lambda: all(row.new_pictures() is not old for row, old in zip(page_.rows, before, strict=True)))
    assert not np.array_equal(page_.rows[3].new_pictures().z, before[3].z)  # type: ignore[union-attr]
    second = page_.rows[3].new_pictures()
    stage.key("G")
    stage.until(lambda: page_.rows[3].new_pictures() is not second)


def test_a_click_or_enter_on_a_picture_puts_the_point_there(page: tuple[Any, GeneratePage]) -> None:
    stage, page_ = page
    row = page_.rows[3]
    found = row.strip.new_pictures
    assert found is not None
    QTest.mouseClick(row.strip, Qt.MouseButton.LeftButton, hands.NONE, row.strip.column(2).center().toPoint())
    np.testing.assert_allclose(stage.desk.point.z, np.clip(found.z[2], -4, 4), atol=1e-3)
    assert row.one.text() == f"nearest: #{found.index[2]:,}"
    row.strip.setFocus()
    stage.key("Right")
    stage.key("Enter")
    np.testing.assert_allclose(stage.desk.point.z, np.clip(found.z[3], -4, 4), atol=1e-3)
    assert row.one.text() == f"nearest: #{found.index[3]:,}"


def test_one_click_takes_the_faces(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae", "vae", "gan"))
    page_ = opened(stage)
    assert page_.heading.text() == "Generate a new image"
    assert "begins again" in page_.faces.toolTip()
    asked: list[tuple[str, Any]] = []
    faces = load("faces", SOURCES.get("faces").Config(train_images=1_000))

    def read(name: str, knobs: Any) -> None:  # 20,000 would take seconds to draw
        asked.append((name, knobs))
        stage.desk.set_dataset(faces)

    monkeypatch.setattr(stage.window.data, "load", read)
    stage.button("Use faces", page_).click()
    assert asked == [("faces", None)]
    assert page_.heading.text() == "Generate a new face"
    assert not page_.faces.isVisible()
    drawn(stage, page_)
    for row in page_.rows:
        assert row.strip.new_pictures is not None
        assert row.strip.new_pictures.images.shape[1:] == (32, 32, 3)
    page_.grab()


def test_missing_models_can_be_added(desk_window: Open) -> None:
    stage = desk_window(("sparse_ae",), size=(1100, 700))
    page_ = opened(stage)
    assert page_.rows == []
    assert page_.why.isVisible()
    assert set(page_.missing) == {"ae", "vae", "gan"}
    stage.button("Add a VAE lane", page_).click()
    assert [row.recipe.model for row in page_.rows] == ["vae"]
    assert set(page_.missing) == {"ae", "gan"}
    drawn(stage, page_)
    page_.grab()


def test_points_have_no_faces(desk_window: Open) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=500))
    stage = desk_window(("ae", "vae"), dataset=ring)
    page_ = opened(stage)
    assert page_.rows == []
    assert "points" in page_.why.text()
    assert page_.faces.isVisible()
    assert not page_.draw.isEnabled()
