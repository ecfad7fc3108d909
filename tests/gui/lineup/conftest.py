"""A window that shows the loss explorer."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from gui.lineup.loss_explorer import LossExplorer
from tests.gui.conftest import Stage

Open = Callable[..., Stage]


@pytest.fixture(scope="module")
def trained(module_window: Open) -> Stage:
    stage = module_window(("vae",))
    run = stage.run("vae")
    run.step(40)
    stage.until(lambda: run.view.history.last("step") == 40)
    stage.rest()
    return stage


@pytest.fixture
def explored(trained: Stage, again: Callable[[Stage], Stage]) -> Stage:
    """A window that shows the curves of a VAE after 40 steps."""
    stage = again(trained)
    stage.window.show_tab("lineup")
    stage.window.pages.explore.set_log(False)
    stage.desk.set_chart(smooth=0.9)
    return opened(stage)


def opened(stage: Stage) -> Stage:
    """Open the curves of the first lane, and wait until they are drawn."""
    stage.desk.explored.emit(stage.desk.runs[0])
    stage.until(lambda: bool(explorer(stage).curves))
    return stage


def explorer(stage: Stage) -> LossExplorer:
    page = stage.window.pages.explore
    assert isinstance(page, LossExplorer)
    return page


def shown(stage: Stage) -> set[str]:
    """Labels of the curves that are drawn."""
    return {line.label for line in explorer(stage).plot.lines}
