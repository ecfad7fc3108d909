"""The reparameterization page under mouse and keys: printed values equal those of `core.theory.reparameterization`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from core.probes import elbo_anatomy
from core.theory import intervals
from core.theory import reparameterization as rp
from core.theory.reparameterization import ESTIMATORS, FUNCTIONS
from gui.drawing import numbers
from gui.information.pages.reparameterization import lab
from gui.information.pages.reparameterization.lab import GRID, HELD, MOST, Lab
from gui.information.pages.reparameterization.page import ReparameterizationPage
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
Both = tuple[Any, ReparameterizationPage]


def opened(stage: Any) -> ReparameterizationPage:
    page = page_of(stage, "reparameterization")
    assert isinstance(page, ReparameterizationPage)
    stage.until(page.draws.plot.isVisible)
    return page


@pytest.fixture
def page(vae_window: Any, with_new_pages: Callable[[Any], Any]) -> Both:
    stage = with_new_pages(vae_window)
    return stage, opened(stage)


def assert_printed(page: ReparameterizationPage) -> None:
    lab = page.lab
    f, mu, sigma = lab.function, lab.q.mu, lab.q.sigma
    assert page.estimates.exact.value == numbers.number(rp.exact(f, mu, sigma, lab.by), 3)
    for way in ESTIMATORS:
        each = rp.estimates(f, mu, sigma, lab.epsilon[: lab.count], lab.by, way)
        mean, error = rp.mean_and_error(each)
        figure = page.estimates.means[way]
        assert (figure.value, figure.note) == (
            numbers.number(mean, 3),
            f"± {numbers.number(intervals.student(lab.count - 1) * error, 3)}",
        )
        single = rp.variance(f, mu, sigma, lab.by, way)
        assert numbers.parse(page.variance.figures[way].value.replace("k", "e3")) == pytest.approx(single, rel=0.01)
    np.testing.assert_array_equal(lab.z, mu + sigma * lab.epsilon[:HELD])


def drag(stage: Any, plot: Any, start: QPointF, by: float) -> None:
    stage.press(plot, start)
    for share in (0.4, 1.0):
        stage.move(plot, start + QPointF(by * share, 0))
    stage.release(plot, start + QPointF(by, 0))


def test_every_function_and_both_derivatives_are_printed(page: Both) -> None:
    stage, shown = page
    functions = stage.find(Segmented, "lab function", shown)
    functions.setFocus()
    stage.key("Home")
    for name in FUNCTIONS:
        assert shown.lab.name == functions.value() == name
        for by in ("mu", "sigma"):
            shown.lab.set_by(by)
            assert shown.estimates.by.value() == by
            assert_printed(shown)
            shown.grab()
        if name != list(FUNCTIONS)[-1]:
            stage.key("Right")


def test_handles_are_dragged_and_every_number_follows(page: Both) -> None:
    stage, shown = page
    plot, lab = shown.draws.plot, shown.lab
    before = lab.q
    drag(stage, plot, plot.handle("mean"), 60.0)
    assert lab.q.mu > before.mu + 0.2
    assert lab.q.sigma == before.sigma
    assert_printed(shown)
    drag(stage, plot, plot.handle("sigma"), -20.0)
    assert lab.q.sigma < before.sigma
    assert shown.draws.sigma.value() == pytest.approx(lab.q.sigma, abs=0.006)
    assert_printed(shown)
    assert not lab.touched


def test_of_two_draws_at_one_place_the_upper_one_is_dragged(page: Both) -> None:
    stage, shown = page
    plot, lab = shown.draws.plot, shown.lab
    for index in (0, 1):
        lab.move_draw(index, 4.0)
    drag(stage, plot, plot.point(1), -40.0)
    assert lab.epsilon[1] < 3.9
    assert lab.epsilon[0] == pytest.approx(4.0)


def test_an_epsilon_is_dragged_and_its_z_and_the_estimates_follow(page: Both) -> None:
    stage, shown = page
    plot, lab = shown.draws.plot, shown.lab
    index = int(np.argmin(lab.epsilon[:HELD]))
    others, z = np.delete(lab.epsilon[:HELD], index), float(lab.z[index])
    lab.set_count(HELD)
    mean = lab.estimates.means["through"][0]
    drag(stage, plot, plot.point(index), -50.0)
    assert lab.z[index] < z
    np.testing.assert_array_equal(np.delete(lab.epsilon[:HELD], index), others)
    assert lab.estimates.means["through"][0] < mean  # f' rises with z
    assert lab.touched
    assert "by hand" in shown.draws.words.text()
    assert_printed(shown)
    stage.button("New draws", shown).click()
    assert not lab.touched
    assert_printed(shown)


def test_nobody_needs_a_mouse(page: Both) -> None:
    stage, shown = page
    lab, plot = shown.lab, shown.draws.plot
    plot.setFocus()
    start = lab.q
    stage.key("Right")
    stage.key("Shift+Right")
    stage.key("Up")
    assert lab.q.mu == pytest.approx(start.mu + 0.06)
    assert lab.q.sigma == pytest.approx(start.sigma + 0.05)
    stage.key("PgDown")
    first = int(np.argmin(lab.epsilon[:HELD]))
    assert lab.active == first
    stage.key("PgDown")
    assert sorted(lab.epsilon[:HELD])[1] == lab.epsilon[lab.active]
    held, mu = float(lab.epsilon[lab.active]), lab.q.mu
    stage.key("Left")
    assert lab.epsilon[lab.active] == pytest.approx(held - 0.05)
    assert lab.q.mu == mu
    stage.key("Esc")
    assert lab.active == -1
    stage.key("Left")
    assert lab.q.mu == pytest.approx(mu - 0.05)
    assert plot.accessibleDescription().startswith("mu ")
    slider = stage.find(Slider, "lab count", shown)
    slider.setFocus()
    stage.key("End")
    assert lab.count == MOST
    stage.key("Home")
    assert lab.count == 1
    assert shown.estimates.means["score"].note == "± —"
    shown.grab()
    assert_printed(shown)


def test_values_are_typed_and_kept_within_the_plot(page: Both) -> None:
    _, shown = page
    shown.draws.mu.set_value(-1.25)
    shown.draws.mu.edited.emit(-1.25)
    assert shown.lab.q.mu == -1.25
    shown.lab.place(99.0, 0.0)
    assert (shown.lab.q.mu, shown.lab.q.sigma) == (3.0, 0.05)
    assert_printed(shown)
    shown.grab()


def test_draws_come_one_by_one_until_all_are_there(page: Both, monkeypatch: pytest.MonkeyPatch) -> None:
    stage, shown = page
    monkeypatch.setattr(lab, "DOUBLE_S", 0.1)
    shown.variance.go.click()
    counts: list[int] = []
    shown.lab.changed.connect(lambda: counts.append(shown.lab.count))
    stage.until(lambda: not shown.lab.running)
    assert shown.lab.count == MOST
    assert counts == sorted(counts)
    assert counts[0] < 100
    shown.variance.go.click()
    shown.variance.go.click()
    assert not shown.lab.running
    stage.window.reduce_motion = stage.desk.point.reduce_motion = True
    shown.lab.start()
    assert shown.lab.count == MOST
    assert not shown.lab.running


def test_leaving_the_page_ends_the_motion(page: Both) -> None:
    stage, shown = page
    shown.lab.start()
    stage.window.show_tab("lineup")
    assert not shown.lab.running


def test_my_decoder_is_its_loss_along_the_dimension_that_tells_most(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    shown = opened(stage)
    stage.desk.experiment.step(10)
    stage.until(stage.stepped(10))
    stage.rest()
    lab: Lab = shown.lab
    functions = stage.find(Segmented, "lab function", shown)
    functions.setFocus()
    stage.key("End")
    assert lab.name == "decoder"
    run, image = stage.run("vae"), stage.desk.chosen.image
    stage.until(lambda: not lab.waiting and f"step {run.snapshot.step}" in lab.function.note)
    codes = run.snapshot.encode(image[None])
    index = int(np.argmax(np.square(codes.mu[0]) + np.square(codes.sigma[0]) - 1 - 2 * np.log(codes.sigma[0])))
    np.testing.assert_allclose(
        lab.function.value(GRID), elbo_anatomy.along(run.snapshot, image, index, GRID), rtol=1e-9
    )
    assert lab.q.mu == pytest.approx(float(np.clip(codes.mu[0, index], -3, 3)))
    assert_printed(shown)
    shown.grab()
    old = lab.function
    stage.desk.chosen.index_wanted.emit(stage.desk.chosen.index + 3)
    stage.until(lambda: lab.function is not old and not lab.waiting)
    assert_printed(shown)


def test_without_a_vae_my_decoder_says_why(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    shown = opened(stage)
    functions = stage.find(Segmented, "lab function", shown)
    functions.setFocus()
    stage.key("End")
    assert shown.lab.name != "decoder"
    assert functions.segment("decoder").toolTip() == "Add a VAE lane to use this"
    assert_printed(shown)
    stage.desk.add_lane("vae")
    assert functions.segment("decoder").isEnabled()
    stage.key("End")
    assert shown.lab.name == "decoder"
    stage.until(lambda: not shown.lab.waiting)
    stage.desk.close_lane(stage.run("vae"))
    assert shown.lab.name == "quadratic"


def test_everything_has_a_name_and_every_figure_a_formula(page: Both) -> None:
    _, shown = page
    for plot in (shown.draws.plot, shown.estimates.plot, shown.variance.plot):
        assert plot.accessibleName()
        assert plot.toolTip()
    figures = (shown.estimates.exact, *shown.estimates.means.values(), *shown.variance.figures.values())
    for figure in figures:
        assert "=" in figure.toolTip()
        assert figure.accessibleDescription()
    assert math.isfinite(shown.lab.estimates.exact)
