"""Every file format: a file by its usual writer is read to the last number, and three broken ones say what is wrong."""

from __future__ import annotations

import csv
import gzip
import io
import pickle
import struct
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
from PIL import Image

from core.datasets.base import SOURCES, DataError, Dataset, load
from core.foundation.cache import CACHE
from core.foundation.params import from_json
from tests.picture_files import BAD, Array, encoded

COUNT = 24
RANDOM = np.random.default_rng(0)
COLOUR: Array = RANDOM.integers(0, 256, (COUNT, 32, 32, 3), np.uint8)
GREY: Array = RANDOM.integers(0, 256, (COUNT, 28, 28), np.uint8)
GREY[:, 0, 0] = GREY[:, -1, -1] = 0  # corners are black, as of digits
LABELS: Array = np.arange(COUNT) % 3
PLANES: Array = COLOUR.transpose(0, 3, 1, 2)

Bytes = Callable[[bytes], bytes]


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE, str(tmp_path_factory.mktemp("cache")))


def read(source: str, path: Path, **knobs: Any) -> Dataset:
    return load(source, from_json(SOURCES.get(source).Config, {"data": str(path), **knobs}))


def said_of(source: str, path: Path, **knobs: Any) -> str:
    """What is said of a broken file: why it is refused, or what was passed over in it."""
    try:
        said = "\n".join(read(source, path, **knobs).origin["skipped"])
    except DataError as error:
        said = str(error)
    assert all(line.isprintable() for line in said.split("\n"))
    return said


def items(data: Dataset) -> list[tuple[bytes, str]]:
    """Every image or point with the name of its class, in an order of their own."""
    found = []
    for half in (data.train, data.test):
        names = [""] * len(half) if half.labels is None else [data.class_names[label] for label in half.labels]
        found += [(each.tobytes(), name) for each, name in zip(half.pixels, names, strict=True)]
    return sorted(found)


def expected(images: Array, names: Sequence[object] | None) -> list[tuple[bytes, str]]:
    told = [""] * len(images) if names is None else [str(name) for name in names]
    return sorted((each.tobytes(), name) for each, name in zip(images, told, strict=True))


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def spoilt(content: bytes) -> bytes:
    """Some bytes in the middle are others."""
    at = len(content) // 2
    return content[:at] + bytes(255 - byte for byte in content[at : at + 40]) + content[at + 40 :]


def instead(content: bytes) -> Bytes:
    return lambda _: content


# --- pictures --------------------------------------------------------------------------------------------------------

PICTURES: dict[str, tuple[dict[str, Any], bool, tuple[str, str, str]]] = {
    "PNG": ({}, True, ("cut.png", "bomb.png", "broken.png")),
    "JPEG": ({"quality": 90}, False, ("cut.jpg", "bomb.jpg", "magic.jpg")),
    "WEBP": ({"lossless": True}, True, ("cut.webp", "magic.webp", "noise.webp")),
    "BMP": ({}, True, ("cut.bmp", "bomb.bmp", "bits.bmp")),
    "TIFF": ({"compression": "tiff_lzw"}, True, ("cut.tif", "bomb.tif", "loop.tif")),
    "GIF": ({}, False, ("cut.gif", "bomb.gif", "magic.gif")),
}
"""Format of Pillow -> options of its writer, whether it keeps every pixel, and broken files."""


@pytest.mark.parametrize("form", PICTURES)
def test_pictures(form: str, tmp_path: Path) -> None:
    options, is_exact, broken = PICTURES[form]
    images = []
    for at, pixels in enumerate(COLOUR[:12]):
        place = tmp_path / "abc"[LABELS[at]] / f"{at:02}.{broken[0].partition('.')[2]}"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(place, form, **options)
        with Image.open(place) as image:
            images.append(pixels if is_exact else np.asarray(image.convert("RGB")))
    for name in broken:
        (tmp_path / name).write_bytes(BAD[name][0])
    data = read("images", tmp_path)
    assert items(data) == expected(np.stack(images).transpose(0, 3, 1, 2), ["abc"[label] for label in LABELS[:12]])
    assert len(data.origin["skipped"]) == 3
    for name, sentence in zip(sorted(broken), data.origin["skipped"], strict=True):
        assert sentence.startswith(f"{name} ")
        assert BAD[name][1] in sentence


