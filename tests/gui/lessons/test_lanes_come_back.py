"""A lesson puts the user's lanes aside and gives them back; a finished one offers the next."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.theory.latent_space import axis_plane
from gui.lessons.answer_buttons import TextButton
from gui.lessons.lesson_page import KEEPS, REPLACES, RESTORE
from gui.widgets.buttons import Button, LinkButton
from tests.gui.lessons.test_lessons import Open, begin, click, do


def finish(stage: Any, page: Any) -> None:
    """Go through the lesson to its end."""
    while not page.walk.is_over:
        if page.walk.waits_for_choice:
            click(stage.find(TextButton, "choice 1"))
        if not page.walk.is_done:
            do(stage)
        if not page.walk.is_over:
            click(stage.find(Button, "lesson next"))


def test_a_lesson_gives_the_lanes_back_that_it_put_aside(desk_window: Open) -> None:
    stage = desk_window(("gan", "vae"))
    mine = list(stage.desk.runs)
    stage.desk.step()
    stage.until(stage.stepped(1))
    stage.desk.set_knob(stage.run("vae"), "beta", 4.0)
    stage.desk.point.move(np.array([0.5, -0.25], np.float32))
    stage.desk.set_sampler("raw")
    mine_too = axis_plane(1, 0, 2)
    stage.desk.point.set_plane(mine_too)
    stage.desk.select(stage.run("gan"))
    weights = stage.run("vae").decode(np.ones((1, 2), np.float32))
    click(stage.find(LinkButton, "first lesson"))
    page = stage.window.lessons.page
    assert page.button.text() == KEEPS
    click(page.button)
    stage.until(lambda: page.walk is not None)
    finish(stage, page)
    assert not set(mine) & set(stage.desk.runs)
    button = stage.find(Button, "restore lanes")
    assert button.isVisible()
    assert button.text() == RESTORE
    click(button)
    assert stage.desk.runs == mine
    assert stage.desk.selected is stage.run("gan")
    assert stage.desk.sampler == "raw"
    assert stage.desk.point.plane is mine_too
    assert stage.desk.experiment.plane_is_chosen
    assert stage.desk.point.z.tolist() == [0.5, -0.25]
    assert stage.run("vae").view.status.step == 1
    assert stage.run("vae").pending.beta == 4.0
    np.testing.assert_array_equal(stage.run("vae").decode(np.ones((1, 2), np.float32)), weights)
    assert not button.isVisible()
    assert not page._trouble.isVisible()
    stage.desk.step()
    stage.until(stage.stepped(2))


def test_a_page_selects_no_lane_of_a_lesson_whose_lanes_are_gone(desk_window: Open) -> None:
    stage = desk_window(("gan", "vae"))
    page = begin(stage)
    finish(stage, page)
    lesson_lane = stage.run("ae")
    click(stage.find(Button, "restore lanes"))
    shown = stage.tab
    click(stage.find(Button, "lesson back"))
    click(stage.find(Button, "lesson next"))
    assert stage.desk.selected in stage.desk.runs
    assert stage.desk.selected is not lesson_lane
    assert stage.tab is shown


def test_the_list_of_lessons_gives_them_back_too(desk_window: Open) -> None:
    stage = desk_window()
    mine = list(stage.desk.runs)
    page = begin(stage)
    page.left.emit()
    button = stage.find(Button, "restore lanes from list")
    stage.until(button.isVisible)
    click(button)
    assert stage.desk.runs == mine
    stage.until(lambda: not button.isVisible())


def test_setting_up_says_what_it_replaces_while_other_lanes_are_kept(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    mine = list(stage.desk.runs)
    page = begin(stage)
    stage.desk.add_lane("vae")
    stage.desk.close_lane(stage.run("ae"))
    stage.desk.step()
    stage.until(stage.stepped(1))
    stage.until(lambda: page.button.text() == REPLACES)
    click(page.button)
    stage.until(lambda: page.walk is not None and page.walk.is_alive)
    finish(stage, page)
    click(stage.find(Button, "restore lanes"))
    assert stage.desk.runs == mine


def test_a_finished_lesson_offers_the_next(desk_window: Open) -> None:
    stage = desk_window()
    page = begin(stage)
    finish(stage, page)
    following = next(lesson for lesson in stage.window.lessons.lessons if lesson.number == 2)
    assert page.button.text() == f"Next: {following.title}"
    click(page.button)
    assert page.lesson is following
    assert page.button.text() == "Set up"  # the present lanes are a lesson's
