"""Codes as tables and arrays are the codes, to the printed digit; pictures are the pictures, to the byte."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.datasets.base import Dataset
from core.exports import codes as exports
from core.exports.base import ExportError
from core.exports.codes import NamedCodes, of_pictures, of_split, sprite_of, write
from core.foundation.pixels import as_floats, display
from core.foundation.user_error import UserError
from tests.unit.exports.saved_runs import points, saved_run

Tiny = Callable[..., Dataset]


@pytest.fixture
def vae_codes(tiny: Tiny) -> NamedCodes:
    return of_split(saved_run("vae", tiny()).snapshot(), tiny(), "test")


def test_a_table(vae_codes: NamedCodes, tiny: Tiny, tmp_path: Path) -> None:
    done = write(vae_codes, "csv", tmp_path / "codes.csv")
    assert done.difference == 0
    with (tmp_path / "codes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["name", "label", "class", "z1", "z2", "sigma1", "sigma2"]
    assert [row["name"] for row in rows[:2]] == ["test/0", "test/1"]
    assert [int(row["label"]) for row in rows] == tiny().test.labels.tolist()  # type: ignore[union-attr]
    assert np.array_equal(np.float32([[row["z1"], row["z2"]] for row in rows]), vae_codes.mu)
    assert np.array_equal(np.float32([[row["sigma1"], row["sigma2"]] for row in rows]), vae_codes.sigma)


def test_arrays(vae_codes: NamedCodes, tmp_path: Path) -> None:
    write(vae_codes, "npz", tmp_path / "codes.npz")
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["class_names", "codes", "labels", "names", "sigma"]
        assert np.array_equal(file["codes"], vae_codes.mu)
        assert file["names"].tolist() == list(vae_codes.names)
        assert np.array_equal(file["labels"], vae_codes.labels)


def test_own_pictures_have_names_and_no_labels(tiny: Tiny, tmp_path: Path) -> None:
    x = as_floats(tiny().test.pixels[:3])
    names = ('a, "b"', "two\nlines", "tab\tand \udcff")
    encoded = of_pictures(saved_run("ae", tiny()).snapshot(), names, x)
    write(encoded, "csv", tmp_path / "codes.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "codes.csv").read_text("utf-8"))))
    assert rows[0] == ["name", "z1", "z2"]
    assert [row[0] for row in rows[1:]] == ['a, "b"', "two\\nlines", "tab\\tand \\udcff"]
    write(encoded, "npz", tmp_path / "codes.npz")
    with np.load(tmp_path / "codes.npz", allow_pickle=False) as file:
        assert file["labels"].tolist() == [-1, -1, -1]
    write(encoded, "projector", tmp_path / "projector")
    assert (tmp_path / "projector" / "metadata.tsv").read_text("utf-8").splitlines()[1] == "two\\nlines"


def test_the_embedding_projector(vae_codes: NamedCodes, tiny: Tiny, tmp_path: Path) -> None:
    done = write(vae_codes, "projector", tmp_path / "projector")
    names = {"vectors.tsv", "metadata.tsv", "sprite.png", "projector_config.pbtxt", "projector_config.json"}
    assert {each.name for each in done.files} == names
    folder = tmp_path / "projector"
    assert np.array_equal(np.loadtxt(folder / "vectors.tsv", np.float32, delimiter="\t"), vae_codes.mu)
    lines = (folder / "metadata.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "class\tname"
    assert len(lines) == 1 + len(vae_codes.mu)
    config = json.loads((folder / "projector_config.json").read_text("utf-8"))["embeddings"][0]
    assert config["tensorShape"] == [80, 2]
    assert config["sprite"] == {"imagePath": "sprite.png", "singleImageDim": [28, 28]}
    with Image.open(folder / "sprite.png") as sprite:
        sheet = np.asarray(sprite)
    assert sheet.shape == (9 * 28, 9 * 28)
    for i in (0, 10, 79):  # row by row
        top, left = 28 * (i // 9), 28 * (i % 9)
        assert np.array_equal(sheet[top : top + 28, left : left + 28], tiny().test.pixels[i, 0])
    assert 'tensor_path: "vectors.tsv"' in (folder / "projector_config.pbtxt").read_text("utf-8")


def test_many_pictures_of_a_sprite_become_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "LARGEST_SPRITE_PX", 64)
    content, side = sprite_of(np.full((10, 28, 28, 3), 200, np.uint8))
    assert side == (16, 16)
    with Image.open(io.BytesIO(content)) as sprite:
        assert sprite.size == (64, 64)
        assert sprite.mode == "RGB"
        assert sprite.getpixel((63, 15)) == (200, 200, 200)


def test_points_and_a_part_of_a_split(tmp_path: Path) -> None:
    data = points()
    encoded = of_split(saved_run("vae", data).snapshot(), data, "train", 5)
    assert encoded.names == ("train/0", "train/22", "train/44", "train/66", "train/89")
    assert np.array_equal(encoded.pictures, display(data.train.pixels[[0, 22, 44, 66, 89]]))
    assert {encoded.class_names[label] for label in encoded.labels} <= {"upper", "lower"}  # type: ignore[union-attr]


def test_what_is_written_wrongly_is_not_kept(
    vae_codes: NamedCodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "_digits", lambda values: [f"{value:.3g}" for value in values.tolist()])
    for kind in ("csv", "projector"):
        with pytest.raises(ExportError, match="nothing was written"):
            write(vae_codes, kind, tmp_path / kind)
    other = dataclasses.replace(vae_codes, mu=vae_codes.mu + 1)
    monkeypatch.setattr(exports, "arrays", lambda codes, plain=exports.arrays: plain(other))
    with pytest.raises(ExportError, match="nothing was written"):
        write(vae_codes, "npz", tmp_path / "npz")
    assert list(tmp_path.iterdir()) == []


def test_a_gan_has_no_codes(tiny: Tiny) -> None:
    with pytest.raises(UserError, match="Adversarial network: it only draws and has no encoder"):
        of_split(saved_run("gan", tiny(), steps=1).snapshot(), tiny(), "test")
