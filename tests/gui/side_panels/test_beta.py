"""β: slider, presets, keys, undo, and its effect on the run that trains."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.drawing import theme
from gui.side_panels.beta import PRESETS, BetaCard, ScheduleCurve
from gui.side_panels.parameters import Parameters
from gui.widgets.buttons import Button, LinkButton
from gui.widgets.knob_row import KnobRow
from gui.widgets.label import Label
from gui.widgets.slider import Slider
from gui.widgets.spin_field import SpinField
from tests.gui import hands

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def beta(stage: Stage) -> float:  # noqa: F821
    """β of the view: the value that the trainer uses."""
    return float(stage.run("vae").view.config.beta)


def test_its_ends_promise_nothing_that_depends_on_the_data(desk_window: Open) -> None:
    """Without weight there is no pull to the prior. Whether there are more holes then is measured, not said."""
    card = desk_window(("vae",)).window.findChild(BetaCard)
    words = [each.text() for each in card.findChildren(Label)]
    assert {"no pull to the prior", "strong pull"} <= set(words)
    assert not [each for each in words if "hole" in each or "sharp" in each]


def test_the_slider_sets_beta(desk_window: Open) -> None:
    stage = desk_window()
    slider = stage.find(Slider, "beta")
    seen = []
    for share in (0.9, 0.2, 0.55):
        spot = QPointF(slider.inset() + share * (slider.width() - 2 * slider.inset()), slider.height() / 3)
        stage.press(slider, spot)
        stage.release(slider, spot)
        stage.until(lambda: beta(stage) == slider.value())
        seen.append(beta(stage))
        assert stage.run("vae").pending.beta == slider.value()
    assert seen[0] > 10 > seen[2] > seen[1] > 0


def test_presets(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    for value in ("0", "0.1", "4", "10"):
        QTest.mouseClick(stage.find(Button, f"beta {value}"), Qt.MouseButton.LeftButton)
        stage.until(lambda value=value: beta(stage) == float(value))
        assert stage.find(Button, f"beta {value}").isChecked()
        assert not stage.find(Button, "beta 1").isChecked()
        assert stage.find(Slider, "beta").value() == float(value)


def test_keys_step_through_the_presets_and_undo_reverts(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("3")  # a GAN has no β: the keys still change the VAE's
    for keys, expected in (("=", 4.0), ("=", 10.0), ("=", 100.0), ("=", 100.0), ("-", 10.0)):
        stage.key(keys)
        assert stage.run("vae").pending.beta == expected, keys
    for keys, expected in (("Ctrl+Z", 1.0), ("Ctrl+Shift+Z", 10.0), ("Ctrl+Z", 1.0)):
        stage.key(keys)
        stage.until(lambda expected=expected: beta(stage) == expected)
    for expected in (0.1, 0.0, 0.0):
        stage.key("-")
        assert stage.run("vae").pending.beta == expected


def test_presets_are_one_stop_of_tab_and_arrows_go_between_them(desk_window: Open) -> None:
    stage = desk_window(("vae",))

    def press(key: Qt.Key) -> None:
        QTest.keyClick(QApplication.focusWidget(), key)

    slider = stage.find(Slider, "beta")
    stage.until(slider.isVisible)
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    press(Qt.Key.Key_Tab)
    presets = [stage.find(Button, f"beta {value:g}") for value in PRESETS]
    assert QApplication.focusWidget() in presets
    for _ in range(2 * len(presets)):
        press(Qt.Key.Key_Right)
    assert QApplication.focusWidget() is presets[-1]
    assert stage.run("vae").pending.beta == 100.0
    press(Qt.Key.Key_Tab)
    assert QApplication.focusWidget() not in presets


def test_the_help_box_follows_the_focus(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    asked = hands.heard(stage.desk.helped)
    stage.find(Slider, "beta").setFocus(Qt.FocusReason.TabFocusReason)
    assert asked[-1].title == "KL weight β"


def test_without_a_lane_with_beta_the_keys_say_so(desk_window: Open) -> None:
    stage = desk_window(("ae", "gan"))
    stage.key("=")
    assert stage.window.status.events[-1].text == "No lane has a KL weight."


def test_a_large_beta_lowers_the_rate_of_the_run_that_trains(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    vae = stage.run("vae")
    stage.key("Space")
    stage.until(lambda: vae.view.status.step >= 250)
    before = float(vae.view.history.column("rate")[200:250].mean())
    turned = vae.view.status.step
    stage.desk.set_knob(vae, "beta", 20.0)
    stage.until(lambda: beta(stage) == 20.0)
    stage.until(lambda: vae.view.status.step >= turned + 300)
    stage.rest()
    after = float(vae.view.history.column("rate")[-50:].mean())
    assert vae.view.life == 0
    assert before > 1.0
    assert after < 0.5 * before


def test_the_schedule_shows_its_length_and_reaches_the_run(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    length = stage.find(KnobRow, "row schedule_steps")
    assert not length.isVisible()
    stage.desk.set_knob(stage.run("vae"), "schedule", "warm-up")
    stage.until(length.isVisible)
    stage.until(lambda: stage.run("vae").view.config.schedule == "warm-up")
    stage.key("Ctrl+Z")
    stage.until(lambda: not length.isVisible())


# --- the other knobs ---------------------------------------------------------------------------------------------


def test_the_parameters_are_those_of_the_selected_lane(desk_window: Open) -> None:
    stage = desk_window()
    panel = stage.window.findChild(Parameters)
    names = {}
    for place, model in enumerate(("ae", "vae", "gan"), 1):
        stage.key(str(place))
        names[model] = set(panel._rows)
        assert (panel._card is not None) is (model == "vae")
    assert "lr" in names["ae"]
    assert {"lr_d", "lr_g", "r1"} <= names["gan"]
    assert "free_bits" in names["vae"]


def test_a_knob_that_is_not_live_waits_for_its_link(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("1")
    ae, link = stage.run("ae"), stage.find(LinkButton, "restart to apply")
    assert not link.isVisible()
    stage.desk.set_knob(ae, "hidden", "32")
    stage.until(link.isVisible)
    assert ae.view.config.hidden == "64"
    stage.key("2")
    stage.until(lambda: not link.isVisible())
    stage.key("1")
    stage.until(link.isVisible)
    QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    stage.until(lambda: ae.view.config.hidden == "32")
    stage.until(lambda: not link.isVisible())
    assert [run.view.life for run in stage.desk.runs] == [1, 0]


def test_a_field_takes_numbers_and_marks_invalid_text(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    field = stage.find(SpinField, "lr")
    for text, expected in (("0.02", 0.02), ("nonsense", 0.02), ("-3", 0.02), ("0.5", 0.5)):
        field.setFocus(Qt.FocusReason.TabFocusReason)
        stage.key("Return")
        editor = field.lineEdit()
        stage.until(editor.isVisible)
        editor.selectAll()
        QTest.keyClicks(field, text)
        stage.key("Return")
        stage.key("Esc")
        assert stage.run("ae").pending.lr == expected, text
    stage.until(lambda: stage.run("ae").view.config.lr == 0.5)


def test_curves_follow_the_chart_knobs(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    stage.desk.experiment.step(120)
    stage.until(stage.stepped(120))
    stage.until(stage.all_are("paused"))
    panel = stage.panel("loss", "vae")
    stage.desk.set_chart(smooth=0.0)
    rough = [line.y for line in panel.plot.lines]
    stage.desk.set_chart(smooth=0.95)
    calm = [line.y for line in panel.plot.lines]
    assert np.abs(np.diff(calm[0])).mean() < np.abs(np.diff(rough[0])).mean()
    assert panel.plot.x_range == (0.0, pytest.approx(120.0, rel=0.04))
    assert panel.plot.x_range[1] >= 120.0
    stage.desk.set_chart(x_axis="seconds")
    seconds = stage.run("vae").view.history.last("seconds")
    assert seconds <= panel.plot.x_range[1] <= 1.04 * max(1.0, seconds)
    assert panel.plot.lines[0].x[-1] == stage.run("vae").view.history.last("seconds")


@pytest.mark.usefixtures("dark")
def test_no_line_runs_through_the_words_of_the_schedule(qtbot: QtBot) -> None:
    """A constant β has no line at 0; a schedule has it, above the words."""
    curve = ScheduleCurve()
    hands.show(qtbot, curve)
    for y, lines in ((np.ones(109), 0), (np.linspace(0, 1, 109), 1)):
        curve.set_curve(y, 0.8, 0.8, "", 0)
        picture = curve.grab().toImage()
        rows = [hands.has_color(picture, theme.current().grid, QRect(0, at, curve.width(), 1)) for at in range(44)]
        assert sum(count > curve.width() // 2 for count in rows) == lines
        assert max(rows[curve.height() - 16 :]) == 0
