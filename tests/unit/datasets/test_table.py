"""A table as data: which column is the class, what is standardised, what is left out and told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.datasets import table
from core.datasets.base import DataError, Dataset, describe, load, reload
from core.datasets.columns import Columns
from core.datasets.table import TableConfig
from core.foundation.cache import CACHE

Open = Callable[..., Dataset]


@pytest.fixture
def open_table(tmp_path: Path) -> Open:
    def opened(text: str, **knobs: Any) -> Dataset:
        path = tmp_path / "mine.csv"
        path.write_text(text, "utf-8")
        return load("table", TableConfig(str(path), **knobs))

    return opened


def rows(count: int, last: Callable[[int], object], head: str = "a,b,c,kind") -> str:
    """A table of three random columns and one more."""
    random = np.random.default_rng(0).normal(size=(count, 3)) * [1, 100, 1e-3] + [0, 1e6, 5]
    lines = (f"{one},{two},{three},{last(i)}" for i, (one, two, three) in enumerate(random))
    return "\n".join([head, *lines])


def test_columns_have_mean_0_and_two_deviations_become_1(open_table: Open) -> None:
    data = open_table(rows(400, lambda i: "xy"[i % 2]))
    assert data.shape == (3, 1, 1)
    assert data.points
    assert not data.planar
    points = data.train.pixels[:, :, 0, 0]
    np.testing.assert_allclose(points.mean(0), 0, atol=1e-4)
    np.testing.assert_allclose(points.std(0), 0.5, rtol=1e-4)
    assert data.columns is not None
    assert data.columns.names == ("a", "b", "c")


def test_values_can_be_read_back(open_table: Open) -> None:
    text = rows(50, lambda i: i % 3)
    data = open_table(text)
    assert data.columns is not None
    written = {tuple(map(float, line.split(",")[:3])) for line in text.splitlines()[1:]}
    known = np.array(sorted(written))
    both = np.concatenate([data.columns.values(each.pixels) for each in (data.train, data.test)])
    np.testing.assert_allclose(both[np.argsort(both[:, 0])], known, rtol=1e-5, atol=1e-5)


def test_numbers_stay_as_they_are_where_that_is_wanted(open_table: Open) -> None:
    data = open_table("x,y\n" + "\n".join(f"{i},{i * i}" for i in range(30)), standardise=False)
    assert data.planar
    assert data.train.pixels.max() > 500
    assert data.columns == Columns(("x", "y"), (0.0, 0.0), (1.0, 1.0))


@pytest.mark.parametrize(
    ("head", "last", "names"),
    [
        ("a,b,c,kind", lambda i: ("pear", "apple")[i % 2], ("apple", "pear")),
        ("a,b,c,grade", lambda i: 3 + i % 3, ("3", "4", "5")),
        ("a,b,c,Target", lambda i: i % 2, ("0", "1")),
        ("a,b,c,size", lambda i: i / 7, ()),
        ("a,b,c,size", lambda i: i, ()),
        ("a,b,c,target", lambda i: i / 7, ()),
        ("class,b,c,size", lambda i: i % 3, ()),
    ],
)
def test_the_class_is_guessed(open_table: Open, head: str, last: Callable[[int], object], names: tuple[str]) -> None:
    data = open_table(rows(120, last, head))
    assert data.class_names == names
    assert data.shape[0] == (3 if names else 4)
    assert any(("is the class" in said) == bool(names) for said in data.origin["notes"])


@pytest.mark.parametrize(("label", "count"), [("kind", 4), ("4", 4), ("KIND", 4), ("none", 0)])
def test_the_class_can_be_chosen(open_table: Open, label: str, count: int) -> None:
    data = open_table(rows(120, lambda i: i % 4), label=label)
    assert len(data.class_names) == count


@pytest.mark.parametrize(("label", "reason"), [("colour", "has no column 'colour'"), ("a", "is no class")])
def test_a_class_that_cannot_be_is_refused(open_table: Open, label: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        open_table(rows(120, lambda i: i % 4), label=label)


def test_rows_with_gaps_are_left_out_and_told(open_table: Open) -> None:
    text = rows(100, lambda i: "" if i == 5 else "xy"[i % 2]).splitlines()
    text[3] = "1,NA,3,x"
    text[9] = "1,2,x"
    data = open_table("\n".join(text))
    assert len(data.train) + len(data.test) == 97
    assert data.origin["rows_left_out"] == 3
    told = " ".join(data.origin["notes"])
    assert "2 rows are left out for a gap or a text among numbers, of 99." in told
    assert "1 row has another number of cells and is left out: line 10." in told


def test_text_that_is_no_class_is_left_out_and_told(open_table: Open) -> None:
    data = open_table("name,a,b\n" + "\n".join(f"n{i},{i},{i * i}" for i in range(40)))
    assert data.shape == (2, 1, 1)
    assert data.class_names == ()
    assert "Column 'name' is text and is left out." in data.origin["notes"]


@pytest.mark.parametrize(
    ("name", "number", "is_left_out"),
    [
        ("", lambda i: i, True),
        ("Id", lambda i: i + 1, True),
        ("Unnamed: 0", lambda i: i, True),
        ("Id", lambda i: 7 * i, False),
        ("Id", lambda i: i + 1000, False),
        ("time", lambda i: i, False),
    ],
)
def test_a_column_that_numbers_the_rows_is_no_coordinate(
    open_table: Open, name: str, number: Callable[[int], int], is_left_out: bool
) -> None:
    lines = [f"{name},a,b", *(f"{number(i)},{i % 7},{i % 5}.5" for i in range(40))]
    lines[9] = "8,1"  # a row that is left out has a number too
    data = open_table("\n".join(lines))
    assert data.shape[0] == (2 if is_left_out else 3)
    assert any("numbers the rows" in note for note in data.origin["notes"]) == is_left_out


def test_a_constant_column_becomes_0(open_table: Open) -> None:
    data = open_table("a,b,c\n" + "\n".join(f"{i},7.1,{i * i}" for i in range(40)))
    np.testing.assert_array_equal(data.train.pixels[:, 1], 0)
    assert "Column 'b' is the same in all rows." in data.origin["notes"]


def test_equal_rows_stay_on_one_side(open_table: Open) -> None:
    data = open_table("a,b\n" + "\n".join(f"{i % 20},{i % 20 * 3}" for i in range(400)))
    sides = [{tuple(row) for row in each.pixels[:, :, 0, 0].tolist()} for each in (data.train, data.test)]
    assert sides[0]
    assert sides[1]
    assert not sides[0] & sides[1]


def test_the_split_follows_its_knobs(open_table: Open) -> None:
    text = rows(400, lambda i: "xxxy"[i % 4])
    one, other = (open_table(text, test_share=0.25, split_seed=seed) for seed in (0, 1))
    assert len(one.test) == 100
    assert one.test.labels is not None
    assert np.bincount(one.test.labels).tolist() == [75, 25]
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,b\n1,2\n", "holds one row without a gap"),
        ("a,b,c\n1,,3\n4,,\n,5,6\n", "column 'b' has 2 gaps"),
        ("a,kind\n1,x\n2,y\n3,x\n", "has 1 column of numbers"),
        ("a,b\n1,2\n1,2\n", "holds one row 2 times"),
        (",".join(f"c{i}" for i in range(65)) + "\n" + ",".join(["1.5"] * 65) + "\n", "has 65 columns"),
    ],
)
def test_too_little_is_refused_in_one_sentence(open_table: Open, text: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        open_table(text)


@pytest.mark.parametrize(("path", "reason"), [("", "no file is chosen"), ("/no/such.csv", "does not exist")])
def test_a_file_must_be_there(path: str, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        load("table", TableConfig(path))


def test_the_one_table_of_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("nothing")
    with pytest.raises(DataError, match="holds no table"):
        load("table", TableConfig(str(tmp_path)))
    (tmp_path / "one.csv").write_text("a,b\n1,2\n3,5\n4,7\n")
    assert load("table", TableConfig(str(tmp_path))).shape == (2, 1, 1)
    (tmp_path / "two.csv").write_text("a,b\n1,2\n3,5\n")
    with pytest.raises(DataError, match="holds 2 tables"):
        load("table", TableConfig(str(tmp_path)))


def test_a_run_folder_finds_the_table_again_and_knows_its_columns(
    open_table: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_table(rows(60, lambda i: i % 2))
    monkeypatch.chdir(tmp_path)
    described = describe(data, TableConfig("mine.csv"))
    again, _ = reload(described)
    assert again.fingerprint == data.fingerprint
    assert Columns.from_json(described["columns"], 3) == data.columns


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"names": ["a"], "mean": [0.0, 0.0], "unit": [1.0, 1.0]},
        {"names": ["a", 1], "mean": [0.0, 0.0], "unit": [1.0, 1.0]},
        {"names": ["a", "b"], "mean": [0.0, True], "unit": [1.0, 1.0]},
        {"names": ["a", "b"], "mean": [0.0, float("nan")], "unit": [1.0, 1.0]},
    ],
)
def test_damaged_columns_are_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="columns"):
        Columns.from_json(broken, 2)


# --- the cache -------------------------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of tensors, in which tables of any size are kept."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv(CACHE, str(folder))
    monkeypatch.setattr(table, "KEPT_BYTES", 1)
    return folder / "tensors"


def test_a_large_table_is_parsed_once(open_table: Open, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    text = rows(300, lambda i: "xyz"[i % 3]) + "\n1,2,3\n1,NA,3,x"
    first = open_table(text)
    monkeypatch.setattr(table, "read_table", lambda *_: pytest.fail("it was parsed again"))
    again = load("table", TableConfig(first.origin["place"]))
    assert again.fingerprint == first.fingerprint
    assert (again.origin, again.columns, again.class_names) == (first.origin, first.columns, first.class_names)
    assert again.train.pixels.flags.writeable
    assert first.origin["rows_left_out"] == 2
    next(cache.iterdir()).write_bytes(b"{}")
    monkeypatch.undo()
    assert load("table", TableConfig(first.origin["place"])).fingerprint == first.fingerprint


def test_a_table_that_changed_and_every_knob_are_read_anew(open_table: Open, tmp_path: Path, cache: Path) -> None:
    text = rows(100, lambda i: i % 4)
    seen = {open_table(text).fingerprint}
    for knobs in ({"label": "none"}, {"test_share": 0.3}, {"split_seed": 7}, {"standardise": False}):
        seen.add(open_table(text, **knobs).fingerprint)
    place = tmp_path / "mine.csv"
    time_ns = place.stat().st_mtime_ns
    place.write_text(text.replace("0.", "1.", 1))  # of the same size
    os.utime(place, ns=(time_ns + 1, time_ns + 1))
    seen.add(load("table", TableConfig(str(place))).fingerprint)
    assert len(seen) == len(list(cache.iterdir())) == 6


def test_a_table_that_is_written_while_it_is_read_is_not_kept(
    open_table: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    read = table.read_table

    def and_then_it_grows(path: Path, *rest: Any) -> Any:
        found = read(path, *rest)
        with path.open("a") as file:
            file.write("\n1,2,3,0")
        return found

    monkeypatch.setattr(table, "read_table", and_then_it_grows)
    assert len(open_table(rows(100, lambda i: i % 4)).origin["notes"]) == 2
    assert not cache.exists()
