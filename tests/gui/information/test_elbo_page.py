"""The ELBO page: printed values equal those of `core.probes.elbo_anatomy` for the same weights and image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication, QWidget

from core.datasets.base import load
from core.foundation.slices import finish
from core.probes import elbo_anatomy
from core.probes.elbo_anatomy import Anatomy
from gui.drawing import chart, numbers, paint
from gui.information import axes
from gui.information.pages.elbo.balance_bars import span
from gui.information.pages.elbo.page import ElboPage
from gui.widgets.buttons import Button
from gui.widgets.slider import Slider
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def opened(stage: Any) -> ElboPage:
    page = page_of(stage, "elbo")
    assert isinstance(page, ElboPage)
    return page


def whole(stage: Any, page: ElboPage) -> Anatomy:
    """Wait for all the draws of the newest weights."""
    run = page.dissection.run
    assert run is not None

    def done() -> bool:
        answer, snapshot = page.dissection.answer, run.snapshot
        return answer is not None and answer.value.complete and snapshot is not None and answer.step == snapshot.step

    stage.until(done)
    assert page.dissection.shown is not None
    return page.dissection.shown


def trained(window: Open) -> Any:
    stage = window(("ae", "vae"))
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.rest()
    return stage


@pytest.fixture(scope="module")
def window(module_window: Open) -> Any:
    return trained(module_window)


@pytest.fixture
def page(window: Any, with_new_pages: Callable[[Any], Any]) -> tuple[Any, ElboPage]:
    return window, opened(with_new_pages(window))


def test_what_is_printed_is_what_the_functions_say(page: tuple[Any, ElboPage]) -> None:
    stage, shown_page = page
    shown = whole(stage, shown_page)
    run, image = stage.run("vae"), stage.desk.chosen.image
    assert shown_page.dissection.run is run
    expected = finish(elbo_anatomy.dissect(run.snapshot, image))
    np.testing.assert_array_equal(shown.log_weights, expected.log_weights)
    balance, bounds, draws = shown_page.balance, shown_page.bounds, shown_page.draws
    assert balance.distortion.value == numbers.number(expected.distortion, 2)
    assert balance.rate.value == numbers.number(expected.rate, 2)
    assert balance.elbo.value == numbers.number(expected.distortion + expected.rate, 2)
    slope = elbo_anatomy.rate_slope(expected.mu, expected.sigma)
    assert balance.share.value == numbers.number(100 * elbo_anatomy.rate_share(expected.slope, slope, 1.0), 1)
    rest = elbo_anatomy.balance(expected.slope, slope)
    assert balance.balance.value == (numbers.number(rest, 2) if rest > 0 else "—")
    assert bounds.first.value == numbers.number(elbo_anatomy.bound(expected.log_weights, 1), 2)
    assert bounds.last.value == numbers.number(elbo_anatomy.bound(expected.log_weights, 5_000), 2)
    assert bounds.gap.value == numbers.number(expected.gap, 2)
    assert draws.mean.value == numbers.number(-expected.distortion, 2)
    assert draws.spread.value == numbers.number(expected.spread, 2)
    terms = run.snapshot.measure(image[None])
    assert expected.rate == pytest.approx(float(terms["rate"][0]), rel=1e-4)
    shown_page.grab()


def test_the_mean_over_the_draws_is_written_out(page: tuple[Any, ElboPage]) -> None:
    """Its place had a fixed width, and the spread behind it was cut off beside empty ground."""
    stage, shown_page = page
    shown = whole(stage, shown_page)
    words = f"mean D {numbers.number(shown.distortion, 2)} nats, one draw spreads by {numbers.number(shown.spread, 2)}"
    places = [
        place for each in shown_page.findChildren(QWidget) for place, text in paint.words_on(each) if text == words
    ]
    assert places
    assert all(place.width() >= paint.wide(words, "caption") - 1.5 for place in places)


def test_beta_tilts_the_sum_and_trains_nothing(page: tuple[Any, ElboPage]) -> None:
    stage, shown_page = page
    shown = whole(stage, shown_page)
    balance, run = shown_page.balance, stage.run("vae")
    slider = stage.find(Slider, "elbo beta", shown_page)
    slider.setFocus()
    for _ in range(3):
        stage.key("Right")
    beta = shown_page.dissection.beta
    assert beta > 1.0
    assert balance.objective.value == numbers.number(elbo_anatomy.objective(shown.distortion, shown.rate, beta), 2)
    assert balance.elbo.value == numbers.number(shown.negative_elbo, 2)
    spot = QPointF(slider.width() * 0.8, slider.height() * 0.3)
    stage.press(slider, spot)
    stage.release(slider, spot)
    assert shown_page.dissection.beta > beta
    slope = elbo_anatomy.rate_slope(shown.mu, shown.sigma)
    share = elbo_anatomy.rate_share(shown.slope, slope, shown_page.dissection.beta)
    assert balance.share.value == numbers.number(100 * share, 1)
    assert run.pending.beta == 1.0
    assert whole(stage, shown_page).complete
    assert shown_page.dissection.step == 20


def test_beta_is_applied_to_the_lane_and_taken_back(desk_window: Open) -> None:
    stage = trained(desk_window)
    shown_page = opened(stage)
    run, apply = stage.run("vae"), stage.find(Button, "apply beta", shown_page)
    whole(stage, shown_page)
    assert shown_page.dissection.step == 20
    assert not apply.isEnabled()  # it is what the lane trains with
    shown_page.dissection.tilt(4.0)
    assert apply.isEnabled()
    apply.click()
    assert run.pending.beta == 4.0
    stage.until(lambda: run.view.config.beta == 4.0)
    assert not apply.isEnabled()
    words = shown_page.balance.words
    assert words.text() == "The lane trains with β = 4.00 from here on. Train, and D and R themselves move."
    before = shown_page.dissection.before.shown
    assert before is shown_page.dissection.shown
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(50))
    stage.rest()
    stage.until(lambda: shown_page.dissection.step == 50)
    after = whole(stage, shown_page)
    moves = f"D {before.distortion:.1f} → {after.distortion:.1f}, R {before.rate:.1f} → {after.rate:.1f} nats"
    assert words.text() == f"The lane trains with β = 4.00. In 30 steps since: {moves}."
    stage.desk.undo.undo()
    assert shown_page.dissection.before is None
    stage.desk.undo.redo()  # it is 4 again, but it was not all the time
    assert run.pending.beta == 4.0
    assert shown_page.dissection.before is None
    stage.desk.undo.undo()
    assert run.pending.beta == 1.0
    assert apply.isEnabled()


def test_another_image_and_newer_weights_are_measured_anew(desk_window: Open) -> None:
    stage = trained(desk_window)
    shown_page = opened(stage)
    before = whole(stage, shown_page)
    shown_page.image.on.click()
    assert shown_page.dissection.shown is None
    after = whole(stage, shown_page)
    assert not np.array_equal(before.mu, after.mu)
    assert shown_page.image.which.text().startswith(f"#{stage.desk.chosen.index:,}")
    stage.desk.experiment.step(5)
    stage.until(stage.stepped(25))
    stage.rest()
    whole(stage, shown_page)
    assert shown_page.dissection.step == 25
    stage.desk.restart()
    stage.until(lambda: shown_page.dissection.step == 0)
    assert shown_page.dissection.shown is not None


def test_nothing_drawn_is_said(page: tuple[Any, ElboPage]) -> None:
    stage, shown_page = page
    whole(stage, shown_page)
    stage.desk.chosen.put(0, "draw", None)
    assert shown_page.dissection.shown is None
    assert shown_page.draws.plot.hint == "No image yet"
    assert shown_page.balance.elbo.value == "—"
    shown_page.grab()


def test_without_a_vae_there_is_a_button(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    page = opened(stage)
    assert page.empty.isVisible()
    assert not page.cards.isVisible()
    stage.button("Add a VAE lane", page).click()
    stage.until(page.cards.isVisible)
    assert page.dissection.run is stage.run("vae")
    assert whole(stage, page).complete


def test_points_are_taken_apart_too(desk_window: Open) -> None:
    stage = desk_window(("vae",), dataset=load("mixture"))
    page = opened(stage)
    shown = whole(stage, page)
    assert shown.pixels is None
    assert page.image.heat.hint == "Points have no pixels"
    page.grab()


def test_a_distortion_below_zero_has_its_place() -> None:
    """A density may be above 1: D of points, or of a sharp Gaussian pixel, falls below zero."""
    low, high = span(-2.3, 3.1)
    assert low <= -2.3
    assert high >= 0.8
    assert span(80.0, 5.0)[0] == 0.0
    assert span(80.0, 5.0)[1] >= 85.0
    assert span(-500.0, 20.0)[1] > 0.0


def test_everything_has_a_name_and_every_figure_a_formula(page: tuple[Any, ElboPage]) -> None:
    stage, shown_page = page
    whole(stage, shown_page)
    for plot in (shown_page.balance.bars, shown_page.bounds.plot, shown_page.draws.plot, shown_page.image.heat):
        assert plot.accessibleName()
        assert plot.accessibleDescription()
        assert plot.toolTip()
    figures = (*shown_page.balance.figures, shown_page.bounds.first, shown_page.bounds.last, shown_page.bounds.gap)
    for figure in (*figures, shown_page.draws.mean, shown_page.draws.spread, shown_page.draws.error):
        assert any(sign in figure.toolTip() for sign in ("=", "D + β·R", "/"))
        assert figure.accessibleDescription()


def test_labels_of_the_bounds_are_whole(qapp: QApplication) -> None:
    for low, high in ((127.1, 127.7), (1_127.1, 1_127.7), (0.0, 4.0)):
        up = axes.linear(low, high, 5)
        assert max(paint.wide(label, "tick") for _, label in up) <= axes.left_margin(up) + chart.LEFT - 6
    assert axes.left_margin(axes.linear(0.0, 4.0, 5)) == 0.0


def test_lane_and_step_are_whole_beside_an_open_lesson(desk_window: Open) -> None:
    """The button for another image gives its words up before the name of one of two VAEs is cut off."""
    stage = desk_window(("vae", "vae"))
    stage.window.resize(1440, 900)
    stage.desk.set_knob(stage.desk.runs[0], "beta", 0.0)
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.rest()
    shown_page = opened(stage)
    whole(stage, shown_page)
    card = shown_page.image
    assert card.other.text() == "Other image"
    stage.key("F3")
    stage.until(lambda: card.other.text() == "")
    assert card.other.accessibleName() == "Other image"
    assert "step 20" in card.note.text()
    stage.until(lambda: paint.wide(card.note.text(), "caption") <= card.note.width())
