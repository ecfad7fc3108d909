"""Slow motion: a copy of a lane takes its training step under keys, mouse and clock; the lane stays as it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.datasets.base import load
from core.models.base import MODELS
from gui.drawing import numbers, theme
from gui.information.pages.slow_motion.card import written
from gui.information.pages.slow_motion.network_drawing import LEGEND, NetworkDrawing, brief, tiny
from gui.information.pages.slow_motion.page import SlowMotionPage
from gui.information.pages.slow_motion.reel import BOTH, FASTEST, START
from gui.widgets.combo import Combo
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider
from tests.gui.information.plot_hands import page_of

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def test_the_legend_holds_in_both_themes() -> None:
    """What is strong is bright on a dark ground and dark on a light one."""
    assert not re.findall("bright|dark|pale", " ".join(LEGEND.values()))


def opened(stage: Any) -> SlowMotionPage:
    page = page_of(stage, "slow motion")
    assert isinstance(page, SlowMotionPage)
    return page


def ready(stage: Any, page: SlowMotionPage) -> None:
    stage.until(lambda: page.reel.step is not None and not page.reel.waiting)


def stepping(stage: Any) -> tuple[Any, SlowMotionPage]:
    page = opened(stage)
    ready(stage, page)
    return stage, page


@pytest.fixture(scope="module")
def window(module_window: Open) -> Any:
    stage = module_window(("vae", "gan"))
    opened(stage)
    return stage


@pytest.fixture
def page(window: Any, again: Callable[[Any], Any]) -> tuple[Any, SlowMotionPage]:
    """Lanes that no test trains: what they take are copies. The page has a fresh one of the VAE."""
    page = opened(again(window))
    page.reel.set_choice(BOTH)
    page.reel.set_speed(START)
    page.reel.choose_lane(window.run("vae"))
    page.reel.take()
    ready(window, page)
    return window, page


@pytest.fixture
def own_page(desk_window: Open) -> tuple[Any, SlowMotionPage]:
    """Lanes that a test trains, closes or breaks."""
    return stepping(desk_window(("vae", "gan")))


def names(page: SlowMotionPage) -> list[str]:
    assert page.reel.step is not None
    return [stage.name for _, stage in page.reel.step.places]


def here(page: SlowMotionPage) -> str:
    assert page.reel.place is not None
    return page.reel.place[1].name


def assert_stage_printed(page: SlowMotionPage) -> None:
    """The card prints sentence and numbers of the stage."""
    assert page.reel.place is not None
    _, stage = page.reel.place
    assert page.card.sentence.text() == stage.sentence
    for figure, number in zip(page.card.figures, stage.numbers, strict=False):
        assert (figure.value, figure.unit, figure.note) == (written(number), number.unit, number.note)
        assert figure.accessibleName() == number.name
    assert len(stage.numbers) <= len(page.card.figures)
    assert stage.title in page.card.rail.accessibleDescription()


def test_keys_lead_through_the_step_and_into_the_next(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    cursor = stage.desk.point.z.copy()
    assert names(shown) == ["batch", "encode", "epsilon", "z", "decode", "terms", "backward", "update"]
    assert shown.card.rail.hasFocus()
    for name in names(shown):
        assert here(shown) == name
        assert_stage_printed(shown)
        shown.grab()
        stage.key("Right")
    stage.until(lambda: len(shown.reel.steps) == 2)
    assert (here(shown), shown.reel.steps[1].number) == ("batch", 2)
    stage.key("Left")
    assert (here(shown), shown.reel.step.number) == ("update", 1)  # type: ignore[union-attr]
    stage.key("Home")
    assert here(shown) == "batch"
    stage.key("End")
    assert here(shown) == "update"
    stage.key("Shift+Right")
    assert (here(shown), shown.reel.step.number) == ("update", 2)  # type: ignore[union-attr]
    stage.key("Shift+Right")
    stage.until(lambda: len(shown.reel.steps) == 3)
    assert here(shown) == "update"
    np.testing.assert_array_equal(stage.desk.point.z, cursor)  # the keys are the page's
    assert stage.run("vae").view.status.step == 0  # and the lane has not moved


def test_a_click_on_the_rail_jumps_and_buttons_do_what_keys_do(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    rail = shown.card.rail
    stop, box = next((stop, box) for stop, box in rail.boxes() if stop.label == "Terms")
    QTest.mouseMove(rail, box.center().toPoint())
    QTest.mouseClick(rail, Qt.MouseButton.LeftButton, pos=box.center().toPoint())
    assert (here(shown), shown.reel.at[1]) == ("terms", stop.stage)
    assert_stage_printed(shown)
    shown.bar.next.click()
    assert here(shown) == "backward"
    shown.bar.back.click()
    assert here(shown) == "terms"
    shown.bar.whole_step.click()
    assert here(shown) == "update"
    stage.find(Combo, "slow lane").setCurrentIndex(1)
    shown.bar.lane.activated.emit(1)
    ready(stage, shown)
    assert shown.reel.run is stage.run("gan")
    assert "gan" in stage.run("gan").model_name
    assert names(shown)[:3] == ["batch", "z", "fake batch"]


def test_the_numbers_on_the_card_add_up_to_the_objective_of_the_lane(own_page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = own_page
    stage.key("Home")
    for _ in range(5):
        stage.key("Right")
    assert here(shown) == "terms"
    found = [numbers.parse(figure.value) for figure in shown.card.figures[:4]]
    assert found[3] == pytest.approx(found[0] + found[2] * found[1], abs=0.02)
    run = stage.run("vae")
    run.step(1)  # the lane takes the very step that was told
    view = stage.wait(run, lambda view: view.status.state == "paused")
    assert view.history.column("objective")[0] == pytest.approx(found[3], abs=0.01)


def test_a_gan_steps_d_or_g_alone_and_a_step_that_is_not_over_is_taken_again(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    reel, phase = shown.reel, stage.find(Segmented, "slow phase")
    assert not phase.isVisible()
    reel.choose_lane(stage.run("gan"))
    ready(stage, shown)
    assert phase.isVisible()
    assert [phase.title for phase in reel.steps[0].turns] == ["D", "G"]
    shown.card.rail.setFocus()
    stage.key("Right")
    phase.setFocus()
    stage.key("End")
    assert reel.choice == "generator"
    stage.until(lambda: not reel.waiting)
    assert [phase.title for phase in reel.steps[-1].turns] == ["G"]
    assert (len(reel.steps), reel.steps[-1].number) == (1, 1)
    assert "fake batch" in names(shown)
    assert "batch" not in names(shown)
    reel.jump(10**6)
    stage.key("Left")
    assert reel.choice == "discriminator"
    assert len(reel.steps) == 1  # it was over: the choice is for the next
    shown.bar.next.click()
    stage.until(lambda: len(reel.steps) == 2)
    assert [phase.title for phase in reel.steps[-1].turns] == ["D"]
    for stop, _ in shown.card.rail.boxes():
        reel.jump(stop.stage)
        assert_stage_printed(shown)
        shown.grab()


def test_a_choice_made_while_a_step_is_in_work_is_not_lost(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    reel = shown.reel
    reel.choose_lane(stage.run("gan"))
    ready(stage, shown)
    reel.set_choice("discriminator")
    assert reel.waiting
    reel.set_choice("generator")
    stage.until(lambda: not reel.waiting and reel.step is not None)
    assert [phase.title for phase in reel.steps[-1].turns] == ["G"]
    assert reel.steps[-1].number == 1


def test_a_click_on_the_card_takes_the_keys_and_one_beside_it_leaves_them(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    shown.card.rail.clearFocus()
    QTest.mouseClick(shown.card, left, none, QPoint(20, 8))
    assert shown.card.rail.hasFocus()
    QTest.mouseClick(shown.bar.next, left)
    assert shown.card.rail.hasFocus()
    before = here(shown)
    stage.key("Right")
    assert here(shown) != before


def test_it_plays_by_itself_at_any_speed_and_rests_when_nobody_looks(page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = page
    reel, speed = shown.reel, stage.find(Slider, "slow speed")
    speed.setFocus()
    stage.key("End")
    assert reel.speed == FASTEST
    assert shown.bar._value.text() == "whole steps"
    shown.card.rail.setFocus()
    stage.key("Return")
    assert reel.playing
    assert shown.bar.play.text() == "Pause"
    stage.until(lambda: reel.steps[-1].number > 12)
    assert len(reel.steps) <= 24
    assert here(shown) == "update"
    reel.set_speed(30.0)
    stages: set[str] = set()
    watch = reel.changed.connect(lambda: stages.add(here(shown)))
    stage.until(lambda: len(stages) == 8)
    reel.changed.disconnect(watch)
    stage.window.show_tab("lineup")
    assert not reel.playing
    number = reel.steps[-1].number
    ticks: list[int] = []
    stage.window.clock.ticked.connect(lambda: ticks.append(1))
    stage.until(lambda: len(ticks) > 6)
    assert reel.steps[-1].number == number


def test_the_lanes_state_is_taken_again_when_asked_and_when_it_begins(
    own_page: tuple[Any, SlowMotionPage],
) -> None:
    stage, shown = own_page
    run = stage.run("vae")
    run.step(3)
    stage.wait(run, lambda view: view.status.step == 3 and view.status.state == "paused")
    assert shown.reel.taken == 0
    shown.bar.again.click()
    ready(stage, shown)
    assert (shown.reel.taken, shown.reel.steps[0].number) == (3, 4)
    assert "copy of step 3" in shown.card.note.text()
    run.start()
    stage.until(lambda: run.view.status.step > 5)
    shown.bar.again.click()  # while it trains
    ready(stage, shown)
    assert shown.reel.taken >= 5
    stage.desk.restart_lane(run)
    stage.until(lambda: run.view.life == 1 and shown.reel._life == 1)
    ready(stage, shown)
    assert shown.reel.taken < 10**6


def test_a_copy_that_breaks_says_where_and_a_fresh_one_helps(own_page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = own_page
    run, reel = stage.run("vae"), shown.reel
    run.set("lr", 1e8)
    shown.bar.again.click()
    ready(stage, shown)
    for _ in range(12):
        if reel.stuck:
            break
        reel.finish_step()
        stage.until(lambda: not reel.waiting)
    assert reel.stuck
    reel.jump(10**6)
    assert "is not a number" in shown.card.sentence.text() or "is infinite" in shown.card.sentence.text()
    assert shown.card.sentence.token() == "error"
    shown.grab()
    assert not shown.bar.next.isEnabled()
    reel.next()
    reel.toggle()
    assert not reel.playing
    assert not reel.waiting
    run.set("lr", 1e-3)
    shown.bar.again.click()
    ready(stage, shown)
    assert not reel.stuck
    assert shown.bar.next.isEnabled()
    assert run.view.status.state == "ready"


def test_a_lane_without_weights_says_why(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae",))
    page = opened(stage)
    ready(stage, page)
    from core.training import training

    def broken(self: Any) -> Any:
        raise TypeError("no memory for a copy")

    monkeypatch.setattr(training.Training, "copy", broken)
    page.bar.again.click()
    stage.until(lambda: bool(page.reel.trouble))
    assert "no memory for a copy" in page.card.drawing.accessibleDescription()
    page.grab()
    assert stage.run("ae").view.status.state == "ready"
    assert not page.bar.next.isEnabled()
    monkeypatch.undo()
    page.bar.again.click()
    ready(stage, page)
    assert page.bar.next.isEnabled()


def test_a_lane_that_is_closed_gives_way_to_another(own_page: tuple[Any, SlowMotionPage]) -> None:
    stage, shown = own_page
    assert shown.reel.run is stage.run("vae")
    stage.desk.close_lane(stage.run("vae"))
    stage.until(lambda: shown.reel.run is stage.run("gan"))
    ready(stage, shown)
    assert shown.bar.lane.count() == 1
    stage.desk.replace_lane(stage.run("gan"), "sparse_ae")
    stage.until(lambda: shown.reel.run is stage.run("sparse_ae") and shown.reel.step is not None)
    assert "encode" in names(shown)


@pytest.mark.parametrize(("size", "scale"), [((1440, 900), 1.0), ((1100, 700), 1.0), ((1100, 700), 1.3)])
def test_everything_is_in_the_window_at_every_size(desk_window: Open, size: tuple[int, int], scale: float) -> None:
    stage, page = stepping(desk_window(("wgan_gp", "vae"), size=size, scale=scale, latent=10))
    for run in stage.desk.runs:
        page.reel.choose_lane(run)
        ready(stage, page)
        page.reel.jump(6)
        QApplication.processEvents()
        assert_all_in_sight(page)


def assert_all_in_sight(page: SlowMotionPage) -> None:
    page.grab()
    assert not page.verticalScrollBar().isVisible()
    assert not page.horizontalScrollBar().isVisible()
    boxes = [box for _, box in page.card.rail.boxes()]
    assert boxes[-1].right() <= page.card.rail.width() + 0.5
    inside = page.card.drawing.rect()
    for area in page.card.drawing.areas().values():
        assert inside.contains(area.toAlignedRect())
    for control in (page.bar.again, page.bar.next, page.bar.play, page.bar.speed):
        assert page.bar.rect().contains(control.geometry().translated(control.parentWidget().pos()))


def test_a_sentence_has_one_line_also_in_the_smallest_window(desk_window: Open) -> None:
    first, *others = MODELS.names()
    stage, page = stepping(desk_window((first,), size=(1100, 700)))
    label = page.card.sentence
    for model in (first, *others):
        if model != first:
            stage.desk.replace_lane(stage.desk.runs[0], model)
            stage.until(lambda model=model: page.reel.run.model_name == model and page.reel.step is not None)
            ready(stage, page)
        for at in range(len(page.reel.step.places)):
            page.reel.jump(at)
            assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width(), (model, label.text())


def test_the_rate_reaches_the_loss_along_the_top(page: tuple[Any, SlowMotionPage]) -> None:
    """The line from μ to R is drawn, and lit where R is at work: in the terms and on the way back."""
    _, shown = page
    drawing, columns = shown.card.drawing, shown.reel.step.turns[0].columns
    rate = next(column for column in columns if column.key == "rate")
    at = {stage.name: number for number, (_, stage) in enumerate(shown.reel.step.places)}

    def color(name: str) -> str:
        shown.reel.jump(at[name])
        corner = drawing._route(rate, drawing.areas()).at(1)
        return drawing.grab().toImage().pixelColor(round(corner.x()) + 40, round(corner.y())).name()

    grey, lit, back, update = (color(name) for name in ("decode", "terms", "backward", "update"))
    assert len({grey, lit, back}) == 3
    assert update == grey


def test_the_second_network_is_called_as_in_its_stages(desk_window: Open) -> None:
    stage = desk_window(("gan", "wgan_gp"))
    page = opened(stage)
    for model, name in (("wgan_gp", "Critic"), ("gan", "D")):
        page.reel.choose_lane(stage.run(model))
        ready(stage, page)
        page.bar.phase.set_value("d")
        assert page.bar.phase.segment("d").text() == name
        assert page.reel.steps[0].turns[0].title.startswith(name)


def test_points_are_drawn_with_their_coordinates(desk_window: Open) -> None:
    stage = desk_window(("vae",), dataset=load("moons"))
    page = opened(stage)
    ready(stage, page)
    assert [figure.accessibleName() for figure in page.card.figures[2:4]] == ["x₁", "x₂"]
    page.grab()
    assert "point" in page.card.sentence.text()


def test_everything_has_a_name_and_the_drawing_tells_its_columns(page: tuple[Any, SlowMotionPage]) -> None:
    _, shown = page
    drawing, bar = shown.card.drawing, shown.bar
    assert isinstance(drawing, NetworkDrawing)
    for widget in (drawing, shown.card.rail, bar.lane, bar.phase, bar.speed):
        assert widget.accessibleName()
    for button in (bar.again, bar.back, bar.next, bar.whole_step, bar.play):
        assert button.toolTip()
    for key, area in drawing.areas().items():
        assert drawing.words_at(area.center()), key
    assert drawing.words_at(QPointF(1, 1)) == ""
    shown.reel.jump(6)
    assert drawing.accessibleDescription().startswith("Gradient runs back through: encoder 64")
    hidden = next(column.key for column in shown.reel.steps[0].turns[0].columns if column.part == "encoder")
    assert "Length of its weights’ gradient" in drawing.words_at(drawing.areas()[hidden].center())
    assert [brief(1.5e-5), tiny(1.5e-5), tiny(0.042), tiny(0.12), tiny(1234.0)] == [
        "1.5e−5", "2e−5", "4e−2", "0.12", "1.2k",
    ]  # fmt: skip


def test_stages_of_light_are_seen(page: tuple[Any, SlowMotionPage]) -> None:
    """The encoder is grey in the batch stage, and has the lane's colour while it encodes."""
    _, shown = page
    drawing = shown.card.drawing
    phase = shown.reel.steps[0].turns[0]
    hidden = next(column for column in phase.columns if column.part == "encoder")

    def color() -> set[str]:
        area = drawing.areas()[hidden.key].toAlignedRect()
        image = drawing.grab(area).toImage()
        return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}

    grey = color()
    shown.reel.jump(1)
    strongest = theme.current().lanes[0].lower()
    assert strongest in color()
    assert strongest not in grey
    shown.reel.jump(6)
    assert theme.current().info_kl.lower() in color()
