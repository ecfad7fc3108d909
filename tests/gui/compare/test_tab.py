"""The Compare tab: samples, reconstructions and interpolations, and how its parts are laid out."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.datasets.base import SOURCES, Dataset, load
from core.evaluation import samplers
from core.metrics.base import Measured
from core.probes.pictures import InterpolationLook, ReconstructionsLook
from core.probes.samples import SamplesLook
from gui.compare.columns import columns
from gui.compare.reconstructions import height_for, tile_side
from gui.drawing import theme
from gui.lineup.lane_widths import LANE_MINIMUM
from gui.lineup.sampler_chooser import SamplerChooser
from gui.widgets.buttons import IconButton
from gui.widgets.mosaic import Mosaic
from tests.gui.hands import has_color

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def cells(stage: Any, kind: str) -> list[Any]:
    return next(block.cells for block in stage.tab._blocks if block.panel.title == kind)


# --- samplers --------------------------------------------------------------------------------------------------------


def samples(run: Any) -> Any:
    """The samples that a lane shows."""
    return run.view.looks.value(SamplesLook)


def interpolation(run: Any) -> Any:
    """The latest interpolation of a lane."""
    return run.view.looks.of(InterpolationLook)


def test_the_switch_changes_the_autoencoder_and_not_the_gan(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.desk.experiment.step(40)
    stage.until(stage.stepped(40))
    stage.rest()
    ae, gan = stage.run("ae"), stage.run("gan")
    stage.until(lambda: all(stage.answer(run, SamplesLook, step=40) is not None for run in (ae, gan)))
    before = {run: samples(run) for run in (ae, gan)}
    stage.until(lambda: len(before[gan].images) == len(samples(gan).images))
    box = stage.find(SamplerChooser, "sampler", stage.tab)
    box.setFocus(Qt.FocusReason.TabFocusReason)
    for name in samplers.NAMES[1:]:
        stage.key("Down")
        assert box.value() == stage.desk.sampler == name
        stage.until(lambda name=name: stage.answer(ae, SamplesLook).look.sampler == name)
        assert not np.array_equal(samples(ae).images, before[ae].images)
        cell = cells(stage, "Samples")[0]
        stage.until(lambda name=name, cell=cell: cell._mosaic._images is samples(ae).images)
    assert np.array_equal(samples(gan).images, before[gan].images)
    assert stage.answer(gan, SamplesLook).look.sampler == "prior"
    title = stage.tab._blocks[0].title
    stage.until(lambda: "own codes" in title.note())
    assert "GAN without codes: from the prior" in title.note()
    other = stage.find(SamplerChooser, "sampler", stage.window.lineup)
    assert other.value() == "codes"
    assert all(box.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(box.count()))


def test_a_click_on_a_fitted_sample_moves_the_point_to_its_z(opened: Callable[..., Any]) -> None:
    stage = opened("ae")
    run = stage.run("ae")
    stage.desk.set_sampler("gmm")
    stage.until(lambda: (found := stage.answer(run, SamplesLook)) is not None and found.look.sampler == "gmm")
    panel = cells(stage, "Samples")[0]
    stage.until(lambda: panel._mosaic._images is samples(run).images)
    QTest.mouseClick(panel._mosaic, LEFT, NONE, panel._mosaic.tile_rect(2).center())
    assert stage.desk.point.z == pytest.approx(np.clip(samples(run).z[2], -4, 4), abs=1e-3)


def sampler_of(run: Any) -> str | None:
    known = run.view.measures.values.get("proxy_fd")
    return None if known is None else known.sampler


@pytest.mark.usefixtures("engine_here")
def test_measures_of_samples_follow_the_switch(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae", "gan")
    stage.measured("proxy_fd")
    ae, gan = stage.desk.runs
    stage.desk.experiment.step(5)
    stage.until(stage.stepped(5))
    stage.until(lambda: ae.view.measures.trail.last("step") == 5 and not ae.view.measures.waiting)
    assert np.isfinite(ae.view.measures.trail.last("proxy_fd"))
    table = stage.tab.table
    table.read()
    stage.desk.set_sampler("gaussian")
    table.read()
    ours, gans = table._lanes
    assert ours.is_old(Measured(1.0, sampler="prior", step=5))
    assert not gans.is_old(Measured(1.0, sampler="prior", step=5))
    stage.until(lambda: sampler_of(ae) == "gaussian")
    stage.until(lambda: sampler_of(gan) == "prior")
    assert {name for _, name in measures["proxy_fd"].asked} == {"prior", "gaussian"}
    stage.until(lambda: not ae.view.measures.waiting)
    trail = ae.view.measures.trail
    *before, now = np.isfinite(trail.column("proxy_fd")).tolist()
    assert now
    assert not any(before)  # the prior's is another curve
    assert np.isfinite(trail.last("distortion"))


# --- the same images --------------------------------------------------------------------------------------------------


def test_the_same_images_come_back_in_every_lane(opened: Callable[..., Any]) -> None:
    stage = opened()
    reconstructions = cells(stage, "Reconstructions")
    with_codes = [stage.run("ae"), stage.run("vae")]
    stage.until(lambda: all(stage.answer(run, ReconstructionsLook) is not None for run in with_codes))
    first, second = (run.view.looks.value(ReconstructionsLook) for run in with_codes)
    assert np.array_equal(first.originals, second.originals)
    stage.until(lambda: all(each._mosaic.shown() == 20 for each in reconstructions[:2]))
    assert np.array_equal(reconstructions[0]._mosaic._images[:10], first.originals)
    assert np.array_equal(reconstructions[0]._mosaic._images[10:], first.images)
    assert reconstructions[2].why_not() == "A GAN has no encoder."
    assert reconstructions[2]._mosaic.isHidden()
    assert has_color(reconstructions[2].grab().toImage(), theme.current().plot) > 100
    QTest.mouseClick(reconstructions[1]._mosaic, LEFT, NONE, reconstructions[1]._mosaic.tile_rect(13).center())
    assert stage.desk.point.z == pytest.approx(np.clip(second.z[3], -4, 4), abs=1e-3)


def test_every_lane_interpolates_between_the_same_pair(opened: Callable[..., Any]) -> None:
    stage = opened("vae", "gan")
    vae, gan = stage.desk.runs
    stage.until(lambda: None not in (interpolation(vae), interpolation(gan)))
    before = interpolation(vae), interpolation(gan)
    note = stage.tab._blocks[2].title.note()
    assert note == "test image 0 → 5; GAN: pin A → B"
    QTest.mouseClick(stage.find(IconButton, "new pair", stage.tab), LEFT)
    assert stage.tab._blocks[2].title.note() == "test image 1 → 6; GAN: pin A → B"
    stage.until(lambda: interpolation(vae) is not before[0] and interpolation(vae).look.pair == (1, 6))
    assert interpolation(gan) is before[1]
    stage.desk.point.move_pin("a", np.array([0.5, 0.5], np.float32))
    stage.until(lambda: interpolation(gan) is not before[1])
    assert interpolation(gan).value.z[0] == pytest.approx([0.5, 0.5])
    assert np.array_equal(cells(stage, "Interpolation")[0]._mosaic._images, interpolation(vae).value.images)


def test_points_are_drawn_as_points(opened: Callable[..., Any]) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=1000))
    stage = opened("ae", "gan", dataset=ring)
    ae, gan = stage.desk.runs
    stage.until(lambda: None not in (stage.answer(ae, ReconstructionsLook), interpolation(ae), interpolation(gan)))
    lanes = theme.current().lanes
    for kind in ("Reconstructions", "Interpolation"):
        panel = cells(stage, kind)[0]
        stage.until(lambda panel=panel: has_color(panel.grab().toImage(), lanes[0]) > 3)
        assert panel._mosaic.isHidden()
    assert "a line from each" in stage.tab._blocks[1].title.note()


# --- laying out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", range(1, 6))
@pytest.mark.parametrize("room", [700, 834, 1176, 1600, 2300])
def test_columns_do_not_overlap_and_fill_the_room(room: int, lanes: int) -> None:
    found = columns(room, lanes, round)
    assert len(found.lanes) == lanes
    edges = [*([found.left] if found.left else []), *found.lanes, *([found.right] if found.right else [])]
    for a, b in itertools.pairwise(edges):
        assert b.x - a.end == 8
    assert min(span.width for span in found.lanes) >= LANE_MINIMUM
    assert max(span.width for span in found.lanes) - min(span.width for span in found.lanes) <= 1
    assert edges[0].x == 8
    assert edges[-1].end == found.width - 8
    assert found.width >= room
    assert found.width == room or lanes * (LANE_MINIMUM + 8) + 8 > room


def test_tiles_are_sharp_where_there_is_room() -> None:
    assert tile_side(340, 10, 28) == 28
    assert tile_side(240, 10, 28) == 21
    assert tile_side(2000, 10, 28) == 56
    assert height_for(340, 2, 28) == 2 * 28 + 2 + 8


@pytest.mark.parametrize(("size", "models"), [((1100, 700), 5), ((1100, 700), 1), ((1440, 900), 4)])
def test_heads_cells_and_numbers_are_aligned(opened: Callable[..., Any], size: tuple[int, int], models: int) -> None:
    stage = opened(*("ae", "vae", "gan", "wgan_gp", "sparse_ae")[:models], size=size)
    tab = stage.tab
    assert not stage.window.right.isVisible()
    assert tab.table.height() == tab.table.tall()
    assert tab.table.geometry().bottom() < tab.page.height()
    for block in tab._blocks:
        assert len(block.cells) == models
        for cell, span in zip(block.cells, tab._columns.lanes, strict=True):
            assert (cell.x(), cell.width()) == (span.x, span.width)
            assert cell.isVisible()
    bar = tab._scroll.horizontalScrollBar()
    assert (bar.maximum() > 0) is (models == 5)
    bar.setValue(bar.maximum())
    assert tab.heads.x() == -bar.value()
    assert tab._head_clip.width() == tab._scroll.viewport().width()  # both are cut at one place
    seen = tab.table.title_rect(0).left() - bar.value()
    assert 0 <= seen < 20  # the names of the rows stay on the screen
    QTest.mouseClick(tab.heads, LEFT, NONE, QPoint(tab._columns.lanes[-1].x + 20, 10))
    assert stage.desk.selected is stage.desk.runs[-1]


def test_every_control_is_reached_by_tab(opened: Callable[..., Any]) -> None:
    stage = opened("ae", "gan")
    seen = []
    for _ in range(120):
        stage.key("Tab")
        focused = QApplication.focusWidget()
        if focused in seen:
            break
        seen.append(focused)
    names = {name for each in seen for name in (each.objectName(), each.parentWidget().objectName())}
    assert {"sampler", "compare over", "measure all", "copy table", "export compare", "new pair", "measures"} <= names
    assert any(isinstance(each, Mosaic) for each in seen)


def test_other_data_and_no_lane_left_behind(opened: Callable[..., Any], digits: Dataset) -> None:
    stage = opened("ae", "vae")
    stage.desk.set_dataset(load("mixture", SOURCES.get("mixture").Config(train_images=1000)))
    stage.until(stage.all_are("ready"))
    stage.until(lambda: stage.answer(stage.run("ae"), ReconstructionsLook) is not None)
    stage.tab.grab()
    stage.desk.set_dataset(digits)
    stage.desk.set_setup("latent", 5)
    stage.desk.close_lane(stage.run("ae"))
    stage.until(stage.all_are("ready"))
    vae = stage.run("vae")
    stage.until(lambda: (found := interpolation(vae)) is not None and found.value.z.shape[1] == 5)
    stage.tab.grab()
    assert not stage.has_dialog()
