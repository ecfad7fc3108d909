"""Arrays of any layout, type and range become a data set; what was guessed is told, and what cannot be used refused."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from core.cli.main import main
from core.datasets.base import SOURCES, DataError, Dataset, describe, load, reload
from core.datasets.known_sets import CLOTHES, KUZUSHIJI, LETTERS

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (70, 28, 28)).astype(np.uint8)
LABELS = np.arange(70) % 7


def config(path: Path | str, **knobs: Any) -> Any:
    return SOURCES.get("arrays").Config(data=str(path), **knobs)


def read(path: Path | str, **knobs: Any) -> Dataset:
    return load("arrays", config(path, **knobs))


def test_a_set_with_a_split_keeps_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:10], y_test=LABELS[:10])
    data = read(tmp_path / "mine.npz")
    np.testing.assert_array_equal(data.train.pixels[:, 0], IMAGES)
    np.testing.assert_array_equal(data.test.pixels[:, 0], IMAGES[:10])
    np.testing.assert_array_equal(data.test.labels, LABELS[:10])
    assert data.class_names == tuple("0123456")
    assert (data.title, data.place) == ("mine.npz", str(tmp_path / "mine.npz"))
    told = {key: data.origin[key] for key in ("layout", "range", "labels", "stored", "side", "split", "left_out")}
    assert told == {
        "layout": "N, H, W",
        "range": "bytes",
        "labels": "y_train",
        "stored": "28 × 28",
        "side": 28,
        "split": "as given",
        "left_out": [],
    }


def test_a_set_without_a_split_is_divided_by_class_and_seed(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS)
    data = read(tmp_path / "mine.npz", test_share=0.3, split_seed=4)
    assert np.bincount(data.test.labels).tolist() == [3] * 7  # type: ignore[arg-type]
    assert data.origin["split"] == "30 % of each class by seed 4"
    assert read(tmp_path / "mine.npz", test_share=0.3, split_seed=4).fingerprint == data.fingerprint
    assert read(tmp_path / "mine.npz", test_share=0.3, split_seed=5).fingerprint != data.fingerprint
    np.save(tmp_path / "bare.npy", IMAGES)
    assert read(tmp_path / "bare.npy").origin["split"] == "15 % of the images by seed 0"
    whole = {each.tobytes() for each in (*data.train.pixels, *data.test.pixels)}
    assert whole == {each.tobytes() for each in IMAGES}


def test_equal_images_are_on_one_side(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", np.concatenate([IMAGES, IMAGES, IMAGES[:5]]))
    data = read(tmp_path / "mine.npy")
    train, test = ({each.tobytes() for each in images.pixels} for images in (data.train, data.test))
    assert not train & test
    assert len(data.train) + len(data.test) == 145


def test_the_labels_that_a_competition_keeps_leave_its_test_out(tmp_path: Path) -> None:
    rows = IMAGES.reshape(70, -1)
    with open(tmp_path / "train.csv", "w", newline="") as file:
        csv.writer(file).writerows([["label", *map(str, range(784))], *np.column_stack([LABELS, rows]).tolist()])
    with open(tmp_path / "test.csv", "w", newline="") as file:
        csv.writer(file).writerows([list(map(str, range(784))), *rows[:9].tolist()])
    data = read(tmp_path)
    assert len(data.train) + len(data.test) == 70
    assert data.origin["left_out"] == ["test.csv (no labels)"]
    assert data.origin["labels"] == "the first column"


@pytest.mark.parametrize(
    ("size", "side", "expected"),
    [((8, 8), 0, 28), ((20, 30), 0, 30), ((64, 64), 0, 64), ((90, 60), 0, 64), ((8, 8), 32, 32), ((64, 48), 28, 28)],
)
def test_images_are_squares_of_a_side_that_can_be_trained_on(
    tmp_path: Path, size: tuple[int, int], side: int, expected: int
) -> None:
    np.save(tmp_path / "mine.npy", np.full((20, *size), 200, np.uint8) + np.arange(20, dtype=np.uint8)[:, None, None])
    data = read(tmp_path / "mine.npy", side=side)
    assert data.shape == (1, expected, expected)
    assert data.origin["side"] == expected
    image = data.train.pixels[0, 0]
    longest = max(size) if not side and max(size) < expected else expected
    assert (image.any(axis=1).sum(), image.any(axis=0).sum()) == tuple(round(s * longest / max(size)) for s in size)


def test_turned_images_are_set_upright(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", x_train=IMAGES, x_test=IMAGES[:9])
    data = read(tmp_path / "mine.npz", turned=True)
    np.testing.assert_array_equal(data.train.pixels[:, 0], IMAGES.transpose(0, 2, 1))


def test_colour_of_floats_is_read(tmp_path: Path) -> None:
    colours = RANDOM.random((40, 32, 32, 3))
    np.savez(tmp_path / "mine.npz", x_train=2 * colours - 1, x_test=2 * colours[:8] - 1)
    data = read(tmp_path / "mine.npz")
    np.testing.assert_array_equal(data.train.pixels, np.rint(255 * colours.transpose(0, 3, 1, 2)).astype(np.uint8))
    assert data.origin["range"] == "-1 to 1"


def idx(numbers: Any) -> bytes:
    sizes = b"".join(int(side).to_bytes(4, "big") for side in numbers.shape)
    return gzip.compress(b"\0\0\x08" + bytes([numbers.ndim]) + sizes + numbers.astype(np.uint8).tobytes())


@pytest.mark.parametrize(
    ("name", "first", "names"),
    [("fashion-mnist", 0, CLOTHES), ("kmnist", 0, KUZUSHIJI), ("emnist-letters", 1, LETTERS), ("mine", 0, None)],
)
def test_published_sets_have_the_names_of_their_classes(
    tmp_path: Path, name: str, first: int, names: tuple[str, ...] | None
) -> None:
    """As they are fetched: four files in a folder of this name."""
    count = len(names) if names else 10
    folder = tmp_path / name
    folder.mkdir()
    prefix = "emnist-letters-" if first else ""
    labels = np.arange(60) % count + first
    for split in ("train", "test" if first else "t10k"):
        (folder / f"{prefix}{split}-images-idx3-ubyte.gz").write_bytes(idx(IMAGES[:60]))
        (folder / f"{prefix}{split}-labels-idx1-ubyte.gz").write_bytes(idx(labels))
    data = read(folder)
    assert data.class_names == (names or tuple("0123456789"))
    np.testing.assert_array_equal(data.train.labels, labels - first)
    upright = IMAGES[:60].transpose(0, 2, 1) if first else IMAGES[:60]
    np.testing.assert_array_equal(data.train.pixels[:, 0], upright)


def test_the_olivetti_faces_get_their_persons(tmp_path: Path) -> None:
    """Their file holds no labels: ten portraits of each of forty persons, in order."""
    faces = RANDOM.integers(0, 256, (4096, 400)).astype(np.uint8)
    scipy.io.savemat(tmp_path / "olivettifaces.mat", {"faces": faces})
    data = read(tmp_path, test_share=0.2)
    assert data.title == "Olivetti faces"
    assert data.class_names[39] == "person 40"
    assert np.bincount(data.test.labels).tolist() == [2] * 40  # type: ignore[arg-type]
    persons = {faces[:, i].reshape(64, 64).T.tobytes(): i // 10 for i in range(400)}
    for image, label in zip(data.train.pixels, data.train.labels, strict=True):  # type: ignore[arg-type]
        assert persons[image.tobytes()] == label


def test_house_number_ten_is_the_digit_zero(tmp_path: Path) -> None:
    houses = RANDOM.integers(0, 256, (32, 32, 3, 40)).astype(np.uint8)
    for split in ("train", "test"):
        scipy.io.savemat(tmp_path / f"{split}_32x32.mat", {"X": houses, "y": np.arange(40)[:, None] % 10 + 1})
    data = read(tmp_path)
    assert data.class_names == tuple("0123456789")
    np.testing.assert_array_equal(data.train.labels, (np.arange(40) + 1) % 10)


def test_measurements_are_no_labels(tmp_path: Path) -> None:
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=RANDOM.random(70))
    data = read(tmp_path / "mine.npz")
    assert data.train.labels is None
    assert data.class_names == ()


def test_a_saved_description_opens_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS)
    monkeypatch.chdir(tmp_path)
    relative = config("mine.npz", side=32)
    description = describe(load("arrays", relative), relative)
    monkeypatch.chdir("/")
    again, _ = reload(description)
    assert again.fingerprint == description["sha256"]


@pytest.mark.parametrize(
    ("arrays", "knobs", "words"),
    [
        (
            {"x_train": IMAGES, "x_test": IMAGES[:, :20]},
            {},
            "training images of 1 × 28 × 28 and test images of 1 × 20 × 28",
        ),
        ({"images": IMAGES[:1]}, {}, "holds one image: at least two"),
        ({"images": np.repeat(IMAGES[:1], 9, axis=0)}, {}, "holds one image 9 times"),
        ({"images": IMAGES * 0}, {}, "the value 0 everywhere"),
        ({"images": np.where(IMAGES, IMAGES / 255, np.nan)}, {}, "nan or inf"),
        ({"images": IMAGES}, {"side": 20}, "20 px a side are too few"),
    ],
    ids=range(6),
)
def test_what_cannot_be_used_is_refused(
    tmp_path: Path, arrays: dict[str, Any], knobs: dict[str, Any], words: str
) -> None:
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(DataError, match=words):
        read(tmp_path / "mine.npz", **knobs)


@pytest.mark.parametrize("text", ["", "  ", "/nowhere/at/all", "x\0y", "~nobody-at-all/x", "x\n" * 100_000])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="choose a file or folder of NPY, NPZ, CSV, MAT, IDX or CIFAR") as error:
        read(text)
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 300


def test_the_command_line_trains_on_them_or_says_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "mine.npz", images=IMAGES, labels=LABELS)
    words = ["train", "--dataset", "arrays", "--data", str(tmp_path / "mine.npz"), "--side", "32"]
    assert main([*words, "--steps", "2", "--device", "cpu", "--threads", "1", "--network", "mlp", "--json"]) == 0
    assert '"train_images": 56' in capsys.readouterr().out
    (tmp_path / "mine.npz").write_bytes(b"\x80\x04K\x01.")
    assert main([*words, "--steps", "2"]) == 2
    said = capsys.readouterr().err
    assert "is a pickle, which can run code when it is opened" in said
    assert len(said.splitlines()) == 1


def test_a_side_of_128_is_kept_where_it_is_chosen(tmp_path: Path) -> None:
    np.save(tmp_path / "mine.npy", RANDOM.integers(0, 256, (12, 128, 128)).astype(np.uint8))
    assert read(tmp_path / "mine.npy").shape == (1, 64, 64)
    assert read(tmp_path / "mine.npy", side=128).shape == (1, 128, 128)
