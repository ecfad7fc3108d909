"""Every view opened and closed again and again: no item, no connection and no memory stays behind.

``LATENT_PLAYGROUND_OPENINGS=200 pytest -s -o faulthandler_timeout=0 tests/gui/plots/test_openings.py`` opens each as
often as a long day of work does, and then looks at memory too. It takes half an hour.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import time
from collections import Counter
from collections.abc import Callable

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QMetaMethod, QObject
from PySide6.QtWidgets import QApplication, QGraphicsItem, QGraphicsScene, QWidget
from pytestqt.exceptions import TimeoutError as NotInTime

from core.datasets.base import SOURCES, load
from core.foundation.memory import resident_mb
from gui.drawing import theme
from gui.files.draw_points import DrawPoints
from gui.files.film_dialog import FilmDialog
from gui.information.page import PAGES
from gui.information.pages.lenses.page import LensesPage
from gui.plots.link import Link
from gui.plots.plot import Plot
from gui.widgets.dialogs import Dialog
from tests.gui.conftest import Stage

OPENINGS = int(os.environ.get("LATENT_PLAYGROUND_OPENINGS", "3"))
"""How often each view is opened and closed after the warm-up."""
WARM_UP = 3
"""Openings that do not count: what is made when it is first needed, is made in these."""
MEMORY_FROM = 50
"""Openings after which memory counts: what is cached is cached by then."""
STILL_S = 0.5
"""For so long nothing comes or goes before what is alive is counted, s. Panels draw 1 to 20 times a second."""
COUNT_S = 0.1
"""Shortest time between two counts, s: one takes some 50 ms, in which the window stands still."""
SETTLE_MS = 3000
"""How long what was closed may take until it is gone, ms."""

Open = Callable[..., Stage]
Round = Callable[[Stage], None]
"""Opens a view, sees it painted, and closes it."""
pytestmark = pytest.mark.usefixtures("hush")


# --- what is alive ----------------------------------------------------------------------------------------------------


def receivers(of: QObject) -> int:
    """How many slots are connected to the signals of an object."""
    meta = of.metaObject()
    methods = [meta.method(i) for i in range(meta.methodCount())]
    signals = [each for each in methods if each.methodType() == QMetaMethod.MethodType.Signal]
    return sum(of.receivers("2" + bytes(each.methodSignature().data()).decode()) for each in signals)


def shared(stage: Stage) -> dict[str, QObject]:
    """The objects to whose signals views connect, and which live longer than these."""
    found: dict[str, QObject] = {"theme": theme.changes, "desk": stage.desk, "clock": stage.window.clock}
    found |= {f"desk.{name}": each for name, each in vars(stage.desk).items() if isinstance(each, QObject)}
    for name in PAGES.names():
        state = getattr(stage.window.pages.information._made.get(name), "state", None)
        if isinstance(state, QObject):
            found[f"state of {name}"] = state
            found |= {f"{name}.{key}": each for key, each in vars(state).items() if isinstance(each, Link)}
    return found


def census(stage: Stage) -> Counter[str]:
    """Number of widgets, scenes and items by class, of connections by sender, and of panels on the clock.

    An *object* is one of Python's: it may live on where Qt's is gone.
    """
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    counts: Counter[str] = Counter()
    kinds = QGraphicsItem, QGraphicsScene, Link
    everything = gc.get_objects()
    for kind, count in Counter(map(type, everything)).items():  # a few thousand classes, of 150,000 objects
        # of Qt's own widgets every search makes objects
        is_ours = issubclass(kind, QWidget) and kind.__module__.startswith("gui.")
        if is_ours or issubclass(kind, kinds):
            counts[f"object {kind.__name__}"] += count
        if issubclass(kind, QGraphicsScene):
            scenes = [each for each in everything if type(each) is kind]
            counts["items in scenes"] += sum(len(each.items()) for each in scenes if shiboken6.isValid(each))
    del everything
    counts.update(f"widget {type(each).__name__}" for each in QApplication.allWidgets())
    counts["objects of the window"] = len(stage.window.findChildren(QObject))
    counts.update({f"receivers of {name}": receivers(each) for name, each in shared(stage).items()})
    counts["panels on the clock"] = len(stage.window.clock._panels)
    return counts


def at_rest(stage: Stage) -> Counter[str]:
    """What is alive once nothing has come or gone for `STILL_S`: answers of the engine are drawn when they arrive."""
    last = census(stage)
    since = counted = time.perf_counter()

    def is_still() -> bool:
        nonlocal last, since, counted
        if time.perf_counter() - counted < COUNT_S:
            return False
        now = census(stage)
        counted = time.perf_counter()
        if now != last:
            last, since = now, counted
        return counted - since > STILL_S

    stage.until(is_still)
    return last


def stays_behind(stage: Stage, once: Round) -> Counter[str]:
    """Open and close a view `OPENINGS` times; what there is more of than before, once what was closed had its time."""
    for _ in range(WARM_UP):
        once(stage)
    before, memory_mb = at_rest(stage), math.nan
    for i in range(OPENINGS):
        if i == MEMORY_FROM:
            gc.collect()
            memory_mb = resident_mb()
        once(stage)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        if i % 10 == 9:
            gc.collect()  # the clock of the window does it
        if (i + 1) % MEMORY_FROM == 0:
            print(f" {i + 1}: {resident_mb():.1f} MB", end="", flush=True)
    left: Counter[str] = Counter()

    def is_gone() -> bool:
        nonlocal left
        left = census(stage) - before
        return not left

    with contextlib.suppress(NotInTime):
        stage.qtbot.waitUntil(is_gone, timeout=SETTLE_MS)
    grown = resident_mb() - memory_mb
    if OPENINGS > MEMORY_FROM:
        print(f" {OPENINGS} openings: {grown:+.1f} MB since opening {MEMORY_FROM}; left behind: {dict(left)}")
    return left


# --- the windows ------------------------------------------------------------------------------------------------------


def trained(stage: Stage) -> Stage:
    stage.desk.experiment.step(30)
    stage.until(stage.stepped(30))
    stage.rest()
    return stage


@pytest.fixture(scope="module")
def of_images(module_window: Open) -> Stage:
    return trained(module_window(("sparse_ae", "vae")))


@pytest.fixture(scope="module")
def of_points(module_window: Open) -> Stage:
    return trained(
        module_window(("ae", "gan"), dataset=load("mixture", SOURCES.get("mixture").Config(train_images=1000)))
    )


# --- the views --------------------------------------------------------------------------------------------------------


def painted(stage: Stage, plot: Plot | None) -> None:
    """Wait until a plot is in sight, and paint it."""
    stage.until(lambda: plot is not None and plot.isVisible() and not plot.inner.isEmpty())
    assert plot is not None
    plot.grab()


def add_and_close_a_lane(stage: Stage) -> None:
    stage.desk.add_lane("vae")
    run = stage.desk.runs[-1]
    stage.until(lambda: run.view.status.state != "building")
    for plot in stage.window.findChildren(Plot):
        if plot.isVisible():
            plot.grab()
    stage.desk.close_lane(run)


def hide_and_show_every_row(stage: Stage) -> None:
    lineup = stage.window.lineup
    for name, was_shown in dict(lineup.shown).items():
        for is_shown in (not was_shown, was_shown):
            lineup.show_row(name, is_shown)
            QApplication.processEvents()


def select_lanes_in_the_latent_tab(stage: Stage) -> None:
    stage.window.show_tab("latent")
    for run in (*stage.desk.runs[1:], stage.desk.runs[0]):
        stage.desk.select(run)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        painted(stage, stage.tab.findChildren(Plot)[0])
    stage.window.show_tab("lineup")


def show_the_rate_distortion_plane(stage: Stage) -> None:
    stage.window.show_tab("compare")
    painted(stage, stage.tab.findChildren(Plot)[0])
    stage.window.show_tab("lineup")


def open_a_measure(stage: Stage) -> None:
    """The trail of a measure opens as a chart, which is read at a place."""
    stage.window.show_tab("compare")
    tab = stage.tab
    tab.table.read()
    tab.table.trail_wanted.emit(tab.table._rows[0].metric.name)
    painted(stage, tab.card.chart)
    tab.card.chart.link.point(10.0)
    tab.card.close_card()
    stage.window.show_tab("lineup")


def explore_a_loss(stage: Stage) -> None:
    pages = stage.window.pages
    stage.desk.explored.emit(stage.desk.runs[0])
    stage.until(lambda: pages.explore.plot is not None and bool(pages.explore.curves))
    painted(stage, pages.explore.plot)
    pages.leave_explore()


def open_a_unit(stage: Stage) -> None:
    stage.window.show_tab("information")
    tab = stage.window.pages.information
    tab.show_page("lenses")
    page = tab.page("lenses")
    assert isinstance(page, LensesPage)
    stage.until(lambda: len(page.units.rows.units) > 1)
    for place in (0, 1):
        page.units.rows.opened.emit(place)
        painted(stage, page.units.sheet.plot)
        page.units.sheet.close_card()
    stage.window.show_tab("lineup")


def page_of_information(name: str) -> Round:
    """Shows a page, selects every lane beside it, and leaves it."""

    def once(stage: Stage) -> None:
        tab = stage.window.pages.information
        tab.show_page(name)
        stage.window.show_tab("information")
        for run in (*stage.desk.runs[1:], stage.desk.runs[0]):
            stage.desk.select(run)
            QApplication.processEvents()
        stage.window.show_tab("compare")

    return once


def add_a_lane_behind_every_page(stage: Stage) -> None:
    """Pages that were shown live on behind the others and follow the lanes."""
    tab = stage.window.pages.information
    stage.window.show_tab("information")
    for name in PAGES.names():
        if name not in tab._made:
            tab.show_page(name)
    tab.show_page("holes")
    add_and_close_a_lane(stage)
    stage.window.show_tab("lineup")


def dialog(ask: Callable[[Stage], object], kind: type[Dialog]) -> Round:
    def once(stage: Stage) -> None:
        ask(stage)
        opened = [each for each in stage.window.findChildren(kind) if each.isVisible()]
        assert len(opened) == 1
        opened[0].grab()
        opened[0].reject()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)

    return once


def choose_data(stage: Stage) -> None:
    """The sheet of data sets, once it shows the pictures or points of the present one."""
    stage.window.data.ask()
    sheet = stage.window.data.sheet
    assert sheet is not None
    stage.until(lambda: sheet.preview.look is not None)
    sheet.grab()
    sheet.reject()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


VIEWS: dict[str, Round] = {
    "lane": add_and_close_a_lane,
    "rows": hide_and_show_every_row,
    "latent": select_lanes_in_the_latent_tab,
    "rate_distortion": show_the_rate_distortion_plane,
    "measure": open_a_measure,
    "loss_explorer": explore_a_loss,
    "unit": open_a_unit,
    **{name: page_of_information(name) for name in PAGES.names()},
    "lane_behind_pages": add_a_lane_behind_every_page,
    "film": dialog(lambda stage: stage.window.films.ask(), FilmDialog),
    "drawing": dialog(lambda stage: stage.window.data.draw("drawn"), DrawPoints),
    "data": choose_data,
}
OF_POINTS = ("lane", "rows", "latent", "holes", "data")
"""Views that draw 2-D points in another way than images."""


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_leaves_nothing_behind(name: str, of_images: Stage, again: Callable[[Stage], Stage]) -> None:
    left = stays_behind(again(of_images), VIEWS[name])
    assert not left, dict(left)


@pytest.mark.parametrize("name", OF_POINTS)
def test_a_view_of_points_leaves_nothing_behind(name: str, of_points: Stage, again: Callable[[Stage], Stage]) -> None:
    left = stays_behind(again(of_points), VIEWS[name])
    assert not left, dict(left)
