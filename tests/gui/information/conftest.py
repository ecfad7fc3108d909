"""A window with one lane for the pages that need no other, and new pages in windows that tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.gui.information.plot_hands import Hands, plot_of

Again = Callable[["Stage"], "Stage"]  # noqa: F821  # the class of the conftest.py above


@pytest.fixture(scope="module")
def vae_window(module_window: Callable[..., Stage]) -> Stage:  # noqa: F821  # the class of the conftest.py above
    return module_window(("vae",))


@pytest.fixture
def with_new_pages(again: Again) -> Again:
    """As `again`; and a page is made anew when it is opened. The old ones are deleted: a style sheet is for all."""

    def bring_back(stage: Stage) -> Stage:  # noqa: F821
        for page in stage.window.information._made.values():
            page.hide()
            page.deleteLater()
        stage.window.information._made.clear()
        return again(stage)

    return bring_back


@pytest.fixture(scope="module")
def trained_window(module_window: Callable[..., Stage]) -> Stage:  # noqa: F821
    stage = module_window(("vae",))
    stage.desk.experiment.step(20)
    stage.until(stage.stepped(20))
    stage.rest()
    return stage


@pytest.fixture
def open_plot(trained_window: Stage, with_new_pages: Again) -> Callable[[str], Hands]:  # noqa: F821
    """Opens the page of a plot in a window with a trained VAE."""
    with_new_pages(trained_window)
    return lambda name: plot_of(trained_window, name)
