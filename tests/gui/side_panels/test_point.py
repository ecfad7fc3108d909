"""The point that all lanes share: mouse, sliders, keys, pins, path, walk, input, drawing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from core.foundation.pixels import as_floats
from core.probes.codes import LatentCodesLook
from core.probes.look import Looks
from core.probes.nearest import NearestLook
from core.probes.pictures import TilesLook
from core.probes.samples import SamplesLook
from core.theory.latent_space import prior
from gui.lineup.map_marks import pin_spots
from gui.lineup.rows.decoded_image import WORDS
from gui.plots.plot import ZOOM_A_NOTCH
from gui.side_panels.canvas import Canvas
from gui.side_panels.point import FEW_DIMS, PointPanel, by_rate
from gui.widgets.buttons import LinkButton
from gui.widgets.histogram_slider import HistogramSlider
from gui.widgets.segmented import Segmented
from gui.widgets.slider import Slider

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def z(stage: Stage) -> list[float]:  # noqa: F821
    return [round(float(value), 4) for value in stage.desk.point.z]


def test_a_drag_changes_every_image_within_its_event(trained: Stage) -> None:  # noqa: F821
    stage = trained
    canvas, seen = stage.panel("map", "vae"), [stage.pictures()]
    stage.press(canvas, stage.at("vae", -1.5, -1.0))
    seen.append(stage.pictures())
    assert stage.desk.pressed
    for x, y in ((-0.5, -0.5), (0.5, 0.8), (1.4, 1.2)):
        stage.move(canvas, stage.at("vae", x, y))  # no event loop turns from here ...
        seen.append(stage.pictures())  # ... to here
        assert z(stage) == pytest.approx([x, y], abs=0.01)
    stage.release(canvas, stage.at("vae", 1.4, 1.2))
    assert not stage.desk.pressed
    for before, after in itertools.pairwise(seen):
        assert [name for name in after if before[name] == after[name]] == []


def test_the_image_is_what_the_model_decodes(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.press(stage.panel("map", "gan"), stage.at("gan", 0.7, -0.4))
    stage.release(stage.panel("map", "gan"), stage.at("gan", 0.7, -0.4))
    for run in stage.desk.runs:
        decoded = run.show(stage.desk.point.z[None])
        assert decoded is not None
        assert np.array_equal(stage.panel("image", run.model_name)._pixels, decoded[0])


def test_a_drag_during_training(desk_window: Open) -> None:
    stage = desk_window()
    stage.key("Space")
    stage.until(stage.stepped(40))
    canvas = stage.panel("map", "ae")
    stage.press(canvas, stage.at("ae", 0, 0))
    before = stage.pictures()
    stage.move(canvas, stage.at("ae", 2.0, 1.0))
    after = stage.pictures()
    stage.release(canvas, stage.at("ae", 2.0, 1.0))
    assert all(before[name] != after[name] for name in before)


def test_a_still_point_keeps_learning(desk_window: Open) -> None:
    stage = desk_window(("vae",))
    stage.until(lambda: stage.panel("image", "vae")._pixels is not None)
    before = stage.pictures()
    stage.key("Space")
    stage.until(lambda: stage.pictures() != before)
    assert z(stage) == [0.0, 0.0]


def test_a_drag_out_of_the_map_stays_in_the_space(trained: Stage) -> None:  # noqa: F821
    canvas, far = trained.panel("map", "vae"), QPointF(-5e3, -5e3)
    trained.press(canvas, trained.at("vae", 0, 0))
    trained.move(canvas, far)
    trained.release(canvas, far)
    assert z(trained) == [-4.0, 4.0]


def test_sliders_move_one_coordinate_within_their_event(trained: Stage) -> None:  # noqa: F821
    stage = trained
    for index, name in enumerate(("z1", "z2")):
        slider = stage.find(HistogramSlider, name)
        before, start = stage.pictures(), z(stage)
        stage.press(slider, QPointF(slider.width() * 0.8, slider.height() - 8))
        after = stage.pictures()
        stage.release(slider, QPointF(slider.width() * 0.8, slider.height() - 8))
        assert all(before[each] != after[each] for each in before)
        assert z(stage)[index] == pytest.approx(2.4, abs=0.1)
        assert z(stage)[1 - index] == start[1 - index]
        assert slider.value() == pytest.approx(z(stage)[index])


def test_arrows_nudge(trained: Stage) -> None:  # noqa: F821
    stage = trained
    for keys, expected in (
        ("Right", [0.05, 0.0]),
        ("Up", [0.05, 0.05]),
        ("Shift+Left", [-0.2, 0.05]),
        ("Shift+Down", [-0.2, -0.2]),
        ("Alt+Right", [-0.19, -0.2]),
        ("Alt+Up", [-0.19, -0.19]),
        ("Left", [-0.24, -0.19]),
        ("Down", [-0.24, -0.24]),
    ):
        before = stage.pictures()
        stage.key(keys)
        assert z(stage) == pytest.approx(expected, abs=1e-4), keys
        assert stage.pictures() != before, keys


def test_pins_are_dragged_and_the_point_stays(trained: Stage) -> None:  # noqa: F821
    stage = trained
    canvas = stage.panel("map", "ae")
    for which in ("a", "b"):
        pin = getattr(stage.desk.experiment, f"pin_{which}")
        stage.press(canvas, stage.at("ae", float(pin[0]), float(pin[1])))
        stage.move(canvas, stage.at("ae", -2.0, -1.2))
        stage.release(canvas, stage.at("ae", -2.0, -1.2))
        assert getattr(stage.desk.experiment, f"pin_{which}").tolist() == pytest.approx([-2.0, -1.2], abs=0.01)
        assert z(stage) == [0.0, 0.0]
        setattr(stage.desk.experiment, f"pin_{which}", pin)


@pytest.mark.parametrize("offset", [(0.0, 0.0), (6.0, -4.0), (-9.0, 0.0), (0.0, 14.0)])
def test_the_ring_is_dragged_off_the_pins_below_it(trained: Stage, offset: tuple[float, float]) -> None:  # noqa: F821
    stage = trained
    canvas = stage.panel("map", "ae")
    for x, y in ((1.0, 0.5), (1.2, 0.6)):  # on the pins, then a few pixels beside them
        stage.desk.point.move(np.array([1.0, 0.5], np.float32))
        stage.key("A")
        stage.key("B")
        stage.desk.point.move(np.array([x, y], np.float32))
        stage.press(canvas, stage.at("ae", x, y) + QPointF(*offset) * (x == 1.0))
        stage.move(canvas, stage.at("ae", -1.5, -1.0))
        stage.release(canvas, stage.at("ae", -1.5, -1.0))
        assert z(stage) == pytest.approx([-1.5, -1.0], abs=0.01)
        for which in ("a", "b"):
            assert stage.desk.point.pin(which).tolist() == [1.0, 0.5]
    at = stage.at("ae", 1.0, 0.5)
    stage.press(canvas, pin_spots(at, at)[1])  # beside the place that they share
    stage.move(canvas, stage.at("ae", 2.0, 2.0))
    stage.release(canvas, stage.at("ae", 2.0, 2.0))
    assert stage.desk.point.pin("b").tolist() == pytest.approx([2.0, 2.0], abs=0.01)
    assert stage.desk.point.pin("a").tolist() == [1.0, 0.5]


def test_many_dimensions_scroll_with_the_column(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"), latent=10)
    panel, right = stage.window.findChild(PointPanel), stage.window.right

    def shown() -> int:
        return sum(each.isVisible() for each in panel.findChildren(HistogramSlider))

    stage.until(lambda: shown() == FEW_DIMS)
    assert right.findChildren(QScrollArea) == [right._scroll]
    width, bar = right.input.width(), right._scroll.verticalScrollBar()
    stage.find(LinkButton, "all dimensions").click()
    stage.until(lambda: shown() == 10 and bar.isEnabled())
    stage.find(LinkButton, "all dimensions").click()
    stage.until(lambda: shown() == FEW_DIMS)
    for section in (panel, right.path, right.input):
        section.set_open(False)
    stage.until(lambda: bar.maximum() == 0 and not bar.isEnabled())  # its handle is not painted
    assert right.input.width() == width


def test_silent_dimensions_do_not_change_places() -> None:
    assert by_rate(np.array([0.003, 0.5, 0.009, 2.0, 0.001, 0.4])) == [3, 1, 5, 0, 2, 4]


def test_path_by_slider_keys_and_frames(trained: Stage) -> None:  # noqa: F821
    stage = trained
    a, b = stage.desk.point.pin("a"), stage.desk.point.pin("b")
    slider = stage.find(Slider, "path t")
    before = stage.pictures()
    middle = QPointF(slider.width() / 2, slider.height() / 2)
    stage.press(slider, middle)
    assert all(before[name] != after for name, after in stage.pictures().items())
    stage.release(slider, middle)
    t = stage.desk.point.path_t
    assert t == pytest.approx(0.5, abs=0.02)
    assert stage.desk.point.z == pytest.approx(a + t * (b - a), abs=1e-3)
    stage.window.setFocus()
    stage.key("]")
    assert stage.desk.point.path_t == pytest.approx(t + 1 / 24)
    stage.key("[")
    stage.key("[")
    assert stage.desk.point.path_t == pytest.approx(t - 1 / 24)
    frames = stage.window.right.path._frames
    QTest.mouseClick(frames, LEFT, NONE, frames.tile_rect(6).center())
    assert stage.desk.point.z == pytest.approx(b, abs=1e-3)
    stage.until(lambda: frames.selected() == 6)


def test_pins_by_keys_and_the_strip_follows(trained: Stage) -> None:  # noqa: F821
    stage, frames = trained, trained.window.right.path._frames
    stage.until(lambda: np.array_equal(frames._images, stage.desk.selected.show(stage.desk.point.path(7))))
    stage.desk.point.move(np.array([2.0, 2.0], np.float32))
    before = frames._images.copy()
    stage.key("A")
    assert stage.desk.point.pin("a").tolist() == [2.0, 2.0]
    assert not np.array_equal(frames._images[0], before[0])
    assert np.array_equal(frames._images[6], before[6])
    stage.desk.point.move(np.array([-2.0, 0.0], np.float32))
    stage.key("B")
    assert stage.desk.point.pin("b").tolist() == [-2.0, 0.0]
    made = stage.desk.selected.show(stage.desk.point.path(7))
    assert np.array_equal(frames._images, made)


def test_motion_by_keys(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.key("L")
    assert stage.desk.point.looping
    stage.until(lambda: stage.desk.point.path_t > 0.02)
    stage.key("L")
    assert not stage.desk.point.looping
    stage.key("W")
    assert stage.desk.point.walking
    before, images = z(stage), stage.pictures()
    stage.desk.point.advance(0.1)
    assert z(stage) != before
    assert stage.pictures() != images
    stage.key("Esc")
    assert not stage.desk.point.walking
    assert not stage.window.clock._motion.isActive()


def test_a_hand_stops_motion(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.key("W")
    stage.key("Right")
    assert not stage.desk.point.walking
    stage.key("L")
    stage.press(stage.panel("map", "vae"), stage.at("vae", 1, 1))
    assert not stage.desk.point.looping
    stage.release(stage.panel("map", "vae"), stage.at("vae", 1, 1))
    assert z(stage) == pytest.approx([1, 1], abs=0.01)


def test_random_and_zero(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.key("N")
    first = z(stage)
    stage.key("N")
    assert first != [0.0, 0.0]
    assert z(stage) != first
    stage.key("0")
    assert z(stage) == [0.0, 0.0]


def test_map_styles_by_key(trained: Stage) -> None:  # noqa: F821
    stage = trained
    chooser = stage.find(Segmented, "map style", stage.window.lineup)
    for style in ("tiles", "codes", "both"):
        stage.key("T")
        assert stage.desk.map_style == style
        assert chooser.value() == style


def test_the_map_shows_tiles_and_codes(trained: Stage) -> None:  # noqa: F821
    stage = trained
    runs = [stage.run("ae"), stage.run("vae")]
    stage.until(lambda: all(stage.answer(run, LatentCodesLook, step=80) is not None for run in runs))
    stage.until(lambda: all(stage.answer(run, TilesLook, step=80) is not None for run in stage.desk.runs))
    looks = []
    for style in ("both", "tiles", "codes"):
        stage.desk.set_map_style(style)
        looks.append(stage.panel("map", "vae").grab().toImage())
    assert looks[0] != looks[1] != looks[2] != looks[0]
    stage.desk.isolate(frozenset({3}))
    assert stage.panel("map", "vae").grab().toImage() != looks[2]
    stage.desk.isolate(frozenset())
    assert stage.panel("map", "vae").grab().toImage() == looks[2]


def test_new_samples_come_from_the_same_z_in_every_lane(trained: Stage) -> None:  # noqa: F821
    stage = trained

    def fresh(seed: int) -> bool:
        found = [stage.answer(run, SamplesLook) for run in stage.desk.runs]
        return all(answer is not None and answer.look.seed == seed for answer in found)

    seed = stage.desk.experiment.sample_seed
    stage.until(lambda: fresh(seed))
    first = {run: run.view.looks.value(SamplesLook).images.copy() for run in stage.desk.runs}
    stage.key("G")
    stage.until(lambda: fresh(seed + 1))
    for run in stage.desk.runs:
        samples = run.view.looks.value(SamplesLook)
        count = len(samples.images)
        assert not np.array_equal(samples.images[: len(first[run])], first[run][:count])
        assert np.array_equal(samples.images, run.show(prior(count, 2, seed + 1)))
    mosaic = stage.panel("samples", "vae")._mosaic
    stage.until(lambda: mosaic.shown() > 3)
    QTest.mouseClick(mosaic, LEFT, NONE, mosaic.tile_rect(2).center())
    third = prior(3, 2, stage.desk.experiment.sample_seed)[2]
    assert stage.desk.point.z == pytest.approx(third, abs=1e-4)


def test_the_nearest_training_image_is_found(trained: Stage) -> None:  # noqa: F821
    stage = trained
    stage.key("N")
    panel, run = stage.panel("image", "vae"), stage.run("vae")
    here = NearestLook(stage.desk.point.z)
    stage.until(lambda: (found := stage.answer(run, NearestLook)) is not None and found.key == here.key)
    stage.until(lambda: panel._near is run.view.looks.value(NearestLook))
    image = run.decode(stage.desk.point.z[None])[0]
    train = as_floats(run.dataset.train.pixels)
    assert panel._near.index == int(np.square(train - image).sum((1, 2, 3)).argmin())
    stage.until(lambda: panel.verdict()[1] in {word for place, (_, word) in WORDS.items() if place != "unknown"})
    assert "×" in panel.verdict()[2]


# --- the input -------------------------------------------------------------------------------------------------------


def test_encode_puts_the_point_at_the_code(trained: Stage) -> None:  # noqa: F821
    stage = trained
    for place, model in ((1, "ae"), (2, "vae"), (3, "ae")):  # a GAN has no encoder: the first that has one
        stage.desk.point.zero()
        stage.key(str(place))
        stage.key("E")
        codes = stage.run(model).encode(stage.window.input.image()[None])
        assert stage.desk.point.z == pytest.approx(np.clip(codes.mu[0], -4, 4), abs=1e-4)


def test_encode_without_any_encoder_says_so(desk_window: Open) -> None:
    stage = desk_window(("gan",))
    stage.key("E")
    assert stage.window.status.events[-1].text == "No lane has an encoder."
    assert z(stage) == [0.0, 0.0]


def test_test_images_are_reconstructed_by_every_encoder(trained: Stage) -> None:  # noqa: F821
    stage = trained
    card, rows = stage.window.input, stage.window.input._rows
    stage.button("Move the ring to its code")  # the card is shown
    card._show_test(7)
    before = {run: row._reconstruction.image() for run, row in rows.items()}
    assert before[stage.run("gan")] is None
    assert rows[stage.run("gan")]._code.text() == "no encoder"
    card._show_test(12)
    for model in ("ae", "vae"):
        row = rows[stage.run(model)]
        assert not np.array_equal(row._reconstruction.image(), before[stage.run(model)])
        assert row._nats.text().endswith(" nats")
    labels = stage.desk.experiment.dataset.test.labels
    assert card._class.text() == str(labels[12])


def test_a_denoising_lane_shows_what_it_saw(desk_window: Open) -> None:
    stage = desk_window(("denoising_ae", "ae"))
    rows = stage.window.input._rows
    seen = rows[stage.run("denoising_ae")]._corrupted
    stage.until(lambda: seen.isVisible() and seen.image() is not None)
    assert not np.array_equal(seen.image(), stage.window.input._picture.image())
    assert not rows[stage.run("ae")]._corrupted.isVisible()


def test_the_eraser_erases(qtbot: QtBot, hush: None) -> None:  # noqa: F821
    sheet = Canvas()
    qtbot.addWidget(sheet)
    QTest.mousePress(sheet, LEFT, NONE, QPoint(100, 100))
    QTest.mouseRelease(sheet, LEFT, NONE, QPoint(100, 100))
    assert sheet.pixels()[100, 100] == 255
    QTest.mousePress(sheet, LEFT, Qt.KeyboardModifier.ShiftModifier, QPoint(100, 100))
    QTest.mouseRelease(sheet, LEFT, Qt.KeyboardModifier.ShiftModifier, QPoint(100, 100))
    assert sheet.pixels()[100, 100] == 0


def test_the_map_zooms_and_pans(trained: Stage) -> None:  # noqa: F821
    canvas, run = trained.panel("map", "vae"), trained.run("vae")
    view = canvas.plot.viewport()
    spot = QPointF(canvas.width() * 0.7, canvas.height() * 0.3)
    before, tall_before = canvas.to_plane(spot), canvas.plot.y_range[1] - canvas.plot.y_range[0]

    def turn() -> bool:
        event = QWheelEvent(
            spot, view.mapToGlobal(spot), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NONE,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        event.ignore()
        QApplication.sendEvent(view, event)
        return event.isAccepted()

    QApplication.sendEvent(canvas.plot, QEvent(QEvent.Type.Leave))
    assert not turn()  # the page has brought it under a pointer at rest, and scrolls on
    trained.mouse(canvas, QEvent.Type.MouseMove, spot)
    assert turn()
    assert canvas.to_plane(spot) == pytest.approx(before, abs=1e-3)
    assert trained.panel("map", "ae").plot.y_range == canvas.plot.y_range
    middle = Qt.MouseButton.MiddleButton
    for kind, at, held in (
        (QEvent.Type.MouseButtonPress, spot, middle),
        (QEvent.Type.MouseMove, spot + QPointF(30, 0), middle),
        (QEvent.Type.MouseButtonRelease, spot + QPointF(30, 0), Qt.MouseButton.NoButton),
    ):
        QApplication.sendEvent(view, QMouseEvent(kind, at, view.mapToGlobal(at), middle, held, NONE))
    assert canvas.to_plane(spot + QPointF(30, 0)) == pytest.approx(before, abs=1e-3)
    assert z(trained) == [0.0, 0.0]

    def tall() -> float:
        tiles = run.view.looks.value(TilesLook)
        return 0.0 if tiles is None else tiles.span[3] - tiles.span[2]

    trained.until(lambda: tall() == pytest.approx(tall_before / ZOOM_A_NOTCH**2, rel=1e-3))
    twice = QMouseEvent(QEvent.Type.MouseButtonDblClick, spot, view.mapToGlobal(spot), middle, middle, NONE)
    QApplication.sendEvent(view, twice)  # QTest would hold the button down for all later tests
    assert canvas.to_plane(spot) == pytest.approx(before, abs=1e-3)


def test_codes_of_weights_that_are_gone_are_not_shown(trained: Stage) -> None:  # noqa: F821
    stage, run = trained, trained.run("vae")
    panel = next(each for each in stage.window.findChildren(PointPanel) if each.isVisible())
    stage.until(lambda: stage.answer(run, LatentCodesLook, step=80) is not None)
    panel.refresh(run.view)
    sliders = [dimension.slider for dimension in panel._dimensions]
    assert all(slider._bins.sum() > 0 for slider in sliders)
    run.board.change(lambda view: replace(view, looks=Looks()))  # as after a restart or with other data
    panel.refresh(run.view)
    assert all(slider._bins.sum() == 0 for slider in sliders)
    assert all(dimension._rate.text() == "" for dimension in panel._dimensions)
