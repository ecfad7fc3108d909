"""NPY files and NPZ archives as numpy writes them are read; what is broken or could run code is refused."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.foundation.reading import DataError, no_report
from core.readers.array_files import ArraySet, read_set

IMAGES = np.random.default_rng(0).integers(0, 256, (20, 28, 28)).astype(np.uint8)
LABELS = np.arange(20) % 4


def read(path: Path) -> ArraySet:
    return read_set(path, no_report)


def npy(array: npt.NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str, version: tuple[int, int] = (1, 0)) -> bytes:
    body = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY" + bytes(version) + struct.pack("<H" if version[0] == 1 else "<I", len(body)) + body


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_file_of_numpy_is_read(tmp_path: Path, order: str) -> None:
    np.save(tmp_path / "mine.npy", np.array(IMAGES, order=order))  # type: ignore[call-overload]
    found = read(tmp_path / "mine.npy")
    np.testing.assert_array_equal(found.parts[""].images[:, 0], IMAGES)
    assert found.parts[""].labels is None
    assert found.files == {"mine.npy": (tmp_path / "mine.npy").stat().st_size}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "keys",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("XTrain", "YTrain", "XTest", "YTest"),
        ("train", "train_target", "test", "test_target"),
        ("training_data", "training_y", "testing_data", "testing_y"),
    ],
)
def test_the_keys_of_an_archive_tell_what_is_what(tmp_path: Path, save: object, keys: tuple[str, ...]) -> None:
    arrays = IMAGES, LABELS, IMAGES[:8], LABELS[:8]
    save(tmp_path / "latest.npz", **dict(zip(keys, arrays, strict=True)))  # type: ignore[operator]
    found = read(tmp_path / "latest.npz")
    assert list(found.parts) == ["train", "test"]
    np.testing.assert_array_equal(found.parts["train"].images[:, 0], IMAGES)
    np.testing.assert_array_equal(found.parts["train"].labels, LABELS)
    np.testing.assert_array_equal(found.parts["test"].images[:, 0], IMAGES[:8])
    np.testing.assert_array_equal(found.parts["test"].labels, LABELS[:8])


def test_shapes_tell_where_keys_do_not(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", IMAGES, LABELS)  # arr_0 and arr_1
    found = read(tmp_path / "mine.npz").parts[""]
    np.testing.assert_array_equal(found.images[:, 0], IMAGES)
    np.testing.assert_array_equal(found.labels, LABELS)


@pytest.mark.parametrize("name", ["digits", "classes", "labels"])
def test_the_shape_decides_where_the_name_of_the_only_array_misleads(tmp_path: Path, name: str) -> None:
    np.save(tmp_path / f"{name}.npy", IMAGES)
    assert len(read(tmp_path / f"{name}.npy").parts[""].images) == 20


def test_files_of_arrays_lie_in_a_folder(tmp_path: Path) -> None:
    for name, array in (("x_train", IMAGES), ("y_train", LABELS), ("x_test", IMAGES[:8]), ("y_test", LABELS[:8])):
        np.save(tmp_path / f"{name}.npy", array)
    (tmp_path / "README.txt").write_text("images")
    found = read(tmp_path)
    assert found.parts["train"].images.shape == (20, 1, 28, 28)
    np.testing.assert_array_equal(found.parts["test"].labels, LABELS[:8])
    assert sorted(found.files) == ["x_test.npy", "x_train.npy", "y_test.npy", "y_train.npy"]


def test_archives_lie_in_a_folder(tmp_path: Path) -> None:
    np.savez(tmp_path / "train.npz", images=IMAGES, labels=LABELS)
    np.savez(tmp_path / "test.npz", images=IMAGES[:8], labels=LABELS[:8])
    found = read(tmp_path)
    assert {split: len(part.images) for split, part in found.parts.items()} == {"train": 20, "test": 8}


def test_medmnist_is_read_as_it_is(tmp_path: Path) -> None:
    colours = np.random.default_rng(1).integers(0, 256, (20, 28, 28, 3)).astype(np.uint8)
    arrays = {"train": colours, "val": colours[:6], "test": colours[:8]}
    images = {f"{split}_images": each for split, each in arrays.items()}
    labels = {f"{split}_labels": (np.arange(len(each)) % 4)[:, None] for split, each in arrays.items()}
    np.savez_compressed(tmp_path / "bloodmnist.npz", **images, **labels)
    found = read(tmp_path / "bloodmnist.npz")
    np.testing.assert_array_equal(found.parts["train"].images, colours.transpose(0, 3, 1, 2))
    assert found.parts["test"].labels is not None
    assert found.parts["test"].labels.shape == (8,)
    assert found.left_out == ("val_images (validation)",)


def test_images_to_validate_with_are_the_test_where_there_is_no_other(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", train=IMAGES, val=IMAGES[:8])
    assert len(read(tmp_path / "mine.npz").parts["test"].images) == 8


def test_an_array_of_objects_beside_them_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mine.npz", "w") as archive:
        archive.writestr("imgs.npy", npy(IMAGES))
        archive.writestr("notes.txt", "words")
    assert len(read(tmp_path / "mine.npz").parts[""].images) == 20


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("a pickle was opened",))


OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([Bomb()], object), allow_pickle=True)
GOOD = npy(IMAGES)
BAD = {
    "objects": (OBJECTS.getvalue(), "holds Python objects"),
    "a pickle": (pickle.dumps(Bomb()), "not an NPY file"),
    "text": (b"1,2,3\n", "not an NPY file"),
    "empty": (b"", "not an NPY file"),
    "cut": (GOOD[:-1], "truncated"),
    "longer": (GOOD + b"!", "longer than its header says"),
    "header cut": (GOOD[:50], "damaged NPY header"),
    "of Python 2": (header("{'descr': '|u1', 'fortran_order': False, 'shape': (20L, 28L, 28L), }"), "truncated"),
    "version 9": (header("{}", (9, 0)), "damaged NPY header"),
    "code": (header("__import__('os').getcwd()"), "damaged NPY header"),
    "nested": (header("(" * 100), "damaged NPY header"),
    "huge": (header("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999, 28, 28), }"), "claims"),
    "negative": (header("{'descr': '|u1', 'fortran_order': False, 'shape': (-1, 28, 28), }"), "which no images have"),
    "complex": (npy(np.zeros((2, 28, 28), complex)), "no plain numbers"),
    "a record": (npy(np.zeros(2, [("a", "u1")])), "no plain numbers"),
    "a number": (npy(np.array(3)), "holds no images"),
    "nothing": (npy(IMAGES[:0]), "holds no images"),
    "a line": (npy(IMAGES.reshape(-1)), "holds no images"),
    "four colours": (npy(np.zeros((5, 28, 28, 4), np.uint8)), "holds no images"),
    "small": (npy(IMAGES[:, :7]), "8 to 512 a side"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, words = BAD[case]
    (tmp_path / "mine.npy").write_bytes(content)
    with pytest.raises(DataError) as error:
        read(tmp_path / "mine.npy")
    said = str(error.value)
    assert words in said
    assert str(tmp_path / "mine.npy") in said
    assert ": " in said
    assert said.isprintable()
    assert not said.endswith(".")


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"images.npy": GOOD[:-1]}, "truncated"),
        ({"images.npy": OBJECTS.getvalue()}, "holds Python objects"),
        ({"images.npy": GOOD, "pictures.npy": GOOD}, "either may be the images"),
        ({"images.npy": GOOD, "labels.npy": npy(LABELS[:3])}, "3 labels for 20 images"),
        ({"images.npy": GOOD, "labels.npy": npy(LABELS), "y.npy": npy(LABELS)}, "either may be the labels"),
        ({"test_images.npy": GOOD, "val_images.npy": GOOD}, "no training images"),
        ({"labels.npy": npy(LABELS)}, "holds no images, only"),
        ({"notes.txt": b"words"}, "no square image"),
        ({"archive/data.pkl": pickle.dumps(Bomb())}, "is a pickle"),
        ({"a.png": b"\x89PNG"}, "holds pictures such as a.png"),
        ({}, "holds no files"),
    ],
    ids=range(11),
)
def test_a_broken_archive_is_refused_in_one_sentence(members: dict[str, bytes], words: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "mine.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(DataError, match=words):
        read(tmp_path / "mine.npz")


@settings(max_examples=100)
@given(
    edits=st.lists(st.tuples(st.integers(0, 17_000), st.integers(0, 255)), max_size=6),
    keep=st.integers(0, 20_000),
    packed=st.booleans(),
)
def test_a_mutated_file_is_read_or_refused(
    edits: list[tuple[int, int]], keep: int, packed: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stream = io.BytesIO(GOOD)
    if packed:
        stream = io.BytesIO()
        np.savez_compressed(stream, images=IMAGES, labels=LABELS)
    content = bytearray(stream.getvalue())
    for i, (place, byte) in enumerate(edits):
        content[place % (128 if i % 2 else len(content))] = byte
    path = tmp_path_factory.getbasetemp() / "mutant.npz"
    path.write_bytes(content[:keep])
    said, parts = "nothing", {}
    try:
        parts = dict(read(path).parts)
    except DataError as error:
        said = str(error)
    assert said.isprintable()
    assert all(part.images.ndim == 4 for part in parts.values())
