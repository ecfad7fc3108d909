"""Keys of the loss explorer while the focus is elsewhere on its page."""

from __future__ import annotations

import pytest

from gui.lineup.smooth_field import SmoothField
from tests.gui.conftest import Stage
from tests.gui.lineup.conftest import explorer, shown


@pytest.mark.parametrize("words", ["Log axis", "Fit"])
def test_its_keys_work_wherever_on_the_page_the_focus_is(explored: Stage, words: str) -> None:
    """After a click on a button they selected lanes and turned β until the plot was clicked."""
    plot, selected = explorer(explored).plot, explored.desk.selected
    explored.button(words).setFocus()
    before = shown(explored)
    explored.key("1")
    assert len(shown(explored) ^ before) == 1
    explored.key("+")
    assert not plot.is_home
    explored.key("0")
    assert plot.is_home
    assert explored.desk.selected is selected
    assert explored.button(words).hasFocus()


def test_digits_are_typed_into_a_field_of_the_page(explored: Stage) -> None:
    field, before = explored.find(SmoothField, "smooth", explorer(explored)), shown(explored)
    field.setFocus()
    explored.key("0")
    explored.key("Return")
    assert field.value() == 0.0
    assert shown(explored) == before