def pictures_packed(name: str) -> bytes:
    """An archive of PNG files, by the ending of its name."""
    files = {f"set/{'abc'[LABELS[at]]}/{at:02}.png": encoded(COLOUR[at]) for at in range(12)}
    stream = io.BytesIO()
    if name.endswith(".zip"):
        kind = zipfile.ZIP_STORED if "stored" in name else zipfile.ZIP_DEFLATED
        with zipfile.ZipFile(stream, "w", kind) as packed:
            for each, content in files.items():
                packed.writestr(each, content)
    else:
        with tarfile.open(fileobj=stream, mode="w" if name.endswith(".tar") else "w:gz") as tar:
            for each, content in files.items():
                info = tarfile.TarInfo(each)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


ARCHIVES: dict[str, tuple[tuple[Bytes, str], ...]] = {
    "set.zip": ((cut, "is no ZIP archive, or a truncated one"), (spoilt, "is damaged in the archive")),
    "stored.zip": ((cut, "is no ZIP archive, or a truncated one"), (spoilt, "is damaged in the archive")),
    "set.tar": ((cut, "cannot be read: the archive is damaged there"), (spoilt, "is damaged")),
    "set.tar.gz": ((cut, "cannot be read: the archive is damaged there"), (spoilt, "damaged")),
    "set.tgz": ((cut, "cannot be read: the archive is damaged there"), (spoilt, "damaged")),
}
WORDS = "these are words, and no archive"


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives_of_pictures(name: str, tmp_path: Path) -> None:
    path, good = tmp_path / name, pictures_packed(name)
    path.write_bytes(good)
    assert items(read("images", path)) == expected(PLANES[:12], ["abc"[label] for label in LABELS[:12]])
    no_archive = "is no ZIP archive" if name.endswith(".zip") else "is a damaged TAR archive"
    for change, words in (*ARCHIVES[name], (instead(WORDS.encode()), no_archive)):
        path.write_bytes(change(good))
        assert words in said_of("images", path, split_seed=1)  # nothing is in the cache by these knobs


# --- arrays ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """A file by its name and content, the images (N, C, H, W) and class names in it, and three broken ones."""

    file: str
    content: bytes
    images: Array
    names: Sequence[object] | None
    broken: tuple[tuple[Bytes, str], tuple[Bytes, str], tuple[Bytes, str]]


def npy(array: Array, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, **options)
    return stream.getvalue()


def npz(save: Callable[..., None] = np.savez_compressed, /, **arrays: Array) -> bytes:
    stream = io.BytesIO()
    save(stream, **arrays)
    return stream.getvalue()


def mat(is_packed: bool, **arrays: Array) -> bytes:
    stream = io.BytesIO()
    scipy.io.savemat(stream, arrays, do_compression=is_packed)
    return stream.getvalue()


def table(rows: Sequence[Sequence[object]], encoding: str = "utf-8", **options: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text, **options).writerows(rows)
    return text.getvalue().encode(encoding)


def idx(numbers: Array) -> bytes:
    return b"\0\0\x08" + bytes([numbers.ndim]) + struct.pack(f">{numbers.ndim}I", *numbers.shape) + numbers.tobytes()


def records(*labels: Array) -> bytes:
    """CIFAR's records: one or two labels, then the planes of an image."""
    rows = zip(zip(*(each.tolist() for each in labels), strict=True), PLANES, strict=True)
    return b"".join(bytes(label) + image.tobytes() for label, image in rows)


