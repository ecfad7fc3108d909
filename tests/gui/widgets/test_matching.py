"""Which names fit a few letters, and how well."""

from __future__ import annotations

import pytest

from gui.widgets.matching import match, plain


def points(wanted: str, name: str) -> int:
    found = match(wanted, name)
    assert found is not None, f"{wanted!r} does not fit {name!r}"
    return found.points


def letters(wanted: str, name: str) -> str:
    found = match(wanted, name)
    assert found is not None
    return "".join(letter if at in found.letters else "." for at, letter in enumerate(name))


@pytest.mark.parametrize(
    ("wanted", "name", "shown"),
    [
        ("sar", "Save as a run", "S.......a.r.."),
        ("theme", "Theme: Dark", "Theme......"),
        ("td", "Theme: Dark", "T......D..."),
        ("thedark", "Theme: Dark", "The....Dark"),
        ("the dark", "Theme: Dark", "The....Dark"),
        ("BETA", "beta up", "beta..."),
        ("beta", "KL weight β", "..........β"),
        ("klbeta", "KL weight β", "KL........β"),
        ("β", "KL weight β", "..........β"),
        ("lambda", "Weight λ", ".......λ"),
        ("Delta", "Δ of two", "Δ......."),
        ("sigma q", "1σ of q(z|x)", ".σ....q....."),
        ("resta", "Restart with the same seed", "Resta....................."),
    ],
)
def test_letters_are_found_in_their_order(wanted: str, name: str, shown: str) -> None:
    assert letters(wanted, name) == shown


@pytest.mark.parametrize(("wanted", "name"), [("x", "Save"), ("evas", "Save"), ("saves", "Save"), ("a", "")])
def test_letters_that_are_not_there_in_order_do_not_fit(wanted: str, name: str) -> None:
    assert match(wanted, name) is None


@pytest.mark.parametrize("wanted", ["", "  "])
def test_nothing_wanted_fits_everything_alike(wanted: str) -> None:
    assert points(wanted, "Save") == points(wanted, "") == 0


@pytest.mark.parametrize(
    ("wanted", "better", "worse"),
    [
        ("lane", "Add a lane", "Learn a new thing"),  # together, not scattered
        ("map", "Enlarge the map", "Time appears"),
        ("na", "New axes", "Lunar"),  # at the starts of words
        ("save", "Save the experiment", "Some average"),
    ],
)
def test_starts_of_words_and_letters_together_are_better(wanted: str, better: str, worse: str) -> None:
    assert points(wanted, better) > points(wanted, worse)


def test_the_best_of_several_ways_counts() -> None:
    assert match("ab", "axb ab").letters == (4, 5)  # type: ignore[union-attr]


def test_accents_and_case_do_not_matter_and_places_stay() -> None:
    assert plain("Élan Vital…") == "elan vital."
    assert match("elan", "Élan").letters == (0, 1, 2, 3)  # type: ignore[union-attr]
    assert match("β", "β one preset up") is not None
