"""Heights of the rows of the lineup."""

from __future__ import annotations

import pytest

from gui.lineup.row_heights import GIVES_PX, LEVELS, OTHER_PX, heights

ROWS = ["loss", "map", "image", "samples"]


def test_little_room_gives_the_smallest_level() -> None:
    assert heights(0, ROWS) == {name: LEVELS[0][name] for name in ROWS}
    assert heights(-500, ROWS) == heights(0, ROWS)


@pytest.mark.parametrize(("points", "row"), [(False, "map"), (True, "samples")])
def test_the_largest_row_gives_a_little_before_the_page_scrolls(points: bool, row: str) -> None:
    least = heights(0, ROWS, points)
    room = sum(least.values())
    for short in (1, 4, GIVES_PX):
        assert heights(room - short, ROWS, points) == {**least, row: least[row] - short}
    assert heights(room - GIVES_PX - 1, ROWS, points) == least


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_a_level_that_fits_is_taken(level: int) -> None:
    room = sum(LEVELS[level][name] for name in ROWS)
    assert heights(room, ROWS) == {name: LEVELS[level][name] for name in ROWS}
    below = heights(room - 1, ROWS)
    assert below["image"] == LEVELS[max(0, level - 1)]["image"]


def test_all_room_is_given_and_never_more() -> None:
    least = sum(heights(0, ROWS).values())
    for room in range(least, 2000, 7):
        given = sum(heights(room, ROWS).values())
        assert room - 1 <= given <= room


def test_more_room_makes_no_row_of_pictures_smaller() -> None:
    before = heights(0, ROWS)
    for room in range(0, 2000, 13):
        now = heights(room, ROWS)
        assert all(now[name] >= before[name] for name in ("image", "samples"))
        before = now


def test_what_is_left_goes_to_map_and_loss() -> None:
    whole = {name: LEVELS[-1][name] for name in ROWS}
    given = heights(sum(whole.values()) + 60, ROWS)
    assert given == {**whole, "map": whole["map"] + 50, "loss": whole["loss"] + 10}


def test_without_map_and_loss_the_rest_is_shared() -> None:
    given = heights(LEVELS[-1]["image"] + LEVELS[-1]["samples"] + 40, ["image", "samples"])
    assert given == {"image": LEVELS[-1]["image"] + 20, "samples": LEVELS[-1]["samples"] + 20}


def test_a_row_that_nobody_measured_and_no_rows() -> None:
    assert heights(0, ["mine"]) == {"mine": OTHER_PX}
    assert heights(800, []) == {}


@pytest.mark.parametrize("names", [ROWS, [*ROWS, "film"], ["map", "samples"], ["loss", "samples", "image"]])
def test_the_plane_of_points_is_the_largest_row(names: list[str]) -> None:
    for room in range(0, 2000, 11):
        given = heights(room, names, points=True)
        assert all(given["samples"] > height for name, height in given.items() if name != "samples"), room
        assert sum(given.values()) <= max(room, sum(heights(0, names, points=True).values()))
