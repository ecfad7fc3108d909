"""What the folders of pictures are taken for: classes, splits, or nothing."""

from __future__ import annotations

from core.readers.arrange import Arranged, arrange, classes_of, natural
from core.readers.container import Entry, Listing


def arranged(*names: str) -> Arranged:
    return arrange(Listing([Entry(name, 1, 0) for name in names], []))


def test_folders_are_classes_nested_ones_too() -> None:
    got = arranged("cats/a.png", "dogs/big/b.png", "dogs/small/c.png")
    assert got.names == ["cats", "dogs/big", "dogs/small"]
    assert got.is_test is None


def test_folders_that_hold_all_the_rest_are_passed_through() -> None:
    got = arranged("my set/images/cats/a.png", "my set/images/dogs/b.png")
    assert got.names == ["cats", "dogs"]
    assert arranged("only/a.png", "only/b.png").names == ["(top)", "(top)"]


def test_pictures_beside_folders_are_a_class() -> None:
    assert arranged("a.png", "cats/b.png").names == ["(top)", "cats"]


def test_train_and_test_are_splits() -> None:
    got = arranged("set/test/cats/a.png", "set/train/cats/b.png", "set/train/dogs/c.png")
    assert got.names == ["cats", "cats", "dogs"]
    assert got.is_test == [True, False, False]
    assert arranged("Training/a.png", "VAL/b.png").is_test == [False, True]


def test_with_a_test_the_validation_is_left_alone_and_told() -> None:
    got = arranged("test/a.png", "train/b.png", "val/c.png", "d.png")
    assert [entry.name for entry in got.entries] == ["test/a.png", "train/b.png"]
    assert {skipped.name: skipped.reason for skipped in got.skipped} == {
        name: "lies beside train/ and test/, which are what is read" for name in ("d.png", "val/c.png")
    }


def test_one_split_alone_is_none() -> None:
    assert arranged("train/cats/a.png", "train/dogs/b.png").is_test is None
    assert arranged("test/a.png", "val/b.png").is_test is None
    assert arranged("train/cats/a.png", "other/dogs/b.png").names == ["train/cats", "other/dogs"]


def test_names_are_printable() -> None:
    assert arranged("a\nb/a.png", "\udcff/b.png").names == ["a\\nb", "\\udcff"]


def test_classes_are_in_the_order_in_which_people_count() -> None:
    got = classes_of(["10", "9", "1", "10", "b", "A", "1", "9", "b", "A"])
    assert got.names == ("1", "9", "10", "A", "b")
    assert got.labels == [2, 1, 0, 2, 4, 3, 0, 1, 4, 3]
    assert sorted(["x10y2", "x9", "x10y1"], key=natural) == ["x9", "x10y1", "x10y2"]


def test_what_are_no_classes() -> None:
    assert classes_of(["a", "a"]).names == ()
    many = classes_of([str(at // 2) for at in range(2_200)])
    assert (many.names, many.note) == ((), "its 1,100 folders are no classes: more than 1,000")
    single = classes_of([str(at) for at in range(7)])
    assert (single.names, single.note) == ((), "its 7 folders are no classes: most hold one picture")


def test_nothing_at_all() -> None:
    assert arranged().entries == []
    assert classes_of([]).names == ()
