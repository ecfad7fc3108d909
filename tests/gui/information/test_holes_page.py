"""The Holes page: maps, readings and walks under mouse and keys, and what stands there while there is nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from core.datasets.base import SOURCES, load
from core.evaluation.training_codes import codes_of, hole_ratio
from core.foundation.pixels import as_floats, display_bytes
from core.foundation.slices import finish
from core.probes import hole_maps
from core.probes.codes import LatentCodesLook, TrainingCodesLook
from gui.drawing import numbers
from gui.information.pages.holes.map_card import ratio_words
from gui.information.pages.holes.map_plot import edge, reading, span, written
from gui.information.pages.holes.page import HolesPage
from gui.information.pages.holes.state import MAPS, lanes
from tests.gui import hands
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def opened(stage: Any) -> HolesPage:
    page = page_of(stage, "holes")
    assert isinstance(page, HolesPage)
    return page


def mapped(stage: Any) -> tuple[Any, HolesPage]:
    page = opened(stage)
    stage.until(lambda: all(card.plot.hole_map is not None for card in page.cards))
    return stage, page


@pytest.fixture(scope="module")
def window(module_window: Open) -> Any:
    return module_window(("ae", "vae"))


@pytest.fixture
def page(window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, HolesPage]:
    return mapped(with_new_pages(window))


def test_readings_follow_a_point_that_moved_on_another_tab(page: tuple[Any, HolesPage]) -> None:
    stage, shown = page
    stage.window.show_tab("lineup")
    stage.desk.point.move(np.array([1.5, -0.5], np.float32))
    stage.window.show_tab("information")
    assert [card.where.text() for card in shown.cards] == ["at the point (1.50, −0.50)"] * 2


def choose(stage: Any, page: HolesPage, kind: str) -> None:
    page.kinds.chosen.emit(kind)
    stage.until(lambda: all(c.plot.hole_map is not None and c.plot.hole_map.kind == kind for c in page.cards))


def test_what_two_halves_know_of_the_maps_is_the_same() -> None:
    assert {kind for kind, _ in MAPS} == set(hole_maps.KINDS)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (1.004, "r 1.01: hole"),
        (1.0, "r 1.00: codes are here"),
        (0.996, "r 1.00: codes are here"),
        (2.34, "r 2.34: hole"),
    ],
)
def test_the_ratio_never_contradicts_the_word_beside_it(ratio: float, words: str) -> None:
    assert ratio_words(ratio) == words


def test_the_edge_of_the_holes_is_where_the_ratio_is_one() -> None:
    x, y = np.meshgrid(np.arange(9.0), np.arange(9.0))
    pieces = edge((np.hypot(x - 4, y - 4) / 2.5).astype(np.float32))
    assert pieces
    ends = np.array(pieces).reshape(-1, 2)
    np.testing.assert_allclose(np.hypot(*(ends - 4).T), 2.5, atol=0.1)
    around, counts = np.unique(ends.round(4), axis=0, return_counts=True)
    assert len(around) == len(pieces)
    assert (counts == 2).all()  # it closes
    assert edge(np.ones((4, 4), np.float32)) == []


@pytest.mark.parametrize("kind", [kind for kind, _ in MAPS])
def test_a_reading_is_the_map_s_and_the_map_the_function_s(page: tuple[Any, HolesPage], kind: str) -> None:
    stage, page_ = page
    choose(stage, page_, kind)
    plane = stage.desk.point.plane
    for card in page_.cards:
        run, found = card.lane, card.plot.hole_map
        assert found is not None
        assert run.snapshot is not None
        training_codes = finish(codes_of(run.snapshot, run.reference))
        real_side = run.reference.real_side
        expected = finish(
            hole_maps.hole_map(run.snapshot, real_side, training_codes, found.kind, plane, stage.desk.point.z)
        )
        np.testing.assert_array_equal(found.values, expected.values)
        row, column = 10, 30
        spot = card.plot.spot(hole_maps.grid()[row, column])
        QTest.mouseMove(card.plot.viewport(), spot.toPoint())
        stage.until(lambda: page_.state.hover is not None)
        value, ratio = reading(found, page_.state.point)
        assert value == found.values[row, column]
        assert written(found.kind, value) in card.value.text()
        assert ratio == pytest.approx(hole_ratio(hole_maps.grid()[row, column], training_codes), rel=1e-4)
        stage.until(card._codes_are_of_the_map)
        card.read()
        exact = hole_ratio(page_.state.z, training_codes)  # of the point under the mouse, not of its cell
        assert card.verdict.text().startswith(f"r {numbers.number(exact, 2)}:")
        page_.state.set_hover(None)
    top = span([each.plot.hole_map for each in page_.cards])[1]  # type: ignore[misc]
    assert page_.bar.high() == written(page_.state.kind, top)


def test_a_point_is_read_as_in_every_other_tab(page: tuple[Any, HolesPage]) -> None:
    """r of the point itself, not of the middle of the map's cell in which it lies."""
    stage, page_ = page
    stage.until(lambda: all(card._codes_are_of_the_map() for card in page_.cards))
    stage.desk.point.move(np.array([1.23, -0.57], np.float32))
    for card in page_.cards:
        exact, cell = card.lane.hole_ratio(stage.desk.point.z), reading(card.plot.hole_map, page_.state.point)[1]
        assert abs(exact - cell) > 0.01
        assert card.verdict.text().startswith(f"r {numbers.number(exact, 2)}:")


