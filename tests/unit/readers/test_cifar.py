"""CIFAR's binary version is read, from its folder or its archive; its pickles are refused and never opened."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.foundation.reading import DataError, no_report
from core.readers.array_files import ArraySet, read_set

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (60, 3, 32, 32)).astype(np.uint8)
LABELS = np.arange(60) % 10
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def read(path: Path) -> ArraySet:
    return read_set(path, no_report)


def records(images: npt.NDArray[np.uint8], *labels: npt.NDArray[np.int64]) -> bytes:
    """As the page of CIFAR describes them: <label><red><green><blue>, row by row."""
    each = zip(*(label.tolist() for label in labels), strict=True)
    return b"".join(
        struct.pack(f"{len(labels)}B", *label) + image.tobytes() for label, image in zip(each, images, strict=True)
    )


def published() -> dict[str, bytes]:
    """Five training files of ten images, a test file, and the names of classes."""
    files = {
        f"data_batch_{i + 1}.bin": records(IMAGES[10 * i : 10 * i + 10], LABELS[10 * i : 10 * i + 10]) for i in range(5)
    }
    texts = {"batches.meta.txt": "\n".join([*CLASSES, ""]).encode(), "readme.html": b"<html>"}
    return files | {"test_batch.bin": records(IMAGES[50:], LABELS[50:])} | texts


def check(found: ArraySet) -> None:
    np.testing.assert_array_equal(found.parts["train"].images, IMAGES[:50])
    np.testing.assert_array_equal(found.parts["train"].labels, LABELS[:50])
    np.testing.assert_array_equal(found.parts["test"].images, IMAGES[50:])
    np.testing.assert_array_equal(found.parts["test"].labels, LABELS[50:])
    assert found.class_names == tuple(CLASSES)


def pack(path: Path, files: dict[str, bytes], mode: str) -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_a_folder_is_read(tmp_path: Path) -> None:
    for name, content in published().items():
        (tmp_path / name).write_bytes(content)
    check(read(tmp_path))


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_the_archive_is_read_as_it_is(tmp_path: Path, mode: str) -> None:
    check(read(pack(tmp_path / "cifar-10-binary.tar.gz", published(), mode)))


def test_cifar_100_has_two_labels(tmp_path: Path) -> None:
    fine = np.arange(60) + 40
    (tmp_path / "train.bin").write_bytes(records(IMAGES[:40], LABELS[:40], fine[:40]))
    (tmp_path / "test.bin").write_bytes(records(IMAGES[40:], LABELS[40:], fine[40:]))
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"class {i}" for i in range(100)))
    (tmp_path / "coarse_label_names.txt").write_text("\n".join(f"group {i}" for i in range(20)))
    found = read(tmp_path)
    np.testing.assert_array_equal(found.parts["train"].images, IMAGES[:40])
    np.testing.assert_array_equal(found.parts["test"].labels, fine[40:])
    assert found.class_names[99] == "class 99"


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return (pytest.fail, ("a pickle was opened",))


PICKLE = pickle.dumps({"data": Bomb()}, 2)
GOOD = records(IMAGES, LABELS)
BAD = {
    "empty": (b"", "are no number of records"),
    "cut": (GOOD[:-1], "are no number of records"),
    "longer": (GOOD + b"!", "are no number of records"),
    "labels": (records(IMAGES, LABELS + 1), "labels that CIFAR-10 does not have"),
    "fine labels": (records(IMAGES, LABELS, LABELS + 91), "labels that CIFAR-100 does not have"),
    "a pickle": (PICKLE, "is a pickle, which can run code when it is opened"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_file_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, words = BAD[case]
    (tmp_path / "data_batch_1.bin").write_bytes(content)
    with pytest.raises(DataError) as error:
        read(tmp_path / "data_batch_1.bin")
    assert words in str(error.value)
    assert str(tmp_path / "data_batch_1.bin") in str(error.value)


def test_the_python_version_is_refused_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "data_batch_1").write_bytes(PICKLE)
    pack(tmp_path / "cifar-10-python.tar.gz", {"data_batch_1": PICKLE, "readme.html": b"<html>"}, "w:gz")
    for path in (tmp_path / "data_batch_1", tmp_path / "cifar-10-python.tar.gz"):
        with pytest.raises(DataError, match=r"so it is not read: take the binary version of CIFAR \(cifar-10-bin"):
            read(path)
