"""The loss row and the explorer: legend, axes, and what a saved run shows when it is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from core.engine.run import Run
from gui.drawing import chart, numbers, paint, theme
from gui.drawing.painting import painting
from gui.drawing.smoothing import nice_range
from gui.lineup.rows.loss import Loss
from gui.plots.legend import Entry
from tests.gui.conftest import Stage


def test_an_axis_has_at_least_two_labels() -> None:
    random = np.random.default_rng(3)
    for low, span in zip(random.uniform(-50, 500, 3000), random.exponential(100, 3000) + 0.01, strict=True):
        for most in (3, 5):
            assert 2 <= len(chart.ticks(*nice_range(low, low + span), most)) <= most + 1


@pytest.mark.parametrize("ends", [(0.0, 1.1), (0.0, 3.45), (6.0, 14.0), (0.0, 0.2)])
def test_few_labels_are_no_axis(ends: tuple[float, float]) -> None:
    assert len(chart.ticks(*ends, 3)) >= 2


class Grid(QWidget):
    """The grid of a chart without curves."""

    def paintEvent(self, event: QPaintEvent) -> None:
        with painting(self) as painter:
            chart.paint_grid(painter, QRectF(self.rect()), chart.Picture((0.0, 1.0), (-4.0, 5.5)))


@pytest.mark.parametrize("height", [40, 44, 60, 100])
def test_labels_of_a_low_chart_do_not_touch(qtbot: QtBot, height: int) -> None:
    """2.5, 0.0 and −2.5 lay 8 px apart in the row that leaves its height to the plane."""
    grid = Grid()
    qtbot.addWidget(grid)
    grid.resize(200, height)
    tops = sorted(place.top() for place, _ in paint.words_on(grid) if place.right() < chart.LEFT)
    assert len(tops) >= 2
    assert min(np.diff(tops)) >= chart.LABEL_PX - 1


def _loss(stage: Stage, run: Run) -> Loss:
    panel = stage.window.lineup.panel("loss", run)
    assert isinstance(panel, Loss)
    return panel


def _values(panel: Loss) -> dict[str, str]:
    return {entry.name: entry.value for entry in panel._legend}


def test_a_lane_with_a_third_of_the_steps_has_its_own_axis(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("ae", "gan"))
    ae, gan = stage.desk.runs
    gan.step(10)
    stage.until(lambda: gan.view.history.last("step") == 10)
    ae.step(29)
    stage.until(lambda: ae.view.history.last("step") == 29)
    stage.rest()
    assert _loss(stage, gan)._x_range() == _loss(stage, ae)._x_range()
    ae.step(31)
    stage.until(lambda: ae.view.status.step == 60)
    stage.rest()
    assert _loss(stage, gan)._x_range()[1] == pytest.approx(10, rel=0.05)
    assert _loss(stage, ae)._x_range()[1] == pytest.approx(60, rel=0.05)
    _loss(stage, gan).refresh(gan.view)
    words = paint.words_on(_loss(stage, gan).plot.viewport())
    note = next(place for place, word in words if word == "its own axis")
    assert note.top() >= _loss(stage, gan).height() - chart.BOTTOM  # below the curves, beside the labels of x
    labels = [place for place, _ in words if place.top() >= note.top() - 2 and place != note]
    assert len(labels) >= 2
    assert not any(place.intersects(note) for place in labels)
    gan.step(12)  # 22 of 60: above 2.5 times, back on the common axis
    stage.until(lambda: gan.view.status.step == 22)
    stage.rest()
    stage.until(lambda: gan.view.history.last("step") == 22)
    gan.step(4)
    stage.until(lambda: gan.view.history.last("step") == 26)
    assert _loss(stage, gan)._x_range() == _loss(stage, ae)._x_range()


def test_the_mean_of_the_objective_begins_anew_with_a_turned_knob(desk_window: Callable[..., Stage]) -> None:
    """D + β·R under two β are two quantities: their mean is none."""
    stage = desk_window(("vae",))
    (vae,) = stage.desk.runs
    stage.desk.set_chart(smooth=0.95)
    vae.set("beta", 2.0)
    vae.step(20)
    stage.until(lambda: vae.view.history.last("step") == 20)
    vae.set("beta", 100.0)
    stage.until(lambda: vae.view.turned_at.get("beta") == 20)
    stage.rest()
    panel = _loss(stage, vae)
    panel.refresh(vae.view)
    assert _values(panel)["objective"] == "—"
    vae.step(1)
    stage.until(lambda: vae.view.history.last("step") == 21)
    stage.rest()
    panel.refresh(vae.view)
    assert _values(panel)["objective"] == numbers.number(vae.view.history.last("objective"), 1)


def test_the_objective_outlasts_a_turned_learning_rate(desk_window: Callable[..., Stage]) -> None:
    """It changes how D + β·R falls, not what it is: the legend had a dash beside the numbers of its parts."""
    stage = desk_window(("vae",))
    (vae,) = stage.desk.runs
    vae.set("beta", 2.0)
    vae.step(20)
    stage.until(lambda: vae.view.history.last("step") == 20)
    vae.set("lr", 0.002)
    stage.until(lambda: vae.view.turned_at.get("lr") == 20)
    stage.rest()
    panel = _loss(stage, vae)
    panel.refresh(vae.view)
    parts = _values(panel)
    assert float(parts["objective"]) > float(parts["distortion"]) > 0


def test_distortion_and_rate_have_one_colour_each(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("ae", "vae"))
    stage.desk.experiment.step(5)
    stage.until(lambda: all(run.view.status.step == 5 for run in stage.desk.runs))
    stage.rest()
    colors = theme.current()
    vae = stage.run("vae")
    stage.until(lambda: "rate" in _values(_loss(stage, vae)))
    inks = {entry.name: entry.color for entry in _loss(stage, vae)._legend}
    assert inks["distortion"] == colors.lanes[vae.slot]
    assert inks["rate"] == colors.rate_band()
    assert inks["−ELBO"] == colors.text
    ae = stage.run("ae")
    assert {entry.name: entry.color for entry in _loss(stage, ae)._legend}["train"] == colors.lanes[ae.slot]


def test_an_opened_run_shows_what_it_is(desk_window: Callable[..., Stage], tmp_path: Path) -> None:
    stage = desk_window(("gan",))
    stage.desk.experiment.step(30)
    stage.until(lambda: stage.run("gan").view.status.step == 30)
    stage.rest()
    window = stage.window
    said = window.status._saved_words
    assert said() == "not saved"
    window.runs.save(tmp_path / "mine")
    stage.until(lambda: said() == "saved in mine")
    window.runs.open(tmp_path / "mine" / "1-gan")
    stage.until(lambda: len(stage.desk.runs) == 2 and stage.desk.runs[1].view.status.step == 30)
    opened = stage.desk.runs[1]
    stage.until(lambda: {"—"}.isdisjoint(_values(_loss(stage, opened)).get(name, "—") for name in ("D", "G")))
    assert said() == "saved"  # both, in two folders
    stage.desk.runs[0].step(1)
    stage.until(lambda: stage.desk.runs[0].view.status.step == 31)
    assert said() == "1 of 2 lanes saved in 1-gan"


def test_the_legend_shows_the_last_step_once_training_rests(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",))
    stage.desk.smooth = 0.0
    run = stage.run("vae")
    run.step(7)
    stage.until(lambda: run.view.history.last("step") == 7 and run.view.status.state == "paused")
    last = run.view.history.last("distortion")
    assert last is not None
    stage.until(lambda: _values(_loss(stage, run)).get("distortion") == f"{last:.1f}")


def test_the_explorer_shows_the_range_of_the_chart(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",))
    run = stage.run("vae")
    stage.desk.set_knob(run, "beta", 100.0)
    stage.desk.experiment.step(40)
    stage.until(lambda: run.view.status.step == 40)
    stage.rest()
    stage.desk.explored.emit(run)
    explorer = stage.window.pages.explore
    stage.until(lambda: bool(explorer.curves))  # the page fills after its first paint
    drawn = [line.label for line in explorer.plot.lines]
    assert "distortion" in drawn
    assert "rate" not in drawn  # a few nats beside hundreds
    low, high = explorer.plot.y_range
    values = run.view.history.column("distortion")[10:]
    assert low > 0.3 * values.min()
    assert high < 3.5 * values.max()
    stage.key("Esc")


def test_a_legend_has_full_names_where_they_fit(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("vae",))
    panel = _loss(stage, stage.desk.runs[0])
    color = theme.current().text
    entries = [
        Entry("line", color, "−ELBO", "166.2"),
        Entry("line", color, "distortion", "161.3"),
        Entry("band", color, "rate", "4.9"),
    ]
    panel.plot.set_legend(entries, panel._short_names())
    for wide, name in ((304, "distortion"), (270, "dist.")):
        layout = panel.plot.legend.layout(wide)
        assert layout.lines == 1
        assert layout.short.get("distortion", "distortion") == name


def test_a_resting_chart_follows_the_axes_that_another_lane_moves(desk_window: Callable[..., Stage]) -> None:
    stage = desk_window(("ae", "vae"))
    ae, vae = stage.desk.runs
    ae.step(20)
    vae.step(20)
    stage.until(lambda: ae.view.status.step == vae.view.status.step == 20)
    stage.rest()
    vae.step(20)
    stage.until(lambda: vae.view.status.step == 40)
    stage.until(lambda: _drawn_axes(_loss(stage, vae))[0][1] == pytest.approx(40, rel=0.05))
    stage.until(lambda: _drawn_axes(_loss(stage, ae)) == _drawn_axes(_loss(stage, vae)))


def _drawn_axes(panel: Loss) -> tuple[tuple[float, float], tuple[float, float]]:
    return panel.plot.x_range, panel.plot.y_range
