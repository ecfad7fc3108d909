"""Names of files within sentences and titles."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.foundation.quoted import MOST, name_of


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("/data/cats/", "cats"),
        ("/data/cats/../dogs.zip", "dogs.zip"),
        (Path("/data/two\nlines"), "two\\nlines"),
        ("/data/\udcff", "\\udcff"),
        ("/", "/"),
    ],
)
def test_the_name_of_a_place_is_its_last_part_on_one_line(place: str | Path, name: str) -> None:
    assert name_of(place) == name


def test_here_has_the_name_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    assert name_of(".") == "mine"
    assert len(name_of("x" * 255)) == MOST
