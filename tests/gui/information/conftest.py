"""A window with one lane for the pages that need no other, and new pages in windows that tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Again = Callable[["Stage"], "Stage"]  # noqa: F821  # the class of the conftest.py above


@pytest.fixture(scope="module")
def vae_window(module_window: Callable[..., Stage]) -> Stage:  # noqa: F821  # the class of the conftest.py above
    return module_window(("vae",))


@pytest.fixture
def with_new_pages(again: Again) -> Again:
    """As `again`; and a page is made anew when it is opened. The old ones stay in the window, hidden, until it ends."""

    def bring_back(stage: Stage) -> Stage:  # noqa: F821
        stage.window.information._made.clear()
        return again(stage)

    return bring_back
