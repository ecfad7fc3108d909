"""What data hold before anything trains on them."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets import first_look
from core.datasets.base import SOURCES, DataError, load, no_report
from core.datasets.first_look import look_at, look_into, look_of, sizes_in_words, sources_of, thumbnails, what_is_slow
from core.datasets.images import count_at
from core.foundation.params import changed
from tests.tables import write_five_columns


def write(folder: Path, count: int = 12) -> Path:
    """Pictures of two classes."""
    random = np.random.default_rng(0)
    for at in range(count):
        place = folder / f"{'ab'[at % 2]}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (40, 50, 3), np.uint8)).save(place / f"{at:02}.png")
    return folder


def test_pictures_are_framed_again_without_being_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    look = look_into(str(write(tmp_path / "set")), no_report)
    assert (look.name, look.title, look.shape, look.is_sample) == ("images", "set", (3, 40, 40), True)
    assert sizes_in_words(look) == "about 10 to train on, 2 to test with · 40 × 40 in colour"
    monkeypatch.setattr(first_look, "preview", None)
    for name, value, shape in (("side", "96", (3, 96, 96)), ("colour", "grey", (1, 40, 40))):
        config = changed(look.config, name, value)
        again = look_at("images", config, no_report, look)
        data = load("images", config)
        every = {each.tobytes() for half in (data.train, data.test) for each in half.pixels}
        assert again.shape == shape
        assert {each.tobytes() for each in again.pixels} == every


def test_what_was_read_whole_says_exact_counts(tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "bad.png").write_bytes(b"")
    config = changed(SOURCES.get("images").Config(), "data", str(write(tmp_path / "set")))
    data = load("images", config)
    look = look_of(data, config)
    assert (look.title, data.title, data.place) == ("set", "set", str(tmp_path / "set"))
    assert not look.is_sample
    assert look.train + look.test == 12
    assert look.classes == {"a": 6, "b": 6}
    assert look.skipped == ("bad.png is empty",)
    data = load("images", config)
    turns = [int(np.flatnonzero((data.train.pixels == each).all((1, 2, 3)))[0]) for each in look.pixels[:4]]
    assert [data.class_name(int(data.train.labels[at])) for at in turns] == list("abab")


def test_a_table_is_looked_at_whole_and_says_what_was_guessed_and_left_out(tmp_path: Path) -> None:
    place = write_five_columns(tmp_path / "five.csv", 90)
    with place.open("a") as file:
        file.write("\n1,2\n")
    look = look_into(str(place), no_report)
    assert (look.name, look.shape, look.is_sample, look.skipped) == ("table", (5, 1, 1), False, ())
    assert sizes_in_words(look) == f"{look.train} to train on, {look.test} to test with · rows of 5 numbers"
    assert look.train + look.test == sum(look.classes.values()) == 90
    assert look.notes == (
        "Cells are parted by comma, decimals by point; names in the first row.",
        "Column 'kind' is the class, of 3 kinds.",
        "1 row has another number of cells and is left out: line 92.",
    )


def test_the_source_is_told_by_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save(tmp_path / "images.npy", np.zeros((9, 28, 28), np.uint8) + np.arange(9, dtype=np.uint8)[:, None, None])
    assert look_into(str(tmp_path / "images.npy"), no_report).name == "arrays"
    assert look_into(str(tmp_path), no_report).name == "arrays"  # a folder without pictures
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.png", b"")
    assert sources_of(str(tmp_path / "x.zip"))[0] == "images"
    assert sources_of(str(tmp_path))[:3] == ("arrays", "images", "table")
    assert "idx" in sources_of(str(tmp_path))
    write_five_columns(tmp_path / "five.csv", 9)
    assert sources_of(str(tmp_path / "five.csv"))[0] == "table"
    (tmp_path / "five.csv").write_text("a,b,c\n")
    with pytest.raises(DataError, match="has no column of numbers"):
        look_into(str(tmp_path / "five.csv"), no_report)
    picture = next(write(tmp_path / "set").rglob("*.png"))
    with pytest.raises(DataError, match="is one picture: choose the folder that it is in"):
        look_into(str(picture), no_report)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match=r"letter\.docx"):
        look_into("letter.docx", no_report)


@pytest.mark.skipif(os.name != "posix", reason="names")
@pytest.mark.parametrize("ending", ["", ".zip", ".tar", ".npz", ".csv", ".csv.gz"])
def test_a_place_of_any_name_is_told_in_one_line(ending: str, tmp_path: Path) -> None:
    place = tmp_path / f"two\nlines \x1b[31m \udcff{ending}"
    if ending:
        place.write_bytes(b"rubbish")
    else:
        place.mkdir()
    with pytest.raises(DataError, match=r"two\\nlines \\x1b\[31m \\udcff") as error:
        look_into(str(place), no_report)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("name", ["shapes", "moons", "digits"])
def test_thumbnails_come_from_the_cache_the_second_time(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    config = SOURCES.get(name).Config()
    made = thumbnails(name, config, no_report)
    assert made.dtype == np.uint8
    assert 1 <= len(made) <= first_look.THUMBNAILS
    monkeypatch.setattr(first_look, "load", None)
    assert np.array_equal(thumbnails(name, config, no_report), made)


def test_what_is_slow_is_said_from_96_pixels_on() -> None:
    assert what_is_slow((3, 64, 64)) == ""
    assert "about 4 times as long" in what_is_slow((3, 128, 128))


def test_counts_follow_the_progress() -> None:
    assert [count_at(share, 100) for share in (0.0, 0.05, 0.51, 0.97, 1.0)] == [0, 0, 50, 100, 100]