def packed(kind: str, **files: bytes) -> bytes:
    """A ZIP or a TAR.GZ archive of files, whose names have dashes in the place of underscores."""
    stream = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name.replace("_", "-"), content)
    else:
        with tarfile.open(fileobj=stream, mode="w:gz") as tar:
            for name, content in files.items():
                info = tarfile.TarInfo(f"cifar-10-batches-bin/{name.replace('__', '.')}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def splits(images: Array, labels: Array) -> dict[str, Array]:
    """The keys of MedMNIST."""
    parts = {"train": slice(0, 14), "val": slice(14, 16), "test": slice(16, None)}
    return {f"{name}_images": images[part] for name, part in parts.items()} | {
        f"{name}_labels": labels[part, None] for name, part in parts.items()
    }


PIXELS = [f"pixel{i}" for i in range(784)]
KAGGLE = table([["label", *PIXELS], *np.column_stack([LABELS, GREY.reshape(COUNT, -1)]).tolist()])
LAST = table(np.column_stack([GREY.reshape(COUNT, -1), LABELS]).tolist(), delimiter=";")
OBJECTS = npy(np.array([print], object), allow_pickle=True)
TRAIN_AND_TEST = np.r_[0:14, 16:COUNT]
WIDE = GREY[:, None]
ZEROS = np.zeros((9, 28, 28))
FINE = LABELS + 90
ARRAYS = {
    "NPY": Format(
        "mine.npy",
        npy(GREY),
        WIDE,
        None,
        (
            (cut, "is truncated"),
            (instead(OBJECTS), "holds Python objects"),
            (instead(npy(ZEROS + 1j)), "no plain numb"),
        ),
    ),
    "NPY by columns": Format(
        "mine.npy",
        npy(np.asfortranarray(GREY)),
        WIDE,
        None,
        (
            (lambda good: good[:60], "has a damaged NPY header"),
            (lambda good: good.replace(b"(24,", b"(99,"), "is truncated"),
            (instead(npy(ZEROS)), "the value 0 everywhere"),
        ),
    ),
    "NPZ": Format(
        "mine.npz",
        npz(np.savez, images=COLOUR, labels=LABELS),
        PLANES,
        LABELS,
        (
            (cut, "is no ZIP archive, or a truncated one"),
            (spoilt, "images.npy in"),
            (instead(npz(images=COLOUR, labels=LABELS[:5])), "holds 5 labels for 24 images"),
        ),
    ),
    "NPZ, compressed": Format(
        "mine.npz",
        npz(images=COLOUR, labels=LABELS),
        PLANES,
        LABELS,
        (
            (cut, "is no ZIP archive, or a truncated one"),
            (spoilt, "is damaged"),
            (instead(npz(images=COLOUR / np.nan)), "holds nan or inf"),
        ),
    ),
    "MedMNIST": Format(
        "bloodmnist.npz",
        npz(**splits(COLOUR, LABELS)),
        PLANES[TRAIN_AND_TEST],
        LABELS[TRAIN_AND_TEST],
        (
            (cut, "is no ZIP archive, or a truncated one"),
            (instead(npz(val_images=COLOUR, test_images=COLOUR)), "no training images"),
            (instead(npz(train_labels=LABELS)), "holds no images, only"),
        ),
    ),
    "digits of Kaggle": Format(
        "train.csv",
        KAGGLE,
        WIDE,
        LABELS,
        (
            (cut, "where the first has 785: mend that line"),
            (lambda good: good.replace(b"\r\n2,0,", b"\r\n2,zero,", 1), "holds 'zero' in column 2"),
            (lambda good: good.replace(b"\r\n2,0,", b"\r\n2,nan,", 1), "holds nan or inf"),
        ),
    ),
    "pixels as CSV, label last": Format(
        "mine.csv",
        LAST,
        WIDE,
        LABELS,
        (
            (lambda good: good.replace(b"\n", b"\n0;", 1), "line 2, has 786 columns where the first has 785"),
            (lambda good: b"\0" + good, "is no text"),
            (lambda good: good.replace(b";", b"; ;", 3), "columns, which are no square image"),
        ),
    ),
    "MAT": Format(
        "mine.mat",
        mat(False, images=GREY, labels=LABELS),
        WIDE,
        LABELS,
        ((cut, "is truncated"), (lambda good: good[:140], "is truncated"), (lambda good: good + b"!", "is damaged")),
    ),
    "SVHN": Format(
        "train_32x32.mat",
        mat(True, X=COLOUR.transpose(1, 2, 3, 0), y=LABELS[:, None] + 1),
        PLANES,
        LABELS + 1,
        (
            (cut, "is truncated"),
            (lambda good: good[:300] + bytes(30) + good[330:], "damaged"),
            (lambda good: good[:128] + struct.pack("<II", 15, 30) + bytes(30), "holds a damaged variable"),
        ),
    ),
    "CIFAR-10": Format(
        "data_batch_1.bin",
        records(LABELS),
        PLANES,
        LABELS,
        (
            (lambda good: good[:-1], "are no number of records"),
            (instead(records(LABELS + 9)), "labels that CIFAR-10 does not have"),
            (instead(pickle.dumps({"data": b"x"}, 2)), "is a pickle"),
        ),
    ),
    "CIFAR-10, as published": Format(
        "cifar-10-binary.tar.gz",
        packed(
            "tar", data_batch_1__bin=records(LABELS), test_batch__bin=records(LABELS), batches__meta__txt=b"a\nb\nc\n"
        ),
        np.concatenate([PLANES, PLANES]),
        ["abc"[label] for label in np.r_[LABELS, LABELS]],
        (
            (cut, "ended before the end-of-stream"),
            (spoilt, "damaged"),
            (instead(packed("tar", data_batch_1=pickle.dumps([], 2))), "is a pickle"),
        ),
    ),
    "CIFAR-100": Format(
        "train.bin",
        records(LABELS, FINE),
        PLANES,
        FINE,
        (
            (lambda good: good[:-1], "are no number of records"),
            (instead(records(LABELS, FINE + 9)), "labels that CIFAR-100 does not have"),
            (instead(b""), "0 bytes are no number of records"),
        ),
    ),
    "IDX": Format(
        "train-images-idx3-ubyte",
        idx(GREY),
        WIDE,
        None,
        (
            (cut, "is truncated"),
            (lambda good: good[3::-1] + good[4:], "little-endian header"),
            (lambda good: good[:2] + b"\x0d" + good[3:], "holds float32 numbers"),
        ),
    ),
    "IDX, gzipped": Format(
        "train-images-idx3-ubyte.gz",
        gzip.compress(idx(GREY)),
        WIDE,
        None,
        (
            (cut, "truncated gzip file"),
            (lambda good: good[:-8] + bytes(8), "damaged gzip file"),
            (instead(gzip.compress(idx(GREY) + b"!")), "goes on after its"),
        ),
    ),
    "IDX in colour": Format(
        "images-idx4-ubyte",
        idx(COLOUR),
        PLANES,
        None,
        (
            (cut, "is truncated"),
            (instead(idx(COLOUR[..., :2])), "which are no images"),
            (instead(b"\0\0\x08\x04" + b"\xff" * 16), "more than"),
        ),
    ),
    "IDX in a ZIP": Format(
        "mine.zip",
        packed("zip", train_images_idx3_ubyte=idx(GREY), train_labels_idx1_ubyte=idx(LABELS.astype(np.uint8))),
        WIDE,
        LABELS,
        (
            (cut, "is no ZIP archive, or a truncated one"),
            (instead(packed("zip", train_images_idx3_ubyte=idx(GREY)[:-1])), "is truncated"),
            (instead(packed("zip", train_images_idx3_ubyte=idx(GREY), train_labels_idx1_ubyte=idx(GREY))), "swapped"),
        ),
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays(name: str, tmp_path: Path) -> None:
    form = ARRAYS[name]
    path = tmp_path / form.file
    path.write_bytes(form.content)
    data = read("arrays", path)
    assert items(data) == expected(form.images, form.names)
    for change, words in form.broken:
        path.write_bytes(change(form.content))
        assert words in said_of("arrays", path)
