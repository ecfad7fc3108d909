"""The Compare tab: the same questions to every lane, the table of measures, and what can be taken away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu

from core import samplers
from core.datasets.base import SOURCES, Dataset, load
from core.metrics.base import METRICS, Measured
from gui import theme
from gui.compare_columns import LANE, columns
from gui.compare_tab import CompareTab
from gui.dialogs import ErrorDialog
from gui.panels.compare import CompareTable
from gui.panels.remade import height_for, tile_side
from gui.sampler_chooser import SamplerChooser
from gui.widgets.buttons import Button, IconButton
from gui.widgets.mosaic import Mosaic
from gui.widgets.segmented import Segmented
from tests.fakes import fakes

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

NEAR = {
    "ae": Measured(514.0, 500.0, 528.0, n=2500, against=2500, floor=3.2),
    "vae": Measured(240.0, 225.0, 255.0, n=2500, against=2500, floor=3.2),
    "gan": Measured(232.0, 220.0, 244.0, n=2500, against=2500, floor=3.2),
}
SHARE = {"ae": Measured(29.6, n=100), "vae": Measured(32.1, n=100), "gan": Measured(15.4, n=100)}


@pytest.fixture
def measures() -> Iterator[dict[str, Any]]:
    """Proxy-FD and coverage of samples, a dear one, and one that only the AE has."""
    lower = {"title": "Proxy-FD", "better": -1, "of_samples": True, "order": 100}
    higher = {"title": "Coverage", "unit": "%", "better": 1, "of_samples": True, "order": 101}
    with fakes(
        ("proxy_fd", NEAR, lower),
        ("coverage", SHARE, higher),
        ("slow", {"ae": Measured(1.0), "vae": Measured(2.0)}, {"dear": True, "order": 102}),
        ("only_ae", {"ae": Measured(-7.5)}, {"unit": "dB", "order": 103}),
    ) as made:
        yield made


@pytest.fixture
def opened(desk_window: Open, measures: dict[str, Any]) -> Callable[..., Any]:
    """A window that shows the tab: a stage with ``tab``."""

    def make(*models: str, **more: Any) -> Any:
        stage = desk_window(models or ("ae", "vae", "gan"), **more)
        stage.key("Ctrl+3")
        stage.tab = stage.window.pages.currentWidget()
        assert isinstance(stage.tab, CompareTab)
        QApplication.processEvents()
        return stage

    return make


def measured(stage: Any, *names: str, step: int = 0) -> None:
    """Wait until every lane that has them was measured, and the table shows it."""

    def done() -> bool:
        for run in stage.desk.runs:
            wanted = [n for n in names if not METRICS.get(n).why_not(run.model, run.dataset)]
            found = run.view.measures.values if run.view.measures is not None else {}
            if any(name not in found or found[name].step < step for name in wanted):
                return False
        return True

    stage.until(done)
    stage.tab.table.read()


def row_of(stage: Any, name: str) -> int:
    return next(i for i, row in enumerate(stage.tab.table._rows) if row.metric.name == name)


def cells(stage: Any, kind: str) -> list[Any]:
    return next(block.cells for block in stage.tab._blocks if block.panel.title == kind)


def has_color(image: QImage, color: str, area: Any = None) -> int:
    """Pixels of just that colour."""
    image = image.copy(area) if area is not None else image
    wide = image.convertToFormat(QImage.Format.Format_RGB32)
    raw = np.frombuffer(wide.constBits(), np.uint8).reshape(wide.height(), wide.width(), 4)[..., 2::-1]
    return int((raw == np.array(QColor(color).getRgb()[:3])).all(-1).sum())


# --- samplers --------------------------------------------------------------------------------------------------------


def test_the_switch_changes_the_autoencoder_and_not_the_gan(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.desk.experiment.step(40)
    stage.until(stage.stepped(40))
    stage.rest()
    ae, gan = stage.run("ae"), stage.run("gan")
    stage.until(lambda: all(run.view.samples is not None and run.view.samples.step == 40 for run in (ae, gan)))
    before = {run: run.view.samples for run in (ae, gan)}
    stage.until(lambda: len(before[gan].images) == len(gan.view.samples.images))
    box = stage.find(SamplerChooser, "sampler", stage.tab)
    box.setFocus(Qt.FocusReason.TabFocusReason)
    for name in samplers.NAMES[1:]:
        stage.key("Down")
        assert box.value() == stage.desk.sampler == name
        stage.until(lambda name=name: ae.view.samples.sampler == name)
        assert not np.array_equal(ae.view.samples.images, before[ae].images)
        found = cells(stage, "Samples")[0]
        stage.until(lambda name=name, found=found: found._mosaic._images is ae.view.samples.images)
    assert np.array_equal(gan.view.samples.images, before[gan].images)
    assert gan.view.samples.sampler == "prior"
    title = stage.tab._blocks[0].title
    assert "own codes" in title.note()
    assert "GAN without codes: from the prior" in title.note()
    other = stage.find(SamplerChooser, "sampler", stage.window.lineup)
    assert other.value() == "codes"
    assert all(box.itemData(i, Qt.ItemDataRole.ToolTipRole) for i in range(box.count()))


def test_a_click_on_a_fitted_sample_moves_the_point_to_its_z(opened: Callable[..., Any]) -> None:
    stage = opened("ae")
    run = stage.run("ae")
    stage.desk.set_sampler("gmm")
    stage.until(lambda: run.view.samples is not None and run.view.samples.sampler == "gmm")
    panel = cells(stage, "Samples")[0]
    stage.until(lambda: panel._mosaic._images is run.view.samples.images)
    QTest.mouseClick(panel._mosaic, LEFT, NONE, panel._mosaic.tile_rect(2).center())
    assert stage.desk.cursor == pytest.approx(np.clip(run.view.samples.z[2], -4, 4), abs=1e-3)


def test_measures_of_samples_follow_the_switch(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae", "gan")
    measured(stage, "proxy_fd")
    ae, gan = stage.desk.runs
    table = stage.tab.table
    table.read()
    stage.desk.set_sampler("gaussian")
    assert table._is_old(0, NEAR["ae"].__class__(1.0, sampler="prior", step=0))
    assert not table._is_old(1, NEAR["ae"].__class__(1.0, sampler="prior", step=0))
    stage.until(lambda: ae.view.measures.values["proxy_fd"].sampler == "gaussian")
    assert gan.view.measures.values["proxy_fd"].sampler == "prior"
    assert {name for _, name in measures["proxy_fd"].asked} == {"prior", "gaussian"}
    stage.until(lambda: len(ae.view.measures.trail) > 0)
    trail = ae.view.measures.trail
    assert np.isfinite(trail.column("proxy_fd")).sum() == 1  # the prior's is another curve


# --- the same questions ----------------------------------------------------------------------------------------------


def test_the_same_images_come_back_in_every_lane(opened: Callable[..., Any]) -> None:
    stage = opened()
    again = cells(stage, "Reconstructions")
    with_codes = [stage.run("ae"), stage.run("vae")]
    stage.until(lambda: all(run.view.reconstructions is not None for run in with_codes))
    first, second = (run.view.reconstructions for run in with_codes)
    assert np.array_equal(first.originals, second.originals)
    stage.until(lambda: again[0]._mosaic.shown() == 20)
    assert np.array_equal(again[0]._mosaic._images[:10], first.originals)
    assert np.array_equal(again[0]._mosaic._images[10:], first.images)
    assert again[2].why_not() == "A GAN has no encoder."
    assert again[2]._mosaic.isHidden()
    assert has_color(again[2].grab().toImage(), theme.current().plot) > 100
    QTest.mouseClick(again[1]._mosaic, LEFT, NONE, again[1]._mosaic.tile_rect(13).center())
    assert stage.desk.cursor == pytest.approx(np.clip(second.z[3], -4, 4), abs=1e-3)


def test_the_way_goes_between_the_same_pair(opened: Callable[..., Any]) -> None:
    stage = opened("vae", "gan")
    vae, gan = stage.desk.runs
    stage.until(lambda: None not in (vae.view.between, gan.view.between))
    before = vae.view.between, gan.view.between
    note = stage.tab._blocks[2].title.note()
    assert note == "test image 0 → 5; GAN: pin A → B"
    QTest.mouseClick(stage.find(IconButton, "new pair", stage.tab), LEFT)
    assert stage.tab._blocks[2].title.note() == "test image 1 → 6; GAN: pin A → B"
    stage.until(lambda: vae.view.between is not before[0] and vae.view.between.key[1] == (1, 6))
    assert gan.view.between is before[1]
    stage.desk.move_pin("a", np.array([0.5, 0.5], np.float32))
    stage.until(lambda: gan.view.between is not before[1])
    assert gan.view.between.z[0] == pytest.approx([0.5, 0.5])
    assert np.array_equal(cells(stage, "Interpolation")[0]._mosaic._images, vae.view.between.images)


def test_points_are_drawn_as_points(opened: Callable[..., Any]) -> None:
    ring = load("mixture", SOURCES.get("mixture").Config(train_images=1000))
    stage = opened("ae", "gan", dataset=ring)
    ae, gan = stage.desk.runs
    stage.until(lambda: None not in (ae.view.reconstructions, ae.view.between, gan.view.between))
    lanes = theme.current().lanes
    for kind in ("Reconstructions", "Interpolation"):
        panel = cells(stage, kind)[0]
        stage.until(lambda panel=panel: has_color(panel.grab().toImage(), lanes[0]) > 3)
        assert panel._mosaic.isHidden()
    assert "point" in stage.tab._blocks[1].title.note()


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_best_is_bold_and_marked(opened: Callable[..., Any]) -> None:
    stage = opened()
    measured(stage, "proxy_fd", "coverage", "slow", "only_ae")
    table, colors = stage.tab.table, theme.current()
    row = row_of(stage, "proxy_fd")
    assert [cell.mark for cell in table._rows[row].cells] == ["worse", "level", "best"]
    picture = table.grab().toImage()
    marks = [has_color(picture, colors.ok, table.cell_rect(row, lane).toRect()) for lane in range(3)]
    assert marks[2] > 0 == marks[0] == marks[1]
    bars = [has_color(picture, colors.lanes[lane], table.cell_rect(row, lane).toRect()) for lane in range(3)]
    assert bars[0] > bars[1] > bars[2] > 0  # as long as the value
    words = table.cell_words(row, 2).splitlines()
    assert words[0] == "GAN: 232.0 (95 %: 220.0 to 244.0)"
    assert re.fullmatch(
        r"2,500 samples against 2,500 real ones, \d+\.\d s of one core, at step 0, z from Prior\.", words[1]
    )
    assert words[2:] == ["Floor: a perfect model reads 3.2 at these sizes.", "The best."]
    assert "Cannot be told from the best" in table.cell_words(row, 1)


def test_what_does_not_exist_has_its_reason(opened: Callable[..., Any]) -> None:
    stage = opened("vae", "gan")
    names = [row.metric.name for row in stage.tab.table._rows]
    assert "only_ae" not in names  # no lane has it
    assert "slow" in names
    measured(stage, "slow")
    table = stage.tab.table
    row = row_of(stage, "slow")
    assert table.cell_words(row, 1) == "GAN: GAN has no slow."
    spot = table.cell_rect(row, 1).center()
    assert table.words_at(spot) == "GAN: GAN has no slow."
    assert "What slow says." in table.words_at(table.title_rect(row).center())
    stage.desk.add_lane("ae")
    QApplication.processEvents()
    assert "only_ae" in [row.metric.name for row in stage.tab.table._rows]
    assert table.height() == table.tall()


def test_dear_measures_wait_for_a_pause_or_a_word(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae", "vae")
    measured(stage, "slow")
    stage.key("Space")
    stage.until(stage.stepped(20))
    asked = len(measures["slow"].asked)
    measured(stage, "proxy_fd", step=stage.run("vae").view.status.step)
    assert len(measures["slow"].asked) == asked
    assert "1 dear measure waits for a pause" in stage.tab.table.state()
    QTest.mouseClick(stage.find(Button, "measure all", stage.tab), LEFT)
    stage.until(lambda: len(measures["slow"].asked) >= asked + 2)
    assert stage.all_are("training")()
    stage.until(lambda: not stage.tab.table._all)  # once, and not for ever
    after = len(measures["slow"].asked)
    measured(stage, "proxy_fd", step=max(run.view.status.step for run in stage.desk.runs))
    assert len(measures["slow"].asked) <= after + 2
    stage.rest()
    step = stage.run("vae").view.status.step
    measured(stage, "slow", step=step)


def test_nothing_is_measured_in_another_tab(opened: Callable[..., Any], measures: dict[str, Any]) -> None:
    stage = opened("ae")
    measured(stage, "only_ae")
    stage.key("Ctrl+2")
    asked = len(measures["only_ae"].asked)
    stage.desk.step()
    stage.until(stage.stepped(1))
    run = stage.run("ae")
    stage.until(lambda: run.view.samples is None or run.view.film is not None)  # the other tab looks
    assert len(measures["only_ae"].asked) == asked
    stage.key("Ctrl+3")
    stage.until(lambda: len(measures["only_ae"].asked) > asked)


def test_old_values_turn_grey(opened: Callable[..., Any]) -> None:
    stage = opened("ae")
    table = stage.tab.table
    table.read()
    table._lanes = (table._lanes[0].__class__(**{**vars(table._lanes[0]), "step": 1000}),)
    assert table._is_old(0, Measured(1.0, step=499))
    assert not table._is_old(0, Measured(1.0, step=500))


def test_a_chart_reads_what_lies_under_the_mouse(opened: Callable[..., Any]) -> None:
    stage = opened("ae", "vae")
    measured(stage, "proxy_fd")
    stage.desk.experiment.step(50)
    stage.until(stage.stepped(50))
    stage.rest()
    measured(stage, "proxy_fd", step=50)
    stage.until(lambda: all(len(run.view.measures.trail) >= 2 for run in stage.desk.runs))
    table = stage.tab.table
    table.read()
    row = row_of(stage, "proxy_fd")
    area = table.curve_rect(row)
    left, right = (table.words_at(QPointF(x, area.center().y())) for x in (area.left() + 2, area.right() - 2))
    assert "AE: 514.0 at step 0" in left
    assert "AE: 514.0 at step 50" in right
    axis = stage.find(Segmented, "compare over", stage.tab)
    axis.setFocus(Qt.FocusReason.TabFocusReason)
    stage.key("Right")
    assert stage.desk.x_axis == "seconds"
    assert re.search(r"AE: 514\.0 at \d+\.\d s", table.words_at(QPointF(area.right() - 2, area.center().y())))
    picture = table.grab().toImage()
    assert has_color(picture, theme.current().lanes[0], area.toRect()) > 3


def test_rows_are_reached_by_keyboard(opened: Callable[..., Any]) -> None:
    stage = opened(size=(1100, 700))
    table = stage.tab.table
    heard: list[Any] = []
    stage.desk.helped.connect(heard.append)
    table.setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(len(table._rows)):
        stage.key("Down")
    last = table._rows[-1].metric
    assert heard[-1].title == last.title
    area = table.row_rect(len(table._rows) - 1).toRect().translated(table.pos())
    bar = stage.tab._scroll.verticalScrollBar()
    assert bar.value() > 0
    assert area.center().y() - bar.value() < stage.tab._scroll.viewport().height()
    assert table.accessibleDescription()
    stage.key("Home")
    assert heard[-1].title == table._rows[0].metric.title


# --- rate and distortion ---------------------------------------------------------------------------------------------


def test_the_plane_shows_where_lanes_stand(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.rest()
    ae, vae, gan = stage.desk.runs
    stage.until(lambda: all(len(run.view.tests) and run.view.tests.last("step") == 30 for run in (ae, vae)))
    plane = stage.tab.plane
    plane.read()
    assert plane.spot_of(gan) is None
    spot = plane.spot_of(vae)
    picture = plane.grab().toImage()
    around = plane.rect().__class__(int(spot.x()) - 6, int(spot.y()) - 6, 12, 12)
    assert has_color(picture, theme.current().lanes[vae.slot], around) > 20
    assert has_color(picture, theme.current().lanes[ae.slot]) > 20  # dashes and a mark
    QTest.mouseMove(plane, spot.toPoint())
    stage.until(lambda: plane._spot is not None)
    track, row = plane._nearest(plane._spot)
    assert track.run is vae
    tests = vae.view.tests
    assert f"D {tests.last('distortion'):.1f}" in plane._words(track, row)
    assert plane.grab().toImage() != picture


def test_a_gan_alone_has_no_place_in_the_plane(opened: Callable[..., Any]) -> None:
    stage = opened("gan")
    assert stage.tab.plane._tracks == []
    stage.tab.plane.grab()


# --- taking away -----------------------------------------------------------------------------------------------------


def test_the_table_is_copied(opened: Callable[..., Any]) -> None:
    stage = opened()
    measured(stage, "proxy_fd", "coverage", "only_ae")
    clipboard = QGuiApplication.clipboard()
    QTest.mouseClick(stage.find(Button, "copy table", stage.tab), LEFT)
    menu = stage.find(QMenu, "copy menu")
    stage.until(menu.isVisible)
    actions = {action.text(): action for action in menu.actions()}
    actions["Copy as Markdown"].trigger()
    text = clipboard.text()
    assert "| Measure | AE | VAE | GAN |" in text
    assert "| Coverage, % | 29.6 | **32.1** | 15.4 |" in text
    assert "| Only ae, dB | −7.5 | — | — |" in text
    actions["Copy as CSV"].trigger()
    menu.close()
    found = list(csv.DictReader(io.StringIO(clipboard.text())))
    shares = {each["lane"]: float(each["value"]) for each in found if each["measure"] == "coverage"}
    assert shares == {"AE": 29.6, "VAE": 32.1, "GAN": 15.4}
    assert stage.window.status.events[-1].text == "The table is copied as CSV."


def test_the_whole_page_is_exported(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = opened(size=(1100, 700))
    measured(stage, "proxy_fd", "coverage", "slow")
    path = tmp_path / "compare.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    QTest.mouseClick(stage.find(Button, "export compare", stage.tab), LEFT)
    picture = QImage(str(path))
    assert picture.width() == stage.tab.page.width()
    assert picture.height() > stage.tab.page.height() > stage.tab._scroll.viewport().height()
    for lane in range(3):
        assert has_color(picture, theme.current().lanes[lane]) > 50
    foot = picture.rect().adjusted(0, picture.height() - 200, 0, 0)
    assert has_color(picture, theme.current().plot, foot) > 1000  # the plane, which is scrolled away


def test_a_place_that_cannot_be_written_is_said(
    opened: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = opened("ae")
    path = tmp_path / "missing" / "compare.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    stage.tab.export()
    dialog = stage.dialog()
    assert isinstance(dialog, ErrorDialog)
    dialog.close()
    assert "cannot be written" in stage.window.status.events[-1].text
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("", ""))
    stage.tab.export()
    assert not stage.has_dialog()


# --- laying out ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lanes", range(1, 6))
@pytest.mark.parametrize("room", [700, 834, 1176, 1600, 2300])
def test_columns_do_not_overlap_and_fill_the_room(room: int, lanes: int) -> None:
    found = columns(room, lanes, round)
    assert len(found.lanes) == lanes
    edges = [*([found.left] if found.left else []), *found.lanes, *([found.right] if found.right else [])]
    for a, b in zip(edges, edges[1:], strict=False):
        assert b.x - a.end == 8
    assert min(span.width for span in found.lanes) >= LANE
    assert max(span.width for span in found.lanes) - min(span.width for span in found.lanes) <= 1
    assert edges[0].x == 8
    assert edges[-1].end == found.width - 8
    assert found.width >= room
    assert found.width == room or lanes * (LANE + 8) + 8 > room


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
    for block in tab._blocks:
        assert len(block.cells) == models
        for cell, span in zip(block.cells, tab._columns.lanes, strict=True):
            assert (cell.x(), cell.width()) == (span.x, span.width)
            assert cell.isVisible()
    bar = tab._scroll.horizontalScrollBar()
    assert (bar.maximum() > 0) is (models == 5)
    bar.setValue(bar.maximum())
    assert tab.heads.x() == -bar.value()
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
    names = {each.objectName() for each in seen}
    assert {"sampler", "compare over", "measure all", "copy table", "export compare", "new pair", "measures"} <= names
    assert any(isinstance(each, Mosaic) for each in seen)


def test_the_small_table_reads_measures_where_they_exist(opened: Callable[..., Any]) -> None:
    stage = opened()
    stage.key("Ctrl+1")
    table = stage.window.lineup.compare
    assert isinstance(table, CompareTable)
    titles = [column.title for column in table.columns]
    assert titles == ["Distortion", "Rate", "−ELBO", "Proxy-FD", "Coverage", "Hole share", "Speed"]
    stage.until(lambda: all(run.view.measures is not None for run in stage.desk.runs))
    proxy = table.columns[titles.index("Proxy-FD")]
    stage.until(lambda: [table._value(proxy, run) for run in stage.desk.runs] == [514.0, 240.0, 232.0])


def test_without_those_measures_the_small_table_has_no_such_columns(desk_window: Open) -> None:
    present = METRICS.names()
    stage = desk_window(("ae",))
    titles = [column.title for column in stage.window.lineup.compare.columns]
    assert ("Proxy-FD" in titles) is ("proxy_fd" in present)


def test_other_data_and_no_lane_left_behind(opened: Callable[..., Any], digits: Dataset) -> None:
    stage = opened("ae", "vae")
    stage.desk.set_dataset(load("mixture", SOURCES.get("mixture").Config(train_images=1000)))
    stage.until(stage.all_are("ready"))
    stage.until(lambda: stage.run("ae").view.reconstructions is not None)
    stage.tab.grab()
    stage.desk.set_dataset(digits)
    stage.desk.set_setup("latent", 5)
    stage.desk.close_lane(stage.run("ae"))
    stage.until(stage.all_are("ready"))
    vae = stage.run("vae")
    stage.until(lambda: vae.view.between is not None and vae.view.between.z.shape[1] == 5)
    stage.tab.grab()
    assert not stage.has_dialog()
