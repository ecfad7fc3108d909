"""The loss explorer answers with a frame of its own, before pyqtgraph is imported and the curves are drawn."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from gui.lineup import loss_explorer

Open = Callable[..., "Stage"]  # noqa: F821  # the class of conftest.py


def test_the_frame_comes_before_the_curves(desk_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = desk_window(("ae", "vae"))
    explorer = stage.window.pages.explore
    waiting: list[Callable[[], object]] = []
    monkeypatch.setattr(loss_explorer.later, "after_frame", lambda widget, act: waiting.append(act))
    stage.desk.explored.emit(stage.run("ae"))
    assert stage.tab is explorer
    assert explorer._title.text().startswith("Loss of")
    assert explorer._plot is None
    waiting.pop()()
    stage.until(lambda: bool(explorer._curves))
    assert "pyqtgraph" in sys.modules
    assert explorer._plot.isVisible()
    stage.desk.explored.emit(stage.run("vae"))
    assert not explorer._curves  # the curves of the other lane do not stay under this lane's title
    assert not explorer._plot.isVisible()
    waiting.pop()()
    assert explorer._plot.isVisible()
    assert "train rate" in explorer._curves


def test_opened_twice_it_draws_once(desk_window: Open) -> None:
    stage = desk_window(("ae", "vae"))
    explorer = stage.window.pages.explore
    for model in ("ae", "vae"):
        stage.desk.explored.emit(stage.run(model))
    stage.until(lambda: bool(explorer._curves))
    plotted = explorer._plot.getPlotItem().items
    assert len([each for each in plotted if each in explorer._curves.values()]) == len(explorer._curves)
    assert explorer.run is stage.run("vae")