def test_the_picture_under_the_mouse_is_decoded_in_every_lane(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    before = stage.desk.point.z.copy()
    card = page_.cards[0]
    spot = card.plot.spot(np.array([-1.5, 1.0], np.float32))
    QTest.mouseMove(card.plot.viewport(), spot.toPoint())
    stage.until(lambda: page_.state.hover is not None)
    z = page_.state.z
    np.testing.assert_allclose(z, [-1.5, 1.0], atol=0.03)
    for each in page_.cards:
        image = each.picture.image()
        assert image is not None
        np.testing.assert_array_equal(image, each.lane.show(z[None])[0])  # type: ignore[index]
        assert each.where.text().startswith("under the mouse")
    np.testing.assert_array_equal(stage.desk.point.z, before)
    page_.state.set_hover(None)
    assert card.where.text().startswith("at the point")


def test_a_press_and_a_drag_put_the_point(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    plot = page_.cards[1].plot
    stage.press(plot, plot.spot(np.array([1.0, 0.5], np.float32)))
    np.testing.assert_allclose(stage.desk.point.z, [1.0, 0.5], atol=0.03)
    assert stage.desk.pressed
    stage.move(plot, plot.spot(np.array([-0.5, -2.0], np.float32)))
    stage.release(plot, plot.spot(np.array([-0.5, -2.0], np.float32)))
    np.testing.assert_allclose(stage.desk.point.z, [-0.5, -2.0], atol=0.03)
    assert not stage.desk.pressed
    before, ground = stage.desk.point.z.copy(), plot.parentWidget()
    assert ground.childAt(1, 1) is None  # beside the square of the map
    QTest.mouseClick(ground, Qt.MouseButton.LeftButton, hands.NONE, QPoint(1, 1))
    np.testing.assert_array_equal(stage.desk.point.z, before)


def test_the_arrow_keys_move_the_point_on_the_maps(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    stage.desk.point.move(np.zeros(2, np.float32))
    page_.cards[0].plot.setFocus()
    stage.key("Right")
    assert stage.desk.point.z[0] == pytest.approx(0.05)
    np.testing.assert_allclose(page_.cards[0].plot._point, stage.desk.point.z, atol=1e-5)
    page_.kinds.setFocus()
    stage.key("Right")
    assert page_.state.kind == MAPS[1][0]


def test_codes_can_be_hidden(page: tuple[Any, HolesPage]) -> None:
    _, page_ = page
    plot = page_.cards[0].plot
    with_codes = hands.pixels(plot)
    page_.codes.click()
    assert not page_.state.codes
    assert hands.pixels(plot) != with_codes
    page_.codes.click()
    assert hands.pixels(plot) == with_codes


def test_the_hole_share_stands_with_its_interval(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    for card in page_.cards:
        stage.until(lambda card=card: card.share.value != "—")
        share = card.measured()
        assert share is not None
        assert card.share.value == numbers.number(share.value, 1)
        assert card.share.note == f"95 %: {numbers.number(share.low, 1)} to {numbers.number(share.high, 1)} %"
        assert card.plot.hole_map is not None
        assert card.number.value == numbers.number(100 * card.plot.hole_map.number, 1)


# The walk


def walked(stage: Any, page: HolesPage) -> None:
    def there() -> bool:
        found = [strip.way for _, *both in page.walk.strips for strip in both]
        return len(found) > 0 and all(way is not None for way in found)

    stage.until(there)


def test_a_walk_shows_what_the_functions_say(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    walked(stage, page_)
    data = stage.desk.experiment.dataset
    pair = list(page_.state.pair)
    assert [int(data.test.labels[i]) for i in pair] == [3, 8]
    for run, straight, arc in page_.walk.strips:
        training_codes = finish(codes_of(run.snapshot, run.reference))
        expected = finish(hole_maps.walk(run.snapshot, training_codes, as_floats(data.test.pixels[pair])))
        for strip, way in ((straight, expected.straight), (arc, expected.arc)):
            assert strip.way is not None
            np.testing.assert_array_equal(strip.way.images, way.images)
            np.testing.assert_array_equal(strip.way.ratio, way.ratio)
            assert strip.accessibleDescription().startswith(f"{numbers.number(100 * way.crossed, 0)} % of the way")


def test_another_three_is_another_walk(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    walked(stage, page_)
    data, first, end = stage.desk.experiment.dataset, page_.state.pair, page_.walk.ends[0]
    QTest.mouseClick(end.picture, Qt.MouseButton.LeftButton)
    assert page_.state.pair[0] != first[0]
    assert page_.state.pair[1] == first[1]
    assert data.test.labels[page_.state.pair[0]] == 3
    assert page_.walk.strips[0][1].way is None  # the old walk is of other images
    walked(stage, page_)
    end.on.click()
    assert data.test.labels[page_.state.pair[0]] == 4
    end.back.click()
    end.back.click()
    assert data.test.labels[page_.state.pair[0]] == 2
    assert end.name.text() == "2"
    np.testing.assert_array_equal(end.picture.image(), display_bytes(data.test.pixels[page_.state.pair[0]][None])[0])


def test_a_click_or_enter_on_a_picture_goes_there(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    walked(stage, page_)
    page_.ensureWidgetVisible(page_.walk)
    _, straight, arc = page_.walk.strips[0]
    QTest.mouseClick(straight, Qt.MouseButton.LeftButton, hands.NONE, straight.frame_rect(4).center().toPoint())
    np.testing.assert_allclose(stage.desk.point.z, straight.way.frames[4], atol=1e-3)  # type: ignore[union-attr]
    arc.setFocus()
    stage.key("Right")
    stage.key("Right")
    stage.key("Enter")
    np.testing.assert_allclose(stage.desk.point.z, arc.way.frames[1], atol=1e-3)  # type: ignore[union-attr]


def test_a_walk_through_a_hole_at_one_click(page: tuple[Any, HolesPage]) -> None:
    stage, page_ = page
    run = page_.walk.strips[0][0]
    stage.until(lambda: None not in (stage.answer(run, LatentCodesLook), stage.answer(run, TrainingCodesLook)))
    before = page_.state.pair
    page_.walk.hole.click()
    assert page_.state.pair != before
    assert set(page_.state.pair) <= set(run.reference.subsets.mapped_index.tolist())
    walked(stage, page_)
    assert page_.walk.ends[1].name.text() == page_.state.name(1)


# What is not there


def test_without_any_encoder_both_can_be_added(desk_window: Open) -> None:
    stage = desk_window(("gan",))
    page_ = opened(stage)
    assert page_.cards == []
    assert not page_.walk.isVisible()
    assert [card.objectName() for card in page_.missing] == ["missing ae", "missing vae"]
    page_.missing[0].add.click()
    page_.missing[0].add.click()
    assert [run.model_name for run in stage.desk.runs] == ["gan", "ae", "vae"]
    assert page_.missing == []
    stage.until(lambda: all(card.plot.hole_map is not None for card in page_.cards))
    assert len(page_.cards) == 2


def test_at_most_three_lanes_the_first_ae_and_vae_among_them(desk_window: Open) -> None:
    stage = desk_window(("sparse_ae", "ae", "denoising_ae", "vae", "gan"))
    assert [run.model_name for run in lanes(stage.desk)] == ["sparse_ae", "ae", "vae"]
    page_ = opened(stage)
    stage.until(lambda: all(card.plot.hole_map is not None for card in page_.cards))
    page_.grab()
    stage.desk.close_lane(stage.run("ae"))
    assert [card.lane.model_name for card in page_.cards] == ["sparse_ae", "denoising_ae", "vae"]


def test_points_and_many_dimensions_have_maps_too(desk_window: Open) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=500))
    stage = desk_window(("ae", "vae"), dataset=ring, latent=3, size=(1100, 700))
    page_ = opened(stage)
    for kind, _ in MAPS:
        choose(stage, page_, kind)
        for card in page_.cards:
            assert card.number.note == "this plane only, of 3 dims"
            assert ("No measure of holes" in card.number.toolTip()) == (kind in ("distance", "cycle"))
    walked(stage, page_)
    page_.grab()


def test_other_data_begin_other_maps(desk_window: Open) -> None:
    stage, page_ = mapped(desk_window(("ae", "vae")))
    walked(stage, page_)
    old = page_.cards[0].plot.hole_map
    other = load("faces", SOURCES.get("faces").Config(train_images=1_000))
    stage.desk.set_dataset(other)
    stage.until(lambda: page_.cards[0].plot.hole_map is not None and page_.cards[0].plot.hole_map is not old)
    walked(stage, page_)
    assert page_.walk.ends[0].picture.image().shape == (32, 32, 3)  # type: ignore[union-attr]
