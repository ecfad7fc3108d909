"""Lanes come, go, move and change; the latent space has one, two, ten or 64 dimensions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.datasets.base import SOURCES, load
from core.foundation.registry import Entry
from core.models.base import MODELS
from core.probes.codes import LatentCodesLook
from core.probes.pictures import TilesLook
from core.probes.samples import SamplesLook
from gui.lineup.lane_header import LaneHeader, lane_menu
from gui.side_panels.point import FEW_DIMS, UNSORTED_DIMS
from gui.widgets.combo import Combo
from gui.widgets.histogram_slider import HistogramSlider

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def models(stage: Stage) -> list[str]:  # noqa: F821
    return [run.model_name for run in stage.desk.runs]


def shown(stage: Stage) -> list[str]:  # noqa: F821
    """The models of the lanes on screen, from left to right."""
    QApplication.processEvents()  # new lanes are laid out and shown
    heads = [head for head in stage.window.lineup.findChildren(LaneHeader) if head.isVisible()]
    return [head._run.model_name for head in sorted(heads, key=lambda head: head.x())]


def test_five_lanes_and_no_sixth(desk_window: Open) -> None:
    stage = desk_window()
    for name in ("wgan_gp", "sparse_ae"):
        stage.desk.add_lane(name)
    assert shown(stage) == ["ae", "vae", "gan", "wgan_gp", "sparse_ae"]
    assert [run.slot for run in stage.desk.runs] == [0, 1, 2, 3, 4]
    assert not stage.window.lineup.bar.add.isEnabled()
    stage.desk.add_lane("ae")
    assert len(stage.desk.runs) == 5
    assert "five" in stage.window.status.events[-1].text or "5 lanes" in stage.window.status.events[-1].text
    stage.until(stage.all_are("ready"))


def test_the_menu_adds_every_model(desk_window: Open) -> None:
    stage = desk_window(("ae",))
    stage.key("Ctrl+T")
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    titles = [action.text() for action in menu.actions()]
    assert titles == [MODELS.get(name).title for name in MODELS.names()]
    menu.actions()[titles.index("Wasserstein GAN")].trigger()
    menu.close()
    assert len(stage.desk.runs) == 2
    assert stage.desk.selected is stage.desk.runs[1]
    stage.until(stage.all_are("ready"))


def test_a_lane_added_while_others_train_trains_too(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    stage.key("Space")
    stage.until(stage.stepped(5))
    stage.desk.add_lane("sparse_ae")
    stage.until(stage.stepped(5))
    assert stage.all_are("training")()
    assert shown(stage) == ["ae", "vae", "sparse_ae"]


def test_lanes_close_but_the_last_one_stays(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("2")
    stage.key("Ctrl+W")
    assert shown(stage) == ["ae", "gan"]
    assert stage.desk.selected is stage.run("gan")
    stage.key("Ctrl+W")
    stage.key("Ctrl+W")
    assert shown(stage) == ["ae"]
    assert stage.window.status.events[-1].text == "The last lane stays open."


def test_the_cross_closes_its_lane(desk_window: Open) -> None:
    stage = desk_window()
    head = next(h for h in stage.window.lineup.findChildren(LaneHeader) if h._run is stage.run("gan"))
    QTest.mouseClick(head._close, LEFT)
    assert shown(stage) == ["ae", "vae"]


def test_colours_belong_to_slots(desk_window: Open) -> None:
    stage = desk_window()
    stage.desk.close_lane(stage.run("ae"))
    assert [run.slot for run in stage.desk.runs] == [1, 2]
    stage.desk.add_lane("sparse_ae")
    assert [(run.model_name, run.slot) for run in stage.desk.runs] == [("vae", 1), ("gan", 2), ("sparse_ae", 0)]
    stage.desk.move_lane(stage.run("sparse_ae"), -1)
    assert [run.slot for run in stage.desk.runs] == [1, 0, 2]
    assert shown(stage) == ["vae", "sparse_ae", "gan"]


def test_another_model_in_a_lane(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(5))
    old = stage.run("ae")
    stage.desk.replace_lane(old, "denoising_ae")
    assert shown(stage) == ["denoising_ae", "vae", "gan"]
    new = stage.run("denoising_ae")
    assert new.slot == old.slot
    stage.until(stage.stepped(5, "denoising_ae"))
    stage.until(lambda: old.view.status.state == "paused")  # it waits for Undo
    stage.desk.replace_lane(new, "denoising_ae")
    assert stage.run("denoising_ae") is new


def test_the_menu_of_a_lane(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    models = [Entry("ae", "Autoencoder"), Entry("gan", "GAN")]
    menu = lane_menu(stage.window, stage.desk, stage.run("ae"), models, stage.window.exports.add_to)
    actions = {action.text(): action for action in menu.actions()}
    assert not actions["Move left"].isEnabled()
    actions["Move right"].trigger()
    assert shown(stage) == ["vae", "ae"]
    actions["Restart this lane"].trigger()
    stage.until(lambda: stage.run("ae").view.life == 1)
    actions["Close lane"].trigger()
    assert shown(stage) == ["vae"]
    menu.deleteLater()


def test_the_table_sorts_and_selects(desk_window: Open) -> None:
    stage = desk_window()
    for run, count in zip(stage.desk.runs, (30, 10, 20), strict=True):
        run.step(count)
    stage.until(lambda: [run.view.status.step for run in stage.desk.runs] == [30, 10, 20])
    table = stage.window.lineup.compare
    titles = [column.title for column in table.columns]
    QTest.mouseClick(table, LEFT, NONE, table._column_rect(-1, 2).center().toPoint())
    assert stage.desk.selected is stage.run("gan")
    tests = titles.index("Distortion")
    with_encoder = (stage.run("ae"), stage.run("vae"))
    stage.until(lambda: all(run.view.tests.last("step") == run.view.status.step for run in with_encoder))
    QTest.mouseClick(table, LEFT, NONE, table._column_rect(tests, -1).center().toPoint())
    values = [run.view.tests.last("distortion") for run in stage.desk.runs]
    assert values[0] < values[1]
    assert values[2] is None  # what has no measure comes last
    QTest.mouseClick(table, LEFT, NONE, table._column_rect(titles.index("Rate"), -1).center().toPoint())
    assert models(stage) == ["vae", "ae", "gan"]
    assert shown(stage) == ["vae", "ae", "gan"]


def test_no_lane_keeps_events_of_a_dead_one(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    for i in range(3):  # a new run may lie where a dead one lay in memory
        run = stage.desk.runs[-1]
        run.board.tell(f"old {i}", "x")
        stage.until(lambda i=i: any(event.text == f"old {i}" for event in stage.window.status.events))
        stage.desk.close_lane(run)
        stage.desk.add_lane("ae")
        stage.desk.runs[-1].board.tell(f"new {i}", "x")
        stage.until(lambda i=i: any(event.text == f"new {i}" for event in stage.window.status.events))


# --- dimensions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dims", [1, 10, 64])  # two are everywhere
def test_every_number_of_dimensions_works(desk_window: Open, dims: int) -> None:
    stage = desk_window(("ae", "vae", "gan"), latent=dims)
    sliders = [s for s in stage.window.right.point.findChildren(HistogramSlider) if s.objectName()]
    assert sorted(s.objectName() for s in sliders) == sorted(f"z{i + 1}" for i in range(dims))
    assert stage.find(Combo, "axis across", stage.window.lineup).isVisible() is (dims > 2)
    stage.key("Space")
    stage.until(stage.stepped(20))
    stage.rest()
    encoders = [stage.run("ae"), stage.run("vae")]
    stage.until(lambda: all(stage.answer(run, LatentCodesLook) is not None for run in encoders))
    for look in (TilesLook, SamplesLook):
        stage.until(lambda look=look: all(stage.answer(run, look) is not None for run in stage.desk.runs))
    before = stage.pictures()
    last = next(s for s in sliders if s.objectName() == f"z{dims}")
    last.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("PgUp")
    assert stage.desk.point.z[dims - 1] == 0.5
    assert all(before[name] != after for name, after in stage.pictures().items())
    stage.window.grab()


def test_the_axes_of_the_maps_are_chosen(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"), latent=10)
    across, up = (stage.find(Combo, f"axis {way}", stage.window.lineup) for way in ("across", "up"))
    assert across.count() == 11
    across.set_value("4")
    across.chosen.emit("4")
    canvas = stage.panel("map", "vae")
    stage.press(canvas, stage.at("vae", 1.0, -0.5))
    stage.release(canvas, stage.at("vae", 1.0, -0.5))
    moved = np.zeros(10)
    moved[4], moved[1] = 1.0, -0.5
    assert stage.desk.point.z == pytest.approx(moved, abs=0.01)
    up.set_value("7")
    up.chosen.emit("7")
    stage.key("Shift+Up")
    moved[7] = 0.25
    assert stage.desk.point.z == pytest.approx(moved, abs=0.01)


def test_another_knob_leaves_the_axes_alone(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"), latent=5)
    across = stage.find(Combo, "axis across", stage.window.lineup)
    across.set_value("3")
    across.chosen.emit("3")
    stage.desk.set_setup("batch", 16)
    assert across.value() == "3"
    assert stage.desk.point.plane.axes[0].tolist() == [0, 0, 0, 1, 0]
    stage.desk.set_setup("latent", 4)
    assert across.value() == "0"
    assert stage.desk.point.plane.axes[0].tolist() == [1, 0, 0, 0]


def test_both_choosers_of_axes_agree(desk_window: Open) -> None:
    stage = desk_window(("vae",), latent=6)
    stage.window.show_tab("latent")  # its chooser is made when it is seen
    first, second = stage.window.findChildren(Combo, "axis across")
    first.set_value("4")
    first.chosen.emit("4")
    assert second.value() == "4"


def test_pca_without_codes_is_reported(desk_window: Open) -> None:
    stage = desk_window(("gan",), latent=4)
    across = stage.find(Combo, "axis across", stage.window.lineup)
    across.set_value("pca")
    across.chosen.emit("pca")
    assert across.value() == "0"
    assert "PCA needs" in stage.window.status.events[-1].text


def test_under_pca_the_other_axis_is_the_second_component(desk_window: Open) -> None:
    stage = desk_window(("ae",), latent=4)
    across, up = (stage.find(Combo, f"axis {way}", stage.window.lineup) for way in ("across", "up"))
    (run,) = stage.desk.runs
    stage.until(lambda: stage.answer(run, LatentCodesLook) is not None)
    across.set_value("pca")
    across.chosen.emit("pca")
    assert (across.value(), up.currentText(), up.isEnabled()) == ("pca", "PC 2", False)
    across.set_value("1")
    across.chosen.emit("1")
    assert across.value() == "1"
    assert up.isEnabled()
    assert up.count() == 4
    assert up.value() != "1"


def test_one_axis_twice_is_a_swap(desk_window: Open) -> None:
    stage = desk_window(("ae",), latent=3)
    across, up = (stage.find(Combo, f"axis {way}", stage.window.lineup) for way in ("across", "up"))
    across.set_value("1")
    across.chosen.emit("1")
    assert (across.value(), up.value()) == ("1", "0")
    up.set_value("1")
    up.chosen.emit("1")
    assert (across.value(), up.value()) == ("0", "1")
    axes = stage.desk.point.plane.axes
    assert np.allclose(axes @ axes.T, np.eye(2))


def test_pca_turns_the_maps(desk_window: Open) -> None:
    stage = desk_window(("vae", "gan"), latent=10)
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    vae = stage.run("vae")
    stage.until(lambda: stage.answer(vae, LatentCodesLook) is not None)
    across, up = (stage.find(Combo, f"axis {way}", stage.window.lineup) for way in ("across", "up"))
    across.set_value("pca")
    across.chosen.emit("pca")
    plane = stage.desk.point.plane
    assert plane.label == "PCA"
    assert np.allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-5)
    assert not up.isEnabled()
    assert (np.abs(plane.axes) > 1e-3).sum() > 2
    stage.press(stage.panel("map", "gan"), stage.at("gan", 1.5, 0.5))
    stage.release(stage.panel("map", "gan"), stage.at("gan", 1.5, 0.5))
    assert plane.of(stage.desk.point.z[None])[0] == pytest.approx([1.5, 0.5], abs=0.02)


def shown_sliders(stage: Stage) -> int:  # noqa: F821
    return sum(each.isVisible() for each in stage.window.right.point.findChildren(HistogramSlider))


def test_dimensions_change_while_everything_trains(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(10))
    canvas = stage.panel("map", "vae")
    for life, dims in enumerate((10, 64, 2), 1):
        stage.desk.set_setup("latent", dims)
        stage.press(canvas, stage.at("vae", 0.5, 0.5))  # before any trainer has heard of it
        stage.move(canvas, stage.at("vae", 0.6, 0.5))
        stage.release(canvas, stage.at("vae", 0.6, 0.5))
        stage.window.grab()
        stage.until(lambda life=life: all(run.view.life == life for run in stage.desk.runs))
        stage.until(stage.stepped(10))
        stage.until(lambda dims=dims: shown_sliders(stage) == (dims if dims <= UNSORTED_DIMS else FEW_DIMS))
        assert stage.desk.point.z.shape == (dims,)
        stage.until(lambda: all(stage.answer(stage.run(name), LatentCodesLook) is not None for name in ("ae", "vae")))
        stage.window.grab()
    assert not stage.has_dialog()


def test_every_page_draws_every_lane(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(10))
    looks = []
    for place in (1, 2, 3, 4):
        stage.key(f"Ctrl+{place}")
        assert stage.window.pages.currentIndex() == place - 1
        looks.append(stage.window.pages.currentWidget().grab().toImage())
    assert looks[1] != looks[2] != looks[3]
    stage.key("Ctrl+1")
    stage.key("F")
    assert stage.window.pages.currentIndex() == 1
    stage.key("3")  # the tab turns to the selected lane
    assert stage.window.pages.currentWidget()._strip._title.startswith("Latent map of Adversarial")
    stage.key("F")
    assert stage.window.pages.currentIndex() == 0


def test_the_right_mouse_button_opens_the_menu(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    head = next(h for h in stage.window.lineup.findChildren(LaneHeader) if h._run is stage.run("ae"))
    QTest.mouseClick(head._menu, LEFT, NONE, QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert [action.text() for action in menu.actions() if action.text()] == [
        "Rename …",
        "Duplicate",
        "Train only this",
        "Model",
        "Restart this lane",
        "Sweep a knob …",
        "Export model",
        "Export codes",
        "Copy as command line",
        "Copy as Python",
        "Move left",
        "Move right",
        "Close lane",
    ]
    menu.close()
    assert stage.desk.selected is stage.run("ae")


@pytest.mark.parametrize("size", [(1100, 700), (1440, 900)])
@pytest.mark.parametrize("points", [False, True])
def test_controls_of_rows_stay_in_sight_and_a_new_lane_is_scrolled_to(
    desk_window: Open, size: tuple[int, int], points: bool
) -> None:
    moons = load("moons", SOURCES.get("moons").Config(train_images=1000))
    stage = desk_window(size=size, dataset=moons if points else None)
    lineup = stage.window.lineup
    bar = lineup._scroll.horizontalScrollBar()

    def assert_in_sight() -> None:
        QApplication.processEvents()  # the strips are laid out
        edges = QRect(QPoint(0, 0), lineup._scroll.viewport().size())
        for strip in (lineup.bar, *(row.strip for row in lineup._rows.values() if row.strip.isVisible())):
            for control in strip.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
                if control.isVisible():
                    place = QRect(control.mapTo(lineup, QPoint(0, 0)), control.size())
                    assert edges.left() <= place.left(), control
                    assert place.right() <= edges.right(), control

    for model in ("sparse_ae", "denoising_ae"):
        stage.desk.add_lane(model)
        new = stage.desk.runs[-1]
        head = next(each for each in lineup.findChildren(LaneHeader) if each.run is new)
        stage.until(lambda head=head: head.visibleRegion().boundingRect().width() == head.width())
        assert_in_sight()
    assert bar.maximum() > 0
    for value in (0, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        assert_in_sight()
    stage.key("1")
    assert bar.value() == 0
    assert_in_sight()
    stage.key("5")
    assert bar.value() == bar.maximum()
